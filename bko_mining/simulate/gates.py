"""What an item passes before its desk: waits for the outside, batches, stock, room in the queue, patience."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.calendars import DAY, DAYS
from bko_mining.errors import SimulationError
from bko_mining.simulate.arrivals import local_days, to_utc
from bko_mining.simulate.luck import Draws, stream_key, uniforms
from bko_mining.simulate.net import Condition, added
from bko_mining.simulate.people import Item
from bko_mining.simulate.quantiles import law_of
from bko_mining.simulate.timetable import FOREVER, Timetable
from bko_mining.twin import work
from bko_mining.twin.people import Material

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun
    from bko_mining.simulate.run import Entry


class Outside:
    """A wait for something outside: clock time or the time of a calendar, always or under a condition."""

    __slots__ = ("condition", "draw", "hours", "when")

    def __init__(self, draw: Draws, hours: Timetable | None) -> None:
        self.draw = draw
        self.hours = hours
        self.condition: Condition = ()
        self.when: Callable[[int, int], bool] | None = None

    def __call__(self, case: int, visit: int, at: int) -> int:
        """When a wait that begins at an instant is over."""
        if self.when is not None and not self.when(case, at):
            return at
        passes = int(self.draw(case, visit))
        return at + passes if self.hours is None else self.hours.after(at, passes)


class Waiting:
    """Items wait for one another until a batch is full, too old, or its hour has come."""

    def __init__(self, run: "RuledRun", code: int, rule: work.Batching, enter: "Entry") -> None:
        self.run, self.rule, self.enter = run, rule, enter
        self.groups: dict[Any, list[Item]] = {}
        self.rounds: dict[Any, int] = {}
        self.hours = np.zeros(0, np.int64)
        self.alarm = -1
        self.later = None if rule.later is None else Waiting(run, code, rule.later, enter)
        begins = None if rule.later is None else rule.later.since
        self.ends = FOREVER if begins is None else to_utc(begins, run.twin.timezone)

    def __call__(self, item: Item, now: int) -> None:
        """Take an item in."""
        rule = self.rule
        if self.later is not None and now >= self.ends:
            self.later(item, now)
            return
        if not rule.collects:
            self.enter(item, now)
            return
        key = self.run.column(rule.per)[item.case] if rule.per else None
        group = self.groups.setdefault(key, [])
        group.append(item)
        if rule.size is not None and len(group) >= rule.size:
            self._release(key, now)
            return
        if rule.timeout is not None and len(group) == 1:
            self.run.call(int(rule.timeout * 1e6), self._too_old, (key, self.rounds.get(key, 0)))
        if self.later is not None and len(group) == 1:
            self.run.call(self.ends - now, self._too_old, (key, self.rounds.get(key, 0)))
        if rule.at and self.alarm <= now:
            self.alarm = self._next_hour(now)
            self.run.call(self.alarm - now, self._hour)

    @property
    def in_turn(self) -> "list[Waiting]":
        """This rule and those that follow it on later days."""
        return [self, *(self.later.in_turn if self.later is not None else [])]

    def _too_old(self, of: tuple[Any, int], now: int) -> None:
        key, round_ = of
        if self.rounds.get(key, 0) == round_:
            self._release(key, now)

    def _hour(self, _: Any, now: int) -> None:
        # All leave before anybody goes on: who comes back at once waits for the next hour.
        for group in [self._close(key, now) for key in list(self.groups)]:
            self._let_in(group, now)

    def _release(self, key: Any, now: int) -> None:
        self._let_in(self._close(key, now), now)

    def _close(self, key: Any, now: int) -> list[Item]:
        group = self.groups.pop(key)
        self.rounds[key] = self.rounds.get(key, 0) + 1
        for item in group:
            item.queued = now
        return group

    def _let_in(self, group: list[Item], now: int) -> None:
        if self.rule.done == "one_by_one":
            for item in group:
                self.enter(item, now)
            return
        group[0].mates = group
        self.enter(group[0], now)

    def _next_hour(self, now: int) -> int:
        """The next time of day at which a batch leaves."""
        while not len(self.hours) or self.hours[-1] <= now:
            self.hours = self._hours(now)
        return int(self.hours[np.searchsorted(self.hours, now, "right")])

    def hours_until(self, first: int, last: int) -> NDArray[np.int64]:
        """All times of day at which a batch leaves in a stretch of time."""
        parts = [self._hours(first, (last - first) // DAY + 30)]
        while parts[-1][-1] < last:
            following = self._hours(int(parts[-1][-1]))
            parts.append(following[following > parts[-1][-1]])
        return np.concatenate(parts)

    def _hours(self, now: int, n_days: int = 400) -> Any:
        twin, rule = self.run.twin, self.rule
        zone = ZoneInfo(twin.timezone)
        # A day of the month that fell on a closed day before now may still be due.
        since = now - 15 * DAY if rule.month_days is not None else now
        local = local_days(since, n_days, zone)
        if rule.weekdays is not None:
            local = local[np.array([day in rule.weekdays for day in DAYS])[local.weekday]]
        if rule.month_days is not None:
            wanted = [day if day > 0 else day + 1 for day in rule.month_days]
            local = local[local.day.isin(wanted) | (local.day - local.days_in_month).isin(wanted)]
        if rule.calendar is not None:
            starts = twin.calendar(rule.calendar).openings(since, now + n_days * DAY).starts
            opened = pd.DatetimeIndex(starts.astype("M8[us]"), tz="UTC").tz_convert(zone).tz_localize(None).normalize()
            local = local[local.isin(opened)] if rule.month_days is None else _moved_to(local, opened)
        clock = np.sort(np.array(rule.at)).astype("m8[s]")
        at = pd.DatetimeIndex((local.to_numpy().astype("M8[s]")[:, None] + clock[None, :]).ravel())
        if not len(at):
            raise SimulationError("a batch is never released: its weekdays and its calendar have no day in common")
        utc = at.tz_localize(zone, ambiguous=np.ones(len(at), bool), nonexistent="shift_forward")
        return utc.as_unit("us").asi8


def _moved_to(days: pd.DatetimeIndex, opened: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Each day, or the first open day after it."""
    opened = opened.unique().sort_values()
    place = opened.searchsorted(days)
    return opened[np.unique(place[place < len(opened)])]


