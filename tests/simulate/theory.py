"""What theory tests share: simple queues as twins, waits of a run, and the verdict at four standard errors."""

from collections.abc import Callable

import numpy as np
import pytest

from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

QUEUE = """
arrivals: [{{per_hour: {rate}}}]
roles: {{Server: {{size: {servers}}}}}
activities: {{Serve: {{role: Server, time: {time}}}}}
routing: [Serve]
"""


def queue(rate: float, servers: int, time: str = "{family: exponential, mean: 1 h}") -> Twin:
    return Twin.from_yaml(QUEUE.format(rate=rate, servers=servers, time=time))


def waits(log: EventLog, *, after: int = 0) -> np.ndarray:
    """Hours from enabled to start, in order of arrival, without a beginning."""
    return (log.start - log.enabled)[after:] / 3.6e9


def agrees(measure: Callable[[int], float], truth: float, *, seeds: int = 20) -> None:
    """The mean over seeds lies within four standard errors of the truth, and the error is small enough to say so."""
    values = np.array([measure(seed) for seed in range(seeds)])
    error = values.std(ddof=1) / np.sqrt(seeds)
    assert error < 0.12 * abs(truth), f"the test is too weak: {values.mean():.4f} ± {error:.4f} for {truth:.4f}"
    assert values.mean() == pytest.approx(truth, abs=4 * error), f"{values.mean():.4f} ± {error:.4f} for {truth:.4f}"


def mean_wait(twin: Twin, n: int, *, after: int = 500) -> Callable[[int], float]:
    return lambda seed: float(waits(simulate(twin, n_cases=n, seed=seed), after=after).mean())
