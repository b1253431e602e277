"""Cases with an instant far away from all others: a clock that stood at zero, a year mistyped."""

import warnings

import numpy as np
from numpy.typing import NDArray

from bko_mining.errors import DataQualityWarning
from bko_mining.log.event_log import EventLog
from bko_mining.twin.model import Evidence
from bko_mining.words import number, percent, say

FEWEST = 20
"""Cases from which one can be told to stray."""
EDGE = 0.01
"""Share of the instants at each side that may lie beyond the bulk."""
SPANS, DAYS = 5.0, 30.0
"""How far beyond the bulk an instant strays: so many times its span, and so many days."""
MOST = 0.02
"""Share of the cases up to which they stray, or one case; more of them are how the office works."""
DAY = 86_400e6


def without_strays(log: EventLog) -> tuple[EventLog, tuple[Evidence, ...]]:
    """Leave the cases aside that would stretch the log over years in which nothing happens, and say so.

    Returns
    -------
    EventLog, tuple of Evidence
        The log as it is and nothing, where no case strays.
    """
    if log.n_cases < FEWEST:
        return log, ()
    both = np.stack([log.begin, log.finish])
    low, high = np.quantile(both, [EDGE, 1 - EDGE])
    reach = SPANS * (high - low) + DAYS * DAY
    far = (both < low - reach) | (both > high + reach)
    strays = np.logical_or.reduceat(far.any(axis=0), log.offsets[:-1])
    if not 0 < strays.sum() <= max(1, MOST * log.n_cases):
        return log, ()
    said = _evidence(log, strays, int(both[far].min()))
    warnings.warn(f"{said.found}; {said.assumption}", DataQualityWarning, stacklevel=3)
    return log.take_cases(~strays, because=said.found), (said,)


def _evidence(log: EventLog, strays: NDArray[np.bool_], instant: int) -> Evidence:
    n = int(strays.sum())
    return Evidence(
        part="log",
        found=say(
            "{n} of {all} {all:case|cases} ({share}) {n:has an instant|have instants} far from all others and "
            "{n:is|are} left aside, e.g. {case}: {instant}",
            n=number(n),
            all=number(log.n_cases),
            share=percent(n / log.n_cases),
            case=str(log.case_ids[int(np.argmax(strays))]),
            instant=str(log.local([instant])[0].date()),
        ),
        n=n,
        assumption=say("a clock or a year was wrong"),
    )
