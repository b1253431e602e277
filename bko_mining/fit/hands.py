"""Whose hands a case must come to: the same as before (sticky), or never the same (four eyes).

*The same* is believed if nearly all cases come back to the person who did an earlier activity, although others did the
work of other cases at the time. *Never the same* needs more: who has just been busy with a case is seldom the one who
has been idle longest, so that no case coming back proves little. It is believed if people who were free to take such a
case as the next in turn again and again left it waiting and took one that had come later.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from bko_mining.fit.findings import Findings
from bko_mining.fit.instances import Codes, Mask
from bko_mining.fit.priorities import contest_of
from bko_mining.twin.model import Evidence, Twin
from bko_mining.words import number, percent, say

ENOUGH = 40
"""Cases that did both activities."""
ALWAYS, CHANCED = 0.95, 0.7
"""Share of cases in the same hands from which it is a rule, and by chance up to which it can be told."""
NEVER = 0.01
"""Share of cases in the same hands up to which they avoid each other."""
EXPECTED = 15.0
"""Cases in the same hands that chance would have brought."""
PASSED_OVER = 10
"""Times somebody left such a case waiting and took one that had come later."""
NEIGHBOURS = 10
"""Cases before and after, of which those who did the later activity were there at the time."""


@dataclass(frozen=True)
class Hands:
    """A rule between two activities of a case: the later one by the same person as the earlier, or never."""

    earlier: int
    later: int
    same: bool
    n: int
    seen: float
    chance: float


def find_hands(found: Findings, *, seed: int = 0) -> list[Hands]:
    """Find which activities stay in the same hands, and which never do; one rule an activity at most."""
    pairs = _pairs(found)
    sticky = [each for each in pairs if each.same]
    apart = [each for each in pairs if not each.same]
    if apart:
        passed = _passed_over(found, {found.teams.of_activity[each.later] for each in apart}, seed)
        apart = [each for each in apart if passed[each.earlier, each.later] >= PASSED_OVER]
    best: dict[int, Hands] = {}
    for each in sorted([*apart, *sticky], key=lambda hands: (hands.n, hands.seen)):
        best[each.later] = each
    return list(best.values())


def _pairs(found: Findings) -> list[Hands]:
    """Pairs of activities in the same hands far more, or far less, often than chance brings."""
    human = np.flatnonzero(found.teams.of_activity >= 0).tolist()
    first = {activity: _first_rows(found, activity) for activity in human if activity not in found.batches}
    found_pairs = (_pair(found, a, b, first[a], first[b]) for a in first for b in first if a != b)
    return [pair for pair in found_pairs if pair is not None]


def _first_rows(found: Findings, activity: int) -> Codes:
    """The first instance of an activity in each case whose doer is known."""
    data = found.data
    rows = np.flatnonzero((data.activity == activity) & (data.resource >= 0))
    return rows[np.diff(data.case[rows], prepend=-1) > 0]


def _pair(found: Findings, earlier: int, later: int, first: Codes, then: Codes) -> Hands | None:
    data = found.data
    _, i, j = np.intersect1d(data.case[first], data.case[then], assume_unique=True, return_indices=True)
    inside = data.end[first[i]] <= data.start[then[j]]
    a, b = first[i[inside]], then[j[inside]]
    if len(b) < ENOUGH or len(np.intersect1d(data.resource[a], data.resource[b])) < 2:
        return None
    order = np.argsort(data.start[b], kind="stable")
    did, does = data.resource[a[order]], data.resource[b[order]]
    seen, chance = float((did == does).mean()), _by_chance(did, does)
    if seen >= ALWAYS and chance <= CHANCED:
        return Hands(earlier, later, True, len(b), seen, chance)
    if seen <= NEVER and chance * len(b) >= EXPECTED:
        return Hands(earlier, later, False, len(b), seen, chance)
    return None


def _by_chance(did: Codes, does: Codes) -> float:
    """Share of the same hands if each case went to somebody who did the work of a case close by."""
    hits, n = 0.0, 0
    for lag in (*range(-NEIGHBOURS, 0), *range(1, NEIGHBOURS + 1)):
        mine = did[max(0, -lag) : len(did) - max(0, lag)]
        theirs = does[max(0, lag) : len(does) - max(0, -lag)]
        hits, n = hits + float((mine == theirs).sum()), n + len(mine)
    return hits / max(1, n)


def _passed_over(found: Findings, teams: set[int], seed: int) -> Counter[tuple[int, int]]:
    """How often somebody took another item while one that had come before was waiting whose case they knew."""
    data = found.data
    done: dict[tuple[int, int], set[int]] = {}
    for case, who, activity in zip(data.case.tolist(), data.resource.tolist(), data.activity.tolist(), strict=True):
        done.setdefault((case, who), set()).add(activity)
    passed: Counter[tuple[int, int]] = Counter()
    for team in teams:
        contest = contest_of(found, team, seed)
        for decision in contest.decisions if contest else ():
            who = int(data.resource[decision.row])
            before: Mask = contest.came[decision.waiting] < contest.came[decision.row] - contest.tolerance  # type: ignore[union-attr]
            for row in decision.waiting[before].tolist():
                later = int(data.activity[row])
                passed.update((earlier, later) for earlier in done.get((int(data.case[row]), who), ()))
    return passed


def with_hands(found: Findings, twin: Twin, *, seed: int = 0) -> Twin:
    """Return the twin with the rules on whose hands a case must (not) come to; unchanged where none is clear."""
    rules = [] if found.log.starts_estimated else find_hands(found, seed=seed)
    activities, evidence = dict(twin.activities), list(twin.evidence)
    for each in rules:
        earlier, later = found.data.activities[each.earlier], found.data.activities[each.later]
        rule = "same_as" if each.same else "not_same_as"
        if activities[later].role is not None:
            activities[later] = activities[later].model_copy(update={rule: (earlier,)})
            evidence.append(_evidence(each, f"activities.{later}.{rule}", earlier))
    return twin.replace(activities=activities, evidence=tuple(evidence)) if rules else twin


def _evidence(hands: Hands, part: str, earlier: str) -> Evidence:
    seen, chance = percent(hands.seen, 1), percent(hands.chance)
    said = (
        say(
            "done by whoever did {earlier}: {seen} of {n} {n:case|cases}", earlier=earlier, seen=seen, n=number(hands.n)
        )
        if hands.same
        else say(
            "never by whoever did {earlier}: {seen} of {n} {n:case|cases}",
            earlier=earlier,
            seen=seen,
            n=number(hands.n),
        )
    )
    return Evidence(
        part=part,
        found=said,
        n=hands.n,
        assumption=say("by chance it would be {share}, by who worked at the time", share=chance),
        numbers={"same_share": hands.seen, "by_chance": hands.chance},
    )
