"""Finding out which column is what: by its heading first, by its content where no heading is known."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bko_mining.errors import MappingError
from bko_mining.log.coding import UNKNOWN, Codes, encode
from bko_mining.log.headings import CASE_WORDS, END_WORDS, HEADINGS, START_WORDS, TRANSITIONS, normalise
from bko_mining.log.instants import looks_like_instants
from bko_mining.log.mapping import ColumnMapping, given_columns

SAMPLE = 20_000
"""Rows looked at to judge a column by its content."""

_NO_ACTIVITY = "no column looks like an activity"
_WIDE = (
    "no column looks like an activity, but there is one row a case and a column of dates a step ({columns}). Turn the "
    "steps into rows first: frame.melt(id_vars=[the case], var_name='activity', value_name='end').dropna(), "
    "then read_log(frame)"
)
_INSTANTS = frozenset({"start", "end", "enabled"})


@dataclass(frozen=True, eq=False)
class Column:
    """A column of the sample, judged lazily."""

    name: str
    values: Any

    @cached_property
    def heading(self) -> str:
        """The name in plain words."""
        return normalise(self.name)

    @cached_property
    def coded(self) -> tuple[Codes, Any]:
        """Codes of the values, and the distinct texts."""
        return encode(self.values)

    @cached_property
    def known(self) -> int:
        """Values that are there."""
        return int((self.coded[0] != UNKNOWN).sum())

    @cached_property
    def distinct(self) -> int:
        """Different values."""
        return len(np.unique(self.coded[0][self.coded[0] != UNKNOWN]))

    @cached_property
    def is_instant(self) -> bool:
        """Whether the values read as instants."""
        return looks_like_instants(self.values)

    @cached_property
    def is_number(self) -> bool:
        """Whether the values are measured numbers (they have decimals), not codes."""
        kind = self.values.type
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return True
        texts = self.coded[1].slice(0, 200)
        return len(texts) > 0 and bool(pc.all(pc.match_substring_regex(texts, r"^-?\d+[.,]\d+$")).as_py())

    @cached_property
    def is_clock(self) -> bool:
        """Whether the values are times of the day."""
        texts = self.coded[1].slice(0, 200)
        return len(texts) > 0 and bool(pc.all(pc.match_substring_regex(texts, r"^\d{1,2}:\d{2}(:\d{2})?$")).as_py())

    @cached_property
    def is_lifecycle(self) -> bool:
        """Whether the values say that something starts or ends."""
        kinds = [TRANSITIONS.get(normalise(text)) for text in self.coded[1].slice(0, 60).to_pylist()]
        return bool(kinds) and {"start", "complete"} & set(kinds) != set() and kinds.count(None) <= len(kinds) // 2

    @property
    def examples(self) -> str:
        """The first few distinct values, quoted."""
        return ", ".join(repr(v) for v in self.coded[1].slice(0, 3).to_pylist() if v is not None)


def recognise(table: pa.Table, columns: Any = None, *, aside: tuple[str, ...] = ()) -> ColumnMapping:
    """Find the mapping of a table.

    Parameters
    ----------
    table : pyarrow.Table
        The export; its first ``SAMPLE`` rows are looked at.
    columns : dict, ColumnMapping or path, optional
        What is known already; the rest is found.
    aside : tuple of str
        Columns that say in parts what another one says whole: not to be judged.

    Raises
    ------
    MappingError
        If the case, the activity or every instant stays unknown, or several columns could be one of them. The message
        lists the candidates with examples and the argument to pass.

    Examples
    --------
    >>> table = pa.table({"Caso": ["1", "1"], "Atividade": ["A", "B"], "Data": ["01/02/2026", "02/02/2026"]})
    >>> recognise(table).activity
    'Atividade'
    """
    chosen = given_columns(columns, tuple(table.column_names))
    settings = {name: chosen.pop(name) for name in ("day_first", "timezone") if name in chosen}
    reasons = {name: "given" for name in chosen}
    sample = table.slice(0, SAMPLE)
    free = [Column(name, sample[name]) for name in table.column_names if name not in aside]
    for name in list(chosen):
        free = _without(free, chosen[name])
    for name in HEADINGS:
        if name not in chosen:
            found = by_heading(name, free)
            if found is not None:
                chosen[name], reasons[name] = found.name, "heading"
                free = _without(free, found.name)
    _by_content(chosen, reasons, free, sample)
    known = {name: column for name, column in chosen.items() if column is not None}
    return ColumnMapping(**known, **settings, reasons={name: reasons[name] for name in known})


def _without(free: list[Column], taken: Any) -> list[Column]:
    names = taken if isinstance(taken, tuple) else (taken,)
    return [column for column in free if column.name not in names]


def by_heading(name: str, free: list[Column]) -> Column | None:
    """The column whose heading names a column of a log best, if its values could be that."""
    for rank in HEADINGS[name]:
        for column in free:
            if column.heading in rank and _could_be(name, column):
                return column
    return None


def _could_be(name: str, column: Column) -> bool:
    if column.known == 0:
        return False
    if name in _INSTANTS:
        return column.is_instant
    if name == "lifecycle":
        return column.is_lifecycle
    if name == "instance":
        return True
    if name == "case_id":
        return not is_dated(column)
    return not is_dated(column) and not column.is_clock and not (name == "activity" and column.is_number)


def is_dated(column: Column) -> bool:
    """Whether a column holds instants for certain: codes of ten digits read as epochs, too."""
    if not column.is_instant:
        return False
    texts = column.coded[1].slice(0, 200)
    return not bool(pc.all(pc.match_substring_regex(texts.cast(pa.string()), r"^\d+(\.\d+)?$")).as_py())


def _by_content(chosen: dict[str, Any], reasons: dict[str, str], free: list[Column], sample: pa.Table) -> None:
    """Fill what no heading told: instants, then the case, then the activity."""
    instants = [c for c in free if c.known and c.is_instant and (is_dated(c) or _words(c) & (START_WORDS | END_WORDS))]
    if "case_id" not in chosen:
        candidates = [c for c in free if _is_name(c) and c not in instants]
        chosen["case_id"], reasons["case_id"] = _pick_case(candidates or free, len(sample)).name, "content"
        free = _without(free, chosen["case_id"])
    case = _joined(sample, chosen["case_id"])
    if not {"start", "end"} & set(chosen):
        for name, column in _pick_instants([c for c in instants if c in free], case).items():
            chosen[name], reasons[name] = column.name, "content"
            free = _without(free, column.name)
    elif "start" not in chosen and "lifecycle" not in chosen:
        _add_start(chosen, reasons, _varying([c for c in instants if c in free], case))
    if not {"start", "end"} & set(chosen):
        blank = ", ".join(repr(c.name) for c in free if not c.known)
        raise MappingError(
            f"no column reads as instants; the export has {_listed(sample)}"
            + (f", and no value in {blank} (formulas have none until a spreadsheet computes them). " if blank else ". ")
            + 'If one of them holds dates, pass columns={"end": "…"}'
        )
    if "activity" not in chosen:
        candidates = [c for c in free if _is_name(c) and not c.is_instant]
        left = [c.name for c in instants if c.name not in chosen.values()]
        one_row_a_case = len(np.unique(case)) > 0.9 * len(case)
        wide = ", ".join(map(repr, left)) if len(left) > 1 and one_row_a_case else ""
        chosen["activity"], reasons["activity"] = _pick_activity(candidates, case, wide).name, "content"


def _is_name(column: Column) -> bool:
    return column.distinct > 1 and not column.is_number and not column.is_clock


def _words(column: Column) -> set[str]:
    return set(column.heading.split())


def _add_start(chosen: dict[str, Any], reasons: dict[str, str], instants: list[Column]) -> None:
    """A further instant whose heading speaks of a beginning is the start, unless it is the case's."""
    for column in instants:
        if _words(column) & START_WORDS and not _words(column) & {"case", "caso", "processo", "process"}:
            chosen["start"], reasons["start"] = column.name, "heading"
            return


