"""BPMN 2.0 in and out: the routing of a twin as a diagram that other tools read.

Only control flow travels: tasks, exclusive, parallel and inclusive gateways, start, end and timer events. Shares of
ways out of a gateway have no place in the standard; they are kept in the name of the flow (``30 %``).
"""

import re
from pathlib import Path
from typing import Any

from bko_mining.diagrams.bpmn_file import read_diagram, write_diagram
from bko_mining.diagrams.diagram import Diagram, Shape
from bko_mining.diagrams.diagram import Flow as DrawnFlow
from bko_mining.errors import BkoError, TwinError
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

_KINDS = {"event": "delay"}


def read_bpmn(path: str | Path) -> GraphRouting:
    """Read the process of a BPMN 2.0 file (the largest, where it holds several) as a routing.

    Raises
    ------
    TwinError
        If the file holds no process, no start, or several starts.
    """
    try:
        diagram = read_diagram(path)
        nodes = {key: _node(shape) for key, shape in diagram.shapes.items()}
        return _with_splits(nodes, list(map(_flow, diagram.flows)))
    except (BkoError, ValueError) as problem:
        raise TwinError(str(problem) if str(path) in str(problem) else f"{path}: {problem}") from None


def _with_splits(nodes: dict[str, Node], flows: list[Flow]) -> GraphRouting:
    """Several plain flows out of a task run side by side (BPMN 2.0, 13.3.1): a parallel gateway says so here.

    The flows keep their order; those into the new gateways come last.
    """
    for key in [key for key, node in nodes.items() if node.kind in ("start", "activity", "delay")]:
        out = [i for i, flow in enumerate(flows) if flow.source == key]
        if len(out) > 1 and all(flows[i].share is None for i in out):
            split = f"{key}_split"
            nodes[split] = Node(kind="and")
            for i in out:
                flows[i] = flows[i].model_copy(update={"source": split})
            flows.append(Flow(source=key, target=split))
    return GraphRouting(kind="graph", nodes=nodes, flows=tuple(flows))


def flow_ids(path: str | Path) -> tuple[str, ...]:
    """Return the identifiers of the flows of a file, in the order of the ``flows`` of its routing (its first ones)."""
    return tuple(flow.key for flow in read_diagram(path).flows)


def _node(shape: Shape) -> Node:
    if shape.kind == "activity":
        return Node(kind="activity", activity=shape.name)
    delay = Delay(time=Distribution(value=0.0)) if shape.kind == "event" else None
    return Node(kind=_KINDS.get(shape.kind, shape.kind), name=shape.name, delay=delay)


def _flow(flow: DrawnFlow) -> Flow:
    share = re.fullmatch(r"\s*([\d.]+)\s*%\s*", flow.name)
    return Flow(source=flow.source, target=flow.target, share=float(share[1]) / 100 if share else None)


def write_bpmn(routing: BlockRouting | GraphRouting | HistoryRouting, path: str | Path) -> Path:
    """Write a routing as BPMN 2.0, with the places of shapes and flows, and return the path.

    Raises
    ------
    TwinError
        If the routing remembers histories, for which BPMN has no symbol.
    """
    return write_diagram(as_diagram(routing), path)


def as_diagram(routing: BlockRouting | GraphRouting | HistoryRouting) -> Diagram:
    """Draw a routing as a diagram.

    Raises
    ------
    TwinError
        If the routing remembers histories.
    """
    graph = as_graph(routing)
    shapes = {
        key: Shape(
            "event" if node.kind == "delay" else node.kind,
            node.activity or node.name or (key if node.kind == "activity" else ""),
            timer=node.kind == "delay",
        )
        for key, node in graph.nodes.items()
    }
    flows = (
        DrawnFlow(flow.source, flow.target, "" if flow.share is None else f"{100 * flow.share:.12g} %")
        for flow in graph.flows
    )
    return Diagram(shapes, tuple(flows))


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
        when = block.loop.when
        if block.loop.at_most is not None:
            first = next(self.nodes[flow.target].activity for flow in self.flows if flow.source == entry)
            limit = f"visits({first}) < {block.loop.at_most}"
            when = limit if when is None else f"{when} and {limit}"
        again = Branch(share=block.loop.again, when=when)
        self.join(self.block(block.loop.redo, check, again), entry)
        return check, Branch(share=1 - block.loop.again)
