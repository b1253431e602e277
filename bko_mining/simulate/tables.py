"""From a prepared run to the arrays of the compiled lane."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.simulate import world as at
from bko_mining.simulate.net import Kind
from bko_mining.simulate.people import Item
from bko_mining.simulate.records import empty_columns
from bko_mining.simulate.rules import Fork
from bko_mining.simulate.tables_basics import Calendars, Conditions, Luck, Room
from bko_mining.simulate.tables_people import People
from bko_mining.simulate.tables_work import Work
from bko_mining.simulate.timetable import FOREVER
from bko_mining.simulate.world import World

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun


class Tables:
    """Collects the arrays of a run."""

    def __init__(self, run: "RuledRun", room: Room) -> None:
        self.run = run
        self.room = room
        self.luck = Luck()
        self.calendars = Calendars(run, room)
        self.tests = Conditions(run)
        self.registers = np.zeros(at.ADDRESSES + len(at.ARRAYS), np.int64)

    def world(self, stop: int | None, opened: list[Item]) -> World:
        """All arrays, the doors open, what is under way to be placed and the first arrival ahead."""
        run, r, room = self.run, self.registers, self.room
        parts = self._cases() | self._net() | self._forks() | self._pauses()
        parts |= People(run, self.luck, self.calendars).arrays()
        work = Work(run, self.luck, self.calendars, self.tests)
        parts |= work.arrays()
        parts |= self.calendars.arrays() | self.tests.arrays(self.calendars.reach) | self.luck.arrays(room.visits)
        r[at.FREE], r[at.WIDTH], r[at.N_CASES] = -1, run.width, len(run.arrival)
        r[at.ROOM_ROWS], r[at.ROOM_ITEMS], r[at.N_VISITS] = room.rows, room.items, room.visits
        r[at.STOP], r[at.NOW] = FOREVER if stop is None else stop, run.start
        r[at.N_ACTS], r[at.N_HOURS_OF], r[at.REMEMBERS] = len(run.activities), len(self.calendars), int(run.remembers)
        r[at.N_OFFSETS], r[at.QUIET_SINCE] = len(parts["offset"]), -1
        world = World(r, {}, work.jumps)
        r[at.N_TO_PLACE] = len(opened)
        for name, array in (parts | self._state() | self._opened(opened)).items():
            world.put(name, array)
        self._first_events(world)
        self._recall(world)
        return world

    def _recall(self, world: World) -> None:
        """What open cases have behind them."""
        run, joins = self.run, int(self.registers[at.N_JOINS])
        for (case, node), left in run.joins.items():
            world.arrays["joining"][case * joins + self.nodes[node, at.JOIN_SLOT]] = left
        if not run.remembers:
            return
        codes = {person.name: person.code for person in run.people}
        for case, step in run.last.items():
            world.arrays["last"][case] = run.labels[step]
        for case, name in run.doer.items():
            world.arrays["doer"][case] = codes[name]
        eyes = world.arrays["act"][:, at.EYE]
        for case, did in run.did.items():
            for activity, person in did.items():
                if eyes[activity] >= 0:
                    world.arrays["did"][eyes[activity] + case] = person.code

    def _first_events(self, world: World) -> None:
        """Reviews of the stocks and the first arrival, in the order in which the SimPy lane sets them."""
        run = self.run
        events = [
            (run.start + int(stock.material.every * 1e6), at.REVIEW, k)
            for k, stock in enumerate(run.stocks.values())
            if stock.material.every is not None
        ]
        case = len(run.cases.open_cases)
        if case < len(run.arrival):
            events.append((run.arrival[case], at.ARRIVE, case))
        heap = sorted((when, ordinal, (which << 4) | what, 0) for ordinal, (when, what, which) in enumerate(events))
        world.arrays["heap"][: len(heap)] = np.array(heap, np.int64).reshape(-1, 4)
        self.registers[at.N_HEAP] = self.registers[at.ORDINAL] = len(heap)
        self.registers[at.TIMERS] = sum(what == at.REVIEW for _, what, _ in events)

    def _state(self) -> dict[str, Any]:
        n, room = len(self.run.arrival), self.room
        remembered = n if self.run.remembers else 1
        return empty_columns(room.rows) | {
            "heap": np.empty((room.items, 4), np.int64),
            "stack": np.empty((room.items, 4), np.int64),
            "item": np.empty((room.items, at.N_ITEM), np.int64),
            "amount": np.empty(room.items),
            "token": np.array(self.run.tokens, np.uint16),
            "finished": np.zeros(n, np.uint8),
            "visits": np.array(self.run.visits, np.uint16),
            "joining": np.zeros(n * int(self.registers[at.N_JOINS]), np.uint16),
            "last": np.full(remembered, -1, np.int32),
            "doer": np.full(remembered, -1, np.int32),
            "mark": np.zeros(room.rows, np.uint8),
            "short": np.zeros(room.rows, np.int64),
            "alarm": np.full((len(self.run.desks) + 1) * len(self.calendars) + 1, -1, np.int64),
        }

    def _opened(self, items: list[Item]) -> dict[str, Any]:
        """Items to be placed when the run begins, by the columns of an item."""
        rows = np.full((len(items), at.N_ITEM), -1, np.int64)
        for row, item in zip(rows, items, strict=True):
            row[: at.QUEUED + 1] = (
                item.case, item.node, item.activity, item.visit, item.enabled, item.ready, item.queued,
            )  # fmt: skip
            row[at.START], row[at.WHO], row[at.FLAGS] = item.start, item.who, at.BY_HAND if item.by_hand else 0
            row[at.LEFT] = -1 if item.left is None else item.left
            row[at.PERSON] = -1 if item.person is None else item.person.code
        return {"opening": rows}

    def _cases(self) -> dict[str, Any]:
        run = self.run
        starts = np.array([run.net.starts[kind] for kind in run.cases.kinds], np.int64)
        return {
            "key": run.cases.keys,
            "arrival": np.ascontiguousarray(run.cases.arrival, np.int64),
            "kind_of": run.cases.kind.astype(np.int32),
            "begins_at": starts[run.cases.kind],
        }

    def _net(self) -> dict[str, Any]:
        run = self.run
        nodes = np.full((len(run.net.nodes), at.N_NODE), -1, np.int64)
        ways: list[int] = []
        edges: list[float] = []
        settled: list[Any] = []
        joins = [i for i, node in enumerate(run.net.nodes) if node.kind == Kind.JOIN]
        self.registers[at.N_JOINS] = len(joins)
        for i, node in enumerate(run.net.nodes):
            row = nodes[i]
            row[at.KIND], row[at.LABEL], row[at.ONLY] = run.kind[i], run.label[i], run.only[i]
            row[at.JOIN], row[at.INCOMING], row[at.INSIDE] = node.join, node.incoming, run.inside.get(i, -1)
            row[at.FIRST_WAY], row[at.N_WAYS] = len(ways), len(node.ways)
            row[at.FATE] = self.luck.stream(run.fate[i])
            table = run.tables[i]
            ways += [way.to for way in node.ways] if table is None else table[1]
            edges += [1.0] * len(node.ways) if table is None else [*table[0], 1.0]
            certain = run.settled[i]
            if certain is not None:
                row[at.SETTLED] = len(settled)
                settled.append(np.frombuffer(certain, np.int32))
        nodes[joins, at.JOIN_SLOT] = np.arange(len(joins))
        self.nodes = nodes
        return {
            "node": nodes,
            "way": np.array(ways or [0], np.int64),
            "edge": np.array(edges or [1.0], np.float64),
            "settled": np.concatenate(settled) if settled else np.zeros(1, np.int32),
        }

    def _forks(self) -> dict[str, Any]:
        """Choices with conditions, and splits of which some branches are taken."""
        forks: list[tuple[int, ...]] = []
        ways: list[tuple[int, ...]] = []
        shares: list[float] = []
        changes: list[tuple[int, float, NDArray[np.uint8]]] = []
        self.registers[at.MOST_WAYS] = most = max(len(node.ways) for node in self.run.net.nodes)
        for i, fork in enumerate(self.run.exits.forks):
            if fork is None:
                continue
            self.nodes[i, at.FORK] = len(forks)
            node = self.run.net.nodes[i]
            forks.append((len(ways), len(node.ways), len(changes), len(node.changes)))
            ways += self._fork_ways(i, fork)
            shares += [way.share or 0.0 for way in node.ways]
            for change in node.changes:
                marks = np.zeros(most, np.uint8)
                marks[: len(change.concerned)] = change.concerned
                changes.append((self.tests.number(change.when), change.factor, marks))
        return {
            "fork": np.array(forks, np.int64).reshape(-1, at.N_FORK),
            "fork_way": np.array(ways, np.int64).reshape(-1, at.N_FORK_WAY),
            "share": np.array(shares or [0.0]),
            "scratch": np.zeros(most),
            "change_when": np.array([when for when, _, _ in changes] or [-1], np.int64),
            "change_factor": np.array([factor for _, factor, _ in changes] or [1.0]),
            "concerned": np.concatenate([marks for _, _, marks in changes] or [np.zeros(1, np.uint8)]),
        }

    def _fork_ways(self, i: int, fork: Fork) -> list[tuple[int, ...]]:
        node = self.run.net.nodes[i]
        rows: list[tuple[int, ...]] = []
        for k, way in enumerate(node.ways):
            some = node.kind == Kind.SOME
            luck = self.luck.stream(self.run.draws("some", node.label, k)) if some else -1
            rows.append((way.to, self.tests.number(way.when), luck, int(way.share is None)))
        return rows

    def _pauses(self) -> dict[str, Any]:
        run = self.run
        pauses: list[tuple[int, int, int]] = []
        place = np.full(run.width * run.width, -1, np.int32)
        for transition, found in run.pauses.items():
            place[transition] = len(pauses)
            pauses += [self._pause(pause) for pause in found] + [(-1, -1, -1)]
        for node, pause in run.waits.items():
            self.nodes[node, at.DELAY] = len(pauses)
            pauses += [self._pause(pause), (-1, -1, -1)]
        return {"pause_at": place, "pause": np.array(pauses or [(-1, -1, -1)], np.int64)}

    def _pause(self, pause: Any) -> tuple[int, int, int]:
        calendar = -1 if pause.hours is None else self.calendars.number(pause.hours)
        return self.luck.stream(pause.draw), calendar, self.tests.number(pause.condition)
