"""What goes with late, reworked or costly cases, how much of them it accounts for, and what only seems to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.factors import Factor, factors_of
from bko_mining.analyse.outcomes import Outcome, outcome_of
from bko_mining.analyse.proportions import Z95, wilson
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

Numbers = NDArray[np.float64]
FEWEST = 20
SAME = 0.97
"""Correlation from which two factors are one."""
FADED = 0.5
"""A factor whose effect falls below this part of itself when the others are held fixed owes it to them."""
MOST_ADJUSTED = 25


@dataclass(frozen=True, slots=True, eq=False)
class Explanation(Result):
    """What goes with an outcome of cases.

    Attributes
    ----------
    table : pandas.DataFrame
        The factors that go with it beyond chance, those that count by themselves first, by how much of it they
        account for: ``factor``, ``kind``,
        ``n_cases``; ``with_share``, ``without_share`` (share of cases with the outcome; ``with_mean`` and
        ``without_mean`` where the outcome is a number), their ``difference`` with its 95 % interval ``low`` to
        ``high``, ``explained_share`` (part of the whole outcome that would be gone if cases with the factor were like
        the others), ``adjusted`` (the difference when the other factors are held fixed), ``because_of`` (the factor it
        owes its difference to, where the adjusted one is less than half), ``q_value`` (Benjamini–Hochberg).
    rules : pandas.DataFrame
        A small decision tree as rules: ``rule``, ``n_cases`` and the share or mean of the outcome.
    n_tested : int
        Factors that were tested.
    outcome : str
        What was explained, in words.
    mean : float
        Share of the cases with the outcome, or its mean.
    n_cases : int
        Cases whose outcome is known.
    """

    rules: pd.DataFrame
    n_tested: int
    outcome: str
    mean: float
    n_cases: int
    is_share: bool

    picture: ClassVar[str] = "explaining:plot_explanation"

    @property
    def summary(self) -> str:
        """The factor that accounts for most, and how sure that is."""
        about = self._about()
        tested = number(self.n_tested)
        if self.table.empty:
            return say("{about} None of {tested} factors goes with it beyond chance.", about=about, tested=tested)
        brings = self.table[(self.table["because_of"] == "") & (self.table["difference"] > 0)]
        row = (brings if len(brings) else self.table).iloc[0]
        present, absent = ("with_share", "without_share") if self.is_share else ("with_mean", "without_mean")
        return say(
            "{about} Above all where {factor}: {seen} against {otherwise} ({explained} of the whole); {held} of "
            "{tested} factors go with it beyond chance.",
            about=about,
            factor=row["factor"],
            seen=self.figure(row[present]),
            otherwise=self.figure(row[absent]),
            explained=percent(row["explained_share"]),
            held=number(len(self.table)),
            tested=tested,
        )

    def _about(self) -> str:
        overall, n = self.figure(self.mean), number(self.n_cases)
        if self.is_share:
            return say("{overall} of {n} {n:case|cases}: {outcome}.", overall=overall, n=n, outcome=self.outcome)
        return say(
            "{outcome}: {overall} on average over {n} {n:case|cases}.", outcome=self.outcome, overall=overall, n=n
        )

    def figure(self, value: float) -> str:
        """A share as a percentage, a mean as a number."""
        return percent(value) if self.is_share else number(value, 1)


def explain(
    log: EventLog,
    outcome: "str | Sequence[Any] | Numbers" = "slow",
    *,
    target: str | pd.Timedelta | None = None,
    attributes: Sequence[str] | None = None,
    alpha: float = 0.05,
    names: bool = False,
) -> Explanation:
    """Find what goes with an outcome of cases: attributes, activities, people, day and load of the arrival.

    Each factor is held against the cases without it (Fisher's exact test; Mann and Whitney's where the outcome is a
    number), all of them at a false discovery rate of ``alpha`` (Benjamini and Hochberg 1995). Factors that hold for the
    same cases are one. What remains is fitted together by least squares, so that a factor that only comes along with
    another is told from one that counts by itself. It is correlation, not proof: what is in no column cannot be held
    fixed.

    Parameters
    ----------
    log : EventLog
        The log.
    outcome : str or array
        ``"late"`` (needs ``target``), ``"slow"`` (the slowest quarter), ``"reworked"`` (something is done again),
        ``"costly"`` (the quarter with most working time), the name of a case attribute that is a number or yes/no, or
        one value a case in the order of ``log.cases``.
    target : str or pandas.Timedelta, optional
        The longest cycle time promised, for ``"late"``; calendar time.
    attributes : sequence of str, optional
        Case attributes to look at; all, if left out.
    alpha : float
        Share of false findings that is put up with.
    names : bool
        Show people by name. Off by default: a person who is given the hard cases is no cause of them.

    Raises
    ------
    LogError
        If the outcome cannot be worked out, or an attribute does not exist.

    Examples
    --------
    >>> import bko_mining as bko
    >>> log = bko.read_log("sample_logs/accounts_payable.csv", timezone="America/Sao_Paulo")
    >>> bko.explain(log, "late", target="10 d").table["factor"].iloc[0]
    '“Resolve discrepancy” is done'
    """
    found = outcome_of(log, outcome, target)
    known = np.isfinite(found.values)
    if known.sum() < 2 * FEWEST:
        raise LogError(f"{int(known.sum())} cases with a known outcome are too few to explain; {2 * FEWEST} are needed")
    usable = log if known.all() else log.take_cases(known, because=say("cases whose outcome is known"))
    y = found.values[known]
    wanted = [name for name in (usable.case_attributes if attributes is None else attributes) if name != found.column]
    factors = factors_of(usable, attributes=wanted, names=names, fewest=max(FEWEST, usable.n_cases // 100))
    held, q = _beyond_chance(factors, y, found, alpha)
    table = _table(held, q, y, found)
    rules = _rules([factor for factor in held if factor.words in set(table["factor"])], y, found)
    return Explanation(
        table,
        rules=rules,
        n_tested=len(factors),
        outcome=found.words,
        mean=float(y.mean()),
        n_cases=len(y),
        is_share=found.is_share,
    )


def _beyond_chance(factors: list[Factor], y: Numbers, found: Outcome, alpha: float) -> tuple[list[Factor], Numbers]:
    """The factors that pass, and their adjusted p-values."""
    from scipy.stats import false_discovery_control

    if not factors or y.min() == y.max():
        return [], np.zeros(0)
    p = np.array([_p_value(factor.holds, y, is_share=found.is_share) for factor in factors])
    q = false_discovery_control(p)
    passing = np.flatnonzero(q <= alpha)
    return [factors[i] for i in passing], np.asarray(q[passing])


def _p_value(holds: NDArray[np.bool_], y: Numbers, *, is_share: bool) -> float:
    from scipy.stats import fisher_exact, mannwhitneyu

    if is_share:
        hits, n = y[holds].sum(), holds.sum()
        rest = y.sum() - hits
        return float(fisher_exact([[hits, n - hits], [rest, len(y) - n - rest]])[1])
    return float(mannwhitneyu(y[holds], y[~holds]).pvalue)


def _table(held: list[Factor], q: Numbers, y: Numbers, found: Outcome) -> pd.DataFrame:
    present, absent = ("with_share", "without_share") if found.is_share else ("with_mean", "without_mean")
    rows = []
    for factor, value in zip(held, q, strict=True):
        with_it, without = y[factor.holds], y[~factor.holds]
        difference = float(with_it.mean() - without.mean())
        low, high = _interval(with_it, without, is_share=found.is_share)
        rows.append(
            {
                "factor": factor.words,
                "kind": factor.kind,
                "n_cases": int(factor.holds.sum()),
                present: float(with_it.mean()),
                absent: float(without.mean()),
                "difference": difference,
                "low": low,
                "high": high,
                "explained_share": difference * len(with_it) / y.sum() if y.sum() else 0.0,
                "adjusted": difference,
                "because_of": "",
                "q_value": float(value),
            }
        )
    columns = ["factor", "kind", "n_cases", present, absent, "difference", "low", "high"]
    columns += ["explained_share", "adjusted", "because_of", "q_value"]
    table = pd.DataFrame(rows, columns=columns)
    if table.empty:
        return table
    explained = table["explained_share"].to_numpy()
    # Of two factors that say the same, the one that brings the outcome is kept: fax, not "no mail".
    order = np.lexsort((-np.abs(explained), explained < 0))
    order = np.sort(order[_unlike([held[i] for i in order])])
    order = order[np.argsort(-np.abs(explained[order]), kind="stable")]
    table = table.iloc[order].reset_index(drop=True)
    adjusted, because = _held_fixed([held[i] for i in order], y, table["difference"].to_numpy())
    table = table.assign(adjusted=adjusted, because_of=because)
    # What counts by itself comes first; people last, for who takes part in a case may be its outcome.
    rank = np.lexsort((table["kind"] == "resource", table["because_of"] != ""))
    return table.iloc[rank].reset_index(drop=True)


def _interval(with_it: Numbers, without: Numbers, *, is_share: bool) -> tuple[float, float]:
    """95 % interval of a difference: Newcombe's (1998) of shares, Welch's of means."""
    difference = float(with_it.mean() - without.mean())
    if not is_share:
        half = Z95 * float(np.sqrt(with_it.var(ddof=1) / len(with_it) + without.var(ddof=1) / len(without)))
        return difference - half, difference + half
    low, high = wilson([with_it.sum(), without.sum()], [len(with_it), len(without)])
    one, other = with_it.mean(), without.mean()
    down = float(np.hypot(one - low[0], high[1] - other))
    up = float(np.hypot(high[0] - one, other - low[1]))
    return difference - down, difference + up


def _unlike(factors: list[Factor]) -> list[int]:
    """Positions of the factors that do not say the same as one before them."""
    alike = np.abs(np.corrcoef(np.array([factor.holds for factor in factors]))).reshape(len(factors), -1)
    kept: list[int] = []
    for place in range(len(factors)):
        if (alike[place, kept] < SAME).all():
            kept.append(place)
    return kept


def _held_fixed(factors: list[Factor], y: Numbers, raw: Numbers) -> tuple[Numbers, list[str]]:
    """Each difference with the other factors held fixed, and the factor to which a faded one owes itself."""
    adjusted, because = raw.copy(), [""] * len(factors)
    shown = factors[:MOST_ADJUSTED]
    if len(shown) < 2:
        return adjusted, because
    x = np.column_stack([factor.holds for factor in shown]).astype(float)
    x -= x.mean(axis=0)
    centred = y - y.mean()
    adjusted[: len(shown)] = np.linalg.lstsq(x, centred, rcond=1e-8)[0]
    own, shared = x.T @ x, x.T @ centred
    for i, effect in enumerate(raw[: len(shown)]):
        if adjusted[i] / effect >= FADED:
            continue
        left = [_beside(own, shared, i, j) / effect if j != i else np.inf for j in range(len(shown))]
        nearest = int(np.argmin(np.abs(left)))
        because[i] = shown[nearest].words if abs(left[nearest]) < 1 else say("the others together")
    return adjusted, because


def _beside(own: Numbers, shared: Numbers, i: int, j: int) -> float:
    """The effect of factor i with factor j held fixed."""
    apart = own[i, i] * own[j, j] - own[i, j] ** 2
    return float((shared[i] * own[j, j] - shared[j] * own[i, j]) / apart) if apart > 1e-9 else 0.0


def _rules(factors: list[Factor], y: Numbers, found: Outcome) -> pd.DataFrame:
    """A decision tree of at most three questions, written out."""
    name = "outcome_share" if found.is_share else "outcome_mean"
    if not factors:
        return pd.DataFrame(columns=["rule", "n_cases", name])
    from sklearn.tree import DecisionTreeRegressor

    x = np.column_stack([factor.holds for factor in factors])
    tree = DecisionTreeRegressor(max_depth=3, min_samples_leaf=max(FEWEST, len(y) // 20), random_state=0).fit(x, y)
    rows = [
        {"rule": rule, "n_cases": int(tree.tree_.n_node_samples[leaf]), name: float(tree.tree_.value[leaf].ravel()[0])}
        for rule, leaf in _leaves(tree.tree_, [factor.words for factor in factors], 0, ())
    ]
    return pd.DataFrame(rows).sort_values(name, ascending=False, kind="stable", ignore_index=True)


def _leaves(tree: Any, words: list[str], node: int, so_far: tuple[str, ...]) -> list[tuple[str, int]]:
    if tree.children_left[node] < 0:
        return [(say(" and ").join(so_far) or say("all cases"), node)]
    question = words[tree.feature[node]]
    return [
        *_leaves(tree, words, tree.children_right[node], (*so_far, question)),
        *_leaves(tree, words, tree.children_left[node], (*so_far, say("not: {factor}", factor=question))),
    ]
