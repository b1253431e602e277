"""Before and after: every figure with its difference and an interval, and the variants that came and went.

Weeks of arrival, not single cases, are drawn in the bootstrap, so that a slow swing within either log widens the
interval instead of passing for a change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.drift import drift
from bko_mining.analyse.proportions import bonferroni_z, people_only
from bko_mining.analyse.rework import previous_occurrence
from bko_mining.analyse.times import HOUR, enabled_instants
from bko_mining.discover.variants import variants
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.log.grouping import distinct, weeks
from bko_mining.results import Result
from bko_mining.words import number, percent, say

DRAWS = 400
FEW_WEEKS = 5
ENOUGH_EXPECTED = 5.0
"""Cases expected in the smaller log from which the share of a variant is tested."""


@dataclass(frozen=True, slots=True, eq=False)
class LogComparison(Result):
    """What changed from one log to another.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a figure: ``kpi``, ``before``, ``after`` (hours for times, shares, counts a case or a week),
        ``difference``, ``change_share`` with its 95 % interval (``low_share``, ``high_share``), ``effect_size``
        (difference in standard deviations between cases, or between weeks) and ``changed`` (clear when all figures are
        judged together, Bonferroni).
    variants : pandas.DataFrame
        ``variant``, ``n_before``, ``n_after``, ``before_share``, ``after_share``, ``status`` (``appeared``,
        ``vanished``, ``both``) and ``changed`` (the shares differ more than by chance, all variants judged together),
        the largest differences first.
    paths : pandas.DataFrame
        ``source_activity``, ``target_activity``, ``before_share``, ``after_share`` of cases that go this way,
        ``difference`` and ``changed``, the largest differences first; ``bko.difference_map(before, after)`` draws them.
    n_before, n_after : int
        Cases.
    cautions : tuple of str
        What a reader must know before believing a difference: changes within either log.
    """

    variants: pd.DataFrame
    paths: pd.DataFrame
    n_before: int
    n_after: int
    cautions: tuple[str, ...] = ()

    picture: ClassVar[str] = "rules:plot_comparison"

    @property
    def summary(self) -> str:
        """What changed clearly."""
        changed = self.table[self.table["changed"]]
        words = {"before": number(self.n_before), "after": number(self.n_after)}
        if not len(changed):
            plain = say("No figure changed clearly between {before} cases before and {after} after.", **words)
            return " ".join((plain, *self.cautions))
        row = changed.iloc[int(changed["effect_size"].abs().to_numpy(float).argmax())]
        sentence = say(
            "{n} figures changed clearly; most of all {kpi}: {change} ({low} to {high}).",
            n=number(len(changed)),
            kpi=say(str(row["kpi"])),
            change=("+" if row["change_share"] > 0 else "") + percent(row["change_share"]),
            low=percent(row["low_share"]),
            high=percent(row["high_share"]),
        )
        return " ".join((sentence, *self._variants(), *self.cautions))

    def _variants(self) -> Iterator[str]:
        clear = self.variants[self.variants["changed"]]
        counts = clear["status"].value_counts()
        new, gone = int(counts.get("appeared", 0)), int(counts.get("vanished", 0))
        if new or gone:
            yield say("{new} variants appeared and {gone} vanished beyond chance.", new=number(new), gone=number(gone))


def compare_logs(before: EventLog, after: EventLog, *, seed: int = 0) -> LogComparison:
    """Compare two logs of the same process.

    Parameters
    ----------
    before, after : EventLog
        The logs.
    seed : int
        Of the bootstrap.

    Returns
    -------
    LogComparison
        Every figure with its interval and effect size, variants and paths that came and went, and one sentence.

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
    old, new = _figures(before), _figures(after)
    names = [name for name in old if name in new]
    records = [_row(name, old[name], new[name], rng, len(names)) for name in names]
    return LogComparison(
        pd.DataFrame(records, columns=_COLUMNS),
        variants=_variants(before, after),
        paths=_paths(before, after),
        n_before=before.n_cases,
        n_after=after.n_cases,
        cautions=tuple(_cautions(before, after, seed)),
    )


_COLUMNS = ["kpi", "before", "after", "difference", "change_share", "low_share", "high_share", "effect_size", "changed"]


@dataclass(frozen=True, slots=True, eq=False)
class _Figure:
    """One value a case (or a week), the block of each (drawn together in the bootstrap), and what is told of them."""

    values: NDArray[np.float64]
    blocks: NDArray[np.int64]
    quantile: float | None = None

    @property
    def level(self) -> float:
        return float(self.values.mean() if self.quantile is None else np.quantile(self.values, self.quantile))

    @property
    def free(self) -> int:
        return int(self.blocks.max())

    def error(self, rng: np.random.Generator) -> float:
        """Standard error by bootstrap of blocks."""
        size = self.free + 1
        order = np.argsort(self.values)
        ordered, block = self.values[order], self.blocks[order]
        n, total = np.bincount(self.blocks, minlength=size), np.bincount(self.blocks, self.values, size)
        levels = np.empty(DRAWS)
        for draw in range(DRAWS):
            weight = np.bincount(rng.integers(0, size, size), minlength=size)
            if self.quantile is None:
                levels[draw] = (weight * total).sum() / max(float((weight * n).sum()), 1.0)
            else:
                reach = np.cumsum(weight[block])
                levels[draw] = ordered[min(int(np.searchsorted(reach, self.quantile * reach[-1])), len(ordered) - 1)]
        return float(levels.std())


def _figures(log: EventLog) -> dict[str, _Figure]:
    blocks = _blocks(log)
    cases = {name: _Figure(values, blocks) for name, values in _of_cases(log).items()}
    slowest = _Figure(cases["cycle time"].values, blocks, quantile=0.9)
    first = {"cycle time": cases.pop("cycle time"), "cycle time of the slowest tenth": slowest}
    return {**first, **cases, **_arrivals(log)}


