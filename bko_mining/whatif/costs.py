"""What a run costs while it runs: people who are there, overtime, activities, bots, penalties."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np

from bko_mining.log.event_log import MISSING
from bko_mining.twin.values import Price
from bko_mining.whatif.period import Period

WEEKS_PER_MONTH = 365.25 / 12 / 7


def running_costs(period: Period) -> dict[str, float]:
    """Money of a period by kind: ``wages``, ``overtime``, ``activities``, ``bots``, ``materials``, ``penalties``.

    People are paid for the hours they are there, busy or not; nobody is paid for a place that is vacant. Overtime is
    work outside the own hours.
    """
    pieces = _pieces(period)
    return {
        "wages": sum(_wages(piece) for piece in pieces),
        "overtime": sum(_overtime(piece) for piece in pieces),
        "activities": sum(_activities(piece) for piece in pieces),
        "bots": _bots(period),
        "materials": _materials(period),
        "penalties": _penalties(period),
    }


def work_cost(period: Period) -> float:
    """Money for the hours people worked on cases within their own hours, whoever pays for the rest of their day."""
    return sum(work / 3600 * _wage(piece, name) for piece in _pieces(period) for name, (work, _) in piece.busy.items())


def has_costs(period: Period) -> bool:
    """Whether the twin knows any price."""
    twin = period.twin
    return (
        any(role.cost_per_hour or role.cost_from for role in twin.roles.values())
        or any(person.cost_per_hour for person in twin.resources.values())
        or any(activity.cost or activity.cost_from for activity in twin.activities.values())
        or any(bot.cost_per_run or bot.cost_per_month for bot in twin.bots.values())
        or any(material.cost for material in twin.materials.values())
        or any(level.penalty for level in twin.service_levels)
    )


def broken_promises(period: Period) -> dict[str, np.ndarray]:
    """For each service level: which of the counted cases broke it (cases it does not concern did not)."""
    log = period.log
    kinds = log.attributes["case_type"].take(log.offsets[:-1]).to_pylist() if _has_types(period) else None
    broken = {}
    for level in period.twin.service_levels:
        begin = _edge(period, level.since, first=True)
        end = _edge(period, level.until, first=False)
        known = (begin != MISSING) & (end != MISSING)
        begin, end = np.where(known, begin, 0), np.where(known, end, 0)
        time = period.twin.calendar(level.calendar).working_time(begin, end) if level.calendar else end - begin
        late = known & (time > level.within * 1e6)
        if level.case_type is not None and kinds is not None:
            late &= np.array([kind == level.case_type for kind in kinds])
        broken[level.name] = late
    return broken


def _has_types(period: Period) -> bool:
    return len(period.twin.all_case_types) > 1 and "case_type" in period.log.attributes.column_names


def _edge(period: Period, activity: str | None, *, first: bool) -> np.ndarray:
    """The instant at which the clock of a promise begins (or stops) for each counted case; MISSING if never."""
    log = period.log
    if activity is None:
        return period.arrival[period.counted] if first else log.case_end
    code = log.activities.index(activity) if activity in log.activities else -9
    mine = log.activity == code
    if first:
        when = np.where(mine, log.begin, np.iinfo(np.int64).max)
        edge = np.minimum.reduceat(when, log.offsets[:-1])
        return np.where(edge == np.iinfo(np.int64).max, MISSING, edge)
    return np.maximum.reduceat(np.where(mine, log.finish, MISSING), log.offsets[:-1])


def _wage(period: Period, person: str) -> float:
    detail = period.twin.resources.get(person)
    if detail is not None and detail.cost_per_hour is not None:
        return detail.cost_per_hour
    role = period.twin.roles[period.twin.roles_of(person)[0]]
    return _price(period, role.cost_per_hour, role.cost_from)


def _price(period: Period, first: float, later: tuple[Price, ...]) -> float:
    """What holds as a piece of a period begins."""
    holds = [price for price in later if period.first(price.since) <= period.since]
    return max(holds, key=lambda price: period.first(price.since)).cost if holds else first


def _pieces(period: Period) -> list[Period]:
    """The period, cut where prices change."""
    twin = period.twin
    changes = [price for role in twin.roles.values() for price in role.cost_from]
    changes += [price for activity in twin.activities.values() for price in activity.cost_from]
    cuts = {cut for price in changes if period.since < (cut := period.first(price.since)) < period.until}
    edges = sorted({period.since, period.until, *cuts})
    return [replace(period, since=since, until=until) for since, until in pairwise(edges)] if cuts else [period]


def _wages(period: Period) -> float:
    return sum(period.available[name] / 3600 * _wage(period, name) for name in period.twin.people)


def _overtime(period: Period) -> float:
    total = 0.0
    for name, (_, over) in period.busy.items():
        role = period.twin.roles[period.twin.roles_of(name)[0]]
        total += over / 3600 * _wage(period, name) * role.overtime_factor
    return total


def _started(period: Period) -> Counter[str]:
    """Instances begun within the period, by activity."""
    log = period.whole
    inside = (log.begin >= period.since) & (log.begin < period.until)
    counts = np.bincount(log.activity[inside], minlength=len(log.activities))
    return Counter(dict(zip(log.activities, counts.tolist(), strict=True)))


def _activities(period: Period) -> float:
    prices = {name: _price(period, part.cost, part.cost_from) for name, part in period.twin.activities.items()}
    return float(sum(prices.get(name, 0.0) * n for name, n in _started(period).items()))


def _bots(period: Period) -> float:
    log, twin = period.whole, period.twin
    inside = (log.begin >= period.since) & (log.begin < period.until)
    total = 0.0
    for name, bot in twin.bots.items():
        if name in log.resources:
            total += bot.cost_per_run * int((inside & (log.resource == log.resources.index(name))).sum())
        live = period.since if bot.since is None else max(period.since, period.first(bot.since))
        months = max(0, period.until - live) / (7 * 86_400e6) / WEEKS_PER_MONTH
        total += bot.cost_per_month * months
    return total


def _materials(period: Period) -> float:
    log, twin = period.whole, period.twin
    inside = (log.begin >= period.since) & (log.begin < period.until)
    total = 0.0
    for code, name in enumerate(log.activities):
        mine = inside & (log.activity == code)
        activity = twin.activities.get(name)
        for material, amount in activity.uses.items() if activity else ():
            units = (
                float(log.attributes[amount].to_numpy()[mine].sum()) if isinstance(amount, str) else amount * mine.sum()
            )
            total += twin.materials[material].cost * units
    return float(total)


def _penalties(period: Period) -> float:
    broken = broken_promises(period)
    return float(sum(level.penalty * broken[level.name].sum() for level in period.twin.service_levels))
