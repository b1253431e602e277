"""Delimited files in any dialect: separator, encoding, quotes, title lines, decimal mark are found, not asked."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from bko_mining.errors import LogError
from bko_mining.log.encodings import encoding_of, mended
from bko_mining.log.exports import Export, stacked_headings, unique_headings
from bko_mining.log.findings import Finding
from bko_mining.log.headings import HEADINGS, normalise
from bko_mining.log.instants import looks_like_instants
from bko_mining.log.ruled import is_rule, unruled, without_fixed_width

NULLS = (
    "",
    "NULL",
    "null",
    "Null",
    "NaN",
    "nan",
    "None",
    "N/A",
    "n/a",
    "#N/A",
    "#N/D",
    "#REF!",
    "#VALUE!",
    "#VALOR!",
    "#DIV/0!",
    "-",
    "--",
    "00/00/0000",
    "00.00.0000",
    "0000-00-00",
    "00/00/0000 00:00:00",
    "0000-00-00 00:00:00",
    "\\N",
    "(null)",
    "<NA>",
    "NaT",
)
"""Texts that mean that a value is missing; ``NA`` does, too, but where it is one code among codes of letters."""

_SAMPLE = 256_000
_LINES = 400
_SEPARATORS = ",;\t|~\x01^"
_CODES = 0.9
_QUOTED_LINE = re.compile(rb'^"((?:[^"]|"")*)"\s*$')
_DECIMAL_COMMA = re.compile(r"-?\d+(\.\d{3})*,\d+$")
_DECIMAL_POINT = re.compile(r"-?\d+(,\d{3})*\.\d+$")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written."""

    encoding: str
    separator: str
    headings: tuple[str, ...]
    skip: int
    decimal: str
    quote: str = '"'


def read_delimited(data: bytes, name: str) -> Export:
    """Read a delimited file; every column comes back as text.

    Raises
    ------
    LogError
        If the file is empty, not text, or has one column only.
    """
    data, encoding, found = mended(data, encoding_of(data))
    data = without_fixed_width(_without_quotes_around_lines(data), encoding)
    dialect = sniff(data, name, encoding=encoding)
    try:
        table, more = _read_all(data, dialect)
    except pa.ArrowInvalid as error:
        raise LogError(f"{name} cannot be read as a table separated by {dialect.separator!r}: {error}") from error
    if len(table) == 0:
        raise LogError(f"{name} has headings but no rows: {', '.join(dialect.headings[:12])}")
    table = unruled(table, dialect.headings)
    empty = [c for c in table.column_names if c.startswith("column_") and table[c].null_count == len(table)]
    return Export(_available(table.drop_columns(empty), data, dialect.separator), (*found, *more), dialect.decimal)


def sniff(data: bytes, name: str, *, encoding: str | None = None) -> Dialect:
    """Find the dialect of a delimited file from its beginning.

    Examples
    --------
    >>> sniff("Caso;Etapa;Valor\\n1;Análise;10,5\\n".encode("cp1252"), "x.csv")
    Dialect(encoding='cp1252', separator=';', headings=('Caso', 'Etapa', 'Valor'), skip=1, decimal=',', quote='"')
    """
    encoding = encoding or encoding_of(data)
    text = data[:_SAMPLE].decode(encoding, "replace").lstrip("\ufeff")
    if not text.strip():
        raise LogError(f"{name} is empty")
    if text.count("\0") > len(text) // 100:
        raise LogError(f"{name} is not a text file; logs are read from CSV, XES, Parquet, XLSX, JSON and OCEL")
    lines = text.splitlines(keepends=True)
    if len(data) > _SAMPLE and len(lines) > 1:
        lines = lines[:-1]
    lead = int(lines[0].lower().startswith("sep="))
    lines = ["\n" if is_rule(line.strip()) else line for line in lines[lead : lead + _LINES]]
    separator, quote = _separator(lines, name)
    rows = _rows(lines, separator, quote)
    width = Counter(len(row) for row in rows if len(row) > 1).most_common(1)[0][0]
    top = _top(rows, width)
    titled = _is_heading(rows[top], rows[top + 1 : top + 2])
    named = rows[top] + [""] * (width - len(rows[top])) if titled else [""] * width
    both = stacked_headings(named, rows[top + 1]) if titled and len(rows) > top + 2 else None
    top += both is not None
    headings = unique_headings(both or named)
    # What is skipped is counted in lines, and a heading may stand on several.
    breaks = sum(cell.count("\n") for row in rows[: top + int(titled)] for cell in row)
    skip = lead + top + int(titled) + breaks
    return Dialect(encoding, separator, tuple(headings), skip, _decimal(rows[top + 1 :], separator), quote)


