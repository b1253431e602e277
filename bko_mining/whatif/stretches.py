"""Stretches of a fitted history done another way: side by side, or in another order.

Where a case would do the activities of a stretch right one after the other, it goes through one step instead that
holds them all; cases that do only some of them, or others in between, go on as before.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bko_mining.errors import ScenarioError
from bko_mining.twin.routing import (
    BlockRouting,
    Choice,
    Context,
    HistoryRouting,
    ParallelBlock,
    Pause,
    Sequence,
)
from bko_mining.twin.values import Delay
from bko_mining.whatif.change import listed

if TYPE_CHECKING:
    from bko_mining.twin.model import StepDelay, Twin
    from bko_mining.twin.routing import ShareChange

Steps = tuple[str, ...]
Waits = dict[str, "tuple[StepDelay, ...]"]
"""What outsiders take before activities, by activity."""


def side_by_side(run: Steps, waits: Waits) -> ParallelBlock:
    """A step that does activities at once, each after what it waits for."""
    return ParallelBlock(branches=tuple(BlockRouting(root=after_waits(waits.get(name, ()), name)) for name in run))


def waits_within(twin: "Twin", run: Steps) -> Waits:
    """What outsiders take before each activity of a stretch, after the one before it."""
    pairs = {(first, then): then for first, then in pairwise(run)}
    found: Waits = {}
    for delay in twin.delays:
        if (then := pairs.get((str(delay.after), str(delay.before)))) is not None:
            found[then] = (*found.get(then, ()), delay)
    return found


def after_waits(waits: "tuple[StepDelay, ...]", step: Any) -> Any:
    """A step behind waits for the outside, each where its condition holds."""
    return Sequence(sequence=(*(_pause(wait) for wait in waits), step)) if waits else step


def _pause(wait: "StepDelay") -> Any:
    pause = Pause(delay=Delay(time=wait.time, calendar=wait.calendar))
    if wait.when is None:
        return pause
    return Choice.model_validate({"xor": [{"when": wait.when, "do": pause}, {"share": 1.0}]})


def in_order(run: Steps) -> ParallelBlock:
    """A step that does activities one after the other."""
    return ParallelBlock(branches=(BlockRouting(root=Sequence(sequence=run)),))


def folded(routing: HistoryRouting, run: Steps, name: str, block: ParallelBlock) -> HistoryRouting:
    """Put a block in the place of a stretch of activities; the same routing where no case goes through it.

    Where after some steps a case goes to the first of the stretch, the share of those that go on to its end (by the
    longest memory that knows) goes to the block; what follows the stretch follows the block.
    """
    inner = {
        key: each.model_copy(update={"branches": tuple(_inside(branch, run, name, block) for branch in each.branches)})
        for key, each in routing.blocks.items()
    }
    if inner != routing.blocks:
        routing = routing.model_copy(update={"blocks": inner})
    memory = {context.after: context for context in routing.contexts}
    if not _goes_on(memory, run[:1], run[1:]) or not _next(memory, run):
        return routing
    for k in range(1, len(run) + 1):
        memory.setdefault(run[:k], Context(after=run[:k], next=_next(memory, run[:k])))
    changed = {after: _rerouted(memory, context, run, name) for after, context in memory.items()}
    if not any(name in context.next for context in changed.values()):
        return routing
    for after, context in sorted(changed.items(), key=lambda pair: -len(pair[0])):
        for key in _renamed(after, run, name):
            changed.setdefault(key, context.model_copy(update={"after": key}))
    return routing.model_copy(update={"contexts": tuple(changed.values()), "blocks": routing.blocks | {name: block}})


def carried(twin: "Twin", run: Steps, name: str) -> "tuple[StepDelay, ...]":
    """The delays of a twin: those before and after a stretch hold before and after the block as well.

    What outsiders take between two activities stays between them in the other order; side by side it is a part of the
    block, or falls away.
    """
    more, order = [], run[::-1] if name == " → ".join(run[::-1]) else ()
    known = {(delay.after, delay.before) for delay in twin.delays}
    for delay in twin.delays:
        if delay.before == run[0] and delay.after is not None and delay.after not in run:
            more.append(delay.model_copy(update={"before": name}))
        if delay.after == run[-1] and (delay.before is None or delay.before not in run):
            more.append(delay.model_copy(update={"after": name}))
        if delay.after in run and delay.before in run and run.index(delay.after) < run.index(delay.before):
            ends = {"after": delay.before, "before": delay.after}
            more += [delay.model_copy(update=ends)] if order and order not in known else []
    return (*twin.delays, *more)


def still_chosen(twin: "Twin", run: Steps, name: str) -> "tuple[ShareChange, ...]":
    """The share changes of a twin whose stretch became a block: what holds for its ends holds for the block as well.

    Those that concern what no history chooses any more fall away.
    """
    kinds = (twin.routing, *(kind.routing for kind in twin.case_types.values()))
    ways = {way for routing in kinds for way in _ways(routing)}
    wanted = [
        change.model_copy(update={"after": after, "to": to})
        for change in twin.share_changes
        for after in dict.fromkeys((change.after, name if change.after == run[-1] else change.after))
        for to in dict.fromkeys((change.to, name if change.to == run[0] else change.to))
    ]
    return tuple(change for change in wanted if not ways or (change.after, change.to) in ways)


def _ways(routing: Any) -> Iterator[tuple[str, str]]:
    if isinstance(routing, HistoryRouting):
        for context in routing.contexts:
            if context.after and len(context.next) > 1:
                yield from ((context.after[-1], to) for to in context.next)
        for block in routing.blocks.values():
            for branch in block.branches:
                yield from _ways(branch)


def refuse_history(routing: HistoryRouting, run: Steps) -> None:
    """Say why no case goes through a stretch.

    Raises
    ------
    ScenarioError
        If the activities already go side by side, or never right after one another.
    """
    for block in routing.blocks.values():
        homes = [{place for place, branch in enumerate(block.branches) if _does(branch, step)} for step in run]
        if all(homes) and len(set().union(*homes)) > 1:
            raise ScenarioError(f"{listed(run)} already go side by side in some cases of the twin, never in a row")
    memory = {context.after: context for context in routing.contexts}
    for first, then in pairwise(run):
        follows = _next(memory, (first,))
        if then not in follows:
            usual = sorted(follows, key=lambda step: -follows[step])[:4]
            raise ScenarioError(
                f"{then!r} never follows right after {first!r}; what does: {listed(usual)}. Name all the activities of "
                "the stretch, in the order in which they are done today"
            )


def _inside(branch: Any, run: Steps, name: str, block: ParallelBlock) -> Any:
    return folded(branch, run, name, block) if isinstance(branch, HistoryRouting) else branch


def _does(routing: Any, activity: str) -> bool:
    return isinstance(routing, HistoryRouting) and any(activity in context.next for context in routing.contexts)


def _next(memory: dict[Steps, Context], steps: Steps) -> dict[str, float]:
    """What follows some steps by the longest memory that knows."""
    known = next((steps[k:] for k in range(len(steps) + 1) if steps[k:] in memory), None)
    return {} if known is None else memory[known].next


def _goes_on(memory: dict[Steps, Context], before: Steps, rest: Steps) -> float:
    """The share of cases that after some steps do the rest of a stretch."""
    share = 1.0
    for step in rest:
        follows = _next(memory, before)
        share *= follows.get(step, 0.0) / sum(follows.values()) if follows else 0.0
        before = (*before, step)
    return share


def _rerouted(memory: dict[Steps, Context], context: Context, run: Steps, name: str) -> Context:
    counts, after = dict(context.next), context.after
    moved = counts.get(run[0], 0.0) * _goes_on(memory, (*after, run[0]), run[1:])
    if moved:
        counts[run[0]] -= moved
        counts[name] = counts.get(name, 0.0) + moved
    for k in range(1, len(run)):
        if after[-k:] == run[:k] and run[k] in counts:
            # Who goes on to the end took the block instead.
            counts[run[k]] *= 1 - _goes_on(memory, (*after, run[k]), run[k + 1 :])
    left = {step: n for step, n in counts.items() if n > 1e-9}
    return context.model_copy(update={"next": left}) if left else context


def _renamed(after: Steps, run: Steps, name: str) -> Iterator[Steps]:
    """Memories of a stretch, or of its last steps, with the block in its place."""
    size = len(run)
    for k in range(len(after) - size + 1):
        if after[k : k + size] == run:
            yield (*after[:k], name, *after[k + size :])
    for size in range(1, len(run)):
        if after[:size] == run[-size:]:
            yield (name, *after[size:])
