"""Which engine runs a twin: SimPy, or the compiled lane where it can do all that the twin asks for."""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bko_mining.errors import SimulationError
from bko_mining.simulate import world as at
from bko_mining.simulate.people import Desk, Item, ShiftDesk
from bko_mining.simulate.tables import Room, Tables
from bko_mining.simulate.world import World
from bko_mining.twin.model import Twin
from bko_mining.twin.values import Part

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun

Lane = Literal["auto", "simpy", "numba"]

ENOUGH = 20_000
"""Cases from which loading the kernel (a second; ten when it is compiled for the first time) pays for one run."""

_KERNEL = "bko_mining.simulate.kernel"
"""Imported when it is wanted only: numba is an extra, and takes a second to load."""

_EVENTS_A_TURN = 1 << 18

_DONE_BY_BOTH: dict[str, set[str]] = {
    "activities": {"time", "role", "automatic", "time_by_resource", "batch", "cost", "at_shift_end"},
    "roles": {"members", "size", "calendar", "cost_per_hour", "overtime_factor", "choice", "discipline"},
    "resources": {"calendar", "speed", "skills", "capacity", "cost_per_hour"},
}
_WHOLE = {
    "name",
    "description",
    "timezone",
    "currency",
    "start",
    "calendars",
    "arrivals",
    "case_types",
    "attributes",
    "correlations",
    "routing",
    "share_changes",
    "delays",
    "service_levels",
    "evidence",
}


def is_loaded() -> bool:
    """Whether this process has the kernel already, so that even a short run is quicker in it."""
    return _KERNEL in sys.modules


def load() -> bool:
    """Load the kernel for many short runs to come; tells whether numba is there."""
    if find_spec("numba") is None:
        return False
    import_module(_KERNEL)
    return True


def refusals(run: "RuledRun") -> list[str]:
    """What a prepared run asks for that the compiled lane cannot do; what is not known is refused.

    Returns
    -------
    list of str
        Mechanisms, with the part of the twin that uses them.
    """
    found = [*_unknown_parts(run.twin), *_unknown_rules(run)]
    if run.policies.choose or run.policies.route:
        found.append("own rules in Python")
    return list(dict.fromkeys(found))


def _unknown_parts(twin: Twin) -> list[str]:
    found = []
    for name in type(twin).model_fields:
        value = getattr(twin, name)
        if name in _WHOLE or value == type(twin).model_fields[name].default:
            continue
        if name not in _DONE_BY_BOTH:
            found += [name] if value else []
            continue
        for key, part in value.items():
            found += [f"{field} of {key!r}" for field in _set_fields(part) if field not in _DONE_BY_BOTH[name]]
    return found


def _set_fields(part: Part) -> list[str]:
    """Fields that differ from what is meant when nothing is said."""
    fields = type(part).model_fields
    return [
        name for name, field in fields.items() if getattr(part, name) != field.get_default(call_default_factory=True)
    ]


def _unknown_rules(run: "RuledRun") -> list[str]:
    found = [f"rules of the role {name!r}" for name, desk in run.desks.items() if type(desk) not in (Desk, ShiftDesk)]
    found += [f"at_shift_end of {n!r}" for n, a in run.twin.activities.items() if a.at_shift_end != "suspended"]
    found += [f"conditions on a delay after {d.after!r}" for d in run.twin.delays if d.when]
    for node, fork, settled in zip(run.net.nodes, run.exits.forks, run.exits.settled, strict=True):
        if fork is not None and (settled is None or bool((np.frombuffer(settled, np.int32) < 0).any())):
            found.append(f"conditions or several ways at {node.label!r}")
    return found


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
    refused = refusals(run)
    if refused and lane == "numba":
        raise SimulationError(f"the numba lane does not do: {'; '.join(refused)}; use lane='simpy'")
    return not refused


def run_compiled(run: "RuledRun", stop: int | None) -> None:
    """Run in the compiled lane; rows, open cases and counts are left where the SimPy lane leaves them.

    Raises
    ------
    SimulationError
        If cases cannot go on.
    """
    n = len(run.arrival)
    room = Room(rows=int(n * _visits(run)) + 4096, items=4 * n + 4096)
    world = Tables(run, room).world(stop)
    while (status := _drive(run, world)) != at.DONE:
        if status == at.MORE_ROWS:
            _more_rows(world)
        elif status in (at.MORE_KEYS, at.MORE_ROOM, at.LATE):
            room = room.wider(status)
            world = Tables(run, room).world(stop)
        else:
            _complain(run, world, status)
    _hand_over(run, world)


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
    for name in ("times", "codes"):
        old = world.arrays[name]
        new = np.empty((len(old), wider), old.dtype)
        new[:, :n] = old[:, :n]
        world.put(name, new)


def _complain(run: "RuledRun", world: World, status: int) -> None:
    if status == at.ENDLESS:
        case, node = divmod(int(world.registers[at.WHERE]), 1 << 24)
        raise SimulationError(f"case {case + 1} turns for ever around {run.net.nodes[node].label or 'a choice'!r}")
    waiting = {name: int(n) for name, n in zip(run.desks, world.arrays["desk"][:, at.WAITING], strict=False) if n > 0}
    still = len(run.arrival) - int(world.registers[at.N_FINISHED])
    raise SimulationError(
        f"{still} cases cannot go on; items that nobody may do wait for "
        f"{waiting or 'stock, a batch or a parallel branch that never comes'}"
    )


def _hand_over(run: "RuledRun", world: World) -> None:
    n = int(world.registers[at.N_ROWS])
    run.records.take(world.arrays["times"][:, :n], world.arrays["codes"][:, :n])
    run.n_finished = int(world.registers[at.N_FINISHED])
    run.finished_cases = bytearray(world.arrays["finished"].tobytes())
    for person in run.people:
        i = int(world.arrays["person"][person.code, at.IN_HAND]) if person.desk is not None else -1
        if i >= 0:
            person.item = _item(world, i)


def _item(world: World, i: int) -> Item:
    """An item of the kernel that is in somebody's hands when the run stops."""
    mates: list[Item] = []
    each, items = i, world.arrays["item"]
    while each >= 0:
        row: Any = items[each].tolist()
        item = Item(row[at.CASE], row[at.NODE], row[at.ACT], row[at.VISIT], row[at.ENABLED])
        item.ready, item.queued, item.start = row[at.READY_AT], row[at.QUEUED], row[at.START]
        item.who = row[at.WHO] if not mates else -1
        mates.append(item)
        each = row[at.MATE] if items[i, at.MATES] > 0 else -1
    if len(mates) > 1 or items[i, at.MATES] > 0:
        mates[0].mates = mates
    return mates[0]
