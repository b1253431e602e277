"""Cases that take longer than promised: how many, where the time was lost, which wait is to blame."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.bottlenecks import critical_path
from bko_mining.analyse.clocks import AnyCalendar, calendar_of, clock_words, elapsed, on_clock, time_words
from bko_mining.analyse.proportions import wilson
from bko_mining.analyse.times import enabled_instants
from bko_mining.analyse.waiting_causes import CAUSES, cause_words, causes_of
from bko_mining.calendars import WorkCalendar
from bko_mining.discover.concurrency import enabling
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND, Grouping, by_case
from bko_mining.results import Result
from bko_mining.words import percent, say


@dataclass(frozen=True, slots=True, eq=False)
class ServiceLevel(Result):
    """How a target for the cycle time is kept.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a group: ``n_cases``, ``n_breaches``, ``breach_share`` with its 95 % interval ``low_share``,
        ``high_share``.
    target : pandas.Timedelta
        On the clock of ``calendar``.
    breach_share : float
        Over all cases that can be judged.
    stages : pandas.DataFrame
        One row an activity: ``n_cases``, ``median_slack`` (what is left of the target when it first starts, negative
        when over), ``late_share`` (cases already over the target by then).
    waits : pandas.DataFrame
        One row an activity: the mean wait before it on the critical path in late and in punctual cases, ``extra_wait``
        (the difference) and ``extra_share`` of all extra waiting; the worst first.
    causes : pandas.DataFrame
        The same by cause of waiting (see ``waiting_causes``): ``cause``, ``wait_when_late``, ``wait_when_punctual``,
        ``extra_wait``, ``extra_share``; empty where the log has no starts or no resources.
    n_undecided : int
        Open cases that are still within the target: neither kept nor broken, not counted.
    calendar : WorkCalendar, optional
        Whose working time was measured; calendar time if not given.
    """

    target: pd.Timedelta
    breach_share: float
    stages: pd.DataFrame
    waits: pd.DataFrame
    causes: pd.DataFrame
    n_undecided: int
    calendar: WorkCalendar | None = None

    picture: ClassVar[str] = "flow:plot_service_level"

    @property
    def summary(self) -> str:
        """Breach share and the wait that separates late from punctual cases."""
        words = {
            "target": time_words(self.target.total_seconds(), self.calendar),
            "share": percent(self.breach_share, 1),
        }
        if not len(self.waits) or not 0 < self.breach_share < 1 or self.waits["extra_share"].iloc[0] <= 0:
            sentences = [say("{share} of cases take longer than {target}.", **words)]
        else:
            sentences = [self._blame(words), self._main_cause()]
        return " ".join(filter(None, [*sentences, clock_words(self.calendar)]))

    def _blame(self, words: dict[str, str]) -> str:
        worst = self.waits.iloc[0]
        return say(
            "{share} of cases take longer than {target}; {blame} of what late cases wait more than punctual ones is "
            "before “{name}” ({extra} a case).",
            blame=percent(worst["extra_share"]),
            name=worst["activity"],
            extra=time_words(worst["extra_wait"].total_seconds(), self.calendar),
            **words,
        )

    def _main_cause(self) -> str:
        if self.causes.empty or self.causes["extra_share"].iloc[0] <= 0:
            return ""
        blame, reason = percent(self.causes["extra_share"].iloc[0]), cause_words(str(self.causes["cause"].iloc[0]))
        return say("{blame} of the extra wait is {reason}.", blame=blame, reason=reason)


def sla(
    log: EventLog, target: str | pd.Timedelta, *, by: str | None = None, calendar: AnyCalendar = None
) -> ServiceLevel:
    """Compare the cycle time of each case with a target.

    Parameters
    ----------
    log : EventLog
        The log. A case known to be open is late once it is older than the target; a younger one is not counted.
    target : str or pandas.Timedelta
        The longest cycle time promised: ``"5 d"``; where a calendar is given, in its working hours: ``"40 h"``.
    by : str, optional
        ``week`` of arrival or an attribute; all cases together if not given.
    calendar : WorkCalendar or str, optional
        Count only its working time (``"Mon-Fri 08:00-17:00, BR-SP"``, on the clock of the log); calendar time if not
        given.

    Returns
    -------
    ServiceLevel
        Breaches by group, the slack at each stage and the waits that cause the breaches.

    Raises
    ------
    LogError
        If the target is no positive length of time, or no case can be judged.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B", "B"], "activity": ["register", "pay"] * 2,
    ...     "start": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 14:00", "2026-01-05 08:00", "2026-01-05 09:00"]),
    ...     "end": pd.to_datetime(["2026-01-05 09:00", "2026-01-05 15:00", "2026-01-05 09:00", "2026-01-05 10:00"])})
    >>> found = bko.sla(bko.EventLog.from_frame(rows), "5 h")
    >>> found.breach_share, found.waits["activity"].iloc[0], found.waits["extra_wait"].iloc[0]
    (0.5, 'pay', Timedelta('0 days 05:00:00'))
    """
    limit = limit_of(target)
    is_open = np.zeros(log.n_cases, bool) if log.open_cases is None else log.open_cases
    clock = calendar_of(calendar, log.timezone)
    age = elapsed(log.case_start, np.where(is_open, int(log.finish.max()), log.case_end), clock)
    late = age > limit.value // 1000
    judged = late | ~is_open
    if not judged.any():
        raise LogError("no case can be judged: all are open and younger than the target")
    waits, causes = _waits(log, late, judged, clock)
    group = by_case(log, by) if by else Grouping(np.zeros(log.n_cases, np.int64), pd.DataFrame(index=range(1)))
    return ServiceLevel(
        table=_shares(late, judged, group),
        target=limit,
        breach_share=float(late[judged].mean()),
        stages=_stages(log, limit.value // 1000, clock),
        waits=waits,
        causes=causes,
        n_undecided=int((~judged).sum()),
        calendar=clock,
    )


def limit_of(target: str | pd.Timedelta) -> pd.Timedelta:
    """Read a length of time that is promised; LogError if it is none."""
    try:
        limit = pd.Timedelta(target).as_unit("ns")
    except ValueError as error:
        raise LogError(f"the target {target!r} is no length of time; write it like '5 d' or '36 h'") from error
    if not limit > pd.Timedelta(0):
        raise LogError(f"the target {target!r} must be longer than zero")
    return limit


def _shares(late: NDArray[np.bool_], judged: NDArray[np.bool_], group: Grouping) -> pd.DataFrame:
    kept = judged & (group.codes >= 0)
    size = len(group.labels)
    n = np.bincount(group.codes[kept], minlength=size)
    breaches = np.bincount(group.codes[kept & late], minlength=size)
    seen = np.flatnonzero(n)
    low, high = wilson(breaches[seen], n[seen])
    table = group.labels.iloc[seen].reset_index(drop=True)
    return table.assign(
        n_cases=n[seen],
        n_breaches=breaches[seen],
        breach_share=breaches[seen] / n[seen],
        low_share=low,
        high_share=high,
    )


def _stages(log: EventLog, limit: int, clock: WorkCalendar | None) -> pd.DataFrame:
    """Slack when each activity first starts in a case."""
    frame = pd.DataFrame({"case": log.case, "activity": log.activity, "begin": log.begin})
    first = frame.groupby(["case", "activity"], sort=False, as_index=False)["begin"].min()
    slack = limit - pd.Series(elapsed(log.case_start[first["case"]], first["begin"].to_numpy(), clock))
    grouped = slack.groupby(first["activity"])
    median = grouped.median()
    table = pd.DataFrame(
        {
            "activity": [log.activities[code] for code in median.index],
            "n_cases": grouped.size().to_numpy(),
            "median_slack": median.to_numpy().astype(np.int64).astype(MICROSECOND),
            "late_share": (slack < 0).groupby(first["activity"]).mean().to_numpy(),
        }
    )
    return on_clock(table.sort_values("median_slack", ascending=False, kind="stable", ignore_index=True), clock)


def _waits(
    log: EventLog, late: NDArray[np.bool_], judged: NDArray[np.bool_], clock: WorkCalendar | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean wait a case where it delays the case, in late and in punctual cases: before each activity, and by cause."""
    rows = enabling(log)
    wait = np.where(critical_path(log, rows), elapsed(enabled_instants(log, rows), log.begin, clock), 0)
    by_activity = np.zeros((2, len(log.activities)))
    by_cause = np.zeros((2, len(CAUSES)))
    split = causes_of(log, clock)
    for place, cases in enumerate((late & judged, ~late & judged)):
        inside, n = cases[log.case], max(int(cases.sum()), 1)
        weights = wait[inside].astype(float)
        by_activity[place] = np.bincount(log.activity[inside], weights=weights, minlength=len(log.activities)) / n
        if split is not None:
            by_cause[place] = split[inside & (wait > 0)].sum(axis=0) / n
    causes = on_clock(_extra("cause", list(CAUSES), by_cause), clock)
    waits = on_clock(_extra("activity", list(log.activities), by_activity), clock)
    return waits, causes if split is not None else causes.head(0)


def _extra(name: str, labels: list[str], means: NDArray[np.float64]) -> pd.DataFrame:
    """What late cases (first row of ``means``, microseconds) wait more than punctual ones, the worst first."""
    extra = means[0] - means[1]
    table = pd.DataFrame(
        {
            name: labels,
            "wait_when_late": means[0].astype(np.int64).astype(MICROSECOND),
            "wait_when_punctual": means[1].astype(np.int64).astype(MICROSECOND),
            "extra_wait": extra.astype(np.int64).astype(MICROSECOND),
            "extra_share": extra / max(float(extra[extra > 0].sum()), 1.0),
        }
    )
    return table.sort_values("extra_wait", ascending=False, kind="stable", ignore_index=True)
