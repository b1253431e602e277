"""Chapters of the report, and those about a model: how cases fit it, which deviations cost time, how good it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bko_mining.discover.conformance import conformance
from bko_mining.discover.process_model import ProcessModel, discover_model, model_quality, read_model
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import percent, say

NOISE = 0.2
"""Of the model that is discovered where none is given."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading and the answer below it; ``folded``: its table opens with a click; ``drawn``: with its picture."""

    title: str
    answer: Result
    warnings: tuple[str, ...] = ()
    folded: bool = False
    note: str = ""
    drawn: bool = True


def model_chapters(log: EventLog, model: ProcessModel | str | Path | Literal[False] | None) -> Iterator[Chapter]:
    """Tell how cases fit a model: a reference, or one that is discovered from the log itself; False tells nothing.

    Raises
    ------
    LogError
        If a reference cannot be read, or no case can run through it.
    """
    if model is False:
        return
    measured = _measured(log, model)
    note = _origin(model)
    if not measured.n_cases:
        yield Chapter(say("How the process runs, as a model"), measured, note=note)
        return
    found = conformance(log, measured)
    yield Chapter(say("How cases fit the model"), found, folded=True, note=note)
    if (found.table["extra_hours"] > 0).any():
        yield Chapter(say("Which deviations go with longer cases"), found.by_extra_hours, folded=True)
    yield Chapter(say("How good the model is"), measured, drawn=False)


def _measured(log: EventLog, model: ProcessModel | str | Path | None) -> ProcessModel:
    if model is None:
        return discover_model(log, noise=NOISE)
    return model_quality(log, model if isinstance(model, ProcessModel) else read_model(model))


def _origin(model: ProcessModel | str | Path | None) -> str:
    if model is None:
        return say(
            "The model was discovered from this log, rare behaviour ({noise}) left out: it shows the usual ways, not "
            "how the work should be done.",
            noise=percent(NOISE),
        )
    return say("The model is the reference that was given.")
