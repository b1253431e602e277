"""What the log shows of each queue: which starts were no queueing, and since when an item can have been there."""

from dataclasses import dataclass

import numpy as np

from bko_mining.fit.calendars import Hours
from bko_mining.fit.instances import Codes, Instances, Mask, Seconds, free_since
from bko_mining.fit.roles import Roles, Teams


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


def observe_queues(data: Instances, roles: Roles, teams: Teams, hours: tuple[Hours, ...]) -> list[Queue]:
    """Order each team's items by start and find which starts were no queueing.

    Parameters
    ----------
    data : Instances
        The log.
    roles, teams : Roles, Teams
        Who shares what.
    hours : tuple of Hours
        One a role.
    """
    role = np.append(roles.of, -1)[data.resource]
    human = np.flatnonzero((role >= 0) & ~roles.automatic[data.activity])
    point = np.zeros(len(data), bool)
    point[human] = _idle_before(data, human, role[human], hours)
    queues = []
    for team, members in enumerate(teams.members):
        rows = human[teams.of_activity[data.activity[human]] == team]
        rows = rows[np.lexsort((data.end[rows], data.start[rows]))]
        floor = np.full(len(rows), -np.inf)
        for code in np.unique(roles.of[members]):
            mine = human[role[human] == code]
            floor = np.maximum(floor, _last_idle(data, mine, hours[code], len(roles.members(code)), data.start[rows]))
        queues.append(Queue(rows, point[rows], floor))
    return queues


def _idle_before(data: Instances, rows: Codes, role: Codes, hours: tuple[Hours, ...]) -> Mask:
    """Whether the worker of each row had been idle and on duty just before its start."""
    tolerance = max(2.0, data.resolution)
    since = free_since(data, rows)
    idle = np.zeros(len(rows), bool)
    for code in np.unique(role):
        mine = role == code
        start = data.start[rows[mine]]
        idle_since = np.maximum(since[mine], hours[code].last_opening(start))
        idle[mine] = (start - idle_since > tolerance) & hours[code].is_open(start)
    return idle


def _last_idle(data: Instances, rows: Codes, hours: Hours, members: int, instants: Seconds) -> Seconds:
    """The last instant before each of some instants at which fewer than all members were busy and on duty."""
    times = np.concatenate([data.start[rows], data.end[rows]])
    step = np.concatenate([np.ones(len(rows)), -np.ones(len(rows))])
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
