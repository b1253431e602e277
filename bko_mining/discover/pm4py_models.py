"""The one door to pm4py (and to r4pm, which aligns): our own values in, our own values out.

pm4py is imported when it is first needed, since that takes seconds, and without its banner and progress bars.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Trace = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A node of a process tree: ``sequence``, ``choice``, ``parallel``, ``loop``, ``activity`` or ``silent``.

    The first child of a loop is done, then any number of times one of the others and the first again.
    """

    kind: str
    name: str = ""
    children: tuple["Step", ...] = ()

    def __str__(self) -> str:
        if self.kind in ("activity", "silent"):
            return repr(self.name) if self.name else "τ"
        return f"{self.kind}({', '.join(map(str, self.children))})"


@dataclass(frozen=True, slots=True)
class Alignment:
    """How one variant fits a model: moves of the log alone, of the model alone, and in step.

    Attributes
    ----------
    cost : int
        Moves of the log or the model alone.
    inserted : tuple of int
        Positions in the variant that the model does not allow.
    skipped : tuple of (int, str)
        Activities that the model asks for and the variant lacks, with the position before which they are missing.
    """

    cost: int
    inserted: tuple[int, ...]
    skipped: tuple[tuple[int, str], ...]


def discover_tree(variants: Mapping[Trace, int], *, noise: float) -> Step:
    """Discover a process tree from variants and how many cases share each (inductive miner, infrequent)."""
    _quietly()
    from collections import Counter

    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.inductive.variants.imf import IMFUVCL, IMFParameters
    from pm4py.objects.process_tree.utils.generic import fold

    found = IMFUVCL({}).apply(IMDataStructureUVCL(Counter(variants)), {IMFParameters.NOISE_THRESHOLD: noise})
    return _own(fold(found))


def petri_net(tree: Step) -> tuple[Any, Any, Any]:
    """Return pm4py's Petri net of a tree with its initial and final marking."""
    _quietly()
    from pm4py.objects.conversion.process_tree import converter

    net: tuple[Any, Any, Any] = converter.apply(_theirs(tree), variant=converter.Variants.TO_PETRI_NET)
    return net


def write_pnml(tree: Step, path: str) -> None:
    """Write the Petri net of a tree as PNML."""
    _quietly()
    import pm4py

    pm4py.write_pnml(*petri_net(tree), path)


def precision(tree: Step, variants: Mapping[Trace, int]) -> float:
    """Share of what the model allows next that the log shows (ETC precision by token replay; Muñoz-Gama 2010)."""
    _quietly()
    import pandas as pd
    import pm4py

    rows = [
        (str(case), name, pd.Timestamp(0) + pd.Timedelta(seconds=place))
        for case, (trace, n) in enumerate(variants.items())
        for place, name in enumerate(trace)
        if n
    ]
    frame = pd.DataFrame(rows, columns=["case:concept:name", "concept:name", "time:timestamp"])
    return float(pm4py.precision_token_based_replay(frame, *petri_net(tree)))


def simplicity(tree: Step) -> float:
    """How far the net is from needing many arcs a node (arc degree; Blum 2015), 1 for a chain."""
    _quietly()
    import pm4py

    return float(pm4py.simplicity_petri_net(*petri_net(tree)))


def align(tree: Step, traces: Sequence[Trace]) -> tuple[list[Alignment], int]:
    """Align traces with a model exactly (r4pm), and the cost of the shortest run through the model."""
    _quietly()
    from r4pm.bindings import align_empty_trace, align_trace
    from r4pm.petri_net import from_pm4py

    net = from_pm4py(*petri_net(tree))
    labels = _labels(net)
    found = [_alignment(align_trace(net, list(trace)), labels) for trace in traces]
    return found, int(align_empty_trace(net)["cost"])


def _labels(net: Any) -> dict[str, str]:
    transitions = net["transitions"].values() if isinstance(net["transitions"], dict) else net["transitions"]
    return {str(transition["id"]): str(transition["label"] or "") for transition in transitions}


def _alignment(result: Any, labels: Mapping[str, str]) -> Alignment:
    inserted, skipped, place = [], [], 0
    for move in result["moves"]:
        ((kind, about),) = move.items()
        if kind == "LogMove":
            inserted.append(place)
        elif kind == "ModelMove":
            name = labels[str(about["transition"])]
            if name:
                skipped.append((place, name))
        place += kind in ("LogMove", "SyncMove")
    return Alignment(int(result["cost"]), tuple(inserted), tuple(skipped))


_KINDS = {"->": "sequence", "X": "choice", "+": "parallel", "*": "loop"}


def _own(tree: Any) -> Step:
    if tree.operator is None:
        return Step("activity", tree.label) if tree.label is not None else Step("silent")
    return Step(_KINDS[tree.operator.value], "", tuple(_own(child) for child in tree.children))


def _theirs(tree: Step) -> Any:
    from pm4py.objects.process_tree.obj import Operator, ProcessTree

    if tree.kind in ("activity", "silent"):
        return ProcessTree(label=tree.name or None)
    signs = {kind: sign for sign, kind in _KINDS.items()}
    made = ProcessTree(operator=Operator(signs[tree.kind]))
    for child in tree.children:
        branch = _theirs(child)
        branch.parent = made
        made.children.append(branch)
    return made


def _quietly() -> None:
    sys._pm4py_welcome_shown = True  # type: ignore[attr-defined]
    os.environ.setdefault("PM4PY_SHOW_PROGRESS_BAR", "False")
