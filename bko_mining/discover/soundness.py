"""Soundness: whether every case of a model can finish, whatever happens."""

from dataclasses import dataclass

from bko_mining.discover.petri_net import PetriNet
from bko_mining.words import number, say

MOST_MARKINGS = 20_000
"""Markings looked at before soundness is given up as not known."""


@dataclass(frozen=True, slots=True)
class Soundness:
    """Whether every case can finish, whatever happens: True, False or None (too many states to tell), and why."""

    sound: bool | None
    because: str = ""


def soundness(net: PetriNet) -> Soundness:
    """Look at every state a case can be in (van der Aalst 1998: a workflow net is sound if from each it can finish).

    Also asked: that nothing is under way twice at once (safeness), and that every activity can happen at all.
    """
    following: dict[int, list[int]] = {}
    fired: set[int] = set()
    todo = [net.start]
    while todo:
        marking = todo.pop()
        if marking in following:
            continue
        if len(following) >= MOST_MARKINGS:
            return Soundness(None, say("it has more than {n} states", n=number(MOST_MARKINGS)))
        following[marking] = []
        for t in net.enabled(marking):
            fired.add(t)
            takes, puts = net.moves[t]
            if (marking & ~takes) & puts:
                return Soundness(False, _twice(net, t))
            following[marking].append(net.fire(marking, t))
        todo.extend(following[marking])
    return _verdict(net, following, fired)


def _verdict(net: PetriNet, following: dict[int, list[int]], fired: set[int]) -> Soundness:
    if any(marking != net.end and marking & net.end == net.end for marking in following):
        return Soundness(False, say("a case can end while something is still under way"))
    leading: dict[int, list[int]] = {}
    for marking, targets in following.items():
        for target in targets:
            leading.setdefault(target, []).append(marking)
    good, todo = set(), [net.end]
    while todo:
        marking = todo.pop()
        if marking not in good:
            good.add(marking)
            todo.extend(leading.get(marking, ()))
    if net.end not in following or not set(following) <= good:
        return Soundness(False, say("a case can get stuck and never end"))
    dead = [net.labels[t] for t in range(len(net.labels)) if t not in fired and net.labels[t]]
    if dead:
        return Soundness(False, say("“{name}” can never happen", name=dead[0]))
    return Soundness(True)


def _twice(net: PetriNet, transition: int) -> str:
    if net.labels[transition]:
        return say("what follows “{name}” can be under way twice at once", name=net.labels[transition])
    return say("something can be under way twice at once")
