"""From the rows of a run to an event log: names, roles, open cases; the other columns follow when asked for."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.errors import SimulationError
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.simulate.people import Item
from bko_mining.simulate.ruled import RuledRun
from bko_mining.simulate.written_columns import Columns

Instants = NDArray[np.int64]


def write_log(run: RuledRun, still: str = "") -> EventLog:
    """Make the log of a run; ``still`` says who stands still in it for good.

    Raises
    ------
    SimulationError
        If nothing was begun.
    """
    for item in _in_hand(run):
        run.records.add(item, MISSING)
    run.forget_luck()
    table = run.records.table()
    if not len(table["case"]):
        raise SimulationError(still or "nothing was begun before the run stopped; give a longer horizon")
    role = _roles(run, table)
    keep = _logged(run, table["case"])
    return EventLog.from_codes(
        case=table["case"][keep],
        case_ids=pa.array(run.cases.ids()),
        activity=table["activity"][keep],
        activities=run.activities,
        start=table["start"][keep],
        end=table["end"][keep],
        enabled=table["enabled"][keep],
        resource=table["who"][keep],
        resources=[person.name for person in run.people],
        role=role[keep],
        roles=tuple(run.twin.roles),
        attributes=Columns(run.twin, run.cases, table, run.records.notes, role, keep),
        timezone=run.twin.timezone,
        history=_history(run, still),
        open_cases=_open_cases(run),
    )


def _in_hand(run: RuledRun) -> list[Item]:
    """Items that somebody works on when the run stops."""
    held = [item for person in run.people for item in person.hands]
    held += [person.item for person in run.people if person.item is not None and not person.hands]
    return [each for item in held for each in item.mates or [item]]


def _logged(run: RuledRun, case: Instants) -> Any:
    """Rows that are shown: all of them, but for background work."""
    shown = np.array([kind.logged for kind in run.twin.all_case_types.values()])
    return slice(None) if shown.all() else shown[run.cases.kind[case]]


def _roles(run: RuledRun, table: Mapping[str, NDArray[Any]]) -> NDArray[np.int32]:
    codes = {name: i for i, name in enumerate(run.twin.roles)}
    of_activity = [codes.get(activity.role or "", UNKNOWN) for activity in run.twin.activities.values()]
    role: NDArray[np.int32] = np.array(of_activity, np.int32)[table["activity"]]
    for row in run.records.notes.get("by_hand", {}):
        activity = run.twin.activities[run.activities[table["activity"][row]]]
        bot = run.twin.bots[activity.bot or ""]
        role[row] = codes.get(bot.exception_role or "", UNKNOWN)
    return role


def _history(run: RuledRun, stands: str) -> tuple[str, ...]:
    seed, replication = run.luck[:2]
    made = f"simulated from {run.twin.name or 'a twin'} (seed {seed}, replication {replication})"
    lost = [
        f"{n} {'item' if n == 1 else 'items'} of {run.activities[code]!r} {what}"
        for (what, code), n in sorted(run.lost.items())
    ]
    still = len(run.arrival) - run.n_finished
    left = stands or (f"{still} cases were still open at the end" if still else "")
    return (made, *lost, *([left] if left else []))


def _open_cases(run: RuledRun) -> NDArray[np.bool_] | None:
    if run.n_finished == len(run.arrival):
        return None
    return np.asarray(np.frombuffer(run.finished_cases, np.uint8) == 0)
