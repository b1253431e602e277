"""JSON, JSON Lines and workbooks as tables of raw columns."""

import json
from io import BytesIO
from typing import Any

import pyarrow as pa

from bko_mining.errors import LogError
from bko_mining.log.exports import Export, cells, records_table, unique_headings
from bko_mining.log.findings import Finding
from bko_mining.log.ocel import read_ocel_json
from bko_mining.log.presets import reshape_documents


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
    if isinstance(document, dict) and "objectTypes" in document and "events" in document:
        return read_ocel_json(document, name, object_type)
    export = reshape_documents(document)
    if export is not None:
        return export
    return Export(records_table(_records(document, name)), found)


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
    top = _top(rows)
    headings = unique_headings([str(cell) for cell in rows[top]])
    columns = zip(*rows[top + 1 :], strict=True)
    return Export(pa.table({h: cells(list(c)) for h, c in zip(headings, columns, strict=True)}))


def _top(rows: list[list[Any]]) -> int:
    """The row of the headings: the first well filled one with a well filled one below it, titles passed over."""
    full = [sum(cell != "" for cell in row) > len(row) // 2 for row in rows]
    for i in range(len(rows) - 1):
        texts = [cell for cell in rows[i] if cell != ""]
        titled = any(not isinstance(cell, str) or cell.rstrip().endswith(":") for cell in texts)
        if full[i] and full[i + 1] and not titled:
            return i
    return full.index(True) if any(full) else 0


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
