# ruff: noqa: E501
"""Instants as back offices write them, read as microseconds UTC.

Columns hold few distinct texts compared with their rows, so only the distinct ones are parsed: ISO by Arrow, everything
else by one regular expression a family. Whatever is decided on the way (day first, which zone) is part of the answer.
"""

from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bko_mining.log.coding import MISSING, Codes, Instants, as_dictionary
from bko_mining.log.headings import normalise
from bko_mining.log.iso import read_even
from bko_mining.log.zones import OFFICES, ZONES, minutes_east, offsets_of

_CLOCK = (
    r"(?:(?:[T ,_]+|,? +(?:às|as|at|-) +)(?P<H>\d{1,2})[:h.](?P<M>\d{2})?(?:[:.m](?P<S>\d{2})(?:[.,:](?P<f>\d{1,9}))?)?s?"
    r"(?: *(?P<p>[AaPp])\.? ?[Mm]\.?)?)?"
    r" *(?:(?P<zone>Z|z|(?:UTC|GMT)? ?[+-]\d{1,2}:?(?:\d{2})?|[A-Z]{3,4})(?::?\d{2})?)?(?: ?[\[(][\w/+ -]+[\])])?$"
)
_MONTH = r"(?P<name>[A-Za-zÀ-ÿ]{3,10})\.?"
_FAMILIES = {
    "year first": r"^(?P<Y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _CLOCK,
    "numbers": r"^(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<Y>\d{4}|\d{2})" + _CLOCK,
    "day month": r"^(?:[A-Za-zá-ú-]{3,13}\.?,? )?(?P<d>\d{1,2})º?(?:[ /.-]| de )"
    + _MONTH
    + r"(?:[ /.,-]+| de )(?P<Y>\d{4}|\d{2})"
    + _CLOCK,
    "month day": r"^(?:[A-Za-z]{3,9}\.?,? )?" + _MONTH + r" +(?P<d>\d{1,2})(?:st|nd|rd|th)?,? +(?P<Y>\d{4})" + _CLOCK,
    "unix": r"^[A-Za-z]{3},? (?P<name>[A-Za-z]{3}) +(?P<d>\d{1,2}) (?P<H>\d{2}):(?P<M>\d{2}):(?P<S>\d{2})(?:\.(?P<f>\d{1,9}))?(?: (?P<zone>[A-Z]{3,4}|[+-]\d{4}))? (?P<Y>\d{4})$",
    "compact": r"^(?P<Y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?:[T ]?(?P<H>\d{2}):?(?P<M>\d{2}):?(?P<S>\d{2})?(?:\.(?P<f>\d{1,6}))?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?$",
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan ene gen",
            "feb fev",
            "mar",
            "apr abr avr",
            "may mai mag",
            "jun jui giu",
            "jul juil lug",
            "aug ago aou",
            "sep set",
            "oct out okt ott",
            "nov",
            "dec dez dic",
        ],
        1,
    )
    for name in names.split()
}
_UNSEEN, _BLANKS = "[\u200b-\u200f\u202a-\u202e]", "[\u00a0\u2007\u2009\u202f]"
_SPOKEN = r"Date\(|\dmin$|(?i:\d h$| da (manhã|tarde|noite|madrugada)$)"
_WRITTEN = (
    (r"^/?\\?/?Date\((\d+)([+-]\d{4})?\)\\?/?$", r"\1"),  # of .NET: milliseconds UTC, whatever the offset
    (r"(\d{1,2}) ?h ?(\d{2}) ?min$", r"\1:\2"),
    (r"(?i) da (?:manhã|madrugada)$", " AM"),
    (r"(?i) da (?:tarde|noite)$", " PM"),
)
_DOTTED = r"^(\d{1,2}\.\d{1,2}\.\d{2,4}\b.*)?$"  # nobody writes the month first with dots
_EXCEL_EPOCH = -25_569  # 1899-12-30, in days before 1970
_DAY = 86_400_000_000
_DAY_US = np.int64(_DAY)


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """A column of instants, and what had to be decided to read it.

    Attributes
    ----------
    values : int64[n]
        Microseconds UTC; of naive columns, the wall clock as if it were UTC until ``localised``.
    bad : bool[n]
        Rows that hold something which is not an instant.
    naive : bool[n]
        Rows that name no zone.
    offsets : tuple of (int64 array, int64 array)
        Distinct instants that named their offset, and that offset in minutes.
    order : str
        ``day first`` or ``month first`` where a day and a month had to be told apart, else empty.
    guessed : bool
        True where no date of the column settles that order.
    shifted : int
        Instants that their zone has twice or never (the hours around a clock change).
    """

    values: Instants
    bad: NDArray[np.bool_]
    naive: NDArray[np.bool_]
    offsets: tuple[Instants, Instants] = field(default_factory=lambda: (np.empty(0, np.int64), np.empty(0, np.int64)))
    order: str = ""
    guessed: bool = False
    shifted: int = 0


