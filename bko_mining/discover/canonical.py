"""The same best alignment in every run: of all that cost as little, the first in a fixed order.

r4pm finds what an alignment costs at least, but which of several equally good ones it returns differs from call to
call, and with it which activity is said to be skipped. Knowing the cost, the first alignment in the order "in step,
silent, done besides, skipped" is found by depth-first search, which never looks twice at a place of the trace and a
state of the net with no more cost left than before.
"""

from collections.abc import Iterator

from bko_mining.discover.petri_net import PetriNet

MOST_STEPS = 20_000
"""Steps of the search for one variant before it is given up."""

Trace = tuple[str, ...]
Way = tuple[int, int]
Move = tuple[str, int]
Node = tuple[int, int, int, Move]


class CanonicalAligner:
    """Finds the first of the best alignments of variants with one net.

    Parameters
    ----------
    net : PetriNet
        The model.
    """

    def __init__(self, net: PetriNet) -> None:
        self.net = net
        self.known = frozenset(net.labels)
        self.ways: dict[int, tuple[dict[str, list[Way]], list[Way]]] = {}

    def align(self, trace: Trace, cost: int) -> list[Move] | None:
        """Return the moves ("sync", "log" or "model", and the transition) of the first alignment of a least cost.

        None where the search takes too long.
        """
        foreign = self._foreign(trace)
        spared = {(0, self.net.start): cost}
        path: list[Move] = []
        stack = [self._onward(trace, 0, self.net.start, cost)]
        while stack and len(spared) < MOST_STEPS:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
                del path[-1:]
                continue
            at, marking, left, move = node
            if left < foreign[at] or spared.get((at, marking), -1) >= left:
                continue
            spared[at, marking] = left
            path.append(move)
            if at == len(trace) and marking == self.net.end:
                return path
            stack.append(self._onward(trace, at, marking, left))
        return None

    def _foreign(self, trace: Trace) -> list[int]:
        """How many activities that the net does not have are still to come, from each place of a trace."""
        ahead = [0]
        for name in reversed(trace):
            ahead.append(ahead[-1] + (name not in self.known))
        return ahead[::-1]

    def _onward(self, trace: Trace, at: int, marking: int, left: int) -> Iterator[Node]:
        visible, silent = self._from(marking)
        if at < len(trace):
            for t, after in visible.get(trace[at], ()):
                yield at + 1, after, left, ("sync", t)
        for t, after in silent:
            yield at, after, left, ("model", t)
        if left:
            if at < len(trace):
                yield at + 1, marking, left - 1, ("log", -1)
            for t, after in sorted(way for ways in visible.values() for way in ways):
                yield at, after, left - 1, ("model", t)

    def _from(self, marking: int) -> tuple[dict[str, list[Way]], list[Way]]:
        if marking not in self.ways:
            visible: dict[str, list[Way]] = {}
            silent: list[Way] = []
            for t in sorted(self.net.enabled(marking)):
                ways = visible.setdefault(self.net.labels[t], []) if self.net.labels[t] else silent
                ways.append((t, self.net.fire(marking, t)))
            self.ways[marking] = visible, silent
        return self.ways[marking]
