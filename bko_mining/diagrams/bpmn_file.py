"""BPMN 2.0 files: a diagram with its places out, so that every modeller opens it, and drawings by hand in."""

import re
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

from bko_mining.arguments import file_at
from bko_mining.diagrams.diagram import Diagram, Flow, Shape
from bko_mining.diagrams.placing import Box, Placed, place
from bko_mining.errors import BkoError

NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_BOX = "http://www.omg.org/spec/DD/20100524/DC"
_LINE = "http://www.omg.org/spec/DD/20100524/DI"
_PREFIXES = {"": NAMESPACE, "bpmndi": _DI, "dc": _BOX, "di": _LINE}
_GATEWAYS = {
    "exclusiveGateway": "xor",
    "parallelGateway": "and",
    "inclusiveGateway": "or",
    "eventBasedGateway": "xor",
    "complexGateway": "or",
}
_ACTIVITIES = {
    *("task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask"),
    *("callActivity", "subProcess", "transaction", "adHocSubProcess"),
}
_EVENTS = {"intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
_KINDS = {"startEvent": "start", "endEvent": "end", **_GATEWAYS, **dict.fromkeys(_EVENTS, "event")}
_ELEMENTS = {
    "start": "startEvent",
    "end": "endEvent",
    "activity": "task",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "event": "intermediateThrowEvent",
}


def parse_xml(path: str | Path) -> ET.Element:
    """Read XML that declares no entities.

    Raises
    ------
    BkoError
        If there is no file, it is no XML, or holds a document type (a way to attack its readers).
    """
    text = file_at(path, error=BkoError).read_bytes()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise BkoError(f"{path} holds a document type declaration, which is refused; save the diagram again without it")
    try:
        return ET.fromstring(text)
    except ET.ParseError as problem:
        raise BkoError(f"{path} is no XML: {problem}") from None


def read_diagram(path: str | Path) -> Diagram:
    """Read the process of a BPMN 2.0 file (the largest, where it holds several: pools).

    A boundary event is drawn as a way out of its activity, since a case may leave there.

    Raises
    ------
    BkoError
        If the file holds no process, or flows that lead nowhere.
    """
    processes = parse_xml(path).findall(f".//{{{NAMESPACE}}}process")
    if not processes:
        raise BkoError(f"{path} holds no BPMN process")
    process = max(processes, key=len)
    elements = [(element.tag.rpartition("}")[2], element) for element in process]
    shapes = {element.get("id") or "": _shape(kind, element) for kind, element in elements if _is_shape(kind)}
    flows = [_flow(element) for kind, element in elements if kind == "sequenceFlow"]
    lost = [flow for flow in flows if flow.source not in shapes or flow.target not in shapes]
    if lost:
        raise BkoError(
            f"{path}: {len(lost)} of {len(flows)} flows begin or end at what is no activity, gateway or event "
            f"(first: from {lost[0].source!r} to {lost[0].target!r}); draw them anew in a modeller"
        )
    _attach({element.get("id") or "": element for _, element in elements}, shapes, flows)
    return Diagram(shapes, tuple(flows))


def _attach(elements: Mapping[str, ET.Element], shapes: dict[str, Shape], flows: list[Flow]) -> None:
    for key in list(shapes):
        host = elements[key].get("attachedToRef")
        if host in shapes:
            choice = f"{host}_left"
            if choice not in shapes:
                shapes[choice] = Shape("xor")
                flows[:] = [Flow(choice, f.target, f.name) if f.source == host else f for f in flows]
                flows.append(Flow(host, choice))
            flows.append(Flow(choice, key))


def _is_shape(kind: str) -> bool:
    return kind in _KINDS or kind in _ACTIVITIES


def _shape(kind: str, element: ET.Element) -> Shape:
    key, name = element.get("id") or "", " ".join((element.get("name") or "").split())
    if kind in _ACTIVITIES:
        return Shape("activity", name or key)
    return Shape(_KINDS[kind], name, element.find(f"{{{NAMESPACE}}}timerEventDefinition") is not None)


def _flow(element: ET.Element) -> Flow:
    return Flow(*(element.get(name) or "" for name in ("sourceRef", "targetRef", "name", "id")))


def write_diagram(diagram: Diagram, path: str | Path, *, name: str = "") -> Path:
    """Write a diagram as BPMN 2.0 with places for every shape and flow; the same diagram always gives the same bytes.

    Parameters
    ----------
    diagram : Diagram
        What to write.
    path : str or Path
        The file, usually ``*.bpmn``.
    name : str
        Of the process.

    Returns
    -------
    Path
        The file.
    """
    target = Path(path)
    target.write_bytes(diagram_xml(diagram, name=name))
    return target


def diagram_xml(diagram: Diagram, *, name: str = "", placed: Placed | None = None) -> bytes:
    """Return a diagram as BPMN 2.0 (what ``write_diagram`` writes), laid out in one go if it is not placed already."""
    for prefix, uri in _PREFIXES.items():
        ET.register_namespace(prefix, uri)
    ids = identifiers(diagram)
    root = ET.Element(
        f"{{{NAMESPACE}}}definitions", {"id": "definitions", "targetNamespace": "https://bpmn.io/schema/bpmn"}
    )
    named = {"name": name} if name else {}
    process = ET.SubElement(root, f"{{{NAMESPACE}}}process", {"id": "process", **named, "isExecutable": "false"})
    _write_process(process, diagram, ids)
    _write_places(root, diagram, ids, placed or place(diagram))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _write_process(process: ET.Element, diagram: Diagram, ids: Mapping[str, str]) -> None:
    numbers = {id(flow): f"flow_{i}" for i, flow in enumerate(diagram.flows)}
    for key, shape in diagram.shapes.items():
        tag = "intermediateCatchEvent" if shape.timer and shape.kind == "event" else _ELEMENTS[shape.kind]
        named = {"name": shape.name} if shape.name else {}
        element = ET.SubElement(process, f"{{{NAMESPACE}}}{tag}", {"id": ids[key], **named})
        for side, flows in (("incoming", diagram.before[key]), ("outgoing", diagram.after[key])):
            for flow in flows:
                ET.SubElement(element, f"{{{NAMESPACE}}}{side}").text = numbers[id(flow)]
        if shape.timer:
            ET.SubElement(element, f"{{{NAMESPACE}}}timerEventDefinition", {"id": f"{ids[key]}_timer"})
    for i, flow in enumerate(diagram.flows):
        about = {"id": f"flow_{i}", "sourceRef": ids[flow.source], "targetRef": ids[flow.target]}
        named = {"name": flow.name} if flow.name else {}
        ET.SubElement(process, f"{{{NAMESPACE}}}sequenceFlow", about | named)


def _write_places(root: ET.Element, diagram: Diagram, ids: Mapping[str, str], placed: Placed) -> None:
    drawing = ET.SubElement(root, f"{{{_DI}}}BPMNDiagram", {"id": "diagram"})
    plane = ET.SubElement(drawing, f"{{{_DI}}}BPMNPlane", {"id": "plane", "bpmnElement": "process"})
    for key, shape in diagram.shapes.items():
        marker = {"isMarkerVisible": "true"} if shape.kind == "xor" else {}
        about = {"id": f"{ids[key]}_di", "bpmnElement": ids[key]}
        element = ET.SubElement(plane, f"{{{_DI}}}BPMNShape", about | marker)
        sides = zip(("x", "y", "width", "height"), placed.boxes[key], strict=True)
        ET.SubElement(element, f"{{{_BOX}}}Bounds", {side: f"{size:g}" for side, size in sides})
        if shape.name and shape.kind != "activity":
            _write_label(element, shape.name, placed.boxes[key])
    for i, line in enumerate(placed.lines):
        element = ET.SubElement(plane, f"{{{_DI}}}BPMNEdge", {"id": f"flow_{i}_di", "bpmnElement": f"flow_{i}"})
        for x, y in line:
            ET.SubElement(element, f"{{{_LINE}}}waypoint", {"x": f"{x:g}", "y": f"{y:g}"})


def _write_label(element: ET.Element, name: str, box: Box) -> None:
    """A name stands above its gateway or event: below, it would cover the flows that leave downward."""
    x, y, width, _ = box
    wide = min(90.0, 6.5 * len(name))
    high = 14.0 * len(textwrap.wrap(name, 15))
    label = ET.SubElement(element, f"{{{_DI}}}BPMNLabel")
    places = {"x": x + width / 2 - wide / 2, "y": y - high - 4, "width": wide, "height": high}
    ET.SubElement(label, f"{{{_BOX}}}Bounds", {side: f"{size:g}" for side, size in places.items()})


def identifiers(diagram: Diagram) -> dict[str, str]:
    """Return identifiers of the shapes that XML allows: those given where they are, otherwise made from them."""
    allowed = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
    reserved = {"definitions", "process", "diagram", "plane", *(f"flow_{i}" for i in range(len(diagram.flows)))}
    return {
        key: key if allowed.fullmatch(key) and key not in reserved else f"shape_{i}_{re.sub(r'[^A-Za-z0-9]', '_', key)}"
        for i, key in enumerate(diagram.shapes)
    }
