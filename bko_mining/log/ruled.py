"""Reports printed for the eye: lines of dashes, headings again on every page, columns of fixed width, padded cells."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_RULE = re.compile(r"[\s|+:=_-]*[=_-]{2}[\s|+:=_-]*")
_BOUNDS = re.compile(r"[-=]{2,}( +[-=]{2,}){2,}\s*")
_HEAD = 40
_LOOKED_AT = 1000


def is_rule(text: str) -> bool:
    """Whether a line is drawn, not written.

    Examples
    --------
    >>> is_rule("|------|:----|"), is_rule("4500-01")
    (True, False)
    """
    return bool(_RULE.fullmatch(text))


def without_fixed_width(data: bytes, encoding: str) -> bytes:
    """A report whose columns stand below rules (``----- ---``), with tabs between them; anything else as it is."""
    lines = data[: 1 << 16].decode(encoding, "replace").splitlines()[:_HEAD]
    rule = next((line for line in lines if _BOUNDS.fullmatch(line)), None)
    if rule is None:
        return data
    starts = [match.start() for match in re.finditer(r"[-=]+", rule)]
    spans = [slice(start, stop) for start, stop in zip(starts, [*starts[1:], None], strict=True)]
    kept = (line for line in data.decode(encoding, "replace").lstrip("\ufeff").splitlines() if not is_rule(line))
    return "\n".join("\t".join(line[span].strip() for span in spans) for line in kept).encode(encoding)


def unruled(table: pa.Table, headings: Sequence[str]) -> pa.Table:
    """A table without blanks around its cells, without lines of dashes and without headings that come again."""
    if not len(table):
        return table
    table = pa.table({name: _trimmed(table[name]) for name in table.column_names})
    first = next((name for name in table.column_names if table[name].null_count < len(table)), None)
    if first is None:
        return table
    cells = table[first]
    marked = pc.or_(pc.equal(cells, first), pc.match_substring_regex(cells, r"^:?[-=_]{2,}:?$")).fill_null(False)
    rows = np.flatnonzero(marked.to_numpy())
    said = table.take(pa.array(rows)).to_pylist()
    again = {name: name for name in headings}
    drop = [row for row, cell in zip(rows, said, strict=True) if _is_drawn(cell) or _says_again(cell, again)]
    if not drop:
        return table
    keep = np.ones(len(table), bool)
    keep[drop] = False
    return table.filter(pa.array(keep))


def _is_drawn(cells: dict[str, Any]) -> bool:
    return all(is_rule(cell) for cell in cells.values() if cell)


def _says_again(cells: dict[str, Any], headings: dict[str, str]) -> bool:
    said = {name: cell for name, cell in cells.items() if cell}
    return len(said) > 1 and all(headings[name].startswith(cell) for name, cell in said.items())


def _trimmed(column: Any) -> Any:
    """Texts without blanks at their ends where the first rows have any; what is nothing but blanks is missing."""
    if not pc.any(pc.match_substring_regex(column.slice(0, _LOOKED_AT), r"^\s|\s$")).as_py():
        return column
    texts = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, texts.type), texts)
