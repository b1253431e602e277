"""What is done twice: activities that occur again in the same case, who repeats them, and what that costs.

An immediate repeat is a *self-loop*, counted apart; any later one is a *return*. A repeat by the same person is a
*redo*, by another a *repeat* (edeaR's terms). A return is a *step back* if it comes straight from an activity of a
later stage. The cost of a repeat is its own processing time and the time the case waited for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import wilson
from bko_mining.analyse.times import HOUR, enabled_instants, months
from bko_mining.discover.steps import order_of
from bko_mining.errors import LogError
from bko_mining.log.coding import MISSING
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import MICROSECOND, weeks
from bko_mining.results import Result
from bko_mining.words import money, number, percent, say


@dataclass(frozen=True, slots=True, eq=False)
class Rework(Result):
    """Activities that are done again, the costliest first.

    Attributes
    ----------
    table : pandas.DataFrame
        One row an activity that is repeated: ``n_repeats`` (``n_self_loops`` and ``n_returns`` add up to it),
        ``n_steps_back`` (returns straight from a later stage), ``n_redone`` by the same and ``n_repeated`` by another
        resource (missing where resources are), ``n_cases``, ``case_share``, ``trend_share`` (relative change of that
        share from the first to the second half of the cases), ``mostly_after`` (the activity that most often precedes
        the repeat), ``processing_time`` and ``waiting_time`` of the repeats (Timedelta; work is
        missing in logs without starts), ``hours_per_month`` of both
        and, with a price, ``cost_per_month``.
    first_time_right_share : float
        Cases in which nothing is done twice.
    n_cases : int
        Cases looked at.
    starts_known, resources_known : bool
        False where the log cannot say how long a repeat took, or who did it.
    rows : bool[n]
        Which instances of the log are repeats.
    origins : pandas.DataFrame
        Where it starts: ``after`` which activity a case first goes back, ``back_to`` which, ``n_cases`` and
        ``reworked_share`` (of the cases with rework), the most frequent first.
    weekly : pandas.DataFrame
        By ``week`` of arrival: ``n`` cases, ``reworked_share`` and its 95 % interval (``low_share``, ``high_share``).
    currency : str
        Of ``cost_per_month``, empty where no price was given.
    """

    first_time_right_share: float
    n_cases: int
    starts_known: bool
    resources_known: bool
    rows: NDArray[np.bool_]
    origins: pd.DataFrame
    weekly: pd.DataFrame
    currency: str = ""

    untold: ClassVar[tuple[str, ...]] = (
        "n_self_loops", "n_returns", "n_steps_back", "n_redone", "n_repeated", "trend_share",
    )  # fmt: skip
    picture: ClassVar[str] = "times:plot_rework"

    @property
    def summary(self) -> str:
        """The sentence to say aloud."""
        if not len(self.table):
            return say("Nothing is done twice in {n} {n:case|cases}.", n=number(self.n_cases))
        worst = self.table.iloc[0]
        sentence = say(
            "In {share} of cases something is done twice; most costly is “{name}”, repeated {n} "
            "{n:time|times} in {cases} {cases:case|cases}.",
            share=percent(1 - self.first_time_right_share),
            name=worst["activity"],
            n=number(worst["n_repeats"]),
            cases=number(worst["n_cases"]),
        )
        sentence += " " + self._cost()
        if len(self.origins):
            sentence += " " + self._origin()
        return sentence

    def _origin(self) -> str:
        origin = self.origins.iloc[0]
        words = {"to": origin["back_to"], "share": percent(origin["reworked_share"])}
        if origin["after"] == origin["back_to"]:
            return say("It starts most often with “{to}”, again at once ({share} of the cases with rework).", **words)
        return say(
            "It starts most often after “{after}”, back to “{to}” ({share} of the cases with rework).",
            after=origin["after"],
            **words,
        )

    def _cost(self) -> str:
        total = number(float(self.table["hours_per_month"].sum()))
        if not self.starts_known:
            return say("All repeats together cost cases {hours} {hours:hour|hours} a month.", hours=total)
        hours = float(self.table["hours_per_month"].sum())
        names = ("processing_time", "waiting_time")
        spent = [float(self.table[name].to_numpy().astype(np.int64).sum()) for name in names]
        work = spent[0] / max(sum(spent), 1.0)
        text = say(
            "All repeats together take {work} {work:hour|hours} of work a month and make cases wait "
            "{waiting} {waiting:hour|hours}.",
            work=number(work * hours),
            waiting=number((1 - work) * hours),
        )
        if not self.currency:
            return text
        cost = money(float(self.table["cost_per_month"].sum()), self.currency)
        return text + " " + say("That is {cost} a month.", cost=cost)


@dataclass(frozen=True, slots=True)
class Price:
    """What an hour costs: of work, and of the delay of one case."""

    work: float = 0.0
    delay: float = 0.0

    def of(self, work: NDArray[np.float64], delay: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cost of hours of work and of delay."""
        return np.asarray(work * self.work + delay * self.delay)


