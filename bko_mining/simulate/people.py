"""The people and bots of a run, and the desks where their work queues.

A desk whose members do everything at it and serve first come first served is a plain deque (``Desk`` where they share
one calendar, ``ShiftDesk`` where they do not); every other rule lives in ``Pool``. A test holds them equal.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import Any

from bko_mining.simulate.timetable import FOREVER, Timetable

Begin = Callable[["Item", "Person", int], None]


class Item:
    """One activity instance on its way: enabled, ready after delays, queued after gates, started by a person."""

    mates: "list[Item] | None" = None
    left: int | None = None
    gone = False
    by_hand = False
    short = 0
    person: "Person | None" = None
    pool: Any = None
    who = -1
    start = -1
    turn = -1
    version = 0
    resumed = -1

    def __init__(self, case: int, node: int, activity: int, visit: int, enabled: int) -> None:
        self.case = case
        self.node = node
        self.activity = activity
        self.visit = visit
        self.enabled = enabled
        self.ready = enabled
        self.queued = enabled


class Person:
    """One worker (or one bot with its licences): hours, pace in each activity, and what is in hand."""

    def __init__(self, code: int, name: str, hours: Timetable, work: Timetable, pace: list[float | None]) -> None:
        self.code = code
        self.name = name
        self.hours = hours
        self.work = work
        self.pace = pace
        self.slots = 1
        self.item: Item | None = None
        self.hands: list[Item] = []
        self.pools: list[Any] = []
        self.desk: Any = None
        self.busy = 0
        self.last = -1
        self.novices: list[tuple[int, int, float]] = []
        self.regular = hours
        self.leaves = FOREVER
        self.overtime = 0

    def finish(self, now: int, work: int) -> int:
        """When work begun now is done; a leaver's own hours go on until the work in hand is done."""
        return self.work.finish(now, work) if self.work is self.hours else self.work.after(now, work)


class Desk:
    """A queue served first come first served by people who share a calendar; the longest idle takes the next item."""

    def __init__(self, env: Any, people: list[Person], begin: Begin) -> None:
        self.env = env
        self.hours = people[0].hours
        self.idle = deque(people)
        self.queue: deque[Item] = deque()
        self.begin = begin
        self.alarm = -1

    def offer(self, item: Item, now: int) -> None:
        """Start the item if somebody is free, else queue it."""
        if self.idle:
            hours = self.hours
            if not self.queue and (hours.opens <= now < hours.closes or hours.is_open(now)):
                self.begin(item, self.idle.popleft(), now)
                return
            self.queue.append(item)
            self._set_alarm(now)
        else:
            self.queue.append(item)

    def release(self, person: Person, now: int) -> None:
        """Somebody is free again: the next item, or idle."""
        if self.queue:
            hours = self.hours
            if hours.opens <= now < hours.closes or hours.is_open(now):
                self.begin(self.queue.popleft(), person, now)
                return
            self.idle.append(person)
            self._set_alarm(now)
        else:
            self.idle.append(person)

    def waiting(self) -> int:
        """Items in the queue."""
        return len(self.queue)

    def _set_alarm(self, now: int) -> None:
        """One wake-up at the next opening, however many wait."""
        if self.hours.is_open(now):
            self._open(None, now)
        elif self.alarm <= now:
            self.alarm = self.hours.next_opening(now)
            self.env.call(self.alarm - now, self._open)

    def _open(self, _: Any, now: int) -> None:
        if self.hours.is_open(now):
            while self.queue and self.idle:
                self.begin(self.queue.popleft(), self.idle.popleft(), now)


class ShiftDesk:
    """The same for people with own calendars: the longest idle of those on duty takes the next item."""

    def __init__(self, env: Any, people: list[Person], begin: Begin) -> None:
        self.env = env
        self.idle = deque(people)
        self.queue: deque[Item] = deque()
        self.begin = begin
        self.alarms: dict[Timetable, int] = {}

    def offer(self, item: Item, now: int) -> None:
        """Start the item if somebody is free and on duty, else queue it."""
        if self.queue:
            self.queue.append(item)
            return
        for person in self.idle:
            if person.hours.is_open(now):
                self.idle.remove(person)
                self.begin(item, person, now)
                return
        self.queue.append(item)
        for person in self.idle:
            self._set_alarm(person.hours, now)

    def release(self, person: Person, now: int) -> None:
        """Somebody is free again: the next item, or idle."""
        if self.queue:
            hours = person.hours
            if hours.opens <= now < hours.closes or hours.is_open(now):
                self.begin(self.queue.popleft(), person, now)
                return
            self._set_alarm(hours, now)
        self.idle.append(person)

    def waiting(self) -> int:
        """Items in the queue."""
        return len(self.queue)

    def _set_alarm(self, hours: Timetable, now: int) -> None:
        """One wake-up a calendar at its next opening; while items wait, all idle people have one ahead."""
        if self.alarms.get(hours, -1) <= now:
            self.alarms[hours] = hours.opening_after(now)
            self.env.call(self.alarms[hours] - now, self._open)

    def _open(self, _: Any, now: int) -> None:
        for person in [person for person in self.idle if person.hours.is_open(now)]:
            if not self.queue:
                return
            self.idle.remove(person)
            self.begin(self.queue.popleft(), person, now)
        if self.queue:
            for person in self.idle:
                self._set_alarm(person.hours, now)


def learning(person: Person, now: int) -> float:
    """A newcomer's factor: 1 + (f - 1) exp(-3 t / ramp-up) since the latest start in the place."""
    if not person.novices:
        return 1.0
    began = [entry for entry in person.novices if entry[0] <= now]
    if not began:
        return 1.0
    since, ramp, factor = began[-1]
    return 1 + (factor - 1) * math.exp(-3 * (now - since) / ramp) if ramp > 0 else 1.0
