"""XES files as coded columns.

A XES file says ``<string key="concept:name" value="…"/>`` over and over. So it is cut at every ``<`` and around every
value into Arrow texts without a copy; what is left of the tags without their values are a few distinct texts, and only
these are parsed. What is nested in what follows from a running sum over their codes.
"""

from dataclasses import dataclass
from html import unescape
from itertools import compress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.coding import Codes, Instants
from bko_mining.log.exports import Export

Mask = NDArray[np.bool_]

_TAG = r"(?s)^<(?P<close>/?)(?P<name>[A-Za-z_][\w:.-]*)(?P<inside>[^>]*?|(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(?P<self>/?)>"
_KEY = r"(?s)(?:^|\s)key\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')"
_VALUE = r"(?s)(?:^|\s)value\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')"
_KINDS = ("string", "date", "int", "float", "boolean", "id", "list", "container")
_OTHER, _LOG, _TRACE, _EVENT, _ATTRIBUTE, _GLOBAL = range(6)
_STRUCTURE = {"log": _LOG, "trace": _TRACE, "event": _EVENT, "global": _GLOBAL} | dict.fromkeys(_KINDS, _ATTRIBUTE)
_PARENTS = np.array([_OTHER, _OTHER, _LOG, _TRACE, _OTHER, _LOG], np.int8)
_TYPICAL = 4  # quotes of a tag with a key and a value
_JOINER = "; "
_BLOCK = 2**20


def read_xes(data: bytes, name: str) -> Export:
    """Read a XES document into one row an event; attributes of the case carry the prefix ``case:``.

    Nested attributes become columns named after their parents (``cost:total``); values of lists are joined by ``; ``.

    Raises
    ------
    LogError
        If the document declares entities (a known attack), is not well-formed or cut off, or has no event.
    """
    tags = _cut(_utf8(data, name), name)
    step, kind = tags.shapes.step[tags.shape], tags.shapes.kind[tags.shape]
    depth = np.cumsum(step)
    _refuse_unbalanced(depth, name)
    opening = tags.shapes.opening[tags.shape]
    events = opening & (kind == _EVENT)
    event, trace = np.cumsum(events) - 1, np.cumsum(opening & (kind == _TRACE)) - 1
    n = int(event[-1]) + 1
    if n == 0:
        raise LogError(f"{name} has no event")
    owner, base = _owners(kind, step, depth)
    level = np.where((kind == _ATTRIBUTE) & opening, depth - (step > 0) - base, -1)
    columns = _columns(tags, np.flatnonzero((level >= 0) & (owner == _EVENT)), level, event, n)
    cases = _columns(tags, np.flatnonzero((level >= 0) & (owner == _TRACE)), level, trace, int(trace[-1]) + 1)
    trace_of = trace[events]
    rows = pa.array(np.maximum(trace_of, 0), mask=trace_of < 0)
    table = {f"case:{key}": column.take(rows) for key, column in cases.items()}
    if "case:concept:name" not in table:
        table["case:concept:name"] = pa.array(trace_of, mask=trace_of < 0).cast(pa.string())
    return Export(pa.table(table | columns))


def _utf8(data: bytes, name: str) -> bytes:
    head = data[:2000]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16").encode()
    if b"encoding=" in head and b"utf-8" not in head.lower().split(b"?>")[0]:
        declared = head.split(b"encoding=", 1)[1][1:40].replace(b"'", b'"').split(b'"')[0].decode("ascii", "replace")
        try:
            return data.decode(declared).encode()
        except (LookupError, UnicodeDecodeError) as error:
            raise LogError(f"{name} says it is encoded as {declared!r}, but cannot be read so: {error}") from error
    return data


def _marks(data: bytes, name: str) -> tuple[Any, Instants]:
    """The bytes of a document and where ``<`` and ``"`` stand in them, comments and the like left out."""
    letters = np.frombuffer(data, np.uint8)
    # Block by block, so that what lies between stays in the cache; fresh memory is what costs.
    marks = np.concatenate([_found(letters[at : at + _BLOCK], at) for at in range(0, len(letters), _BLOCK)])
    at = np.flatnonzero(letters[marks] == ord("<"))
    after = letters[np.minimum(marks[at] + 1, len(data) - 1)]
    special = marks[at[(after == ord("!")) | (after == ord("?"))]]
    keep = np.ones(len(marks), bool)
    end = -1
    for start in special.tolist():
        if start >= end:
            end = _end_of_special(data, start, name)
            keep[slice(*np.searchsorted(marks, [start, end]))] = False
    return letters, marks[keep]


