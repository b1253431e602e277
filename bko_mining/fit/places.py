"""Where in the routing the delays stand: between two steps, before a whole parallel block, or at a branch's end."""

from dataclasses import dataclass

import numpy as np

from bko_mining.fit.delays import Transition
from bko_mining.fit.families import Delay
from bko_mining.fit.findings import Findings

SAME = 60.0
"""Seconds within which two delays of a case count as one."""


@dataclass(frozen=True)
class Places:
    """Delays by place; units are activity codes, or ``n_activities + b`` for block b.

    Attributes
    ----------
    between : dict of (int, int) to Delay
        From one unit to the next.
    at_start : dict of (int, int) to Delay
        Before a first activity of a branch, after the block's split: (block, activity).
    at_end : dict of (int, int) to Delay
        After a last activity of a branch, before the block's join: (block, activity).
    """

    between: dict[tuple[int, int], Delay]
    at_start: dict[tuple[int, int], Delay]
    at_end: dict[tuple[int, int], Delay]


def place_delays(found: Findings) -> Places:
    """Put every delay where the twin can express it.

    A delay before a branch's first activity stands at the beginning of the branch, or is one delay before the whole
    block where the branches of a case are seen to wait equally long. A delay after the branch that ended last belongs
    to that branch alone if the other branches lead on at once.
    """
    n = len(found.data.activities)
    block_of = {a: (b, k) for b, block in enumerate(found.concurrency.blocks) for k, br in enumerate(block) for a in br}
    between: dict[tuple[int, int], Delay] = {}
    at_start: dict[tuple[int, int], Delay] = {}
    at_end: dict[tuple[int, int], Delay] = {}
    entries: dict[tuple[int, int], list[Transition]] = {}
    exits: dict[tuple[int, int], list[Transition]] = {}
    for step in found.transitions:
        if step.after in found.batches:
            # Items wait for their batch there, not for anybody outside.
            continue
        before, after = block_of.get(step.before), block_of.get(step.after)
        if before == after or (before is not None and after is not None and before[0] == after[0]):
            if step.delay is not None:
                between[step.before, step.after] = step.delay
            continue
        if after is not None:
            entries.setdefault((step.before, after[0]), []).append(step)
        if before is not None:
            exits.setdefault((before[0], step.after), []).append(step)
    for (before_unit, block), steps in entries.items():
        _into_block(found, (before_unit, n + block), steps, between, at_start)
    for (block, after_unit), steps in exits.items():
        _out_of_block(steps, n + block, after_unit, between, at_end)
    return Places(between, at_start, at_end)


def _into_block(
    found: Findings,
    entry: tuple[int, int],
    steps: list[Transition],
    between: dict[tuple[int, int], Delay],
    at_start: dict[tuple[int, int], Delay],
) -> None:
    delayed = [step for step in steps if step.delay is not None]
    if len(delayed) >= 2 and _together(found, [step.after for step in delayed]):
        largest = max(delayed, key=lambda step: step.n)
        assert largest.delay is not None
        between[entry] = largest.delay
        return
    for step in sorted(delayed, key=lambda step: step.n):
        if step.delay is not None:
            at_start[entry[1], step.after] = step.delay


def _together(found: Findings, activities: list[int]) -> bool:
    """Whether the first activities of the branches of a case are seen to become possible at the same instant."""
    seen: dict[int, list[float]] = {}
    point = found.point
    for activity in activities:
        rows = np.flatnonzero((found.data.activity == activity) & point)
        for case, start in zip(found.data.case[rows].tolist(), found.data.start[rows].tolist(), strict=True):
            seen.setdefault(case, []).append(start)
    spans = np.array([max(starts) - min(starts) for starts in seen.values() if len(starts) >= 2])
    return len(spans) >= 5 and float((spans <= SAME).mean()) > 0.5


def _out_of_block(
    steps: list[Transition],
    block: int,
    after: int,
    between: dict[tuple[int, int], Delay],
    at_end: dict[tuple[int, int], Delay],
) -> None:
    """A delay after one branch only belongs to that branch; after all branches, to the step behind the block."""
    known = [step for step in steps if step.n_points >= 5 or step.delay is not None]
    delayed = [step for step in known if step.delay is not None]
    if not delayed:
        return
    steady = [step for step in delayed if step.zero_share < 0.1]
    if len(steady) < len(known) and len(known) >= 2 and steady:
        at_end |= {(block, step.before): step.delay for step in steady if step.delay is not None}
        return
    largest = max(delayed, key=lambda step: step.n)
    assert largest.delay is not None
    between[block, after] = largest.delay
