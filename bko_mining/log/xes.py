"""XES files as coded columns.

A file of many megabytes holds few distinct tags. So it is cut at every ``<`` into Arrow texts without a copy, the texts
are coded, and only the distinct ones are parsed; what is nested in what follows from a running sum over the codes.
"""

from html import unescape
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.coding import Codes, Instants
from bko_mining.log.exports import Export

_TAG = r"(?s)^<(?P<close>/?)(?P<name>[A-Za-z_][\w:.-]*)(?P<inside>[^>]*?|(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(?P<self>/?)>"
_KEY = r"(?s)(?:^|\s)key\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')"
_VALUE = r"(?s)(?:^|\s)value\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')"
_KINDS = ("string", "date", "int", "float", "boolean", "id", "list", "container")
_OTHER, _LOG, _TRACE, _EVENT, _ATTRIBUTE, _GLOBAL = range(6)
_STRUCTURE = {"log": _LOG, "trace": _TRACE, "event": _EVENT, "global": _GLOBAL} | dict.fromkeys(_KINDS, _ATTRIBUTE)


def read_xes(data: bytes, name: str) -> Export:
    """Read a XES document into one row an event; attributes of the case carry the prefix ``case:``.

    Nested attributes become columns named after their parents (``cost:total``); values of lists are joined by ``; ``.

    Raises
    ------
    LogError
        If the document declares entities (a known attack), is not well-formed or cut off, or has no event.
    """
    data = _plain_utf8(data, name)
    tags = _cut(data)
    coded = tags.dictionary_encode()
    code = coded.indices.to_numpy(zero_copy_only=False)
    distinct = _Tags(coded.dictionary)
    step, kind = distinct.step[code], distinct.kind[code]
    depth = np.cumsum(step)
    if depth.min() < 0 or depth[-1] != 0:
        where = (
            f"{int(depth[-1])} elements stay open"
            if depth[-1] > 0
            else f"an element closes that never opened (tag {int(np.argmax(depth < 0)) + 1:,})"
        )
        raise LogError(f"{name} is not well-formed XES: {where}; the file may be cut off. Export it again")
    opening = distinct.opening[code]
    event = np.cumsum(opening & (kind == _EVENT)) - 1
    n = int(event[-1]) + 1
    if n == 0:
        raise LogError(f"{name} has no event")
    trace = np.cumsum(opening & (kind == _TRACE)) - 1
    trace_of = trace[opening & (kind == _EVENT)]
    level = depth - (step > 0)
    inside = _owners(opening, kind, level, step)
    columns = _columns(distinct, code, level, inside == _EVENT, event, n)
    cases = _columns(distinct, code, level, inside == _TRACE, trace, int(trace[-1]) + 1)
    table = {
        f"case:{key}": column.take(pa.array(np.maximum(trace_of, 0), mask=trace_of < 0))
        for key, column in cases.items()
    }
    if "case:concept:name" not in table:
        table["case:concept:name"] = pa.array(trace_of).cast(pa.string())
    return Export(pa.table(table | columns))


def _plain_utf8(data: bytes, name: str) -> bytes:
    head = data[:2000]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16").encode()
    elif b"encoding=" in head and b"utf-8" not in head.lower().split(b"?>")[0]:
        declared = head.split(b"encoding=", 1)[1][1:40].replace(b"'", b'"').split(b'"')[0].decode("ascii", "replace")
        try:
            data = data.decode(declared).encode()
        except (LookupError, UnicodeDecodeError) as error:
            raise LogError(f"{name} says it is encoded as {declared!r}, but cannot be read so: {error}") from error
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise LogError(
            f"{name} declares a document type or entities, which XES never needs and attackers do; it is refused"
        )
    data = _without(_without(data, b"<!--", b"-->", name), b"<![CDATA[", b"]]>", name)
    return _without(data, b"<?", b"?>", name)


def _without(data: bytes, opening: bytes, closing: bytes, name: str) -> bytes:
    parts, at = [], 0
    while (start := data.find(opening, at)) >= 0:
        end = data.find(closing, start)
        if end < 0:
            raise LogError(
                f"{name} is not well-formed XES: {opening.decode()} is never closed; the file may be cut off"
            )
        parts.append(data[at:start])
        at = end + len(closing)
    return b"".join([*parts, data[at:]]) if at else data


