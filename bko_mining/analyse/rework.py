"""What is done twice: activities that occur again in the same case, who repeats them, and what that costs.

An immediate repeat is a *self-loop*, counted apart; any later one is a *return*. A repeat by the same person is a
*redo*, by another a *repeat* (edeaR's terms). The cost of a repeat is its own processing time and the time the case
waited for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.times import HOUR, enabled_instants, months
from bko_mining.errors import LogError
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.results import Result
from bko_mining.words import money, number, percent, say


@dataclass(frozen=True, slots=True, eq=False)
class Rework(Result):
    """Activities that are done again, the costliest first.

    Attributes
    ----------
    table : pandas.DataFrame
        One row an activity that is repeated: ``n_repeats`` (``n_self_loops`` and ``n_returns`` add up to it),
        ``n_redone`` by the same and ``n_repeated`` by another resource (missing where resources are), ``n_cases``,
        ``case_share``, ``mostly_after`` (the activity that most often precedes the repeat), ``processing_time`` and
        ``waiting_time`` of the repeats (Timedelta), ``hours_per_month`` and, with a price, ``cost_per_month``.
    first_time_right_share : float
        Cases in which nothing is done twice.
    n_cases : int
        Cases looked at.
    starts_known, resources_known : bool
        False where the log cannot say how long a repeat took, or who did it.
    rows : bool[n]
        Which instances of the log are repeats.
    currency : str
        Of ``cost_per_month``, empty where no price was given.
    """

    first_time_right_share: float
    n_cases: int
    starts_known: bool
    resources_known: bool
    rows: NDArray[np.bool_]
    currency: str = ""

    picture: ClassVar[str] = "times:plot_rework"

    @property
    def summary(self) -> str:
        """The sentence to say aloud."""
        if not len(self.table):
            return say("Nothing is done twice in {n} cases.", n=number(self.n_cases))
        worst = self.table.iloc[0]
        sentence = say(
            "In {share} of cases something is done twice; most costly is “{name}”, repeated {n} times in {cases} "
            "cases.",
            share=percent(1 - self.first_time_right_share),
            name=worst["activity"],
            n=number(worst["n_repeats"]),
            cases=number(worst["n_cases"]),
        )
        hours = number(float(self.table["hours_per_month"].sum()))
        sentence += " " + say("All repeats together cost {hours} hours of cases a month.", hours=hours)
        if self.currency:
            cost = money(float(self.table["cost_per_month"].sum()), self.currency)
            sentence += " " + say("That is {cost} a month.", cost=cost)
        return sentence


def rework(
    log: EventLog, *, expected: Collection[str] = (), cost_per_hour: float | None = None, currency: str = "USD"
) -> Rework:
    """Find what is done twice and what it costs.

    Parameters
    ----------
    log : EventLog
        The log.
    expected : collection of str
        Activities whose repeats are no rework (instalments, reminders); left out.
    cost_per_hour : float, optional
        What an hour of a case (work and waiting of the repeats) costs.
    currency : str
        ISO code of that price.

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
    unknown = sorted(set(expected) - set(log.activities))
    if unknown:
        raise LogError(f"no activity is called {unknown[0]!r}; the log has {', '.join(log.activities)}")
    first = previous_occurrence(log)
    declared = np.isin(log.activity, [code for code, name in enumerate(log.activities) if name in set(expected)])
    repeats = (first >= 0) & ~declared
    table = _table(log, np.flatnonzero(repeats), first)
    if cost_per_hour is not None:
        table["cost_per_month"] = table["hours_per_month"] * cost_per_hour
    touched = np.logical_or.reduceat(repeats, log.offsets[:-1])
    return Rework(
        table=table,
        first_time_right_share=float(1 - touched.mean()),
        n_cases=log.n_cases,
        starts_known=log.has_starts,
        resources_known=log.has_resources,
        rows=repeats,
        currency=currency if cost_per_hour is not None else "",
    )


def previous_occurrence(log: EventLog) -> NDArray[np.int64]:
    """Row of the previous instance of the same activity in the same case, -1 at the first.

    Parameters
    ----------
    log : EventLog
        The log.
    """
    key = log.case.astype(np.int64) * len(log.activities) + log.activity
    order = np.argsort(key, kind="stable")
    again = np.concatenate([[False], key[order][1:] == key[order][:-1]])
    rows = np.full(len(log), -1, np.int64)
    rows[order[again]] = order[np.flatnonzero(again) - 1]
    return rows


def _table(log: EventLog, rows: NDArray[np.int64], previous: NDArray[np.int64]) -> pd.DataFrame:
    n = len(log.activities)
    codes = log.activity[rows]
    before = rows - 1
    self_loop = previous[rows] == before
    known = (log.resource[rows] != UNKNOWN) & (log.resource[previous[rows]] != UNKNOWN)
    same = known & (log.resource[rows] == log.resource[previous[rows]])
    processing = (log.finish - log.begin)[rows]
    waiting = (log.begin - enabled_instants(log))[rows]
    cases = np.unique(codes.astype(np.int64) * log.n_cases + log.case[rows]) // log.n_cases
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
            **_by_whom(codes, known, same, n, seen),
            "n_cases": n_cases[seen],
            "case_share": n_cases[seen] / log.n_cases,
            "mostly_after": _mostly_after(log, codes, before, seen),
            "processing_time": work[seen].astype(MICROSECOND),
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