def rework(
    log: EventLog,
    *,
    expected: Collection[str] = (),
    cost_per_hour: float | None = None,
    delay_cost_per_hour: float = 0.0,
    currency: str = "USD",
) -> Rework:
    """Find what is done twice and what it costs; ``bko.process_map(log, colour="rework")`` shows it on the map.

    Parameters
    ----------
    log : EventLog
        The log.
    expected : collection of str
        Activities whose repeats are no rework (instalments, reminders); left out.
    cost_per_hour : float, optional
        What an hour of work costs; needs start times.
    delay_cost_per_hour : float
        What an hour of delay of one case costs (as in ``bottlenecks``).
    currency : str
        ISO code of these prices.

    Returns
    -------
    Rework
        Ranked table, first-time-right share and one sentence.

    Raises
    ------
    LogError
        If an expected activity does not occur in the log.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "A", "B"], "activity": ["match", "clarify", "match", "match"],
    ...     "resource": ["Ana", "Rui", "Ana", "Ana"],
    ...     "start": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00", "2026-01-05 12:00", "2026-01-05 08:30"]),
    ...     "end": pd.to_datetime(["2026-01-05 08:30", "2026-01-05 10:00", "2026-01-05 12:30", "2026-01-05 09:00"])})
    >>> found = bko.rework(bko.EventLog.from_frame(rows))
    >>> found.table[["activity", "n_returns", "n_redone", "mostly_after"]].values.tolist(), found.first_time_right_share
    ([['match', 1, 1, 'clarify']], 0.5)
    """
    previous = previous_occurrence(log)
    repeats = (previous >= 0) & ~is_expected(log, expected)
    priced = cost_per_hour is not None or delay_cost_per_hour > 0
    price = Price(cost_per_hour or 0.0, delay_cost_per_hour)
    table = _table(log, np.flatnonzero(repeats), previous)
    if priced:
        hours = [_hours(log, table[name]) for name in ("processing_time", "waiting_time")]
        table["cost_per_month"] = price.of(*hours)
    touched = np.logical_or.reduceat(repeats, log.offsets[:-1])
    return Rework(
        table=table,
        first_time_right_share=float(1 - touched.mean()),
        n_cases=log.n_cases,
        starts_known=log.has_starts,
        resources_known=log.has_resources,
        rows=repeats,
        origins=_origins(log, repeats),
        weekly=_weekly(log, touched),
        currency=currency if priced else "",
    )


def is_expected(log: EventLog, expected: Collection[str]) -> NDArray[np.bool_]:
    """Rows of the activities whose repeats are declared to be no rework.

    Raises
    ------
    LogError
        If one of them does not occur in the log.
    """
    unknown = sorted(set(expected) - set(log.activities))
    if unknown:
        raise LogError(f"no activity is called {unknown[0]!r}; the log has {', '.join(log.activities)}")
    return np.asarray(np.array([name in set(expected) for name in log.activities])[log.activity])


def stages(log: EventLog) -> NDArray[np.int64]:
    """The stage of each activity: its place in the order in which activities first occur in cases, on average."""
    place = np.arange(len(log)) - np.repeat(log.offsets[:-1], log.n_instances)
    first = previous_occurrence(log) < 0
    size = len(log.activities)
    n = np.bincount(log.activity[first], minlength=size)
    total = np.bincount(log.activity[first], weights=place[first], minlength=size)
    mean = np.divide(total, n, out=np.full(size, np.inf), where=n > 0)
    return np.argsort(np.argsort(mean, kind="stable"), kind="stable")


def previous_occurrence(log: EventLog) -> NDArray[np.int64]:
    """Row of the previous instance of the same activity in the same case, -1 at the first.

    Parameters
    ----------
    log : EventLog
        The log.
    """
    order = order_of(log.activity, len(log.activities))
    activity, case = log.activity[order], log.case[order]
    again = np.zeros(len(log), bool)
    again[1:] = (activity[1:] == activity[:-1]) & (case[1:] == case[:-1])
    rows = np.full(len(log), -1, np.int64)
    rows[order[again]] = order[np.flatnonzero(again) - 1]
    return rows