def _top(rows: list[list[str]], width: int) -> int:
    """The row of the headings: the first that fills most of the columns in use."""
    wide = [i for i, row in enumerate(rows) if len(row) >= width - 1]
    filled = {i: {j for j, cell in enumerate(rows[i]) if cell.strip()} for i in wide}
    used = len(set().union(*filled.values()))
    return next((i for i in wide if len(filled[i]) > used // 2), wide[0])


def _rows(lines: list[str], separator: str, quote: str) -> list[list[str]]:
    if not quote:
        return list(csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE))
    return list(csv.reader(lines, delimiter=separator, quotechar=quote))


def _separator(lines: list[str], name: str) -> tuple[str, str]:
    best: tuple[float, int, str, str] = (0.0, 0, "", "")
    quotes = ('"', "'", "") if lines[0].startswith("'") else ('"', "")
    for separator, quote in product(_SEPARATORS, quotes):
        try:
            widths = Counter(len(row) for row in _rows(lines, separator, quote) if row)
        except csv.Error:
            continue
        width, n = widths.most_common(1)[0] if widths else (1, 0)
        if width < 2:
            continue
        agreement = n / max(sum(widths.values()), 1)
        # Quotes that hold together count for more than a wide table without them.
        score = (round(agreement, 2) - (0 if quote else 0.2), width, separator, quote)
        best = max(best, (score[0] + 0.01 * (quote == "'"), *score[1:]), key=lambda s: (s[0], s[1]))
    if not best[2]:
        raise LogError(f"{name} has one column only; a log needs at least a case, an activity and an instant")
    return best[2], best[3]


def _is_heading(row: list[str], following: list[list[str]]) -> bool:
    known = {heading for ranks in HEADINGS.values() for rank in ranks for heading in rank}
    if any(normalise(cell) in known for cell in row):
        return True
    cells = [cell for cell in row if cell.strip()]
    dated = any(looks_like_instants(pa.array([cell.strip()])) for cell in cells)
    return not dated and not (following and all(c.strip().replace(".", "").isdigit() for c in cells))


def _decimal(rows: list[list[str]], separator: str) -> str:
    if separator == ",":
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    comma = sum(bool(_DECIMAL_COMMA.match(cell)) for cell in cells)
    return "," if comma > sum(bool(_DECIMAL_POINT.match(cell)) for cell in cells) else "."


def _without_quotes_around_lines(data: bytes) -> bytes:
    """Lines that were quoted as a whole, as spreadsheets write a table that was pasted into one column."""
    head = [line for line in data[:8000].splitlines()[:20] if line.strip()]
    inside = [match[1] for line in head if (match := _QUOTED_LINE.match(line))]
    separated = any(all(sep in line for line in inside) for sep in (b",", b";", b"\t", b"|"))
    if len(head) < 2 or len(inside) < len(head) - (len(data) > 8000) or not separated:
        return data
    return b"\n".join(
        match[1].replace(b'""', b'"') if (match := _QUOTED_LINE.match(line)) else line for line in data.splitlines()
    )


def _read_all(data: bytes, dialect: Dialect) -> tuple[pa.Table, tuple[Finding, ...]]:
    """The table, rows that end early filled up, and what could not be read."""
    bad: list[Any] = []
    table = _read(data, dialect, bad)
    width = len(dialect.headings)
    mend = {row.text.strip(): _of_width(row.text.strip(), width, dialect) for row in bad}
    mend = {old: new for old, new in mend.items() if new}
    if not mend:
        return table, _unread(bad, len(table), dialect)
    encoding = "utf-8" if dialect.encoding.startswith("utf") else dialect.encoding
    known = {old.encode(encoding): new.encode(encoding) for old, new in mend.items()}
    still: list[Any] = []
    lines = (known.get(line.strip(), line) for line in data.replace(b"\r\n", b"\n").split(b"\n"))
    table = _read(b"\n".join(lines), dialect, still)
    short = Finding("rows_short", len(bad) - len(still), len(table), repr(next(iter(mend))[:80]))
    return table, (short, *_unread(still, len(table), dialect))


def _of_width(line: str, width: int, dialect: Dialect) -> str:
    """A line that ends early (or with separators too many) with as many cells as there are headings; else nothing."""
    if dialect.quote and dialect.quote in line:
        return ""
    cells = line.split(dialect.separator)
    # A row without three cells, or of which less than half is there, is a foot or lacks its date.
    if max(2, width / 2) < len(cells) < width and all(cell.strip() for cell in cells[:3]):
        return line + dialect.separator * (width - len(cells))
    return dialect.separator.join(cells[:width]) if len(cells) > width and not any(cells[width:]) else ""


def _around_na(separator: str) -> tuple[bytes, ...]:
    sep = separator.encode()
    return sep + b"NA" + sep, sep + b"NA\n", sep + b"NA\r", b"\nNA" + sep, b'"NA"', b"'NA'", b"NA "


def _available(table: pa.Table, data: bytes, separator: str) -> pa.Table:
    """A table in which NA is missing, but in columns of codes such as MZ, NA, NB, where it is one of them."""
    if not any(mark in data for mark in _around_na(separator)) and not data.endswith(b"NA"):
        return table
    return pa.table({name: _without_na(table[name]) for name in table.column_names})


def _without_na(column: Any) -> Any:
    missing = pc.equal(column, "NA")
    if not pc.any(missing).as_py():
        return column
    codes = pc.match_substring_regex(pc.unique(column).drop_null(), "^[A-Z]{1,3}$")
    beside = pc.any(pc.is_in(column, pa.array(["MZ", "NB"]))).as_py()
    if beside and pc.mean(codes.cast(pa.float64())).as_py() > _CODES:
        return column
    return pc.if_else(missing, pa.scalar(None, column.type), column)


def _read(data: bytes, dialect: Dialect, bad: list[Any]) -> pa.Table:
    def note(row: Any) -> str:
        bad.append(row)
        return "skip"

    encoding = "utf8" if dialect.encoding.startswith(("utf-8", "utf-16", "utf-32")) else dialect.encoding
    skip = dialect.skip
    return arrow_csv.read_csv(
        pa.BufferReader(data),
        arrow_csv.ReadOptions(
            column_names=list(dialect.headings), skip_rows=skip, encoding=encoding, block_size=1 << 23
        ),
        arrow_csv.ParseOptions(
            delimiter=dialect.separator,
            quote_char=dialect.quote or False,
            newlines_in_values=dialect.quote != "" and dialect.quote.encode() in data,
            invalid_row_handler=note,
            ignore_empty_lines=True,
        ),
        arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in dialect.headings}, null_values=NULLS, strings_can_be_null=True
        ),
    )


def _unread(bad: list[Any], n: int, dialect: Dialect) -> tuple[Finding, ...]:
    bad = [row for row in bad if not is_rule(row.text.strip())]
    if not bad:
        return ()
    first = bad[0]
    text = first.text if len(first.text) <= 80 else first.text[:77] + "…"
    example = f"{first.actual_columns} columns where {len(dialect.headings)} were expected: {text!r}"
    return (Finding("rows_unreadable", len(bad), n + len(bad), example),)
