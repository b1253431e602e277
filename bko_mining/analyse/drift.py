"""When did it change: arrivals, flow, times or staffing by week, with the change points that chance does not explain.

How they are found is told in ``analyse.change_points``. A log in which nothing changed raises an alarm in one of twenty
cases at most, all aspects together (``benchmarks/false_alarms.py``).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from bko_mining.analyse.change_points import SHORTEST, Change, change_points
from bko_mining.analyse.weekly_series import Series, weekly_series
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import day, duration, number, percent, say

ALPHA = 0.05
LEAST, LEAST_FLOW = 0.1, 0.05
"""Changes smaller than this are of no use to know: share of the level, or points of a path's share."""
TOLD_AS_SHARE = 2.0
"""Beyond a change of 200 % the levels alone say more."""


@dataclass(frozen=True, slots=True, eq=False)
class Drift(Result):
    """Change points, in order of time.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a change: ``aspect`` (``arrivals``, ``times``, ``work``, ``staffing``, ``flow``), ``what`` (of ``flow``
        the path, of ``work`` the activity that changed most clearly), ``when`` (the Monday from which it holds),
        ``earliest`` and ``latest`` (95 % interval), ``before`` and ``after`` (cases and people a week, geometric mean
        hours of cycle and working times, share of the cases that take the path), ``change_share`` and ``p_value``.
    weekly : pandas.DataFrame
        ``week``, ``arrivals``, ``times`` (geometric mean cycle time in hours by week of arrival), ``staffing`` (people
        seen at work).
    nearly_empty_before : pandas.Timestamp or None
        The Monday before which the log holds next to nothing; those weeks are not judged.
    """

    weekly: pd.DataFrame
    nearly_empty_before: pd.Timestamp | None = None

    picture: ClassVar[str] = "rules:plot_drift"

    @property
    def summary(self) -> str:
        """The clearest change."""
        if len(self.weekly) < 2 * SHORTEST:
            return say("The log is too short to see changes: {n} full {n:week|weeks}.", n=number(len(self.weekly)))
        if not len(self.table):
            return f"{self.clearest} {self.limit}".rstrip()
        sentence = say(
            "{n} {n:change|changes} in {weeks} {weeks:week|weeks}.",
            n=number(len(self.table)),
            weeks=number(len(self.weekly)),
        )
        return f"{sentence} {say('Clearest:')} {self.clearest} {self.limit}".rstrip()

    @property
    def limit(self) -> str:
        """From when on the log can be judged, where it is nearly empty before."""
        empty = self.nearly_empty_before
        return "" if empty is None else say("Before {when} the log is nearly empty.", when=day(empty))

    @property
    def clearest(self) -> str:
        """The surest change, of equally sure ones the largest, as a sentence."""
        if not len(self.table):
            return say("Nothing changed clearly in {n} {n:week|weeks}.", n=number(len(self.weekly)))
        row = (
            self.table.assign(size=-np.abs(np.log1p(self.table["change_share"].clip(lower=-0.99))))
            .sort_values(["p_value", "size"])
            .iloc[0]
        )
        words = {"when": day(row["when"]), "earliest": day(row["earliest"]), "latest": day(row["latest"])}
        if row["aspect"] == "flow":
            return say(
                "From the week of {when} ({earliest} to {latest}) {after} of cases take the path {path}, {before} "
                "before.",
                path=row["what"],
                before=percent(row["before"]),
                after=percent(row["after"]),
                **words,
            )
        change = ("+" if row["change_share"] > 0 else "") + percent(row["change_share"])
        old, new = _level(row["aspect"], row["before"]), _level(row["aspect"], row["after"])
        return say(
            "From the week of {when} ({earliest} to {latest}) on, {aspect}: {old} → {new}{change}.",
            aspect=say(_ASPECT[row["aspect"]], name=row["what"]),
            old=old,
            new=new,
            # Of next to nothing a percentage says nothing.
            change=f" ({change})" if abs(row["change_share"]) <= TOLD_AS_SHARE else "",
            **words,
        )


def _level(aspect: str, value: float) -> str:
    if aspect in ("times", "work"):
        return duration(3600 * value)
    return number(value, 0 if value >= 10 else 1)


_ASPECT = {
    "arrivals": "cases that arrive a week",
    "times": "cycle times",
    "work": "working times of “{name}”",
    "staffing": "people at work in a week",
    "flow": "the flow",
}


def drift(log: EventLog, *, seed: int = 0) -> Drift:
    """Find when arrivals, flow, cycle times, working times or staffing changed.

    The first week is left out where it is not full, and so are weeks at the beginning with next to no arrivals (one in
    a hundred in all) and the last weeks (those without arrivals, and the 90th percentile of cycle times before the
    end): many logs hold only cases that have ended, so that late cases seem few and quick. People at work
    are looked at once the first cases of the log have had the same time, since those under way before it are not in
    it. Changes of less than a tenth (of less than five points in a hundred of the flow) are not told.

    Parameters
    ----------
    log : EventLog
        The log.
    seed : int
        Of the shuffles.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": range(200), "activity": "key in",
    ...     "end": pd.date_range("2026-01-05", periods=200, freq="D")})
    >>> bko.drift(bko.EventLog.from_frame(rows)).summary
    'Nothing changed clearly in 27 weeks.'
    """
    weekly = weekly_series(log)
    rng = np.random.default_rng(seed)
    records = []
    for aspect, series in weekly.series.items():
        if len(series.values) >= 2 * SHORTEST:
            found = change_points(series.values, rng, ALPHA / len(weekly.series))
            told = [_record(aspect, series, change, weekly.mondays) for change in found]
            records += [row for row in told if abs(row[-2]) >= (LEAST_FLOW if aspect == "flow" else LEAST)]
    columns = ["aspect", "what", "when", "earliest", "latest", "before", "after", "change_share", "p_value"]
    table = pd.DataFrame(records, columns=columns).sort_values("when", kind="stable", ignore_index=True)
    empty = weekly.mondays[weekly.first] if weekly.first > 2 * SHORTEST else None
    return Drift(table, weekly=weekly.table, nearly_empty_before=empty)


def _record(aspect: str, series: Series, change: Change, mondays: pd.DatetimeIndex) -> tuple[Any, ...]:
    values = series.values[:, change.column]
    levels = [float(part.mean()) for part in (values[change.begin : change.place], values[change.place : change.end])]
    before, after = (_LEVEL[aspect](level) for level in levels)
    share = after - before if aspect == "flow" else after / max(before, 1e-9) - 1
    at = [mondays[series.first + week] for week in (change.place, change.earliest, change.latest)]
    return (aspect, series.names[change.column], *at, before, after, share, change.p_value)


_LEVEL: dict[str, Callable[[float], float]] = {
    "arrivals": math.expm1, "times": math.exp, "work": math.exp, "staffing": math.expm1, "flow": float,
}  # fmt: skip
