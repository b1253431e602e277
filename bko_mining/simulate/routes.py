"""From the three ways of writing a routing to nodes of the net."""

from bko_mining.errors import SimulationError
from bko_mining.simulate.histories import HistoryWriter
from bko_mining.simulate.net import Condition, Kind, Net, Way
from bko_mining.twin.conditions import parse_condition
from bko_mining.twin.model import Twin
from bko_mining.twin.routing import (
    START,
    Block,
    BlockRouting,
    Branch,
    Choice,
    Flow,
    GraphRouting,
    HistoryRouting,
    Loop,
    Parallel,
    Pause,
    Sequence,
    Some,
)
from bko_mining.twin.values import Part


def build_net(twin: Twin) -> Net:
    """Write the routings of all case types into one net, fold it and apply the share changes.

    Raises
    ------
    SimulationError
        If a share change concerns a way that no routing has.
    """
    net = Net()
    built: dict[int, int] = {}
    for name, kind in twin.all_case_types.items():
        routing = kind.routing if kind.routing is not None else twin.routing
        if id(routing) not in built and routing is not None:
            start = net.add(Kind.START, START)
            built[id(routing)] = start
            net.nodes[start].ways = [Way(write(net, routing, net.add(Kind.END)))]
        net.starts[name] = built[id(routing)]
    net.fold()
    for change in twin.share_changes:
        if not net.change(change, conditions(change.when)):
            raise SimulationError(
                f"no choice after {change.after!r} leads to {change.to!r}, so its share cannot change"
            )
    reached = {i for start in net.starts.values() for i in net.reachable(start)}
    for i in sorted(reached):
        node = net.nodes[i]
        if not node.label and node.kind != Kind.END:
            node.label = f"{node.kind.name.lower()} before {', '.join(sorted(net.labels_first(i)))}"
        for way in node.ways:
            net.nodes[way.to].incoming += 1
    return net


def write(net: Net, routing: Part, follow: int) -> int:
    """Write a routing that goes on at a node; returns where it begins."""
    if isinstance(routing, BlockRouting):
        return _block(net, routing.root, follow)
    if isinstance(routing, GraphRouting):
        return _graph(net, routing, follow)
    assert isinstance(routing, HistoryRouting)
    return HistoryWriter(net, routing, follow, write).begin()


def conditions(text: str | None) -> Condition:
    """Read a condition; none is always true."""
    return parse_condition(text) if text else ()


def _block(net: Net, block: Block, follow: int) -> int:
    if block is None:
        return follow
    if isinstance(block, str):
        return net.add(Kind.ACTIVITY, block, [follow])
    if isinstance(block, Sequence):
        for child in reversed(block.sequence):
            follow = _block(net, child, follow)
        return follow
    if isinstance(block, Pause):
        node = net.add(Kind.WAIT, to=[follow])
        net.nodes[node].delay = block.delay
        return node
    return _split(net, block, follow)


def _split(net: Net, block: Choice | Parallel | Some | Loop, follow: int) -> int:
    if isinstance(block, Choice):
        node = net.add(Kind.PICK)
        net.nodes[node].ways = [_way(net, branch, follow) for branch in block.xor]
    elif isinstance(block, Parallel):
        join = net.add(Kind.JOIN, block.name, [follow])
        node = net.add(Kind.FORK, block.name)
        net.nodes[node].ways = [Way(_block(net, child, join)) for child in block.parallel]
        net.nodes[node].join = join
    elif isinstance(block, Some):
        join = net.add(Kind.JOIN, to=[follow])
        node = net.add(Kind.SOME)
        net.nodes[node].ways = [_way(net, branch, join) for branch in block.some]
        net.nodes[node].join = join
    else:
        return _loop(net, block, follow)
    return node


def _way(net: Net, branch: Branch, follow: int) -> Way:
    return Way(_block(net, branch.do, follow), branch.share, conditions(branch.when))


def _loop(net: Net, block: Loop, follow: int) -> int:
    loop = block.loop
    pick = net.add(Kind.PICK)
    entry = _block(net, loop.do, pick)
    back = _block(net, loop.redo, entry)
    when = conditions(loop.when)
    if loop.at_most is not None:
        first = net.nodes[entry].label
        if not first:
            raise SimulationError("a loop with at_most needs an activity as its first step, to count the rounds")
        when = (*when, *parse_condition(f"visits({first}) < {loop.at_most}"))
    net.nodes[pick].ways = [Way(back, loop.again, when), Way(follow, 1 - loop.again)]
    return entry


def _graph(net: Net, routing: GraphRouting, follow: int) -> int:
    out: dict[str, list[Flow]] = {name: [] for name in routing.nodes}
    n_in = dict.fromkeys(routing.nodes, 0)
    for flow in routing.flows:
        out[flow.source].append(flow)
        n_in[flow.target] += 1
    entry: dict[str, int] = {}
    leave: dict[str, int] = {}
    for name in routing.nodes:
        entry[name], leave[name] = _graph_node(net, routing, name, (n_in[name], len(out[name])), follow)
    for name, flows in out.items():
        if routing.nodes[name].kind != "end":
            net.nodes[leave[name]].ways = [
                Way(
                    entry[flow.target],
                    1.0 if flow.share is None and not flow.when else flow.share,
                    conditions(flow.when),
                )
                for flow in flows
            ]
    _pair_splits(net, routing, {name: (entry[name], leave[name]) for name in routing.nodes})
    return entry[next(name for name, node in routing.nodes.items() if node.kind == "start")]


def _graph_node(net: Net, routing: GraphRouting, name: str, degree: tuple[int, int], follow: int) -> tuple[int, int]:
    """Where flows enter and leave a node; an activity with several flows out splits, as in BPMN."""
    node, (n_in, n_out) = routing.nodes[name], degree
    label = node.name or name
    if node.kind == "end":
        return follow, follow
    if node.kind == "activity":
        entry = net.add(Kind.ACTIVITY, node.activity or name)
        if n_out <= 1:
            return entry, entry
        fork = net.add(Kind.FORK, label)
        net.nodes[entry].ways = [Way(fork)]
        return entry, fork
    if node.kind == "delay":
        wait = net.add(Kind.WAIT)
        net.nodes[wait].delay = node.delay
        return wait, wait
    if node.kind in ("xor", "start"):
        pick = net.add(Kind.PICK)
        return pick, pick
    split = net.add(Kind.FORK if node.kind == "and" else Kind.SOME, label) if n_out > 1 else -1
    if n_in <= 1:
        return (split, split) if split >= 0 else (pick := net.add(Kind.PICK), pick)
    join = net.add(Kind.JOIN, label)
    if split < 0:
        return join, join
    net.nodes[join].ways = [Way(split)]
    return join, split


def _pair_splits(net: Net, routing: GraphRouting, ends: dict[str, tuple[int, int]]) -> None:
    """Each split meets again at the nearest join that all of its branches reach."""
    for _, leave in ends.values():
        node = net.nodes[leave]
        if node.kind not in (Kind.FORK, Kind.SOME):
            continue
        reached = [net.reachable(way.to) for way in node.ways]
        shared = [i for i in reached[0] if net.nodes[i].kind == Kind.JOIN and all(i in other for other in reached)]
        node.join = shared[0] if shared else -1
        if node.kind == Kind.SOME and node.join < 0:
            raise SimulationError("the branches of an or-gateway never meet again; end them in one or-gateway")
