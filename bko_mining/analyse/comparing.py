"""Before and after: every figure with its difference and an interval, and the variants that came and went.

Weeks of arrival, not single cases, are drawn in the bootstrap, so that a slow swing within either log widens the
interval instead of passing for a change.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people_only
from bko_mining.analyse.rework import previous_occurrence
from bko_mining.analyse.times import HOUR, enabled_instants
from bko_mining.discover.variants import variants
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.log.grouping import weeks
from bko_mining.results import Result
from bko_mining.words import number, percent, say

DRAWS = 400
FEW_WEEKS = 8


@dataclass(frozen=True, slots=True, eq=False)
class LogComparison(Result):
    """What changed from one log to another.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a figure: ``kpi``, ``before``, ``after`` (hours for times, shares, counts a case), ``difference``,
        ``change_share`` with its 95 % interval (``low_share``, ``high_share``), ``effect_size`` (difference in standard
        deviations between cases) and ``changed`` (clear when all figures are judged together, Bonferroni).
    variants : pandas.DataFrame
        ``variant``, ``before_share``, ``after_share`` and ``status`` (``appeared``, ``vanished``, ``both``), the
        largest
        differences first.
    paths : pandas.DataFrame
        The difference map: ``source_activity``, ``target_activity``, ``before_share``, ``after_share`` of cases that go
        this way, ``difference``.
    n_before, n_after : int
        Cases.
    """

    variants: pd.DataFrame
    paths: pd.DataFrame
    n_before: int
    n_after: int

    picture: ClassVar[str] = "rules:plot_comparison"

    @property
    def summary(self) -> str:
        """What changed clearly."""
        changed = self.table[self.table["changed"]]
        words = {"before": number(self.n_before), "after": number(self.n_after)}
        if not len(changed):
            return say("No figure changed clearly between {before} cases before and {after} after.", **words)
        row = changed.iloc[int(changed["effect_size"].abs().to_numpy(float).argmax())]
        sign = "+" if row["change_share"] > 0 else ""
        return say(
            "{n} figures changed clearly; most of all {kpi}: {change} ({low} to {high}).",
            n=number(len(changed)),
            kpi=say(str(row["kpi"])),
            change=sign + percent(row["change_share"]),
            low=percent(row["low_share"]),
            high=percent(row["high_share"]),
        )


def compare_logs(before: EventLog, after: EventLog, *, seed: int = 0) -> LogComparison:
    """Compare two logs of the same process.

    Parameters
    ----------
    before, after : EventLog
        The logs.
    seed : int
        Of the bootstrap.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": range(300), "activity": "key in",
    ...     "end": pd.date_range("2026-01-05", periods=300, freq="8h")})
    >>> log = bko.EventLog.from_frame(rows)
    >>> bko.compare_logs(log, log).summary
    'No figure changed clearly between 300 cases before and 300 after.'
    """
    rng = np.random.default_rng(seed)
    sides = [(_figures(log), _blocks(log)) for log in (before, after)]
    names = [name for name in sides[0][0] if name in sides[1][0]]
    records = [_row(name, sides, rng, len(names)) for name in names]
    return LogComparison(
        pd.DataFrame(records, columns=_COLUMNS),
        variants=_variants(before, after),
        paths=_paths(before, after),
        n_before=before.n_cases,
        n_after=after.n_cases,
    )


_COLUMNS = ["kpi", "before", "after", "difference", "change_share", "low_share", "high_share", "effect_size", "changed"]


def _figures(log: EventLog) -> dict[str, NDArray[np.float64]]:
    """One value a case of each figure."""
    first = log.offsets[:-1]
    wait = (log.begin - enabled_instants(log)).astype(float)
    figures = {
        "cycle time": (log.case_end - log.case_start) / HOUR,
        "steps": log.n_instances.astype(float),
        "reworked cases": np.logical_or.reduceat(previous_occurrence(log) >= 0, first).astype(float),
    }
    if log.has_starts:
        work = np.where((log.start != MISSING) & (log.end != MISSING), log.finish - log.begin, 0)
        figures["working time"] = np.add.reduceat(work, first) / HOUR
        figures["waiting time"] = np.add.reduceat(wait, first) / HOUR
    people = people_only(log)
    if people.has_resources:
        rows = np.flatnonzero(people.resource != UNKNOWN)
        pairs = np.unique(people.case[rows].astype(np.int64) * len(log.resources) + people.resource[rows])
        figures["people in a case"] = np.bincount(pairs // len(log.resources), minlength=log.n_cases).astype(float)
    return figures


def _blocks(log: EventLog) -> NDArray[np.int64]:
    codes = weeks(log, log.case_start).codes
    return codes if codes.max() + 1 >= FEW_WEEKS else np.arange(log.n_cases)


def _draws(values: NDArray[np.float64], blocks: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    size = int(blocks.max()) + 1
    n, total = np.bincount(blocks, minlength=size), np.bincount(blocks, weights=values, minlength=size)
    means = np.empty(DRAWS)
    for draw in range(DRAWS):
        weight = np.bincount(rng.integers(0, size, size), minlength=size)
        means[draw] = (weight * total).sum() / max(float((weight * n).sum()), 1.0)
    return means


def _row(
    name: str,
    sides: list[tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]],
    rng: np.random.Generator,
    n_figures: int,
) -> tuple[object, ...]:
    from scipy.special import stdtrit

    (old, new), blocks = (side[0][name] for side in sides), [side[1] for side in sides]
    before, after = float(old.mean()), float(new.mean())
    difference = after - before
    error = float(np.hypot(*(_draws(v, b, rng).std() for v, b in zip((old, new), blocks, strict=True))))
    # Few weeks: the t distribution and the usual small-sample factor.
    free = min(int(block.max()) for block in blocks)
    error *= float(np.sqrt((free + 1) / max(free, 1)))
    half = float(stdtrit(max(free, 1), 0.975)) * error
    strict = float(stdtrit(max(free, 1), 1 - 0.025 / n_figures)) * error
    spread = float(np.sqrt((old.var() + new.var()) / 2))
    base = abs(before) if before else float("nan")
    shares = [value / base for value in (difference, difference - half, difference + half)]
    effect = difference / spread if spread else 0.0
    return (name, before, after, difference, *shares, effect, bool(abs(difference) > strict and error > 0))


def _variants(before: EventLog, after: EventLog) -> pd.DataFrame:
    shares = []
    for log in (before, after):
        found = variants(log)
        count = np.bincount(found.of_case, minlength=len(found.sequences)) / log.n_cases
        shares.append(pd.Series(count, index=[" → ".join(sequence) for sequence in found.sequences]))
    table = pd.concat(shares, axis=1, keys=["before_share", "after_share"]).fillna(0.0)
    both = np.where(table["before_share"] > 0, "both", "appeared")
    table["status"] = np.where(table["after_share"] > 0, both, "vanished")
    order = (table["after_share"] - table["before_share"]).abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].rename_axis("variant").reset_index()


def _paths(before: EventLog, after: EventLog) -> pd.DataFrame:
    shares = []
    for log in (before, after):
        n = len(log.activities)
        rows = np.flatnonzero(log.follows)
        path = log.activity[rows - 1].astype(np.int64) * n + log.activity[rows]
        once = np.unique(path * log.n_cases + log.case[rows]) // log.n_cases
        codes, count = np.unique(once, return_counts=True)
        names = pd.MultiIndex.from_tuples(
            [(log.activities[code // n], log.activities[code % n]) for code in codes],
            names=["source_activity", "target_activity"],
        )
        shares.append(pd.Series(count / log.n_cases, index=names))
    table = pd.concat(shares, axis=1, keys=["before_share", "after_share"]).fillna(0.0)
    table["difference"] = table["after_share"] - table["before_share"]
    order = table["difference"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index()
