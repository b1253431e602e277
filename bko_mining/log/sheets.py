"""Sheets of rows, as workbooks and markup have them: which one is the log, where its headings stand."""

from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa

from bko_mining.errors import LogError
from bko_mining.log.exports import Export, cells, stacked_headings, unique_headings
from bko_mining.log.findings import Finding
from bko_mining.log.headings import known_columns

Rows = list[list[Any]]

_DIGITS_KEPT = 1e15


def sheet_export(sheets: dict[str, Rows], name: str, *, hidden: Collection[str] = ()) -> Export:
    """The sheet whose headings name most of what a log has, of several the largest; the others become a finding.

    Sheets with the same headings (one a month) are read one after another; hidden ones only where no other is a log.

    Raises
    ------
    LogError
        If no sheet has headings and rows.
    """
    tables = {title: _below_headings(rows) for title, rows in sheets.items() if len(rows) > 1}
    if not tables:
        raise LogError(f"{name} has no sheet with headings and rows")
    best = max(tables, key=lambda title: _fitness(*tables[title], title in hidden))
    headings = tables[best][0]
    alike = [t for t in tables if tables[t][0] == headings and (t in hidden) == (best in hidden)]
    rows = [row for title in alike for row in tables[title][1]]
    columns = zip(*rows, strict=True)
    table = pa.table({h: cells(list(c)) for h, c in zip(headings, columns, strict=True)})
    return Export(table, (*_told(list(tables), alike), *_rounded(headings, rows)))


def _rounded(headings: list[str], rows: Rows) -> Iterator[Finding]:
    """Columns of numbers longer than the fifteen digits that a spreadsheet keeps."""
    for heading, column in zip(headings, zip(*rows, strict=True), strict=True):
        long = [cell for cell in column if isinstance(cell, int | float) and abs(cell) >= _DIGITS_KEPT]
        if long:
            yield Finding("cases_rounded", len(long), len(rows), f"{heading!r}: {long[0]:.0f}")


def _told(titles: list[str], read: list[str]) -> Iterator[Finding]:
    others = [title for title in titles if title not in read]
    if others:
        told = f"{', '.join(map(repr, read))}, not {', '.join(map(repr, others))}"
        yield Finding("sheets", len(others), len(titles), told)
    elif len(read) > 1:
        yield Finding("sheets_joined", len(read), len(titles), ", ".join(map(repr, read)))


def _below_headings(rows: Rows) -> tuple[list[str], Rows]:
    rows = _even(rows)
    top = _top(rows)
    named = [str(cell) for cell in rows[top]]
    below: list[Any] = rows[top + 1] if top + 2 < len(rows) else [0]
    both = stacked_headings(named, below) if all(isinstance(cell, str) for cell in below) else None
    return unique_headings(both or named), rows[top + 1 + (both is not None) :]


def _fitness(headings: list[str], rows: Rows, hidden: bool) -> tuple[int, bool, int]:
    known = len(known_columns(headings))
    return known if known > 1 else 0, not hidden, len(rows) * len(headings)


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
