"""A process model: what may happen, discovered from what did, with its quality in numbers and words."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bko_mining.discover.pm4py_models import Step, align, discover_tree, precision, simplicity, write_pnml
from bko_mining.discover.variants import Variants, variants
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

MOST_FOR_PRECISION = 300
"""Variants from which precision is measured: the most frequent."""


@dataclass(frozen=True, slots=True, eq=False)
class ProcessModel(Result):
    """A block-structured (and therefore sound) process model.

    Attributes
    ----------
    table : pandas.DataFrame
        Quality, one row a measure: ``measure``, ``value_share`` (in [0, 1]) and ``meaning``.
    tree : Step
        The model as a process tree.
    noise : float
        Share of rare behaviour that was left out while discovering.
    fitting_share : float
        Cases that the model replays without a deviation.
    n_cases : int
        Cases it was discovered from.
    """

    tree: Step
    noise: float
    fitting_share: float
    n_cases: int

    @property
    def summary(self) -> str:
        """Coverage in words."""
        return say(
            "The model replays {share} of {cases} cases without a deviation; {fitness} of all steps fit it.",
            share=percent(self.fitting_share),
            cases=number(self.n_cases),
            fitness=percent(float(self.table["value_share"].iloc[0]), 1),
        )

    @property
    def activities(self) -> tuple[str, ...]:
        """Activities of the model, from left to right."""
        return tuple(_names(self.tree))

    def save_pnml(self, path: str | Path) -> Path:
        """Write the model as a Petri net in PNML and return its path."""
        target = Path(path)
        write_pnml(self.tree, str(target))
        return target


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
        The model and its quality: fitness (exact alignments), precision (on the 300 most frequent variants),
        generalisation and simplicity.

    Raises
    ------
    LogError
        If the noise is not in [0, 1).
    """
    if not 0 <= noise < 1:
        raise LogError(f"noise={noise} is not a share; use a number from 0 up to, but not including, 1")
    known = variants(log)
    counts = dict(zip(known.sequences, known.table["n_cases"].tolist(), strict=True))
    tree = discover_tree(counts, noise=noise)
    fitness, fitting = fit_of(tree, known)
    frequent = dict(list(counts.items())[:MOST_FOR_PRECISION])
    rows = [
        ("fitness", fitness, say("steps of the log and the model that agree")),
        ("precision", precision(tree, frequent), say("of what the model allows next, what the log shows")),
        ("generalisation", _generalisation(log, known), say("chance that the next case shows nothing new")),
        ("simplicity", simplicity(tree), say("1 for a chain, less with every branching")),
    ]
    return ProcessModel(
        table=pd.DataFrame(rows, columns=["measure", "value_share", "meaning"]),
        tree=tree,
        noise=noise,
        fitting_share=fitting,
        n_cases=log.n_cases,
    )


def fit_of(tree: Step, known: Variants) -> tuple[float, float]:
    """Log fitness by exact alignments (Adriansyah 2014), and the share of cases that fit perfectly."""
    aligned, shortest = align(tree, known.sequences)
    cost = np.array([one.cost for one in aligned])
    worst = np.array([len(sequence) for sequence in known.sequences]) + shortest
    n = known.table["n_cases"].to_numpy()
    return float(1 - (cost * n).sum() / max(1, (worst * n).sum())), float(n[cost == 0].sum() / n.sum())


def _generalisation(log: EventLog, known: Variants) -> float:
    """One minus the share of cases whose variant occurs once: the Good–Turing chance of something seen before."""
    return float(1 - (known.table["n_cases"] == 1).sum() / log.n_cases)


def _names(tree: Step) -> list[str]:
    if tree.kind == "activity":
        return [tree.name]
    return list(dict.fromkeys(name for child in tree.children for name in _names(child)))
