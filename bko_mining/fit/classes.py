"""Classes of cases in which something differs: a small tree over the attributes, split only where chance is ruled out.

The tests are those of conditional inference trees (Hothorn, Hornik and Zeileis 2006): under the hypothesis that an
attribute has no bearing, outcomes are exchangeable between cases, whatever their distribution. For branches the
statistic is Pearson's, for ranks of times Kruskal and Wallis'. All attributes and all places looked at share one chance
of a false alarm (Bonferroni). A node is then cut in two where the statistic is largest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import floor, log10

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.case_attributes import CaseAttribute
from bko_mining.fit.instances import Codes, Seconds

CHANCE = 0.01
"""Chance of any false finding in a log, over all places and attributes."""
LEAF = 20
"""Cases a class needs."""
LEAVES = 6
"""Classes at most."""
BANDS = 8
"""Bands of equally many cases into which numbers are put for the test."""

SHUFFLED = 299
"""Times cases are shuffled to confirm a finding."""

Scores = NDArray[np.float64]
Matters = Callable[[Codes, Codes], bool]


@dataclass(frozen=True)
class Cut:
    """Part of the cases by one attribute: numbers above ``low`` and up to ``high``, or some words."""

    attribute: int
    low: float = -np.inf
    high: float = np.inf
    words: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class CaseClass:
    """A class of cases.

    Attributes
    ----------
    cases : int64[n]
        Places of its cases in the outcomes looked at.
    cuts : tuple of Cut
        What they have in common.
    chance : float
        The chance of the finding behind its latest cut, over all that was looked at.
    """

    cases: Codes
    cuts: tuple[Cut, ...] = ()
    chance: float = 1.0

    def condition(self, attributes: Sequence[CaseAttribute]) -> str:
        """The class as a condition of the twin."""
        merged: dict[int, Cut] = {}
        for cut in self.cuts:
            before = merged.get(cut.attribute, cut)
            merged[cut.attribute] = Cut(
                cut.attribute,
                max(before.low, cut.low),
                min(before.high, cut.high),
                before.words & cut.words,
            )
        return " and ".join(text for cut in merged.values() for text in _comparisons(cut, attributes[cut.attribute]))


def _comparisons(cut: Cut, attribute: CaseAttribute) -> Iterator[str]:
    if attribute.words:
        names = [f'"{attribute.words[code]}"' for code in sorted(cut.words)]
        yield f"{attribute.thing} == {names[0]}" if len(names) == 1 else f"{attribute.thing} in [{', '.join(names)}]"
        return
    if np.isfinite(cut.low):
        yield f"{attribute.thing} > {plain(cut.low)}"
    if np.isfinite(cut.high):
        yield f"{attribute.thing} <= {plain(cut.high)}"


def plain(value: float) -> str:
    """A number as short text without an exponent."""
    return f"{value:.10f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else repr(value)


def classes_of(
    outcome: Scores, cases: Codes, attributes: Sequence[CaseAttribute], *, places: int, matters: Matters
) -> list[CaseClass]:
    """Split cases into classes with different outcomes; one class where nothing is found.

    Parameters
    ----------
    outcome : float64[n, d]
        Scores of each case: one column for each branch, or the rank of a time.
    cases : int64[n]
        Which cases they are.
    attributes : sequence of CaseAttribute
        What may matter.
    places : int
        How many outcomes are looked at in the log altogether.
    matters : function of two int64 arrays
        Whether two parts differ by enough to be worth telling apart.
    """
    white = whitened(outcome)
    values = [attribute.values[cases] for attribute in attributes]
    todo = [CaseClass(np.arange(len(cases)))]
    done: list[CaseClass] = []
    while todo:
        node = max(todo, key=lambda each: len(each.cases))
        todo.remove(node)
        parts = None
        if len(todo) + len(done) + 1 < LEAVES:
            parts = _split(node, white, values, attributes, places, matters)
        if parts is None:
            done.append(node)
        else:
            todo += parts
    return done


def whitened(outcome: Scores) -> Scores:
    """Scores with mean zero and unit covariance, in as many columns as vary."""
    centred = outcome - outcome.mean(axis=0)
    size, vectors = np.linalg.eigh(centred.T @ centred / max(1, len(centred)))
    kept = size > 1e-9 * max(1.0, size.max(initial=0.0))
    return np.asarray(centred @ vectors[:, kept] / np.sqrt(size[kept]))


def _split(
    node: CaseClass,
    white: Scores,
    values: list[Seconds],
    attributes: Sequence[CaseAttribute],
    places: int,
    matters: Matters,
) -> list[CaseClass] | None:
    mine = node.cases
    if len(mine) < 2 * LEAF:
        return None
    scores = whitened(white[mine])
    if not scores.size:
        return None
    grouped = [_groups(scores, column[mine], bool(a.words)) for column, a in zip(values, attributes, strict=True)]
    tested = [_chance(scores, groups) for groups in grouped]
    best = int(np.argmin(tested))
    if tested[best] * len(tested) * places > CHANCE:
        return None
    chance = max(tested[best], _chance_among_shuffled(scores, grouped[best])) * len(tested) * places
    if chance > CHANCE:
        return None
    left, cuts = _best_cut(scores, values[best][mine], attributes[best], best)
    if left is None or not matters(mine[left], mine[~left]):
        return None
    return [CaseClass(mine[side], (*node.cuts, cut), chance) for side, cut in zip((left, ~left), cuts, strict=True)]


def chance_of(scores: Scores, values: Seconds, is_word: bool, *, confirmed: bool = False) -> float:
    """The chance of differences as large between groups of cases alike: as in large groups, or confirmed for small."""
    groups = _groups(scores, values, is_word)
    chance = _chance(scores, groups)
    return max(chance, _chance_among_shuffled(scores, groups)) if confirmed and chance <= CHANCE else chance


def _chance(scores: Scores, groups: Codes) -> float:
    from scipy.special import chdtrc

    used = len(np.unique(groups))
    if used < 2:
        return 1.0
    order = np.argsort(groups, kind="stable")
    return float(chdtrc(scores.shape[1] * (used - 1), _statistic(scores[order], groups[order])))


def _statistic(scores: Scores, ordered: Codes) -> float:
    """Squared distances of the groups from the centre; the groups stand one after the other."""
    begin = np.flatnonzero(np.diff(ordered, prepend=-1))
    n = np.diff(begin, append=len(ordered))
    sums = np.add.reduceat(scores, begin, axis=0)
    return float((sums**2 / n[:, None]).sum()) * (len(scores) - 1) / len(scores)


def _chance_among_shuffled(scores: Scores, groups: Codes) -> float:
    """The same chance where groups or outcomes are rare: a shifted gamma law with the moments of shuffled cases."""
    from scipy.special import gammaincc

    rng = np.random.default_rng(len(groups))
    ordered = np.sort(groups)
    seen = _statistic(scores[np.argsort(groups, kind="stable")], ordered)
    shuffled = np.array([_statistic(scores[rng.permutation(len(scores))], ordered) for _ in range(SHUFFLED)])
    mean, spread = shuffled.mean(), max(float(shuffled.std()), 1e-12)
    skew = max(float((((shuffled - mean) / spread) ** 3).mean()), 0.05)
    shape = 4 / skew**2
    return float(gammaincc(shape, max(0.0, shape + (seen - mean) / spread * np.sqrt(shape))))


def _groups(scores: Scores, values: Seconds, is_word: bool) -> Codes:
    """Words as they are, with rare ones together; numbers in bands, fewer where some outcome is rare."""
    if is_word:
        codes = values.astype(np.int64)
        few = np.bincount(codes) < LEAF
        return np.where(few[codes], len(few), codes)
    # The rarest outcome has the largest score; each band should expect a few of it.
    rarest = len(scores) / max(1.0, float((scores**2).sum(axis=1).max()))
    bands = int(np.clip(rarest // 8, 2, BANDS))
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bands + 1)[1:-1]))
    return np.searchsorted(edges, values, "left")


def _best_cut(
    scores: Scores, values: Seconds, attribute: CaseAttribute, place: int
) -> tuple[NDArray[np.bool_] | None, tuple[Cut, ...]]:
    """Where two parts differ most; words are put in the order in which their outcomes differ."""
    line = _in_line(scores, values.astype(np.int64)) if attribute.words else values
    order = np.argsort(line, kind="stable")
    ranked, total = line[order], scores[order].cumsum(axis=0)
    n = np.arange(1, len(line))
    between = (total[:-1] ** 2).sum(axis=1) * (1 / n + 1 / (len(line) - n))
    allowed = (np.diff(ranked) > 0) & (n >= LEAF) & (len(line) - n >= LEAF)
    if not allowed.any():
        return None, ()
    at = int(np.argmax(np.where(allowed, between, -1.0)))
    left = line <= ranked[at]
    if attribute.words:
        sides = (frozenset(np.unique(values[side]).astype(int).tolist()) for side in (left, ~left))
        return left, tuple(Cut(place, words=words) for words in sides)
    edge = round_between(float(ranked[at]), float(ranked[at + 1]))
    return left, (Cut(place, high=edge), Cut(place, low=edge))


def _in_line(scores: Scores, codes: Codes) -> Seconds:
    """For each case the place of its word along the direction in which words differ most."""
    n = np.maximum(np.bincount(codes), 1)
    means = np.stack([np.bincount(codes, column) for column in scores.T], axis=1) / n[:, None]
    _, vectors = np.linalg.eigh((means * n[:, None]).T @ means)
    return np.asarray((means @ vectors[:, -1])[codes] + 1e-12 * codes)


def round_between(low: float, high: float) -> float:
    """The roundest number from one up to, but not reaching, another.

    Examples
    --------
    >>> round_between(987.2, 1013.9), round_between(2.0, 3.0), round_between(0.231, 0.239)
    (1000.0, 2.0, 0.235)
    """
    if low == np.floor(low) and high - low <= 1:
        return low
    middle = (low + high) / 2
    for digits in range(-floor(log10(max(abs(low), abs(high), 1e-12))), 12):
        rounded = round(middle, digits)
        if low <= rounded < high:
            return rounded
    return low
