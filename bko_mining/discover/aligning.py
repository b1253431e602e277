"""Alignments: how a sequence of activities fits a model best, exactly.

Where the markings of the net can be written out, the costs of all variants are found together; where parallel parts
multiply them, r4pm searches for one variant after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from bko_mining.discover.canonical import CanonicalAligner, Move
from bko_mining.discover.petri_net import PetriNet
from bko_mining.discover.remaining_cost import RemainingCost, groups
from bko_mining.discover.state_space import FAR, StateSpace, state_space
from bko_mining.errors import LogError

Trace = tuple[str, ...]


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
    fired : tuple of int
        Transitions of the net, in the order of the run through the model that fits best.
    """

    cost: int
    inserted: tuple[int, ...]
    skipped: tuple[tuple[int, str], ...]
    fired: tuple[int, ...]


def align(net: PetriNet, traces: Sequence[Trace]) -> tuple[tuple[Alignment, ...], int]:
    """Align traces with a model, and return with it the cost of the shortest run through the model.

    Quality and deviations are asked of the same alignments: the last ones are kept.

    Raises
    ------
    LogError
        If no run through the model ends, or there are too many to search.
    """
    return best_alignments(net, tuple(traces))


@lru_cache(maxsize=2)
def best_alignments(net: PetriNet, traces: tuple[Trace, ...]) -> tuple[tuple[Alignment, ...], int]:
    """Do what ``align`` says; ``cache_clear`` forgets what it found (benchmarks ask for it)."""
    space = state_space(net)
    return by_search(net, traces) if space is None else by_costs(space, traces)


def by_costs(space: StateSpace, traces: tuple[Trace, ...]) -> tuple[tuple[Alignment, ...], int]:
    """All variants together, from what the rest of each costs in every marking."""
    shortest = int(space.to_end[0])
    if shortest >= FAR:
        raise _refusal(space.net, "Unreachable")
    found: dict[int, Alignment] = {}
    for group in groups(traces, len(space.markings)):
        left = RemainingCost(space, [traces[place] for place in group])
        for k, place in enumerate(group):
            found[place] = _of_moves(space.net, left.moves(k), left.cost(k))
    return tuple(found[place] for place in range(len(traces))), shortest


def by_search(net: PetriNet, traces: tuple[Trace, ...]) -> tuple[tuple[Alignment, ...], int]:
    """One variant after the other, by r4pm."""
    from r4pm.bindings import align_empty_trace

    # Names travel as numbers: r4pm reads them from a file, in which not every letter may stand.
    codes = {name: f"a{code}" for code, name in enumerate(sorted({*net.activities, *chain.from_iterable(traces)}))}
    theirs, numbers = _their_net(net, codes)
    try:
        shortest = int(align_empty_trace(theirs)["cost"])
    except TypeError as problem:  # r4pm has no errors of its own
        if "SearchError" not in str(problem):
            raise
        raise _refusal(net, str(problem)) from None
    coded = [tuple(codes[name] for name in trace) for trace in traces]
    found = _aligned(theirs, coded)
    wrong = next((result for result in found.values() if "Ok" not in result), None)
    if wrong is not None:
        raise _refusal(net, str(wrong))
    theirs_by_trace = [_alignment(found[trace]["Ok"], net, numbers) for trace in coded]
    aligner = CanonicalAligner(net)
    return tuple(_canonical(aligner, *pair) for pair in zip(traces, theirs_by_trace, strict=True)), shortest


def _canonical(aligner: CanonicalAligner, trace: Trace, one: Alignment) -> Alignment:
    """The first of the best alignments, whichever of them r4pm came upon."""
    moves = aligner.align(trace, one.cost) if one.cost else None
    return one if moves is None else _of_moves(aligner.net, moves, one.cost)


def _aligned(theirs: Any, traces: Sequence[Trace]) -> dict[Trace, Any]:
    """All in one call: handing the net over for each trace would take longer than the search."""
    import r4pm
    from r4pm.bindings import align_variants

    rows = "".join(
        "<trace>"
        + "".join(f'<event><string key="concept:name" value="{name}"/></event>' for name in trace)
        + "</trace>"
        for trace in dict.fromkeys(traces)
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "variants.xes"
        path.write_text(f'<?xml version="1.0"?><log xes.version="1.0">{rows}</log>', encoding="utf-8")
        log = r4pm.import_item("EventLog", str(path))
    try:
        variants = r4pm.convert_item(log, "EventLogActivityProjection")
        try:
            return {tuple(one["activities"]): one["result"] for one in align_variants(theirs, variants)}
        finally:
            r4pm.remove_item(variants)
    finally:
        r4pm.remove_item(log)


class NoRunError(LogError):
    """No case can run through a model from its start to its end."""


class TooManyRunsError(LogError):
    """A model allows too many runs to find the one that fits a case best."""


def _refusal(net: PetriNet, problem: str) -> LogError:
    about = f"the model of {len(net.activities)} activities"
    if "Unreachable" in problem:
        why = "its .soundness says why: correct the model"
        return NoRunError(f"no case can run through {about} from its start to its end; {why}")
    why = "its .soundness says where it grows: correct the model"
    return TooManyRunsError(f"{about} allows too many runs to find the best; {why}")


def _their_net(net: PetriNet, codes: Mapping[str, str]) -> tuple[Any, dict[str, int]]:
    names = [str(UUID(int=1 + place)) for place in range(net.n_places)]
    moves = [str(UUID(int=1 + net.n_places + t)) for t in range(len(net.labels))]
    arcs = [("PlaceTransition", names[p], moves[t]) for t, group in enumerate(net.before) for p in group]
    arcs += [("TransitionPlace", moves[t], names[p]) for t, group in enumerate(net.after) for p in group]
    theirs = {
        "places": {name: {"id": name} for name in names},
        "transitions": {m: {"id": m, "label": codes.get(name)} for m, name in zip(moves, net.labels, strict=True)},
        "arcs": [{"from_to": {"type": kind, "nodes": [a, b]}, "weight": 1} for kind, a, b in arcs],
        "initial_marking": {names[p]: 1 for p in net.initial},
        "final_markings": [{names[p]: 1 for p in net.final}],
    }
    return theirs, {move: t for t, move in enumerate(moves)}


def _alignment(result: Any, net: PetriNet, numbers: dict[str, int]) -> Alignment:
    kinds = {"ModelMove": "model"}
    pairs = [next(iter(move.items())) for move in result["moves"]]
    moves = [
        (kinds.get(kind, "sync"), -1 if kind == "LogMove" else numbers[about["transition"]]) for kind, about in pairs
    ]
    return _of_moves(net, moves, int(result["cost"]))


def _of_moves(net: PetriNet, moves: Sequence[Move], cost: int) -> Alignment:
    inserted, skipped, fired, place = [], [], [], 0
    for kind, transition in moves:
        if kind == "log":
            inserted.append(place)
        else:
            fired.append(transition)
            if kind == "model" and net.labels[transition]:
                skipped.append((place, net.labels[transition]))
        place += kind != "model"
    return Alignment(cost, tuple(inserted), tuple(skipped), tuple(fired))