def _table(log: EventLog, rows: NDArray[np.int64], previous: NDArray[np.int64]) -> pd.DataFrame:
    n = len(log.activities)
    codes = log.activity[rows]
    before = rows - 1
    self_loop = previous[rows] == before
    stage = stages(log)
    back = ~self_loop & (stage[log.activity[before]] > stage[codes])
    known = (log.resource[rows] != UNKNOWN) & (log.resource[previous[rows]] != UNKNOWN)
    same = known & (log.resource[rows] == log.resource[previous[rows]])
    processing = (log.finish - log.begin)[rows]
    waiting = (log.begin - enabled_instants(log))[rows]
    # The first repeat of an activity in a case is the one whose previous instance has none itself.
    first = previous[previous[rows]] < 0
    cases, in_late = codes[first], log.case[rows[first]] >= log.n_cases // 2
    count = np.bincount(codes, minlength=n)
    work, wait = (
        np.bincount(codes, weights=v.astype(float), minlength=n).astype(np.int64) for v in (processing, waiting)
    )
    seen = np.flatnonzero(count)
    seen = seen[np.argsort(-(work + wait)[seen], kind="stable")]
    n_cases = np.bincount(cases, minlength=n)
    return pd.DataFrame(
        {
            "activity": [log.activities[code] for code in seen],
            "n_repeats": count[seen],
            "n_self_loops": np.bincount(codes, weights=self_loop, minlength=n).astype(int)[seen],
            "n_returns": np.bincount(codes, weights=~self_loop, minlength=n).astype(int)[seen],
            "n_steps_back": np.bincount(codes, weights=back, minlength=n).astype(int)[seen],
            **_by_whom(codes, known, same, n, seen),
            "n_cases": n_cases[seen],
            "case_share": n_cases[seen] / log.n_cases,
            "trend_share": _trend(cases, in_late, n_cases)[seen],
            "mostly_after": _mostly_after(log, codes, before, seen),
            "processing_time": (work[seen] if log.has_starts else np.full(len(seen), MISSING)).astype(MICROSECOND),
            "waiting_time": wait[seen].astype(MICROSECOND),
            "hours_per_month": (work + wait)[seen] / HOUR / months(log),
        }
    )


def _by_whom(
    codes: NDArray[np.int32], known: NDArray[np.bool_], same: NDArray[np.bool_], n: int, seen: NDArray[np.int64]
) -> dict[str, NDArray[np.int64]]:
    if not known.any():
        return {}
    redone = np.bincount(codes, weights=same, minlength=n).astype(int)
    repeated = np.bincount(codes, weights=known & ~same, minlength=n).astype(int)
    return {"n_redone": redone[seen], "n_repeated": repeated[seen]}


def _mostly_after(
    log: EventLog, codes: NDArray[np.int32], before: NDArray[np.int64], seen: NDArray[np.int64]
) -> list[str]:
    n = len(log.activities)
    pairs = np.bincount(codes.astype(np.int64) * n + log.activity[before], minlength=n * n).reshape(n, n)
    return [log.activities[int(pairs[code].argmax())] for code in seen]


def _trend(activity: NDArray[np.int32], late: NDArray[np.bool_], n_cases: NDArray[np.int64]) -> NDArray[np.float64]:
    after = np.bincount(activity, weights=late, minlength=len(n_cases))
    before = n_cases - after
    return np.asarray(np.divide(after, before, out=np.full(len(after), np.nan), where=before > 0) - 1)


def _hours(log: EventLog, times: "pd.Series[pd.Timedelta]") -> NDArray[np.float64]:
    return np.asarray(times.to_numpy().astype(np.int64) / HOUR / months(log))


def _origins(log: EventLog, repeats: NDArray[np.bool_]) -> pd.DataFrame:
    """The step with which each case first goes back."""
    rows = np.flatnonzero(repeats)
    first = np.concatenate([[True], log.case[rows][1:] != log.case[rows][:-1]])[: len(rows)]
    rows, n = rows[first], len(log.activities)
    pair = log.activity[rows - 1].astype(np.int64) * n + log.activity[rows]
    count = np.bincount(pair, minlength=n * n)
    order = np.argsort(-count, kind="stable")[: int((count > 0).sum())]
    return pd.DataFrame(
        {
            "after": [log.activities[code // n] for code in order],
            "back_to": [log.activities[code % n] for code in order],
            "n_cases": count[order],
            "reworked_share": count[order] / max(len(rows), 1),
        }
    )


def _weekly(log: EventLog, touched: NDArray[np.bool_]) -> pd.DataFrame:
    group = weeks(log, log.case_start)
    n = np.bincount(group.codes)
    reworked = np.bincount(group.codes, weights=touched)
    low, high = wilson(reworked, n)
    return group.labels.assign(n=n, reworked_share=reworked / n, low_share=low, high_share=high)
