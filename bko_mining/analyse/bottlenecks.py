"""Where work waits, ranked by the hours it costs each month, not by averages.

Only the wait that delays the case counts: of parallel branches, the one that ends last. Walking back from the last end
of a case to what enabled it, and so on to its beginning, gives the chain whose waits and work add up to the cycle time
(the critical path).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.clocks import AnyCalendar, calendar_of, clock_words, elapsed, on_clock, time_words
from bko_mining.analyse.times import HOUR, enabled_instants, months
from bko_mining.analyse.waiting_causes import CAUSES, cause_words, causes_of
from bko_mining.calendars import WorkCalendar
from bko_mining.discover.concurrency import enabling
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND, Grouping, by_instance, distinct
from bko_mining.results import Result
from bko_mining.words import money, number, percent, say


@dataclass(frozen=True, slots=True, eq=False)
class Bottlenecks(Result):
    """Waits that delay cases, the costliest first.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a group (an activity by default): ``n_cases`` delayed, ``n`` waits, ``waiting_time`` in all,
        ``mean_waiting_time``, ``hours_per_month``, ``cycle_time_share``, ``cycle_time_without`` (the mean cycle time if
        nothing waited here), ``trend_share`` (change of the mean wait from the first half of the cases to the second);
        where the log has starts and resources ``main_cause`` (see ``waiting_causes``) with its share of the wait,
        ``main_cause_share``; and, with a price, ``cost_per_month``.
    mean_cycle_time : pandas.Timedelta
        Over all cases.
    starts_known : bool
        False where the log has no start times; the figures are then the time from the end of the previous activity to
        the end of this one, work included.
    currency : str
        Of ``cost_per_month``, empty where no price was given.
    calendar : WorkCalendar, optional
        Whose working time was measured; calendar time if not given.
    """

    mean_cycle_time: pd.Timedelta
    starts_known: bool
    currency: str = ""
    calendar: WorkCalendar | None = None

    picture: ClassVar[str] = "times:plot_bottlenecks"
    untold: ClassVar[tuple[str, ...]] = ("n", "waiting_time", "main_cause_share")

    @property
    def summary(self) -> str:
        """The sentence to say aloud."""
        if not len(self.table) or self.table["hours_per_month"].iloc[0] <= 0:
            return say("Nothing waits: no case is delayed between its activities.")
        worst = self.table.iloc[0]
        words = {
            "name": self._name(worst),
            "hours": number(worst["hours_per_month"]),
            "share": percent(worst["cycle_time_share"]),
            "now": time_words(self.mean_cycle_time.total_seconds(), self.calendar),
            "without": time_words(worst["cycle_time_without"].total_seconds(), self.calendar),
        }
        sentence = say(_SENTENCE if self.starts_known else _SENTENCE_ENDS_ONLY, **words)
        if self.currency:
            cost = money(worst["cost_per_month"], self.currency)
            sentence += " " + say("That is {cost} a month.", cost=cost)
        if worst.get("main_cause", ""):
            reason = cause_words(worst["main_cause"])
            sentence += " " + say("{share} of it {reason}.", share=percent(worst["main_cause_share"]), reason=reason)
        return f"{sentence} {clock_words(self.calendar)}".rstrip()

    def _name(self, row: pd.Series) -> str:
        first = str(row.iloc[0])
        return f"{first} → {row.iloc[1]}" if "target_activity" in self.table.columns else first


_ENOUGH_IN_A_HALF = 5
_SENTENCE = (
    "The costliest wait is before “{name}”: {hours} {hours:hour|hours} a month, {share} of all "
    "cycle time; without it the mean case would take {without} instead of {now}."
)
_SENTENCE_ENDS_ONLY = (
    "Most time passes until “{name}” is done: {hours} {hours:hour|hours} a month, {share} of all "
    "cycle time. The log has no start times, so work and waiting are counted together."
)


def bottlenecks(
    log: EventLog,
    *,
    by: str = "activity",
    cost_per_hour: float | None = None,
    currency: str = "USD",
    calendar: AnyCalendar = None,
) -> Bottlenecks:
    """Rank what delays cases by the hours it costs each month.

    Parameters
    ----------
    log : EventLog
        The log; without starts, the time between completions is ranked and the answer says so.
    by : str
        ``activity`` (that is waited for), ``transition``, ``resource``, ``role``, ``week`` or an attribute.
    cost_per_hour : float, optional
        What an hour of delay of one case costs.
    currency : str
        ISO code of that price.
    calendar : WorkCalendar or str, optional
        Count only its working time (``"Mon-Fri 08:00-17:00, BR-SP"``, on the clock of the log); calendar time if not
        given.

    Returns
    -------
    Bottlenecks
        Ranked table and one sentence.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "A"], "activity": ["register", "approve", "pay"],
    ...     "start": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 14:00", "2026-01-05 15:00"]),
    ...     "end": pd.to_datetime(["2026-01-05 09:00", "2026-01-05 15:00", "2026-01-05 16:00"])})
    >>> found = bko.bottlenecks(bko.EventLog.from_frame(rows))
    >>> found.table[["activity", "waiting_time", "cycle_time_share"]].values.tolist()
    [['approve', Timedelta('0 days 05:00:00'), 0.625]]
    """
    rows = enabling(log)
    clock = calendar_of(calendar, log.timezone)
    wait = np.where(critical_path(log, rows), elapsed(enabled_instants(log, rows), log.begin, clock), 0)
    cycle = elapsed(log.case_start, log.case_end, clock)
    group = by_instance(log, by)
    table = ranked_waits(log, wait, group, int(cycle.sum()))
    causes = causes_of(log, clock)
    if causes is not None:
        table = _with_main_cause(table, np.where(wait[:, None] > 0, causes, 0), group)
    if cost_per_hour is not None:
        table["cost_per_month"] = table["hours_per_month"] * cost_per_hour
    return Bottlenecks(
        table=on_clock(table, clock),
        mean_cycle_time=pd.Timedelta(int(cycle.mean()), "us"),
        starts_known=log.has_starts,
        currency=currency if cost_per_hour is not None else "",
        calendar=clock,
    )


def _with_main_cause(table: pd.DataFrame, causes: NDArray[np.int64], group: Grouping) -> pd.DataFrame:
    """Add the cause of most of the wait of each row, and its share."""
    kept, size = group.codes >= 0, len(group.labels)
    sums = np.column_stack(
        [np.bincount(group.codes[kept], weights=column[kept].astype(float), minlength=size) for column in causes.T]
    )
    named = pd.MultiIndex.from_frame(group.labels)
    places = named.get_indexer(pd.MultiIndex.from_frame(table[list(group.labels.columns)]))
    rows, total = sums[places], sums[places].sum(axis=1)
    main = rows.argmax(axis=1)
    return table.assign(
        main_cause=np.where(total > 0, np.array(CAUSES)[main], ""),
        main_cause_share=rows.max(axis=1, initial=0.0) / np.maximum(total, 1.0),
    )


def critical_path(log: EventLog, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True for the instances that decide when their case ends: the last to end, what enabled it, and so on.

    Parameters
    ----------
    log : EventLog
        The log.
    rows : int64[n]
        The instance that enabled each (``discover.concurrency.enabling``).
    """
    on_path = np.zeros(len(log), bool)
    finish = log.finish
    last = np.maximum.reduceat(finish, log.offsets[:-1])
    is_last = np.flatnonzero(finish == np.repeat(last, log.n_instances))
    # Of several last ends the later row wins: written in order, the last write stays.
    here = np.empty(log.n_cases, np.int64)
    here[log.case[is_last]] = is_last
    while len(here):
        on_path[here] = True
        here = rows[here]
        here = here[here >= 0]
    return on_path


