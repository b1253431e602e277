"""Columns that say one thing in two, or two things in one: put beside the originals as a log needs them.

A day and a time of day in columns of their own become one instant; ``Check started`` and ``Check completed`` become an
activity and its lifecycle; a start and a duration have an end. The columns of the export stay as they are.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bko_mining.log.coding import MISSING, as_dictionary, as_text
from bko_mining.log.exports import Export
from bko_mining.log.headings import HEADINGS, TRANSITIONS, normalise
from bko_mining.log.instants import read_instants

_DAY = frozenset(["data", "date", "dia", "day", "datum", "fecha", "tag"])
_TIME = frozenset(["hora", "time", "horario", "uhrzeit", "zeit", "heure"])
_TECHNICAL = {
    "erdat": "er date", "erzet": "er time", "aedat": "ae date", "aezet": "ae time", "udate": "u date",
    "utime": "u time", "cpudt": "cpu date", "cputm": "cpu time",
}  # fmt: skip
_DIGITS = r"^([01]?\d|2[0-4])[0-5]\d[0-5]\d$"
_CLOCK = r"^ *\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( *[AaPp]\.?[Mm]\.?)? *$"
_DURATION = frozenset(["duration", "duracao", "dauer", "duracion", "elapsed"])
_SECONDS = {
    word: seconds
    for seconds, words in {1: "s sec secs seconds seg segundos sekunden", 60: "min mins minutes minutos minuten",
                           3600: "h hrs hours hora horas stunden", 86_400: "d days dias tage"}.items()
    for word in words.split()
}  # fmt: skip
_MOST = 300
_PAIRED = 0.6


def arranged(export: Export) -> Export:
    """An export with the instants and lifecycles that its columns hold in parts.

    Examples
    --------
    >>> table = pa.table({"Data": ["05/01/2026", "06/01/2026"], "Hora": ["08:00", "09:30"]})
    >>> arranged(Export(table)).table["Data Hora"].to_pylist()
    ['05/01/2026 08:00', '06/01/2026 09:30']
    """
    whole, parts = _instants(export.table)
    added = whole | _lifecycle(export.table) | _ends(export.table)
    added = {name: column for name, column in added.items() if name not in export.table.column_names}
    if not added:
        return export
    own = {name: export.table[name] for name in export.table.column_names}
    return Export(pa.table(added | own), export.found, export.decimal, export.preset, parts)


def _instants(table: pa.Table) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Whole instants of a day and a time of day, and the columns that they are made of."""
    words = {name: _words(name) for name in table.column_names}
    rests = {
        tuple(w for w in own if w not in _TIME): name
        for name, own in words.items()
        if len(set(own) & _TIME) == 1 and not set(own) & _DAY and _is_clock(table[name])
    }
    found, parts = {}, []
    for name, own in words.items():
        clock = rests.get(tuple(w for w in own if w not in _DAY))
        if clock is None or len(set(own) & _DAY) != 1 or not _is_day(table[name]):
            continue
        time = next(w for w in words[clock] if w in _TIME)
        heading = " ".join(f"{w} {time}" if w in _DAY else w for w in own).title()
        found[heading] = pc.binary_join_element_wise(_texts(table[name]), _clock(table[clock]), " ")
        parts += [name, clock]
    return found, tuple(parts)


def _words(name: str) -> list[str]:
    plain = normalise(name)
    return _TECHNICAL.get(plain, plain).split()


def _is_clock(column: Any) -> bool:
    if pa.types.is_time(column.type):
        return True
    texts = as_dictionary(column).dictionary.slice(0, 500)
    if pa.types.is_integer(texts.type):
        texts = texts.cast(pa.string())
    if not pa.types.is_string(texts.type) or not len(texts):
        return False
    filled = texts.filter(pc.not_equal(texts, ""))
    return any(bool(pc.all(pc.match_substring_regex(filled, form)).as_py()) for form in (_CLOCK, _DIGITS))


