"""The figures a run is judged by, each a function of a period; and any function of an event log besides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bko_mining.log.event_log import EventLog
from bko_mining.whatif.costs import broken_promises, has_costs, running_costs, work_cost
from bko_mining.whatif.period import Period
from bko_mining.words import say

Unit = Literal["time", "share", "number", "money"]
Better = Literal["lower", "higher", "neither"]
OwnKpis = Mapping[str, Callable[[EventLog], float]]

MAIN = "cycle_time_mean"
"""The figure a comparison speaks of first."""

HEADLINE = (
    MAIN,
    "cycle_time_p90",
    "waiting_time_mean",
    "sla_breach_share",
    "throughput_per_week",
    "work_in_progress",
    "cost_per_case",
    "cost_per_week",
)
"""Figures of the table that is shown; all others are in ``Comparison.all``."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """What a figure is: its unit, and which way is better."""

    name: str
    unit: Unit
    better: Better


def kpi(name: str) -> Kpi:
    """Say what a figure is by its name.

    Examples
    --------
    >>> kpi("cycle_time_mean").unit, kpi("utilisation: AP clerk").better
    ('time', 'neither')
    """
    if "_time_" in name or name.startswith("overtime_hours"):
        return Kpi(name, "time", "lower")
    if name.startswith("utilisation"):
        return Kpi(name, "share", "neither")
    if name.endswith("_share") or name.startswith("sla_breach"):
        return Kpi(name, "share", "lower")
    if name.startswith("cost"):
        return Kpi(name, "money", "lower")
    if name in ("work_in_progress", "backlog_end", "backlog_max"):
        return Kpi(name, "number", "lower")
    return Kpi(name, "number", "higher" if name == "throughput_per_week" else "neither")


def label(name: str) -> str:
    """Say a figure in the language in force."""
    known = {
        "cycle_time_mean": say("mean cycle time"),
        "cycle_time_median": say("median cycle time"),
        "cycle_time_p90": say("90th percentile of cycle time"),
        "waiting_time_mean": say("mean waiting time per case"),
        "waiting_time_median": say("median waiting time per case"),
        "waiting_time_p90": say("90th percentile of waiting time per case"),
        "processing_time_mean": say("mean processing time per case"),
        "processing_time_median": say("median processing time per case"),
        "processing_time_p90": say("90th percentile of processing time per case"),
        "throughput_per_week": say("cases done per week"),
        "work_in_progress": say("mean work in progress"),
        "backlog_end": say("open cases at the end"),
        "backlog_max": say("open cases at the most"),
        "sla_breach_share": say("promises broken, share of cases"),
        "rework_share": say("cases with rework"),
        "overtime_hours": say("overtime per week"),
        "cost_per_case": say("cost per case (time worked)"),
        "cost_per_week": say("running cost per week (all hours paid)"),
    }
    kind, _, what = name.partition(": ")
    if kind == "utilisation":
        return say("utilisation of {role}", role=what)
    if kind == "sla_breach":
        return say("'{name}' broken, share of cases", name=what)
    return known.get(name, name)


def measure(period: Period, own: OwnKpis | None = None) -> dict[str, float]:
    """Take all figures of a run.

    ``cycle_time``, ``waiting_time`` and ``processing_time`` are per case (mean, median, p90; seconds of clock time; the
    cycle begins when the case arrives); throughput, work in progress, utilisation, overtime and cost are those of the
    period. ``cost_per_case`` counts the time worked on cases, ``cost_per_week`` pays everybody for all of their hours;
    both are left out where the twin knows no price, promises where it has none.
    """
    waiting, processing = period.summed(period.waits), period.summed(period.works)
    figures = {
        **_spread("cycle_time", period.cycle),
        **_spread("waiting_time", waiting),
        **_spread("processing_time", processing),
        **_flow(period),
        "rework_share": _rework_share(period),
        **_people(period),
        **_promises(period),
        **_money(period),
    }
    for name, function in (own or {}).items():
        figures[name] = float(function(period.log))
    return figures


def backlog(period: Period, instants: NDArray[np.int64]) -> NDArray[np.float64]:
    """Open cases at each instant."""
    came = np.searchsorted(np.sort(np.concatenate([period.arrival, period.unseen])), instants, "right")
    went = np.searchsorted(np.sort(period.done), instants, "right")
    return (came - went).astype(float)


def queues(period: Period, instants: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Items that wait for each role at each instant (waits for the outside do not count)."""
    log = period.whole
    ready = log.start - period.waits
    if "wait_delay" in log.attributes.column_names:
        ready = ready + log.attributes["wait_delay"].to_numpy().astype("m8[us]").astype(np.int64)
    found = {}
    for code, role in enumerate(log.roles):
        mine = log.role == code
        in_line = np.searchsorted(np.sort(ready[mine]), instants, "right")
        served = np.searchsorted(np.sort(log.start[mine]), instants, "right")
        found[role] = (in_line - served).astype(float)
    return found


