"""BPMN 2.0 in and out: the routing of a twin as a diagram that other tools read.

Only control flow travels: tasks, exclusive, parallel and inclusive gateways, start, end and timer events. Shares of
ways out of a gateway have no place in the standard; they are kept in the name of the flow (``30 %``).
"""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from bko_mining.errors import TwinError
from bko_mining.twin.routing import (
    BlockRouting,
    Branch,
    Choice,
    Flow,
    GraphRouting,
    HistoryRouting,
    Loop,
    Node,
    Parallel,
    Pause,
    Sequence,
)
from bko_mining.twin.values import Delay, Distribution

NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_GATEWAYS = {"exclusiveGateway": "xor", "parallelGateway": "and", "inclusiveGateway": "or", "eventBasedGateway": "xor"}
_TASKS = {
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "scriptTask",
    "sendTask",
    "receiveTask",
    "businessRuleTask",
    "callActivity",
    "subProcess",
}
_KINDS = {"startEvent": "start", "endEvent": "end", "intermediateCatchEvent": "delay", **_GATEWAYS}
_ELEMENTS = {
    "start": "startEvent",
    "end": "endEvent",
    "activity": "task",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "delay": "intermediateCatchEvent",
}


def parse_xml(path: str | Path) -> ET.Element:
    """Read XML that declares no entities.

    Raises
    ------
    TwinError
        If the file is no XML, or holds a document type (a way to attack its readers).
    """
    text = Path(path).read_bytes()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise TwinError(
            f"{path} holds a document type declaration, which is refused; save the diagram again without it"
        )
    try:
        return ET.fromstring(text)
    except ET.ParseError as problem:
        raise TwinError(f"{path} is no XML: {problem}") from None


def read_bpmn(path: str | Path) -> GraphRouting:
    """Read the first process of a BPMN 2.0 file as a routing.

    Raises
    ------
    TwinError
        If the file holds no process, no start, or several starts.
    """
    process = parse_xml(path).find(f".//{{{NAMESPACE}}}process")
    if process is None:
        raise TwinError(f"{path} holds no BPMN process")
    nodes: dict[str, Node] = {}
    flows: list[Flow] = []
    for element in process:
        kind = element.tag.rpartition("}")[2]
        name, key = (element.get("name") or "").strip(), element.get("id") or ""
        if kind == "sequenceFlow":
            flows.append(_flow(element))
        elif kind in _TASKS:
            nodes[key] = Node(kind="activity", activity=name or key)
        elif kind in _KINDS:
            delay = Delay(time=Distribution(value=0.0)) if _KINDS[kind] == "delay" else None
            nodes[key] = Node(kind=_KINDS[kind], name=name, delay=delay)
    try:
        return GraphRouting(kind="graph", nodes=nodes, flows=tuple(flow for flow in flows if flow.source in nodes))
    except ValueError as problem:
        raise TwinError(f"{path}: {problem}") from None


def flow_ids(path: str | Path, routing: GraphRouting) -> tuple[str, ...]:
    """Return the identifiers of the flows of a file that was read, in the order of ``routing.flows``."""
    flows = parse_xml(path).iter(f"{{{NAMESPACE}}}sequenceFlow")
    return tuple(flow.get("id") or "" for flow in flows if flow.get("sourceRef") in routing.nodes)


def _flow(element: ET.Element) -> Flow:
    share = re.fullmatch(r"\s*([\d.]+)\s*%\s*", element.get("name") or "")
    return Flow(
        source=element.get("sourceRef") or "",
        target=element.get("targetRef") or "",
        share=float(share[1]) / 100 if share else None,
    )


