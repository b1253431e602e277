"""Mistakes that hang on who does the work: ways back whose share clearly differs between people.

A way counts as a way back if most cases that take it come to the same activity again; an activity that simply goes on
in another instance is none. It is written as errors of the
activity with a factor for each person, drawn towards 1 by the chance in that person's share.
"""

from dataclasses import dataclass

import numpy as np

from bko_mining.errors import SimulationError
from bko_mining.fit.classes import LEAF, chance_of, whitened
from bko_mining.fit.findings import Findings
from bko_mining.fit.instances import Codes, Mask, Seconds
from bko_mining.simulate.routes import build_net
from bko_mining.twin.model import Evidence, Twin
from bko_mining.twin.routing import Context, HistoryRouting
from bko_mining.twin.work import Errors
from bko_mining.words import number, percent, say

CHANCE = 0.002
"""Chance of any false finding in a log."""
BACK = 0.8
"""Share of the cases on a way that must come to the activity again."""
SOME = 15
"""Cases that must have taken it."""
LEAST = 1.5
"""How many times as often the one who errs most does it as the one who errs least, before people are told apart."""


@dataclass(frozen=True, eq=False)
class Mistake:
    """A way back and who takes it how often.

    Attributes
    ----------
    activity, to : int
        Codes of the activities.
    share : float
        Share of all instances.
    factors : dict of int to float
        Factor on the share of each person.
    n : int
        Instances.
    chance : float
        The chance of such differences between people alike, over all ways back of the log.
    """

    activity: int
    to: int
    share: float
    factors: dict[int, float]
    n: int
    chance: float


def find_mistakes(found: Findings) -> list[Mistake]:
    """Find the ways back that hang on people, one an activity at most."""
    data = found.data
    following = np.where(np.append(data.case[1:] != data.case[:-1], True), -1, np.append(data.activity[1:], -1))
    in_block = np.zeros(len(data.activities) + 1, bool)
    in_block[[activity for block in found.concurrency.blocks for branch in block for activity in branch]] = True
    followed = ~in_block[data.activity] & ~in_block[following] & (data.resource >= 0)
    ways = []
    for activity in np.flatnonzero(found.teams.of_activity >= 0).tolist():
        rows = np.flatnonzero((data.activity == activity) & followed)
        again = _comes_again(found, rows)
        others = set(following[rows].tolist()) - {activity, -1}
        ways += [(rows, to) for to in sorted(others) if _leads_back(following[rows] == to, again)]
    mistakes = [m for rows, to in ways if (m := _mistake(found, rows, following[rows] == to, to, len(ways)))]
    best = {each.activity: each for each in sorted(mistakes, key=lambda each: -each.chance)}
    return list(best.values())


def _comes_again(found: Findings, rows: Codes) -> Mask:
    """Whether the case of each row has a later one among them."""
    return np.append(np.diff(found.data.case[rows]) == 0, False) if len(rows) else np.zeros(0, bool)


def _leads_back(taken: Mask, again: Mask) -> bool:
    return bool(taken.sum() >= SOME and not taken.all() and again[taken].mean() >= BACK)


def _mistake(found: Findings, rows: Codes, taken: Mask, to: int, places: int) -> Mistake | None:
    who = found.data.resource[rows]
    n = np.bincount(who)
    known = n[who] >= LEAF
    if len(np.unique(who[known])) < 2 or not 0 < taken[known].mean() < 1:
        return None
    score = whitened(taken[known, None].astype(float))
    chance = chance_of(score, who[known].astype(float), True, confirmed=True) * places
    if chance > CHANCE:
        return None
    share = float(taken.mean())
    factors = _factors(who, taken.astype(float), share)
    if max(factors.values()) < LEAST * min(factors.values()):
        return None
    return Mistake(int(found.data.activity[rows[0]]), to, share, factors, len(rows), chance)


def _factors(who: Codes, taken: Seconds, share: float) -> dict[int, float]:
    """Each person's share over the share of all, drawn towards 1; the mean over all instances stays 1."""
    people, place = np.unique(who, return_inverse=True)
    n = np.bincount(place)
    ratio = np.bincount(place, taken) / n / share
    noise = (1 - share) / share / n
    between = max(0.0, float(np.average((ratio - 1) ** 2 - noise, weights=n)))
    factors = 1 + (ratio - 1) * between / (between + noise)
    factors *= n.sum() / (factors * n).sum()
    return {int(code): round(float(factor), 3) for code, factor in zip(people, factors, strict=True)}


def with_mistakes(found: Findings, twin: Twin, mistakes: list[Mistake]) -> Twin:
    """Write mistakes as errors of their activities instead of ways of the routing.

    A mistake that is the only way to its activity stays a way: the routing would know nowhere to send the case.
    """
    for each in mistakes:
        made = _with_mistake(found, twin, each)
        if _leads_to(made, found.data.activities[each.to]):
            twin = made
    return twin


def _with_mistake(found: Findings, twin: Twin, mistake: Mistake) -> Twin:
    name, to = found.data.activities[mistake.activity], found.data.activities[mistake.to]
    if not isinstance(twin.routing, HistoryRouting):
        return twin
    contexts = tuple(_without(context, name, to) for context in twin.routing.contexts)
    people = {found.data.resources[code]: factor for code, factor in mistake.factors.items()}
    errors = Errors(share=mistake.share, to=to, by_resource=people)
    return twin.replace(
        routing=twin.routing.model_copy(update={"contexts": contexts}),
        activities=twin.activities | {name: twin.activities[name].model_copy(update={"errors": errors})},
        evidence=(*twin.evidence, _evidence(mistake, (name, to), people)),
    )


def _leads_to(twin: Twin, activity: str) -> bool:
    """Whether cases of every type can come to an activity on the ways of the routing."""
    try:
        net = build_net(twin)
        return all(net.first(activity, start) >= 0 for start in net.starts.values())
    except SimulationError:
        return False


def _without(context: Context, name: str, to: str) -> Context:
    if context.after[-1:] != (name,):
        return context
    return context.model_copy(update={"next": {step: n for step, n in context.next.items() if step != to}})


def _evidence(mistake: Mistake, names: tuple[str, str], people: dict[str, float]) -> Evidence:
    most, least = max(people, key=people.__getitem__), min(people, key=people.__getitem__)
    return Evidence(
        part=f"activities.{names[0]}.errors",
        found=say(
            "{share} of {n} go back to {to}, and it hangs on who does the work: {most} {most_share}, {least} "
            "{least_share}",
            share=percent(mistake.share),
            n=number(mistake.n),
            to=names[1],
            most=most,
            most_share=percent(mistake.share * people[most]),
            least=least,
            least_share=percent(mistake.share * people[least]),
        ),
        n=mistake.n,
        assumption=say("people get work alike; their shares are drawn towards the share of all"),
        numbers={"chance": mistake.chance, "share": mistake.share, "highest": people[most], "lowest": people[least]},
    )
