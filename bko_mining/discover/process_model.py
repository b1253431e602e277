"""A process model: what may happen, discovered from what did or drawn by hand, with its quality in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pandas as pd

from bko_mining.diagrams.bpmn_file import read_diagram, write_diagram
from bko_mining.diagrams.diagram import Diagram
from bko_mining.discover.aligning import NoRunError, TooManyRunsError, Trace, align
from bko_mining.discover.blocks import tree_of_diagram
from bko_mining.discover.drawing import diagram_of_net, diagram_of_tree, net_of_diagram
from bko_mining.discover.petri_net import PetriNet, net_of_tree
from bko_mining.discover.pm4py_models import discover_heuristics, discover_powl, discover_split, discover_tree
from bko_mining.discover.pnml import read_pnml, write_pnml
from bko_mining.discover.quality import fitness, generalisation, precision, simplicity
from bko_mining.discover.soundness import Soundness, soundness
from bko_mining.discover.tree import Step
from bko_mining.discover.variants import variants
from bko_mining.errors import BkoError, LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

_UNMEASURED = {
    "": "A model of {n} {n:activity|activities}; its quality was not measured on a log.",
    "no run": "A model of {n} {n:activity|activities}; its quality cannot be measured: no case can run through it from "
    "its start to its end.",
    "too many runs": "A model of {n} {n:activity|activities}; its quality cannot be measured: it allows too many runs "
    "to find the one that fits a case best.",
}


@dataclass(frozen=True, slots=True, eq=False)
class ProcessModel(Result):
    """A process model in three views: a diagram (BPMN), a Petri net and, where it is made of blocks, a process tree.

    Attributes
    ----------
    table : pandas.DataFrame
        Quality, one row a measure: ``measure``, ``value_share`` (in [0, 1]) and ``meaning``. A model that was read from
        a file has its simplicity only; ``model_quality(log, model)`` measures the rest.
    diagram : Diagram
        Activities, gateways and flows.
    net : PetriNet
        The same as a Petri net with an initial and a final marking.
    tree : Step or None
        The same as a process tree; None where the model is not made of blocks.
    soundness : Soundness
        Whether every case can finish, whatever happens, and why not.
    fitting_share : float
        Cases that the model replays without a deviation; NaN where it was not measured.
    n_cases : int
        Cases it was measured on.
    left_out : tuple of str
        Activities of the log that the model does not have.
    log : EventLog or None
        What its quality was measured on: ``.interactive()`` shows how often, how long and after which wait.
    unmeasured : str
        Why its quality could not be measured: ``no run`` through it ends, or ``too many runs``; empty otherwise.
    """

    diagram: Diagram
    net: PetriNet
    tree: Step | None
    soundness: Soundness
    fitting_share: float = float("nan")
    n_cases: int = 0
    left_out: tuple[str, ...] = ()
    log: EventLog | None = None
    unmeasured: str = ""

    picture: ClassVar[str] = "models:plot_model"
    widget: ClassVar[str] = "model_widget:model_widget"
    living: ClassVar[str] = "living_model:living_model"

    @property
    def summary(self) -> str:
        """Coverage in words: what the model replays, what it leaves out and whether every case can finish."""
        words = [self._coverage()]
        if self.left_out:
            words.append(
                say(
                    "It leaves out {n} of {all} {all:activity|activities} ({names}).",
                    n=number(len(self.left_out)),
                    all=number(len(self.left_out) + len(self.activities)),
                    names=", ".join(self.left_out[:3]) + (", …" if len(self.left_out) > 3 else ""),
                )
            )
        if self.soundness.sound is False:
            words.append(say("It is not sound: {reason}.", reason=self.soundness.because))
        elif self.soundness.sound is None:
            words.append(say("Whether every case can finish is not known: {reason}.", reason=self.soundness.because))
        return " ".join(words)

    def _coverage(self) -> str:
        if not self.n_cases:
            return say(_UNMEASURED[self.unmeasured], n=number(len(self.activities)))
        return say(
            "The model replays {share} of {cases} {cases:case|cases} without a deviation; {fitness} of all "
            "steps fit it.",
            share=percent(self.fitting_share),
            cases=number(self.n_cases),
            fitness=percent(float(self.table["value_share"].iloc[0]), 1),
        )

    @property
    def activities(self) -> tuple[str, ...]:
        """Activities of the model, from left to right."""
        return self.diagram.activities

    @property
    def block_structured(self) -> bool:
        """Whether the model is made of blocks (and is therefore sound)."""
        return self.tree is not None

    def save_bpmn(self, path: str | Path) -> Path:
        """Write the model as BPMN 2.0 with places for every shape, as modellers open it, and return its path."""
        return write_diagram(self.diagram, path)

    def save_pnml(self, path: str | Path) -> Path:
        """Write the model as a Petri net in PNML and return its path."""
        return write_pnml(self.net, path)


def discover_model(log: EventLog, *, noise: float = 0.2) -> ProcessModel:
    """Discover a model that is block-structured and sound (inductive miner, infrequent; Leemans 2014).

    Parameters
    ----------
    log : EventLog
        What happened.
    noise : float
        Share of rare behaviour to leave out at each cut, in [0, 1); 0 keeps everything.

    Returns
    -------
    ProcessModel
        The model and its quality: fitness (exact alignments), precision, generalisation and simplicity; a model that
        allows too many runs to search is not measured, and says so.

    Raises
    ------
    LogError
        If the noise is not in [0, 1).

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["open", "pay", "open"],
    ...     "end": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-05"])})
    >>> bko.discover_model(bko.EventLog.from_frame(rows), noise=0).tree
    Step(kind='sequence', name='', children=(Step(kind='activity', name='open', children=()), Step(kind='choice', \
name='', children=(Step(kind='silent', name='', children=()), Step(kind='activity', name='pay', children=())))))
    """
    _share("noise", noise)
    tree = discover_tree(_counted(log), noise=noise)
    made = _model(diagram_of_tree(tree), net_of_tree(tree), tree=tree)
    return _measured(log, made)


def discover_heuristics_model(log: EventLog, *, dependency: float = 0.5) -> ProcessModel:
    """Discover a model from how often activities follow one another (heuristics miner; Weijters 2006).

    It is seldom made of blocks and need not be sound: ``soundness`` says so, and where it cannot be replayed its
    quality is not measured.

    Parameters
    ----------
    log : EventLog
        What happened.
    dependency : float
        How clearly one activity must follow another for the model to say so, in [0, 1).

    Raises
    ------
    LogError
        If the dependency is not in [0, 1).
    """
    _share("dependency", dependency)
    net = discover_heuristics(_counted(log), dependency=dependency)
    return _measured(log, _model(diagram_of_net(net), net))


def discover_powl_model(log: EventLog, *, noise: float = 0.2) -> ProcessModel:
    """Discover a sound model whose blocks may be partial orders, not only parallels (POWL; Kourani 2023).

    The noise is that of ``discover_model``, and so are its limits.
    """
    _share("noise", noise)
    net = discover_powl(_counted(log), noise=noise)
    return _measured(log, _model(diagram_of_net(net), net))


def discover_split_model(log: EventLog, *, concurrency: float = 0.1, rare: float = 0.4) -> ProcessModel:
    """Discover a simple diagram by where the ways of cases part and meet (Split Miner; Augusto 2019).

    It need not be made of blocks, nor sound where loops meet parallel parts: ``soundness`` says so, and where it cannot
    be replayed its quality is not measured.

    Parameters
    ----------
    log : EventLog
        What happened.
    concurrency : float
        How even both orders of two activities must be for them to be parallel, in [0, 1) (the paper's epsilon).
    rare : float
        Percentile of frequency below which paths are left out, in [0, 1) (the paper's eta).

    Raises
    ------
    LogError
        If a share is not in [0, 1), or the diagram holds inclusive gateways that cannot be replayed.
    """
    _share("concurrency", concurrency)
    _share("rare", rare)
    diagram = discover_split(_counted(log), concurrency=concurrency, rare=rare)
    return _measured(log, _model(diagram, net_of_diagram(diagram)))


def read_model(path: str | Path) -> ProcessModel:
    """Read a model drawn by hand, or by another tool, as a reference: BPMN 2.0 (``.bpmn``) or PNML (``.pnml``).

    Returns
    -------
    ProcessModel
        To be checked against logs with ``conformance`` and ``model_quality``.

    Raises
    ------
    LogError
        If the file is neither, or its model cannot be replayed; says what to draw differently.
    """
    try:
        if Path(path).suffix.lower() == ".pnml":
            net = read_pnml(path)
            drawn = diagram_of_net(net)
            return _model(drawn, net, tree=tree_of_diagram(drawn))
        diagram = read_diagram(path)
        return _model(diagram, net_of_diagram(diagram), tree=tree_of_diagram(diagram))
    except BkoError as problem:
        raise LogError(str(problem) if str(path) in str(problem) else f"{path}: {problem}") from None


def model_quality(log: EventLog, model: ProcessModel) -> ProcessModel:
    """Return a model with its quality measured on a log.

    Parameters
    ----------
    log : EventLog
        What happened; it need not be the log the model was discovered from.
    model : ProcessModel
        Discovered or read.

    Raises
    ------
    LogError
        If no case can run through the model from its start to its end.
    """
    known = variants(log)
    n_cases = known.table["n_cases"].to_numpy()
    aligned, shortest = align(model.net, known.sequences)
    fits = sum(int(n) for one, n in zip(aligned, n_cases, strict=True) if one.cost == 0)
    rows = [
        (
            "fitness",
            fitness(aligned, known.sequences, shortest, n_cases),
            say("steps of the log and the model that agree"),
        ),
        ("precision", precision(model.net, aligned, n_cases), say("of what the model allows next, what the log shows")),
        ("generalisation", generalisation(n_cases), say("chance that the next case shows nothing new")),
        ("simplicity", simplicity(model.diagram), say("1 for a chain, less with every branching")),
    ]
    inside = set(model.activities)
    return replace(
        model,
        table=pd.DataFrame(rows, columns=["measure", "value_share", "meaning"]),
        fitting_share=fits / log.n_cases,
        n_cases=log.n_cases,
        log=log,
        left_out=tuple(sorted({name for sequence in known.sequences for name in sequence} - inside)),
    )


def _measured(log: EventLog, model: ProcessModel) -> ProcessModel:
    """Measure a model where it can be replayed; one that is not sound, or allows too many runs, may not."""
    try:
        return model_quality(log, model)
    except NoRunError:
        return replace(model, unmeasured="no run")
    except TooManyRunsError:
        return replace(model, unmeasured="too many runs")


def _model(diagram: Diagram, net: PetriNet, *, tree: Step | None = None) -> ProcessModel:
    rows = [("simplicity", simplicity(diagram), say("1 for a chain, less with every branching"))]
    return ProcessModel(
        table=pd.DataFrame(rows, columns=["measure", "value_share", "meaning"]),
        diagram=diagram,
        net=net,
        tree=tree,
        soundness=Soundness(True) if tree is not None else soundness(net),
    )


def _counted(log: EventLog) -> Mapping[Trace, int]:
    known = variants(log)
    return dict(zip(known.sequences, known.table["n_cases"].tolist(), strict=True))


def _share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise LogError(f"{name}={value} is not a share; use a number from 0 up to, but not including, 1")
