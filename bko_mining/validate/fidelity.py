"""Whether a twin writes logs like the real ones: distances beside two floors, and a verdict in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.validate.distances import MEASURES, distances
from bko_mining.validate.floors import copy_of_the_past, noise_floor
from bko_mining.words import number, percent, say

HOUR = 3.6e9
GOOD, FAIR = 0.1, 0.25
"""Distances up to these shares of what they are distances of are good, and fair."""
NEAR_CHANCE = 1.5
"""A distance of so many noise floors is as good as a log of this size can tell."""


@dataclass(frozen=True, slots=True, eq=False)
class Fidelity(Result):
    """How far simulated logs are from an observed one.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a measure: ``measure`` (NGD, AED, CED, RED, CTD, CAR; see ``distances``), ``distance`` (mean over the
        simulated logs; a share for NGD, else hours), ``deviation``, ``noise_floor`` (a perfect twin is about so far
        from a log of this size), ``copy`` (a replay of the past; NaN without history), ``relative`` (distance as a
        share of the mean cycle time for CTD, of the mean instant since arrival for RED, of the span for AED and CAR,
        of 12 hours for CED) and ``grade`` (good, fair, poor).
    n_logs : int
        Simulated logs behind it.
    """

    n_logs: int = 1
    picture: ClassVar[str] = "fidelity:plot_fidelity"

    @property
    def summary(self) -> str:
        """The verdict in the language in force."""
        grade = dict(zip(self.table["measure"], self.table["grade"], strict=True))
        trusted = [question() for measure, question in _QUESTIONS.items() if grade[measure] != "poor"]
        doubts = [
            say("{question} ({reason})", question=_QUESTIONS[row["measure"]](), reason=_reason(row))
            for row in self.table.to_dict("records")
            if row["grade"] == "poor"
        ]
        if not doubts:
            return say("Good enough for {questions}.", questions=_listed(trusted))
        if not trusted:
            return say("Do not trust it for {doubts}.", doubts=_listed(doubts))
        return say(
            "Good enough for {questions}; do not trust it for {doubts}.",
            questions=_listed(trusted),
            doubts=_listed(doubts),
        )


def fidelity(
    observed: EventLog, simulated: EventLog | Sequence[EventLog], *, history: EventLog | None = None, seed: int = 0
) -> Fidelity:
    """Measure how far simulated logs are from an observed one.

    Parameters
    ----------
    observed : EventLog
        What happened, preferably after the log the twin was fitted on.
    simulated : EventLog or sequence of EventLog
        Replications of a run with as many cases, cut where the observed log was cut (``simulate_like``,
        ``observe_like``).
    history : EventLog, optional
        The log the twin was fitted on; then a replay of its last cases (COPY) is measured too.
    seed : int
        Steers the bootstrap behind the noise floor.

    Returns
    -------
    Fidelity
        A table of distances and a verdict. Distances grow with what they measure: a cell is *good* up to a tenth of it
        or 1.5 noise floors, *fair* up to a quarter, else *poor*.

    Raises
    ------
    LogError
        If there is no simulated log.
    """
    logs = [simulated] if isinstance(simulated, EventLog) else list(simulated)
    if not logs:
        raise LogError("there is no simulated log; pass one or more runs of the twin")
    found = pd.DataFrame([distances(observed, log) for log in logs])
    floor = noise_floor(observed, seed=seed)
    copied = dict.fromkeys(MEASURES, np.nan)
    if history is not None and history.n_cases >= observed.n_cases:
        copied = distances(observed, copy_of_the_past(history, observed))
    scale = _scales(observed)
    rows = []
    for measure in MEASURES:
        distance = float(found[measure].mean())
        rows.append(
            {
                "measure": measure,
                "distance": distance,
                "deviation": float(found[measure].std(ddof=0)),
                "noise_floor": floor[measure],
                "copy": copied[measure],
                "relative": distance / scale[measure],
                "grade": _grade(distance, floor[measure], scale[measure]),
            }
        )
    return Fidelity(pd.DataFrame(rows), n_logs=len(logs))


def _grade(distance: float, floor: float, scale: float) -> str:
    if distance <= max(NEAR_CHANCE * floor, GOOD * scale):
        return "good"
    return "fair" if distance <= FAIR * scale else "poor"


def _scales(log: EventLog) -> dict[str, float]:
    """What each distance is a part of."""
    arrival = np.repeat(log.case_start, log.n_instances)
    cycle = float((log.case_end - log.case_start).mean()) / HOUR
    since = float(np.mean([(log.begin - arrival).mean(), (log.finish - arrival).mean()])) / HOUR
    span = float(log.finish.max() - log.begin.min()) / HOUR
    scales = {"NGD": 1.0, "AED": span, "CED": 12.0, "RED": since, "CTD": cycle, "CAR": span}
    # Hourly bins cannot tell anything below an hour.
    return {measure: max(scale, 1.0) for measure, scale in scales.items()}


def _staffing() -> str:
    return say("staffing by hour of the day")


def _timing() -> str:
    return say("what happens on which date, such as payment runs")


def _deadlines() -> str:
    return say("deadlines and cycle times")


def _milestones() -> str:
    return say("how far cases are after some days")


def _rework() -> str:
    return say("rework and the ways cases take")


def _demand() -> str:
    return say("how many cases come when")


_QUESTIONS = {
    "CED": _staffing,
    "NGD": _rework,
    "CTD": _deadlines,
    "RED": _milestones,
    "CAR": _demand,
    "AED": _timing,
}


def _reason(row: dict[Any, Any]) -> str:
    measure, distance, share = row["measure"], row["distance"], row["relative"]
    if measure == "NGD":
        return say("{share} of the steps in a row differ", share=percent(distance))
    if measure == "CED":
        return say("work comes {hours} h apart within the day", hours=number(distance, 1))
    if measure in ("AED", "CAR"):
        return say("off by {hours} h, {share} of the span", hours=number(distance), share=percent(share))
    return say("off by {hours} h, {share} of their mean", hours=number(distance), share=percent(share))


def _listed(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return say("{first} and {last}", first=", ".join(parts[:-1]), last=parts[-1])
