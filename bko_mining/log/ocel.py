"""OCEL 2.0 (JSON, XML, SQLite) and 1.0 (JSON, XML, one table), flattened: a row for each event and object of a type."""

import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

from bko_mining.errors import LogError
from bko_mining.log.exports import Export, records_table
from bko_mining.log.findings import Finding

_TYPE = "ocel:type:"
_KNOWN = frozenset({"ocel:eid", "ocel:id", "ocel:activity", "ocel:timestamp"})


@dataclass(slots=True)
class _Events:
    """What the three forms have in common.

    ``rows`` are (id, type, time, attributes, ids of the objects); ``kinds`` and ``facts`` are the type and the last
    known attributes of each object.
    """

    rows: list[tuple[Any, Any, Any, dict[str, Any], list[Any]]] = field(default_factory=list)
    kinds: dict[Any, str] = field(default_factory=dict)
    facts: dict[Any, dict[str, Any]] = field(default_factory=dict)


def read_ocel_json(document: dict[str, Any], name: str, object_type: str | None = None) -> Export:
    """Flatten OCEL 2.0 that was read from JSON.

    Raises
    ------
    LogError
        If no event refers to an object, or to none of the type asked for; the message lists the types with counts.
    """
    events = _Events()
    for item in document.get("objects", []):
        events.kinds[item["id"]] = item["type"]
        changes = sorted(item.get("attributes", []), key=lambda change: str(change.get("time", "")))
        events.facts[item["id"]] = {change["name"]: change["value"] for change in changes}
    for event in document["events"]:
        own = {a["name"]: a["value"] for a in event.get("attributes", [])}
        links = [link["objectId"] for link in event.get("relationships", [])]
        events.rows.append((event["id"], event["type"], event["time"], own, links))
    return _flattened(events, name, object_type)


def of_version_1(document: dict[str, Any]) -> dict[str, Any]:
    """The objects and events of OCEL 1.0 (``ocel:events``, ``ocel:omap``, ``ocel:vmap``) as version 2.0 has them."""
    objects = [
        {"id": key, "type": thing["ocel:type"], "attributes": _pairs(thing.get("ocel:ovmap"))}
        for key, thing in document.get("ocel:objects", {}).items()
    ]
    events = [
        {
            "id": key,
            "type": event["ocel:activity"],
            "time": event["ocel:timestamp"],
            "attributes": _pairs(event.get("ocel:vmap")),
            "relationships": [{"objectId": link} for link in event.get("ocel:omap", [])],
        }
        for key, event in document["ocel:events"].items()
    ]
    return {"objects": objects, "events": events}


def _pairs(values: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in (values or {}).items()]


def read_ocel_xml(data: bytes, name: str, object_type: str | None = None) -> Export:
    """Flatten OCEL 2.0 as XML; document types and entities are refused.

    Raises
    ------
    LogError
        If the document is hostile or not well-formed, and as in ``read_ocel_json``.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise LogError(f"{name} declares a document type or entities, which only attackers need; it is refused")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise LogError(f"{name} is not well-formed XML: {error}; the file may be cut off") from error
    if root.find(".//event/list") is not None:
        return read_ocel_json(of_version_1(_version_1_of_xml(root)), name, object_type)
    events = _Events()
    for thing in root.iter("object"):
        if thing.get("type"):
            events.kinds[thing.get("id")] = str(thing.get("type"))
            changes = sorted(thing.iter("attribute"), key=lambda change: change.get("time", ""))
            events.facts[thing.get("id")] = {str(a.get("name")): a.text for a in changes}
    for event in root.iter("event"):
        own: dict[str, Any] = {str(a.get("name")): a.text for a in event.iter("attribute")}
        links = [o.get("object-id") for o in (*event.iter("relationship"), *event.iter("object")) if o.get("object-id")]
        events.rows.append((event.get("id"), event.get("type"), event.get("time"), own, links))
    return _flattened(events, name, object_type)


def _version_1_of_xml(root: ElementTree.Element) -> dict[str, Any]:
    """OCEL 1.0 as XML, as its JSON has it."""
    whole: dict[str, dict[str, Any]] = {"ocel:events": {}, "ocel:objects": {}}
    for kind in ("event", "object"):
        for element in root.iter(kind):
            fields: dict[str, Any] = {}
            for child in element:
                key = f"ocel:{child.get('key')}"
                fields[key] = child.get("value")
                if child.tag == "list":
                    inside = {str(entry.get("key")): entry.get("value") for entry in child}
                    fields[key] = [entry.get("value") for entry in child] if key == "ocel:omap" else inside
            whole[f"ocel:{kind}s"][fields.pop("ocel:id")] = fields
    return whole


def read_ocel_table(export: Export, name: str, object_type: str | None = None) -> Export | None:
    """Flatten OCEL as one table (``ocel:type:order`` holds the list of orders of an event); None if it is none."""
    kinds = {c: c.removeprefix(_TYPE) for c in export.table.column_names if c.startswith(_TYPE)}
    if not kinds:
        return None
    events = _Events()
    for place, row in enumerate(export.table.to_pylist()):
        links = [(link, kind) for c, kind in kinds.items() for link in re.findall(r"[^\s\[\]'\",;{}]+", row[c] or "")]
        events.kinds |= dict(links)
        own = {c: value for c, value in row.items() if c not in kinds and c not in _KNOWN}
        event = row.get("ocel:eid") or row.get("ocel:id") or str(place)
        events.rows.append((event, row["ocel:activity"], row["ocel:timestamp"], own, [link for link, _ in links]))
    return _flattened(events, name, object_type)


def read_sqlite(data: bytes, name: str, object_type: str | None = None) -> Export:
    """Flatten OCEL 2.0 as an SQLite database.

    Raises
    ------
    LogError
        If the database has not the tables of OCEL 2.0, and as in ``read_ocel_json``.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "ocel.sqlite")
        path.write_bytes(data)
        with closing(sqlite3.connect(path)) as connection:
            try:
                events = _from_sqlite(connection)
            except sqlite3.DatabaseError as error:
                raise LogError(f"{name} is an SQLite database but not OCEL 2.0: {error}") from error
    return _flattened(events, name, object_type)


