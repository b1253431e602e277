"""Between the views of a model: a process tree as a diagram, a diagram as a Petri net, a Petri net as a diagram."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from bko_mining.diagrams.diagram import Diagram, Flow, Shape
from bko_mining.discover.petri_net import NetBuilder, PetriNet, without_idle_moves
from bko_mining.discover.tree import Step
from bko_mining.errors import LogError

MOST_INCLUSIVE = 7
"""Ways out of an inclusive gateway that can be replayed (each of their combinations is a move of its own)."""


def diagram_of_tree(tree: Step) -> Diagram:
    """Draw a process tree with exclusive and parallel gateways.

    Examples
    --------
    >>> drawn = diagram_of_tree(Step("choice", "", (Step("activity", "a"), Step("activity", "b"))))
    >>> [shape.kind for shape in drawn.shapes.values()]
    ['start', 'xor', 'activity', 'activity', 'xor', 'end']
    """
    shapes: dict[str, Shape] = {}
    flows: list[Flow] = []
    start = _new(shapes, Shape("start"))
    last = _draw(shapes, flows, tree, start)
    end = _new(shapes, Shape("end"))
    flows.append(Flow(last, end))
    return Diagram(shapes, tuple(flows)).without_idle_gateways()


def _new(shapes: dict[str, Shape], shape: Shape) -> str:
    key = f"{shape.kind}_{len(shapes)}"
    shapes[key] = shape
    return key


def _draw(shapes: dict[str, Shape], flows: list[Flow], tree: Step, source: str) -> str:
    """Draw a block behind a shape and return the shape at its end."""
    if tree.kind == "silent":
        return source
    if tree.kind == "activity":
        key = _new(shapes, Shape("activity", tree.name))
        flows.append(Flow(source, key))
        return key
    if tree.kind == "sequence":
        for child in tree.children:
            source = _draw(shapes, flows, child, source)
        return source
    if tree.kind == "loop":
        return _draw_loop(shapes, flows, tree, source)
    kind = "xor" if tree.kind == "choice" else "and"
    opening = _new(shapes, Shape(kind))
    flows.append(Flow(source, opening))
    ends = [_draw(shapes, flows, child, opening) for child in tree.children]
    closing = _new(shapes, Shape(kind))
    flows.extend(Flow(end, closing) for end in ends)
    return closing


def _draw_loop(shapes: dict[str, Shape], flows: list[Flow], tree: Step, source: str) -> str:
    entry = _new(shapes, Shape("xor"))
    flows.append(Flow(source, entry))
    done = _draw(shapes, flows, tree.children[0], entry)
    check = _new(shapes, Shape("xor"))
    flows.append(Flow(done, check))
    for child in tree.children[1:]:
        flows.append(Flow(_draw(shapes, flows, child, check), entry))
    return check


def net_of_diagram(diagram: Diagram) -> PetriNet:
    """Return the net that allows what a diagram allows (Dijkman 2008).

    Raises
    ------
    LogError
        If nothing starts, or an inclusive gateway opens branches that are not closed by one of their own.
    """
    if all(diagram.before.values()):
        raise LogError(f"none of the {len(diagram.shapes)} shapes is a start; draw a start event")
    made = NetBuilder()
    first, last = made.place(), made.place()
    place = {id(flow): made.place() for flow in diagram.flows}
    pairs = dict(_inclusive_pairs(diagram))
    closing = {flow.target for flows in pairs.values() for flow in flows}
    for key, shape in diagram.shapes.items():
        into = [place[id(flow)] for flow in diagram.before[key]] or [first]
        out = [place[id(flow)] for flow in diagram.after[key]] or [last]
        if key in pairs:
            _open_some(made, _one(made, into), out, [place[id(flow)] for flow in pairs[key]])
        elif shape.kind == "and" or key in closing:
            made.transition(into, out)
        elif shape.kind == "or" and len(into) > 1:
            raise LogError(
                f"the inclusive gateway {shape.name or key!r} joins branches that no inclusive gateway opened; "
                "draw it as an exclusive or a parallel gateway"
            )
        elif shape.kind in ("xor", "or"):
            here = _one(made, into)
            for target in out:
                made.transition((here,), (target,))
        else:
            made.transition((_one(made, into),), out, shape.name if shape.kind == "activity" else "")
        _note_flows(made, {place[id(flow)]: at for at, flow in enumerate(diagram.flows) if flow.source == key})
    return without_idle_moves(made.net((first,), (last,)))


def _note_flows(made: NetBuilder, own: Mapping[int, int]) -> None:
    """Say which flows the transitions of a shape run along: those that leave it."""
    new = made.after[len(made.passes) :]
    made.passes += [tuple(own[place] for place in after if place in own) for after in new]


def _open_some(made: NetBuilder, here: int, out: list[int], rests: list[int]) -> None:
    """Every combination of ways out; those not taken are at once where they join."""
    for subset in _subsets(len(out)):
        made.transition((here,), [out[i] if i in subset else rests[i] for i in range(len(out))])


def _one(made: NetBuilder, into: list[int]) -> int:
    """One place that holds a token when any of several does."""
    if len(into) == 1:
        return into[0]
    here = made.place()
    for place in into:
        made.transition((place,), (here,))
    return here


def _subsets(n: int) -> Iterator[tuple[int, ...]]:
    for size in range(1, n + 1):
        yield from combinations(range(n), size)


def _inclusive_pairs(diagram: Diagram) -> Iterator[tuple[str, tuple[Flow, ...]]]:
    """Yield each inclusive split with the flows by which its branches reach the join of its own."""
    for key, shape in diagram.shapes.items():
        branches = diagram.after[key]
        if shape.kind == "or" and len(branches) > 1:
            if len(branches) > MOST_INCLUSIVE:
                raise LogError(
                    f"the inclusive gateway {shape.name or key!r} has {len(branches)} ways out; "
                    f"at most {MOST_INCLUSIVE} can be replayed: split it into several"
                )
            joins = (other for other, one in diagram.shapes.items() if one.kind == "or" and other != key)
            found = [pair for join in joins if (pair := _closing(diagram, branches, join))]
            if not found:
                raise LogError(
                    f"the branches of the inclusive gateway {shape.name or key!r} do not meet at an inclusive gateway "
                    "of their own; draw one that closes it, or use an exclusive or parallel gateway"
                )
            yield key, found[0]


def _closing(diagram: Diagram, branches: tuple[Flow, ...], join: str) -> tuple[Flow, ...]:
    """The flows by which branches reach a join, one each; none where a branch can miss it or shares its way."""
    reached = []
    for branch in branches:
        seen, todo, into = set[int](), [branch], []
        while todo:
            flow = todo.pop()
            if id(flow) in seen:
                continue
            seen.add(id(flow))
            if flow.target == join:
                into.append(flow)
            elif not diagram.after[flow.target]:
                return ()
            else:
                todo.extend(diagram.after[flow.target])
        if len(into) != 1:
            return ()
        reached.append(into[0])
    alone = len({id(flow) for flow in reached}) == len(branches) == len(diagram.before[join])
    return tuple(reached) if alone else ()


def diagram_of_net(net: PetriNet) -> Diagram:
    """Draw a net: places where cases part or meet are exclusive gateways, transitions that do so parallel ones."""
    shapes: dict[str, Shape] = {"start": Shape("start")}
    flows: list[Flow] = []
    into: dict[int, list[str]] = {place: [] for place in range(net.n_places)}
    out: dict[int, list[str]] = {place: [] for place in range(net.n_places)}
    _fork(shapes, flows, "start", [into[place] for place in net.initial])
    for t, label in enumerate(net.labels):
        key = f"activity_{t}" if label else f"and_{t}"
        shapes[key] = Shape("activity", label) if label else Shape("and")
        _meet(shapes, flows, key, [out[place] for place in net.before[t]])
        _fork(shapes, flows, key, [into[place] for place in net.after[t]])
    shapes["end"] = Shape("end")
    _meet(shapes, flows, "end", [out[place] for place in net.final])
    for place in range(net.n_places):
        if into[place] and out[place]:
            shapes[f"join_{place}"], shapes[f"split_{place}"] = Shape("xor"), Shape("xor")
            flows.extend(Flow(source, f"join_{place}") for source in into[place])
            flows.append(Flow(f"join_{place}", f"split_{place}"))
            flows.extend(Flow(f"split_{place}", target) for target in out[place])
    return Diagram(shapes, tuple(flows)).without_idle_gateways()


def _fork(shapes: dict[str, Shape], flows: list[Flow], key: str, places: list[list[str]]) -> None:
    if len(places) > 1 and shapes[key].kind != "and":
        shapes[f"{key}_fork"] = Shape("and")
        flows.append(Flow(key, f"{key}_fork"))
        key = f"{key}_fork"
    for into in places:
        into.append(key)


def _meet(shapes: dict[str, Shape], flows: list[Flow], key: str, places: list[list[str]]) -> None:
    if len(places) > 1 and shapes[key].kind != "and":
        shapes[f"{key}_meet"] = Shape("and")
        flows.append(Flow(f"{key}_meet", key))
        key = f"{key}_meet"
    for out in places:
        out.append(key)
