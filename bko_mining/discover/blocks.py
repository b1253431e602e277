"""The process tree of a diagram that is made of blocks, found by folding the blocks together, smallest first.

What lies between two gateways is folded into one arrow that carries a tree: a chain into a sequence, arrows between two
exclusive gateways into a choice, between two parallel ones into a parallel, a way there and back into a loop. A diagram
is made of blocks where one arrow is left, from its start to its end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bko_mining.diagrams.diagram import Diagram
from bko_mining.discover.tree import Step

SILENT = Step("silent")


@dataclass(eq=False, slots=True)
class _Arrow:
    """From one node to another, and what happens on the way."""

    source: str
    target: str
    step: Step = SILENT


@dataclass(slots=True)
class _Graph:
    """Nodes with their kind and what happens in them, and arrows in the order of the flows."""

    kinds: dict[str, str]
    steps: dict[str, Step]
    arrows: list[_Arrow] = field(default_factory=list)

    def into(self, node: str) -> list[_Arrow]:
        return [arrow for arrow in self.arrows if arrow.target == node]

    def out_of(self, node: str) -> list[_Arrow]:
        return [arrow for arrow in self.arrows if arrow.source == node]

    def put(self, folded: Sequence[_Arrow], arrow: _Arrow) -> None:
        """Replace arrows by one, where the first of them stood."""
        self.arrows[self.arrows.index(folded[0])] = arrow
        for gone in folded[1:]:
            self.arrows.remove(gone)


def tree_of_diagram(diagram: Diagram) -> Step | None:
    """Return the process tree of a diagram; None where it is not made of blocks.

    Examples
    --------
    >>> from bko_mining.diagrams.diagram import Flow, Shape
    >>> shapes = {"s": Shape("start"), "x": Shape("xor"), "a": Shape("activity", "Pay"), "y": Shape("xor"),
    ...     "e": Shape("end")}
    >>> pairs = [("s", "x"), ("x", "a"), ("a", "y"), ("x", "y"), ("y", "e")]
    >>> print(tree_of_diagram(Diagram(shapes, tuple(Flow(*pair) for pair in pairs))))
    choice('Pay', τ)
    """
    graph = _graph(diagram)
    while any(fold(graph) for fold in (_fold_chain, _fold_arrows, _fold_loop, _fold_round)):
        pass
    if set(graph.kinds) == {"first", "last"} and len(graph.arrows) == 1:
        return graph.arrows[0].step
    return None


def _graph(diagram: Diagram) -> _Graph:
    """Shapes with one first and one last node around them; what several flows enter or leave has its own gateways."""
    graph = _Graph({"first": "first", "last": "last"}, {"first": SILENT, "last": SILENT})
    entry, leave = {}, {}
    for key, shape in diagram.shapes.items():
        gateway = shape.kind in ("xor", "and", "or")
        graph.kinds[key] = shape.kind if gateway else "plain"
        graph.steps[key] = Step("activity", shape.name) if shape.kind == "activity" else SILENT
        entry[key] = leave[key] = key
        if not gateway and len(diagram.before[key]) > 1:
            entry[key] = _beside(graph, f"{key} join", "xor")
            graph.arrows.append(_Arrow(entry[key], key))
        if not gateway and len(diagram.after[key]) > 1:
            leave[key] = _beside(graph, f"{key} split", "and")
            graph.arrows.append(_Arrow(key, leave[key]))
    graph.arrows += [_Arrow(leave[flow.source], entry[flow.target]) for flow in diagram.flows]
    ends = [key for key in diagram.shapes if not diagram.after[key]]
    graph.arrows += [_Arrow("first", entry[key]) for key in diagram.shapes if not diagram.before[key]]
    last = _beside(graph, "last join", "xor") if len(ends) > 1 else "last"
    graph.arrows += [_Arrow(leave[key], last) for key in ends]
    graph.arrows += [_Arrow(last, "last")] if last != "last" else []
    return graph


def _beside(graph: _Graph, name: str, kind: str) -> str:
    graph.kinds[name], graph.steps[name] = kind, SILENT
    return name


def _fold_chain(graph: _Graph) -> bool:
    """A node with one way in and one way out becomes part of the arrow through it."""
    for node, kind in graph.kinds.items():
        into, out = graph.into(node), graph.out_of(node)
        if kind in ("first", "last") or len(into) != 1 or len(out) != 1 or into[0] is out[0]:
            continue
        step = _sequence((into[0].step, graph.steps[node], out[0].step))
        graph.put((into[0], out[0]), _Arrow(into[0].source, out[0].target, step))
        del graph.kinds[node], graph.steps[node]
        return True
    return False


def _fold_arrows(graph: _Graph) -> bool:
    """Arrows from one gateway to another of its kind become one: a choice, or a parallel; whole blocks come first.

    Part of a block is folded only where nothing else can be, so that branches stay in the order of the flows.
    """
    several = [same for same in _side_by_side(graph) if len(same) > 1]
    whole = [same for same in several if same == graph.out_of(same[0].source) == graph.into(same[0].target)]
    for same in (whole or several)[:1]:
        source, target = same[0].source, same[0].target
        fold = _choice if graph.kinds[source] == "xor" else _parallel
        graph.put(same, _Arrow(source, target, fold([one.step for one in same])))
    return bool(several)


def _side_by_side(graph: _Graph) -> list[list[_Arrow]]:
    """Arrows with the same ends, which are gateways of one kind."""
    found: dict[tuple[str, str], list[_Arrow]] = {}
    for arrow in graph.arrows:
        kind = graph.kinds[arrow.source]
        if kind in ("xor", "and") and graph.kinds[arrow.target] == kind and arrow.source != arrow.target:
            found.setdefault((arrow.source, arrow.target), []).append(arrow)
    return list(found.values())


def _fold_loop(graph: _Graph) -> bool:
    """The only arrow on from one exclusive gateway, the only one into another, and one back: a loop."""
    for back in graph.arrows:
        top, check = back.target, back.source
        on, into = graph.out_of(top), graph.into(check)
        if top == check or {graph.kinds[top], graph.kinds[check]} != {"xor"} or len(on) != 1 or on != into:
            continue
        graph.put((on[0], back), _Arrow(top, check, _loop(on[0].step, back.step)))
        return True
    return False


def _fold_round(graph: _Graph) -> bool:
    """An arrow from an exclusive gateway to itself: any number of times."""
    for arrow in graph.arrows:
        node = arrow.source
        if node == arrow.target and graph.kinds[node] == "xor" and graph.steps[node] == SILENT:
            graph.steps[node] = _loop(SILENT, arrow.step)
            graph.arrows.remove(arrow)
            return True
    return False


def _sequence(steps: Sequence[Step]) -> Step:
    return _of("sequence", [part for part in _flat("sequence", steps) if part != SILENT])


def _choice(steps: Sequence[Step]) -> Step:
    # What may be left out stands last, wherever it was drawn.
    return _of("choice", sorted(dict.fromkeys(_flat("choice", steps)), key=lambda step: step == SILENT))


def _parallel(steps: Sequence[Step]) -> Step:
    return _of("parallel", [part for part in _flat("parallel", steps) if part != SILENT])


def _loop(body: Step, back: Step) -> Step:
    return Step("loop", "", (body, *_flat("choice", (back,))))


def _flat(kind: str, steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield from step.children if step.kind == kind else (step,)


def _of(kind: str, children: list[Step]) -> Step:
    if len(children) < 2:
        return children[0] if children else SILENT
    return Step(kind, "", tuple(children))
