"""JSON, JSON Lines, OCEL 2.0 and workbooks as tables of raw columns."""

import json
import sqlite3
from contextlib import closing
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa

from bko_mining.errors import LogError
from bko_mining.log.exports import Export, unique_headings
from bko_mining.log.findings import Finding
from bko_mining.log.presets import reshape_documents


def read_json(data: bytes, name: str) -> Export:
    """Read JSON (a list of records, records under one key, OCEL 2.0, Jira, Pipefy) or JSON Lines.

    Raises
    ------
    LogError
        If no line of it is JSON, or there are no records in it.
    """
    text = data.decode("utf-8-sig", "replace")
    found: tuple[Finding, ...] = ()
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        document, found = _lines(text, name, error)
    if isinstance(document, dict) and "objectTypes" in document and "events" in document:
        return _flattened(_ocel_json(document), name)
    export = reshape_documents(document)
    if export is not None:
        return export
    return Export(_table(_records(document, name)), found)


def read_ocel_xml(data: bytes, name: str) -> Export:
    """Read OCEL 2.0 as XML; document types and entities are refused.

    Raises
    ------
    LogError
        If the document is hostile or not well-formed.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise LogError(f"{name} declares a document type or entities, which only attackers need; it is refused")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise LogError(f"{name} is not well-formed XML: {error}; the file may be cut off") from error
    kinds = {o.get("id"): o.get("type") for o in root.iter("object") if o.get("type")}
    rows = []
    for event in root.iter("event"):
        own = {a.get("name"): a.text for a in event.iter("attribute")}
        links = [o.get("object-id") for o in event.iter("relationship")] or [
            o.get("object-id") for o in event.iter("object")
        ]
        rows.append((event.get("id"), event.get("type"), event.get("time"), own, links))
    return _flattened(_events(rows, kinds), name)


def read_sqlite(data: bytes, name: str) -> Export:
    """Read OCEL 2.0 as an SQLite database.

    Raises
    ------
    LogError
        If the database has not the tables of OCEL 2.0.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "ocel.sqlite")
        path.write_bytes(data)
        with closing(sqlite3.connect(path)) as connection:
            try:
                kinds = dict(connection.execute("SELECT ocel_id, ocel_type FROM object"))
                names = dict(connection.execute("SELECT ocel_type, ocel_type_map FROM event_map_type"))
                links: dict[str, list[str]] = {}
                for event, thing in connection.execute("SELECT ocel_event_id, ocel_object_id FROM event_object"):
                    links.setdefault(event, []).append(thing)
                rows = [row for kind, table in names.items() for row in _sqlite_events(connection, kind, table, links)]
            except sqlite3.DatabaseError as error:
                raise LogError(f"{name} is an SQLite database but not OCEL 2.0: {error}") from error
    return _flattened(_events(rows, kinds), name)


def read_workbook(data: bytes, name: str) -> Export:
    """Read the largest sheet of an Excel workbook.

    Raises
    ------
    LogError
        If the workbook is damaged or has no table.
    """
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(data))
        sheets = [book.get_sheet_by_name(sheet).to_python(skip_empty_area=True) for sheet in book.sheet_names]
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise LogError(f"{name} cannot be read as a workbook: {error}") from error
    rows = max(sheets, key=lambda sheet: len(sheet) * len(sheet[0]) if sheet else 0, default=[])
    if len(rows) < 2:
        raise LogError(f"{name} has no sheet with headings and rows")
    width = len(rows[0])
    top = next((i for i, row in enumerate(rows) if sum(cell != "" for cell in row) > width // 2), 0)
    headings = unique_headings([str(cell) for cell in rows[top]])
    columns = zip(*rows[top + 1 :], strict=True)
    return Export(pa.table({h: _cells(list(c)) for h, c in zip(headings, columns, strict=True)}))


def _cells(values: list[Any]) -> pa.Array:
    known = [None if value == "" else value for value in values]
    try:
        return pa.array(known)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in known], pa.string())


