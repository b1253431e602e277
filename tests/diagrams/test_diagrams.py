"""Diagrams: where shapes stand, BPMN files with places out and in again, the same bytes every time."""

import xml.etree.ElementTree as ET
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from bko_mining.diagrams.bpmn_file import NAMESPACE, read_diagram, write_diagram
from bko_mining.diagrams.diagram import GATEWAYS, Diagram, Flow, Shape
from bko_mining.diagrams.folding import folded
from bko_mining.diagrams.placing import Box, Placed, place
from bko_mining.discover.drawing import diagram_of_tree
from bko_mining.discover.tree import Step

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"


def _step(kind: str, *children: Step | str) -> Step:
    return Step(kind, "", tuple(Step("activity", child) if isinstance(child, str) else child for child in children))


SILENT = Step("silent")
NESTED = _step(
    "sequence",
    "a",
    _step("loop", _step("parallel", "b", _step("choice", _step("sequence", "c", "d"), SILENT)), "e"),
    _step("choice", _step("loop", "f", SILENT), _step("parallel", "g", "h", "i"), SILENT, SILENT),
    _step("loop", _step("loop", "j", SILENT), "k", "l"),
)


def _tangled() -> Diagram:
    """No blocks: a return into the middle of another way, and an activity that returns to itself."""
    names = "abcde"
    shapes = {
        "s": Shape("start"),
        **{n: Shape("activity", n * 40) for n in names},
        "x": Shape("xor"),
        "t": Shape("end"),
    }
    pairs = ["sa", "ax", "xb", "xc", "bd", "cd", "cb", "db", "dd", "de", "et", "ea", "xt"]
    return Diagram(shapes, tuple(Flow(*pair) for pair in pairs))


DETOUR = diagram_of_tree(
    _step("sequence", "x", _step("choice", _step("sequence", "a", _step("loop", "b", "c")), SILENT))
)
DIAGRAMS = {"blocks": diagram_of_tree(NESTED), "tangled": _tangled(), "detour": DETOUR}


@pytest.mark.parametrize("name", DIAGRAMS)
@pytest.mark.parametrize("down", [False, True])
def test_nothing_stands_on_or_runs_through_anything_else(name: str, down: bool) -> None:
    diagram = DIAGRAMS[name]
    placed = place(diagram, down=down)
    for one, other in combinations(placed.boxes.values(), 2):
        assert not _meet(one, other)
    for flow, line in zip(diagram.flows, placed.lines, strict=True):
        for a, b in pairwise(line):
            hull = (min(a[0], b[0]), min(a[1], b[1]), abs(a[0] - b[0]), abs(a[1] - b[1]))
            through = [key for key, box in placed.boxes.items() if _meet(hull, box)]
            assert set(through) <= {flow.source, flow.target}


def _meet(one: Box, other: Box) -> bool:
    (x, y, w, h), (u, v, s, t) = one, other
    return x + 1 < u + s and u + 1 < x + w + (w < 1) and y + 1 < v + t and v + 1 < y + h + (h < 1)


@pytest.mark.parametrize("name", DIAGRAMS)
def test_flows_begin_and_end_on_the_outline_of_their_shapes(name: str) -> None:
    diagram = DIAGRAMS[name]
    placed = place(diagram)
    for flow, line in zip(diagram.flows, placed.lines, strict=True):
        assert _on_outline(line[0], flow.source, diagram, placed)
        assert _on_outline(line[-1], flow.target, diagram, placed)
        assert all(a[0] == pytest.approx(b[0], abs=1) or a[1] == pytest.approx(b[1], abs=1) for a, b in pairwise(line))


def _on_outline(point: tuple[float, float], key: str, diagram: Diagram, placed: Placed) -> bool:
    x, y, width, height = placed.boxes[key]
    dx, dy = abs(point[0] - x - width / 2) / (width / 2), abs(point[1] - y - height / 2) / (height / 2)
    kind = diagram.shapes[key].kind
    reach = dx + dy if kind in GATEWAYS else max(dx, dy) if kind == "activity" else (dx * dx + dy * dy) ** 0.5
    return reach == pytest.approx(1, abs=0.05)


