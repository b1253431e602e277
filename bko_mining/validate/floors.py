"""What any twin should be held against: a replay of the past, and the chance that no twin can undercut."""

import numpy as np
import pandas as pd

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.validate.distances import MEASURES, distances

WEEK = 604_800_000_000
_DRAWS = 20


def copy_of_the_past(history: EventLog, observed: EventLog) -> EventLog:
    """Replay the last cases of the past, moved by whole weeks to where the observed log begins.

    The naive rival of every twin (*COPY*): as many cases as were observed, taken from the end of the history. A twin
    that is further from the truth than this adds nothing to the log it was fitted on.

    Raises
    ------
    LogError
        If the history has fewer cases than the observed log; then all of them are too few.
    """
    n = observed.n_cases
    if history.n_cases < n:
        raise LogError(f"the past has {history.n_cases} cases, the observed log {n}; a replay needs at least as many")
    last = np.argsort(history.case_start, kind="stable")[-n:]
    past = history.take_cases(np.sort(last), because=f"the last {n} cases")
    weeks = np.round((int(observed.case_start.min()) - int(past.case_start.min())) / WEEK)
    return _moved(past, int(weeks) * WEEK)


def _moved(log: EventLog, by: int) -> EventLog:
    return EventLog.from_codes(
        case=log.case,
        case_ids=log.case_ids,
        activity=log.activity,
        activities=log.activities,
        start=log.begin + by,
        end=log.finish + by,
        resource=log.resource,
        resources=log.resources,
        timezone=log.timezone,
    )


def noise_floor(observed: EventLog, *, seed: int = 0) -> dict[str, float]:
    """Return the mean distances between a log and logs of as many of its own cases, drawn with replacement.

    Even a perfect twin is about so far from a log of this size.
    """
    rng = np.random.default_rng(seed)
    drawn = [
        distances(observed, observed.take_cases(rng.integers(0, observed.n_cases, observed.n_cases)))
        for _ in range(_DRAWS)
    ]
    return {name: float(pd.DataFrame(drawn)[name].mean()) for name in MEASURES}