def write_bpmn(routing: BlockRouting | GraphRouting | HistoryRouting, path: str | Path) -> Path:
    """Write a routing as BPMN 2.0 and return the path; positions are left to the viewer.

    Raises
    ------
    TwinError
        If the routing remembers histories, for which BPMN has no symbol.
    """
    graph = as_graph(routing)
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}definitions", {"targetNamespace": "https://bpmn.io/schema/bpmn"})
    process = ET.SubElement(root, f"{{{NAMESPACE}}}process", {"id": "process", "isExecutable": "false"})
    for key, node in graph.nodes.items():
        label = node.activity or node.name or (key if node.kind == "activity" else "")
        attributes = {"id": key} | ({"name": label} if label else {})
        element = ET.SubElement(process, f"{{{NAMESPACE}}}{_ELEMENTS[node.kind]}", attributes)
        if node.kind == "delay":
            ET.SubElement(element, f"{{{NAMESPACE}}}timerEventDefinition", {"id": f"{key}_timer"})
    for i, flow in enumerate(graph.flows):
        attributes = {"id": f"flow_{i}", "sourceRef": flow.source, "targetRef": flow.target}
        if flow.share is not None:
            attributes["name"] = f"{100 * flow.share:.12g} %"
        ET.SubElement(process, f"{{{NAMESPACE}}}sequenceFlow", attributes)
    ET.indent(root)
    target = Path(path)
    target.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    return target


def as_graph(routing: BlockRouting | GraphRouting | HistoryRouting) -> GraphRouting:
    """Draw blocks as a graph; a graph stays as it is.

    Raises
    ------
    TwinError
        If the routing remembers histories.
    """
    if isinstance(routing, GraphRouting):
        return routing
    if isinstance(routing, HistoryRouting):
        raise TwinError("a history routing has no BPMN diagram; discover a model from a simulated log instead")
    return _Drawing().graph(routing)


class _Drawing:
    """Turns blocks into nodes and flows, one after the other."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.flows: list[Flow] = []

    def graph(self, routing: BlockRouting) -> GraphRouting:
        start = self.add("start")
        last = self.block(routing.root, start, None)
        self.join(last, self.add("end"))
        return GraphRouting(kind="graph", nodes=self.nodes, flows=tuple(self.flows))

    def add(self, kind: str, **about: Any) -> str:
        key = f"{kind}_{len(self.nodes)}"
        self.nodes[key] = Node(kind=kind, **about)
        return key

    def join(self, end: "tuple[str, Branch | None]", target: str) -> None:
        source, branch = end
        self.flows.append(
            Flow(
                source=source,
                target=target,
                share=branch.share if branch else None,
                when=branch.when if branch else None,
            )
        )

    def block(self, block: Any, source: str, branch: Branch | None) -> "tuple[str, Branch | None]":
        """Draw a block behind a node; returns the open end."""
        end = (source, branch)
        if block is None:
            return end
        if isinstance(block, Sequence):
            for child in block.sequence:
                end = self.block(child, *end)
            return end
        if isinstance(block, str):
            node = self.add("activity", activity=block)
        elif isinstance(block, Pause):
            node = self.add("delay", delay=block.delay)
        else:
            return self.split(block, end)
        self.join(end, node)
        return node, None

    def split(self, block: Any, end: "tuple[str, Branch | None]") -> "tuple[str, Branch | None]":
        if isinstance(block, Loop):
            return self.loop(block, end)
        kind = "xor" if isinstance(block, Choice) else "and" if isinstance(block, Parallel) else "or"
        label = {"name": block.name} if isinstance(block, Parallel) else {}
        opening, closing = self.add(kind, **label), self.add(kind)
        self.join(end, opening)
        if isinstance(block, Parallel):
            branches: list[tuple[Any, Branch | None]] = [(child, None) for child in block.parallel]
        else:
            branches = [(branch.do, branch) for branch in (block.xor if isinstance(block, Choice) else block.some)]
        for child, branch in branches:
            self.join(self.block(child, opening, branch), closing)
        return closing, None

    def loop(self, block: Loop, end: "tuple[str, Branch | None]") -> "tuple[str, Branch | None]":
        entry, check = self.add("xor"), self.add("xor")
        self.join(end, entry)
        self.join(self.block(block.loop.do, entry, None), check)
        again = Branch(share=block.loop.again, when=block.loop.when)
        self.join(self.block(block.loop.redo, check, again), entry)
        return check, Branch(share=1 - block.loop.again)
