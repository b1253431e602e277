"""Runs of a twin that can be held against a log: cut where the log was cut."""

from datetime import datetime, timedelta

import numpy as np

from bko_mining.log.event_log import EventLog, Instants
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.validate.observing import cut_like, first_ends, observe_like

_MOST = 30
"""A run becomes so many times larger than the log before it is cut short."""


def simulate_like(
    twin: Twin,
    *,
    n_cases: int,
    start: datetime | str | None = None,
    closing: timedelta = timedelta(0),
    seed: int = 0,
    replication: int = 0,
) -> EventLog:
    """Let cases arrive from an instant on until the first so many have finished, and return those.

    Parameters
    ----------
    twin : Twin
        With or without memory.
    n_cases : int
        Number of finished cases.
    start : datetime or str, optional
        First instant, on the clock of the twin unless it has a zone; default as in ``simulate``.
    closing : timedelta, optional
        How long after the last case that it takes in the log is closed. Give it where it is known; guesses at it
        (the gap in the log behind the twin, a share of the cycle time) made logs no more alike on public ones.
    seed, replication : int
        Luck.

    Returns
    -------
    EventLog
        What a log of finished cases would hold, cut when the last of them had finished. Of a twin fitted to a slice of
        time: what a slice that saw so many cases would hold, the last ones cut.
    """
    many = n_cases + max(20, n_cases // 4)
    while True:
        log = simulate(twin, n_cases=many, start=start, seed=seed, replication=replication)
        shown = _shown(twin, log, closing)
        sliced = _is_sliced(twin)
        if np.partition(shown, n_cases - 1 + sliced)[n_cases - 1 + sliced] <= log.case_start.max():
            return cut_like(log, n_cases=n_cases) if sliced else observe_like(log, n_cases=n_cases, closing=closing)
        if many >= _MOST * n_cases + 300:
            first = np.sort(np.argsort(log.case_end, kind="stable")[:n_cases])
            return log.take_cases(first, because=f"the first {n_cases} cases to finish of a run of {many}")
        many = int(many * 1.6)


def _is_sliced(twin: Twin) -> bool:
    return twin.observed is not None and twin.observed.sliced


def _shown(twin: Twin, log: EventLog, closing: timedelta) -> Instants:
    """From when a log that takes in cases holds each case."""
    if _is_sliced(twin):
        return first_ends(log)
    return np.maximum(log.case_start, log.case_end - round(closing.total_seconds() * 1e6))
