"""JSON, JSON Lines and workbooks as tables of raw columns."""

import json
from io import BytesIO
from typing import Any

from bko_mining.errors import LogError
from bko_mining.log.exports import Export, records_table
from bko_mining.log.findings import Finding
from bko_mining.log.headings import known_columns
from bko_mining.log.ocel import of_version_1, read_ocel_json
from bko_mining.log.presets import reshape_documents
from bko_mining.log.sheets import Rows, sheet_export


def read_json(data: bytes, name: str, object_type: str | None = None) -> Export:
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
    if isinstance(document, dict) and "events" in document and {"objectTypes", "objects"} & document.keys():
        return read_ocel_json(document, name, object_type)
    if isinstance(document, dict) and "ocel:events" in document:
        return read_ocel_json(of_version_1(document), name, object_type)
    export = reshape_documents(document)
    if export is not None:
        return export
    return Export(records_table(_records(document, name)), found)


def read_workbook(data: bytes, name: str) -> Export:
    """Read the sheet of an Excel workbook that looks most like a log.

    Raises
    ------
    LogError
        If the workbook is damaged or has no table.
    """
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(data))
        sheets = {title: _filled(book.get_sheet_by_name(title)) for title in book.sheet_names}
        seen = python_calamine.SheetVisibleEnum.Visible
        hidden = {sheet.name for sheet in book.sheets_metadata if sheet.visible != seen}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise LogError(f"{name} cannot be read as a workbook: {error}") from error
    return sheet_export(sheets, name, hidden=hidden)


def _filled(sheet: Any) -> Rows:
    """The rows of a sheet; merged cells say in every row, but not in every column, what they say in the first."""
    rows = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or []:
        for row in rows[top + 1 : bottom + 1]:
            row[left : left + 1] = rows[top][left : left + 1]
    return _used(rows)


def _used(rows: Rows) -> Rows:
    """Without the empty rows and columns around a table."""
    full = [i for i, row in enumerate(rows) if any(cell != "" for cell in row)]
    if not full:
        return []
    wide = [any(row[j] != "" for row in rows) for j in range(len(rows[0]))]
    left, right = wide.index(True), len(wide) - wide[::-1].index(True)
    return [row[left:right] for row in rows[full[0] : full[-1] + 1]]


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
    rows = _tabular(document)
    if rows is not None:
        headings = [str(heading) for heading in rows[0]]
        return [dict(zip(headings, row, strict=False)) for row in rows[1:]]
    if isinstance(document, dict):
        lists = [_records(v, name) for v in document.values() if isinstance(v, dict | list) and v]
        lists = [records for records in lists if records]
        return max(lists, key=len, default=[])
    records = [_bare(record) for record in document if isinstance(record, dict)] if isinstance(document, list) else []
    if not records:
        return []
    inner = next((k for k, v in records[0].items() if isinstance(v, list) and v and isinstance(v[0], dict)), None)
    if inner is None:
        return [_flat(record) for record in records]
    # One record a case with its events inside: the case's own fields go to every event.
    return [
        _of_case({k: v for k, v in record.items() if k != inner}) | _flat(event)
        for record in records
        for event in record.get(inner) or []
    ]


def _of_case(record: dict[str, Any]) -> dict[str, Any]:
    """Fields of a case, marked as its own; one that names the case (``ticket_id``) goes before a mere ``id``."""
    flat = _flat(record)
    names = {key for key in flat if key != "id" and known_columns([key]) == {"case_id"}}
    plain = names | {"id"} if names else names
    return {key if key in plain else f"case:{key}": value for key, value in flat.items()}


def _tabular(document: Any) -> list[list[Any]] | None:
    """Headings and rows of documents that are tables: lists of lists, columns beside data, or lists under each case."""
    if isinstance(document, list):
        texts = len(document) > 1 and isinstance(document[0], list) and all(isinstance(h, str) for h in document[0])
        return document if texts and all(isinstance(row, list) for row in document) else None
    if not isinstance(document, dict) or not document:
        return None
    if isinstance(document.get("columns"), list) and isinstance(document.get("data"), list):
        return [document["columns"], *document["data"]]
    values = list(document.values())
    if len(values) > 1 and all(isinstance(v, dict) and v.keys() == values[0].keys() for v in values):
        plain = not any(isinstance(cell, dict | list) for v in values for cell in v.values())
        return [list(document), *map(list, zip(*(v.values() for v in values), strict=True))] if plain else None
    if len(values) > 1 and all(isinstance(v, list) and v and isinstance(v[0], dict) for v in values):
        same = all(v[0].keys() == values[0][0].keys() for v in values)
        names = list(values[0][0])
        rows = [[case, *map(event.get, names)] for case, events in document.items() for event in events]
        return [["case_id", *names], *rows] if same else None
    return None


def _bare(record: dict[str, Any]) -> dict[str, Any]:
    """A hit of a search engine without its wrapping."""
    inside = record.get("_source")
    return inside if isinstance(inside, dict) else record


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$"):
            value = next(iter(value.values()))  # the types of document stores: {"$date": …}
        if isinstance(value, dict):
            out |= _flat(value, f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
    return out