def _spread(name: str, x: NDArray[np.float64]) -> dict[str, float]:
    return {
        f"{name}_mean": float(x.mean()),
        f"{name}_median": float(np.median(x)),
        f"{name}_p90": float(np.quantile(x, 0.9)),
    }


def _flow(period: Period) -> dict[str, float]:
    since, until = period.since, period.until
    inside = (period.done >= since) & (period.done < until)
    arrival = np.concatenate([period.arrival, period.unseen])
    done = np.concatenate([period.done, np.maximum(period.unseen, until)])
    overlap = np.minimum(done, until) - np.maximum(arrival, since)
    events = np.sort(arrival[(arrival >= since) & (arrival <= until)])
    return {
        "throughput_per_week": float(inside.sum()) / period.weeks,
        "work_in_progress": float(np.maximum(overlap, 0).sum()) / (until - since),
        "backlog_end": float(backlog(period, np.array([until]))[0]),
        "backlog_max": float(backlog(period, events).max()) if len(events) else 0.0,
    }


def _rework_share(period: Period) -> float:
    log = period.whole
    width = len(log.activities)
    key = log.case.astype(np.int64) * width + log.activity
    if period.twin.bots and "bot_exception" in log.attributes.column_names:
        # What a person does again for a bot is no rework of the case.
        key = key[~log.attributes["bot_exception"].fill_null(False).to_numpy()]
    pairs, n = np.unique(key, return_counts=True)
    repeated = np.zeros(log.n_cases, bool)
    repeated[pairs[n > 1] // width] = True
    return float(repeated[period.counted].mean())


def _people(period: Period) -> dict[str, float]:
    figures = {}
    for name, role in period.twin.roles.items():
        members = role.names(name)
        there = sum(period.available[who] for who in members)
        if there > 0 and period.twin.activities_of(name):
            figures[f"utilisation: {name}"] = sum(period.busy.get(who, (0.0, 0.0))[0] for who in members) / there
    over = sum(overtime for _, overtime in period.busy.values())
    return figures | {"overtime_hours": over / period.weeks}


def _promises(period: Period) -> dict[str, float]:
    broken = broken_promises(period)
    if not broken:
        return {}
    single = {f"sla_breach: {name}": float(late.mean()) for name, late in broken.items()}
    return {"sla_breach_share": float(np.any(list(broken.values()), axis=0).mean()), **single}


def _money(period: Period) -> dict[str, float]:
    if not has_costs(period):
        return {}
    costs = running_costs(period)
    total = sum(costs.values())
    done = max(1, int(((period.done >= period.since) & (period.done < period.until)).sum()))
    worked = total - costs["wages"] + work_cost(period)
    return {"cost_per_case": worked / done, "cost_per_week": total / period.weeks}


def check(figures: Mapping[str, Any], name: str) -> None:
    """Refuse the name of a figure that does not exist.

    Raises
    ------
    KeyError
        With the names that do.
    """
    if name not in figures:
        raise KeyError(f"there is no figure {name!r}; there are: {', '.join(figures)}")
