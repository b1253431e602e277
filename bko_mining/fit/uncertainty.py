"""How well a log of this size knows its twin: twins that the same process might have given.

A parametric bootstrap of every input that was estimated: arrivals as Poisson counts, each person's mean service time
with its standard error, shares at every choice as gamma counts, delays with the standard error of their mean, the share
of work that is in no log with its own. A twin written by hand has no evidence, and is known exactly.
"""

from collections.abc import Mapping

import numpy as np

from bko_mining.twin.arrivals import Arrivals, RateArrivals
from bko_mining.twin.model import Evidence, StepDelay, Twin
from bko_mining.twin.routing import Context, GraphRouting, HistoryRouting
from bko_mining.twin.work import Activity


def resample_twin(twin: Twin, rng: np.random.Generator) -> Twin:
    """Return a twin that the same process might have given, with a log of the same size.

    Parameters
    ----------
    twin : Twin
        A fitted twin with its evidence.
    rng : numpy.random.Generator
        Where the luck comes from.

    Returns
    -------
    Twin
        Same structure, other numbers; parts without evidence stay as they are.
    """
    evidence = {item.part: item for item in twin.evidence}
    changes: dict[str, object] = {
        "arrivals": tuple(
            _arrivals(stream, evidence.get("arrivals"), rng)
            if twin.is_logged(stream)
            else _hidden(stream, evidence.get("unlogged work"), rng)
            for stream in twin.arrivals
        ),
        "activities": {
            name: _service(activity, evidence.get(f"activities.{name}.time"), rng)
            for name, activity in twin.activities.items()
        },
        "delays": tuple(_delay(delay, evidence, rng) for delay in twin.delays),
    }
    if "routing" in evidence and isinstance(twin.routing, HistoryRouting):
        changes["routing"] = _history(twin.routing, rng)
    return twin.replace(**changes)


def _arrivals(stream: Arrivals, evidence: Evidence | None, rng: np.random.Generator) -> Arrivals:
    """Draw the level and the profile of the week anew: gamma by the counts behind each weekday and each hour."""
    if evidence is None or not evidence.n or not isinstance(stream, RateArrivals) or stream.table is None:
        return stream
    rates = np.array(list(stream.table.values()))
    counts = rates * evidence.n / rates.sum()
    day = _gamma_factor(counts.sum(axis=1), rng)
    hour = _gamma_factor(counts.sum(axis=0), rng)
    drawn = rates * day[:, None] * hour
    drawn *= rates.sum() / drawn.sum() * rng.gamma(evidence.n) / evidence.n
    table = {name: tuple(row.tolist()) for name, row in zip(stream.table, drawn, strict=True)}
    return stream.model_copy(update={"table": table})


def _hidden(stream: Arrivals, evidence: Evidence | None, rng: np.random.Generator) -> Arrivals:
    """Draw the share of all work that is in no log anew, and with it the level of the background load."""
    if evidence is None:
        return stream
    share = evidence.numbers["share"]
    drawn = float(np.clip(rng.normal(share, evidence.numbers.get("error", 0.0)), 0.0, 0.9))
    factor = drawn / (1 - drawn) * (1 - share) / share if share > 0 else 1.0
    return stream.model_copy(update={"factor": stream.factor * factor})


def _gamma_factor(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    safe = np.maximum(counts, 1e-9)
    return np.where(counts > 0, rng.gamma(safe) / safe, 1.0)


def _service(activity: Activity, evidence: Evidence | None, rng: np.random.Generator) -> Activity:
    """Draw the mean of every person anew; someone new stays at the unweighted mean of the others."""
    if evidence is None or not evidence.n:
        return activity
    numbers = evidence.numbers
    factors = dict(activity.time_by_resource)
    if not factors:
        common = numbers.get("cv", 0.0) / np.sqrt(evidence.n)
        return activity.model_copy(update={"time": activity.time.scaled(float(np.exp(rng.normal(0, common))))})
    for name in factors:
        factors[name] *= float(np.exp(rng.normal(0, numbers.get(f"error.{name}", 0.0))))
    level = float(np.mean(list(factors.values()))) or 1.0
    shares = {name: factor / level for name, factor in factors.items()}
    return activity.model_copy(update={"time": activity.time.scaled(level), "time_by_resource": shares})


def _delay(delay: StepDelay, evidence: Mapping[str, Evidence], rng: np.random.Generator) -> StepDelay:
    known = evidence.get(f"delays.{delay.after} → {delay.before}")
    error = known.numbers.get("relative_error", 0.0) if known else 0.0
    return delay.model_copy(update={"time": delay.time.scaled(float(np.exp(rng.normal(0, error))))})


def _history(routing: HistoryRouting, rng: np.random.Generator) -> HistoryRouting:
    contexts = tuple(_context(context, rng) for context in routing.contexts)
    blocks = {
        name: block.model_copy(
            update={
                "branches": tuple(
                    _history(branch, rng) if isinstance(branch, HistoryRouting) else _graph(branch, rng)
                    for branch in block.branches
                    if isinstance(branch, HistoryRouting | GraphRouting)
                )
            }
        )
        for name, block in routing.blocks.items()
    }
    return routing.model_copy(update={"contexts": contexts, "blocks": blocks})


def _context(context: Context, rng: np.random.Generator) -> Context:
    if len(context.next) < 2:
        return context
    drawn = {step: float(rng.gamma(count)) if count > 0 else 0.0 for step, count in context.next.items()}
    return context.model_copy(update={"next": drawn})


def _graph(graph: GraphRouting, rng: np.random.Generator) -> GraphRouting:
    flows = tuple(
        flow.model_copy(update={"share": float(rng.gamma(flow.share))}) if flow.share else flow for flow in graph.flows
    )
    return graph.model_copy(update={"flows": flows})
