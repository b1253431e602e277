"""The engine against queueing theory (Gross, Shortle, Thompson, Harris: Fundamentals of Queueing Theory, 4th ed.)."""

from math import factorial

import numpy as np
import pytest

from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from tests.simulate.theory import agrees, mean_wait, queue, waits

pytestmark = pytest.mark.theory


def erlang_c(rate: float, servers: int) -> float:
    """Probability of waiting in M/M/c with service mean 1."""
    busy = rate**servers / factorial(servers) / (1 - rate / servers)
    return busy / (sum(rate**k / factorial(k) for k in range(servers)) + busy)


def test_deterministic_queue_by_hand() -> None:
    # D/D/1: one case every 5 minutes, 6 minutes of work: case k waits k minutes.
    twin = Twin.from_yaml(
        """
        arrivals: [{kind: interval, interval: 5 min}]
        roles: {Server: {size: 1}}
        activities: {Serve: {role: Server, time: 6 min}}
        routing: [Serve]
        """
    )
    assert (waits(simulate(twin, n_cases=20)) * 60).tolist() == pytest.approx(list(range(20)))


def test_single_server() -> None:
    # M/M/1: Wq = ρ / (μ - λ).
    agrees(mean_wait(queue(0.7, 1), 6_000), 0.7 / 0.3)


def test_ten_servers() -> None:
    # M/M/10, ρ = .8: Erlang C, Wq = .20459 (ANCHORS).
    truth = erlang_c(8, 10) / 2
    assert truth == pytest.approx(0.20459, abs=1e-5)
    agrees(mean_wait(queue(8, 10), 8_000), truth)


@pytest.mark.parametrize(("law", "cv"), [("{family: lognormal, mean: 1 h, cv: 1.5}", 1.5), ("1 h", 0.0)])
def test_general_service(law: str, cv: float) -> None:
    # M/G/1 (Pollaczek–Khinchine): Wq = ρ (1 + cv²) / (2 (μ - λ)).
    agrees(mean_wait(queue(0.6, 1, law), 6_000), 0.6 * (1 + cv**2) / 2 / 0.4)


def test_little_holds_in_every_run() -> None:
    # L = λ W over a whole run, exactly: the area under work in progress is the sum of the cycle times.
    for seed in range(5):
        log = simulate(queue(0.8, 1), n_cases=500, seed=seed)
        times = np.concatenate([log.enabled, log.end])
        steps = np.concatenate([np.ones(len(log)), -np.ones(len(log))])
        order = np.argsort(times, kind="stable")
        in_progress = np.cumsum(steps[order])[:-1]
        area = float((in_progress * np.diff(times[order])).sum())
        assert area == pytest.approx(float((log.end - log.enabled).sum()))
