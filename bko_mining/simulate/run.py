"""One run of a twin: cases flow through the net, items queue at desks, people work within their hours.

SimPy keeps the clock and the order of events. There is one timeout for each activity instance; queues are our own,
calendars are arithmetic, luck is keyed (see ``luck``). Instants are whole microseconds since 1970 UTC, so nothing is
ever rounded twice.
"""

from array import array
from collections.abc import Callable
from heapq import heappush
from typing import Any, NoReturn

import numpy as np
from simpy.events import NORMAL

from bko_mining.errors import SimulationError
from bko_mining.simulate.cases import Cases
from bko_mining.simulate.clock import Clock
from bko_mining.simulate.luck import BITS, INNER, Draws
from bko_mining.simulate.net import Kind, Net
from bko_mining.simulate.people import Item, Person
from bko_mining.simulate.quantiles import law_of
from bko_mining.simulate.records import Records, pack
from bko_mining.simulate.routes import build_net
from bko_mining.simulate.rules import Exits
from bko_mining.twin.model import Twin

Entry = Callable[[Item, int], None]
Pause = Callable[[int, int, int], int]
WHOLE = BITS[0]
TURN = 1024
"""After so many finished cases a run tidies up."""

MOST_VISITS = 65_535
"""So many times a case may come by the same place: what two bytes hold."""


