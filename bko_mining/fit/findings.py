"""Everything the causal fit finds in a log, before it is written as a twin."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from bko_mining.discover.concurrency import Concurrency, concurrency, enabling, side_by_side
from bko_mining.fit.arrivals import Arrivals, arrival_rates
from bko_mining.fit.batching import Batch, find_batches
from bko_mining.fit.crews import Crew, find_crews
from bko_mining.fit.delays import FREE, Transition, find_transitions
from bko_mining.fit.free_days import PublicHolidays, public_holidays
from bko_mining.fit.hidden_branches import hidden_branches
from bko_mining.fit.instances import Instances, Mask, Seconds, instances
from bko_mining.fit.multitasking import capacities
from bko_mining.fit.queues import Queue, observe_queues
from bko_mining.fit.roles import Roles, Teams, find_roles, find_teams
from bko_mining.fit.routing import Routing, count_steps
from bko_mining.fit.service import Service, service_times
from bko_mining.fit.staff_changes import StaffChange, staff_changes
from bko_mining.log.event_log import EventLog

WARMING = 0.08
"""Share of the log's span left out at its beginning, where unseen work in progress loads the people."""


@dataclass(frozen=True)
class Findings:
    """What was found, part by part.

    ``work`` is the net working time of each instance; ``hidden_branches`` are pairs side by side that the order of
    starts does not show.
    """

    log: EventLog
    data: Instances
    concurrency: Concurrency
    roles: Roles
    teams: Teams
    crews: tuple[Crew, ...]
    work: Seconds
    queues: list[Queue]
    services: tuple[Service, ...]
    transitions: list[Transition]
    routing: Routing
    arrivals: Arrivals
    capacities: dict[int, int]
    batches: dict[int, Batch]
    hidden_branches: tuple[tuple[int, int], ...] = ()
    staff_changes: dict[int, StaffChange] = field(default_factory=dict)
    holidays: PublicHolidays | None = None

    def crew(self, role: int) -> Crew:
        """The main crew of a role."""
        return next(crew for crew in self.crews if crew.role == role)

    def calendar(self, crew: Crew) -> str:
        """The hours of a crew in one line, with the region whose holidays its role keeps."""
        if self.holidays is None or not crew.hours.closed:
            return crew.hours.text
        return f"{crew.hours.text}, {self.holidays.region}"

    def later_pace(self, resource: int) -> float:
        """The time that somebody takes once they have learnt, as a share of what they took on average."""
        change = self.staff_changes.get(resource)
        return change.level if change else 1.0

    @cached_property
    def point(self) -> Mask:
        """Rows whose worker had been idle and on duty: they arrived at their start."""
        point = np.zeros(len(self.data), bool)
        for queue in self.queues:
            point[queue.rows] = queue.point
        return point


def investigate(log: EventLog, *, seed: int = 0, prompt_from: float = FREE) -> Findings:
    """Find all parts of a twin in a log with starts.

    A transition has no delay if idle people started at once in at least the share ``prompt_from``.
    """
    found = _investigate(log, concurrency(log), seed, prompt_from)
    hidden = hidden_branches(found.data, found.point, found.transitions)
    if not hidden:
        return found
    beside = side_by_side(log, found.concurrency, hidden)
    return replace(_investigate(log, beside, seed, prompt_from), hidden_branches=tuple(hidden))


def look_again(log: EventLog, like: Findings) -> Instances:
    """Read a log that is like one investigated before: its hidden branches hold."""
    codes = {name: code for code, name in enumerate(log.activities)}
    names = like.data.activities
    named = [(names[one], names[other]) for one, other in like.hidden_branches]
    hidden = [(codes[one], codes[other]) for one, other in named if one in codes and other in codes]
    found = concurrency(log)
    found = side_by_side(log, found, hidden) if hidden else found
    return instances(log, enabling(log, found))


def _investigate(log: EventLog, found: Concurrency, seed: int, prompt_from: float) -> Findings:
    data = instances(log, enabling(log, found))
    roles = find_roles(log, data)
    teams = find_teams(data, roles)
    holidays = public_holidays(data.arrivals, data.start)
    crews, work = find_crews(data, roles, holidays)
    batches = find_batches(data, work)
    changes = staff_changes(data, work, roles.of >= 0)
    queues = observe_queues(data, roles, teams, crews, changes)
    services = tuple(
        service_times(data, work, activity, np.flatnonzero(data.activity == activity))
        for activity in range(len(data.activities))
    )
    return Findings(
        log=log,
        data=data,
        concurrency=found,
        roles=roles,
        teams=teams,
        crews=crews,
        work=work,
        queues=queues,
        services=services,
        transitions=find_transitions(data, queues, settled(data), prompt_from=prompt_from, seed=seed),
        routing=count_steps(data, found),
        arrivals=arrival_rates(data.arrivals),
        capacities=capacities(data, roles, batches),
        batches=batches,
        staff_changes=changes,
        holidays=holidays,
    )


def settled(data: Instances) -> Mask:
    """Rows between the warming-up of the log and its last arrival, where the staff's other work is in the log."""
    arrivals = data.arrivals
    since = arrivals.min() + WARMING * np.ptp(arrivals)
    inside = (data.start >= since) & (data.start <= arrivals.max())
    return inside if inside.sum() >= 0.5 * len(data) else np.ones(len(data), bool)