def _cut(data: bytes) -> Any:
    starts = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("<")).astype(np.int64)
    if len(starts) == 0:
        raise LogError("the file has no XML element")
    bounds = np.append(starts, len(data))
    small = len(data) < 2**31
    kind = pa.StringArray if small else pa.LargeStringArray
    offsets = pa.py_buffer(bounds.astype(np.int32 if small else np.int64))
    array = kind.from_buffers(len(starts), offsets, pa.py_buffer(data))
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:
        raise LogError(f"the file says it is UTF-8 but is not: {error}") from error
    return array


class _Tags:
    """The distinct tags of a document, parsed."""

    def __init__(self, texts: Any) -> None:
        fields = pc.extract_regex(texts, _TAG)
        if fields.null_count:
            odd = texts.filter(fields.is_null())[0].as_py()
            raise LogError(f"this is not a XES element: {odd[:80]!r}; the file is not well-formed")
        part = {f.name: fields.field(i) for i, f in enumerate(fields.type)}
        closing = pc.equal(part["close"], "/").to_numpy(zero_copy_only=False)
        self.selfclosed = pc.equal(part["self"], "/").to_numpy(zero_copy_only=False)
        self.opening = ~closing
        self.step = np.where(closing, -1, np.where(self.selfclosed, 0, 1)).astype(np.int64)
        names = pc.replace_substring_regex(part["name"], r"^.*:", "").dictionary_encode()
        kinds = np.array([_STRUCTURE.get(n, _OTHER) for n in names.dictionary.to_pylist()], np.int8)
        which = names.indices.to_numpy(zero_copy_only=False)
        self.kind: NDArray[np.int8] = kinds[which]
        self.type_names = names.dictionary.to_pylist()
        self.type = which
        self.key, self.keys = _quoted(part["inside"], _KEY)
        self.value, self.values = _quoted(part["inside"], _VALUE)


def _quoted(inside: Any, pattern: str) -> tuple[Codes, list[str]]:
    """Code the quoted value of an XML attribute; -1 where a tag has none."""
    found = pc.extract_regex(inside, pattern)
    single = found.field(1)
    text = pc.if_else(pc.equal(single.fill_null(""), ""), found.field(0), single)
    coded = text.dictionary_encode()
    names = coded.dictionary.to_pylist()
    return coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), [unescape(n) if "&" in n else n for n in names]


def _owners(opening: NDArray[np.bool_], kind: NDArray[np.int8], level: Instants, step: Instants) -> NDArray[np.int8]:
    """What each attribute belongs to: an event, a trace, or something else (the log, globals)."""
    holder = (kind == _EVENT) | (kind == _TRACE) | (kind == _GLOBAL) | (kind == _LOG)
    marks = np.flatnonzero(holder)
    # After an element has closed, its parent owns what follows: a trace after its event, the log after a trace.
    parent = {_EVENT: _TRACE, _TRACE: _LOG, _GLOBAL: _LOG, _LOG: _OTHER}
    closes = step[marks] <= 0
    owner = np.where(closes, np.array([parent.get(k, _OTHER) for k in range(6)], np.int8)[kind[marks]], kind[marks])
    last = np.cumsum(holder) - 1
    owners = np.where(last >= 0, owner[np.maximum(last, 0)], _OTHER).astype(np.int8)
    return np.where((kind == _ATTRIBUTE) & opening, owners, _OTHER).astype(np.int8)


def _columns(
    tags: _Tags, code: Codes, level: Instants, rows: NDArray[np.bool_], owner: Instants, n: int
) -> dict[str, Any]:
    at = np.flatnonzero(rows)
    if len(at) == 0:
        return {}
    base = int(level[at].min())
    columns: dict[str, Any] = {}
    key, value, kind = tags.key[code[at]], tags.value[code[at]], tags.type[code[at]]
    top = level[at] == base
    for k in np.unique(key[top & (value >= 0)]):
        mine = top & (key == k) & (value >= 0)
        columns[tags.keys[k]] = _column(tags, owner[at[mine]], value[mine], kind[mine], n)
    return columns


def _column(tags: _Tags, owners: Instants, values: Codes, kinds: Codes, n: int) -> Any:
    used, local = np.unique(values, return_inverse=True)
    codes = np.full(n, -1, np.int32)
    codes[owners] = local
    texts = pa.array([tags.values[v] for v in used], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts)