def ranked_waits(log: EventLog, wait: NDArray[np.int64], group: Grouping, all_cycle_time: int) -> pd.DataFrame:
    """Add up waits (microseconds of each instance) by group, the largest first: the table of ``Bottlenecks``."""
    waits = wait > 0
    kept = waits & (group.codes >= 0)
    codes, size = group.codes[kept], len(group.labels)
    total = np.bincount(codes, weights=wait[kept].astype(float), minlength=size)
    n = np.bincount(codes, minlength=size)
    cases = distinct(codes * log.n_cases + log.case[kept]) // log.n_cases
    seen = np.flatnonzero(n)
    seen = seen[np.argsort(-total[seen], kind="stable")]
    mean_cycle = all_cycle_time / log.n_cases
    table = group.labels.iloc[seen].reset_index(drop=True)
    return table.assign(
        n_cases=np.bincount(cases, minlength=size)[seen],
        n=n[seen],
        waiting_time=total[seen].astype(np.int64).astype(MICROSECOND),
        mean_waiting_time=(total[seen] / n[seen]).astype(np.int64).astype(MICROSECOND),
        hours_per_month=total[seen] / HOUR / months(log),
        cycle_time_share=total[seen] / max(all_cycle_time, 1),
        cycle_time_without=(mean_cycle - total[seen] / log.n_cases).astype(np.int64).astype(MICROSECOND),
        trend_share=_trend(log, wait, group)[seen],
    )


def _trend(log: EventLog, wait: NDArray[np.int64], group: Grouping) -> NDArray[np.float64]:
    """Relative change of the mean wait (zeros counted) from the first half of cases to the second, of five each."""
    late = log.case >= log.n_cases // 2
    means = []
    for half in (~late, late):
        rows = half & (group.codes >= 0)
        total = np.bincount(group.codes[rows], weights=wait[rows].astype(float), minlength=len(group.labels))
        n = np.bincount(group.codes[rows], minlength=len(group.labels))
        means.append(np.divide(total, n, out=np.full(len(n), np.nan), where=n >= _ENOUGH_IN_A_HALF))
    before, after = means
    return np.asarray(np.divide(after, before, out=np.full(len(before), np.nan), where=before > 0) - 1)
