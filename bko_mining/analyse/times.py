"""How long: cycle time, waiting time and processing time, in calendar time or in the working time of a calendar.

A case's cycle time is what its customer feels; waiting and processing are where it went. An instance waits from the
instant it was enabled (the end of the instance that had to precede it, see ``discover.concurrency.enabling``; exact in
simulated logs, which know it) until its start.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.clocks import AnyCalendar, calendar_of, clock_words, elapsed, on_clock, time_words
from bko_mining.analyse.survival import TimeToFinish, kaplan_meier, open_cases
from bko_mining.calendars import WorkCalendar
from bko_mining.discover.concurrency import enabling
from bko_mining.log.event_log import MISSING, EventLog
from bko_mining.log.grouping import MICROSECOND, Grouping, by_case, by_instance, summarise
from bko_mining.results import Result
from bko_mining.words import number, say

HOUR = 3_600_000_000
MONTH_HOURS = 365.25 * 24 / 12


@dataclass(frozen=True, slots=True, eq=False)
class Times(Result):
    """A time measured over the rows of a log.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a group: its name, ``n``, then total, mean, median and 90th percentile (Timedelta).
    measure : str
        ``cycle_time``, ``waiting_time``, ``processing_time``.
    values : timedelta64[us]
        The time of every case or instance, in the order of the log.
    starts_known : bool
        False where the log has no start times: waiting and processing cannot be told apart then.
    open_too : TimeToFinish, optional
        Of a log with open cases, how long they take when those count as open and not as finished early.
    calendar : WorkCalendar, optional
        Whose working time was measured; calendar time if not given.
    """

    measure: str
    values: NDArray[np.timedelta64]
    starts_known: bool = True
    open_too: TimeToFinish | None = None
    calendar: WorkCalendar | None = None

    picture: ClassVar[str] = "times:plot_times"

    @property
    def summary(self) -> str:
        """Median, mean and 90th percentile, what open cases change, and the clock."""
        if not self.starts_known and self.measure != "cycle_time":
            return say("The log has no start times: working and waiting cannot be told apart.")
        seconds = self.values.astype(np.int64) / 1e6
        words = {
            "median": time_words(float(np.median(seconds)), self.calendar),
            "mean": time_words(float(seconds.mean()), self.calendar),
            "p90": time_words(float(np.quantile(seconds, 0.9)), self.calendar),
            "n": number(len(seconds)),
        }
        sentences = [say(_SENTENCES[self.measure], **words), self._when_open(), clock_words(self.calendar)]
        return " ".join(filter(None, sentences))

    def _when_open(self) -> str:
        """What to say of a log some of whose cases have not finished."""
        found = self.open_too
        if found is None:
            return ""
        unknown: Any = found.median
        if pd.isna(unknown):
            return say(
                "But {n} of them {n:is|are} still open at the end of the log: too many to know when half are finished.",
                n=number(found.n_open),
            )
        return say(
            "But {n} of them {n:is|are} still open at the end of the log; counted as open, half are finished "
            "within {median} (95 % interval {low} to {high}).",
            n=number(found.n_open),
            **found.interval_words,
        )


_SENTENCES = {
    "cycle_time": (
        "Half of {n} {n:case|cases} take less than {median}; the mean is {mean} and one in ten takes longer than {p90}."
    ),
    "waiting_time": (
        "An activity instance waits {mean} on average (median {median}, one in ten longer than {p90}; n = {n})."
    ),
    "processing_time": (
        "An activity instance takes {mean} from start to end on average (median {median}, one in ten longer than "
        "{p90}; n = {n})."
    ),
}


def cycle_time(log: EventLog, *, by: str | None = None, calendar: AnyCalendar = None) -> Times:
    """From the first start to the last end of each case; open cases are named and their median estimated.

    Parameters
    ----------
    log : EventLog
        The log.
    by : str, optional
        ``week`` of arrival or an attribute; all cases together if not given.
    calendar : WorkCalendar or str, optional
        Count only its working time (``"Mon-Fri 08:00-17:00, BR-SP"``, on the clock of the log); calendar time if not
        given.

    Returns
    -------
    Times
        One row a group; ``values`` has one entry a case.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["register", "pay", "register"],
    ...     "start": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 10:00", "2026-01-05 09:00"]),
    ...     "end": pd.to_datetime(["2026-01-05 08:30", "2026-01-05 11:00", "2026-01-05 10:00"])})
    >>> bko.cycle_time(bko.EventLog.from_frame(rows)).values.astype("m8[h]").astype(int).tolist()
    [3, 1]
    """
    clock, is_open = calendar_of(calendar, log.timezone), open_cases(log)
    values = elapsed(log.case_start, log.case_end, clock)
    group = by_case(log, by) if by else _together(len(values))
    return Times(
        table=on_clock(summarise(values, group, name="cycle_time"), clock),
        measure="cycle_time",
        values=values.astype(MICROSECOND),
        starts_known=log.has_starts,
        open_too=kaplan_meier(log, is_open, clock) if is_open.any() else None,
        calendar=clock,
    )


def processing_time(log: EventLog, *, by: str = "activity", calendar: AnyCalendar = None) -> Times:
    """From start to end of each activity instance, nights and weekends included unless a calendar is given.

    Parameters
    ----------
    log : EventLog
        The log.
    by : str
        ``activity``, ``resource``, ``role``, ``transition``, ``week`` or an attribute.
    calendar : WorkCalendar or str, optional
        Count only its working time, as in ``cycle_time``; calendar time if not given.

    Returns
    -------
    Times
        One row a group; ``values`` has one entry an instance, zero where a start or an end is missing.
    """
    clock = calendar_of(calendar, log.timezone)
    values = elapsed(log.begin, log.finish, clock)
    return Times(
        table=on_clock(summarise(values, by_instance(log, by), name="processing_time"), clock),
        measure="processing_time",
        values=values.astype(MICROSECOND),
        starts_known=log.has_starts,
        calendar=clock,
    )


def waiting_time(log: EventLog, *, by: str = "activity", calendar: AnyCalendar = None) -> Times:
    """From enabled to start of each activity instance; never negative.

    Parameters
    ----------
    log : EventLog
        The log.
    by : str
        ``activity``, ``resource``, ``role``, ``transition``, ``week`` or an attribute.
    calendar : WorkCalendar or str, optional
        Count only its working time, as in ``cycle_time``; calendar time if not given.

    Returns
    -------
    Times
        One row a group; ``values`` has one entry an instance. The first instance of a case waits only where the log
        says when it was enabled.
    """
    clock = calendar_of(calendar, log.timezone)
    values = elapsed(enabled_instants(log), log.begin, clock)
    return Times(
        table=on_clock(summarise(values, by_instance(log, by), name="waiting_time"), clock),
        measure="waiting_time",
        values=values.astype(MICROSECOND),
        starts_known=log.has_starts,
        calendar=clock,
    )


def enabled_instants(log: EventLog, rows: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """When each instance could have started (microseconds UTC): never after it did.

    Parameters
    ----------
    log : EventLog
        The log.
    rows : int64[n], optional
        The instance that enabled each (``discover.concurrency.enabling``), if already known.
    """
    if (log.enabled != MISSING).any():
        return np.where(log.enabled == MISSING, log.begin, np.minimum(log.enabled, log.begin))
    rows = enabling(log) if rows is None else rows
    derived = np.where(rows >= 0, log.finish[rows], log.begin)
    return np.minimum(derived, log.begin)


def months(log: EventLog) -> float:
    """Length of the log in months of 30.4 days, at least one day."""
    span = (int(log.finish.max()) - int(log.begin.min())) / HOUR
    return max(span, 24.0) / MONTH_HOURS


def _together(n: int) -> Grouping:
    return Grouping(np.zeros(n, np.int64), pd.DataFrame(index=range(1)))
