"""Exports whose shape is not one row an event: told by their columns, turned into one.

The shapes are those of Pipefy (report and API), Jira, ServiceNow, Odoo, SAP change documents and histories of fields.
"""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bko_mining.log.exports import Export
from bko_mining.log.findings import Finding
from bko_mining.log.headings import normalise

Row = dict[str, Any]

_CASE, _ACTIVITY, _RESOURCE, _START, _END = "case_id", "activity", "resource", "start", "end"
_JIRA_FIELDS = frozenset({"status"})
_FIELD = (
    "field",
    "field event",
    "fieldname",
    "campo",
    "nome do campo",
    "field description",
    "field name",
    "property",
    "field id",
    "feld",
    "champ",
)
_OLD = ("old value", "oldvalue", "from", "from value", "from string", "valor antigo", "old value char",
        "previous value",         "valor anterior", "de", "alter wert", "ancienne valeur")  # fmt: skip
_NEW = ("new value", "newvalue", "to", "to value", "to string", "new value char", "value", "novo valor", "valor novo",
        "valor nuevo", "para",         "neuer wert", "nouvelle valeur")  # fmt: skip
_PHASE_START = re.compile(
    r"(start at phase|first time (?:enter|entered|in)(?: phase)?|primeira vez que entrou n[ao](?: fase)?) (.+)"
)
_PHASE_END = re.compile(
    r"(end at phase|last time (?:leave|left|out)(?: phase)?|ultima vez que saiu d[ao](?: fase)?) (.+)"
)
_CARDS = ("id", "card id", "code", "codigo", "title", "titulo")
_STATES = frozenset(
    ["status", "state", "stage", "situacao", "estado", "etapa", "fase", "estagio", "phase", "statut", "etape"]
)


def reshape_documents(document: Any) -> Export | None:
    """Turn a Jira changelog or Pipefy cards into one row an event; None if the document is neither."""
    for record in _dicts(document):
        if isinstance(record.get("changelog"), dict) and "histories" in record["changelog"]:
            return _export(_jira(document), "Jira changelog")
        if isinstance(record.get("phases_history"), list):
            rows = list(_pipefy_cards(document))
            return _export(iter(rows), "Pipefy API", Finding("revisits_merged", len(rows), len(rows)))
    return None


def reshape_table(export: Export) -> Export:
    """Turn a table of a known odd shape into one row an event; any other comes back as it is."""
    headings = {normalise(name): name for name in export.table.column_names}
    if any(_PHASE_START.match(heading) for heading in headings):
        return _pipefy_report(export, headings)
    if {"definition", "field value", "start", "end"} <= headings.keys() and "id" in headings:
        names = {"id": _CASE, "field value": _ACTIVITY, "start": _START, "end": _END}
        return _renamed(_of_states(export, headings["definition"]), headings, names, "ServiceNow")
    if {"res id", "new value char"} <= headings.keys() or {"mail message res id", "new value char"} <= headings.keys():
        case = "res id" if "res id" in headings else "mail message res id"
        who = next((h for h in ("author id", "author", "mail message author id", "create uid") if h in headings), "")
        when = next((h for h in ("date", "mail message date", "create date") if h in headings), "")
        names = {case: _CASE, "new value char": _ACTIVITY, who: _RESOURCE, when: _END}
        moves = _of_states(export, headings["field id"]) if "field id" in headings else export
        return _renamed(moves, headings, names, "Odoo")
    if {"objectid", "udate", "fname"} <= headings.keys():
        return _sap(export, headings)
    field, old, new = (next((h for h in known if h in headings), "") for known in (_FIELD, _OLD, _NEW))
    if field and old and new and _state_fields(export.table[headings[field]]):
        return _renamed(_of_states(export, headings[field]), headings, {new: _ACTIVITY}, "history of fields")
    return export


def _dicts(document: Any, depth: int = 4) -> Iterator[Row]:
    if depth and isinstance(document, list):
        for item in document[:3]:
            yield from _dicts(item, depth)
    elif depth and isinstance(document, dict):
        yield document
        for value in document.values():
            yield from _dicts(value, depth - 1)


def _everywhere(document: Any, key: str) -> Iterator[Row]:
    if isinstance(document, list):
        for item in document:
            yield from _everywhere(item, key)
    elif isinstance(document, dict):
        if key in document:
            yield document
        else:
            for value in document.values():
                yield from _everywhere(value, key)


def _jira(document: Any) -> Iterator[Row]:
    for issue in _everywhere(document, "changelog"):
        case = issue.get("key") or issue.get("id")
        fields = issue.get("fields") or {}
        moves = sorted(_jira_moves(issue), key=lambda move: move[0])
        if fields.get("created") and moves:
            creator = (fields.get("creator") or fields.get("reporter") or {}).get("displayName")
            yield {_CASE: case, _ACTIVITY: moves[0][2], _RESOURCE: creator, _END: fields["created"]}
        for created, who, _, status in moves:
            yield {_CASE: case, _ACTIVITY: status, _RESOURCE: who, _END: created}


