"""Writing a log as XES (IEEE 1849-2016), valid against its schema."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import pandas as pd
import pyarrow as pa

from bko_mining.log.coding import UNKNOWN
from bko_mining.log.writing import iso_texts

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog

_EXTENSIONS = {"Concept": "concept", "Time": "time", "Lifecycle": "lifecycle", "Organizational": "org"}
_GLOBALS = (
    ("string", "concept:name", "name"),
    ("date", "time:timestamp", "1970-01-01T00:00:00+00:00"),
    ("string", "lifecycle:transition", "complete"),
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CASE = "case:"
_OF_EVENTS = ("time:timestamp", "lifecycle:transition", "time:enabled", "org:resource", "org:role")
_TAKEN = frozenset({"concept:name", "concept:instance", "case:concept:name", *_OF_EVENTS})

_Values = dict[str, tuple[str, list[Any]]]


def write_xes(log: "EventLog", path: str | Path) -> Path:
    """Write a log as XES (IEEE 1849-2016) and return the path.

    An instance with a start and an end becomes a start and a complete event joined by ``concept:instance``; what is
    known of when it was enabled is the date ``time:enabled``. Attributes named ``case:…`` that never change within a
    case become attributes of the trace, all others of its events. Letters that XML cannot hold become ``\ufffd``.
    """
    target = Path(path)
    with target.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(_heading())
        stream.writelines(_traces(log))
        stream.write("</log>\n")
    return target


def _heading() -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
    for name, prefix in _EXTENSIONS.items():
        uri = f"http://www.xes-standard.org/{prefix}.xesext"
        yield f'\t<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n'
    yield f'\t<global scope="trace">\n\t\t{_attribute(*_GLOBALS[0])}\n\t</global>\n'
    yield '\t<global scope="event">\n'
    yield from (f"\t\t{_attribute(*part)}\n" for part in _GLOBALS)
    yield '\t</global>\n\t<classifier name="Activity" keys="concept:name"/>\n'


def _traces(log: "EventLog") -> Iterator[str]:
    texts = {name: iso_texts(getattr(log, name), log.timezone).to_pylist() for name in ("start", "end", "enabled")}
    names = [name for name in log.attributes.column_names if name not in _TAKEN]
    inside = {n: (_kind(log.attributes[n]), log.attributes[n].to_pylist()) for n in names}
    outside = {name: inside.pop(name) for name in log.case_attributes if name in inside and name.startswith(_CASE)}
    for case, case_id in enumerate(log.case_ids.to_pylist()):
        first, last = int(log.offsets[case]), int(log.offsets[case + 1])
        own = [(kind, name.removeprefix(_CASE), values[first]) for name, (kind, values) in outside.items()]
        yield f"\t<trace>\n\t\t{_attribute('string', 'concept:name', case_id)}\n"
        yield from (f"\t\t{_attribute(*part)}\n" for part in own if part[2] is not None)
        # Events of a trace stand in time order, so that readers that trust the order see the same variant.
        marks = []
        for row in range(first, last):
            if texts["start"][row] is not None:
                marks.append((int(log.start[row]), 0, row, "start", texts["start"][row]))
            if texts["end"][row] is not None:
                marks.append((int(log.end[row]), 1, row, "complete", texts["end"][row]))
        for _, _, row, transition, instant in sorted(marks):
            own = [("string", "lifecycle:transition", transition), ("date", "time:timestamp", instant)]
            yield from _event(log, row, [*own, ("date", "time:enabled", texts["enabled"][row])], inside)
        yield "\t</trace>\n"


def _event(log: "EventLog", row: int, parts: list[tuple[str, str, Any]], inside: _Values) -> Iterator[str]:
    parts = [("string", "concept:name", log.activities[log.activity[row]]), *parts]
    parts.append(("string", "concept:instance", str(row + 1)))
    if log.resource[row] != UNKNOWN:
        parts.append(("string", "org:resource", log.resources[log.resource[row]]))
    if log.role[row] != UNKNOWN:
        parts.append(("string", "org:role", log.roles[log.role[row]]))
    parts += [(kind, name, values[row]) for name, (kind, values) in inside.items()]
    yield "\t\t<event>\n"
    yield from (f"\t\t\t{_attribute(*part)}\n" for part in parts if part[2] is not None)
    yield "\t\t</event>\n"


def _attribute(kind: str, key: str, value: Any) -> str:
    name = re.sub(r"[\n\r\t]", " ", key)  # the standard forbids these in keys
    return f"<{kind} key={_quoted(name)} value={_quoted(_text(kind, value))}/>"


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text), {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;", '"': "&quot;"})


def _kind(column: pa.ChunkedArray) -> str:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "int"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "float"
    return "date" if pa.types.is_timestamp(kind) or pa.types.is_date(kind) else "string"


def _text(kind: str, value: Any) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "float" and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("INF" if value > 0 else "-INF")
    if kind == "date" and not isinstance(value, str):
        instant = pd.Timestamp(value)
        return instant.isoformat() if instant.tzinfo else f"{instant.isoformat()}+00:00"
    return str(value)
