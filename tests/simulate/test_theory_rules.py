"""Queues with rules against theory; each test names its source.

Gross, Shortle, Thompson, Harris, *Fundamentals of Queueing Theory* (4th ed., 2008), is cited as GSTH.
"""

from math import exp, factorial

import numpy as np
import pytest

from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.twin.work import QueueLimit
from tests.simulate.theory import agrees, queue

pytestmark = pytest.mark.theory


def twin(text: str) -> Twin:
    return Twin.from_yaml(text)


def state_probabilities(births: list[float], deaths: list[float]) -> np.ndarray:
    """Stationary law of a birth-death process from its rates."""
    p = np.cumprod([1.0, *[b / d for b, d in zip(births, deaths, strict=True)]])
    return p / p.sum()


def test_limited_room() -> None:
    # M/M/2/5 (GSTH 3.5): share of arrivals turned away = p_5; λ = 1.8, μ = 1.
    rates = state_probabilities([1.8] * 5, [1, 2, 2, 2, 2])
    limited = twin(
        """
        arrivals: [{per_hour: 1.8}]
        roles: {Server: {size: 2}}
        activities: {Serve: {role: Server, time: {family: exponential, mean: 1 h}, queue_limit: {size: 3}}}
        routing: [Serve]
        """
    )
    agrees(lambda seed: 1 - len(simulate(limited, n_cases=3000, seed=seed)) / 3000, rates[5])


def test_impatience() -> None:
    # M/M/2+M (Erlang A; Mandelbaum, Zeltyn 2007): share that gives up = θ E[queue] / λ; λ = 2.2, μ = 1, θ = .5.
    size = 60
    p = state_probabilities([2.2] * size, [min(k, 2) + 0.5 * max(k - 2, 0) for k in range(1, size + 1)])
    waiting = sum(max(k - 2, 0) * p[k] for k in range(size + 1))
    impatient = twin(
        """
        arrivals: [{per_hour: 2.2}]
        roles: {Server: {size: 2}}
        activities:
          Serve:
            role: Server
            time: {family: exponential, mean: 1 h}
            patience: {time: {family: exponential, mean: 2 h}}
        routing: [Serve]
        """
    )
    agrees(lambda seed: 1 - len(simulate(impatient, n_cases=3000, seed=seed)) / 3000, 0.5 * waiting / 2.2)


PRIORITY = """
arrivals: [{{per_hour: 0.24, case_type: high}}, {{per_hour: 0.56, case_type: low}}]
case_types: {{high: {{priority: 1}}, low: {{priority: 2}}}}
roles: {{Server: {{size: 1, discipline: priority, preemptive: {preemptive}}}}}
activities: {{Serve: {{role: Server, time: {{family: exponential, mean: 1 h}}}}}}
routing: [Serve]
"""


@pytest.mark.parametrize("kind", ["high", "low"])
def test_priority_without_preemption(kind: str) -> None:
    # Cobham (1954): W_k = W0 / ((1 - σ_{k-1}) (1 - σ_k)), W0 = .8; high: .8/.76 = 1.05263, low: .8/(.76 · .2).
    truth = 0.8 / 0.76 if kind == "high" else 0.8 / (0.76 * 0.2)
    served = twin(PRIORITY.format(preemptive="false"))

    def measure(seed: int) -> float:
        frame = simulate(served, n_cases=5000, seed=seed).frame.iloc[300:]
        mine = frame[frame["case_type"] == kind]
        return float((mine["start"] - mine["enabled"]).dt.total_seconds().mean() / 3600)

    agrees(measure, truth)


@pytest.mark.parametrize("kind", ["high", "low"])
def test_priority_with_preemption(kind: str) -> None:
    # Preemptive resume M/M/1 (GSTH 3.4.4): high T = 1/(μ-λ1); low T = 1/(μ (1-σ1)) + ρ/(μ (1-σ1)(1-σ2)).
    truth = 1 / 0.76 if kind == "high" else 1 / 0.76 + 0.8 / (0.76 * 0.2)
    served = twin(PRIORITY.format(preemptive="true"))

    def measure(seed: int) -> float:
        frame = simulate(served, n_cases=5000, seed=seed).frame.iloc[300:]
        mine = frame[frame["case_type"] == kind]
        return float((mine["end"] - mine["enabled"]).dt.total_seconds().mean() / 3600)

    agrees(measure, truth)


def test_network_with_feedback() -> None:
    # Jackson (1957): A (μ = 2) then B (2 servers, μ = 1); B sends .3 back to A; external rate .7: λ = 1 at both.
    # Time in system = (L_A + L_B) / .7 with M/M/1 and M/M/2 lengths.
    l_a, l_b = 0.5 / 0.5, 2 * 0.5 / (1 - 0.25)
    network = twin(
        """
        arrivals: [{per_hour: 0.7}]
        roles: {A: {size: 1}, B: {size: 2}}
        activities:
          a: {role: A, time: {family: exponential, mean: 30 min}}
          b: {role: B, time: {family: exponential, mean: 1 h}}
        routing: [{loop: {do: [a, b], again: 0.3}}]
        """
    )

    def measure(seed: int) -> float:
        log = simulate(network, n_cases=3000, seed=seed)
        return float((log.case_end - log.enabled[log.offsets[:-1]])[200:].mean() / 3.6e9)

    agrees(measure, (l_a + l_b) / 0.7)


