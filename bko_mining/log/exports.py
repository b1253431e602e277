"""An export as it was found: one table of raw columns and what was seen on the way."""

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pandas as pd
import pyarrow as pa

from bko_mining.errors import LogError
from bko_mining.log.findings import Finding

_NOTHING = frozenset(
    {"", "#N/A", "#N/D", "#REF!", "#VALUE!", "#VALOR!", "#DIV/0!", "#NAME?", "#NOME?", "#NULL!", "#NUM!"}
)
_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\ufeff]")  # of order and direction: they are not seen


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """Raw columns of an export.

    Attributes
    ----------
    table : pyarrow.Table
        Columns as the export has them: texts of delimited files, typed ones of others.
    found : tuple of Finding
        What only the reader could see.
    decimal : str
        The decimal mark of its numbers.
    preset : str
        The shape that was recognised, if any.
    parts : tuple of str
        Columns that another one says whole: a day, a time of day.
    """

    table: pa.Table
    found: tuple[Finding, ...] = ()
    decimal: str = "."
    preset: str = ""
    parts: tuple[str, ...] = ()


def as_table(frame: Any) -> pa.Table:
    """Take a pandas, polars or Arrow frame as an Arrow table.

    Raises
    ------
    LogError
        If it is none of these.
    """
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pd.DataFrame):
        named = frame.rename(columns=str)
        mixed: dict[str, Any] = {str(c): named[c].map(str, na_action="ignore") for c in named if _is_mixed(named[c])}
        return pa.Table.from_pandas(named.assign(**mixed), preserve_index=False)
    for method in ("to_arrow", "arrow", "to_arrow_table"):
        if hasattr(frame, method):
            return pa.table(getattr(frame, method)())
    raise LogError(f"a log is made of a pandas, polars or Arrow frame, not of {type(frame).__name__}")


def _is_mixed(column: Any) -> bool:
    return column.dtype == object and pd.api.types.infer_dtype(column, skipna=True).startswith("mixed")


def unique_headings(headings: list[str]) -> list[str]:
    """Give empty headings a name and equal ones a number.

    Examples
    --------
    >>> unique_headings(["id", "", "id"])
    ['id', 'column_2', 'id_2']
    """
    seen: dict[str, int] = {}
    out = []
    for position, heading in enumerate(headings, 1):
        name = " ".join(_MARKS.sub("", heading).split()) or f"column_{position}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


def stacked_headings(upper: list[str], lower: list[str]) -> list[str] | None:
    """Headings that stand on two rows, those of a group above its parts; None where the second row is none of headings.

    Each column has its heading in one of the two rows, or a part below the (first or merged) cell of its group.

    Examples
    --------
    >>> stacked_headings(["Order", "Step", "Work", ""], ["", "", "Start", "End"])
    ['Order', 'Step', 'Start', 'End']
    >>> stacked_headings(["Order", "Step", "Done", ""], ["7", "Pay", "2026-01-05", "late"]) is None
    True
    """
    above, below = ([cell.strip() for cell in row] for row in (upper, lower))
    below = ["" if b == a else b for a, b in zip_longest(above, below[: len(above)], fillvalue="")]
    pairs = list(zip(above, below, strict=True))
    digits = any(character.isdigit() for cell in below for character in cell)
    two = any(b for a, b in pairs if not a) and any(a for a, b in pairs if not b)
    # A heading above another one must be that of a group, which goes on to the right.
    grouped = all(not following for (a, b), following in zip(pairs, [*above[1:], "."], strict=True) if a and b)
    return [b or a for a, b in pairs] if two and grouped and not digits and all(map(any, pairs)) else None


def cells(values: list[Any]) -> pa.Array:
    """One Arrow column of the values of cells (empty ones and errors being none); texts where types are mixed."""
    known = [None if isinstance(value, str) and value in _NOTHING else value for value in values]
    try:
        return pa.array(known)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in known], pa.string())


def records_table(records: list[dict[str, Any]]) -> pa.Table:
    """A table of records that may lack some keys.

    Raises
    ------
    LogError
        If there is no record.
    """
    if not records:
        raise LogError("the document holds no records with a case, an activity and an instant")
    names = dict.fromkeys(key for record in records for key in record)
    return pa.table({name: cells([record.get(name, "") for record in records]) for name in names})
