"""From a table and its mapping to the coded columns of a log."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.arranging import arranged
from bko_mining.log.coding import MISSING, UNKNOWN, Codes, Instants, encode
from bko_mining.log.exports import Export
from bko_mining.log.findings import Finding
from bko_mining.log.instants import Parsed, localise, office_zone, read_instants
from bko_mining.log.lifecycle import Paired, combined, has_pairs, pair_rows, transitions
from bko_mining.log.mapping import NAMES, Column, ColumnMapping
from bko_mining.log.recognise import recognise
from bko_mining.log.steps import unfolded
from bko_mining.log.typing_columns import typed

_JOINER = " / "
_ONCE = 0.7


@dataclass(frozen=True, eq=False)
class _Draft:
    """Coded columns on the way to a log, one row of the export each."""

    case: Codes
    case_ids: Any
    activity: Codes
    activities: Any
    resource: Codes
    resources: Any
    role: Codes
    roles: Any
    start: Instants
    end: Instants
    enabled: Instants


def coded(export: Export, columns: Any, timezone: str | None) -> dict[str, Any]:
    """Find the mapping of an export and code it: the arguments of ``EventLog.from_codes``."""
    export, columns = unfolded(arranged(export), columns)
    mapping = recognise(export.table, columns, aside=export.parts)
    if export.preset:
        mapping = mapping.replace(preset=export.preset)
    return assemble(export.table, mapping, timezone=timezone, found=export.found, decimal=export.decimal)


def assemble(
    table: pa.Table,
    mapping: ColumnMapping,
    *,
    timezone: str | None = None,
    found: tuple[Finding, ...] = (),
    decimal: str = ".",
) -> dict[str, Any]:
    """Code a table: the arguments of ``EventLog.from_codes``.

    Rows that cannot be placed (no case, no activity, no instant) become findings with a count and an example.

    Raises
    ------
    LogError
        If no row can be placed.
    """
    timezone = timezone or mapping.timezone
    parsed = {n: _instants(table, mapping, n) for n in ("start", "end", "enabled") if getattr(mapping, n)}
    zone = timezone or office_zone(tuple(parsed.values()))
    naive = timezone or "UTC"
    local = {name: localise(column, naive) for name, column in parsed.items()}
    draft = _draft(table, mapping, {name: column.values for name, column in local.items()})
    draft, carried = _carried(draft)
    found += carried
    found += _date_findings(local, naive, told=timezone is not None, draft=draft, table=table, mapping=mapping)
    keep, lost = _placeable(draft)
    found += lost + _out_of_order(draft, keep)
    if not keep.any():
        raise LogError(
            f"none of the {len(keep)} rows has a case, an activity and an instant; the mapping was:\n{mapping}"
        )
    kinds = transitions(table[mapping.lifecycle]) if mapping.lifecycle else np.empty(0, "U8")
    pairs = mapping.lifecycle is not None and mapping.start is None and has_pairs(kinds)
    attributes = typed(_others(table, mapping, keep_lifecycle=not pairs), decimal)
    if pairs:
        columns, more, open_found = _paired(draft, kinds, keep, _instance(table, mapping), attributes)
        found += open_found
    else:
        columns, more = _kept(draft, keep, attributes)
        # What the export does not have need not be sorted.
        columns |= {name: None for name in ("resource", "role", "start", "enabled") if getattr(mapping, name) is None}
    about = {"timezone": zone, "mapping": mapping.replace(timezone=timezone), "found": found}
    return columns | {"attributes": more} | about


def _instants(table: pa.Table, mapping: ColumnMapping, name: str) -> Parsed:
    return read_instants(table[getattr(mapping, name)], day_first=mapping.day_first)


def _draft(table: pa.Table, mapping: ColumnMapping, instants: dict[str, Instants]) -> _Draft:
    missing = np.full(len(table), MISSING)
    case, case_ids = _named(table, mapping.case_id)
    activity, activities = _named(table, mapping.activity)
    resource, resources = _named(table, mapping.resource)
    role, roles = _named(table, mapping.role)
    return _Draft(
        case,
        case_ids,
        activity,
        activities,
        resource,
        resources,
        role,
        roles,
        instants.get("start", missing),
        instants.get("end", missing),
        instants.get("enabled", missing),
    )


def _named(table: pa.Table, column: Column | None) -> tuple[Codes, Any]:
    if column is None:
        return np.full(len(table), UNKNOWN, np.int32), pa.array([], pa.string())
    if isinstance(column, str):
        codes, names = encode(table[column])
        return _blank_is_missing(codes, names)
    parts = [table[name].cast(pa.string()) for name in column]
    return encode(pc.binary_join_element_wise(*parts, _JOINER, null_handling="replace", null_replacement=""))


def _carried(draft: _Draft) -> tuple[_Draft, tuple[Finding, ...]]:
    """The case of a row that has none, where each case stands once, in the first of its rows, as in printed lists."""
    known = draft.case != UNKNOWN
    n = int(known.sum())
    if n < 2 or not known[0] or n > _ONCE * len(known) or np.bincount(draft.case[known]).max() > 1:
        return draft, ()
    case = draft.case[np.maximum.accumulate(np.where(known, np.arange(len(known)), 0))]
    filled = replace(draft, case=case)
    return filled, (Finding("case_carried", len(known) - n, len(known), _where(filled, ~known)),)


def _blank_is_missing(codes: Codes, names: Any) -> tuple[Codes, Any]:
    """Trim the names; two that differ in blanks at the ends only are one, and an empty one is none."""
    trimmed = pc.utf8_trim_whitespace(names)
    if trimmed.equals(names) and not pc.any(pc.equal(names, "")).as_py():
        return codes, names
    again = pc.replace_with_mask(trimmed, pc.equal(trimmed, ""), pa.scalar(None, pa.string())).dictionary_encode()
    renamed = np.append(again.indices.fill_null(UNKNOWN).to_numpy(zero_copy_only=False), UNKNOWN).astype(np.int32)
    return renamed[codes], again.dictionary


def _placeable(draft: _Draft) -> tuple[NDArray[np.bool_], tuple[Finding, ...]]:
    n = len(draft.case)
    lacking = {
        "case_missing": draft.case == UNKNOWN,
        "activity_missing": draft.activity == UNKNOWN,
        "instant_missing": (draft.start == MISSING) & (draft.end == MISSING),
    }
    keep = np.ones(n, bool)
    found = []
    for kind, rows in lacking.items():
        rows = rows & keep
        keep &= ~rows
        if rows.any():
            found.append(Finding(kind, int(rows.sum()), n, _where(draft, rows)))
    return keep, tuple(found)


def _out_of_order(draft: _Draft, keep: NDArray[np.bool_]) -> tuple[Finding, ...]:
    """Rows earlier than the row of their case before them, by the instant that the export is sorted by, if by any."""
    fewest: NDArray[np.int64] | None = None
    for instant in (draft.end, draft.start):
        known = keep & (instant != MISSING)
        values = instant if known.all() else instant[known]
        if not len(values):
            continue
        if (values[1:] >= values[:-1]).all():
            return ()
        rows = np.flatnonzero(known)
        rows = rows[np.argsort(draft.case[rows], kind="stable")]
        earlier = (np.diff(draft.case[rows]) == 0) & (np.diff(instant[rows]) < 0)
        late = rows[1:][earlier]
        fewest = late if fewest is None or len(late) < len(fewest) else fewest
    if fewest is None or not len(fewest):
        return ()
    mask = np.zeros(len(keep), bool)
    mask[fewest] = True
    return (Finding("out_of_order", len(fewest), len(keep), _where(draft, mask)),)


def _where(draft: _Draft, rows: NDArray[np.bool_]) -> str:
    """The first row of a mask, as a reader would look for it: its data row, and its case if it has one."""
    row = int(np.argmax(rows))
    case = int(draft.case[row])
    return f"row {row + 1}" + (f", case {draft.case_ids[case].as_py()!r}" if case != UNKNOWN else "")


def _date_findings(
    parsed: dict[str, Parsed], naive: str, *, told: bool, draft: _Draft, table: pa.Table, mapping: ColumnMapping
) -> tuple[Finding, ...]:
    found = []
    for name, column in parsed.items():
        n = len(column.bad)
        if column.bad.any():
            text = table[getattr(mapping, name)][int(np.argmax(column.bad))].as_py()
            example = f"{_where(draft, column.bad)}: {text!r}"
            found.append(Finding("instant_unreadable", int(column.bad.sum()), n, example))
        if column.guessed:
            found.append(Finding("order_guessed", n, n, column.order))
        if column.shifted:
            found.append(Finding("clock_change", column.shifted, n))
    named = any(((c.values != MISSING) & ~c.naive).any() for c in parsed.values())
    unnamed = sum(int(c.naive.sum()) for c in parsed.values())
    if unnamed and (named or not told):
        of = sum(int((c.values != MISSING).sum()) for c in parsed.values())
        found.append(Finding("zones_mixed" if named else "zone_assumed", unnamed, of, naive))
    return tuple(dict.fromkeys(found))


def _others(table: pa.Table, mapping: ColumnMapping, *, keep_lifecycle: bool) -> pa.Table:
    used = set(mapping.columns)
    if keep_lifecycle:
        used.discard(str(mapping.lifecycle))
    # A column of the log's own name that holds nothing is no attribute.
    used |= {name for name in NAMES if name in table.column_names and table[name].null_count == len(table)}
    return table.drop_columns([name for name in table.column_names if name in used])


def _taken(draft: _Draft, rows: Any) -> dict[str, Any]:
    return {
        "case": draft.case[rows],
        "case_ids": draft.case_ids,
        "activity": draft.activity[rows],
        "activities": tuple(draft.activities.to_pylist()),
        "resource": draft.resource[rows],
        "resources": tuple(draft.resources.to_pylist()),
        "role": draft.role[rows],
        "roles": tuple(draft.roles.to_pylist()),
        "start": draft.start[rows],
        "end": draft.end[rows],
        "enabled": draft.enabled[rows],
    }


def _kept(draft: _Draft, keep: NDArray[np.bool_], attributes: pa.Table) -> tuple[dict[str, Any], pa.Table]:
    if keep.all():
        return _taken(draft, slice(None)), attributes
    rows = np.flatnonzero(keep)
    return _taken(draft, rows), attributes.take(pa.array(rows)) if attributes.num_columns else attributes


def _instance(table: pa.Table, mapping: ColumnMapping) -> Codes | None:
    return None if mapping.instance is None else encode(table[mapping.instance])[0]


def _paired(
    draft: _Draft, kinds: NDArray[np.str_], keep: NDArray[np.bool_], instance: Codes | None, attributes: pa.Table
) -> tuple[dict[str, Any], pa.Table, tuple[Finding, ...]]:
    instant = np.where(draft.end == MISSING, draft.start, draft.end)
    rows = np.flatnonzero(keep)
    by_instance = instance is not None and _pairs_up(instance[rows], kinds[rows])
    parts = (
        (draft.case, draft.activity, instance) if by_instance and instance is not None else (draft.case, draft.activity)
    )
    key = combined(*(part[rows] for part in parts))
    paired = pair_rows(kinds[rows], instant[rows], key, draft.resource[rows], by_instance=by_instance)
    named = rows[paired.rows]
    begun = np.where(paired.starts >= 0, rows[paired.starts], -1)
    columns = _taken(draft, named)
    columns["start"] = np.where(begun >= 0, instant[begun], MISSING)
    columns["end"] = np.where(paired.is_open, MISSING, instant[named])
    columns["enabled"] = np.where(columns["enabled"] == MISSING, paired.enabled, columns["enabled"])
    for name in ("resource", "role"):
        own, other = columns[name], np.where(begun >= 0, getattr(draft, name)[begun], UNKNOWN)
        columns[name] = np.where(own == UNKNOWN, other, own)
    return columns, _filled(attributes, named, begun), _pair_findings(paired, len(rows))


def _pairs_up(instance: Codes, kinds: NDArray[np.str_]) -> bool:
    """Whether an instance column really joins starts with completions."""
    starts = np.unique(instance[kinds == "start"])
    return len(starts) > 0 and bool(np.isin(starts, instance[kinds == "complete"]).mean() > 0.5)


def _filled(attributes: pa.Table, named: Instants, begun: Instants) -> pa.Table:
    """Attributes of the completing row; where it has none, of the starting one."""
    if not attributes.num_columns:
        return attributes
    own = attributes.take(pa.array(named))
    other = attributes.take(pa.array(begun, mask=begun < 0))
    columns = {
        name: own[name]
        if own[name].null_count == 0 or other[name].null_count == len(other)
        else pc.coalesce(own[name], other[name])
        for name in own.column_names
    }
    return pa.table(columns)


def _pair_findings(paired: Paired, of: int) -> tuple[Finding, ...]:
    counts = {"unstarted": paired.n_unstarted, "unfinished": paired.n_open, "folded": paired.n_folded}
    return tuple(Finding(kind, n, of) for kind, n in counts.items() if n)
