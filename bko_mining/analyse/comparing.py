"""Before and after: every figure with its difference and an interval, and the variants that came and went.

What an interval rests on is told in ``analyse.case_figures``. What runs side by side, and who works when, is judged
from both logs together. A figure that was changing within either log already is
marked: two logs of a process that drifts differ without anybody having done anything in between.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from bko_mining.analyse.case_figures import ASPECTS_OF, Figure, figures
from bko_mining.analyse.drift import Drift, drift
from bko_mining.analyse.proportions import bonferroni_z
from bko_mining.analyse.sla import limit_of
from bko_mining.discover.map_difference import MapDifference, difference_map
from bko_mining.discover.variants import variants
from bko_mining.log.end_to_end import end_to_end
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import distinct
from bko_mining.results import Result
from bko_mining.words import duration, number, percent, say, small_money

TOLD_AS_SHARE = 2.0
"""Beyond a change of 200 % the levels say more."""
TIMES = frozenset({"cycle time", "cycle time of the slowest tenth", "working time", "waiting time"})
SHARES = frozenset({"cases within the target", "reworked cases", "utilisation"})
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
        (difference in standard deviations between cases, or between weeks), ``changed`` (clear when all figures are
        judged together, Bonferroni) and ``drifted`` (what it goes with was changing within the log ``before``,
        ``after``, or ``both``, already).
    variants : pandas.DataFrame
        ``variant``, ``n_before``, ``n_after``, ``before_share``, ``after_share``, ``status`` (``appeared``,
        ``vanished``, ``both``) and ``changed`` (the shares differ more than by chance, all variants judged together),
        the largest differences first.
    paths : pandas.DataFrame
        ``source_activity``, ``target_activity``, ``before_share``, ``after_share`` of cases that go this way,
        ``difference`` and ``changed``, the largest differences first.
    mapped : MapDifference
        What ``difference_map`` draws.
    n_before, n_after : int
        Cases.
    drifts : dict of str to Drift
        What changed within the log ``before`` and within that ``after``.
    target : pandas.Timedelta or None
        The cycle time promised, where one was given.
    currency : str
        Of the cost of a case, empty where no price was given.
    """

    variants: pd.DataFrame
    paths: pd.DataFrame
    mapped: MapDifference
    n_before: int
    n_after: int
    drifts: dict[str, Drift]
    target: pd.Timedelta | None = None
    currency: str = ""

    picture: ClassVar[str] = "rules:plot_comparison"
    page: ClassVar[str] = "before_after_page:before_after_page"

    @property
    def summary(self) -> str:
        """What changed clearly, and whether it had begun to change before."""
        changed = self.table[self.table["changed"]]
        if not len(changed):
            words = {"before": number(self.n_before), "after": number(self.n_after)}
            plain = say(
                "No figure changed clearly between {before} {before:case|cases} before and {after} after.", **words
            )
            return " ".join((plain, *self.variants_words, *self.cautions))
        row = changed.iloc[int(changed["effect_size"].abs().to_numpy(float).argmax())]
        sentence = say(
            "{n} {n:figure|figures} changed clearly; most of all {kpi}: {change}.",
            n=number(len(changed)),
            kpi=say(str(row["kpi"])),
            change=_change(row, self.currency),
        )
        return " ".join((sentence, *_caveat(row), *self.variants_words, *self.cautions))

    @property
    def difference_map(self) -> MapDifference:
        """The map of what differs; ``.difference_map.plot()`` draws it."""
        return replace(self.mapped, names=(say("before"), say("after")))

    @property
    def variants_words(self) -> tuple[str, ...]:
        """What is to be said of variants that came and went."""
        clear = self.variants[self.variants["changed"]]
        return tuple(
            say(_CAME[status], n=number(len(rows)), cases=number(int(rows["n_before"].sum() + rows["n_after"].sum())))
            for status in _CAME
            if len(rows := clear[clear["status"] == status])
        )

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must know before believing a difference: the clearest change within either log."""
        return tuple(
            say(_WITHIN[side], change=found.clearest) for side, found in self.drifts.items() if len(found.table)
        )


_CAME = {
    "appeared": "{n} {n:variant|variants} appeared beyond chance ({cases} {cases:case|cases}).",
    "vanished": "{n} {n:variant|variants} vanished beyond chance ({cases} {cases:case|cases}).",
}
_WITHIN = {"before": "Within the log before: {change}", "after": "Within the log after: {change}"}
_MOVING = {
    "before": "It was changing within the log before already: what came in between need not be the cause.",
    "after": "It went on changing within the log after: the difference is not the last word.",
    "both": "It was changing within both logs as well: what came in between need not be the cause.",
}


def _caveat(row: "pd.Series[Any]") -> tuple[str, ...]:
    return (say(_MOVING[row["drifted"]]),) if row["drifted"] else ()


def _change(row: "pd.Series[Any]", currency: str) -> str:
    """A change as a percentage with its interval; as levels where that would be of next to nothing."""
    if not abs(row["change_share"]) <= TOLD_AS_SHARE:
        return " → ".join(level(row["kpi"], row[side], currency) for side in ("before", "after"))
    share, low, high = (percent(row[name]) for name in ("change_share", "low_share", "high_share"))
    sign = "+" if row["change_share"] > 0 else ""
    return say("{change} ({low} to {high})", change=f"{sign}{share}", low=low, high=high)


def level(kpi: str, value: float, currency: str) -> str:
    """Write the level of a figure: times as durations, shares as percentages."""
    if kpi == "cost of a case":
        return small_money(value, currency)
    if kpi in TIMES:
        return duration(3600 * value)
    return percent(value, 1) if kpi in SHARES else number(value, 0 if value >= 100 else 2)


def compare_logs(
    before: EventLog,
    after: EventLog,
    *,
    target: str | pd.Timedelta | None = None,
    cost_per_hour: float | None = None,
    currency: str = "USD",
    seed: int = 0,
) -> LogComparison:
    """Compare two logs of the same process; ``.difference_map.plot()`` shows it on the map.

    Parameters
    ----------
    before, after : EventLog
        The logs.
    target : str or pandas.Timedelta, optional
        The longest cycle time promised (``"5 d"``): adds the share of cases that keep it (as in ``sla``).
    cost_per_hour : float, optional
        What an hour of work costs: adds the cost of a case; needs start times.
    currency : str
        ISO code of that price.
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
    limit = None if target is None else limit_of(target)
    both = end_to_end(before, after)
    old, new = (figures(log, target=limit, cost_per_hour=cost_per_hour, judged=both) for log in (before, after))
    drifts = {"before": drift(before, seed=seed), "after": drift(after, seed=seed)}
    names = [name for name in old if name in new]
    records = [(*_row(name, old[name], new[name], rng, len(names)), _drifted(name, drifts)) for name in names]
    return LogComparison(
        pd.DataFrame(records, columns=_COLUMNS),
        variants=_variants(before, after),
        paths=_paths(before, after),
        mapped=difference_map(before, after),
        n_before=before.n_cases,
        n_after=after.n_cases,
        drifts=drifts,
        target=limit,
        currency=currency if "cost of a case" in names else "",
    )


_COLUMNS = ["kpi", "before", "after", "difference", "change_share", "low_share", "high_share", "effect_size", "changed",
            "drifted"]  # fmt: skip


def _row(name: str, old: Figure, new: Figure, rng: np.random.Generator, n_figures: int) -> tuple[object, ...]:
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


def _drifted(kpi: str, changes: dict[str, Drift]) -> str:
    """In which log the figure, or what it goes with, was changing already."""
    moved = [side for side, found in changes.items() if found.table["aspect"].isin(ASPECTS_OF[kpi]).any()]
    return "both" if len(moved) == 2 else "".join(moved)


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
