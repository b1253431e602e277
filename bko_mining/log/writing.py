"""Writing a log: CSV, Parquet and OCEL 2.0 (XES has a module of its own). What is written reads back the same."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from bko_mining.log.coding import MISSING, UNKNOWN

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog


_OWN_TYPES = {"resource": "string", "role": "string", "start": "time", "enabled": "time"}


def to_arrow(log: "EventLog") -> pa.Table:
    """The log as an Arrow table with the columns of ``log.frame``; names stay coded."""
    zone = log.timezone
    columns: dict[str, Any] = {
        "case_id": pa.DictionaryArray.from_arrays(pa.array(log.case), log.case_ids).cast(pa.string()),
        "activity": _coded(log.activity, log.activities),
        "resource": _coded(log.resource, log.resources),
    }
    if log.roles:
        columns["role"] = _coded(log.role, log.roles)
    for name in ("start", "end", "enabled"):
        instants = getattr(log, name)
        if name == "end" or (instants != MISSING).any():
            columns[name] = pa.array(instants, mask=instants == MISSING).cast(pa.timestamp("us", zone))
    for name in log.attributes.column_names:
        columns[name] = log.attributes[name]
    return pa.table(columns)


def write_parquet(log: "EventLog", path: str | Path) -> Path:
    """Write one row an activity instance as Parquet and return the path."""
    parquet.write_table(to_arrow(log), path, compression="zstd")
    return Path(path)


def write_csv(log: "EventLog", path: str | Path) -> Path:
    """Write one row an activity instance as CSV (UTF-8, comma, ISO instants with their offset) and return the path."""
    table = to_arrow(log)
    for position, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(position, field.name, table[field.name].cast(pa.string()))
        elif pa.types.is_timestamp(field.type):
            texts = iso_texts(table[field.name].cast(pa.int64()).fill_null(MISSING).to_numpy(), field.type.tz)
            table = table.set_column(position, field.name, texts)
    arrow_csv.write_csv(table, path)
    return Path(path)


def write_ocel(log: "EventLog", path: str | Path, *, object_type: str = "case") -> Path:
    """Write a log as OCEL 2.0 JSON with its cases as objects of one type, and return the path."""
    frame = log.frame
    own = list(log.attributes.column_names)
    told = (*own, *(name for name in ("resource", "role", "start", "enabled") if name in frame))
    rows = frame[list(told)].astype(object).where(frame[list(told)].notna(), None).to_numpy()
    ends = iso_texts(log.finish, log.timezone)
    events = []
    for row, (case, activity) in enumerate(zip(frame["case_id"], frame["activity"], strict=True)):
        pairs = zip(told, rows[row], strict=True)
        attributes = [{"name": name, "value": _plain(value)} for name, value in pairs if value is not None]
        events.append(
            {
                "id": f"e{row + 1}",
                "type": activity,
                "time": ends[row].as_py(),
                "attributes": attributes,
                "relationships": [{"objectId": case, "qualifier": object_type}],
            }
        )
    document = {
        "objectTypes": [{"name": object_type, "attributes": []}],
        "eventTypes": [{"name": name, "attributes": _ocel_types(log, own)} for name in log.activities],
        "objects": [{"id": case, "type": object_type, "attributes": []} for case in log.case_ids.to_pylist()],
        "events": events,
    }
    target = Path(path)
    target.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    return target


def _ocel_types(log: "EventLog", own: list[str]) -> list[dict[str, str]]:
    names = {"i": "integer", "f": "float", "b": "boolean", "M": "time"}
    kinds = [(n, names.get(log.attributes[n].to_pandas().dtype.kind, "string")) for n in own]
    return [{"name": name, "type": kind} for name, kind in [*kinds, *_OWN_TYPES.items()]]


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, int | float | bool) else str(plain)


def _coded(codes: Any, names: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes == UNKNOWN), pa.array(names, pa.string()))


def iso_texts(instants: Any, zone: str | None) -> pa.Array:
    """Microseconds UTC as ISO 8601 in a zone with its offset, null where missing."""
    index = pd.DatetimeIndex(np.asarray(instants, np.int64).view("M8[us]"), tz="UTC").tz_convert(zone or "UTC")
    texts = [None if missing else t.isoformat() for t, missing in zip(index, index.isna(), strict=True)]
    return pa.array(texts, pa.string())