def test_machine_repair() -> None:
    # Machine repair (GSTH 3.6): 5 machines fail at rate .5, 2 repairers at rate 1; breakdowns an hour = .5 E[running].
    p = state_probabilities([0.5 * (5 - k) for k in range(5)], [min(k, 2) for k in range(1, 6)])
    machines = twin(
        """
        arrivals: [{kind: list, at: [2026-01-05, 2026-01-05, 2026-01-05, 2026-01-05, 2026-01-05]}]
        roles: {Repairer: {size: 2}}
        activities:
          Run: {time: {family: exponential, mean: 2 h}}
          Repair: {role: Repairer, time: {family: exponential, mean: 1 h}}
        routing: [{loop: {do: [Run, Repair], again: 1.0}}]
        """
    )

    def measure(seed: int) -> float:
        log = simulate(machines, horizon="1500 h", seed=seed)
        return float((log.frame["activity"] == "Repair").sum() / 1500)

    agrees(measure, 0.5 * float(np.dot(p, 5 - np.arange(6))))


def test_batch_service() -> None:
    # Items wait for 4 (Poisson, λ = 1/h): the k-th waits for 4 - k more; mean wait (4 - 1) / (2 λ) = 1.5 h.
    batches = twin(
        """
        arrivals: [{per_hour: 1}]
        roles: {Server: {size: 20}}
        activities: {Serve: {role: Server, time: 1 min, batch: {size: 4}}}
        routing: [Serve]
        """
    )
    agrees(lambda seed: _mean_hours(simulate(batches, n_cases=2000, seed=seed), "wait_batch"), 1.5)


def _mean_hours(log: object, column: str) -> float:
    return float(log.frame[column].dt.total_seconds().mean() / 3600)  # type: ignore[attr-defined]


def test_stock_with_reorder_point() -> None:
    # (s, S) = (2, 5), demand Poisson 1/d, lead time exponential 2 d, several orders may be out. Share of demands that
    # wait against the Markov chain of position and orders out (Zipkin, Foundations of Inventory Management, 2000).
    stock = twin(
        """
        arrivals: [{per_hour: 0.0416666667}]
        materials: {part: {initial: 5, reorder_point: 2, order_up_to: 5, lead_time: {family: exponential, mean: 2 d}}}
        activities: {Ship: {time: 0, uses: {part: 1}}}
        routing: [Ship]
        """
    )

    def measure(seed: int) -> float:
        log = simulate(stock, n_cases=3000, seed=seed)
        waited = (log.start - log.enabled) > 0
        return float(waited.mean())

    agrees(measure, _stockout_share(rate=1.0, lead=2.0, s=2, up_to=5))


def _stockout_share(rate: float, lead: float, s: int, up_to: int) -> float:
    """Probability that a demand finds no stock. Inventory position is uniform on {s+1..S}; orders are of S - s units.

    State: (position, orders out). Net stock = position - orders · (S - s). Each order out arrives at rate 1 / lead.
    """
    lot, most = up_to - s, 25
    index = {(p, o): i for i, (p, o) in enumerate((p, o) for p in range(s + 1, up_to + 1) for o in range(most + 1))}
    q = np.zeros((len(index), len(index)))
    for (p, o), i in index.items():
        target = (p - 1, o) if p - 1 > s else (up_to, min(o + 1, most))
        q[i, index[target]] += rate
        if o:
            q[i, index[p, o - 1]] += o / lead
    np.fill_diagonal(q, q.diagonal() - q.sum(axis=1))
    a = np.vstack([q.T, np.ones(len(index))])
    p = np.linalg.lstsq(a, np.concatenate([np.zeros(len(index)), [1.0]]), rcond=None)[0]
    return float(sum(p[i] for (position, out), i in index.items() if position - out * lot <= 0))


def test_newcomers_learn() -> None:
    # One clerk who starts on day 0 with factor 3 and ramp-up 30 d: time of work begun at t is 1 + 2 exp(-3 t / 30 d).
    learner = twin(
        """
        start: 2026-01-05
        arrivals: [{kind: interval, interval: 1 d}]
        roles: {Clerk: {members: [Ana]}}
        resources: {Ana: {since: 2026-01-05, ramp_up: 30 d, start_factor: 3}}
        activities: {Serve: {role: Clerk, time: 1 h}}
        routing: [Serve]
        """
    )
    log = simulate(learner, n_cases=40)
    hours = (log.end - log.start) / 3.6e9
    assert hours.tolist() == pytest.approx([1 + 2 * exp(-3 * (k + 1) / 30) for k in range(40)], abs=1e-6)


def test_erlang_b_is_the_case_without_room() -> None:
    # M/M/3/3 (Erlang B): λ = 2.
    truth = 2**3 / factorial(3) / sum(2**k / factorial(k) for k in range(4))
    lossy = queue(2, 3)
    serve = lossy.activities["Serve"].model_copy(update={"queue_limit": QueueLimit(size=0)})
    lossy = lossy.replace(activities={"Serve": serve})
    agrees(lambda seed: 1 - len(simulate(lossy, n_cases=3000, seed=seed)) / 3000, truth)