def test_a_join_stands_beyond_a_way_back_that_leaves_beside_it() -> None:
    boxes = place(DETOUR).boxes
    keys = {shape.name or key: key for key, shape in DETOUR.shapes.items()}
    opening = DETOUR.after[keys["x"]][0].target
    closing = DETOUR.before[next(key for key, shape in DETOUR.shapes.items() if shape.kind == "end")][0].source
    assert boxes[opening][1] == boxes[closing][1]
    assert boxes[closing][0] > boxes[keys["c"]][0] + boxes[keys["c"]][2]


def test_a_join_stands_on_the_row_of_its_split() -> None:
    diagram = diagram_of_tree(_step("sequence", "a", _step("choice", "b", "c", SILENT), "d"))
    placed = place(diagram)
    middles = {key: y + h / 2 for key, (_, y, _, h) in placed.boxes.items()}
    on_the_line = [key for key, shape in diagram.shapes.items() if shape.name not in ("c",)]
    assert len({middles[key] for key in on_the_line}) == 1
    lefts = [placed.boxes[key][0] for key in on_the_line]
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_file_holds_a_place_for_everything_and_is_the_same_again(tmp_path: Path, name: str) -> None:
    diagram = DIAGRAMS[name]
    path = write_diagram(diagram, tmp_path / "one.bpmn")
    root = ET.parse(path).getroot()
    process = root.find(f"{{{NAMESPACE}}}process")
    assert process is not None
    flows = {e.get("id") for e in process.findall(f"{{{NAMESPACE}}}sequenceFlow")}
    shapes = {e.get("id") for e in process} - flows
    assert {e.get("bpmnElement") for e in root.iter(f"{DI}BPMNShape")} == shapes
    assert {e.get("bpmnElement") for e in root.iter(f"{DI}BPMNEdge")} == flows
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    named = {e.text for e in process.iter() if e.tag.endswith(("incoming", "outgoing"))}
    assert named == flows
    again = read_diagram(path)
    assert [(f.source, f.target) for f in again.flows] == [(f.source, f.target) for f in diagram.flows]
    assert dict(again.shapes) == dict(diagram.shapes)
    assert write_diagram(again, tmp_path / "two.bpmn").read_bytes() == path.read_bytes()


def test_identifiers_and_names_of_any_letters_travel(tmp_path: Path) -> None:
    shapes = {
        "1 <start>": Shape("start"),
        "flow_0": Shape("activity", "Conferir “nota” & <valor> 50 %"),
        "Ende": Shape("end"),
    }
    diagram = Diagram(shapes, (Flow("1 <start>", "flow_0", "sim & não"), Flow("flow_0", "Ende")))
    again = read_diagram(write_diagram(diagram, tmp_path / "odd.bpmn"))
    assert list(again.shapes.values()) == list(shapes.values())
    assert [flow.name for flow in again.flows] == ["sim & não", ""]


def test_loops_and_ways_past_single_activities_fold_into_marks() -> None:
    drawn = diagram_of_tree(_step("sequence", "a", _step("choice", SILENT, _step("loop", "b", SILENT)), "c"))
    found = folded(drawn)
    names = {key: shape.name for key, shape in found.diagram.shapes.items()}
    assert [names[key] or found.diagram.shapes[key].kind for key in names] == ["start", "a", "b", "c", "end"]
    assert {names[key] for key in found.repeated} == {names[key] for key in found.optional} == {"b"}
    assert len(found.diagram.flows) == 4


def test_folding_leaves_a_choice_of_two_activities_alone() -> None:
    drawn = diagram_of_tree(_step("choice", "a", "b"))
    assert folded(drawn).diagram == drawn
