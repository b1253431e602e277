"""Fronts of plans: scores, what beats what, how much room a plan has, the area a front dominates."""

from collections.abc import Mapping, Sequence

import numpy as np

from bko_mining.whatif.kpis import kpi
from bko_mining.whatif.levers import Plan

Figures = dict[str, float]
Score = tuple[float, ...]


def pareto(scores: Sequence[Score]) -> list[int]:
    """Positions of the scores that no other beats in everything (smaller is better).

    Examples
    --------
    >>> pareto([(1, 4), (2, 2), (3, 3), (4, 1)])
    [0, 1, 3]
    """
    x = np.asarray(scores, float)
    return [i for i, row in enumerate(x) if not ((x <= row).all(axis=1) & (x < row).any(axis=1)).any()]


def crowding(scores: Sequence[Score]) -> list[float]:
    """How much room each score of a front has: the gap between its neighbours, summed over the scaled objectives.

    The ends of the front have all the room there is (Deb and others, *A fast and elitist multiobjective genetic
    algorithm: NSGA-II*, 2002).

    Examples
    --------
    >>> crowding([(0, 4), (1, 1), (4, 0)])
    [inf, 2.0, inf]
    """
    x = np.asarray(scores, float)
    room = np.zeros(len(x))
    for column in x.T:
        order = np.argsort(column, kind="stable")
        reach = np.ptp(column) or 1.0
        room[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / reach
        room[order[[0, -1]]] = np.inf
    return [float(value) for value in room]


def hypervolume(scores: Sequence[Score], reference: Score) -> float:
    """Area that two-dimensional scores dominate up to a reference point.

    Examples
    --------
    >>> hypervolume([(1, 3), (2, 1)], (4, 4))
    7.0
    """
    inside = [scores[i] for i in pareto(scores)]
    inside = sorted({(s[0], s[1]) for s in inside if s[0] < reference[0] and s[1] < reference[1]})
    area, top = 0.0, reference[1]
    for x, y in inside:
        area += (reference[0] - x) * (top - y)
        top = y
    return area


def allowed_plans(tried: dict[Plan, Figures], constraints: Mapping[str, float]) -> list[Plan]:
    """The plans that meet the constraints; all, where none does."""
    return [plan for plan in tried if violation(tried[plan], constraints) == 0] or list(tried)


def front_of(tried: dict[Plan, Figures], objectives: Sequence[str], constraints: Mapping[str, float]) -> list[Plan]:
    """The best compromises among the plans that meet the constraints (among all, where none does)."""
    allowed = allowed_plans(tried, constraints)
    return [allowed[i] for i in pareto([score_of(tried[plan], objectives) for plan in allowed])]


def score_of(figures: Figures, objectives: Sequence[str]) -> Score:
    """The objectives of a plan, smaller being better."""
    return tuple(-figures[name] if kpi(name).better == "higher" else figures[name] for name in objectives)


def violation(figures: Figures, constraints: Mapping[str, float]) -> float:
    """How far constraints are missed, relative to their limits, in all."""
    total = 0.0
    for name, limit in constraints.items():
        sign = -1 if kpi(name).better == "higher" else 1
        total += max(0.0, sign * (figures[name] - limit)) / (abs(limit) or 1.0)
    return total


def means_of(rows: Sequence[Figures]) -> Figures:
    """The mean of each figure over runs."""
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def means_alike(plans: Sequence[Sequence[Figures]]) -> list[Figures]:
    """Means of plans that share their luck but had unlike numbers of runs, all on the footing of the longest.

    A plan with fewer runs is set off from the plans with most runs where they met the same luck, and this difference
    from their mean over all runs: else a plan would look good that left while luck was good.

    Examples
    --------
    >>> luck = [0.0, 0.0, 8.0, 8.0]  # good at first, bad later: 'b' is worse by one in each run, and left early
    >>> a, b = [{"time": 10 + x} for x in luck], [{"time": 11 + x} for x in luck[:2]]
    >>> means_alike([a, b])
    [{'time': 14.0}, {'time': 15.0}]
    """
    n = max(map(len, plans))
    longest = [rows for rows in plans if len(rows) == n]
    all_in_all = means_of([means_of(rows) for rows in longest])
    found = []
    for rows in plans:
        own, shared = means_of(rows), means_of([means_of(each[: len(rows)]) for each in longest])
        found.append({name: own[name] + all_in_all[name] - shared[name] for name in own} if len(rows) < n else own)
    return found
