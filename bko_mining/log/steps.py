"""One row a case and a column of dates a step, as one row a step."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bko_mining.log.exports import Export
from bko_mining.log.findings import Finding
from bko_mining.log.headings import HEADINGS
from bko_mining.log.mapping import ColumnMapping, given_columns
from bko_mining.log.recognise import SAMPLE, Column, by_heading, is_dated

PRESET = "a column of dates a step"
"""What the mapping calls such an export."""

_FEWEST = 3
_PLANS = frozenset(
    [
        "due",
        "deadline",
        "target",
        "planned",
        "expected",
        "sla",
        "birth",
        "prazo",
        "vencimento",
        "limite",
        "previsto",
        "prevista",
        "nascimento",
        "meta",
        "echeance",
        "prevue",
        "vencimiento",
        "prevista",
        "faellig",
        "fallig",
        "geplant",
        "soll",
    ]
)
_NAMED = frozenset(heading for rank in HEADINGS["activity"][:3] for heading in rank)


def unfolded(export: Export, columns: Any = None) -> tuple[Export, Any]:
    """An export with a date a step in each of its rows, as one row a step, and its columns; any other as it is.

    There must be three columns of dates at least, one row a case, and no column that is called activity. Dates that
    are planned (due, prazo) are no steps.

    Examples
    --------
    >>> table = pa.table({"Pedido": ["P1"], "Criado": ["2026-01-05"], "Pago": ["2026-01-07"], "Fim": ["2026-01-08"]})
    >>> unfolded(Export(table))[0].table["activity"].to_pylist()
    ['Criado', 'Pago', 'Fim']
    """
    given = _given(columns, export.table)
    sample = export.table.slice(0, SAMPLE)
    free = [Column(name, sample[name]) for name in export.table.column_names]
    if {"activity", "start", "end", "lifecycle"} & given.keys() or any(c.heading in _NAMED for c in free):
        return export, columns
    steps = [c.name for c in free if c.known and c.is_instant and is_dated(c) and not _PLANS & set(c.heading.split())]
    case = _case([c for c in free if c.name not in steps], given.get("case_id"))
    if case is None or export.preset or len(steps) < _FEWEST:
        return export, columns
    return _rows_of(export, case, steps), {**given, "case_id": case, "activity": "activity", "end": "end"}


def _given(columns: Any, table: pa.Table) -> dict[str, Any]:
    """What the user told; a mapping that came of such an export knows the case only."""
    mapping = ColumnMapping.load(columns) if isinstance(columns, str | Path) else columns
    if isinstance(mapping, ColumnMapping) and mapping.preset == PRESET:
        mapping = mapping.model_dump(include={"case_id", "day_first", "timezone"}, exclude_none=True)
    return given_columns(mapping, tuple(table.column_names))


def _case(free: list[Column], told: Any) -> str | None:
    """The column that has a value of its own in every row."""
    own = [c for c in free if c.known == c.distinct == len(c.values) and not c.is_number]
    if told is not None:
        return next((c.name for c in own if c.name == told), None)
    named = by_heading("case_id", free)
    if named is not None:
        return named.name if named in own else None
    return own[0].name if own else None


def _rows_of(export: Export, case: str, steps: list[str]) -> Export:
    table = export.table
    others = [name for name in table.column_names if name != case and name not in steps]
    parts = []
    for step in steps:
        begun = {case: table[case], "activity": pa.array([step] * len(table)), "end": table[step]}
        whole = pa.table(begun | {f"case:{name}": table[name] for name in others})
        parts.append(whole.filter(pc.is_valid(table[step])))
    rows = pa.concat_tables(parts, promote_options="permissive")
    finding = Finding("unfolded", len(table), len(table), ", ".join(map(repr, steps)))
    return Export(rows, (*export.found, finding), export.decimal, PRESET)
