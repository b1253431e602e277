"""Joining a log with other tables: the vendor master, rates of pay, cost centres."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bko_mining.errors import LogError
from bko_mining.log.coding import UNKNOWN, Codes, encode
from bko_mining.log.exports import Export, as_table
from bko_mining.log.findings import Finding
from bko_mining.log.sources import open_export
from bko_mining.log.typing_columns import typed
from bko_mining.words import number, percent, say

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog

_SHOWN = 5


def join(
    log: "EventLog", table: Any, *, on: str | Mapping[str, str], columns: Sequence[str] | None = None
) -> "EventLog":
    """Give every instance the columns of another table that has one row a key.

    Parameters
    ----------
    table : frame or path
        A pandas, polars or Arrow frame, or a file that ``read_log`` could open.
    on : str or dict
        The key: ``"supplier"`` if it has that name in both, ``{"supplier": "Vendor No."}`` if not. On the side of the
        log it is ``case_id``, ``activity``, ``resource``, ``role`` or an attribute. Keys are compared as texts without
        blanks at the ends.
    columns : sequence of str, optional
        The columns to take; all others of the table if not given.

    Returns
    -------
    EventLog
        ``log.history`` says how many keys were found, ``log.issues`` which were not; their instances have no value.

    Raises
    ------
    LogError
        If a column does not exist, a key stands in several rows of the table, no key is found, or the log has a column
        of that name already.

    Examples
    --------
    >>> import pandas as pd
    >>> from bko_mining import EventLog
    >>> times = pd.to_datetime(["2026-01-05", "2026-01-06"])
    >>> log = EventLog.from_frame(pd.DataFrame({"case": [1, 1], "activity": ["A", "B"], "end": times}))
    >>> costs = pd.DataFrame({"activity": ["A", "B"], "cost": [5.0, 7.5]})
    >>> join(log, costs, on="activity").frame["cost"].tolist()
    [5.0, 7.5]
    """
    export = open_export(Path(table)) if isinstance(table, str | Path) else Export(as_table(table))
    here, there = (on, on) if isinstance(on, str) else _only(on)
    taken = _taken(log, export.table, there, columns)
    codes, keys = _keys_of(log, here)
    theirs, names = encode(export.table[there])
    row_of = _rows_of(theirs, pc.utf8_trim_whitespace(names).to_pylist(), there)
    place = np.array([row_of.get(key.strip(), -1) for key in keys], np.int64)
    used = np.unique(codes[codes != UNKNOWN])
    lost = [keys[code] for code in used.tolist() if place[code] < 0]
    if len(lost) == len(used):
        seen = f"the log has {_listed(keys)}, the table {_listed(list(row_of))}"
        raise LogError(f"no value of {here!r} is found in {there!r}: {seen}")
    rows = np.append(place, -1)[codes]
    added = typed(export.table.select(taken), export.decimal).take(pa.array(rows, mask=rows < 0))
    joined = log.with_attributes({name: added[name] for name in taken})
    return replace(joined, **_told(log, here, taken, rows < 0, lost, len(used)))


def _only(on: Mapping[str, str]) -> tuple[str, str]:
    if len(on) != 1:
        raise LogError(f"a join takes one key, not {len(on)}; make one column of several before")
    return next(iter(on.items()))


def _taken(log: "EventLog", table: pa.Table, key: str, columns: Sequence[str] | None) -> list[str]:
    known = table.column_names
    wanted = [name for name in known if name != key] if columns is None else list(columns)
    for name in (key, *wanted):
        if name not in known:
            raise LogError(f"the table has no column {name!r}; it has {', '.join(map(repr, known))}")
    own = set(log.attributes.column_names) | {"case_id", "activity", "resource", "role", "start", "end", "enabled"}
    twice = [name for name in wanted if name in own]
    if twice:
        raise LogError(
            f"the log has {', '.join(map(repr, twice))} already; rename it in the table, or pass columns=[…]"
        )
    return wanted


def _keys_of(log: "EventLog", name: str) -> tuple[Codes, list[str]]:
    """Codes of the key of each instance, and what they stand for."""
    if name == "case_id":
        return log.case, log.case_ids.to_pylist()
    if name in ("activity", "resource", "role"):
        plural = {"activity": log.activities, "resource": log.resources, "role": log.roles}
        return getattr(log, name), list(plural[name])
    if name not in log.attributes.column_names:
        known = ", ".join(map(repr, ("case_id", "activity", "resource", "role", *log.attributes.column_names)))
        raise LogError(f"the log has no column {name!r}; it has {known}")
    codes, names = encode(log.attributes[name])
    return codes, names.to_pylist()


def _rows_of(codes: Codes, names: list[str], column: str) -> dict[str, int]:
    """The row of each key of the other table."""
    rows: dict[str, int] = {}
    for row, code in enumerate(codes.tolist()):
        if code != UNKNOWN and rows.setdefault(names[code], row) != row:
            raise LogError(
                f"{names[code]!r} stands in several rows of {column!r} (first in rows {rows[names[code]] + 1} and "
                f"{row + 1}); keep one row a key, or every instance would be doubled"
            )
    return rows


def _told(
    log: "EventLog", here: str, taken: list[str], missing: np.ndarray[Any, Any], lost: list[str], n: int
) -> dict[str, Any]:
    note = say(
        "{n} columns joined on {key}: {found} of {of} values found, {share} of the instances",
        n=number(len(taken)),
        key=repr(here),
        found=number(n - len(lost)),
        of=number(n),
        share=percent(1 - float(missing.mean())),
    )
    finding = Finding("unmatched", int(missing.sum()), len(log), f"{here}: {_listed(lost)}")
    return {"history": (*log.history, note), "found": (*log.found, finding) if lost else log.found}


def _listed(values: list[str]) -> str:
    return ", ".join(map(repr, values[:_SHOWN])) + (f" (+{len(values) - _SHOWN})" if len(values) > _SHOWN else "")
