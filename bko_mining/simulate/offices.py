"""Staff a run: timetables of everybody, people with their pace, and a desk for each role."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from bko_mining.calendars import DAY, WorkCalendar
from bko_mining.errors import SimulationError
from bko_mining.simulate.arrivals import to_utc
from bko_mining.simulate.luck import stream_key, uniform, uniforms
from bko_mining.simulate.people import Desk, Item, Person, ShiftDesk
from bko_mining.simulate.pool import Pool, longest_idle
from bko_mining.simulate.presence import on_some_days
from bko_mining.simulate.quantiles import law_of
from bko_mining.simulate.timetable import FOREVER, Intervals, Spread, Timetable, spread_of, without
from bko_mining.twin.model import Twin
from bko_mining.twin.people import Bot, Failures, QueueRule, Resource, Role, Turnover

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun

_PLAIN = Resource()
_MOST_BREAKDOWNS = 1 << 22
NO_DUE_DATE = 1e12
"""Seconds after which a case without a promise is due."""


class Staff:
    """Builds people and desks of a run; equal calendars share one timetable."""

    def __init__(self, run: "RuledRun") -> None:
        self.run = run
        self.twin = run.twin
        self._hours: dict[WorkCalendar, Timetable] = {}
        self._with_overtime: dict[tuple[Timetable, int], Timetable] = {}
        self._people: dict[str, Person] = {}
        self._member_of: dict[str, list[str]] = {}
        self._deadlines = [activity.due for activity in self.twin.activities.values()]
        self._promises = [kind.due for kind in self.twin.all_case_types.values()]
        for name, role in self.twin.roles.items():
            for member in role.names(name):
                self._member_of.setdefault(member, []).append(name)

    def hire(self) -> None:
        """Make all people, bots and desks."""
        plain = {name: self._is_plain(name, role) for name, role in self.twin.roles.items()}
        for name, role in self.twin.roles.items():
            people = [self._person(member, name, role) for member in role.names(name)]
            if plain[name] and people:
                self.run.desks[name] = self._desk(name, people)
            else:
                self._pool(name, role, people)
        for name, bot in self.twin.bots.items():
            self._bot(name, bot)
        self.run.people = list(self._people.values())

    def timetable(self, calendar: WorkCalendar) -> Timetable:
        """The shared timetable of a calendar."""
        if calendar not in self._hours:
            start = self.run.start
            always = calendar.never_closes
            self._hours[calendar] = Timetable.always(start) if always else Timetable(spread_of(calendar), start)
        return self._hours[calendar]

    def _longer(self, hours: Timetable, extra: int) -> Timetable:
        """The shared timetable of the same hours with overtime."""
        if (hours, extra) not in self._with_overtime:
            self._with_overtime[hours, extra] = hours.with_overtime(extra, ZoneInfo(self.twin.timezone))
        return self._with_overtime[hours, extra]

    def _is_plain(self, name: str, role: Role) -> bool:
        """Whether a role can be served by a plain desk."""
        members = role.names(name)
        done = self._done_by(name)
        details = [self.twin.resources.get(member, _PLAIN) for member in members]
        by_rule = (
            name in self.run.policies.choose
            or role.discipline != "fifo"
            or role.later is not None
            or role.choice != "longest_idle"
            or role.availability < 1
            or role.turnover
            or role.overtime
        )
        particular = any(
            d.capacity > 1
            or d.absences
            or d.since
            or d.until
            or d.availability is not None
            or (d.skills is not None and not done <= set(d.skills))
            for d in details
        )
        activities = [self.twin.activities[activity] for activity in done]
        picky = any(
            a.same_as or a.not_same_as or a.patience or a.queue_limit or a.at_shift_end == "fits" for a in activities
        )
        shared = any(len(self._member_of[member]) > 1 for member in members)
        return not (by_rule or particular or picky or shared)

    def _done_by(self, role: str) -> set[str]:
        """What comes to the desk of a role: its activities, and those of bots that it stands in for."""
        bots = {name for name, bot in self.twin.bots.items() if bot.exception_role == role}
        return {
            name for name, activity in self.twin.activities.items() if activity.role == role or activity.bot in bots
        }

    def _desk(self, name: str, people: list[Person]) -> Desk | ShiftDesk:
        ruled = any(self.run.ruled[self.run.labels[a]] for a in self._done_by(name))
        kind = Desk if len({person.hours for person in people}) == 1 else ShiftDesk
        desk = kind(self.run.env, people, self.run.begin_by_rules if ruled else self.run.begin)
        for person in people:
            person.desk = desk
        return desk

    def _pool(self, name: str, role: Role, people: list[Person]) -> None:
        pool = Pool(
            self.run.env,
            self.run.begin_by_rules,
            key=self._key(role),
            fits=self.run.fits,
            bound=self.run.bound if any(a.same_as for a in self.run.twin.activities.values()) else None,
            choose=self._choice(name, role),
            interrupt=self.run.interrupt if role.preemptive else None,
        )
        for person in people:
            pool.join(person)
        self.run.desks[name] = pool

    def _person(self, member: str, name: str, role: Role) -> Person:
        if member in self._people:
            return self._people[member]
        detail = self.twin.resources.get(member, _PLAIN)
        calendar = self.twin.calendar_of(member, name)
        regular = self._there(member, detail, calendar)
        person = Person(len(self._people), member, regular, regular, self._pace(member, detail))
        overtime, turnover = self.twin.overtime_of(member), self.twin.turnover_of(member)
        if overtime is not None:
            person.overtime = overtime.queue
            person.hours = person.work = self._longer(regular, int(overtime.at_most * 1e6))
        # A leaver finishes what is in hand; only new work waits for others.
        vacancies = None if turnover is None else self._vacancies(member, turnover)
        if vacancies is not None:
            person.hours = person.hours.without(vacancies)
        if detail.until is not None:
            person.leaves = to_utc(detail.until, self.twin.timezone) + DAY
            person.hours = person.hours.ending(person.leaves)
        if turnover is not None and vacancies is not None:
            ramp, factor = int(turnover.ramp_up * 1e6), turnover.start_factor
            person.novices = [(int(on), ramp, factor) for on in vacancies[1] if on < FOREVER]
        if detail.since is not None and detail.ramp_up:
            begins = to_utc(detail.since, self.twin.timezone)
            person.novices.insert(0, (begins, int(detail.ramp_up * 1e6), detail.start_factor))
        person.slots = detail.capacity
        self._people[member] = person
        return person

    def _pace(self, member: str, detail: Resource) -> list[float | None]:
        pace: list[float | None] = []
        for name, activity in self.twin.activities.items():
            skill = 1.0 if detail.skills is None else detail.skills.get(name)
            factor = activity.time_by_resource.get(member, 1.0)
            pace.append(None if skill is None or skill <= 0 else factor / (detail.speed * skill))
        return pace

    def _there(self, member: str, detail: Resource, calendar: WorkCalendar) -> Timetable:
        """Hours without absences."""
        there = self.twin.presence_of(member)
        fixed = self._fixed_absences(detail)
        if there >= 1:
            hours = self.timetable(calendar)
            return hours.without(fixed) if len(fixed[0]) else hours
        spread = without(spread_of(calendar), lambda first, last: fixed)
        key = stream_key(*self.run.luck, "availability", member)
        is_off = lambda days: uniforms(key, days.astype(np.uint64)) >= there  # noqa: E731
        return Timetable(on_some_days(spread, is_off, ZoneInfo(self.twin.timezone)), self.run.start)

    def _fixed_absences(self, detail: Resource) -> Intervals:
        zone, away = self.twin.timezone, []
        if detail.since is not None:
            away.append((0, to_utc(detail.since, zone)))
        away += [(to_utc(a.since, zone), to_utc(a.until, zone) + DAY) for a in detail.absences]
        pairs = np.array(away, np.int64).reshape(-1, 2)
        return union([(pairs[:, 0], pairs[:, 1])])

    def _vacancies(self, member: str, turnover: Turnover) -> Intervals:
        """Tenures of exponential length and vacancies in between, for the next 60 years."""
        vacancy = law_of(turnover.vacancy)
        leave = stream_key(*self.run.luck, "leave", member)
        empty = stream_key(*self.run.luck, "vacancy", member)
        first = self.run.start if turnover.since is None else to_utc(turnover.since, self.twin.timezone)
        at, off, on = float(max(self.run.start, first)), [], []
        for i in range(100_000):
            at += -np.log(uniform(leave, i)) / turnover.per_year * 365.25 * DAY
            if at > self.run.start + 60 * 366 * DAY:
                break
            off.append(int(at))
            at += float(vacancy.at(np.array([uniform(empty, i)]))[0]) * 1e6
            on.append(int(at))
        return np.array(off, np.int64), np.array(on, np.int64)

    def _key(self, role: Role) -> Callable[[Item], Any]:
        """What a queue is ordered by; from the day of another rule on, by that one behind all that waits."""
        if role.later is None:
            return self._by(role)
        first, then, env = self._by(role), self._by(role.later), self.run.env
        switch = to_utc(role.later.since, self.twin.timezone)
        return lambda item: (1, then(item)) if env.now >= switch else (0, first(item))

    def _by(self, rule: Role | QueueRule) -> Callable[[Item], Any]:
        run = self.run
        ranks = ranks_of(self.twin, rule)
        means = [law_of(activity.time).mean for activity in self.twin.activities.values()]
        keys: dict[str, Callable[[Item], Any]] = {
            "fifo": lambda item: 0,
            "lifo": lambda item: -item.turn,
            "oldest_case": lambda item: run.arrival[item.case],
            "due_date": self._due_date,
            "priority": lambda item: ranks[run.kinds[item.case]][item.activity],
            "value": lambda item: -run.column(rule.value_attribute or "")[item.case],
            "shortest": lambda item: means[item.activity],
        }
        return keys[rule.discipline]

    def _due_date(self, item: Item) -> int:
        """The deadline of an activity, else what was promised for the case."""
        own = self._deadlines[item.activity]
        if own is not None:
            return item.enabled + int(own * 1e6)
        run = self.run
        return run.arrival[item.case] + int((self._promises[run.kinds[item.case]] or NO_DUE_DATE) * 1e6)

    def _choice(self, name: str, role: Role) -> Callable[[list[Person], Item], Person]:
        if name in self.run.policies.choose:
            return self._own_choice(name)
        if role.choice == "longest_idle":
            return longest_idle
        if role.choice == "least_loaded":
            return lambda people, item: min(people, key=lambda p: p.busy)
        if role.choice == "fastest":
            return lambda people, item: min(people, key=lambda p: p.pace[item.activity] or 1.0)
        luck = self.run.draws("choice", name)
        return lambda people, item: people[int(luck(item.case, item.visit) * len(people))]

    def _own_choice(self, name: str) -> Callable[[list[Person], Item], Person]:
        """A policy in Python chooses among the names of the free."""
        policy, run = self.run.policies.choose[name], self.run

        def choose(people: list[Person], item: Item) -> Person:
            by_name = {person.name: person for person in people}
            wanted = policy(tuple(by_name), run.view(item.case, "choose", item.activity, run.env.now))
            if wanted not in by_name:
                raise SimulationError(f"the policy of {name!r} chose {wanted!r}; free were {', '.join(by_name)}")
            return by_name[wanted]

        return choose

    def _bot(self, name: str, bot: Bot) -> None:
        calendar = self.twin.calendar(bot.calendar)
        hours = self.timetable(calendar)
        if bot.failures is not None:
            hours = Timetable(without(spread_of(calendar), self._breakdowns(name, bot.failures)), self.run.start)
        code = len(self._people)
        licence = Person(code, name, hours, hours, [1 / bot.speed] * len(self.twin.activities))
        licence.slots = bot.licences
        self._people[name] = licence
        pool = Pool(
            self.run.env,
            self.run.begin_by_rules,
            key=lambda item: 0,
            fits=lambda item, person, now: True,
            choose=longest_idle,
            interrupt=None,
        )
        pool.join(licence)
        self.run.desks[f"bot {name}"] = pool

    def _breakdowns(self, name: str, failures: Failures) -> Spread:
        """When a bot is down, as far as anybody looks: breakdowns are numbered, so that looking further moves none."""
        up, down = law_of(failures.every), law_of(failures.repair)
        fails, repairs = (stream_key(*self.run.luck, purpose, name) for purpose in ("failure", "repair"))
        known = [np.zeros(0, np.int64)]

        def closed(first: int, last: int) -> Intervals:
            n = max(len(known[0]) // 2, 256)
            while not len(known[0]) or known[0][-1] <= last:
                if n > _MOST_BREAKDOWNS:
                    raise SimulationError(
                        f"{name!r} breaks down more than {n // 2:,} times; give failures a longer 'every'"
                    )
                ordinals = np.arange(n, dtype=np.uint64)
                lengths = np.column_stack([up.at(uniforms(fails, ordinals)), down.at(uniforms(repairs, ordinals))])
                known[0] = self.run.start + np.rint(np.cumsum(lengths.ravel()) * 1e6).astype(np.int64)
                n *= 4
            return known[0][0::2], known[0][1::2]

        return closed


def ranks_of(twin: Twin, rule: Role | QueueRule) -> list[list[int]]:
    """The priority of each activity in cases of each type: that of the rule's classes, the activity, the type."""
    classes = rule.classes if isinstance(rule, QueueRule) else {}
    types = [classes.get(name, kind.priority) for name, kind in twin.all_case_types.items()]
    own = [classes.get(name, activity.priority) for name, activity in twin.activities.items()]
    return [[kind if mine is None else mine for mine in own] for kind in types]


def union(parts: list[Intervals]) -> Intervals:
    """Stretches of several lists as sorted, disjoint ones."""
    starts, ends = (np.concatenate([part[i] for part in parts]).astype(np.int64) for i in (0, 1))
    some = starts < ends
    order = np.argsort(starts[some], kind="stable")
    starts, ends = starts[some][order], ends[some][order]
    if not len(starts):
        return starts, ends
    latest = np.maximum.accumulate(ends)
    begins = np.append(True, starts[1:] > latest[:-1])
    return starts[begins], latest[np.append(begins[1:], True)]
