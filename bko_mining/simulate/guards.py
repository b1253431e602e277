"""What is checked before a run: work nobody can do, cases that never end, more work than people."""

import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bko_mining.errors import SimulationError, TwinWarning
from bko_mining.simulate.net import Kind
from bko_mining.simulate.quantiles import law_of
from bko_mining.twin.work import Activity

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun

MOST_NODES = 1500
"""Nets larger than this (fitted histories) are not searched for their expected visits."""


def check_run(run: "RuledRun", *, ends: bool) -> None:
    """Refuse what cannot run and warn of what will not come to rest.

    Parameters
    ----------
    ends : bool
        Whether the run ends only when every case is done (no horizon).

    Raises
    ------
    SimulationError
        If an activity that cases reach has nobody to do it, or cases can never end.
    """
    reached = list(dict.fromkeys(i for start in run.net.starts.values() for i in run.net.reachable(start)))
    _somebody_can(run, reached)
    if ends:
        _cases_can_end(run)
    if run.luck[1] == 0:
        _nothing_is_left_over(run, reached)
        if len(reached) <= MOST_NODES and not run.cases.open_cases:
            _people_suffice(run, reached)


def _somebody_can(run: "RuledRun", reached: list[int]) -> None:
    for i in reached:
        node = run.net.nodes[i]
        activity = run.twin.activities.get(node.label) if node.kind == Kind.ACTIVITY else None
        if activity is None or activity.role is None or activity.automatic:
            continue
        members = run.twin.roles[activity.role].names(activity.role)
        if not members:
            raise SimulationError(
                f"{node.label!r} needs the role {activity.role!r}, which has no members; give it members or a size"
            )
        paces = {person.name: person.pace[run.labels[node.label]] for person in run.people if person.pace}
        if all(paces.get(member) is None for member in members):
            raise SimulationError(f"no member of {activity.role!r} has the skill for {node.label!r}")


def _cases_can_end(run: "RuledRun") -> None:
    for kind, start in run.net.starts.items():
        for i in run.net.reachable(start):
            if all(run.net.nodes[j].kind != Kind.END for j in run.net.reachable(i)):
                label = next(run.net.nodes[j].label for j in reversed(run.net.reachable(i)) if run.net.nodes[j].label)
                raise SimulationError(
                    f"cases of type {kind!r} never end: nothing leads from {label!r} to the end; change the routing or "
                    "give a horizon"
                )


def _nothing_is_left_over(run: "RuledRun", reached: list[int]) -> None:
    met = {run.net.nodes[i].label for i in reached}
    jumps = [rule.to for a in run.twin.activities.values() for rule in (a.errors, a.patience, a.queue_limit) if rule]
    unmet = [name for name in run.activities if name not in met and name not in jumps]
    if unmet:
        warnings.warn(f"no case ever reaches {', '.join(map(repr, unmet))}", TwinWarning, stacklevel=5)


def _people_suffice(run: "RuledRun", reached: list[int]) -> None:
    """Offered work against working hours of each role between the first and the last arrival."""
    first, last = int(run.arrival[0]), int(run.arrival[-1])
    weeks = (last - first) / 6.048e11
    if weeks < 2 or len(run.arrival) < 50:
        return
    work = dict.fromkeys(run.twin.roles, 0.0)
    for kind, start in run.net.starts.items():
        n = int((run.cases.kind == run.cases.kinds.index(kind)).sum())
        for label, visits in expected_visits(run, reached, start).items():
            activity = run.twin.activities[label]
            if activity.role is not None and not activity.automatic and not _may_leave(activity):
                work[activity.role] += n * visits * law_of(activity.time).mean / 3600 * _pace(run, label)
    for role, hours in work.items():
        members = run.twin.roles[role].names(role)
        there = sum(int(run.twin.calendar_of(m, role).working_time(first, last)) for m in members) / 3.6e9
        if hours >= there > 0:
            warnings.warn(
                f"{role!r} has more work than time: {hours / weeks:.1f} h of work a week for {there / weeks:.1f} h of "
                f"{len(members)} people (utilisation {hours / there:.2f}); the queue grows as long as cases arrive",
                TwinWarning,
                stacklevel=5,
            )


def _may_leave(activity: Activity) -> bool:
    """Whether work may be lost or shared, so that the plain arithmetic does not hold."""
    return bool(activity.batch or activity.patience or activity.queue_limit)


def _pace(run: "RuledRun", label: str) -> float:
    role = run.twin.activities[label].role or ""
    code, members = run.labels[label], set(run.twin.roles[role].names(role))
    paces = [person.pace[code] for person in run.people if person.name in members and person.pace[code] is not None]
    return float(np.mean([pace for pace in paces if pace is not None])) if paces else 1.0


def expected_visits(run: "RuledRun", reached: list[int], start: int) -> dict[str, float]:
    """How often a case does each activity on average: the balance of flows through the net, solved."""
    place = {node: i for i, node in enumerate(reached)}
    flow = np.zeros((len(reached), len(reached)))
    for i in reached:
        node = run.net.nodes[i]
        shares = _shares(run, i)
        for way, share in zip(node.ways, shares, strict=True):
            target = run.net.nodes[way.to]
            joins = target.incoming if target.kind == Kind.JOIN and target.incoming else 1
            flow[place[way.to], place[i]] += share / joins
    source: NDArray[np.float64] = np.zeros(len(reached))
    source[place[start]] = 1.0
    try:
        visits = np.linalg.solve(np.eye(len(reached)) - flow, source)
    except np.linalg.LinAlgError:
        return {}
    found: dict[str, float] = {}
    for i, n in zip(reached, visits.tolist(), strict=True):
        label = run.net.nodes[i].label
        if run.net.nodes[i].kind == Kind.ACTIVITY:
            found[label] = found.get(label, 0.0) + n
    return found


def _shares(run: "RuledRun", i: int) -> list[float]:
    """Shares of the ways out; conditions are tried on the first cases."""
    node, fork = run.net.nodes[i], run.exits.forks[i]
    if node.kind == Kind.FORK:
        return [1.0] * len(node.ways)
    if fork is None or node.kind == Kind.SOME:
        total = sum(way.share or 0.0 for way in node.ways) if node.kind != Kind.SOME else 1.0
        return [(way.share or 0.0) / total for way in node.ways] if total else []
    sample = range(min(len(run.arrival), 200))
    targets = [fork.choose(case, run.arrival[case], (k + 0.5) / 8) for case in sample for k in range(8)]
    counts = {to: targets.count(to) / len(targets) for to in set(targets)}
    seen: set[int] = set()
    shares = []
    for way in node.ways:
        shares.append(0.0 if way.to in seen else counts.get(way.to, 0.0))
        seen.add(way.to)
    return shares
