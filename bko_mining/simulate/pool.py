"""A desk with rules: own calendars, skills, several roles a person, disciplines, preemption, four eyes."""

from bisect import insort
from collections.abc import Callable, Iterator
from typing import Any

from bko_mining.simulate.people import Begin, Item, Person
from bko_mining.simulate.timetable import FOREVER, Timetable

Key = Callable[[Item], Any]


def longest_idle(people: list[Person], item: Item) -> Person:
    """Choose the first: people come longest idle first."""
    return people[0]


class Pool:
    """A queue in the order of a key, and the people who may serve it.

    Parameters
    ----------
    key : function of an item
        Smaller keys are served first; equal keys in the order of coming.
    fits : function of an item, a person and an instant
        Whether this person may start this item now (skills, four eyes, room before closing), apart from the calendar.
    choose : function of free people and an item
        Which of them takes it; they come longest idle first.
    interrupt : function or None
        Puts down the item in hand of a person; None where nothing is interrupted.
    bound : function of an item and an instant, or None
        The one person an item waits for, if it is not anybody's; None where no item is bound to anybody.
    """

    def __init__(
        self,
        env: Any,
        begin: Begin,
        *,
        key: Key,
        fits: Callable[[Item, Person, int], bool],
        choose: Callable[[list[Person], Item], Person],
        interrupt: Callable[[Person, Item, int], None] | None,
        bound: Callable[[Item, int], Person | None] | None = None,
    ) -> None:
        self.env = env
        self.begin = begin
        self.key = key
        self.fits = fits
        self.choose = choose
        self.interrupt = interrupt
        self.bound = bound
        self.people: list[Person] = []
        self.idle: dict[Person, None] = {}
        self.queue: list[tuple[Any, int, Item]] = []
        self.turns = 0
        self.alarms: dict[Timetable, int] = {}

    def join(self, person: Person) -> None:
        """Take a person on."""
        self.people.append(person)
        self.idle[person] = None
        person.pools.append(self)

    def offer(self, item: Item, now: int) -> None:
        """Start the item if somebody is free for it, else queue it."""
        item.pool = self
        if item.turn < 0:
            self.take_turn(item)
        if self.queue:
            self._queue(item)
            self.serve(now)
            waits = item.person is None
        else:
            person = self._free(item, now)
            if person is not None:
                self._start(item, person, now)
                return
            self._queue(item)
            waits = True
        if waits and self.interrupt is not None:
            self._preempt(item, now)
        if self.idle:
            self._set_alarms(now)

    def take_turn(self, item: Item) -> None:
        """An item comes after all that have come so far."""
        self.turns += 1
        item.turn = self.turns

    def would_start(self, item: Item, now: int) -> bool:
        """Whether an item coming now would not have to wait."""
        return not self.waiting() and self._free(item, now) is not None

    def waiting(self) -> int:
        """Items in the queue."""
        return sum(not entry[2].gone for entry in self.queue)

    def withdraw(self, item: Item) -> None:
        """Take an item out of the queue."""
        item.gone = True
        self.queue = [entry for entry in self.queue if entry[2] is not item]

    def serve(self, now: int) -> None:
        """Give waiting items to free people, in the order of the queue."""
        if not any(person.hours.is_open(now) for person in self.idle):
            return
        for entry in list(self.queue):
            person = self._free(entry[2], now)
            if person is not None:
                self.queue.remove(entry)
                self._start(entry[2], person, now)
                if not any(person.hours.is_open(now) for person in self.idle):
                    return

    def next_for(self, person: Person, now: int) -> tuple[Any, int, Item] | None:
        """The first waiting item this person may take."""
        return next((entry for entry in self.queue if self.fits(entry[2], person, now)), None)

    def take(self, entry: tuple[Any, int, Item], person: Person, now: int) -> None:
        """Give a waiting item to a person."""
        self.queue.remove(entry)
        self._start(entry[2], person, now)

    def _queue(self, item: Item) -> None:
        insort(self.queue, (self.key(item), item.turn, item))

    def _start(self, item: Item, person: Person, now: int) -> None:
        person.slots -= 1
        if person.slots == 0:
            for pool in person.pools:
                pool.idle.pop(person, None)
        person.hands.append(item)
        self.begin(item, person, now)

    def _free(self, item: Item, now: int) -> Person | None:
        only = None if self.bound is None else self.bound(item, now)
        people = self.idle if only is None else [only] if only in self.idle else []
        free = (p for p in people if p.hours.is_open(now) and self.fits(item, p, now))
        if self.choose is longest_idle:
            return next(free, None)
        found = list(free)
        return self.choose(found, item) if found else None

    def _preempt(self, item: Item, now: int) -> None:
        """The worst item in hand gives way if the new one goes before it."""
        rank = self.key(item)
        held_here = [(held, p) for p in self.people for held in p.hands if held.person is p and held.pool is not None]
        busy = [(self.key(held), held.start, held, p) for held, p in held_here]
        worse = [entry for entry in busy if entry[0] > rank and entry[3].hours.is_open(now)]
        if not worse:
            return
        _, _, held, person = max(worse, key=lambda entry: entry[:2])
        if self.interrupt is not None and self.fits(item, person, now):
            self.interrupt(person, held, now)
            held.pool._queue(held)
            self.queue.remove((rank, item.turn, item))
            self._start(item, person, now)
            if held.pool is not self:
                held.pool._take_back(now)

    def _take_back(self, now: int) -> None:
        """An item that somebody put down for another desk waits here again."""
        self.serve(now)
        if self.idle:
            self._set_alarms(now)

    def _set_alarms(self, now: int) -> None:
        """One wake-up for each calendar of idle people at its next opening, while something waits."""
        if not self.queue:
            return
        for hours in dict.fromkeys(self._closed(now)):
            at = hours.opening_after(now)
            if at < FOREVER and self.alarms.get(hours, -1) <= now:
                self.alarms[hours] = at
                self.env.ring(at - now, self._open)

    def _closed(self, now: int) -> Iterator[Timetable]:
        """Calendars of idle people that are closed, or open but without room for what waits."""
        return (person.hours for person in self.idle)

    def _open(self, _: Any, now: int) -> None:
        self.serve(now)
        self.env.rang()
        if self.idle:
            self._set_alarms(now)


def release(person: Person, item: Item, now: int) -> None:
    """A person has put an item down: the longest waiting item of all their desks, or idle."""
    person.hands.remove(item)
    person.slots += 1
    if person.hours.is_open(now):
        found = [(pool, entry) for pool in person.pools if (entry := pool.next_for(person, now)) is not None]
        if found:
            pool, entry = min(found, key=lambda pair: (pair[1][2].queued, pair[1][1]))
            pool.take(entry, person, now)
    for pool in person.pools:
        if person.slots > 0:
            pool.idle.pop(person, None)
            pool.idle[person] = None
            pool._set_alarms(now)