def _found(letters: Any, at: int) -> Instants:
    return np.flatnonzero((letters == ord("<")) | (letters == ord('"'))) + at


def _end_of_special(data: bytes, start: int, name: str) -> int:
    """Where a comment, CDATA or instruction ends; a document type is refused."""
    if data.startswith((b"<!DOCTYPE", b"<!ENTITY"), start):
        raise LogError(
            f"{name} declares a document type or entities, which XES never needs and attackers do; it is refused"
        )
    pairs = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>", b"<!": b">"}
    opening = next(mark for mark in pairs if data.startswith(mark, start))
    end = data.find(pairs[opening], start)
    if end < 0:
        raise LogError(f"{name} is not well-formed XES: {opening.decode()} is never closed; the file may be cut off")
    return end + len(pairs[opening])


def _refuse_unbalanced(depth: Instants, name: str) -> None:
    if depth.min() >= 0 and depth[-1] == 0:
        return
    where = (
        f"{int(depth[-1])} elements stay open"
        if depth[-1] > 0
        else f"an element closes that never opened (tag {int(np.argmax(depth < 0)) + 1:,})"
    )
    raise LogError(f"{name} is not well-formed XES: {where}; the file may be cut off. Export it again")


@dataclass(frozen=True, slots=True, eq=False)
class _Tags:
    """The tags of a document: the shape of each, and where its value stands.

    ``place`` is the position of a tag in ``pieces``; of a typical tag, the piece after it is its value.
    """

    pieces: Any
    place: Instants
    typical: Mask
    shape: Codes
    shapes: "_Shapes"

    def values(self, rows: Instants) -> Any:
        """Values of some tags, coded; null where a tag has none."""
        typical = self.typical[rows]
        coded = self.pieces.take(pa.array(self.place[rows[typical]] + 1)).dictionary_encode()
        names = coded.dictionary
        escaped = pc.any(pc.match_substring(names, "&")).as_py()
        if typical.all() and not escaped:
            return coded
        if escaped:
            names = pa.array([unescape(text) for text in names.to_pylist()], pa.string())
        odd = self.shapes.value[self.shape[rows]]
        indices = _placed(
            typical, coded.indices.to_numpy(zero_copy_only=False), np.where(odd >= 0, odd + len(names), -1)
        )
        names = pa.concat_arrays([names, pa.array(self.shapes.values, names.type)])
        # Encoded anew: two ways of writing one value, such as &#39; and ', are one value.
        return (
            pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), names)
            .dictionary_decode()
            .dictionary_encode()
        )


def _placed(mask: Mask, inside: Codes, otherwise: Codes) -> Codes:
    out = otherwise.copy()
    out[mask] = inside
    return out


class _Shapes:
    """Distinct tags without their values, parsed."""

    def __init__(self, texts: list[str]) -> None:
        plain = [_plainly(text) for text in texts]
        odd = np.array([facts is None for facts in plain], bool)
        parsed = iter(_by_expression(pa.array(list(compress(texts, odd)), pa.string())))
        facts = [next(parsed) if known is None else known for known in plain]
        names, step, keys, values = zip(*facts, strict=True)
        self.step: Instants = np.array(step, np.int64)
        self.opening: Mask = self.step >= 0
        self.kind: NDArray[np.int8] = np.array([_STRUCTURE.get(name, _OTHER) for name in names], np.int8)
        self.lists: Mask = np.array([name == "list" for name in names], bool)
        self.key, self.keys = _ranked(keys)
        self.value, self.values = _ranked(values)


