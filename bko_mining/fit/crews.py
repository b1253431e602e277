"""Who keeps which hours: each role's crew, and people of the role with clearly different hours of their own."""

from dataclasses import dataclass, replace

import numpy as np

from bko_mining.fit.calendars import Hours, find_hours
from bko_mining.fit.free_days import PublicHolidays, days_off, rests
from bko_mining.fit.instances import DAY, WEEK, Codes, Instances, Seconds
from bko_mining.fit.roles import Roles

DIFFERENT = 0.2
"""Share of the hours of either that must differ before a person's own hours count."""
ENOUGH = 60
"""Instances a person needs for hours of their own."""


@dataclass(frozen=True)
class Crew:
    """People of one role who keep the same hours.

    Attributes
    ----------
    role : int
        Code of the role.
    members : int64[n]
        Codes of the resources.
    hours : Hours
        When they work.
    found : str
        How the hours were found.
    """

    role: int
    members: Codes
    hours: Hours
    found: str


def find_crews(
    data: Instances, roles: Roles, holidays: PublicHolidays | None = None
) -> tuple[tuple[Crew, ...], Seconds]:
    """Find the crews of all roles, the main one of each role first, and the net working time of each row."""
    work = data.end - data.start
    crews: list[Crew] = []
    for role in range(len(roles.names)):
        closed = _days_off(data, roles, role, holidays)
        for usual in _of_role(data, roles, role):
            crew = replace(usual, hours=replace(usual.hours, closed=closed)) if closed else usual
            rows = rows_of(data, roles, crew.members)
            work[rows] = crew.hours.worked(data.end[rows]) - crew.hours.worked(data.start[rows])
            crews.append(crew)
    return tuple(crews), work


def _days_off(data: Instances, roles: Roles, role: int, holidays: PublicHolidays | None) -> tuple[int, ...]:
    """The holidays within the log of a role that rests on them."""
    starts = data.start[(data.resource >= 0) & (roles.of[data.resource] == role)]
    if holidays is None or not rests(holidays.region, starts):
        return ()
    first, last = int(data.start.min() // DAY), int(data.end.max() // DAY)
    return tuple((np.flatnonzero(days_off(holidays.region, first, last - first + 1)) + first).tolist())


def rows_of(data: Instances, roles: Roles, members: Codes) -> Codes:
    """Rows that some people did, without automatic activities."""
    return np.flatnonzero(np.isin(data.resource, members) & ~roles.automatic[data.activity])


def _of_role(data: Instances, roles: Roles, role: int) -> list[Crew]:
    members = roles.members(role)
    shared, found = find_hours(data, rows_of(data, roles, members))
    own: list[Crew] = []
    for member in members:
        rows = rows_of(data, roles, np.array([member]))
        if len(members) < 2 or len(rows) < ENOUGH:
            continue
        hours, text = find_hours(data, rows)
        if _is_tidy(hours) and _difference(hours, shared) > DIFFERENT:
            own.append(Crew(role, np.array([member]), hours, text))
    alone = {int(crew.members[0]) for crew in own}
    rest = np.array([member for member in members.tolist() if member not in alone], np.int64)
    if len(rest) and own:
        shared, found = find_hours(data, rows_of(data, roles, rest))
    crews = ([Crew(role, rest, shared, found)] if len(rest) else []) + _merged(data, roles, own)
    return sorted(crews, key=lambda crew: -len(crew.members))


def _merged(data: Instances, roles: Roles, own: list[Crew]) -> list[Crew]:
    """Put people with nearly the same hours of their own into one crew."""
    crews: list[Crew] = []
    for crew in own:
        like = next((k for k, other in enumerate(crews) if _difference(crew.hours, other.hours) <= DIFFERENT), None)
        if like is None:
            crews.append(crew)
        else:
            members = np.concatenate([crews[like].members, crew.members])
            crews[like] = Crew(crew.role, members, *find_hours(data, rows_of(data, roles, members)))
    return crews


def _is_tidy(hours: Hours) -> bool:
    """Whether hours look like somebody's contract: at most two kinds of day, and two shifts a day."""
    days: dict[int, list[tuple[float, float]]] = {}
    for start, end in hours.shifts:
        days.setdefault(int(start // DAY), []).append((start % DAY, end - start))
    return not hours.always and len({tuple(day) for day in days.values()}) <= 2 and max(map(len, days.values())) <= 2


def _difference(one: Hours, other: Hours) -> float:
    """Hours of the week that only one of two calendars is open, as a share of the hours that either is."""
    minutes = np.arange(0.0, WEEK, 300.0)
    a, b = one.is_open(minutes), other.is_open(minutes)
    return float((a != b).sum() / max(1, (a | b).sum()))
