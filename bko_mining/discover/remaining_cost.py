"""Exact alignments of all variants at once: what the rest of a variant costs at least, from every marking.

For the end of a variant and a marking of the net, the least cost to finish is 1 more than that of what follows the next
activity (done besides), or that after a transition of this activity, reached by firing others (in step). Variants that
end alike share these costs, so the work is that of a tree of endings, level by level, in whole arrays; the first of the
best alignments is then read off without a search.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bko_mining.discover.canonical import Move
from bko_mining.discover.state_space import Costs, StateSpace

MOST_COSTS = 8_000_000
"""Costs held at once (endings times markings): variants are taken in groups."""

AT_ONCE = 500_000
"""Sums looked at in one go: more would leave the processor's cache."""

Trace = tuple[str, ...]
Step = tuple[list[Move], int]


@dataclass(eq=False)
class Endings:
    """The ends that variants have, each once; the first is the empty one.

    Attributes
    ----------
    name : list of str
        The first activity of each ending.
    rest : list of int
        The ending after that activity.
    length : list of int
        The number of activities.
    """

    name: list[str] = field(default_factory=lambda: [""])
    rest: list[int] = field(default_factory=lambda: [0])
    length: list[int] = field(default_factory=lambda: [0])
    longer: list[dict[str, int]] = field(default_factory=lambda: [{}])

    def add(self, trace: Trace) -> int:
        """Add all the ends of a variant and return the number of the longest, which is the variant."""
        here = 0
        for name in reversed(trace):
            there = self.longer[here].get(name)
            if there is None:
                there = self.longer[here][name] = len(self.name)
                self.name.append(name)
                self.rest.append(here)
                self.length.append(self.length[here] + 1)
                self.longer.append({})
            here = there
        return here

    def levels(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Yield the endings by their first activity, those first whose rest is shorter."""
        code = np.unique(np.array(self.name, object), return_inverse=True)[1]
        length = np.array(self.length)
        order = np.lexsort((code, length))[1:]
        changes = np.flatnonzero((np.diff(length[order]) != 0) | (np.diff(code[order]) != 0)) + 1
        for group in np.split(order, changes) if len(order) else ():
            yield self.name[group[0]], group


class RemainingCost:
    """What is left to pay from every marking at every ending of some variants.

    Parameters
    ----------
    space : StateSpace
        The markings of the model.
    traces : sequence of tuple of str
        The variants.
    """

    def __init__(self, space: StateSpace, traces: Sequence[Trace]) -> None:
        self.space = space
        self.endings = Endings()
        self.of_trace = [self.endings.add(trace) for trace in traces]
        self.costs = np.empty((len(self.endings.name), len(space.markings)), np.int32)
        self.costs[0] = space.to_end
        rest = np.array(self.endings.rest)
        for name, group in self.endings.levels():
            self.costs[group] = self._costs(self.costs[rest[group]], name)
        self.steps: dict[tuple[int, int], Step] = {}

    def _costs(self, after: Costs, name: str) -> Costs:
        """Costs of endings from those of their rest."""
        besides = after + 1
        if name not in self.space.steps_of:
            return besides
        reach, there, first = self.space.steps_of[name]
        done = np.minimum.reduceat(after[:, there], first, axis=1)
        size = max(1, AT_ONCE // reach.size)
        for k in range(0, len(done), size):
            best = (done[k : k + size, :, None] + reach).min(axis=1)
            np.minimum(besides[k : k + size], best, out=besides[k : k + size])
        return besides

    def cost(self, trace: int) -> int:
        """What a variant costs at least."""
        return int(self.costs[self.of_trace[trace], 0])

    def moves(self, trace: int) -> list[Move]:
        """The first of the best alignments of a variant, in the order of ``canonical``."""
        ending, marking = self.of_trace[trace], 0
        path: list[Move] = []
        while True:
            part, marking = self._step(ending, marking)
            path += part
            if not ending:
                return path
            ending = self.endings.rest[ending]

    def _step(self, ending: int, marking: int) -> Step:
        """The moves up to and with the next activity of the log; variants with this ending share them."""
        if (ending, marking) not in self.steps:
            self.steps[ending, marking] = self._found(ending, marking)
        return self.steps[ending, marking]

    def _found(self, ending: int, marking: int) -> Step:
        path: list[Move] = []
        seen = {marking}
        stack = [self._onward(ending, marking)]
        while True:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
                path.pop()
                continue
            move, there, leaves = node
            if leaves:
                return ([*path, move] if ending else path), there
            if there not in seen:
                seen.add(there)
                path.append(move)
                stack.append(self._onward(ending, there))

    def _onward(self, ending: int, marking: int) -> Iterator[tuple[Move, int, bool]]:
        """Moves that lose nothing, the marking after each, and whether it passes on to the rest of the variant."""
        if not ending:
            yield from self._last(marking)
            return
        here, after = self.costs[ending], self.costs[self.endings.rest[ending]]
        left, name = int(here[marking]), self.endings.name[ending]
        labels = self.space.net.labels
        ways = self.space.onward[marking]
        for transition, there in ways:
            if labels[transition] == name and after[there] == left:
                yield ("sync", transition), there, True
        for transition, there in ways:
            if not labels[transition] and here[there] == left:
                yield ("model", transition), there, False
        if after[marking] == left - 1:
            yield ("log", -1), marking, True
        yield from self._skipped(here, marking)

    def _last(self, marking: int) -> Iterator[tuple[Move, int, bool]]:
        here = self.costs[0]
        if self.space.markings[marking] == self.space.net.end:
            yield ("log", -1), marking, True
        for transition, there in self.space.onward[marking]:
            if not self.space.net.labels[transition] and here[there] == here[marking]:
                yield ("model", transition), there, False
        yield from self._skipped(here, marking)

    def _skipped(self, here: Costs, marking: int) -> Iterator[tuple[Move, int, bool]]:
        labels = self.space.net.labels
        for transition, there in self.space.onward[marking]:
            if labels[transition] and here[there] == here[marking] - 1:
                yield ("model", transition), there, False


def groups(traces: Sequence[Trace], n_markings: int) -> Iterator[list[int]]:
    """Yield the places of variants whose costs are held at once, those that end alike together."""
    group: list[int] = []
    size = 0
    for place in sorted(range(len(traces)), key=lambda one: traces[one][::-1]):
        size += (len(traces[place]) + 1) * n_markings
        if group and size > MOST_COSTS:
            yield group
            group, size = [], (len(traces[place]) + 1) * n_markings
        group.append(place)
    if group:
        yield group
