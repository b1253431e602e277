"""How a log is coded: integer codes for names, microseconds UTC for instants, rows sorted by case.

The log and everything that reads, checks or filters one share these few functions; nothing here knows what a log is.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Instants = NDArray[np.int64]

UNKNOWN = -1
"""The code of a missing resource or role."""

MISSING = int(np.iinfo(np.int64).min)
"""The instant that is not known; numpy reads it as NaT."""


def case_order(case: Codes, instant: Instants, n_cases: int) -> tuple[Instants, Instants, Instants]:
    """Order of the rows by case and instant, the cases in order of arrival, and the rows of each.

    Examples
    --------
    >>> order, cases, n_rows = case_order(np.array([0, 2, 2, 0], np.int32), np.array([5, 4, 3, 6]), 3)
    >>> order.tolist(), cases.tolist(), n_rows.tolist()
    ([2, 1, 0, 3], [2, 0], [2, 2])
    """
    counts = np.bincount(case, minlength=n_cases)
    seen = np.flatnonzero(counts)
    counts = counts[seen]
    ends = np.cumsum(counts)
    if 4 * np.count_nonzero(instant[1:] < instant[:-1]) > len(case):
        by_time = np.argsort(instant, kind="stable")
        order = by_time[_by_code(case[by_time])]
    else:
        order = _by_code(case)
        _put_in_time(order, case, instant, ends)
    first = order[ends - counts]
    ranks = np.lexsort((first, instant[first]))
    if (ranks[1:] < ranks[:-1]).any():
        blocks = (ends - counts)[ranks]
        counts = counts[ranks]
        order = order[np.arange(len(case)) + np.repeat(blocks - (np.cumsum(counts) - counts), counts)]
    return order, seen[ranks], counts


def _by_code(code: Codes) -> Instants:
    """Stable order by codes: two bytes at a time, which numpy sorts by counting."""
    order = np.argsort((code & 0xFFFF).astype(np.uint16), kind="stable")
    if code.max() >= 1 << 16:
        order = order[np.argsort((code >> 16).astype(np.uint16)[order], kind="stable")]
    return order


def _put_in_time(order: Instants, case: Codes, instant: Instants, ends: Instants) -> None:
    """Sort the rows of those cases whose instants go back; where rows come about in the order of time, few do."""
    in_turn = instant[order]
    back = in_turn[1:] < in_turn[:-1]
    back[ends[:-1] - 1] = False
    found = np.flatnonzero(back)
    if len(found):
        concerned = np.zeros(len(ends), bool)
        concerned[np.searchsorted(ends, found, "right")] = True
        places = np.flatnonzero(np.repeat(concerned, np.diff(ends, prepend=0)))
        rows = order[places]
        rows = rows[np.argsort(instant[rows], kind="stable")]
        order[places] = rows[_by_code(case[rows])]


def decode(codes: Codes, names: tuple[str, ...]) -> Any:
    """Turn codes into a pandas categorical of names, missing where the code is ``UNKNOWN``."""
    return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype=object))


def encode(column: Any) -> tuple[Codes, pa.Array]:
    """Code a column of any type as texts: int32 codes (``UNKNOWN`` where null) and the distinct texts.

    Examples
    --------
    >>> codes, names = encode(pa.array(["pay", None, "register", "pay"]))
    >>> codes.tolist(), names.to_pylist()
    ([0, -1, 1, 0], ['pay', 'register'])
    """
    coded = as_dictionary(column)
    indices = coded.indices.fill_null(UNKNOWN) if coded.indices.null_count else coded.indices
    codes = indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    names = coded.dictionary
    if not pa.types.is_string(names.type):
        names = as_text(names)
        again = names.dictionary_encode()
        if len(again.dictionary) < len(names) or names.null_count:
            codes = np.append(again.indices.fill_null(UNKNOWN).to_numpy(zero_copy_only=False), UNKNOWN)[codes]
            names = again.dictionary
    return codes.astype(np.int32, copy=False), names


def as_dictionary(column: Any) -> pa.DictionaryArray:
    """One dictionary array of a column that may be chunked and of any flat type."""
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type) and column.num_chunks > 1:
            return _with_one_dictionary(column)
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks)
    if isinstance(column.type, pa.BaseExtensionType):
        # Keys of databases (uuid): Arrow cannot code them as they are.
        column = pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_dictionary(column.type):
        return column
    return column.dictionary_encode()


def _with_one_dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Chunks of a row group share a dictionary: each is looked through once, not once a chunk."""
    chunks = [chunk for chunk in column.chunks if len(chunk)] or column.chunks[:1]
    own: dict[tuple[Any, ...], Any] = {_place(chunk.dictionary): chunk.dictionary for chunk in chunks}
    if pa.types.is_nested(column.type.value_type):
        return column.unify_dictionaries().combine_chunks()
    whole = pa.concat_arrays(list(own.values())).dictionary_encode()
    firsts = np.concatenate([[0], np.cumsum([len(names) for names in own.values()])])
    codes = {place: whole.indices.slice(first, len(own[place])) for place, first in zip(own, firsts, strict=False)}
    indices = [codes[_place(chunk.dictionary)].take(chunk.indices) for chunk in chunks]
    return pa.DictionaryArray.from_arrays(pa.concat_arrays(indices), whole.dictionary)


def _place(array: Any) -> tuple[Any, ...]:
    """Where an array lies in memory."""
    return (array.offset, len(array), *(buffer.address if buffer else 0 for buffer in array.buffers()))


def as_text(values: pa.Array) -> pa.Array:
    """Distinct values as texts: whole numbers without a decimal point, everything else as Arrow writes it."""
    if pa.types.is_floating(values.type):
        numbers = values.to_numpy(zero_copy_only=False)
        whole = [None if n != n else str(int(n)) if n.is_integer() else repr(n) for n in numbers.tolist()]
        return pa.array(whole, pa.string())
    if pa.types.is_nested(values.type):
        return pa.array([None if v is None else str(v) for v in values.to_pylist()], pa.string())
    return values.cast(pa.string())


def is_constant(column: pa.ChunkedArray, inside: NDArray[np.bool_]) -> bool:
    """Whether a column never changes between a row and its predecessor where ``inside`` is true."""
    if pa.types.is_nested(column.type):
        return False
    codes, _ = encode(column)
    return bool((np.diff(codes, prepend=codes[:1])[inside] == 0).all())
