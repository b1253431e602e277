"""Fewer gateways for the eye: an activity that may be repeated or skipped carries a mark instead of two gateways."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bko_mining.diagrams.diagram import GATEWAYS, Diagram, Flow


@dataclass(frozen=True, slots=True)
class Folded:
    """A diagram whose activities may carry marks: the keys of those that may be repeated, and skipped."""

    diagram: Diagram
    repeated: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


def folded(diagram: Diagram) -> Folded:
    """Fold the loops around single activities and the ways past them, innermost first.

    Examples
    --------
    >>> from bko_mining.diagrams.diagram import Shape
    >>> shapes = {"s": Shape("start"), "x": Shape("xor"), "a": Shape("activity", "Pay"), "y": Shape("xor"),
    ...     "e": Shape("end")}
    >>> pairs = [("s", "x"), ("x", "a"), ("a", "y"), ("x", "y"), ("y", "e")]
    >>> found = folded(Diagram(shapes, tuple(Flow(*pair) for pair in pairs)))
    >>> list(found.diagram.shapes), sorted(found.optional)
    (['s', 'a', 'e'], ['a'])
    """
    now = Folded(diagram)
    while True:
        after = next(_folds(now), None)
        if after is None:
            return now
        now = after


def condensed(diagram: Diagram) -> Diagram:
    """Draw joins that follow each other as one, and splits: what a diagram allows stays the same.

    A join before a split stays apart from it, though one gateway could stand for both: ways into it and ways out of it
    would lie on each other. Gateways with names stay too.

    Examples
    --------
    >>> from bko_mining.diagrams.diagram import Shape
    >>> shapes = {"s": Shape("start"), "x": Shape("xor"), "y": Shape("xor"), "a": Shape("activity", "Pay"),
    ...     "b": Shape("activity", "Ask"), "c": Shape("activity", "Drop")}
    >>> pairs = [("s", "x"), ("x", "a"), ("x", "y"), ("y", "b"), ("y", "c")]
    >>> [(flow.source, flow.target) for flow in condensed(Diagram(shapes, tuple(Flow(*pair) for pair in pairs))).flows]
    [('s', 'x'), ('x', 'a'), ('x', 'b'), ('x', 'c')]
    """
    now = diagram
    while True:
        flow = next((flow for flow in now.flows if _one_gateway(now, flow)), None)
        if flow is None:
            return now
        now = _merged(now, flow)


def _one_gateway(diagram: Diagram, flow: Flow) -> bool:
    """Whether a flow leads from a join to a join or from a split to a split of its kind."""
    source, target = diagram.shapes[flow.source], diagram.shapes[flow.target]
    if source.kind != target.kind or source.kind not in GATEWAYS or source.kind == "or" or flow.source == flow.target:
        return False
    joins = len(diagram.after[flow.source]) == len(diagram.after[flow.target]) == 1
    splits = len(diagram.before[flow.source]) == len(diagram.before[flow.target]) == 1
    several = sum(one.target == flow.target for one in diagram.after[flow.source]) > 1
    returns = any(one.target == flow.source for one in diagram.after[flow.target])
    return (joins or splits) and not (several or returns or source.name or target.name or flow.name)


def _merged(diagram: Diagram, gone: Flow) -> Diagram:
    """Let the first of two gateways stand for both."""
    flows: list[Flow] = []
    for flow in diagram.flows:
        if flow is gone:
            flows += [replace(after, source=gone.source) for after in diagram.after[gone.target]]
        elif flow.target == gone.target:
            flows.append(replace(flow, target=gone.source))
        elif flow.source != gone.target:
            flows.append(flow)
    return Diagram({name: shape for name, shape in diagram.shapes.items() if name != gone.target}, tuple(flows))


def _folds(now: Folded) -> Iterator[Folded]:
    diagram = now.diagram
    for key, shape in diagram.shapes.items():
        if shape.kind != "activity" or len(diagram.before[key]) != 1 or len(diagram.after[key]) != 1:
            continue
        opening, closing = diagram.before[key][0].source, diagram.after[key][0].target
        if diagram.shapes[opening].kind != "xor" or diagram.shapes[closing].kind != "xor" or opening == closing:
            continue
        ways = len(diagram.before[opening]), len(diagram.after[opening])
        ends = len(diagram.before[closing]), len(diagram.after[closing])
        if ways == (2, 1) and ends == (1, 2) and _joined(diagram, closing, opening):
            yield replace(now, diagram=_without(diagram, opening, closing, key), repeated=now.repeated | {key})
        elif ways == (1, 2) and ends == (2, 1) and _joined(diagram, opening, closing):
            yield replace(now, diagram=_without(diagram, opening, closing, key), optional=now.optional | {key})


def _joined(diagram: Diagram, source: str, target: str) -> bool:
    return any(flow.target == target for flow in diagram.after[source])


def _without(diagram: Diagram, opening: str, closing: str, key: str) -> Diagram:
    gone = {opening, closing}
    flows = []
    for flow in diagram.flows:
        if flow.source not in gone and flow.target == opening:
            flows.append(Flow(flow.source, key, flow.name))
        elif flow.source == closing and flow.target not in gone:
            flows.append(Flow(key, flow.target, flow.name))
        elif flow.source not in gone and flow.target not in gone:
            flows.append(flow)
    return Diagram({name: shape for name, shape in diagram.shapes.items() if name not in gone}, tuple(flows))