def _jira_moves(issue: Row) -> Iterator[tuple[str, str | None, str, str]]:
    for history in issue["changelog"]["histories"]:
        for item in history.get("items", []):
            if str(item.get("field", "")).lower() in _JIRA_FIELDS:
                who = (history.get("author") or {}).get("displayName")
                yield history["created"], who, item.get("fromString"), item.get("toString")


def _pipefy_cards(document: Any) -> Iterator[Row]:
    for card in _everywhere(document, "phases_history"):
        case = card.get("id") or card.get("title")
        for visit in card["phases_history"]:
            phase = (visit.get("phase") or {}).get("name")
            yield {_CASE: case, _ACTIVITY: phase, _START: visit.get("firstTimeIn"), _END: visit.get("lastTimeOut")}


def _export(rows: Iterator[Row], preset: str, *found: Finding) -> Export:
    records = list(rows)
    names = dict.fromkeys(key for record in records for key in record)
    columns = {name: pa.array([_text(r.get(name)) for r in records], pa.string()) for name in names}
    return Export(pa.table(columns), found, preset=preset)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _pipefy_report(export: Export, headings: dict[str, str]) -> Export:
    """One row a card with a start and an end column a phase, into one row a phase."""
    begins = {match[2]: name for h, name in headings.items() if (match := _PHASE_START.match(h))}
    ends = {match[2]: name for h, name in headings.items() if (match := _PHASE_END.match(h))}
    case = next((headings[h] for h in _CARDS if h in headings), None)
    others = [n for h, n in headings.items() if not {"phase", "fase"} & set(h.split()) and n != case]
    parts = []
    for phase, heading in begins.items():
        begin = export.table[heading]
        name = " ".join(heading.replace("_", " ").split()[-len(phase.split()) :])
        end = ends.get(phase)
        columns = {
            _CASE: export.table[case] if case else pa.array(range(len(export.table))).cast(pa.string()),
            _ACTIVITY: pa.array([name] * len(begin)),
            _START: begin,
            _END: export.table[end] if end else pa.nulls(len(begin), pa.string()),
        }
        part = pa.table(columns | {f"case:{n}": export.table[n] for n in others})
        parts.append(part.filter(begin.is_valid()))
    table = pa.concat_tables(parts, promote_options="permissive")
    merged = Finding("revisits_merged", len(table), len(table))
    return Export(table, (*export.found, merged), export.decimal, "Pipefy report")


def _renamed(export: Export, headings: dict[str, str], names: dict[str, str], preset: str) -> Export:
    known = {headings[old]: new for old, new in names.items() if old in headings}
    table = export.table.rename_columns([known.get(name, name) for name in export.table.column_names])
    return Export(table, export.found, export.decimal, preset)


def _state_fields(column: Any) -> list[str]:
    """Fields whose names speak of a state."""
    names = [str(name) for name in pc.unique(column).drop_null().to_pylist()]
    return [name for name in names if set(normalise(name).split()) & _STATES]


def _of_states(export: Export, field: str) -> Export:
    """Only the changes of the state, where an export has those of other fields, too."""
    column = export.table[field].cast(pa.string())
    states = _state_fields(column)
    keep = pc.is_in(column, pa.array(states, pa.string()))
    table = export.table.filter(keep)
    n = len(column) - len(table)
    if not n or not states:
        return export
    left = Finding("other_fields", n, len(column), ", ".join(map(repr, states)))
    return Export(table, (*export.found, left), export.decimal, export.preset)


def _sap(export: Export, headings: dict[str, str]) -> Export:
    """Change documents: the changed field is the activity, day and time are two columns."""
    table = export.table
    text = {key: table[headings[key]].cast(pa.string()).to_pylist() for key in ("objectid", "udate", "fname")}
    times = table[headings["utime"]].cast(pa.string()).to_pylist() if "utime" in headings else [""] * len(table)
    users = (
        table[headings["username"]].cast(pa.string()) if "username" in headings else pa.nulls(len(table), pa.string())
    )
    codes = table[headings["tcode"]].cast(pa.string()).to_pylist() if "tcode" in headings else [None] * len(table)
    when = [None if d is None else f"{d} {_sap_time(t)}".strip() for d, t in zip(text["udate"], times, strict=True)]
    named = [f"{field} ({code})" if code else field for field, code in zip(text["fname"], codes, strict=True)]
    columns = {_CASE: pa.array(text["objectid"]), _ACTIVITY: pa.array(named), _RESOURCE: users, _END: pa.array(when)}
    taken = {headings[k] for k in ("objectid", "udate", "utime", "username") if k in headings}
    others = {name: table[name] for name in table.column_names if name not in taken}
    return Export(pa.table(columns | others), export.found, export.decimal, "SAP change documents")


def _sap_time(time: str | None) -> str:
    digits = (time or "").strip()
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:6]}" if len(digits) == 6 and digits.isdigit() else digits
