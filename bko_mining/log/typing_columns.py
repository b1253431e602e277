"""Giving the attributes of a text export their types: whole numbers, numbers, truth values, instants."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bko_mining.log.coding import as_dictionary
from bko_mining.log.instants import read_instants

_TRUTH = dict.fromkeys(("true", "verdadeiro", "sim", "yes"), True) | dict.fromkeys(
    ("false", "falso", "não", "nao", "no"), False
)
_THOUSANDS = r"^-?\d{1,3}(\.\d{3})*(,\d+)?$"


def typed(table: pa.Table, decimal: str = ".") -> pa.Table:
    """Infer the type of every text column of a table.

    Codes with leading zeros stay texts. With ``decimal=","`` texts like ``1.234,50`` are numbers.

    Examples
    --------
    >>> table = pa.table({"amount": ["10,5", None], "code": ["007", "12"], "urgent": ["sim", "não"]})
    >>> [str(t) for t in typed(table, ",").schema.types]
    ['double', 'string', 'bool']
    """
    if not table.num_columns:
        return table
    return pa.table({name: _typed(table[name], decimal) for name in table.column_names})


def _typed(column: Any, decimal: str) -> Any:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if isinstance(kind, pa.BaseExtensionType):
        return as_dictionary(column)
    if not pa.types.is_string(kind) and not pa.types.is_large_string(kind):
        return column
    coded = as_dictionary(column)
    texts = coded.dictionary
    values = _values(texts, decimal) if len(texts) else None
    if values is None:
        # A text that repeats stays coded: a tenth of the memory, and constant columns are seen at once.
        return coded if len(texts) * 2 < len(column) else coded.cast(pa.string())
    return values.take(coded.indices)


def _values(texts: Any, decimal: str) -> Any:
    first = texts[0].as_py()
    if first is None:
        return None
    if first.strip().lower() in _TRUTH:
        truth = [_TRUTH.get(text.strip().lower()) for text in texts.slice(0, 12).to_pylist()]
        if len(texts) <= 12 and None not in truth:
            return pa.array(truth)
    if first[:1].isdigit() or first[:1] in "-+.":
        return _numbers(texts, decimal) or _dates(texts)
    return None


def _numbers(texts: Any, decimal: str) -> Any:
    if pc.any(pc.match_substring_regex(texts, r"^[-+]?0\d")).as_py():
        return None
    plain = texts
    if decimal == ",":
        if not pc.all(pc.match_substring_regex(texts, _THOUSANDS + r"|^-?\d+(,\d+)?$")).as_py():
            return None
        plain = pc.replace_substring(pc.replace_substring(texts, ".", ""), ",", ".")
    for kind in (pa.int64(), pa.float64()):
        try:
            return plain.cast(kind)
        except pa.ArrowInvalid:
            continue
    return None


def _dates(texts: Any) -> Any:
    if not pc.all(pc.match_substring_regex(texts.slice(0, 20), r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")).as_py():
        return None
    parsed = read_instants(texts)
    if parsed.bad.any() or len(np.unique(parsed.naive)) > 1:
        return None
    zone = None if parsed.naive.any() else "UTC"
    return pa.array(parsed.values.view("M8[us]"), pa.timestamp("us", zone))
