"""Where cases go by what they carry: choices whose shares differ clearly between classes of cases."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bko_mining.fit.case_attributes import CaseAttribute
from bko_mining.fit.classes import LEAF, CaseClass, classes_of
from bko_mining.fit.instances import Codes, Mask, Seconds
from bko_mining.fit.routing import Routing
from bko_mining.twin.model import Evidence
from bko_mining.twin.routing import ShareChange
from bko_mining.words import number, percent, say

RARE = 10
"""Cases that must have gone a way before it is told apart."""
LEAST = 0.05
"""Share of the cases that must go another way before two classes are worth telling apart."""
SHRUNK = 3.0
"""Cases of the overall shares that are added to those of each class."""
NEVER = 10.0
"""Cases expected on a way which, if none went, is closed to the class."""
ALIKE, NEARLY = 0.005, 0.1
"""A factor is left out if it would move the share by less than one of these: as a number, and as a part of it."""


@dataclass(frozen=True, eq=False)
class Choice:
    """A choice and its classes.

    Attributes
    ----------
    before : int
        The unit after which cases choose.
    ways : tuple of int
        The units they go to, the commonest first.
    shares : float64[n_ways]
        Shares of all passages.
    classes : tuple of CaseClass
        Which cases differ.
    own : float64[n_classes, n_ways]
        The shares of each class, drawn a little towards those of all.
    n : int
        Cases that came to the choice.
    """

    before: int
    ways: tuple[int, ...]
    shares: Seconds
    classes: tuple[CaseClass, ...]
    own: Seconds
    n: int


def find_choices(
    routing: Routing, attributes: Sequence[CaseAttribute], *, without: Collection[tuple[int, int]] = ()
) -> list[Choice]:
    """Find the choices that hang on attributes; each case counts once in the tests, with its first passage.

    Steps ``without`` are no choice: another part of the twin says when they are taken.
    """
    passages: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for case, units in enumerate(routing.sequences):
        for before, after in zip((-1, *units), (*units, -2), strict=True):
            if (before, after) not in without:
                passages[before].append((case, after))
    choices = {before: np.array(steps) for before, steps in passages.items()}
    open_ones = {before: steps for before, steps in choices.items() if _is_open(steps)}
    found = (_choice(before, steps, attributes, len(open_ones)) for before, steps in open_ones.items())
    return [choice for choice in found if choice is not None]


def _is_open(steps: Codes) -> bool:
    """Whether enough cases went at least two ways."""
    first = steps[_first_passages(steps)]
    _, counts = np.unique(first[:, 1], return_counts=True)
    return bool((counts >= RARE).sum() >= 2 and len(first) >= 2 * LEAF)


def _first_passages(steps: Codes) -> Mask:
    return np.asarray(np.diff(steps[:, 0], prepend=-1) > 0)


def _choice(before: int, steps: Codes, attributes: Sequence[CaseAttribute], places: int) -> Choice | None:
    case, way = steps[_first_passages(steps)].T
    _, codes = np.unique(way, return_inverse=True)
    common = np.bincount(codes) >= RARE
    # Rare ways count as one; the last of all ways needs no column of its own.
    told = np.where(common[codes], common.cumsum()[codes], 0)
    branches = (told[:, None] == np.unique(told)).astype(float)

    def matters(left: Codes, right: Codes) -> bool:
        apart = np.abs(branches[left].mean(axis=0) - branches[right].mean(axis=0)).sum() / 2
        return bool(apart >= LEAST)

    classes = classes_of(branches, case, attributes, places=places, matters=matters)
    if len(classes) < 2:
        return None
    return _with_shares(before, steps, [(each, case[each.cases]) for each in classes], len(case))


def _with_shares(before: int, steps: Codes, classes: list[tuple[CaseClass, Codes]], n: int) -> Choice:
    """Count all passages, those of rework too, by class."""
    ways, counts = np.unique(steps[:, 1], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    ways, shares = ways[order], counts[order] / len(steps)
    own = []
    for _, cases in classes:
        mine = np.isin(steps[:, 0], cases)
        seen = (steps[mine, 1][:, None] == ways).sum(axis=0)
        drawn = (seen + SHRUNK * shares) / (mine.sum() + SHRUNK)
        closed = (seen == 0) & (mine.sum() * shares >= NEVER)
        drawn = np.where(closed, 0.0, drawn)
        own.append(drawn / drawn.sum())
    return Choice(before, tuple(ways.tolist()), shares, tuple(each for each, _ in classes), np.array(own), n)


def share_changes(choice: Choice, attributes: Sequence[CaseAttribute], names: dict[int, str]) -> Iterator[ShareChange]:
    """Write a choice as factors on its shares, class by class.

    Factors are applied one after the other, each at the cost of all other ways; they are chosen so that the last leaves
    every way at the share of the class.
    """
    for each, own in zip(choice.classes, choice.own, strict=True):
        when, now = each.condition(attributes), choice.shares
        anchor = int(np.argmax(own))
        for way in range(len(own)):
            if way == anchor or now[way] >= 1:
                continue
            odds = own[way] / own[anchor] * now[anchor] / (1 - now[way])
            share = odds / (1 + odds)
            factor = float(share / now[way])
            if (abs(share - now[way]) >= ALIKE and abs(factor - 1) >= NEARLY) or own[way] == 0:
                yield ShareChange(
                    after=names[choice.before], to=names[choice.ways[way]], factor=round(factor, 4), when=when
                )
                now = np.where(np.arange(len(now)) == way, share, now * (1 - share) / (1 - now[way]))


def said_of_choice(choice: Choice, attributes: Sequence[CaseAttribute], names: dict[int, str]) -> Evidence:
    """What was found, class by class, the way named that differs most."""
    sizes = np.array([len(each.cases) for each in choice.classes])
    way = int(np.argmax(sizes @ np.abs(choice.own - choice.shares)))
    classes = "; ".join(
        say(
            "{condition}: {share} of {n}",
            condition=each.condition(attributes),
            share=percent(float(own[way])),
            n=number(len(each.cases)),
        )
        for each, own in zip(choice.classes, choice.own, strict=True)
    )
    return Evidence(
        part=f"routing.{names[choice.before]} → {names[choice.ways[way]]}",
        found=say(
            "the share that goes on to {to} hangs on what the case carries ({share} of all): {classes}",
            to=names[choice.ways[way]],
            share=percent(float(choice.shares[way])),
            classes=classes,
        ),
        n=choice.n,
        assumption=say("the attribute is known at arrival and is no trace of the way the case went"),
        numbers={
            "chance": min(each.chance for each in choice.classes),
            "share": float(choice.shares[way]),
            "lowest": float(choice.own[:, way].min()),
            "highest": float(choice.own[:, way].max()),
        },
    )
