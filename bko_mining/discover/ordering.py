"""An order of the nodes of a graph that depends on the graph alone: pm4py's own order changes from run to run."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

N = TypeVar("N", bound=Hashable)


def in_order(labels: Mapping[N, str], arcs: Sequence[tuple[N, N]]) -> list[N]:
    """Sort nodes by label, then by their neighbours, the neighbours of these and so on (Weisfeiler and Leman 1968).

    Examples
    --------
    >>> in_order({1: "b", 2: "a", 3: ""}, [(1, 3)])
    [3, 2, 1]
    """
    before: dict[N, list[N]] = {node: [] for node in labels}
    after: dict[N, list[N]] = {node: [] for node in labels}
    for source, target in arcs:
        after[source].append(target)
        before[target].append(source)
    ranks = _ranks({node: (label,) for node, label in labels.items()})
    for _ in range(len(labels)):
        finer = _ranks(
            {
                node: (rank, sorted(ranks[n] for n in before[node]), sorted(ranks[n] for n in after[node]))
                for node, rank in ranks.items()
            }
        )
        if max(finer.values(), default=0) == max(ranks.values(), default=0):
            break
        ranks = finer
    return sorted(labels, key=lambda node: ranks[node])


def _ranks(keys: Mapping[N, tuple[object, ...]]) -> dict[N, int]:
    places = {key: place for place, key in enumerate(sorted({repr(key) for key in keys.values()}))}
    return {node: places[repr(key)] for node, key in keys.items()}