def _from_sqlite(connection: sqlite3.Connection) -> _Events:
    events = _Events(kinds=dict(connection.execute("SELECT ocel_id, ocel_type FROM object")))
    links: dict[str, list[str]] = {}
    for event, thing in connection.execute("SELECT ocel_event_id, ocel_object_id FROM event_object"):
        links.setdefault(event, []).append(thing)
    for kind, table in connection.execute("SELECT ocel_type, ocel_type_map FROM event_map_type").fetchall():
        for record in _records(connection, f"event_{table}"):
            own = {k: v for k, v in record.items() if not k.startswith("ocel_")}
            events.rows.append((record["ocel_id"], kind, record["ocel_time"], own, links.get(record["ocel_id"], [])))
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if "object_map_type" in tables:
        for (table,) in connection.execute("SELECT ocel_type_map FROM object_map_type").fetchall():
            for record in sorted(_records(connection, f"object_{table}"), key=lambda r: str(r.get("ocel_time", ""))):
                known = {k: v for k, v in record.items() if not k.startswith("ocel_") and v is not None}
                events.facts.setdefault(record["ocel_id"], {}).update(known)
    return events


def _records(connection: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    quoted = '"' + table.replace('"', '""') + '"'
    cursor = connection.execute(f"SELECT * FROM {quoted}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _flattened(events: _Events, name: str, object_type: str | None) -> Export:
    touched = {link for *_, links in events.rows for link in links if link in events.kinds}
    if not touched:
        raise LogError(f"no event of {name} refers to an object")
    counts = Counter(events.kinds[link] for link in touched)
    listed = ", ".join(f"{kind!r} ({n:,})" for kind, n in counts.most_common(12))
    if object_type is not None and object_type not in counts:
        raise LogError(
            f"no event of {name} refers to an object of type {object_type!r}; the types and the objects that events "
            f"refer to are {listed}. Pass one of them as object_type="
        )
    chosen = object_type or _best(events, counts)
    records = [
        own
        | {f"case:{k}": v for k, v in events.facts.get(link, {}).items()}
        | {"ocel:id": event, "concept:name": kind, "time:timestamp": time, "case:concept:name": link}
        | {"object_type": chosen}
        for event, kind, time, own, links in events.rows
        for link in dict.fromkeys(links)
        if events.kinds.get(link) == chosen
    ]
    left = sum(all(events.kinds.get(link) != chosen for link in links) for *_, links in events.rows)
    found = [Finding("flattened", left, len(events.rows), f"{chosen!r}: {listed}")] if len(counts) > 1 else []
    return Export(records_table(records), tuple(found), preset="OCEL 2.0")


def _best(events: _Events, counts: Counter[str]) -> str:
    """The type that most events touch one object of: flattened on it, hardly any event is doubled or lost."""
    singles: Counter[str] = Counter()
    for *_, links in events.rows:
        own = Counter(events.kinds[link] for link in dict.fromkeys(links) if link in events.kinds)
        singles.update(kind for kind, n in own.items() if n == 1)
    return max(counts, key=lambda kind: (singles[kind], counts[kind]))
