"""Which engine runs a twin: SimPy, or the compiled lane, which does all but own rules in Python."""

import sys
from collections import deque
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bko_mining.errors import SimulationError
from bko_mining.simulate import world as at
from bko_mining.simulate.gates import Waiting
from bko_mining.simulate.people import Item
from bko_mining.simulate.pool import Pool
from bko_mining.simulate.records import COLUMNS, widened
from bko_mining.simulate.tables import Tables
from bko_mining.simulate.tables_basics import Room
from bko_mining.simulate.timetable import FOREVER
from bko_mining.simulate.world import World

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun

Lane = Literal["auto", "simpy", "numba"]

ENOUGH = 50_000
"""Cases from which taking the kernel from the cache (a second) pays for one run."""

MANY = 500_000
"""Cases from which compiling it first (half a minute) pays for one run."""

_KERNEL = "bko_mining.simulate.kernel"
"""Imported when it is wanted only: numba is an extra, and takes a second to load."""

_LOST = ("were turned away", "gave up")
_MARKS = {"by_hand": at.BY_HAND, "bot_exception": at.BOT_EXCEPTION, "error": at.ERROR_MADE}
_NOTED = ("by_hand", "wait_stock", "bot_exception", "error")
_EVENTS_A_TURN = 1 << 18


def is_loaded() -> bool:
    """Whether this process has the kernel already, so that even a short run is quicker in it."""
    return bool(getattr(getattr(sys.modules.get(_KERNEL), "go", None), "signatures", ()))


def load(*, compiling: bool = True) -> bool:
    """Load the kernel for many short runs to come.

    Parameters
    ----------
    compiling : bool
        Whether half a minute may be spent where no cache holds it.

    Returns
    -------
    bool
        Whether it is there now.
    """
    if is_loaded():
        return True
    if find_spec("numba") is None or import_module("numba").config.DISABLE_JIT:
        return False
    return bool(import_module(_KERNEL).ready(compiling=compiling))


def chosen(lane: Lane, run: "RuledRun") -> bool:
    """Whether the compiled lane runs.

    Raises
    ------
    SimulationError
        If it is demanded and cannot.
    """
    if lane == "simpy" or (lane == "auto" and len(run.arrival) < ENOUGH and not is_loaded()):
        return False
    if find_spec("numba") is None:
        if lane == "numba":
            raise SimulationError("the numba lane needs numba; install bko_mining[fast], or leave the lane out")
        return False
    by_own_rules = bool(run.policies.choose or run.policies.route)
    if by_own_rules and lane == "numba":
        raise SimulationError("the numba lane does not do own rules in Python; use lane='simpy'")
    return not by_own_rules and (lane == "numba" or load(compiling=len(run.arrival) >= MANY))


def run_compiled(run: "RuledRun", stop: int | None, opened: list[Item]) -> None:
    """Run in the compiled lane, from the items that are open at the start.

    Rows, open cases and counts are left where the SimPy lane leaves them.

    Raises
    ------
    SimulationError
        If cases cannot go on.
    """
    n = len(run.arrival)
    room = Room(rows=int(n * _visits(run)) + 4096, items=4 * n + 4096)
    world = Tables(run, room).world(stop, opened)
    while (status := _drive(run, world)) not in (at.DONE, at.GAVE_UP):
        if status == at.MORE_ROWS:
            _more_rows(world)
        elif status in (at.MORE_KEYS, at.MORE_ROOM, at.LATE):
            room = room.wider(status)
            world = Tables(run, room).world(stop, opened)
        else:
            _complain(run, world, status)
    _hand_over(run, world)
    events = world.arrays["heap"][: world.registers[at.N_HEAP], 0]
    run.is_over = status == at.GAVE_UP or not len(events) or bool(events[0] >= FOREVER)
    if run.is_over and run.n_finished < len(run.arrival):
        _show_queues(run, world)


def _visits(run: "RuledRun") -> float:
    """Rows a case brings, about; too few only cost a copy."""
    return 1.2 * len(run.activities)


def _drive(run: "RuledRun", world: World) -> int:
    """Run in turns, so that the bar moves and an interruption is heard."""
    go = import_module(_KERNEL).go
    shown = 0
    while (status := int(go(world.registers.ctypes.data, _EVENTS_A_TURN))) == at.RUNNING:
        done = int(world.registers[at.N_FINISHED])
        if run.bar is not None:
            run.bar.update(done - shown)
        shown = done
    return status


def _more_rows(world: World) -> None:
    n, room = int(world.registers[at.N_ROWS]), int(world.registers[at.ROOM_ROWS])
    world.registers[at.ROOM_ROWS] = wider = 2 * room + 2 * int(world.registers[at.IN_USE])
    for name in (*COLUMNS, "mark", "short"):
        world.put(name, widened(world.arrays[name], n, wider))


