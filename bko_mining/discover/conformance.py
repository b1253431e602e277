"""Where cases leave the model: what was skipped, what was done besides, and how much longer such cases take."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.discover.pm4py_models import Alignment, align
from bko_mining.discover.process_model import ProcessModel
from bko_mining.discover.variants import variants
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.results import Result
from bko_mining.words import number, percent, say


@dataclass(frozen=True, slots=True, eq=False)
class Conformance(Result):
    """How a log fits a model.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a kind of deviation, most cases first: ``activity``, ``deviation`` (``skipped``: the model asks for it,
        ``inserted``: it happened where the model does not allow it), ``n``, ``n_cases``, ``case_share`` and
        ``extra_cycle_time`` (mean cycle time of these cases less that of all others, Timedelta).
    fitness : float64[n_cases]
        Of each case, 1 without a deviation.
    log_fitness : float
        Over all cases, weighted by their length.
    """

    fitness: NDArray[np.float64]
    log_fitness: float

    @property
    def summary(self) -> str:
        """How many cases fit, and the most frequent deviation."""
        fitting = float((self.fitness == 1).mean())
        words = {"share": percent(fitting), "cases": number(len(self.fitness)), "fitness": percent(self.log_fitness, 1)}
        sentence = say("{share} of {cases} cases fit the model; {fitness} of all steps do.", **words)
        if not len(self.table):
            return sentence
        first = self.table.iloc[0]
        more = {"name": first["activity"], "cases": number(first["n_cases"])}
        if first["deviation"] == "skipped":
            return sentence + " " + say("Most often “{name}” is skipped, in {cases} cases.", **more)
        return sentence + " " + say("Most often “{name}” is done out of place, in {cases} cases.", **more)


def conformance(log: EventLog, model: ProcessModel) -> Conformance:
    """Align every case with a model, exactly, and rank the deviations.

    Parameters
    ----------
    log : EventLog
        What happened; it need not be the log the model was discovered from.
    model : ProcessModel
        What may happen.

    Returns
    -------
    Conformance
        Deviations, and the fitness of every case.
    """
    known = variants(log)
    aligned, shortest = align(model.tree, known.sequences)
    cost = np.array([one.cost for one in aligned])
    worst = np.array([len(sequence) for sequence in known.sequences]) + shortest
    n = known.table["n_cases"].to_numpy()
    return Conformance(
        table=_deviations(log, known.of_case, known.sequences, aligned),
        fitness=(1 - cost / np.maximum(worst, 1))[known.of_case],
        log_fitness=float(1 - (cost * n).sum() / max(1, (worst * n).sum())),
    )


def _deviations(
    log: EventLog, of_case: NDArray[np.int64], sequences: Sequence[tuple[str, ...]], aligned: Sequence[Alignment]
) -> pd.DataFrame:
    found: dict[tuple[str, str], dict[int, int]] = {}
    for variant, (sequence, one) in enumerate(zip(sequences, aligned, strict=True)):
        moves = [(sequence[place], "inserted") for place in one.inserted]
        for key in [*moves, *((name, "skipped") for _, name in one.skipped)]:
            times = found.setdefault(key, {})
            times[variant] = times.get(variant, 0) + 1
    cycle = (log.case_end - log.case_start).astype(float)
    rows = [_row(key, times, of_case, cycle) for key, times in found.items()]
    columns = ["activity", "deviation", "n", "n_cases", "case_share", "extra_cycle_time"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["n_cases", "n", "activity"], ascending=[False, False, True], ignore_index=True)


def _row(
    key: tuple[str, str], times: dict[int, int], of_case: NDArray[np.int64], cycle: NDArray[np.float64]
) -> tuple[str, str, int, int, float, np.timedelta64]:
    inside = np.isin(of_case, list(times))
    n = sum(count * int((of_case == variant).sum()) for variant, count in times.items())
    others = cycle[~inside].mean() if (~inside).any() else cycle.mean()
    extra = np.int64(round(cycle[inside].mean() - others)).astype(MICROSECOND)
    return *key, n, int(inside.sum()), float(inside.mean()), extra