class Stock:
    """Material on hand and on order; items that find too little wait in the order of coming."""

    def __init__(self, run: "RuledRun", name: str, material: Material) -> None:
        self.run, self.name, self.material = run, name, material
        self.on_hand = material.initial
        self.on_order = 0.0
        self.waiting: list[tuple[float, Item, Any, int]] = []
        self.orders = 0
        self.law = law_of(material.lead_time)
        self.key = stream_key(*run.luck, "lead time", name)
        later = material.later
        self.switch = FOREVER if later is None else to_utc(later.since, run.twin.timezone)
        if material.every is not None:
            run.env.ring(int(material.every * 1e6), self._review)

    def take(self, amount: float, item: Item, then: Any, now: int) -> None:
        """Take an amount, now or when it has come."""
        if not self.waiting and amount <= self.on_hand:
            self.on_hand -= amount
            then(item, now)
        else:
            self.waiting.append((amount, item, then, now))
        if self.material.every is None:
            self._order(now)

    def _order(self, now: int) -> None:
        """Order up to the level if the inventory position is at or below the reorder point."""
        waits = 0.0 if self.material.kind == "limit" else added(entry[0] for entry in self.waiting)
        position = self.on_hand + self.on_order - waits
        later = self.material.later
        rule = later if later is not None and now >= self.switch else self.material
        if (rule.reorder_point is None or position <= rule.reorder_point) and position < rule.order_up_to:
            amount = rule.order_up_to - position
            self.on_order += amount
            u = uniforms(self.key, np.array([self.orders], np.uint64))
            self.orders += 1
            delay = int(np.rint(self.law.at(u)[0] * 1e6))
            self.run.call(delay, self._deliver, amount)

    def _review(self, _: Any, now: int) -> None:
        if self.run.n_finished < len(self.run.arrival):
            self._order(now)
            self.run.env.rang()
            self.run.env.ring(int((self.material.every or 0) * 1e6), self._review)

    def _deliver(self, amount: float, now: int) -> None:
        self.run.undisturbed(lambda: self._hand_out(amount, now), now)

    def _hand_out(self, amount: float, now: int) -> None:
        self.on_hand += amount
        self.on_order -= amount
        while self.waiting and self.waiting[0][0] <= self.on_hand:
            units, item, then, since = self.waiting.pop(0)
            item.short += now - since
            self.on_hand -= units
            item.queued = now
            then(item, now)
        if self.material.every is None:
            self._order(now)


class Store:
    """An item takes its materials from stock, one after the other, before it goes on."""

    def __init__(self, run: "RuledRun", uses: dict[str, float | str], enter: "Entry") -> None:
        self.run, self.uses, self.enter = run, list(uses.items()), enter

    def __call__(self, item: Item, now: int) -> None:
        """Take all materials."""
        self.run.undisturbed(lambda: self._take(item, now, 0), now)

    def _take(self, item: Item, now: int, step: int) -> None:
        if step == len(self.uses):
            self.enter(item, now)
            return
        name, amount = self.uses[step]
        units = added(
            float(self.run.column(amount)[each.case]) if isinstance(amount, str) else amount
            for each in item.mates or [item]
        )
        self.run.stocks[name].take(units, item, lambda it, at: self._take(it, at, step + 1), now)


class Room:
    """An item that finds the queue full is turned away."""

    def __init__(self, run: "RuledRun", code: int, rule: work.QueueLimit, desk: Any, enter: "Entry") -> None:
        self.run, self.code, self.rule, self.desk, self.enter = run, code, rule, desk, enter

    def __call__(self, item: Item, now: int) -> None:
        """Let an item in or send it on."""
        if self.desk.would_start(item, now) or self.desk.waiting() < self.rule.size:
            self.enter(item, now)
        elif self.run.turned_away is None:
            self.run.turn_away(item, self.rule.to, now)
        else:
            self.run.turned_away.append((item, self.rule.to))


class Patience:
    """An item that has waited too long for its start leaves the queue."""

    def __init__(self, run: "RuledRun", code: int, rule: work.Patience, enter: "Entry") -> None:
        self.run, self.code, self.rule, self.enter = run, code, rule, enter
        self.luck = run.draws("patience", run.activities[code], law=law_of(rule.time))

    def __call__(self, item: Item, now: int) -> None:
        """Let an item in and start its clock."""
        self.enter(item, now)
        if item.start < 0:
            self.run.call(self.luck(item.case, item.visit), self._lost, item)  # type: ignore[arg-type]

    def _lost(self, item: Item, now: int) -> None:
        if item.start < 0:
            item.pool.withdraw(item)
            self.run.send_away(item, "gave up", self.rule.to, now)