def _lines(text: str, name: str, error: json.JSONDecodeError) -> tuple[list[Any], tuple[Finding, ...]]:
    records, bad = [], []
    lines = [line for line in text.splitlines() if line.strip()]
    for line in lines:
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            bad.append(line)
    if not records or len(bad) > len(records):
        raise LogError(f"{name} is not JSON: {error}; the file may be cut off") from error
    return records, (Finding("rows_unreadable", len(bad), len(lines), bad[0][:80]),) if bad else ()


def _records(document: Any, name: str) -> list[dict[str, Any]]:
    """The longest list of records in a document, wherever it lies."""
    if isinstance(document, dict):
        lists = [_records(v, name) for v in document.values() if isinstance(v, dict | list) and v]
        lists = [records for records in lists if records]
        return max(lists, key=len, default=[])
    records = [record for record in document if isinstance(record, dict)] if isinstance(document, list) else []
    if not records:
        return []
    inner = next((k for k, v in records[0].items() if isinstance(v, list) and v and isinstance(v[0], dict)), None)
    if inner is None:
        return [_flat(record) for record in records]
    # One record a case with its events inside: the case's own fields go to every event.
    return [
        _flat({k: v for k, v in record.items() if k != inner}, "case:") | _flat(event)
        for record in records
        for event in record.get(inner) or []
    ]


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            out |= _flat(value, f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
    return out


def _table(records: list[dict[str, Any]]) -> pa.Table:
    if not records:
        raise LogError("the document holds no records with a case, an activity and an instant")
    names = dict.fromkeys(key for record in records for key in record)
    return pa.table({name: _cells([record.get(name, "") for record in records]) for name in names})


def _ocel_json(document: dict[str, Any]) -> pa.Table:
    kinds = {item["id"]: item["type"] for item in document.get("objects", [])}
    rows = [
        (
            event["id"],
            event["type"],
            event["time"],
            {a["name"]: a["value"] for a in event.get("attributes", [])},
            [link["objectId"] for link in event.get("relationships", [])],
        )
        for event in document["events"]
    ]
    return _events(rows, kinds)


def _sqlite_events(connection: sqlite3.Connection, kind: str, table: str, links: dict[str, list[str]]) -> list[Any]:
    quoted = '"event_' + table.replace('"', '""') + '"'
    cursor = connection.execute(f"SELECT * FROM {quoted}")
    names = [column[0] for column in cursor.description]
    records = [dict(zip(names, row, strict=True)) for row in cursor]
    return [
        (
            record["ocel_id"],
            kind,
            record["ocel_time"],
            {k: v for k, v in record.items() if not k.startswith("ocel_")},
            links.get(record["ocel_id"], []),
        )
        for record in records
    ]


def _events(rows: list[Any], kinds: dict[Any, Any]) -> pa.Table:
    """One row for each event and object of the type with the most objects that events touch one at a time."""
    touched: dict[str, set[str]] = {}
    singles: dict[str, int] = {}
    for *_, links in rows:
        own = [kinds[link] for link in links if link in kinds]
        for link in links:
            touched.setdefault(kinds.get(link, ""), set()).add(link)
        for kind in set(own):
            singles[kind] = singles.get(kind, 0) + (own.count(kind) == 1)
    if not singles:
        raise LogError("no event of the object-centric log refers to an object")
    best = max(singles, key=lambda kind: (singles[kind], len(touched[kind])))
    records = [
        own
        | {
            "ocel:id": event,
            "concept:name": kind,
            "time:timestamp": time,
            "case:concept:name": link,
            "object_type": best,
        }
        for event, kind, time, own, links in rows
        for link in links
        if kinds.get(link) == best
    ]
    return _table(records)


def _flattened(table: pa.Table, name: str) -> Export:
    if len(table) == 0:
        raise LogError(f"{name} has no event that refers to an object")
    return Export(table, preset="OCEL 2.0")
