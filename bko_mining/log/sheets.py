"""Sheets of rows, as workbooks and markup have them: which one is the log, where its headings stand."""

from typing import Any

import pyarrow as pa

from bko_mining.errors import LogError
from bko_mining.log.exports import Export, cells, unique_headings
from bko_mining.log.findings import Finding
from bko_mining.log.headings import known_columns

Rows = list[list[Any]]


def sheet_export(sheets: dict[str, Rows], name: str) -> Export:
    """The sheet whose headings name most of what a log has, of several the largest; the others become a finding.

    Raises
    ------
    LogError
        If no sheet has headings and rows.
    """
    tables = {title: _even(rows) for title, rows in sheets.items() if len(rows) > 1}
    if not tables:
        raise LogError(f"{name} has no sheet with headings and rows")
    best = max(tables, key=lambda title: _fitness(tables[title]))
    rows = tables[best]
    top = _top(rows)
    headings = unique_headings([str(cell) for cell in rows[top]])
    columns = zip(*rows[top + 1 :], strict=True)
    table = pa.table({h: cells(list(c)) for h, c in zip(headings, columns, strict=True)})
    others = [title for title in tables if title != best]
    told = f"{best!r}, not {', '.join(map(repr, others))}"
    return Export(table, (Finding("sheets", len(others), len(tables), told),) if others else ())


def _fitness(rows: Rows) -> tuple[int, int]:
    known = len(known_columns([str(cell) for cell in rows[_top(rows)]]))
    return known if known > 1 else 0, len(rows) * len(rows[0])


def _even(rows: Rows) -> Rows:
    width = max(map(len, rows))
    return [[*row, *[""] * (width - len(row))] for row in rows]


def _top(rows: Rows) -> int:
    """The row of the headings: the first well filled one with a well filled one below it, titles passed over."""
    full = [sum(cell != "" for cell in row) > len(row) // 2 for row in rows]
    for i in range(len(rows) - 1):
        texts = [cell for cell in rows[i] if cell != ""]
        titled = any(not isinstance(cell, str) or cell.rstrip().endswith(":") for cell in texts)
        if full[i] and full[i + 1] and not titled:
            return i
    return full.index(True) if any(full) else 0
