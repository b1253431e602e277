"""Writing a log: CSV, Parquet, XES and OCEL 2.0. What is written reads back the same."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from bko_mining.log.coding import MISSING, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bko_mining.log.event_log import EventLog

_EXTENSIONS = ("Concept", "Time", "Lifecycle", "Organizational")


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
            texts = _iso(table[field.name].cast(pa.int64()).fill_null(MISSING).to_numpy(), field.type.tz)
            table = table.set_column(position, field.name, texts)
    arrow_csv.write_csv(table, path)
    return Path(path)


def write_xes(log: "EventLog", path: str | Path) -> Path:
    """Write a log as XES (IEEE 1849-2016) and return the path.

    An instance with a start and an end becomes a start and a complete event joined by ``concept:instance``.
    """
    target = Path(path)
    with target.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        stream.write(
            '<log xes.version="1849-2016" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">\n'
        )
        for name in _EXTENSIONS:
            prefix = {"Organizational": "org"}.get(name, name.lower())
            uri = f"http://www.xes-standard.org/{prefix}.xesext"
            stream.write(f'\t<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n')
        stream.writelines(_traces(log))
        stream.write("</log>\n")
    return target


def write_ocel(log: "EventLog", path: str | Path, *, object_type: str = "case") -> Path:
    """Write a log as OCEL 2.0 JSON with its cases as objects of one type, and return the path."""
    frame = log.frame
    own = list(log.attributes.column_names)
    told = (*own, "resource", "start")
    rows = frame[list(told)].astype(object).where(frame[list(told)].notna(), None).to_numpy()
    ends = _iso(log.finish, log.timezone)
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
    return [{"name": name, "type": kind} for name, kind in [*kinds, ("resource", "string"), ("start", "time")]]


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, int | float | bool) else str(plain)


def _coded(codes: Any, names: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes == UNKNOWN), pa.array(names, pa.string()))


def _iso(instants: Any, zone: str | None) -> pa.Array:
    index = pd.DatetimeIndex(np.asarray(instants, np.int64).view("M8[us]"), tz="UTC").tz_convert(zone or "UTC")
    texts = [None if missing else t.isoformat() for t, missing in zip(index, index.isna(), strict=True)]
    return pa.array(texts, pa.string())


def _traces(log: "EventLog") -> "Iterator[str]":
    starts, ends = (_iso(getattr(log, name), log.timezone).to_pylist() for name in ("start", "end"))
    inside = {n: (_kind(log.attributes[n]), log.attributes[n].to_pylist()) for n in log.attributes.column_names}
    for case, case_id in enumerate(log.case_ids.to_pylist()):
        yield f"\t<trace>\n\t\t{_attribute('string', 'concept:name', case_id)}\n"
        # Events of a trace stand in time order, so that readers that trust the order see the same variant.
        marks = []
        for row in range(int(log.offsets[case]), int(log.offsets[case + 1])):
            if starts[row] is not None:
                marks.append((int(log.start[row]), 0, row, "start", starts[row]))
            if ends[row] is not None:
                marks.append((int(log.end[row]), 1, row, "complete", ends[row]))
        for _, _, row, transition, instant in sorted(marks):
            yield from _event(log, row, transition, instant, inside)
        yield "\t</trace>\n"


def _event(log: "EventLog", row: int, transition: str, instant: str, inside: dict[str, Any]) -> "Iterator[str]":
    parts = [
        ("string", "concept:name", log.activities[log.activity[row]]),
        ("date", "time:timestamp", instant),
        ("string", "lifecycle:transition", transition),
        ("string", "concept:instance", str(row + 1)),
    ]
    if log.resource[row] != UNKNOWN:
        parts.append(("string", "org:resource", log.resources[log.resource[row]]))
    if log.role[row] != UNKNOWN:
        parts.append(("string", "org:role", log.roles[log.role[row]]))
    for name, (kind, values) in inside.items():
        if values[row] is not None:
            parts.append((kind, name, _xes_value(kind, values[row])))
    yield "\t\t<event>\n"
    yield from (f"\t\t\t{_attribute(*part)}\n" for part in parts)
    yield "\t\t</event>\n"


def _attribute(kind: str, key: str, value: str) -> str:
    return f"<{kind} key={_quoted(key)} value={_quoted(value)}/>"


def _quoted(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;", '"': "&quot;"})


def _kind(column: pa.ChunkedArray) -> str:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "int"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "float"
    return "date" if pa.types.is_timestamp(kind) else "string"


def _xes_value(kind: str, value: Any) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "date":
        instant = pd.Timestamp(value)
        return instant.isoformat() if instant.tzinfo else f"{instant.isoformat()}+00:00"
    return str(value)