class Run:
    """The state of one run and what happens at its events."""

    def __init__(self, twin: Twin, cases: Cases, start: int, luck: tuple[object, ...]) -> None:
        self.twin = twin
        self.cases = cases
        self.luck = luck
        self.start = start
        self.env = Clock(initial_time=start)
        self.call = self.env.call
        self.events, self.ordinal = self.env.entries, self.env.ordinal
        self.net: Net = build_net(twin)
        self.activities = tuple(twin.activities)
        self.labels = {name: i for i, name in enumerate(self.activities)}
        for node in self.net.nodes:
            self.labels.setdefault(node.label, len(self.labels))
        # Delays after a block hold when it is over, not when its branches begin.
        self.inside = {
            i: self.labels.setdefault(f"(inside) {node.label}", len(self.labels))
            for i, node in enumerate(self.net.nodes)
            if node.kind in (Kind.FORK, Kind.SOME)
        }
        self.width = len(self.labels)
        self.visits = array("H", bytes(2 * self.width * len(cases)))
        self.arrival = array("q", cases.arrival.astype(np.int64).tobytes())
        self.kinds: list[int] = cases.kind.tolist()
        self._columns: dict[str, list[Any]] = {}
        self.last: dict[int, str] = {}
        self.doer: dict[int, str] = {}
        self.tokens = array("H", bytes(2 * len(cases)))
        self.finished_cases = bytearray(len(cases))
        self.n_finished = 0
        self.is_over = False
        self.bar: Any = None
        self.records = Records()
        self._streams: list[Draws] = []
        self._n_first_done = 0
        self.write = self.records.write
        self.joins: dict[tuple[int, int], int] = {}
        self.desks: dict[str, Any] = {}
        self.people: list[Person] = []
        self._draw_streams()

    def draws(self, *purpose: object, law: Any = None) -> Draws:
        """A stream of draws; microseconds of a law, or uniforms."""
        stream = Draws((*self.luck, *purpose), self.cases.keys, law)
        self._streams.append(stream)
        return stream

    def column(self, name: str) -> list[Any]:
        """An attribute of all cases."""
        if name not in self._columns:
            self._columns[name] = self.cases.columns[name].tolist()
        return self._columns[name]

    def _draw_streams(self) -> None:
        nodes = self.net.nodes
        self.kind = [int(node.kind) for node in nodes]
        self.label = [self.labels[node.label] for node in nodes]
        self.fate: list[Draws] = []
        by_label: dict[str, Draws] = {}
        for node in nodes:
            name = node.label or "pick " + " ".join(sorted(self.net.nodes[way.to].label for way in node.ways))
            if name not in by_label:
                by_label[name] = self.draws("route", name)
            self.fate.append(by_label[name])
        self.service = [
            self.draws("service", name, law=law_of(activity.time)) for name, activity in self.twin.activities.items()
        ]
        self.entry: list[Entry] = [self.begin_alone] * len(self.activities)
        self.on_finish: list[Entry] = [self.finish] * len(self.activities)
        self.pauses: dict[int, list[Pause]] = {}
        self.waits: dict[int, Pause] = {}
        self.chances: dict[int, list[Draws]] = {}

    def _tidy(self) -> None:
        """Move rows into columns, and let go of the draws of the first cases, which are all done."""
        if self.bar is not None:
            self.bar.update(TURN)
        self.records.fold()
        done = self.finished_cases.find(0, self._n_first_done)
        for stream in self._streams:
            stream.forget(self._n_first_done, done)
        self._n_first_done = max(done, self._n_first_done)

    def forget_luck(self) -> None:
        """Let go of the draws once the run is over; they take as much room as the log."""
        self._streams.clear()
        self.service.clear()
        self.fate.clear()
        self.entry.clear()
        self.on_finish.clear()
        self.pauses.clear()
        self.visits = array("H")

    def open_doors(self) -> None:
        """Compile what needs desks and people to be there (conditions on queues)."""
        self.exits = Exits(self.net, self)
        self.only = self.exits.only
        self.settled = self.exits.settled
        ways = {
            Kind.END: self._end_token,
            Kind.JOIN: self._join,
            Kind.PICK: self._pick,
            Kind.WAIT: self._wait,
            Kind.FORK: self._split,
            Kind.SOME: self._split,
        }
        self.passing = [ways.get(node.kind, self.enable) for node in self.net.nodes]
        self.tables = self.exits.tables
        self.begins_at = [self.net.starts[kind] for kind in self.cases.kinds]
        self.branches = [[way.to for way in node.ways] for node in self.net.nodes]
        self._next_case = len(self.cases.open_cases)
        if self._next_case < len(self.cases):
            self._await_arrival()

    def _await_arrival(self) -> None:
        self.call(self.arrival[self._next_case] - self.env.now, self._arrive, self._next_case)

    def _arrive(self, case: int, now: int) -> None:
        if case + 1 < len(self.arrival):
            self.call(self.arrival[case + 1] - now, self._arrive, case + 1)
        self.tokens[case] = 1
        self.leave(case, self.begins_at[self.kinds[case]], 0, now)

    def leave(self, case: int, node: int, visit: int, now: int) -> None:
        """Go on from a node that is done."""
        target = self.only[node]
        if target < 0:
            table = self.tables[node]
            fate = self.fate[node]
            block = None if visit else fate.first[case >> WHOLE]
            u = fate(case, visit) if block is None else block[case & INNER]
            if table is None:
                target = self.exits.choose(node, case, now, u)
            else:
                edges, targets = table
                i = 0
                for edge in edges:
                    if u < edge:
                        break
                    i += 1
                target = targets[i]
        settled = self.settled[target]
        if settled is not None and settled[case] >= 0:
            target = settled[case]
        if self.kind[target]:
            self.passing[target](case, target, self.label[node], now)
        else:
            self.enable(case, target, self.label[node], now)

    def enable(self, case: int, node: int, step: int, now: int) -> None:
        """An activity may begin: after its delays it goes to its gate, desk or start."""
        activity = self.label[node]
        slot = case * self.width + activity
        visit = self.visits[slot]
        try:
            self.visits[slot] = visit + 1
        except OverflowError:
            self.turns(case, node)
        item = Item(case, node, activity, visit, now)
        pauses = self.pauses.get(step * self.width + activity)
        if pauses is None:
            self.entry[activity](item, now)
        else:
            self._pause(item, pauses, now)

    def _pause(self, item: Item, pauses: list[Pause], now: int) -> None:
        ready = now
        for pause in pauses:
            ready = pause(item.case, item.visit, ready)
        if ready > now:
            self.call(ready - now, self._ready, item)
        else:
            self.entry[item.activity](item, now)

    def _ready(self, item: Item, now: int) -> None:
        item.ready = item.queued = now
        self.entry[item.activity](item, now)

    def begin(self, item: Item, person: Person, now: int) -> None:
        """A person whose hours are open starts an item."""
        activity, case = item.activity, item.case
        service = self.service[activity]
        block = None if item.visit else service.first[case >> WHOLE]
        work = service(case, item.visit) if block is None else block[case & INNER]
        pace = person.pace[activity]
        if pace != 1.0 and pace is not None:
            work = int(work * pace)
        item.start = now
        item.person = person
        item.who = person.code
        person.item = item
        hours, end = person.work, now + work
        if end > hours.closes:
            end = hours.finish(now, work)  # type: ignore[arg-type]
        heappush(self.events, (end, NORMAL, next(self.ordinal), (self.on_finish[activity], item)))

    def begin_alone(self, item: Item, now: int) -> None:
        """An automatic activity starts at once and needs nobody."""
        item.start = now
        work = self.service[item.activity](item.case, item.visit)
        self.call(work, self.on_finish[item.activity], item)  # type: ignore[arg-type]

    def finish(self, item: Item, now: int) -> None:
        """The plain end of an item."""
        case, node, person = item.case, item.node, item.person
        self.write(pack(item.enabled, item.ready, item.queued, item.start, now, case, item.activity, item.who))
        if person is not None:
            person.item = None
            person.desk.release(person, now)
        target = self.only[node]
        if target < 0 or self.kind[target]:
            self.leave(case, node, item.visit, now)
        else:
            self.enable(case, target, self.label[node], now)

    def through(self, case: int, node: int, step: int, now: int) -> None:
        """Pass a node that is no activity."""
        self.passing[node](case, node, step, now)

    def _end_token(self, case: int, _: int, __: int, ___: int) -> None:
        self.tokens[case] -= 1
        if self.tokens[case] == 0:
            self.finished_cases[case] = 1
            self.n_finished += 1
            if self.n_finished == len(self.arrival):
                self.env.stop()
            elif self.n_finished % TURN == 0:
                self._tidy()

    def _visit(self, case: int, node: int) -> int:
        slot = case * self.width + self.label[node]
        visit = self.visits[slot]
        if visit >= MOST_VISITS:
            self.turns(case, node)
        self.visits[slot] = visit + 1
        return visit

    def turns(self, case: int, node: int) -> NoReturn:
        """Give up: a case comes by the same place again and again."""
        raise SimulationError(f"case {case + 1} turns for ever around {self.net.nodes[node].label or 'a choice'!r}")

    def _pick(self, case: int, node: int, step: int, now: int) -> None:
        settled = self.settled[node]
        target = self.only[node] if settled is None else settled[case]
        if target < 0:
            target = self.exits.choose(node, case, now, self.fate[node](case, self._visit(case, node)))
        self.passing[target](case, target, step, now)

    def _wait(self, case: int, node: int, _: int, now: int) -> None:
        visit = self._visit(case, node)
        ready = self.waits[node](case, visit, now)
        self.call(ready - now, self._waited, (case, node, visit))

    def _waited(self, place: tuple[int, int, int], now: int) -> None:
        case, node, visit = place
        self.leave(case, node, visit, now)

    def _split(self, case: int, node: int, step: int, now: int) -> None:
        visit = self._visit(case, node)
        ready = now
        for pause in self.pauses.get(step * self.width + self.label[node], ()):
            ready = pause(case, visit, ready)
        if ready > now:
            self.call(ready - now, self._split_later, (case, node, visit))
            return
        self._spread(case, node, self._branches(case, node, visit, now), now)

    def _split_later(self, place: tuple[int, int, int], now: int) -> None:
        case, node, visit = place
        self._spread(case, node, self._branches(case, node, visit, now), now)

    def _branches(self, case: int, node: int, visit: int, now: int) -> list[int]:
        fork = self.exits.forks[node]
        if self.kind[node] == Kind.FORK or fork is None:
            return self.branches[node]
        chances = self.chances.setdefault(node, [])
        for i in range(len(chances), len(fork.ways)):
            chances.append(self.draws("some", self.net.nodes[node].label, i))
        return fork.choose_some(case, now, lambda i: chances[i](case, visit))

    def _spread(self, case: int, node: int, targets: list[int], now: int) -> None:
        self.tokens[case] += len(targets) - 1
        join = self.net.nodes[node].join
        if join >= 0:
            self.joins[case, join] = len(targets)
        inside = self.inside[node]
        for target in targets:
            if self.kind[target]:
                self.passing[target](case, target, inside, now)
            else:
                self.enable(case, target, inside, now)

    def _join(self, case: int, node: int, _: int, now: int) -> None:
        key = (case, node)
        left = self.joins.get(key, self.net.nodes[node].incoming) - 1
        if left > 0:
            self.joins[key] = left
            self.tokens[case] -= 1
            return
        self.joins.pop(key, None)
        self.leave(case, node, self._visit(case, node), now)
