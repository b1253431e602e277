"""Who shares work with whom: automatic activities, and roles by what people do."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.instances import WEEK, Codes, Instances, Mask, by_resource
from bko_mining.log.event_log import UNKNOWN, EventLog

_MACHINE = re.compile(
    r"\b(system|sistema|bot|robot|robô|rpa|auto(matic|mático)?|workflow|batch|scheduler|service account)\b",
    re.IGNORECASE,
)
SIMILAR = 0.8
"""Bhattacharyya similarity of activity shares above which two resources share a role."""
SHARING = 0.05
"""Least share of a role in an activity of its team."""
ENOUGH = 10
"""Instances a resource needs to be compared; others join the role they fit best."""


@dataclass(frozen=True)
class Roles:
    """Roles of the resources and the activities nobody queues for.

    Attributes
    ----------
    names : tuple of str
        One name a role.
    of : int64[n_resources]
        Role of each resource; -1 for machines.
    automatic : bool[n_activities]
        Activities without a queue.
    given : bool
        Whether the log itself names the roles.
    """

    names: tuple[str, ...]
    of: Codes
    automatic: Mask
    given: bool

    def members(self, role: int) -> Codes:
        """Codes of the resources of a role."""
        return np.flatnonzero(self.of == role)


def find_roles(log: EventLog, data: Instances) -> Roles:
    """Find automatic activities and cluster people by the activities they do.

    A role column of the log is taken as it is; otherwise resources whose activity shares have a Bhattacharyya
    coefficient of at least ``SIMILAR`` (average linkage) share a role, named after its commonest activity.
    """
    machines = _machines(data)
    automatic = _automatic(data, machines)
    of = _given(log, machines)
    given = of is not None
    if of is None:
        of, groups = _clustered(data, machines, automatic)
        names = _named_by_work(data, of, groups)
    else:
        names = tuple(log.roles[code] for code in np.unique(of[of >= 0]))
        of = np.where(of >= 0, np.searchsorted(np.unique(of[of >= 0]), of), UNKNOWN)
    return Roles(names, of, automatic, given)


def _machines(data: Instances) -> Mask:
    """Resources that are no people: by name, or overlapping themselves around the clock."""
    machine = np.array([bool(_MACHINE.search(name)) for name in data.resources], bool)
    for part in by_resource(data, np.flatnonzero(data.resource >= 0)):
        overlapping = (data.start[part[1:]] < np.maximum.accumulate(data.end[part])[:-1]).mean() if len(part) > 1 else 0
        hours = len(np.unique(data.start[part] % WEEK // 3600))
        if len(part) >= 100 and overlapping > 0.2 and hours > 120:
            machine[data.resource[part[0]]] = True
    return machine


def _automatic(data: Instances, machines: Mask) -> Mask:
    """Activities done (almost) always by machines, by nobody, or in no time at all."""
    n = np.bincount(data.activity, minlength=len(data.activities))
    people = (data.resource >= 0) & ~np.append(machines, False)[data.resource]
    working = people & (data.end > data.start)
    return np.asarray(np.bincount(data.activity[working], minlength=len(n)) <= 0.05 * n)


def _given(log: EventLog, machines: Mask) -> Codes | None:
    """The commonest role of each resource in the log's own role column."""
    known = (log.role != UNKNOWN) & (log.resource != UNKNOWN)
    if known.sum() < 0.5 * (log.resource != UNKNOWN).sum() or not known.any():
        return None
    counts = np.zeros((len(log.resources), len(log.roles)), np.int64)
    np.add.at(counts, (log.resource[known], log.role[known]), 1)
    of = np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), UNKNOWN)
    return np.where(machines, UNKNOWN, of)


def _clustered(data: Instances, machines: Mask, automatic: Mask) -> tuple[Codes, int]:
    counts = np.zeros((len(data.resources), len(data.activities)))
    human = (data.resource >= 0) & ~automatic[data.activity]
    np.add.at(counts, (data.resource[human], data.activity[human]), 1)
    totals = counts.sum(axis=1)
    root = np.sqrt(counts / np.maximum(totals, 1)[:, None])
    of = np.full(len(counts), UNKNOWN, np.int64)
    core = np.flatnonzero(~machines & (totals >= ENOUGH))
    if not len(core):
        core = np.flatnonzero(~machines & (totals > 0))
    of[core] = _linked(root[core])
    groups = int(of.max(initial=-1)) + 1
    rest = np.flatnonzero(~machines & (totals > 0) & (of < 0))
    if len(rest):
        centre = np.array([np.sqrt(counts[of == role].sum(axis=0)) for role in range(groups)])
        centre /= np.linalg.norm(centre, axis=1, keepdims=True)
        of[rest] = (root[rest] @ centre.T).argmax(axis=1)
    return of, groups