def _varying(instants: list[Column], case: Codes) -> list[Column]:
    """Instants that differ within cases; all of them where each case has one row."""
    return [c for c in instants if not _constant_in(c.coded[0], case) or len(np.unique(case)) == len(case)]


def _pick_instants(instants: list[Column], case: Codes) -> dict[str, Column]:
    varying = _varying(instants, case) or instants
    starts = [c for c in varying if _words(c) & START_WORDS]
    ends = [c for c in varying if _words(c) & END_WORDS and c not in starts]
    if starts and ends:
        return {"start": starts[0], "end": ends[0]}
    if len(varying) == 1:
        return {"end": varying[0]}
    if len(varying) > 1:
        raise MappingError(_ask("end", "several columns hold instants", varying))
    return {}


def _pick_case(candidates: list[Column], n: int) -> Column:
    """The finest column whose values still come back."""
    repeated = [c for c in candidates if c.known >= 1.2 * c.distinct and c.known > 0.9 * n] or [
        c for c in candidates if _words(c) & CASE_WORDS
    ]
    if not repeated:
        raise MappingError(_ask("case_id", "no column looks like a case", candidates))
    ranked = sorted(repeated, key=lambda c: -c.distinct * (2 if _words(c) & CASE_WORDS else 1))
    best = ranked[0]
    rivals = [c for c in ranked[1:] if 2 * c.distinct >= best.distinct and not _same_partition(c, best)]
    if rivals and not _words(best) & CASE_WORDS:
        raise MappingError(_ask("case_id", "several columns could be the case", [best, *rivals]))
    return best


