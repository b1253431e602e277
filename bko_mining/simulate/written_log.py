"""From the rows of a run to an event log: names, roles, open cases; the other columns follow when asked for."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.errors import SimulationError
from bko_mining.log.coding import case_order
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.simulate.people import Item
from bko_mining.simulate.ruled import RuledRun
from bko_mining.simulate.written_columns import Columns


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
    if not len(run.records):
        raise SimulationError(still or "nothing was begun before the run stopped; give a longer horizon")
    columns = _sorted_columns(run)
    case, rows = columns.case[columns.shown], columns.rows
    if not len(case):
        raise SimulationError("nothing but background work was begun before the run stopped; give a longer horizon")
    table = columns.table if isinstance(rows, slice) else {n: column[rows] for n, column in columns.table.items()}
    open_cases = _open_cases(run)
    return EventLog(
        case_ids=run.cases.ids().take(pa.array(case)),
        offsets=np.concatenate([[0], np.cumsum(columns.n_rows[columns.shown])]),
        activity=table["activity"],
        resource=table["who"],
        role=table["role"],
        start=table["start"],
        end=table["end"],
        enabled=table["enabled"],
        activities=run.activities,
        resources=tuple(person.name for person in run.people),
        roles=tuple(run.twin.roles),
        attributes=columns,
        timezone=run.twin.timezone,
        history=_history(run, still),
        open_cases=None if open_cases is None else open_cases[case],
    )


def _sorted_columns(run: RuledRun) -> Columns:
    """Sort what was written, column by column, so that no more than one of them is there twice."""
    written = run.records.columns()
    order, case, n_rows = case_order(written["case"], written["start"], len(run.cases))
    table, spare = {}, {np.dtype(np.int32): written.pop("case")}
    for name, column in written.items():
        # Each is sorted into the place of the one before: memory that is there already is quicker than new.
        place = spare.get(column.dtype)
        table[name] = np.take(column, order, out=np.empty_like(column) if place is None else place, mode="clip")
        spare[column.dtype] = column
    columns = Columns(run.twin, run.cases, table, run.records.notes, order.astype(np.int32), case, n_rows)
    table["role"] = _roles(run, columns)
    return columns


def _in_hand(run: RuledRun) -> list[Item]:
    """Items that somebody works on when the run stops."""
    held = [item for person in run.people for item in person.hands]
    held += [person.item for person in run.people if person.item is not None and not person.hands]
    return [each for item in held for each in item.mates or [item]]


def _roles(run: RuledRun, columns: Columns) -> NDArray[np.int32]:
    codes = {name: i for i, name in enumerate(run.twin.roles)}
    of_activity = [codes.get(activity.role or "", UNKNOWN) for activity in run.twin.activities.values()]
    role: NDArray[np.int32] = np.array(of_activity, np.int32)[columns.table["activity"]]
    for row in columns.noted("by_hand"):
        activity = run.twin.activities[run.activities[columns.table["activity"][row]]]
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
