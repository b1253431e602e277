"""All the markings that a net can be in, and what it costs at least to come from one to another without a case."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bko_mining.discover.petri_net import PetriNet

MOST_MARKINGS = 1_200
"""More markings than these are not written out: parallel parts multiply them."""

FAR = 1_000_000
"""The cost of what cannot be reached."""

Costs = NDArray[np.int32]
Arc = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class StateSpace:
    """The markings of a net, numbered from 0, and the transitions between them.

    Attributes
    ----------
    net : PetriNet
        The net.
    markings : tuple of int
        All that can be reached from the start, which is the first.
    onward : tuple of tuple of (int, int)
        Of each marking, the transitions that can fire and the number of the marking after each, in order of transition.
    """

    net: PetriNet
    markings: tuple[int, ...]
    onward: tuple[tuple[tuple[int, int], ...], ...]

    @cached_property
    def distance(self) -> Costs:
        """Fewest visible transitions from each marking to each other."""
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import dijkstra

        # A silent transition weighs next to nothing, not nothing: sparse matrices take 0 for no arc at all.
        scale, size = 4 * len(self.markings), len(self.markings)
        least: dict[tuple[int, int], int] = {}
        for here, transition, there in self._arcs():
            weight = scale if self.net.labels[transition] else 1
            least[here, there] = min(least.get((here, there), weight), weight)
        places = np.array(list(least), np.int64).reshape(-1, 2)
        arcs = csr_matrix((np.array(list(least.values()), float), (places[:, 0], places[:, 1])), (size, size))
        found: NDArray[np.float64] = dijkstra(arcs)
        return np.minimum(found / scale, FAR).astype(np.int32)

    @cached_property
    def to_end(self) -> Costs:
        """Fewest visible transitions from each marking to the end."""
        if self.net.end not in self.markings:
            return np.full(len(self.markings), FAR, np.int32)
        return self.distance[:, self.markings.index(self.net.end)]

    @cached_property
    def steps_of(self) -> dict[str, tuple[Costs, NDArray[np.int64], NDArray[np.int64]]]:
        """How an activity is done in step: costs to come to where it can be done, the markings after it, and groups.

        The costs have one row a marking it can be done in and one column a marking to come from; the markings after it
        follow row by row, and the groups say where those of each row begin. What goes silently to a place where the
        same can be done, and comes silently from there to where it leads, needs no look of its own.
        """
        found: dict[str, list[tuple[int, int]]] = {}
        for here, transition, there in self._arcs():
            found.setdefault(self.net.labels[transition], []).append((here, there))
        found.pop("", None)
        return {name: self._steps(np.array(sorted(set(arcs)), np.int64)) for name, arcs in found.items()}

    def _steps(self, arcs: NDArray[np.int64]) -> tuple[Costs, NDArray[np.int64], NDArray[np.int64]]:
        here, there = self._undominated(arcs).T
        sources, first = np.unique(here, return_index=True)
        return np.ascontiguousarray(self.distance[:, sources].T), there, first

    def _undominated(self, arcs: NDArray[np.int64]) -> NDArray[np.int64]:
        here, there = arcs.T
        stands_in = (self.distance[np.ix_(here, here)] == 0) & (self.distance[np.ix_(there, there)].T == 0)
        n = len(arcs)
        # Of arcs that stand for each other the first is kept.
        mutual = stands_in & stands_in.T & (np.arange(n)[None, :] > np.arange(n)[:, None])
        better = stands_in & ~mutual & ~np.eye(n, dtype=bool)
        kept: NDArray[np.int64] = arcs[~better.any(axis=1)]
        return kept

    def _arcs(self) -> Iterator[Arc]:
        for here, ways in enumerate(self.onward):
            for transition, there in ways:
                yield here, transition, there


def state_space(net: PetriNet) -> StateSpace | None:
    """Write out the markings of a net; None where there are too many, or two tokens come to be on a place."""
    numbers = {net.start: 0}
    todo, onward = [net.start], []
    for marking in todo:
        ways = []
        for transition in sorted(net.enabled(marking)):
            takes, puts = net.moves[transition]
            if marking & ~takes & puts:
                return None
            after = net.fire(marking, transition)
            if after not in numbers:
                numbers[after] = len(numbers)
                todo.append(after)
            ways.append((transition, numbers[after]))
        onward.append(tuple(ways))
        if len(numbers) > MOST_MARKINGS:
            return None
    return StateSpace(net, tuple(numbers), tuple(onward))