def _linked(root: NDArray[np.float64]) -> Codes:
    """Average-linkage clusters of unit vectors, numbered by first member."""
    if len(root) < 2:
        return np.zeros(len(root), np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = np.clip(1 - root @ root.T, 0, 1)
    np.fill_diagonal(distance, 0)
    labels = fcluster(linkage(squareform(distance, checks=False), "average"), 1 - SIMILAR, "distance")
    _, first = np.unique(labels, return_index=True)
    rank = {labels[row]: place for place, row in enumerate(sorted(first))}
    return np.array([rank[label] for label in labels], np.int64)


def _named_by_work(data: Instances, of: Codes, groups: int) -> tuple[str, ...]:
    """Name each role after the activity it does most, numbered where two would share a name."""
    role = np.append(of, UNKNOWN)[data.resource]
    names: list[str] = []
    seen: Counter[str] = Counter()
    for code in range(groups):
        commonest = data.activities[np.bincount(data.activity[role == code]).argmax()]
        seen[commonest] += 1
        names.append(commonest if seen[commonest] == 1 else f"{commonest} {seen[commonest]}")
    return tuple(names)


@dataclass(frozen=True)
class Teams:
    """The queues: one team for all activities that the same people share.

    Attributes
    ----------
    names : tuple of str
        One name a team; a team that is one role bears its name.
    members : tuple of int64 arrays
        Resource codes of each team; a person may be in several.
    of_activity : int64[n_activities]
        Team of each activity, -1 where automatic.
    """

    names: tuple[str, ...]
    members: tuple[Codes, ...]
    of_activity: Codes


def find_teams(data: Instances, roles: Roles) -> Teams:
    """Give every activity the team that does it: its role, or several roles together where they share it.

    A role shares an activity if it does at least one in twenty of its instances, or, where many roles share it so that
    these do less than half of it, as much as that of what the busiest one does.
    """
    role = np.append(roles.of, UNKNOWN)[data.resource]
    sets: dict[tuple[int, ...], int] = {(code,): code for code in range(len(roles.names))}
    of_activity = np.full(len(data.activities), UNKNOWN, np.int64)
    for activity in np.flatnonzero(~roles.automatic):
        done_by = role[(data.activity == activity) & (role >= 0)]
        if not len(done_by):
            continue
        key = _sharing(np.bincount(done_by, minlength=len(roles.names)) / len(done_by))
        of_activity[activity] = sets.setdefault(key, len(sets))
    members = tuple(_members(data, roles, key, of_activity == team) for key, team in sets.items())
    names = [_team_name(key, roles) for key in sets]
    seen = Counter(names)
    unique = tuple(f"{name} ({place})" if seen[name] > 1 else name for place, name in enumerate(names, start=1))
    return Teams(unique, members, of_activity)


def _members(data: Instances, roles: Roles, key: tuple[int, ...], work: Mask) -> Codes:
    """People of a team; where several roles share it, without those who never did its work though ten were due."""
    people = np.isin(roles.of, key)
    if len(key) == 1:
        return np.flatnonzero(people)
    human = data.resource >= 0
    n = np.bincount(data.resource[human], minlength=len(people))
    mine = np.bincount(data.resource[human & work[data.activity]], minlength=len(people))
    due = n * mine[people].sum() / max(1, n[people].sum())
    return np.flatnonzero(people & ((mine > 0) | (due < 10)))


def _sharing(share: NDArray[np.float64]) -> tuple[int, ...]:
    """Roles that share an activity, of the share that each has in it."""
    few = share >= SHARING
    return tuple(np.flatnonzero(few if share[few].sum() >= 0.5 else share >= SHARING * share.max()).tolist())


def _team_name(key: tuple[int, ...], roles: Roles) -> str:
    if len(key) <= 2:
        return " & ".join(roles.names[code] for code in key)
    largest = max(key, key=lambda code: (int((roles.of == code).sum()), -code))
    return f"{roles.names[largest]} + {len(key) - 1}"
