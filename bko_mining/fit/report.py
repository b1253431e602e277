"""Observed beside simulated: what the twin reproduces, part by part, with the evidence behind each."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.fit.like_the_log import simulate_like
from bko_mining.fit.rhythms import said_of_stream
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.twin.arrivals import RateArrivals
from bko_mining.twin.model import Twin
from bko_mining.words import percent, say

HOUR = 3.6e9
_PARTS = ("arrivals", "processing_time", "waiting_time", "cycle_time", "work_in_progress", "busy_time", "variants")
_INSTANTS = 24
_VARIANTS, _STEPS, _PEOPLE = 8, 12, 12
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FitReport(Result):
    """What was observed beside what the twin writes, and the evidence behind each part.

    Attributes
    ----------
    table : pandas.DataFrame
        ``part`` (arrivals, processing_time, waiting_time, cycle_time, work_in_progress, busy_time, variants), ``item``
        (weekday, activity, quantile, instant, person, variant), ``unit``, ``observed``, ``simulated``.
    evidence : pandas.DataFrame
        What the fit found: ``part``, ``found``, ``n``, ``goodness``, ``assumption``.
    unlogged : float
        Share of all work that seems to be in no log.
    stream : RateArrivals or None
        Arrivals of the twin, if they have a rate: holidays, month ends, season and growth are told of.
    """

    evidence: pd.DataFrame = field(default_factory=pd.DataFrame)
    unlogged: float = 0.0
    stream: RateArrivals | None = None
    picture: ClassVar[str] = "fidelity:plot_fit_report"

    @property
    def differences(self) -> pd.Series:
        """How far each part is off: sum of the differences over the sum of the observed."""
        gap = (self.table["simulated"] - self.table["observed"]).abs()
        sums = pd.DataFrame({"part": self.table["part"], "gap": gap, "all": self.table["observed"].abs()})
        total = sums.groupby("part", sort=False)[["gap", "all"]].sum()
        return total["gap"] / total["all"].clip(lower=1e-9)

    @property
    def summary(self) -> str:
        """Which part fits best and which worst, what moves arrivals, and whether people do work that no log shows."""
        off = self.differences
        names = _names()
        fit = say(
            "Closest: {best} ({best_share} off on average); furthest: {worst} ({worst_share}).",
            best=names[str(off.idxmin())],
            best_share=percent(float(off.min())),
            worst=names[str(off.idxmax())],
            worst_share=percent(float(off.max())),
        )
        fit = " ".join([fit, *said_of_stream(self.stream)])
        if not self.unlogged:
            return fit
        return say(
            "{fit} About {share} of all work is in no log: do not trust it for staffing before you know what it is.",
            fit=fit,
            share=percent(self.unlogged),
        )


def fit_report(log: EventLog, twin: Twin, *, seed: int = 0) -> FitReport:
    """Hold a twin against the log it was fitted on.

    The twin writes as many finished cases as the log has, from the log's first arrival on, and both are measured alike.

    Parameters
    ----------
    log : EventLog
        The log the twin was fitted on.
    twin : Twin
        With memory (as ``fit_twin`` gives it) or without (``twin.causal``).
    seed : int
        Luck of the run.

    Returns
    -------
    FitReport
        Observed beside simulated, and the evidence of the twin.
    """
    if log.open_cases is not None and not log.open_cases.all():
        log = log.take_cases(~log.open_cases, because="finished cases only")
    start = log.local([int(log.case_start.min())])[0].to_pydatetime()
    closing = timedelta(microseconds=int(log.finish.max() - log.case_start.max()))
    run = simulate_like(twin, n_cases=log.n_cases, start=start, closing=closing, seed=seed)
    rows = [row for part in _measures(log, run) for row in part]
    table = pd.DataFrame(rows, columns=["part", "item", "unit", "observed", "simulated"])
    found = pd.DataFrame(
        [(e.part, e.found, e.n, e.goodness, e.assumption) for e in twin.evidence],
        columns=["part", "found", "n", "goodness", "assumption"],
    )
    streams = [stream for stream in twin.arrivals if twin.is_logged(stream) and isinstance(stream, RateArrivals)]
    return FitReport(table, evidence=found, unlogged=twin.unlogged, stream=streams[0] if streams else None)


Row = tuple[str, str, str, float, float]


def _measures(log: EventLog, run: EventLog) -> list[list[Row]]:
    return [
        _arrivals(log, run),
        _by_activity("processing_time", log, run, _processing(log), _processing(run)),
        _by_activity("waiting_time", log, run, _waiting(log), _waiting(run)),
        _cycle_times(log, run),
        _in_progress(log, run),
        _busy(log, run),
        _variants(log, run),
    ]


def _arrivals(log: EventLog, run: EventLog) -> list[Row]:
    counts = [_per_week(each) for each in (log, run)]
    return [("arrivals", day, "cases", counts[0][d], counts[1][d]) for d, day in enumerate(_WEEKDAYS)]


def _per_week(log: EventLog) -> list[float]:
    days = log.local(log.case_start).weekday.to_numpy()
    weeks = max(np.ptp(log.case_start) / (168 * HOUR), 1.0)
    perday: list[float] = (np.bincount(days, minlength=7) / weeks).tolist()
    return perday


def _processing(log: EventLog) -> Numbers:
    return np.asarray((log.finish - log.begin) / HOUR)


def _waiting(log: EventLog) -> Numbers:
    """Hours from the end of the instance before to the start; overlaps count as no wait."""
    before = np.append(log.finish[:1], log.finish[:-1])
    return np.asarray(np.where(log.follows, np.maximum(log.begin - before, 0), 0) / HOUR)


def _by_activity(part: str, log: EventLog, run: EventLog, seen: Numbers, made: Numbers) -> list[Row]:
    often = np.argsort(-np.bincount(log.activity, minlength=len(log.activities)), kind="stable")[:_STEPS]
    rows = []
    for code in often.tolist():
        name = log.activities[code]
        mine = run.activity == run.activities.index(name) if name in run.activities else np.zeros(len(run), bool)
        if (log.activity == code).any():
            simulated = float(made[mine].mean()) if mine.any() else 0.0
            rows.append((part, name, "h", float(seen[log.activity == code].mean()), simulated))
    return rows


def _cycle_times(log: EventLog, run: EventLog) -> list[Row]:
    times = [np.quantile((each.case_end - each.case_start) / HOUR, _QUANTILES) for each in (log, run)]
    return [("cycle_time", f"{q:.0%}", "h", float(times[0][i]), float(times[1][i])) for i, q in enumerate(_QUANTILES)]


def _in_progress(log: EventLog, run: EventLog) -> list[Row]:
    first, last = int(log.case_start.min()), int(log.case_end.max())
    instants = np.linspace(first, last, _INSTANTS + 2).astype(np.int64)[1:-1]
    counts = [
        np.searchsorted(np.sort(each.case_start), instants, "right")
        - np.searchsorted(np.sort(each.case_end), instants, "right")
        for each in (log, run)
    ]
    days = log.local(instants).strftime("%Y-%m-%d")
    return [
        ("work_in_progress", day, "cases", float(seen), float(made))
        for day, seen, made in zip(days, *counts, strict=True)
    ]


def _busy(log: EventLog, run: EventLog) -> list[Row]:
    """Hours a week in which each of the busiest people works (overlapping work counts twice)."""
    hours = [_busy_hours(each) for each in (log, run)]
    most = sorted(hours[0], key=lambda who: -hours[0][who])[:_PEOPLE]
    return [("busy_time", who, "h", hours[0][who], hours[1].get(who, 0.0)) for who in most]


def _busy_hours(log: EventLog) -> dict[str, float]:
    known = log.resource >= 0
    weeks = max((int(log.finish.max()) - int(log.begin.min())) / (168 * HOUR), 1.0)
    hours = np.bincount(log.resource[known], weights=_processing(log)[known], minlength=len(log.resources)) / weeks
    return dict(zip(log.resources, hours.tolist(), strict=True))


def _variants(log: EventLog, run: EventLog) -> list[Row]:
    counts = [_sequences(each) for each in (log, run)]
    most = sorted(counts[0], key=lambda way: (-counts[0][way], way))[:_VARIANTS]
    shares = [[100 * each.get(way, 0.0) for way in most] for each in counts]
    return [
        ("variants", f"{place}. ({len(way)}) {way[0]} … {way[-1]}", "%", seen, made)
        for place, (way, seen, made) in enumerate(zip(most, *shares, strict=True), start=1)
    ]


def _sequences(log: EventLog) -> dict[tuple[str, ...], float]:
    names = np.array(log.activities, object)[log.activity]
    ways: dict[tuple[str, ...], float] = {}
    for low, high in zip(log.offsets[:-1].tolist(), log.offsets[1:].tolist(), strict=True):
        way = tuple(names[low:high])
        ways[way] = ways.get(way, 0.0) + 1 / log.n_cases
    return ways


def _names() -> dict[str, str]:
    return {
        "arrivals": say("arrivals"),
        "processing_time": say("processing times"),
        "waiting_time": say("waiting times"),
        "cycle_time": say("cycle times"),
        "work_in_progress": say("work in progress"),
        "busy_time": say("hours of work"),
        "variants": say("variants"),
    }