def _of_cases(log: EventLog) -> dict[str, NDArray[np.float64]]:
    """One value a case of each figure."""
    first = log.offsets[:-1]
    figures = {
        "cycle time": (log.case_end - log.case_start) / HOUR,
        "steps": log.n_instances.astype(float),
        "reworked cases": np.logical_or.reduceat(previous_occurrence(log) >= 0, first).astype(float),
    }
    if log.has_starts:
        wait = (log.begin - enabled_instants(log)).astype(float)
        work = np.where((log.start != MISSING) & (log.end != MISSING), log.finish - log.begin, 0)
        figures["working time"] = np.add.reduceat(work, first) / HOUR
        figures["waiting time"] = np.add.reduceat(wait, first) / HOUR
    people = people_only(log)
    if people.has_resources:
        who = people.resource
        rows = np.flatnonzero(who != UNKNOWN)
        pairs = distinct(people.case[rows].astype(np.int64) * len(log.resources) + who[rows])
        figures["people in a case"] = np.bincount(pairs // len(log.resources), minlength=log.n_cases).astype(float)
        handed = log.follows & (who != UNKNOWN)
        handed[1:] &= (who[:-1] != UNKNOWN) & (who[1:] != who[:-1])
        figures["handovers in a case"] = np.add.reduceat(handed.astype(float), first)
    return figures


def _arrivals(log: EventLog) -> dict[str, _Figure]:
    """Cases of each full week, if there are enough."""
    week = log.case_start // (7 * 24 * HOUR)
    inside = np.bincount((week - week.min()).astype(np.int64))[1:-1].astype(float)
    figure = _Figure(inside, np.arange(len(inside)))
    return {"cases that arrive a week": figure} if len(inside) >= FEW_WEEKS else {}


def _blocks(log: EventLog) -> NDArray[np.int64]:
    """Weeks of arrival; in short logs thirds of a week, few of which leave much room for chance (t distribution)."""
    codes = weeks(log, log.case_start).codes
    if codes.max() + 1 >= FEW_WEEKS:
        return codes
    thirds = log.case_start // (56 * HOUR)
    return np.asarray(np.unique(thirds, return_inverse=True)[1], np.int64)


def _row(name: str, old: _Figure, new: _Figure, rng: np.random.Generator, n_figures: int) -> tuple[object, ...]:
    from scipy.special import stdtrit

    difference = new.level - old.level
    # Few weeks: the t distribution and the usual small-sample factor.
    free = max(min(old.free, new.free), 1)
    error = float(np.hypot(old.error(rng), new.error(rng))) * float(np.sqrt((free + 1) / free))
    half = float(stdtrit(free, 0.975)) * error
    strict = float(stdtrit(free, 1 - 0.025 / n_figures)) * error
    spread = float(np.sqrt((old.values.var() + new.values.var()) / 2))
    base = abs(old.level) if old.level else float("nan")
    shares = [value / base for value in (difference, difference - half, difference + half)]
    effect = difference / spread if spread else 0.0
    return (name, old.level, new.level, difference, *shares, effect, bool(abs(difference) > strict and error > 0))


def _cautions(before: EventLog, after: EventLog, seed: int) -> Iterator[str]:
    for text, log in (("Within the log before: {change}", before), ("Within the log after: {change}", after)):
        found = drift(log, seed=seed)
        if len(found.table):
            yield say(text, change=found.clearest)


def _variants(before: EventLog, after: EventLog) -> pd.DataFrame:
    counts = []
    for log in (before, after):
        found = variants(log)
        count = np.bincount(found.of_case, minlength=len(found.sequences))
        counts.append(pd.Series(count, index=[" → ".join(sequence) for sequence in found.sequences]))
    return _shares(counts, (before.n_cases, after.n_cases)).rename_axis("variant").reset_index()


def _paths(before: EventLog, after: EventLog) -> pd.DataFrame:
    counts = []
    for log in (before, after):
        n = len(log.activities)
        rows = np.flatnonzero(log.follows)
        path = log.activity[rows - 1].astype(np.int64) * n + log.activity[rows]
        once = distinct(path * log.n_cases + log.case[rows]) // log.n_cases
        codes, count = np.unique(once, return_counts=True)
        names = [(log.activities[code // n], log.activities[code % n]) for code in codes]
        index = pd.MultiIndex.from_tuples(names, names=["source_activity", "target_activity"])
        counts.append(pd.Series(count, index=index))
    table = _shares(counts, (before.n_cases, after.n_cases)).drop(columns="status").reset_index()
    return table.assign(difference=table["after_share"] - table["before_share"])


def _shares(counts: "list[pd.Series[Any]]", n: tuple[int, int]) -> pd.DataFrame:
    """Shares of cases in both logs, whether they appeared or vanished, and whether beyond chance (two proportions)."""
    table = pd.concat(counts, axis=1, keys=["n_before", "n_after"]).fillna(0).astype(int)
    shares = [table[name].to_numpy() / size for name, size in zip(table.columns, n, strict=True)]
    pooled = table.sum(axis=1).to_numpy() / sum(n)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    difference = shares[1] - shares[0]
    expected = pooled * min(n) >= ENOUGH_EXPECTED
    both = np.where(shares[0] > 0, "both", "appeared")
    table = table.assign(
        before_share=shares[0],
        after_share=shares[1],
        status=np.where(shares[1] > 0, both, "vanished"),
        changed=expected & (np.abs(difference) > bonferroni_z(int(expected.sum())) * error),
    )
    return table.iloc[np.argsort(-np.abs(difference), kind="stable")]
