"""Fewer gateways for the eye: an activity that may be repeated or skipped carries a mark instead of two gateways."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bko_mining.diagrams.diagram import Diagram, Flow


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
