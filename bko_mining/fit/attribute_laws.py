"""What new cases carry: laws of words and numbers, kinds of cases by the word that matters most, what goes together.

Whatever depends on the kind of case has a law of its own for each kind; numbers keep their rank correlation within the
kinds. Other dependences between attributes are not kept, and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bko_mining.fit.case_attributes import CaseAttribute
from bko_mining.fit.classes import chance_of, whitened
from bko_mining.fit.instances import Codes, Mask, Seconds
from bko_mining.fit.priorities import type_names, with_types
from bko_mining.twin.arrivals import Attribute, CaseType, Correlation
from bko_mining.twin.model import Evidence, Twin
from bko_mining.twin.values import Distribution
from bko_mining.words import say

MOST = 10
"""Attributes written; those that matter come first."""
CHANCE = 0.001
"""Chance of any false dependence between two attributes."""
CORRELATED = 0.1
"""Rank correlation from which two numbers move together."""
FEW = 20
"""Cases of a kind from which it has laws of its own."""
STEPS = (0.0, 0.01, 0.05, *(k / 10 for k in range(1, 10)), 0.95, 0.98, 0.99, 0.995, 1.0)
"""Probabilities of the quantiles that are written for a number."""
DISTINCT = 15
"""Different numbers up to which each is written with its weight."""


@dataclass(frozen=True)
class Carried:
    """What is written of the attributes.

    Attributes
    ----------
    attributes : tuple of CaseAttribute
        Those written.
    kind : CaseAttribute or None
        The one whose words are the kinds of cases.
    by_kind : tuple of str
        Names of those that depend on the kind.
    lost : tuple of str
        Pairs that depend on one another in a way that is not kept.
    """

    attributes: tuple[CaseAttribute, ...]
    kind: CaseAttribute | None
    by_kind: tuple[str, ...]
    lost: tuple[str, ...]


def choose_carried(twin: Twin, attributes: Sequence[CaseAttribute], uses: dict[str, int]) -> Carried:
    """Choose what is written and by which attribute cases are of different kinds.

    Parameters
    ----------
    twin : Twin
        Its case types stand, if the order of a queue has named any.
    attributes : sequence of CaseAttribute
        All that can be read.
    uses : dict of str to int
        How many parts of the twin hang on each attribute.
    """
    ranked = sorted(attributes, key=lambda each: -uses.get(each.name, 0))[:MOST]
    pairs = max(1, len(ranked) * (len(ranked) - 1) // 2)
    tied = {(a.name, b.name) for a, b in combinations(ranked, 2) if _chance(a, b) * pairs <= CHANCE}
    kind = _kind(twin, ranked, uses, tied)
    together = () if kind is None else tuple(a.name for a in ranked if a is not kind and _pair(a, kind) & tied)
    lost = tuple(
        f"{a.name} – {b.name}"
        for a, b in combinations(ranked, 2)
        if _pair(a, b) & tied and kind not in (a, b) and (a.words or b.words)
    )
    return Carried(tuple(ranked), kind, together, lost)


def _pair(a: CaseAttribute, b: CaseAttribute) -> set[tuple[str, str]]:
    return {(a.name, b.name), (b.name, a.name)}


def _chance(a: CaseAttribute, b: CaseAttribute) -> float:
    """The chance that two attributes without a bearing on one another look as tied."""
    from scipy.stats import rankdata

    if b.words and not a.words:
        a, b = b, a
    scores = np.eye(len(b.words))[b.codes] if b.words else rankdata(b.values)[:, None]
    return chance_of(whitened(scores), a.values, bool(a.words))


def _kind(
    twin: Twin, ranked: Sequence[CaseAttribute], uses: dict[str, int], tied: set[tuple[str, str]]
) -> CaseAttribute | None:
    words = [each for each in ranked if each.words]
    given = [each for each in words if set(type_names(each.name, each.words)) & set(twin.case_types)]
    if given or not words:
        return given[0] if given else None
    # Kinds keep together what is tied: first what the twin hangs on.
    weight = {each.name: _weight(each.name, uses, tied) for each in words}
    best = max(words, key=lambda each: weight[each.name])
    return best if any(weight[best.name]) else None


def _weight(name: str, uses: dict[str, int], tied: set[tuple[str, str]]) -> tuple[int, int, int]:
    others = [other for pair in tied if name in pair for other in pair if other != name]
    return sum(uses.get(other, 0) > 0 for other in others), uses.get(name, 0), len(others)


def with_carried(twin: Twin, carried: Carried) -> Twin:
    """Write attributes, kinds of cases and correlations."""
    kind = carried.kind
    if kind is not None and not set(type_names(kind.name, kind.words)) & set(twin.case_types):
        kinds = {name: CaseType() for name in type_names(kind.name, kind.words)}
        twin = with_types(twin, kinds, np.bincount(kind.codes, minlength=len(kind.words)))
    laws = dict(twin.attributes) | {each.name: _law(each, carried) for each in carried.attributes}
    pairs = _correlations(carried)
    return twin.replace(attributes=laws, correlations=pairs, evidence=(*twin.evidence, *_evidence(carried, pairs)))


def _law(attribute: CaseAttribute, carried: Carried) -> Attribute:
    kind = carried.kind
    whole = law_of_attribute(attribute)
    if kind is None or (attribute is not kind and attribute.name not in carried.by_kind):
        return whole
    parts = {
        name: _drawn(attribute, kind.codes == code)
        for code, name in enumerate(type_names(kind.name, kind.words))
        if attribute is kind or (kind.codes == code).sum() >= FEW
    }
    return whole.model_copy(update={"by_type": parts})


def law_of_attribute(attribute: CaseAttribute) -> Attribute:
    """The law of an attribute over all cases."""
    return _drawn(attribute, np.ones(len(attribute.values), bool))


def _drawn(attribute: CaseAttribute, cases: Mask) -> Attribute:
    if attribute.words:
        counts = np.bincount(attribute.codes[cases], minlength=len(attribute.words))
        return Attribute(values={w: float(n) for w, n in zip(attribute.words, counts, strict=True) if n})
    numbers = attribute.values[cases]
    digits = next((k for k in (0, 1, 2) if np.allclose(numbers, np.round(numbers, k), atol=1e-9)), None)
    distinct, counts = np.unique(numbers, return_counts=True)
    if len(distinct) <= DISTINCT:
        law = Distribution(
            family="empirical", values=tuple(distinct.tolist()), weights=tuple(counts.astype(float).tolist())
        )
    else:
        quantiles = np.quantile(numbers, STEPS)
        law = Distribution(family="quantiles", values=_short(quantiles), probabilities=STEPS)
    return Attribute(distribution=law, digits=digits)


def _short(values: Seconds) -> tuple[float, ...]:
    """Four digits are enough."""
    return tuple(float(f"{value:.4g}") for value in values)


def _correlations(carried: Carried) -> tuple[Correlation, ...]:
    numbers = [each for each in carried.attributes if not each.words]
    groups = carried.kind.codes if carried.kind is not None else np.zeros(0, np.int64)
    found = []
    for a, b in combinations(numbers, 2):
        rho = _rank_correlation(a.values, b.values, groups)
        if abs(rho) >= max(CORRELATED, 4 / np.sqrt(len(a.values))):
            found.append(Correlation(between=(a.name, b.name), value=round(rho, 3)))
    return tuple(found)


def _rank_correlation(a: Seconds, b: Seconds, groups: Codes) -> float:
    """Rank correlation within groups, pooled."""
    from scipy.stats import rankdata

    parts = [groups == code for code in np.unique(groups)] if len(groups) else [np.ones(len(a), bool)]
    first, second = (np.concatenate([rankdata(column[mine]) / mine.sum() for mine in parts]) for column in (a, b))
    return float(np.nan_to_num(np.corrcoef(first, second)[0, 1]))


def _evidence(carried: Carried, pairs: tuple[Correlation, ...]) -> list[Evidence]:
    if not carried.attributes:
        return []
    said = [say("attributes of the cases: {names}", names=", ".join(each.name for each in carried.attributes))]
    if carried.kind is not None:
        said.append(say("kinds of cases by {name}", name=carried.kind.name))
    if carried.by_kind:
        said.append(say("different for each kind: {names}", names=", ".join(carried.by_kind)))
    said += [
        say("{one} and {other} move together ({value})", one=pair.between[0], other=pair.between[1], value=pair.value)
        for pair in pairs
    ]
    lost = say("not kept: how these hang together: {names}", names=", ".join(carried.lost)) if carried.lost else ""
    return [Evidence(part="attributes", found="; ".join(said), n=len(carried.attributes[0].values), assumption=lost)]
