"""Which clock a duration is measured on: calendar time, or only the hours of a working calendar."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.calendars import WorkCalendar
from bko_mining.results import IN_HOURS
from bko_mining.words import duration, number, say

Instants = NDArray[np.int64]
AnyCalendar = WorkCalendar | str | None
"""A calendar, one line of text that says it, or none for calendar time."""


def calendar_of(calendar: AnyCalendar, timezone: str) -> WorkCalendar | None:
    """Read a calendar given as text, on the clock of the log."""
    return WorkCalendar.parse(calendar, timezone=timezone) if isinstance(calendar, str) else calendar


def elapsed(start: Instants, end: Instants, calendar: WorkCalendar | None) -> Instants:
    """Microseconds from each start to each end, on the clock of a calendar or all of them.

    Examples
    --------
    >>> office = WorkCalendar.parse("Mon-Fri 08:00-17:00")
    >>> friday, monday = np.array([["2026-11-20T16:00"], ["2026-11-23T09:00"]], "M8[us]").astype("int64")
    >>> [(elapsed(friday, monday, clock) / 3.6e9).tolist() for clock in (None, office)]
    [[65.0], [2.0]]
    """
    return end - start if calendar is None else calendar.working_time(start, end)


def on_clock(table: pd.DataFrame, calendar: WorkCalendar | None) -> pd.DataFrame:
    """Mark a table of working time, so that its durations are shown in hours: a day of 24 of them misleads."""
    if calendar is not None:
        table.attrs[IN_HOURS] = True
    return table


def time_words(seconds: float, calendar: WorkCalendar | None) -> str:
    """Write a duration: in the unit that reads best, or in hours where it is working time."""
    if calendar is None or abs(seconds) < 48 * 3600:
        return duration(seconds)
    return f"{number(seconds / 3600, 1)} h"


def clock_words(calendar: WorkCalendar | None) -> str:
    """Say which clock was used; calendar time goes without saying."""
    if calendar is None:
        return ""
    return say("In working time ({calendar}).", calendar=str(calendar))