def _complain(run: "RuledRun", world: World, status: int) -> None:
    if status == at.ENDLESS:
        case, node = divmod(int(world.registers[at.WHERE]), 1 << 24)
        raise SimulationError(f"case {case + 1} turns for ever around {run.net.nodes[node].label or 'a choice'!r}")
    if status == at.NO_WAY:
        run.net.first(*world.jumps[int(world.registers[at.WHERE])])


def _hand_over(run: "RuledRun", world: World) -> None:
    n = int(world.registers[at.N_ROWS])
    run.records.take({name: world.arrays.pop(name) for name in COLUMNS}, n)
    run.n_finished = int(world.registers[at.N_FINISHED])
    run.finished_cases = bytearray(world.arrays["finished"].tobytes())
    run.records.notes |= _notes(world, n)
    lost = world.arrays["lost"].reshape(2, -1)
    for k, code in zip(*np.nonzero(lost), strict=True):
        run.lost[_LOST[k], int(code)] = int(lost[k, code])
    for person in run.people:
        row = world.arrays["person"][person.code]
        if person.pools:
            person.hands = [_item(world, i) for i in _chain(world, int(row[at.HANDS]), at.HAND)]
        elif person.desk is not None and row[at.IN_HAND] >= 0:
            person.item = _item(world, int(row[at.IN_HAND]))


def _show_queues(run: "RuledRun", world: World) -> None:
    """Put who stands still where the SimPy lane has them."""
    for code, desk in enumerate(run.desks.values()):
        line = [_item(world, i) for i in _chain(world, int(world.arrays["desk"][code, at.HEAD]), at.NEXT)]
        desk.queue = [(0, 0, item) for item in line] if isinstance(desk, Pool) else deque(line)
    for code, stock in enumerate(run.stocks.values()):
        queued = _chain(world, int(world.arrays["stock"][code, at.STOCK_HEAD]), at.NEXT)
        stock.on_hand = float(world.arrays["level"][code, at.ON_HAND])
        stock.waiting = [(float(world.arrays["amount"][i]), _item(world, i), None, 0) for i in queued]
    gates = [rule for gate in run.entry if isinstance(gate, Waiting) for rule in gate.in_turn]
    for gate, row in zip(gates, world.arrays["batch"], strict=True):
        groups = world.arrays["group"][row[at.BASE] :][: row[at.N_CODES]]
        heads = [int(group[at.GROUP_HEAD]) for group in groups if group[at.GROUP_N] > 0]
        gate.groups = {head: [_one(world, i) for i in _chain(world, head, at.MATE)] for head in heads}
    eyes = world.arrays["act"][:, at.EYE]
    for activity in np.flatnonzero(eyes >= 0).tolist():
        did = world.arrays["did"][eyes[activity] :][: len(run.arrival)]
        for case in np.flatnonzero(did >= 0).tolist():
            run.did.setdefault(case, {})[activity] = run.people[did[case]]


def _notes(world: World, n: int) -> dict[str, dict[int, Any]]:
    """Rare facts by row, in the order in which the SimPy lane meets them first."""
    marks, short = world.arrays["mark"][:n], world.arrays["short"][:n]
    rows = {name: np.flatnonzero(marks & bit) for name, bit in _MARKS.items()} | {"wait_stock": np.flatnonzero(short)}
    names = [name for name in _NOTED if len(rows[name])]
    found: dict[str, dict[int, Any]] = {}
    for name in sorted(names, key=lambda name: rows[name][0]):
        values = short[rows[name]].tolist() if name == "wait_stock" else [True] * len(rows[name])
        found[name] = dict(zip(rows[name].tolist(), values, strict=True))
    return found


def _chain(world: World, i: int, column: int) -> list[int]:
    found = []
    while i >= 0:
        found.append(i)
        i = int(world.arrays["item"][i, column])
    return found


def _item(world: World, i: int) -> Item:
    """An item of the kernel that is in somebody's hands when the run stops."""
    together = world.arrays["item"][i, at.MATES] > 0
    mates = [_one(world, each) for each in (_chain(world, i, at.MATE) if together else [i])]
    mates[0].who = int(world.arrays["item"][i, at.WHO])
    if together:
        mates[0].mates = mates
    return mates[0]


def _one(world: World, i: int) -> Item:
    row: list[int] = world.arrays["item"][i].tolist()
    item = Item(row[at.CASE], row[at.NODE], row[at.ACT], row[at.VISIT], row[at.ENABLED])
    item.ready, item.queued, item.start = row[at.READY_AT], row[at.QUEUED], row[at.START]
    return item