def _plainly(text: str) -> tuple[str, int, str | None, str | None] | None:
    """Name, step, key and value of a typical tag; None of any other."""
    parts = text.split('"')
    if len(parts) != _TYPICAL + 1 or parts[2] != " value=" or not parts[0].endswith(" key=") or "&" in text:
        return None
    name, tail = parts[0][1:-5], parts[4]
    if not name.isalnum() or not tail.startswith(("/>", ">")):
        return None
    return name, 0 if tail[0] == "/" else 1, parts[1], parts[3]


def _by_expression(texts: Any) -> list[tuple[str, int, str | None, str | None]]:
    fields = pc.extract_regex(texts, _TAG)
    if fields.null_count:
        odd = texts.filter(fields.is_null())[0].as_py()
        raise LogError(f"this is not a XES element: {odd[:80]!r}; the file is not well-formed")
    part = {f.name: fields.field(i) for i, f in enumerate(fields.type)}
    names = pc.replace_substring_regex(part["name"], r"^.*:", "").to_pylist()
    closing, closed = (pc.equal(part[k], "/").to_pylist() for k in ("close", "self"))
    steps = [-1 if ends else 0 if whole else 1 for ends, whole in zip(closing, closed, strict=True)]
    return list(zip(names, steps, *(_quoted(part["inside"], p) for p in (_KEY, _VALUE)), strict=True))


def _quoted(inside: Any, pattern: str) -> list[str | None]:
    """The quoted value of an XML attribute; None where a tag has none."""
    found = pc.extract_regex(inside, pattern)
    single = found.field(1)
    texts = pc.if_else(pc.equal(single.fill_null(""), ""), found.field(0), single).to_pylist()
    return [unescape(t) if is_there else None for t, is_there in zip(texts, found.is_valid().to_pylist(), strict=True)]


def _ranked(texts: Any) -> tuple[Codes, list[str]]:
    """Code texts; -1 where there is none."""
    place: dict[str, int] = {}
    codes = [-1 if text is None else place.setdefault(text, len(place)) for text in texts]
    return np.array(codes, np.int32), list(place)