def _clock(column: Any) -> Any:
    """Times of day as texts: ``80000`` as ``08:00:00``."""
    texts = _texts(column)
    digits = pc.match_substring_regex(texts, _DIGITS)
    if not pc.any(digits).as_py():
        return texts
    spaced = pc.replace_substring_regex(pc.utf8_lpad(texts, 6, "0"), r"^(\d\d)(\d\d)(\d\d)$", r"\1:\2:\3")
    return pc.if_else(digits, spaced, texts)


def _is_day(column: Any) -> bool:
    """Whether no value says more than a day."""
    if pa.types.is_date(column.type):
        return True
    texts = _texts(column.slice(0, 500))
    return not bool(pc.any(pc.match_substring_regex(texts, r"\d:\d")).as_py())


def _ends(table: pa.Table) -> dict[str, Any]:
    """The end of each row where a start and a duration are all there is; a number needs its unit in the heading."""
    headings = {normalise(name): name for name in table.column_names}
    start = next((headings[h] for rank in HEADINGS["start"] for h in rank if h in headings), None)
    length = next((name for h, name in headings.items() if _DURATION & set(h.split())), None)
    if start is None or length is None or any(h in headings for rank in HEADINGS["end"][:2] for h in rank):
        return {}
    begun = read_instants(table[start])
    if begun.naive.any() and not begun.naive[begun.values != MISSING].all():
        return {}
    unit = next((_SECONDS[word] for word in normalise(length).split() if word in _SECONDS), None)
    seconds = np.array([_seconds(text, unit) for text in _texts(table[length]).to_pylist()])
    known = np.isfinite(seconds) & (begun.values != MISSING)
    if not known.any():
        return {}
    values = begun.values + np.where(known, seconds * 1e6, 0).astype(np.int64)
    return {"End": pa.array(values, mask=~known).cast(pa.timestamp("us", None if begun.naive.any() else "UTC"))}


def _seconds(text: str | None, unit: int | None) -> float:
    """Seconds of ``01:15``, ``1:15:30`` or a number of a known unit; not a number for anything else."""
    parts = (text or "").strip().replace(",", ".").split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return float("nan")
    if len(numbers) == 1:
        return numbers[0] * unit if unit else float("nan")
    hours, minutes, *rest = numbers
    return hours * 3600 + minutes * 60 + (rest[0] if rest else 0)


def _texts(column: Any) -> Any:
    if pa.types.is_timestamp(column.type) and bool(pc.all(pc.equal(pc.hour(column), 0)).as_py()):
        column = column.cast(pa.date32(), safe=False)
    coded = as_dictionary(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)
    return as_text(coded.dictionary).take(coded.indices)


def _lifecycle(table: pa.Table) -> dict[str, Any]:
    """Activity and lifecycle of the first column whose values name both, most of them in pairs."""
    if any(normalise(name).startswith("lifecycle") for name in table.column_names):
        return {}
    for name in table.column_names:
        kind = table[name].type
        if not (pa.types.is_string(kind) or pa.types.is_dictionary(kind)):
            continue
        coded = as_dictionary(table[name])
        texts = coded.dictionary
        if not pa.types.is_string(texts.type) or not 2 <= len(texts) <= _MOST:
            continue
        split = [_split(text) for text in texts.to_pylist()]
        kinds: dict[str, set[str]] = {}
        for base, lifecycle in split:
            kinds.setdefault(base, set()).add(lifecycle)
        paired = sum({"start", "complete"} <= found for found in kinds.values())
        if "" not in kinds and paired >= max(1.0, _PAIRED * len(kinds)):
            bases, ends = (pa.array([part[i] for part in split], pa.string()) for i in (0, 1))
            return {"Activity": bases.take(coded.indices), "Lifecycle": ends.take(coded.indices)}
    return {}


def _split(text: str | None) -> tuple[str, str]:
    """``Check started`` as ``Check`` and ``start``; what names no lifecycle is complete; '' if nothing is left."""
    words = (text or "").split()
    for place, rest in ((-1, words[:-1]), (0, words[1:])):
        kind = TRANSITIONS.get(normalise(words[place]), "") if len(words) > 1 else ""
        # One letter is a name, not a state.
        if kind in ("start", "complete") and len(words[place]) > 1:
            return " ".join(rest).strip(" -–:_/|()"), kind
    return " ".join(words), "complete"
