"""All routings of a twin as one net of nodes: what a case goes through, and where it goes from there.

Blocks, graphs and histories come down to the same few kinds of nodes. Choices without conditions are folded into the
node before them, so that a finished activity costs one draw; a history becomes a chain of states that remember.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum

from bko_mining.errors import SimulationError
from bko_mining.twin.conditions import Comparison
from bko_mining.twin.routing import END, ShareChange
from bko_mining.twin.values import Delay

Condition = tuple[Comparison, ...]


class Kind(IntEnum):
    """What happens at a node."""

    ACTIVITY = 0
    END = 1
    FORK = 2
    JOIN = 3
    PICK = 4
    SOME = 5
    WAIT = 6
    START = 7


@dataclass(slots=True)
class Way:
    """One way out of a node: where to, with which share, under which condition.

    Without a share the way is taken for certain as soon as its condition holds.
    """

    to: int
    share: float | None = 1.0
    when: Condition = ()


@dataclass(slots=True)
class Change:
    """A share change that holds under a condition only; the ways it concerns are marked."""

    when: Condition
    concerned: tuple[bool, ...]
    factor: float


@dataclass(slots=True)
class Node:
    """A node of the net.

    ``label`` is the step's name, ``join`` the node where the branches of a split meet again. A choice that
    ``stands_for`` a step decides only whether it is left out; the way on of those cases is a choice with its label.
    """

    kind: Kind
    label: str = ""
    ways: list[Way] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    join: int = -1
    incoming: int = 0
    delay: Delay | None = None
    stands_for: str = ""


@dataclass(slots=True)
class Net:
    """The nodes of all case types; ``starts`` holds where each type begins."""

    nodes: list[Node] = field(default_factory=list)
    starts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: Kind, label: str = "", to: Iterable[int] = ()) -> int:
        """Add a node and return its number."""
        self.nodes.append(Node(kind, label, [Way(target) for target in to]))
        return len(self.nodes) - 1

    def first(self, label: str, start: int) -> int:
        """The first node of a label that a case type can reach (a jump's target).

        Raises
        ------
        SimulationError
            If the case type never gets there.
        """
        if label == END:
            return next(i for i in self.reachable(start) if self.nodes[i].kind == Kind.END)
        for i in self.reachable(start):
            if self.nodes[i].label == label and self.nodes[i].kind == Kind.ACTIVITY:
                return i
        raise SimulationError(f"nothing leads to {label!r} in the routing; name an activity of the same case type")

    def reachable(self, start: int) -> list[int]:
        """Nodes that can be reached, nearest first."""
        seen, order = {start}, [start]
        for i in order:
            for way in self.nodes[i].ways:
                if way.to not in seen:
                    seen.add(way.to)
                    order.append(way.to)
        return order

    def labels_first(self, i: int) -> set[str]:
        """Steps a case meets first when it comes to a node: activities, parallel blocks, the end."""
        found: set[str] = set()
        seen, todo = {i}, [i]
        while todo:
            node = self.nodes[todo.pop()]
            if node.kind in (Kind.END, Kind.JOIN):
                found.add(END)
                continue
            if node.label and node.kind != Kind.PICK:
                found.add(node.label)
            if node.kind != Kind.ACTIVITY:
                fresh = {way.to for way in node.ways} - seen
                seen |= fresh
                todo += fresh
        return found

    def fold(self) -> None:
        """Fold choices without conditions into the nodes before them."""
        for node in self.nodes:
            if node.kind not in (Kind.FORK, Kind.SOME):
                node.ways = self._folded(node.ways, 0)

    def _folded(self, ways: list[Way], depth: int) -> list[Way]:
        if depth > 200:
            raise SimulationError("a loop of the routing holds no activity, so a case would turn in it for ever")
        if any(way.when for way in ways):
            return ways
        flat: dict[int, float] = {}
        total = sum(way.share or 0.0 for way in ways)
        for way in ways:
            share = (way.share or 0.0) / total if total else 0.0
            target = self.nodes[way.to]
            inner = target.ways if target.kind == Kind.PICK and not (target.label or target.stands_for) else []
            if inner and not any(w.when for w in inner) and not target.changes:
                for w in self._folded(inner, depth + 1):
                    flat[w.to] = flat.get(w.to, 0.0) + share * (w.share or 0.0)
            else:
                flat[way.to] = flat.get(way.to, 0.0) + share
        return [Way(to, share) for to, share in flat.items() if share > 0]

    def change(self, change: ShareChange, condition: Condition) -> int:
        """Multiply the share that goes from one step to another, in every place; returns how many places there are."""
        places = [i for i, node in enumerate(self.nodes) if node.label == change.after and _can_lead_on(node)]
        return sum(self._change_at(i, change, condition) for i in places)

    def _change_at(self, i: int, change: ShareChange, condition: Condition) -> int:
        node, hits = self.nodes[i], 0
        for way in node.ways:
            if self.nodes[way.to].kind == Kind.PICK and not self.nodes[way.to].stands_for:
                # A choice with conditions may serve several activities: this one gets a copy of its own.
                self.nodes.append(_copy(self.nodes[way.to]))
                way.to = len(self.nodes) - 1
                hits += self._change_at(way.to, change, condition)
        steps = [self._steps_first(way.to) for way in node.ways]
        marks = tuple(change.to in first for first in steps)
        if all(marks):  # a block beside it may be empty: then the way that leads there for certain is meant
            marks = tuple(first == {change.to} for first in steps)
        if hits or not any(marks) or all(marks):
            return hits
        if condition:
            node.changes.append(Change(condition, marks, change.factor))
        else:
            shares = scaled_shares([way.share or 0.0 for way in node.ways], marks, change.factor)
            for way, share in zip(node.ways, shares, strict=True):
                way.share = share if way.share is not None else None
        return 1

    def _steps_first(self, i: int) -> set[str]:
        """The steps a way leads to; one that may be left out is the step itself."""
        stands_for = self.nodes[i].stands_for
        return {stands_for} if stands_for else self.labels_first(i)


def added(numbers: Iterable[float]) -> float:
    """The sum, rounded after each number as the compiled lane does it (newer versions of Python round once)."""
    total = 0.0
    for number in numbers:
        total += number
    return total


def scaled_shares(shares: list[float], concerned: tuple[bool, ...], factor: float) -> list[float]:
    """Multiply the marked shares; the others take up the difference in proportion.

    Examples
    --------
    >>> scaled_shares([0.5, 0.25, 0.25], (True, False, False), 0.5)
    [0.25, 0.375, 0.375]
    """
    total = added(shares)
    marked = added([share for share, mark in zip(shares, concerned, strict=True) if mark])
    others = total - marked
    if others <= 0 or marked <= 0:
        return shares
    wanted = min(marked * factor, total)
    grow, keep = wanted / marked, (total - wanted) / others
    return [share * (grow if mark else keep) for share, mark in zip(shares, concerned, strict=True)]


def _can_lead_on(node: Node) -> bool:
    return node.kind in (Kind.ACTIVITY, Kind.JOIN, Kind.START) or (node.kind == Kind.PICK and bool(node.label))


def _copy(node: Node) -> Node:
    ways = [Way(way.to, way.share, way.when) for way in node.ways]
    return replace(node, ways=ways, changes=list(node.changes))