def _cut(data: bytes, name: str) -> _Tags:
    """Cut a document at its tags, and typical tags (a key, then a value, in double quotes) around their value."""
    letters, marks = _marks(data, name)
    tag = np.flatnonzero(letters[marks] == ord("<"))
    if len(tag) == 0:
        raise LogError(f"{name} has no XML element")
    _refuse_other_than_utf8(data, name)
    typical = np.diff(np.append(tag, len(marks))) == _TYPICAL + 1
    for quote, word in ((1, b"key="), (3, b"value=")):
        where = np.where(typical, marks[np.minimum(tag + quote, len(marks) - 1)], min(len(word), len(letters)))
        for back, letter in enumerate(reversed(word), 1):
            typical &= letters[where - back] == letter
    pieces, place = _pieces(data, marks, tag, typical)
    head, heads = _coded(pieces, place)
    tail, tails = _coded(pieces, place[typical] + 2)
    after = _placed(typical, tail + 1, np.zeros(len(tag), np.int32))
    width = len(tails) + 1
    used, shape = _distinct(head.astype(np.int64) * width + after, len(heads) * width)
    texts = [heads[k // width] + ["", *tails][k % width] for k in used.tolist()]
    return _Tags(pieces, place, typical, shape, _Shapes(texts))


def _coded(pieces: Any, place: Instants) -> tuple[Codes, list[str]]:
    """Code some pieces, block by block: few are distinct, and a copy of all of them would be as long as the file."""
    known: dict[str, int] = {}
    codes = np.empty(len(place), np.int32)
    for at in range(0, len(place), _BLOCK // 16):
        rows = slice(at, at + _BLOCK // 16)
        part = pieces.take(pa.array(place[rows])).dictionary_encode()
        own = np.array([known.setdefault(text, len(known)) for text in part.dictionary.to_pylist()], np.int32)
        codes[rows] = own[part.indices.to_numpy(zero_copy_only=False)]
    return codes, list(known)


def _pieces(data: bytes, marks: Instants, tag: Instants, typical: Mask) -> tuple[Any, Instants]:
    """The document in pieces, and the place of each tag among them."""
    size = np.where(typical, 3, 1)
    place = np.cumsum(size) - size
    small = len(data) < 2**31
    bounds = np.empty(int(place[-1] + size[-1]) + 1, np.int32 if small else np.int64)
    bounds[place] = marks[tag]
    bounds[place[typical] + 1] = marks[tag[typical] + 3] + 1
    bounds[place[typical] + 2] = marks[tag[typical] + 4]
    bounds[-1] = len(data)
    kind = pa.StringArray if small else pa.LargeStringArray
    return kind.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(data)), place


def _refuse_other_than_utf8(data: bytes, name: str) -> None:
    bounds = pa.py_buffer(np.array([0, len(data)]))
    whole = pa.LargeStringArray.from_buffers(1, bounds, pa.py_buffer(data))
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid as error:
        raise LogError(f"{name} says it is UTF-8 but is not: {error}") from error


def _distinct(codes: Instants, bound: int) -> tuple[Instants, Codes]:
    """The codes in use, ascending, and the rank of each; by counting where there are few."""
    if bound > 10 * len(codes):
        found, place = np.unique(codes, return_inverse=True)
        return found, place.astype(np.int32)
    used = np.flatnonzero(np.bincount(codes, minlength=bound)).astype(np.int64)
    rank = np.zeros(bound, np.int32)
    rank[used] = np.arange(len(used), dtype=np.int32)
    return used, rank[codes]


def _owners(kind: NDArray[np.int8], step: Instants, depth: Instants) -> tuple[NDArray[np.int8], Instants]:
    """What each tag belongs to (an event, a trace, or something else) and the depth of that."""
    holder = (kind == _EVENT) | (kind == _TRACE) | (kind == _GLOBAL) | (kind == _LOG)
    marks = np.flatnonzero(holder)
    # After an element has closed, its parent owns what follows: a trace after its event, the log after a trace.
    owner = np.append(np.where(step[marks] <= 0, _PARENTS[kind[marks]], kind[marks]), _OTHER).astype(np.int8)
    last = np.cumsum(holder) - 1
    return owner[last], np.append(depth[marks], 0)[last]


def _columns(tags: _Tags, rows: Instants, level: Instants, owner: Instants, n: int) -> dict[str, Any]:
    """One column of ``n`` values for each key of the attributes at ``rows``."""
    key = tags.shapes.key[tags.shape[rows]]
    valued = (level[rows] == 0) & (tags.typical[rows] | (tags.shapes.value[tags.shape[rows]] >= 0)) & (key >= 0)
    columns: dict[str, Any] = {}
    for k in np.unique(key[valued]):
        mine = rows[valued & (key == k)]
        values = tags.values(mine)
        codes = np.full(n, -1, np.int32)
        codes[owner[mine]] = values.indices.to_numpy(zero_copy_only=False)
        coded = pa.array(codes, mask=codes < 0)
        columns[tags.shapes.keys[k]] = pa.DictionaryArray.from_arrays(coded, values.dictionary)
    nested = rows[(level[rows] > 0) | (tags.shapes.step[tags.shape[rows]] > 0)]
    return _nested(tags, nested, level, owner, n) | columns if len(nested) else columns


def _nested(tags: _Tags, rows: Instants, level: Instants, owner: Instants, n: int) -> dict[str, Any]:
    """Columns of attributes inside attributes: few, so they are taken one by one."""
    texts: dict[str, list[str | None]] = {}
    path: list[tuple[int, str, bool]] = []
    shape = tags.shape[rows]
    facts = zip(owner[rows].tolist(), level[rows].tolist(), shape.tolist(), tags.values(rows).to_pylist(), strict=True)
    for own, deep, which, value in facts:
        while path and path[-1][0] >= deep:
            path.pop()
        parent, in_list = (path[-1][1], path[-1][2]) if path else ("", False)
        key = tags.shapes.keys[tags.shapes.key[which]] if tags.shapes.key[which] >= 0 else ""
        name = parent if in_list else ":".join(filter(None, (parent, key)))
        path.append((deep, name, bool(tags.shapes.lists[which])))
        if deep and value is not None:
            column = texts.setdefault(name, [None] * n)
            before = column[own]
            column[own] = value if before is None else before + _JOINER + value
    return {name: pa.array(values, pa.string()).dictionary_encode() for name, values in texts.items()}
