"""Which way cases go: sequences of activities with parallel blocks folded into one step."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from bko_mining.discover.concurrency import Concurrency
from bko_mining.fit.instances import Instances

END = -2
START = -1


@dataclass(frozen=True)
class Routing:
    """Counted steps between units; a unit is an activity code, or ``n_activities + b`` for parallel block b.

    Attributes
    ----------
    steps : dict of int to Counter
        What follows each unit (``START`` first, ``END`` last).
    blocks : tuple of Block
        The parallel blocks.
    sequences : tuple of tuple of int
        The units of each case, in order.
    """

    steps: dict[int, Counter[int]]
    blocks: tuple["Block", ...]
    sequences: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Block:
    """One parallel block.

    Attributes
    ----------
    branches : tuple of tuple of int
        Activity codes of each branch.
    present : Counter of tuple of bool
        Which branches were taken together.
    inside : tuple of dict
        For each branch, what follows what in it (``START``, ``END``).
    """

    branches: tuple[tuple[int, ...], ...]
    present: Counter[tuple[bool, ...]]
    inside: tuple[dict[int, Counter[int]], ...]


def count_steps(data: Instances, found: Concurrency) -> Routing:
    """Count what follows what, a run of activities of one parallel block being one step."""
    n = len(data.activities)
    block_of = np.full(n, -1)
    branch_of = np.full(n, -1)
    for b, block in enumerate(found.blocks):
        for k, branch in enumerate(block):
            block_of[list(branch)], branch_of[list(branch)] = b, k
    steps: dict[int, Counter[int]] = defaultdict(Counter)
    present: list[Counter[tuple[bool, ...]]] = [Counter() for _ in found.blocks]
    inside: list[list[dict[int, Counter[int]]]] = [[defaultdict(Counter) for _ in block] for block in found.blocks]
    sequences = []
    for case in np.split(data.activity, np.flatnonzero(data.first)[1:]):
        units: list[int] = []
        for unit, run in _folded(case.tolist(), block_of, n):
            units.append(unit)
            if unit >= n:
                _count_block(run, branch_of, present[unit - n], inside[unit - n])
        for before, after in zip([START, *units], [*units, END], strict=True):
            steps[before][after] += 1
        sequences.append(tuple(units))
    blocks = tuple(
        Block(branches, here, tuple(map(dict, ways)))
        for branches, here, ways in zip(found.blocks, present, inside, strict=True)
    )
    return Routing(dict(steps), blocks, tuple(sequences))


def _folded(case: list[int], block_of: np.ndarray, n: int) -> list[tuple[int, list[int]]]:
    """Units of a case with the activities each stands for."""
    folded: list[tuple[int, list[int]]] = []
    for activity in case:
        block = block_of[activity]
        if block < 0:
            folded.append((activity, [activity]))
        elif folded and folded[-1][0] == n + block:
            folded[-1][1].append(activity)
        else:
            folded.append((n + int(block), [activity]))
    return folded


def _count_block(
    run: list[int], branch_of: np.ndarray, present: Counter[tuple[bool, ...]], inside: list[dict[int, Counter[int]]]
) -> None:
    ways: list[list[int]] = [[] for _ in inside]
    for activity in run:
        ways[branch_of[activity]].append(activity)
    present[tuple(bool(way) for way in ways)] += 1
    for way, counts in zip(ways, inside, strict=True):
        if way:
            for before, after in zip([START, *way], [*way, END], strict=True):
                counts[before][after] += 1
