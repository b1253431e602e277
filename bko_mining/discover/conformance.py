"""Where cases leave the model: what was skipped, done besides or in another order, and how much longer they take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.discover.aligning import Alignment, Trace, align
from bko_mining.discover.process_model import ProcessModel
from bko_mining.discover.quality import fitness
from bko_mining.discover.variants import Variants, variants
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.results import Result
from bko_mining.words import duration, number, percent, say

Key = tuple[str, str, str]
_SENTENCES = {
    "skipped": "Most often “{name}” is skipped, in {cases} {cases:case|cases}.",
    "inserted": "Most often “{name}” is done where the model does not have it, in {cases} {cases:case|cases}.",
    "swapped": "Most often “{name}” is done before “{other}”, which should come first, in {cases} {cases:case|cases}.",
}


@dataclass(frozen=True, slots=True, eq=False)
class Conformance(Result):
    """How a log fits a model.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a kind of deviation, most cases first: ``activity``, ``deviation`` (``skipped``: the model asks for it;
        ``inserted``: it happened where the model does not allow it; ``swapped``: it was done before ``other_activity``,
        which the model asks for first), ``other_activity``, ``n``, ``n_cases``, ``case_share``, ``extra_cycle_time``
        (mean cycle time of these cases less that of all others, Timedelta) and ``extra_hours`` (that over all these
        cases; cases deviate in several ways, so it does not add up, and long cases may deviate because they are long).
    fitness : float64[n_cases]
        Of each case, 1 without a deviation.
    log_fitness : float
        Over all cases, weighted by their length.
    model : ProcessModel
        What the cases were held against.
    of_case : int64[n_cases]
        The variant of each case.
    of_variant : tuple of frozenset of int
        The rows of the table that each variant shows.
    log : EventLog
        What was held against the model.
    """

    fitness: NDArray[np.float64]
    log_fitness: float
    model: ProcessModel
    of_case: NDArray[np.int64]
    of_variant: tuple[frozenset[int], ...]
    log: EventLog

    picture: ClassVar[str] = "models:plot_conformance"
    widget: ClassVar[str] = "model_widget:conformance_widget"
    living: ClassVar[str] = "living_model:living_conformance"

    @property
    def summary(self) -> str:
        """How many cases fit, and the most frequent deviation."""
        fitting = float((self.fitness == 1).mean())
        words = {"share": percent(fitting), "cases": number(len(self.fitness)), "fitness": percent(self.log_fitness, 1)}
        sentence = say("{share} of {cases} {cases:case|cases} fit the model; {fitness} of all steps do.", **words)
        if not len(self.table):
            return sentence
        first = self.table.iloc[0]
        more = {"name": first["activity"], "cases": number(first["n_cases"]), "other": first["other_activity"]}
        return f"{sentence} {say(_SENTENCES[first['deviation']], **more)}"

    @property
    def by_extra_hours(self) -> "DeviationsByHours":
        """The deviations again, those that go with the most extra hours first."""
        table = self.table.sort_values("extra_hours", ascending=False, kind="stable", ignore_index=True)
        return DeviationsByHours(table=table)

    def cases_with(self, row: int) -> NDArray[np.bool_]:
        """Say which cases show a row of the table: ``log.take_cases(found.cases_with(0))`` is the log of these.

        Raises
        ------
        IndexError
            If the table has no such row.
        """
        if not 0 <= row < len(self.table):
            raise IndexError(f"row {row} is not one of the {len(self.table)} rows of the table")
        return self._showing(frozenset({row}))

    def cases_at(self, activity: str) -> NDArray[np.bool_]:
        """Say which cases deviate at an activity: skip it, do it out of place, or do it too early."""
        return self._showing(frozenset(np.flatnonzero(self.table["activity"] == activity).tolist()))

    def _showing(self, rows: frozenset[int]) -> NDArray[np.bool_]:
        return np.array([bool(rows & shown) for shown in self.of_variant], bool)[self.of_case]


@dataclass(frozen=True, slots=True, eq=False)
class DeviationsByHours(Result):
    """The deviations of a ``Conformance`` by the extra hours that go with them; the columns are the same."""

    picture: ClassVar[str] = "deviations:plot_deviations"

    @property
    def summary(self) -> str:
        """The deviation that goes with the most extra hours."""
        longer = self.table[self.table["extra_hours"] > 0]
        if not len(longer):
            return say("No deviation goes with cases that take longer.")
        first = longer.iloc[0]
        return say(
            "{n} {n:case|cases} with “{deviation}” {n:takes|take} {extra} longer than the others, {hours} "
            "{hours:hour|hours} in all.",
            n=number(int(first["n_cases"])),
            deviation=deviation_words(first["activity"], first["deviation"], first["other_activity"]),
            extra=duration(first["extra_cycle_time"].total_seconds()),
            hours=number(float(first["extra_hours"])),
        )


_WORDS = {
    "skipped": "{name} skipped",
    "inserted": "{name} out of place",
    "swapped": "{name} before {other}",
}


def deviation_words(activity: str, deviation: str, other: str) -> str:
    """Write a deviation in a few words."""
    return say(_WORDS[deviation], name=activity, other=other)


def conformance(log: EventLog, model: ProcessModel) -> Conformance:
    """Align every case with a model, exactly, and rank the deviations.

    Parameters
    ----------
    log : EventLog
        What happened; it need not be the log the model was discovered from.
    model : ProcessModel
        What may happen: discovered, or read from a file with ``read_model``.

    Returns
    -------
    Conformance
        Deviations, and the fitness of every case.

    Raises
    ------
    LogError
        If no case can run through the model from its start to its end.
    """
    known = variants(log)
    aligned, shortest = align(model.net, known.sequences)
    cost = np.array([one.cost for one in aligned])
    worst = np.array([len(sequence) for sequence in known.sequences]) + shortest
    table, of_variant = _deviations(log, known, aligned)
    return Conformance(
        table=table,
        fitness=(1 - cost / np.maximum(worst, 1))[known.of_case],
        log_fitness=fitness(aligned, known.sequences, shortest, known.table["n_cases"].to_numpy()),
        model=model,
        of_case=known.of_case,
        of_variant=of_variant,
        log=log,
    )


def deviations(sequence: Trace, one: Alignment) -> Iterator[Key]:
    """Yield the deviations of a variant: activity, kind and other activity.

    An activity that the model asks for at one place and that was done at another is swapped: with its neighbour at
    the place where it belongs. The one done first is named first.
    """
    missing = list(one.skipped)
    for place in one.inserted:
        same = [skip for skip in missing if skip[1] == sequence[place] and not place <= skip[0] <= place + 1]
        if not same:
            yield sequence[place], "inserted", ""
            continue
        nearest = min(same, key=lambda skip: abs(skip[0] - place))
        missing.remove(nearest)
        yield _swap(sequence, place, nearest[0])
    for _, name in missing:
        yield name, "skipped", ""


def _swap(sequence: Trace, done: int, due: int) -> Key:
    """The activity at ``done`` belongs before the position ``due``."""
    if due > done:
        return sequence[done], "swapped", sequence[due - 1]
    return sequence[due], "swapped", sequence[done]


def _deviations(
    log: EventLog, known: Variants, aligned: Sequence[Alignment]
) -> tuple[pd.DataFrame, tuple[frozenset[int], ...]]:
    found: dict[Key, dict[int, int]] = {}
    for variant, (sequence, one) in enumerate(zip(known.sequences, aligned, strict=True)):
        for key in deviations(sequence, one) if one.cost else ():
            times = found.setdefault(key, {})
            times[variant] = times.get(variant, 0) + 1
    n_cases = known.table["n_cases"].to_numpy()
    times_of_cases = (log.case_end - log.case_start).astype(np.float64)
    cycle: NDArray[np.float64] = np.bincount(known.of_case, times_of_cases, len(n_cases)).astype(np.float64)
    rows = [(*key, *_measures(times, n_cases, cycle), tuple(times)) for key, times in found.items()]
    columns = ["activity", "deviation", "other_activity", "n", "n_cases", "case_share", "extra_cycle_time", "variants"]
    table = pd.DataFrame(rows, columns=columns)
    table = table.sort_values(["n_cases", "n", "activity", "deviation"], ascending=[False, False, True, True],
                              ignore_index=True)  # fmt: skip
    shown: list[set[int]] = [set() for _ in known.sequences]
    for row, places in enumerate(table.pop("variants")):
        for variant in places:
            shown[variant].add(row)
    table["extra_cycle_time"] = table["extra_cycle_time"].astype("timedelta64[us]")
    table["extra_hours"] = table["extra_cycle_time"].dt.total_seconds() * table["n_cases"] / 3600
    return table, tuple(map(frozenset, shown))


def _measures(
    times: dict[int, int], n_cases: NDArray[np.int64], cycle: NDArray[np.float64]
) -> tuple[int, int, float, np.timedelta64]:
    """How often, in how many cases, their share, and how much longer they take, from sums a variant."""
    places = np.fromiter(times, np.int64)
    inside, total = int(n_cases[places].sum()), int(n_cases.sum())
    n = int((n_cases[places] * np.fromiter(times.values(), np.int64)).sum())
    mean = cycle[places].sum() / inside
    others = (cycle.sum() - cycle[places].sum()) / (total - inside) if total > inside else mean
    return n, inside, inside / total, np.int64(round(mean - others)).astype(MICROSECOND)
