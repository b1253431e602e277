"""Two logs laid end to end: one log of all their cases, for what is to be judged from both."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.log.event_log import MISSING, UNKNOWN, Codes, EventLog, Instants

YEAR_OF_WEEKS = 364 * 86_400_000_000
"""Fifty-two weeks in microseconds: weekdays, hours and seasons stay where they are."""


def end_to_end(first: EventLog, second: EventLog) -> EventLog:
    """Lay a log after another, so that nobody seems to do the work of both at once.

    Where the two overlap in time (two halves of a log, an observed and a simulated one) the second is moved by whole
    years of weeks. Cases are numbered anew and attributes left out; when instances were enabled is kept if both logs
    say it.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.to_datetime(["2026-01-05", "2026-01-06"])
    >>> log = EventLog.from_frame(pd.DataFrame({"case": [1, 1], "activity": ["A", "B"], "time": days}))
    >>> both = end_to_end(log, log)
    >>> both.n_cases, len(both), str(both.window[1].date())
    (2, 4, '2027-01-05')
    """
    later = second.begin.min() >= first.finish.max() or first.begin.min() >= second.finish.max()
    overlap = int(first.finish.max()) - int(second.begin.min())
    moved = 0 if later else -(-overlap // YEAR_OF_WEEKS) * YEAR_OF_WEEKS
    names, codes = zip(*(_one_coding(first, second, kind) for kind in _NAMES), strict=True)
    both_know = all((log.enabled != MISSING).any() for log in (first, second))
    instants = {
        name: np.concatenate([getattr(first, name), _moved(getattr(second, name), moved)])
        for name in ("start", "end", "enabled")
    }
    coded: dict[str, Any] = dict(zip(_NAMES.values(), names, strict=True)) | dict(zip(_NAMES, codes, strict=True))
    return EventLog.from_codes(
        case=np.concatenate([first.case, second.case + np.int32(first.n_cases)]),
        case_ids=pa.array([str(place) for place in range(first.n_cases + second.n_cases)]),
        start=instants["start"],
        end=instants["end"],
        enabled=instants["enabled"] if both_know else None,
        timezone=first.timezone,
        **coded,
    )


_NAMES = {"activity": "activities", "resource": "resources", "role": "roles"}


def _one_coding(first: EventLog, second: EventLog, kind: str) -> tuple[tuple[str, ...], Codes]:
    """The names of both logs, those of the first in their places, and all codes into them."""
    names: tuple[str, ...] = tuple(dict.fromkeys((*getattr(first, _NAMES[kind]), *getattr(second, _NAMES[kind]))))
    place = {name: code for code, name in enumerate(names)}
    new = np.array([*(place[name] for name in getattr(second, _NAMES[kind])), UNKNOWN], np.int32)
    return names, np.concatenate([getattr(first, kind), new[getattr(second, kind)]])


def _moved(instants: Instants, by: int) -> NDArray[np.int64]:
    return np.where(instants == MISSING, MISSING, instants + by)
