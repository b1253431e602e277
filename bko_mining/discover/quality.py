"""How good a model is: fitness, precision, generalisation and simplicity, each weighted by cases."""

from collections.abc import Sequence

import numpy as np

from bko_mining.diagrams.diagram import Diagram
from bko_mining.discover.aligning import Alignment, Trace
from bko_mining.discover.petri_net import PetriNet
from bko_mining.discover.variants import Codes

MOST_STATES = 4_000
"""States looked at for what can happen next; beyond them what the model allows is counted too low."""


def fitness(aligned: Sequence[Alignment], traces: Sequence[Trace], shortest: int, n_cases: Codes) -> float:
    """Share of the steps of log and model that agree (Adriansyah 2014): 1 less cost over the worst possible cost."""
    cost = np.array([one.cost for one in aligned])
    worst = np.array([len(trace) for trace in traces]) + shortest
    return float(1 - (cost * n_cases).sum() / max(1, (worst * n_cases).sum()))


def precision(net: PetriNet, aligned: Sequence[Alignment], n_cases: Codes) -> float:
    """Of all that the model allows next along the cases, the share that the log shows there.

    Aligned ETC precision (Adriansyah 2015) with one best alignment a variant, each weighted by its cases: for every
    beginning of a case, the activities that some case goes on with, over those the model could go on with, in
    whichever way it came there (pm4py overlooks activities that several silent transitions lead to).
    """
    goes_on = _Ways(net)
    following: list[dict[str, int]] = [{}]
    passing = [0]
    states = [frozenset({net.start})]
    for one, n in zip(aligned, n_cases.tolist(), strict=True):
        here = 0
        for name in filter(None, (net.labels[t] for t in one.fired)):
            passing[here] += n
            if name not in following[here]:
                following[here][name] = len(passing)
                following.append({})
                passing.append(0)
                states.append(goes_on.from_states(states[here])[name])
            here = following[here][name]
    possible = [len(goes_on.from_states(some)) if n else 0 for some, n in zip(states, passing, strict=True)]
    allowed = sum(n * many for n, many in zip(passing, possible, strict=True))
    return sum(n * len(shown) for n, shown in zip(passing, following, strict=True)) / allowed if allowed else 1.0


class _Ways:
    """How a net can go on: from all the markings it may be in, to all it may be in after each activity."""

    def __init__(self, net: PetriNet) -> None:
        self.net = net
        self.known: dict[frozenset[int], dict[str, frozenset[int]]] = {}

    def from_states(self, states: frozenset[int]) -> dict[str, frozenset[int]]:
        """The activities that can be next, silent transitions passed over, with the markings after each."""
        if states not in self.known:
            found: dict[str, set[int]] = {}
            done, todo = set(states), list(states)
            while todo:
                here = todo.pop()
                for t in self.net.enabled(here):
                    there = self.net.fire(here, t)
                    if self.net.labels[t]:
                        found.setdefault(self.net.labels[t], set()).add(there)
                    elif there not in done and len(done) < MOST_STATES:
                        done.add(there)
                        todo.append(there)
            self.known[states] = {name: frozenset(after) for name, after in found.items()}
        return self.known[states]


def generalisation(n_cases: Codes) -> float:
    """One minus the share of cases whose variant occurs once: the Good–Turing chance of something seen before."""
    return float(1 - (n_cases == 1).sum() / n_cases.sum())


def simplicity(diagram: Diagram) -> float:
    """1 for a chain, less the more flows a shape has on average (arc degree; Blum 2015)."""
    degree = 2 * len(diagram.flows) / max(1, len(diagram.shapes))
    return float(1 / (1 + max(0.0, degree - 2)))
