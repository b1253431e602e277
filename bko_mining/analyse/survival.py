"""How long cases take when some have not finished: open cases count as long as they have been seen (Kaplan-Meier)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.clocks import AnyCalendar, calendar_of, clock_words, elapsed, on_clock, time_words
from bko_mining.analyse.proportions import Z95
from bko_mining.calendars import WorkCalendar
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.log.issues import cut_cases
from bko_mining.results import Result
from bko_mining.words import number, say


@dataclass(frozen=True, slots=True, eq=False)
class TimeToFinish(Result):
    """The share of cases still open after each length of time.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a cycle time at which cases finished: ``time``, ``n_at_risk``, ``n_finished``, ``open_share`` with its
        95 % interval ``low_share``, ``high_share`` (log-log of Greenwood's variance).
    median, low, high : pandas.Timedelta
        Kaplan-Meier median and its 95 % interval; NaT where not reached.
    naive_median : pandas.Timedelta
        Of the finished cases only: too short where cases are open.
    n_open, n_cases : int
        Open cases and all cases.
    calendar : WorkCalendar, optional
        Whose working time was measured; calendar time if not given.
    """

    median: pd.Timedelta
    low: pd.Timedelta
    high: pd.Timedelta
    naive_median: pd.Timedelta
    n_open: int
    n_cases: int
    calendar: WorkCalendar | None = None

    picture: ClassVar[str] = "survival:plot_time_to_finish"

    @property
    def summary(self) -> str:
        """The median beside the naive one."""
        words = {
            "naive": self.words_of(self.naive_median),
            "n": number(self.n_open),
            "all": number(self.n_cases),
        }
        median: Any = self.median
        if pd.isna(median):
            sentence = say(
                "{n} of {all} {all:case|cases} {n:is|are} open: too many to know when half are finished.", **words
            )
            return f"{sentence} {clock_words(self.calendar)}".rstrip()
        sentence = say(
            "Half of the cases are finished within {median} (95 % interval {low} to {high}); without the {n} of {all} "
            "that are open it would seem {naive}.",
            **self.interval_words,
            **words,
        )
        return f"{sentence} {clock_words(self.calendar)}".rstrip()

    @property
    def interval_words(self) -> dict[str, str]:
        """The median and its interval as a person writes them."""
        return {name: self.words_of(getattr(self, name)) for name in ("median", "low", "high")}

    def words_of(self, value: pd.Timedelta) -> str:
        """Write one of the durations; what was never reached is endless."""
        return "∞" if pd.isna(value) else time_words(value.total_seconds(), self.calendar)


def time_to_finish(
    log: EventLog, *, finished_by: Sequence[str] | str | None = None, calendar: AnyCalendar = None
) -> TimeToFinish:
    """Estimate how long cases take, with open cases censored at the end of the log and not dropped.

    Parameters
    ----------
    log : EventLog
        The log; ``log.open_cases`` says which cases have not finished. Where it does not, cases count as open that the
        end of the log seems to cut off.
    finished_by : str or sequence of str, optional
        Activities that mark the end: a case without any of them is open.
    calendar : WorkCalendar or str, optional
        Count only its working time (``"Mon-Fri 08:00-17:00"``); calendar time if not given.

    Returns
    -------
    TimeToFinish
        Survival curve and median.

    Raises
    ------
    LogError
        If ``finished_by`` names an activity the log does not have, or no case is finished.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "B", "C"], "activity": ["pay", "pay", "register"],
    ...     "start": pd.to_datetime(["2026-01-05", "2026-01-05", "2026-01-05"]),
    ...     "end": pd.to_datetime(["2026-01-06", "2026-01-08", "2026-01-06"])})
    >>> found = bko.time_to_finish(bko.EventLog.from_frame(rows), finished_by="pay")
    >>> found.naive_median, found.median
    (Timedelta('2 days 00:00:00'), Timedelta('3 days 00:00:00'))
    """
    is_open = _open(log, finished_by)
    if is_open.all():
        raise LogError("no case is finished: there is nothing to learn from about how long cases take")
    return kaplan_meier(log, is_open, calendar_of(calendar, log.timezone))


def kaplan_meier(log: EventLog, is_open: NDArray[np.bool_], calendar: WorkCalendar | None = None) -> TimeToFinish:
    """Survival curve and medians, open cases counted as long as the log has seen them.

    Parameters
    ----------
    log : EventLog
        The log.
    is_open : bool[n_cases]
        Cases that have not finished.
    calendar : WorkCalendar, optional
        Whose working time counts.
    """
    age = elapsed(log.case_start, np.where(is_open, int(log.finish.max()), log.case_end), calendar)
    table = survival_curve(age, ~is_open)
    times = table["time"].to_numpy()
    median, low, high = (_crossing(times, table[name]) for name in ("open_share", "low_share", "high_share"))
    return TimeToFinish(
        table=on_clock(table, calendar),
        median=median,
        low=low,
        high=high,
        naive_median=pd.Timedelta("NaT") if is_open.all() else pd.Timedelta(int(np.median(age[~is_open])), "us"),
        n_open=int(is_open.sum()),
        n_cases=log.n_cases,
        calendar=calendar,
    )


def survival_curve(age: NDArray[np.int64], finished: NDArray[np.bool_]) -> pd.DataFrame:
    """Kaplan-Meier estimate at every time at which something finished.

    Examples
    --------
    >>> survival_curve(np.array([1, 2, 2, 3]), np.array([True, True, False, True]))["open_share"].tolist()
    [0.75, 0.5, 0.0]
    """
    times, n_finished = np.unique(age[finished], return_counts=True)
    at_risk = len(age) - np.searchsorted(np.sort(age), times, "left")
    share = np.cumprod(1 - n_finished / at_risk)
    left = at_risk - n_finished
    step = np.divide(n_finished, at_risk * left, out=np.full(len(times), np.inf), where=left > 0)
    inside = (share > 0) & (share < 1)
    log_share = np.log(share, out=np.full(len(times), -1.0), where=inside)
    spread = np.where(inside, Z95 * np.sqrt(np.cumsum(step)) / -log_share, 0.0)
    return pd.DataFrame(
        {
            "time": times.astype(MICROSECOND),
            "n_at_risk": at_risk,
            "n_finished": n_finished,
            "open_share": share,
            "low_share": np.where(inside, share ** np.exp(spread), share),
            "high_share": np.where(inside, share ** np.exp(-spread), share),
        }
    )


ENOUGH_CASES = 30
"""From how many cases on the activity a case ends with tells whether it was cut off."""


def open_cases(log: EventLog) -> NDArray[np.bool_]:
    """Cases the log knows to be open or, where it knows nothing, those its end seems to cut off."""
    if log.open_cases is not None:
        return log.open_cases
    return cut_cases(log)[1] if log.n_cases >= ENOUGH_CASES else np.zeros(log.n_cases, bool)


def _open(log: EventLog, finished_by: Sequence[str] | str | None) -> NDArray[np.bool_]:
    known = open_cases(log)
    if finished_by is None:
        return known
    names = [finished_by] if isinstance(finished_by, str) else list(finished_by)
    missing = sorted(set(names) - set(log.activities))
    if missing:
        raise LogError(f"the log has no activity {missing[0]!r}; it has {', '.join(log.activities)}")
    marks = np.isin(log.activity, [log.activities.index(name) for name in names])
    return np.asarray(known | (np.add.reduceat(marks.astype(np.int64), log.offsets[:-1]) == 0))


def _crossing(times: NDArray[np.timedelta64], share: pd.Series) -> pd.Timedelta:
    # Rounding must not hide a curve that lands on one half exactly.
    below = np.flatnonzero(share.to_numpy() <= 0.5 + 1e-12)
    return pd.Timedelta(times[below[0]]) if len(below) else pd.Timedelta("NaT")