def read_instants(column: Any, *, day_first: bool | None = None) -> Parsed:
    """Read a column of any Arrow type as instants.

    Parameters
    ----------
    column : pyarrow array
        Timestamps, dates, numbers (epoch in s, ms, µs or ns; Excel serial days) or texts.
    day_first : bool, optional
        Order of 01/02/2026; decided from the column if not given.

    Examples
    --------
    >>> parsed = read_instants(pa.array(["31/01/2026 14:30", "01/02/2026 09:00", "soon"]))
    >>> parsed.values[:2].view("M8[us]").astype("M8[s]").tolist()[0], parsed.order, parsed.bad.tolist()
    (datetime.datetime(2026, 1, 31, 14, 30), 'day first', [False, False, True])
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _from_typed(column, kind)
    coded = as_dictionary(column)
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    if pa.types.is_string(coded.dictionary.type) or pa.types.is_large_string(coded.dictionary.type):
        distinct = _from_texts(coded.dictionary, day_first, codes)
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        distinct = _from_numbers(coded.dictionary.cast(pa.float64()).to_numpy(zero_copy_only=False))
    else:
        distinct = _nothing(len(coded.dictionary))
    return _spread(distinct, codes)


def localise(parsed: Parsed, timezone: str) -> Parsed:
    """Read the wall-clock instants of a column in a time zone.

    Hours that the zone has twice are taken as the first of the two; hours that it skips move to the end of the gap.
    """
    if timezone == "UTC" or not parsed.naive.any():
        return parsed
    zone = ZoneInfo(timezone)
    wall = pd.DatetimeIndex(np.where(parsed.naive, parsed.values, MISSING).view("M8[us]"))
    first: NDArray[np.bool_] = np.ones(len(wall), bool)
    utc = wall.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    second = wall.tz_localize(zone, ambiguous=~first, nonexistent="NaT")
    shifted = int((np.asarray(utc != second) & np.asarray(wall.notna())).sum())
    values = np.where(parsed.naive, utc.tz_convert(None).to_numpy("M8[us]").view(np.int64), parsed.values)
    return replace(parsed, values=values, shifted=shifted)


def office_zone(columns: tuple[Parsed, ...]) -> str:
    """Find the time zone whose offsets a log's instants carry; a fixed offset where no known office has them."""
    instants = np.concatenate([c.offsets[0] for c in columns])
    offsets = np.concatenate([c.offsets[1] for c in columns])
    if len(instants) == 0 or not offsets.any():
        return "UTC"
    # One and the same offset says nothing of the place, except here: Brazil gave up its summer time in 2019.
    changing = bool((offsets != offsets[0]).any())
    # No zone changes its offset but at a quarter of an hour.
    _, once = np.unique(instants // 900_000_000 * 4096 + offsets, return_index=True)
    for name in OFFICES if changing else OFFICES[:1]:
        if (offsets_of(name, instants[once]) == offsets[once]).all():
            return name
    common = int(np.bincount(offsets + 1440).argmax()) - 1440
    hours = round(common / 60)
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def looks_like_instants(column: Any) -> bool:
    """Whether at least four in five of the values that are there read as instants."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return True
    if pa.types.is_boolean(kind) or pa.types.is_nested(kind):
        return False
    parsed = read_instants(column)
    known = int((parsed.values != MISSING).sum())
    return known > 0 and known >= 4 * int(parsed.bad.sum())


def _nothing(n: int) -> Parsed:
    return Parsed(np.full(n, MISSING), np.ones(n, bool), np.zeros(n, bool))


def _spread(distinct: Parsed, codes: Codes) -> Parsed:
    take: dict[str, Any] = {
        "values": np.append(distinct.values, MISSING)[codes],
        "bad": np.append(distinct.bad, False)[codes],
        "naive": np.append(distinct.naive, False)[codes],
    }
    return replace(distinct, **take)


def _from_typed(column: Any, kind: Any) -> Parsed:
    if pa.types.is_dictionary(column.type):
        column = column.cast(kind)
    unit = pa.timestamp("us", getattr(kind, "tz", None))
    array = (column if kind == unit else column.cast(unit, safe=False)).cast(pa.int64())
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    values = (array.fill_null(MISSING) if array.null_count else array).to_numpy(zero_copy_only=False)
    zone = getattr(kind, "tz", None)
    bad = np.zeros(len(values), bool)
    if zone is None:
        return Parsed(values, bad, values != MISSING)
    sample = values[:: max(1, len(values) // 1000)]
    sample = sample[sample != MISSING]
    offsets = (sample, offsets_of(zone, sample)) if zone not in ("UTC", "+00:00") else (sample[:0], sample[:0])
    return Parsed(values, bad, bad.copy(), offsets)


def _from_numbers(numbers: NDArray[np.float64]) -> Parsed:
    """Epoch seconds, milliseconds, microseconds, nanoseconds, yyyymmdd, or Excel serial days, by magnitude."""
    out = np.full(len(numbers), MISSING)
    size = np.nan_to_num(np.abs(numbers))
    scales = ((3e8, 1e11, 1e6), (1e11, 1e14, 1e3), (1e14, 1e17, 1.0), (1e17, 1e20, 1e-3))
    with np.errstate(invalid="ignore"):
        for low, high, scale in scales:
            inside = (size >= low) & (size < high)
            out[inside] = np.round(numbers[inside] * scale).astype(np.int64)
        serial = (size >= 20_000) & (size < 80_000)
        seconds = np.round(numbers[serial] * 86_400_000).astype(np.int64) * 1000
    out[serial] = seconds + _EXCEL_EPOCH * _DAY
    found = out != MISSING
    return Parsed(out, ~found & ~np.isnan(numbers), found & serial)


def _from_texts(texts: Any, day_first: bool | None, codes: Codes) -> Parsed:
    iso = _from_iso(texts)
    if iso is not None:
        return iso
    seen = pc.replace_substring_regex(texts.cast(pa.string()), _UNSEEN, "")
    trimmed = _as_written(pc.utf8_trim_whitespace(pc.replace_substring_regex(seen, _BLANKS, " ")))
    numeric = pc.match_substring_regex(trimmed, r"^\d{5}([.,]\d+)?$|^\d{9,19}(\.\d+)?$")
    compact = pc.match_substring_regex(trimmed, r"^(19|20)\d{2}(0[1-9]|1[0-2])[0-3]\d([01]\d[0-5]\d[0-5]\d)?$")
    if pc.all(pc.and_not(numeric, compact)).as_py():
        return _from_numbers(pc.replace_substring(trimmed, ",", ".").cast(pa.float64()).to_numpy(zero_copy_only=False))
    if day_first is None and pc.all(pc.match_substring_regex(trimmed, _DOTTED)).as_py():
        day_first = True
    result = _nothing(len(texts))
    order, guessed = "", False
    for family, pattern in _FAMILIES.items():
        fields = pc.extract_regex(trimmed, pattern)
        matched = fields.is_valid().to_numpy(zero_copy_only=False)
        if not matched.any():
            continue
        parts = {name: fields.field(i) for i, name in enumerate(f.name for f in fields.type)}
        if family == "numbers":
            order, guessed = _order(parts, matched, day_first, codes)
        result = _merge(result, _from_parts(parts, family, order), matched & result.bad)
    if pc.any(numeric).as_py() and not result.bad.all():
        result = _with_serials(result, trimmed, numeric)
    empty = pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    return replace(result, bad=result.bad & ~empty, order=order, guessed=guessed)


def _with_serials(parsed: Parsed, texts: Any, numeric: Any) -> Parsed:
    """Dates of which a spreadsheet wrote some as days since 1900; a column of nothing else may be one of codes."""
    digits = pc.if_else(numeric, pc.replace_substring(texts, ",", "."), None).cast(pa.float64())
    days = _from_numbers(digits.to_numpy(zero_copy_only=False))
    serial = parsed.bad & (days.values != MISSING)
    values, naive = np.where(serial, days.values, parsed.values), np.where(serial, days.naive, parsed.naive)
    return replace(parsed, values=values, bad=parsed.bad & ~serial, naive=naive)


def _as_written(texts: Any) -> Any:
    """Instants as they are said, or as .NET serialises them, in the forms of the families."""
    if not pc.any(pc.match_substring_regex(texts, _SPOKEN)).as_py():
        return texts
    for pattern, form in _WRITTEN:
        texts = pc.replace_substring_regex(texts, pattern, form)
    return texts


def _from_iso(texts: Any) -> Parsed | None:
    """The quick way: ISO 8601 of one length, then what Arrow reads; None where any text is something else."""
    even = read_even(texts)
    if even is not None:
        values, offset = even
        none = np.zeros(len(values), bool)
        return Parsed(values, none, ~none) if offset is None else Parsed(values, none, none, (values, offset))
    try:
        naive = texts.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False)
        return Parsed(naive, np.zeros(len(naive), bool), np.ones(len(naive), bool))
    except pa.ArrowInvalid:
        pass
    try:
        utc = texts.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    # A zone is six letters at most, so few distinct ends hold them all.
    tails = pc.utf8_slice_codeunits(texts, -6).dictionary_encode()
    zones = pc.replace_substring_regex(tails.dictionary, r"^.*?(Z|[+-]\d{2}(:?\d{2})?)$", r"\1").to_pylist()
    minutes = np.array([minutes_east(zone) for zone in zones], np.int64)
    offset = minutes[tails.indices.to_numpy(zero_copy_only=False)]
    return Parsed(utc, np.zeros(len(utc), bool), np.zeros(len(utc), bool), (utc, offset))


def _merge(into: Parsed, found: Parsed, rows: NDArray[np.bool_]) -> Parsed:
    kept = rows & ~found.bad
    named = kept & ~found.naive
    instants, offsets = found.offsets
    return replace(
        into,
        values=np.where(kept, found.values, into.values),
        bad=into.bad & ~kept,
        naive=np.where(kept, found.naive, into.naive),
        offsets=(
            np.concatenate([into.offsets[0], instants[named]]),
            np.concatenate([into.offsets[1], offsets[named]]),
        ),
    )


def _order(parts: dict[str, Any], matched: NDArray[np.bool_], day_first: bool | None, codes: Codes) -> tuple[str, bool]:
    """Decide whether 01/02 is the first of February or the second of January."""
    if day_first is not None:
        return ("day first" if day_first else "month first"), False
    first, second = _int(parts["a"])[matched], _int(parts["b"])[matched]
    days, months = int((first > 12).sum()), int((second > 12).sum())
    if days or months:
        return ("day first" if days >= months else "month first"), bool(days and months)
    if pc.any(pc.match_substring_regex(parts["p"], ".")).as_py():
        return "month first", True
    rows = codes[codes >= 0]
    spread = {}
    for order in ("day first", "month first"):
        values = _from_parts(parts, "numbers", order).values[rows]
        steps = np.abs(np.diff(values[values != MISSING].astype(np.float64)))
        spread[order] = float(steps.mean()) if len(steps) else 0.0
    # Neighbouring rows of an export lie close in time; the wrong reading throws them months apart.
    return ("month first" if spread["month first"] * 2 < spread["day first"] else "day first"), True


def _from_parts(parts: dict[str, Any], family: str, order: str) -> Parsed:
    year = _int(parts["Y"])
    year = np.where(year < 70, year + 2000, np.where(year < 100, year + 1900, year))
    if family == "numbers":
        month, day = (_int(parts[k]) for k in (("b", "a") if order == "day first" else ("a", "b")))
        # A date that only the other order can read is read in that order.
        swap = (month > 12) & (day <= 12)
        month, day = np.where(swap, day, month), np.where(swap, month, day)
    else:
        day = _int(parts["d"])
        month = _int(parts["m"]) if "m" in parts else _month_numbers(parts["name"])
    clock, valid = _clock(parts)
    valid &= (month >= 1) & (month <= 12) & (day >= 1)
    first = (year - 1970).astype("M8[Y]").astype("M8[M]") + (np.clip(month, 1, 12) - 1)
    date = first.astype("M8[D]") + (day - 1)
    valid &= date.astype("M8[M]") == first
    values = date.astype(np.int64) * _DAY_US + clock
    zone = parts["zone"].fill_null("").dictionary_encode()
    names = zone.dictionary.to_pylist()
    known = np.array([n in ZONES or any(c.isdigit() for c in n) for n in names], bool)
    minutes = np.array([minutes_east(n) if k else 0 for n, k in zip(names, known, strict=True)], np.int64)
    which = zone.indices.to_numpy(zero_copy_only=False)
    values = np.where(valid, values - minutes[which] * 60_000_000, MISSING)
    unnamed = np.array([n == "" for n in names], bool)[which]
    valid &= known[which] | unnamed
    return Parsed(np.where(valid, values, MISSING), ~valid, valid & unnamed, (values, minutes[which]))


def _clock(parts: dict[str, Any]) -> tuple[Instants, NDArray[np.bool_]]:
    if "H" not in parts:
        zero = np.zeros(len(parts["Y"]), np.int64)
        return zero, np.ones(len(zero), bool)
    hour, minute, second = (_int(parts[k]) for k in ("H", "M", "S"))
    if "p" in parts:
        half = pc.utf8_lower(parts["p"])
        hour = np.where(_is(half, "p") & (hour < 12), hour + 12, np.where(_is(half, "a") & (hour == 12), 0, hour))
    fraction = _int(pc.utf8_slice_codeunits(pc.utf8_rpad(parts["f"].fill_null(""), 6, "0"), 0, 6))
    valid = (hour <= 24) & (minute < 60) & (second <= 60) & ((hour < 24) | ((minute == 0) & (second == 0)))
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction, valid


def _month_numbers(names: Any) -> Instants:
    named = names.fill_null("").dictionary_encode()
    plain = [normalise(name) for name in named.dictionary.to_pylist()]
    # Juin and juillet differ in their fourth letter only.
    numbers = np.array([_MONTHS.get(name[:4], _MONTHS.get(name[:3], 0)) for name in plain], np.int64)
    found: Instants = numbers[named.indices.to_numpy(zero_copy_only=False)]
    return found


def _int(digits: Any) -> Instants:
    filled = pc.if_else(pc.equal(digits.fill_null(""), ""), "0", digits.fill_null("0"))
    numbers: Instants = filled.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _is(texts: Any, value: str) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = pc.equal(texts.fill_null(""), value).to_numpy(zero_copy_only=False)
    return same
