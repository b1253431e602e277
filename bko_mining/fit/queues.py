"""What the log shows of each queue: which starts were no queueing, and since when an item can have been there."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bko_mining.fit.calendars import Hours
from bko_mining.fit.crews import Crew, rows_of
from bko_mining.fit.instances import Codes, Instances, Mask, Seconds, free_since
from bko_mining.fit.roles import Roles, Teams
from bko_mining.fit.staff_changes import StaffChange


@dataclass(frozen=True)
class Queue:
    """One team's served items in order of start, and what was seen of its members.

    Attributes
    ----------
    rows : int64[n]
        Rows of the data, in order of start.
    point : bool[n]
        The worker had been idle and on duty: the item arrived at its start.
    floor : float64[n]
        The last instant before the start at which some member was idle and on duty.
    """

    rows: Codes
    point: Mask
    floor: Seconds


def observe_queues(
    data: Instances, roles: Roles, teams: Teams, crews: tuple[Crew, ...], changes: Mapping[int, StaffChange]
) -> list[Queue]:
    """Order each team's items by start and find which starts were no queueing.

    Parameters
    ----------
    data : Instances
        The log.
    roles, teams : Roles, Teams
        Who shares what.
    crews : tuple of Crew
        Who keeps which hours.
    changes : mapping of int to StaffChange
        Who came and who left meanwhile: nobody is idle before they come.
    """
    role = np.append(roles.of, -1)[data.resource]
    human = np.flatnonzero((role >= 0) & ~roles.automatic[data.activity])
    since = np.full(len(data), -np.inf)
    since[human] = free_since(data, human)
    point = np.zeros(len(data), bool)
    for crew in crews:
        mine = rows_of(data, roles, crew.members)
        point[mine] = _idle_before(data, mine, since[mine], crew.hours)
    queues = []
    for team, members in enumerate(teams.members):
        rows = human[teams.of_activity[data.activity[human]] == team]
        rows = rows[np.lexsort((data.end[rows], data.start[rows]))]
        floor = np.full(len(rows), -np.inf)
        for crew in crews:
            if np.isin(crew.members, members).all():
                mine = rows_of(data, roles, crew.members)
                away = [changes[code] for code in crew.members.tolist() if code in changes]
                floor = np.maximum(floor, _last_idle(data, mine, crew, away, data.start[rows]))
        queues.append(Queue(rows, point[rows], floor))
    return queues


def _idle_before(data: Instances, rows: Codes, since: Seconds, hours: Hours) -> Mask:
    """Whether the worker of each row had been idle and on duty just before its start."""
    start = data.start[rows]
    idle_since = np.maximum(since, hours.last_opening(start))
    return np.asarray((start - idle_since > max(2.0, data.resolution)) & hours.is_open(start))


def _last_idle(data: Instances, rows: Codes, crew: Crew, away: list[StaffChange], instants: Seconds) -> Seconds:
    """The last instant before each of some instants at which fewer than all members were busy and on duty."""
    hours, members = crew.hours, len(crew.members)
    # Who has not come yet, or has left, takes nothing: as good as busy.
    came = np.array([change.since for change in away if change.since is not None], np.float64)
    left = np.array([change.until for change in away if change.until is not None], np.float64)
    begin = np.full(len(came), data.start[rows].min(initial=0.0))
    times = np.concatenate([data.start[rows], data.end[rows], begin, came, left])
    step = np.concatenate([np.repeat([1.0, -1.0], len(rows)), np.repeat([1.0, -1.0], len(came)), np.ones(len(left))])
    # At one instant ends come before starts, so that a direct handover leaves nobody idle.
    order = np.lexsort((step, times))
    times, busy = times[order], np.cumsum(step[order])
    until = np.append(times[1:], times[-1:])
    # An idle spell counts up to its end, or to the last closing if the role closes within it.
    closing = hours.last_on_duty(until)
    usable = (busy < members) & (closing > times + 1)
    best = np.maximum.accumulate(np.where(usable, closing, -np.inf))
    place = np.searchsorted(times, instants, side="left") - 1
    return np.where(place >= 0, best[place], -np.inf)
