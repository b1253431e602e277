"""From a prepared run to the arrays of the compiled lane."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.calendars import DAY
from bko_mining.simulate import world as at
from bko_mining.simulate.gates import Waiting
from bko_mining.simulate.luck import Draws, stream_key
from bko_mining.simulate.net import Kind
from bko_mining.simulate.people import Desk, Person
from bko_mining.simulate.quantiles import Law
from bko_mining.simulate.world import FOREVER, World

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun

_GUIDE = 64


@dataclass(frozen=True, slots=True)
class Room:
    """How much room a run is given; what it does not use is never touched."""

    rows: int
    items: int
    visits: int = 24
    margin: int = 200 * DAY

    def wider(self, status: int) -> "Room":
        """More of what the kernel lacked."""
        return Room(
            self.rows,
            self.items * (4 if status == at.MORE_ROOM else 1),
            self.visits * (8 if status == at.MORE_KEYS else 1),
            self.margin * (4 if status == at.LATE else 1),
        )


class Luck:
    """Streams of draws and their laws, numbered."""

    def __init__(self) -> None:
        self._streams: dict[int, int] = {}
        self._laws: dict[int, int] = {}
        self._found: list[tuple[Draws, int]] = []
        self._kept: list[Law] = []

    def stream(self, draws: Draws | None) -> int:
        """The number of a stream; -1 for none."""
        if draws is None:
            return -1
        if id(draws) not in self._streams:
            self._streams[id(draws)] = len(self._found)
            self._found.append((draws, self._law(draws.law)))
        return self._streams[id(draws)]

    def _law(self, law: Law | None) -> int:
        if law is None:
            return -1
        if id(law) not in self._laws:
            self._laws[id(law)] = len(self._kept)
            self._kept.append(law)
        return self._laws[id(law)]

    def arrays(self, visits: int) -> dict[str, Any]:
        """Keys of all streams for so many visits, and the knots of all laws with a guide to them."""
        keys = [[stream_key(*draws.name, visit) for visit in range(visits)] for draws, _ in self._found]
        laws = np.zeros((max(len(self._kept), 1), at.N_LAW), np.int64)
        low = 0
        for row, law in zip(laws, self._kept, strict=False):
            p = law.probabilities
            row[at.KNOTS], row[at.N_KNOTS] = low, len(p)
            row[at.GUIDES :] = np.clip(np.searchsorted(p, np.arange(at.GUIDE + 1) / at.GUIDE, "right") - 1, 0, None)
            low += len(p)
        return {
            "stream_key": np.array(keys, np.uint64).ravel(),
            "law_of": np.array([law for _, law in self._found] or [0], np.int64),
            "law": laws,
            "probability": np.concatenate([law.probabilities for law in self._kept] or [np.zeros(1)]),
            "value": np.concatenate([law.values for law in self._kept] or [np.zeros(1)]),
        }


class Tables:
    """Collects the arrays of a run."""

    def __init__(self, run: "RuledRun", room: Room) -> None:
        self.run = run
        self.room = room
        self.luck = Luck()
        self.timetables: dict[int, tuple[int, Any]] = {}
        self.registers = np.zeros(at.ADDRESSES + len(at.ARRAYS), np.int64)

    def world(self, stop: int | None) -> World:
        """All arrays, the doors open and the first arrival ahead."""
        run = self.run
        world = World(self.registers, {})
        parts = self._cases() | self._net() | self._staff() | self._activities() | self._pauses()
        parts |= self._openings() | self.luck.arrays(self.room.visits)
        r = self.registers
        r[at.FREE], r[at.WIDTH], r[at.N_CASES] = -1, run.width, len(run.arrival)
        r[at.ROOM_ROWS], r[at.ROOM_ITEMS], r[at.N_VISITS] = self.room.rows, self.room.items, self.room.visits
        r[at.STOP], r[at.NOW] = FOREVER if stop is None else stop, run.start
        r[at.N_ACTS], r[at.N_HOURS_OF] = len(run.activities), len(self.timetables)
        for name, array in (parts | self._state()).items():
            world.put(name, array)
        self._first_arrival(world)
        return world

    def timetable(self, hours: Any) -> int:
        """The number of a timetable."""
        if id(hours) not in self.timetables:
            self.timetables[id(hours)] = len(self.timetables), hours
        return self.timetables[id(hours)][0]

    def _first_arrival(self, world: World) -> None:
        case = len(self.run.cases.open_cases)
        if case < len(self.run.arrival):
            world.arrays["heap"][0] = self.run.cases.arrival[case], 0, (case << 4) | at.ARRIVE, 0
            self.registers[at.N_HEAP], self.registers[at.ORDINAL] = 1, 1

    def _state(self) -> dict[str, Any]:
        n, room = len(self.run.arrival), self.room
        return {
            "heap": np.empty((room.items, 4), np.int64),
            "stack": np.empty((room.items, 4), np.int64),
            "item": np.zeros((room.items, at.N_ITEM), np.int64),
            "token": np.zeros(n, np.uint16),
            "finished": np.zeros(n, np.uint8),
            "visits": np.zeros(n * self.run.width, np.uint16),
            "joining": np.zeros(n * int(self.registers[at.N_JOINS]), np.uint16),
            "times": np.empty((5, room.rows), np.int64),
            "codes": np.empty((3, room.rows), np.int32),
        }

    def _cases(self) -> dict[str, Any]:
        run = self.run
        starts = np.array([run.net.starts[kind] for kind in run.cases.kinds], np.int64)
        return {
            "key": run.cases.keys,
            "arrival": np.ascontiguousarray(run.cases.arrival, np.int64),
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

    def _staff(self) -> dict[str, Any]:
        run = self.run
        people = np.full((max(len(run.people), 1), at.N_PERSON), -1, np.int64)
        pace = np.ones((len(people), len(run.activities)))
        for person in run.people:
            self._hire(people[person.code], person)
            for code, factor in enumerate(person.pace):
                pace[person.code, code] = np.nan if factor is None else factor
        desks = np.full((max(len(run.desks), 1), at.N_DESK), -1, np.int64)
        self.desk = {name: code for code, name in enumerate(run.desks)}
        places: list[tuple[int, ...]] = []
        for code, desk in enumerate(run.desks.values()):
            desks[code, at.SORT] = at.PLAIN if isinstance(desk, Desk) else at.SHIFTS
            if isinstance(desk, Desk):
                desks[code, at.DESK_HOURS] = self.timetable(desk.hours)
            desks[code, at.WAITING] = 0
            members = list(desk.idle)
            first = len(places)
            for k, person in enumerate(members):
                people[person.code, at.PLACE] = len(places)
                after, before = (first + k + 1 if k + 1 < len(members) else -1), (first + k - 1 if k else -1)
                places.append((code, person.code, after, before, 1))
            if members:
                desks[code, at.FIRST_IDLE], desks[code, at.LAST_IDLE] = first, len(places) - 1
        return {
            "person": people,
            "pace": pace.ravel(),
            "desk": desks,
            "place": np.array(places or [(-1,) * at.N_PLACE], np.int64),
        }

    def _hire(self, row: NDArray[np.int64], person: Person) -> None:
        row[at.HOURS], row[at.WORK] = self.timetable(person.hours), self.timetable(person.work)

    def _activities(self) -> dict[str, Any]:
        run = self.run
        acts = np.full((len(run.activities), at.N_ACT), -1, np.int64)
        batches: list[NDArray[np.int64]] = []
        self.hours: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self.codes: list[NDArray[np.int64]] = []
        n_groups = 0
        for code, activity in enumerate(run.twin.activities.values()):
            row = acts[code]
            row[at.SERVICE] = self.luck.stream(run.service[code])
            if activity.role is not None and not activity.automatic:
                row[at.DESK] = self.desk[activity.role]
            gate = run.entry[code]
            if isinstance(gate, Waiting):
                row[at.BATCH] = len(batches)
                row[at.MATE_TIME] = self.luck.stream(run.per_item[code])
                batches.append(self._batch(gate, n_groups))
                n_groups += int(batches[-1][at.N_CODES])
        groups = np.zeros((max(n_groups, 1), at.N_GROUP), np.int64)
        return {
            "act": acts,
            "batch": np.array(batches, np.int64).reshape(-1, at.N_BATCH),
            "group": groups,
            "hour": np.concatenate(self.hours),
            "group_code": np.concatenate(self.codes) if self.codes else np.zeros(1, np.int64),
        }

    def _batch(self, gate: Waiting, base: int) -> NDArray[np.int64]:
        rule = gate.rule
        row = np.full(at.N_BATCH, -1, np.int64)
        row[at.SIZE], row[at.TIMEOUT] = rule.size or 0, -1 if rule.timeout is None else int(rule.timeout * 1e6)
        row[at.TOGETHER], row[at.BASE], row[at.N_CODES] = rule.done == "together", base, 1
        if rule.per is not None:
            known: dict[Any, int] = {}
            codes = [known.setdefault(value, len(known)) for value in self.run.column(rule.per)]
            row[at.CODES], row[at.N_CODES] = len(self.codes), len(known)
            self.codes.append(np.array(codes, np.int64))
        row[at.FIRST_HOUR], row[at.N_HOURS] = sum(map(len, self.hours)), 0
        if rule.at:
            self.hours.append(gate.hours_until(self.run.start, self._reach()))
            row[at.N_HOURS] = len(self.hours[-1])
        return row

    def _reach(self) -> int:
        """The instant until which calendars are spread out at first."""
        last = int(self.run.arrival[-1])
        return max(last, self.run.start + 200 * DAY) + 2 * self.room.margin

    def _pauses(self) -> dict[str, Any]:
        run = self.run
        pauses: list[tuple[int, int]] = []
        place = np.full(run.width * run.width, -1, np.int32)
        for transition, found in run.pauses.items():
            place[transition] = len(pauses)
            pauses += [self._pause(pause) for pause in found] + [(-1, -1)]
        for node, pause in run.waits.items():
            self.nodes[node, at.DELAY] = len(pauses)
            pauses += [self._pause(pause), (-1, -1)]
        return {"pause_at": place, "pause": np.array(pauses or [(-1, -1)], np.int64)}

    def _pause(self, pause: Any) -> tuple[int, int]:
        calendar = -1 if pause.hours is None else self.timetable(pause.hours)
        return self.luck.stream(pause.draw), calendar

    def _openings(self) -> dict[str, Any]:
        found = [hours for _, hours in self.timetables.values()]
        rows = np.zeros((max(len(found), 1), at.N_TIMETABLE), np.int64)
        opens: list[Any] = []
        closes: list[Any] = []
        worked: list[Any] = []
        low = 0
        for row, hours in zip(rows, found, strict=False):
            hours.reach(self._reach())
            parts = hours.arrays()
            row[:] = low, len(parts[0]), hours.pointer
            low += len(parts[0])
            for into, part in zip((opens, closes, worked), parts, strict=True):
                into.append(part)
        empty = [np.zeros(1, np.int64)]
        return {
            "timetable": rows,
            "opens": np.concatenate(opens or empty),
            "closes": np.concatenate(closes or empty),
            "worked": np.concatenate(worked or empty),
            "alarm": np.full((len(self.run.desks) + 1) * len(found) + 1, -1, np.int64),
        }
