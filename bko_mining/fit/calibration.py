"""A last small step: move the twin's mean cycle time half way to the observed one."""

import warnings
from dataclasses import dataclass

import numpy as np

from bko_mining.errors import TwinWarning
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Evidence, Twin

LARGEST = 0.03
"""Largest change of all service times; more would chase the chance of one log."""
RUNS = 12
"""Replications behind each mean."""
FEWEST, MOST_INSTANCES = 30, 30_000
"""A run has no more instances than these, but at least so many cases."""
STEP = 0.04
"""Change of the service times from which the response is measured."""


@dataclass(frozen=True)
class Aim:
    """Mean cycle time of a twin in hours, over runs observed like the log, and of the log itself."""

    simulated: float
    observed: float


def calibrate(twin: Twin, log: EventLog, *, seed: int = 0) -> Twin:
    """Multiply all service times so that the mean cycle time moves half way to the observed one.

    Half way, because the mean of one log has its own chance; at most 3 %, because a larger gap has other causes. The
    runs leave out as many cases at both ends as fill the office. Nothing changes where the response to service times
    is too weak to tell.
    """
    aim = Aim(mean_cycle_time(twin, log, seed=seed), float(_hours(log).mean()))
    if aim.observed <= 0 or aim.simulated <= 0:
        return twin
    gap = float(np.log(aim.observed / aim.simulated))
    step = STEP if gap > 0 else -STEP
    response = np.log(mean_cycle_time(with_pace(twin, 1 + step), log, seed=seed) / aim.simulated) / np.log1p(step)
    factor = 1.0
    if response > 0.1:
        factor = float(np.exp(np.clip(gap / 2 / response, -LARGEST, LARGEST)))
    return with_pace(twin, factor).replace(evidence=(*twin.evidence, _evidence(aim, factor, log)))


def with_pace(twin: Twin, factor: float) -> Twin:
    """Return the twin with the service times of all people multiplied."""
    return twin.replace(
        activities={
            name: activity.model_copy(update={"time": activity.time.scaled(factor)}) if activity.role else activity
            for name, activity in twin.activities.items()
        }
    )


def mean_cycle_time(twin: Twin, log: EventLog, *, seed: int = 0, runs: int = RUNS) -> float:
    """Mean cycle time in hours over runs of as many cases as the log has, without the ends."""
    with warnings.catch_warnings():
        # An office with more work than time is said once, when the finished twin is run.
        warnings.simplefilter("ignore", TwinWarning)
        logs = (simulate(twin, n_cases=_size(log), seed=seed, replication=k) for k in range(runs))
        return float(np.mean([middle(run) for run in logs]))


def middle(log: EventLog) -> float:
    """Mean cycle time in hours without the first and last eighth of the cases, while the office fills and empties."""
    edge = log.n_cases // 8
    return float(_hours(log)[edge : log.n_cases - edge].mean())


def _size(log: EventLog) -> int:
    """Cases of a run; where cases are long, fewer of them tell as much."""
    length = len(log) / log.n_cases
    return int(min(np.clip(log.n_cases * 4 // 3, 200, 3000), max(FEWEST, MOST_INSTANCES / length)))


def _hours(log: EventLog) -> np.ndarray:
    return np.asarray((log.case_end - log.case_start) / 3.6e9)


def _evidence(aim: Aim, factor: float, log: EventLog) -> Evidence:
    return Evidence(
        part="calibration",
        found=f"all service times multiplied by {factor:.3f}",
        n=log.n_cases,
        assumption="mean cycle time moved half way to the observed one, service times by at most 3 %",
        numbers={"observed_hours": aim.observed, "simulated_hours": aim.simulated, "factor": factor},
    )
