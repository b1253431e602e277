"""Routings rewritten: blocks one by one from the inside out, graphs node by node, histories count by count."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bko_mining.errors import ScenarioError
from bko_mining.twin.routing import (
    END,
    START,
    BlockRouting,
    Choice,
    Context,
    Flow,
    GraphRouting,
    HistoryRouting,
    LeftOut,
    Loop,
    Node,
    Parallel,
    Sequence,
    Some,
)

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin

Rewrite = Callable[[Any], Any]


def every_routing(twin: "Twin", rewrite: Rewrite) -> "Twin":
    """Rewrite the routing of the twin and those of its case types."""
    types = {
        name: kind if kind.routing is None else kind.model_copy(update={"routing": rewrite(kind.routing)})
        for name, kind in twin.case_types.items()
    }
    routing = None if twin.routing is None else rewrite(twin.routing)
    return twin.replace(routing=routing, case_types=types)


def rewritten(routing: BlockRouting, rewrite: Rewrite) -> BlockRouting:
    """Rewrite every block of a routing, the inner ones first."""
    return BlockRouting(root=_rewritten(routing.root, rewrite))


def _rewritten(block: Any, rewrite: Rewrite) -> Any:
    def go(inner: Any) -> Any:
        return _rewritten(inner, rewrite)

    if isinstance(block, Sequence):
        block = Sequence(sequence=tuple(go(step) for step in block.sequence))
    elif isinstance(block, Choice):
        block = Choice(xor=tuple(b.model_copy(update={"do": go(b.do)}) for b in block.xor))
    elif isinstance(block, Parallel):
        block = block.model_copy(update={"parallel": tuple(go(branch) for branch in block.parallel)})
    elif isinstance(block, Some):
        block = block.model_copy(update={"some": tuple(b.model_copy(update={"do": go(b.do)}) for b in block.some)})
    elif isinstance(block, Loop):
        inner = {"do": go(block.loop.do), "redo": go(block.loop.redo)}
        block = Loop(loop=block.loop.model_copy(update=inner))
    return rewrite(block)


def contains(block: Any, activity: str) -> list[Any]:
    """The blocks on the way from a block down to an activity; empty if it is not there."""
    if block == activity:
        return [block]
    for child in _children(block):
        way = contains(child, activity)
        if way:
            return [block, *way]
    return []


def _children(block: Any) -> tuple[Any, ...]:
    if isinstance(block, Sequence):
        return block.sequence
    if isinstance(block, Choice):
        return tuple(branch.do for branch in block.xor)
    if isinstance(block, Parallel):
        return block.parallel
    if isinstance(block, Some):
        return tuple(branch.do for branch in block.some)
    return (block.loop.do, block.loop.redo) if isinstance(block, Loop) else ()


def rows_of(block: Any) -> list[list[str]]:
    """Activities that sequences in a block do right after one another, a list each."""
    found: list[list[str]] = [[]]
    for step in block.sequence if isinstance(block, Sequence) else ():
        if isinstance(step, str):
            found[-1].append(step)
        else:
            found.append([])
    inner = [row for child in _children(block) for row in rows_of(child)]
    return [row for row in found if len(row) > 1] + inner


def perhaps(activity: str, share: float, when: str | None) -> Choice:
    """A choice that leaves an activity out with a share, where a condition holds."""
    out = {"when": when} if share == 1 and when else {"share": share, "when": when}
    stay = 1.0 if share == 1 and when else 1.0 - share
    return Choice.model_validate({"xor": [out, {"share": stay, "do": activity}]})


def leave_out_of_graph(routing: GraphRouting, activity: str, share: float, when: str | None) -> GraphRouting:
    """Put an exclusive choice before an activity whose second way leads past it."""
    nodes, flows = dict(routing.nodes), list(routing.flows)
    for key, node in routing.nodes.items():
        if node.kind != "activity" or (node.activity or key) != activity:
            continue
        leaving = [flow for flow in flows if flow.source == key]
        if len(leaving) != 1:
            raise ScenarioError(f"{activity!r} has {len(leaving)} flows out; put a gateway behind it to leave it out")
        fork = f"skip {key}"
        nodes[fork] = Node(kind="xor")
        flows = [flow.model_copy(update={"target": fork}) if flow.target == key else flow for flow in flows]
        certain = share == 1 and when is not None
        past = Flow(source=fork, target=leaving[0].target, share=None if certain else share, when=when)
        flows += [past, Flow(source=fork, target=key, share=1.0 if certain else 1.0 - share)]
    return routing.model_copy(update={"nodes": nodes, "flows": tuple(flows)})


def leave_out_of_history(routing: HistoryRouting, activity: str, share: float) -> HistoryRouting:
    """Hand a share of what went to an activity on to what usually follows it."""
    follows = _usual_next(routing, activity)
    contexts = tuple(_handed_on(context, activity, share, follows) for context in routing.contexts)
    blocks = {
        name: block.model_copy(update={"branches": tuple(_branch(b, activity, share) for b in block.branches)})
        for name, block in routing.blocks.items()
    }
    return routing.model_copy(update={"contexts": contexts, "blocks": blocks})


def go_past_in_history(routing: HistoryRouting, rule: LeftOut) -> HistoryRouting:
    """Let cases go past an activity wherever the history leads to it.

    Raises
    ------
    ScenarioError
        If another rule already leaves it out.
    """
    if any(known.activity == rule.activity for known in routing.left_out):
        raise ScenarioError(f"{rule.activity!r} is already left out by another rule; write one skip with both")
    blocks = {
        name: block.model_copy(
            update={
                "branches": tuple(
                    go_past_in_history(branch, rule) if isinstance(branch, HistoryRouting) else branch
                    for branch in block.branches
                )
            }
        )
        for name, block in routing.blocks.items()
    }
    known = any(rule.activity in context.next for context in routing.contexts)
    left_out = (*routing.left_out, rule) if known else routing.left_out
    return routing.model_copy(update={"blocks": blocks, "left_out": left_out})


def _branch(routing: Any, activity: str, share: float) -> Any:
    return leave_out_of_history(routing, activity, share) if isinstance(routing, HistoryRouting) else routing


def _usual_next(routing: HistoryRouting, activity: str) -> dict[str, float]:
    own = [context for context in routing.contexts if context.after[-1:] == (activity,)]
    shortest = min(own, key=lambda context: len(context.after), default=None)
    counts = {} if shortest is None else {to: n for to, n in shortest.next.items() if to != activity}
    total = sum(counts.values())
    return {to: n / total for to, n in counts.items()} if total else {END: 1.0}


def _handed_on(context: Context, activity: str, share: float, follows: dict[str, float]) -> Context:
    moved = context.next.get(activity, 0.0) * share
    if not moved:
        return context
    counts = dict(context.next)
    counts[activity] -= moved
    for to, part in follows.items():
        counts[to] = counts.get(to, 0.0) + moved * part
    if context.after == (START,) and set(counts) == {activity, END}:
        raise ScenarioError(f"without {activity!r} nothing would be left of a case")
    return context.model_copy(update={"next": {to: n for to, n in counts.items() if n > 0}})
