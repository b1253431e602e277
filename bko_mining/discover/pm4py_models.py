"""The one door to pm4py: our own values in, our own values out.

pm4py is imported when it is first needed, since that takes seconds, and without its banner and progress bars.
"""

import os
import sys
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from bko_mining.diagrams.diagram import Diagram, Flow, Shape
from bko_mining.discover.ordering import in_order
from bko_mining.discover.petri_net import PetriNet
from bko_mining.discover.tree import Step

Trace = tuple[str, ...]


def discover_tree(variants: Mapping[Trace, int], *, noise: float) -> Step:
    """Discover a process tree from variants and how many cases share each (inductive miner, infrequent)."""
    _quietly()
    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.inductive.variants.imf import IMFUVCL, IMFParameters
    from pm4py.objects.process_tree.utils.generic import fold

    found = IMFUVCL({}).apply(IMDataStructureUVCL(Counter(variants)), {IMFParameters.NOISE_THRESHOLD: noise})
    return _own(fold(found))


def discover_heuristics(variants: Mapping[Trace, int], *, dependency: float) -> PetriNet:
    """Discover a net from how often activities follow one another (heuristics miner; Weijters 2006)."""
    _quietly()
    from pm4py.algo.discovery.heuristics.variants.classic import Parameters, apply_dfg

    pairs: Counter[tuple[str, str]] = Counter()
    single: Counter[str] = Counter()
    first: Counter[str] = Counter()
    last: Counter[str] = Counter()
    for trace, n in variants.items():
        for pair in pairwise(trace):
            pairs[pair] += n
        for name in trace:
            single[name] += n
        first[trace[0]] += n
        last[trace[-1]] += n
    found = apply_dfg(
        pairs,
        activities=sorted(single),
        activities_occurrences=single,
        start_activities=first,
        end_activities=last,
        parameters={Parameters.DEPENDENCY_THRESH: dependency},
    )
    return _net(*found)


def discover_powl(variants: Mapping[Trace, int], *, noise: float) -> PetriNet:
    """Discover a partially ordered model (POWL; Kourani 2023) and return its net.

    pm4py's own threshold for POWL leaves out variants, and breaks off where one is much rarer than the one before it;
    here the noise is that of ``discover_tree``: where no cut is found, paths rarer than this share of the most frequent
    path out of the same activity are passed over, and so are rare ways past a part.
    """
    _quietly()
    import pm4py
    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.powl.inductive.variants.im_maximal import POWLInductiveMinerMaximalOrder

    class Miner(POWLInductiveMinerMaximalOrder):  # type: ignore[misc]
        def apply(self, obj: Any, parameters: Any = None) -> Any:
            return super().apply(_rarely_empty(obj, noise), parameters)

        def find_cut(self, obj: Any, parameters: Any = None) -> Any:
            return super().find_cut(obj, parameters) or super().find_cut(_frequent(obj, noise), parameters)

    options = {"filtering_threshold": 0.0}
    found = Miner(options).apply(IMDataStructureUVCL(Counter(variants)), options)
    return _net(*pm4py.convert_to_petri_net(found.simplify()))


def _rarely_empty(obj: Any, noise: float) -> Any:
    """Leave out empty traces where they are rare."""
    traces = obj.data_structure
    if not 0 < traces.get((), 0) <= noise * sum(traces.values()):
        return obj
    return type(obj)(Counter({trace: n for trace, n in traces.items() if trace}))


def _frequent(obj: Any, noise: float) -> Any:
    """The same traces with a directly-follows graph of frequent paths only."""
    from pm4py.objects.dfg.obj import DFG

    theirs, most = obj.dfg, Counter(obj.dfg.end_activities)
    for (source, _), n in theirs.graph.items():
        most[source] = max(most[source], n)
    dfg, starts = DFG(), max(theirs.start_activities.values())
    dfg.graph.update({path: n for path, n in theirs.graph.items() if n > noise * most[path[0]]})
    dfg.start_activities.update({name: n for name, n in theirs.start_activities.items() if n >= noise * starts})
    dfg.end_activities.update(theirs.end_activities)
    return type(obj)(obj.data_structure, dfg)


def discover_split(variants: Mapping[Trace, int], *, concurrency: float, rare: float) -> Diagram:
    """Discover a diagram by where ways part and meet (Split Miner; Augusto 2019)."""
    _quietly()
    from pm4py.algo.discovery.split_miner.dtypes.log import END_LABEL, START_LABEL
    from pm4py.algo.discovery.split_miner.variants.classic import ClassicSplitMiner, Parameters

    traces = [[START_LABEL, *trace, END_LABEL] for trace, n in variants.items() for _ in range(n)]
    miner = ClassicSplitMiner()
    # The traces are at hand: the miner need not make an event log of a million rows to find them.
    miner.do_extract_traces = lambda log, parameters=None: log
    return _diagram(miner.apply(traces, {Parameters.EPSILON: concurrency, Parameters.ETA: rare}))


def _net(net: Any, initial: Any, final: Any) -> PetriNet:
    """Our net of theirs, in an order that is the same in every run."""
    labels = {place: f"0 {place in initial} {place in final}" for place in net.places}
    labels |= {transition: f"1 {transition.label or ''}" for transition in net.transitions}
    order = in_order(labels, [(arc.source, arc.target) for arc in net.arcs])
    places = {place: number for number, place in enumerate(node for node in order if node in net.places)}
    moves = [node for node in order if node in net.transitions]
    return PetriNet(
        labels=tuple(transition.label or "" for transition in moves),
        before=tuple(tuple(sorted(places[arc.source] for arc in transition.in_arcs)) for transition in moves),
        after=tuple(tuple(sorted(places[arc.target] for arc in transition.out_arcs)) for transition in moves),
        initial=tuple(sorted(places[place] for place in initial)),
        final=tuple(sorted(places[place] for place in final)),
    )


_SHAPES = {
    "Task": "activity",
    "ExclusiveGateway": "xor",
    "ParallelGateway": "and",
    "InclusiveGateway": "or",
    "StartEvent": "start",
    "EndEvent": "end",
}


def _diagram(found: Any) -> Diagram:
    """Our diagram of theirs, in an order that is the same in every run."""
    kinds = {node: _kind(node) for node in found.get_nodes()}
    names = {node: node.get_name() if kind == "activity" else "" for node, kind in kinds.items()}
    arcs = [(flow.get_source(), flow.get_target()) for flow in found.get_flows()]
    order = in_order({node: f"{kind} {names[node]}" for node, kind in kinds.items()}, arcs)
    keys = {node: f"{kinds[node]}_{place}" for place, node in enumerate(order)}
    place = {node: position for position, node in enumerate(order)}
    flows = sorted(arcs, key=lambda arc: (place[arc[0]], place[arc[1]]))
    shapes = {keys[node]: Shape(kinds[node], names[node]) for node in order}
    return Diagram(shapes, tuple(Flow(keys[a], keys[b]) for a, b in flows)).without_idle_gateways()


def _kind(node: Any) -> str:
    name = type(node).__name__
    return next((kind for theirs, kind in _SHAPES.items() if theirs in name), "activity")


_KINDS = {"->": "sequence", "X": "choice", "+": "parallel", "*": "loop"}


def _own(tree: Any) -> Step:
    if tree.operator is None:
        return Step("activity", tree.label) if tree.label is not None else Step("silent")
    return Step(_KINDS[tree.operator.value], "", tuple(_own(child) for child in tree.children))


def _quietly() -> None:
    sys._pm4py_welcome_shown = True  # type: ignore[attr-defined]
    os.environ.setdefault("PM4PY_SHOW_PROGRESS_BAR", "False")