def _pick_activity(candidates: list[Column], case: Codes, wide: str = "") -> Column:
    """The column of few values whose next value is told best by the last one."""
    fitting = [c for c in candidates if c.distinct <= max(20, len(case) // 5) and not _constant_in(c.coded[0], case)]
    if not fitting:
        raise MappingError(_ask("activity", _WIDE.format(columns=wide) if wide else _NO_ACTIVITY, candidates))
    fitting = [c for c in fitting if c.distinct < c.known] or fitting
    scores = {c.name: _surprise(c.coded[0], case) for c in fitting}
    ranked = sorted(fitting, key=lambda c: scores[c.name])
    close = [c for c in ranked if scores[c.name] <= scores[ranked[0].name] * 1.25 + 0.02]
    if len(close) > 1:
        raise MappingError(_ask("activity", "several columns could be the activity", close))
    return ranked[0]


def _surprise(codes: Codes, case: Codes) -> float:
    """Entropy of the next value given this one within a case, as a share of that of the value itself."""
    order = np.argsort(case, kind="stable")
    case, codes = case[order], codes[order] + 1
    inside = case[1:] == case[:-1]
    here, there = codes[:-1][inside], codes[1:][inside]
    if len(here) == 0:
        return 1.0
    width = int(codes.max()) + 1
    pair = _entropy(np.unique(here.astype(np.int64) * width + there, return_counts=True)[1])
    return (pair - _entropy(np.bincount(here))) / max(_entropy(np.bincount(codes)), 1e-9)


def _entropy(counts: NDArray[Any]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _constant_in(codes: Codes, case: Codes) -> bool:
    order = np.argsort(case, kind="stable")
    case, codes = case[order], codes[order]
    inside = case[1:] == case[:-1]
    return not bool((codes[1:] != codes[:-1])[inside].any())


def _same_partition(one: Column, other: Column) -> bool:
    pairs = np.unique(np.stack([one.coded[0], other.coded[0]]), axis=1).shape[1]
    return bool(pairs == one.distinct == other.distinct)


def _joined(sample: pa.Table, column: Any) -> Codes:
    names = column if isinstance(column, tuple) else (column,)
    codes = np.stack([encode(sample[name])[0] for name in names])
    return np.unique(codes, axis=1, return_inverse=True)[1].astype(np.int32).reshape(-1)


def _ask(name: str, why: str, candidates: list[Column]) -> str:
    lines = "".join(f"\n  {c.name!r}: {c.distinct} distinct values such as {c.examples}" for c in candidates[:8])
    first = candidates[0].name if candidates else "…"
    return f'{why}. Pass columns={{"{name}": "{first}"}}' + (f" or another of:{lines}" if lines else "")


def _listed(sample: pa.Table) -> str:
    return ", ".join(repr(name) for name in sample.column_names[:30])
