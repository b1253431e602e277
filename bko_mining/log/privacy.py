"""Sharing a log without sharing people: keyed names and shifted dates."""

import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bko_mining.errors import LogError
from bko_mining.log.coding import MISSING, as_dictionary, as_text
from bko_mining.log.headings import normalise
from bko_mining.words import number, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bko_mining.log.event_log import EventLog

_HEADINGS = frozenset({"nome", "full name", "nome completo", "e mail", "date of birth"})
_WORDS = frozenset(
    ["email", "cpf", "telefone", "phone", "celular", "nascimento", "birthday", "birthdate", "endereco", "passport"]
)
_PERSON = r"^\s*([\w.+-]+@[\w-]+(\.[\w-]+)+|\d{3}\.\d{3}\.\d{3}-\d{2})\s*$"
_WEEK = 7 * 86_400_000_000


def personal_columns(log: "EventLog") -> tuple[str, ...]:
    """Attributes that look like personal data: by their heading, or as a value is an e-mail address or a CPF."""
    known = log.attributes
    return tuple(sorted(n for n in known.column_names if _is_personal(n) or _about_persons(known[n])))


def _is_personal(name: str) -> bool:
    plain = normalise(name.removeprefix("case:"))
    return plain in _HEADINGS or not _WORDS.isdisjoint(plain.split())


def _about_persons(column: "pa.ChunkedArray") -> bool:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not pa.types.is_string(kind):
        return False
    texts = as_dictionary(column).dictionary
    return bool(pc.any(pc.match_substring_regex(texts, _PERSON)).as_py())


def pseudonymise(log: "EventLog", *, key: str | bytes, columns: "Sequence[str]" = ()) -> "EventLog":
    """Replace case ids, resources and chosen attributes by names that only the holder of the key can make again.

    A name is the beginning of the HMAC-SHA-256 of the value, so the same key gives the same names in every log, and
    without it nobody can test a guess.

    Parameters
    ----------
    key : str or bytes
        At least eight characters; keep it away from the log.
    columns : sequence of str
        Attributes to replace as well.

    Raises
    ------
    LogError
        If the key is too short or a column does not exist.
    """
    secret = key.encode() if isinstance(key, str) else key
    if len(secret) < 8:
        raise LogError(f"the key has {len(secret)} characters; use at least 8, or names can be guessed")
    unknown = [name for name in columns if name not in log.attributes.column_names]
    if unknown:
        raise LogError(f"the log has no attribute {unknown[0]!r}; it has {', '.join(log.attributes.column_names)}")
    hidden = {name: _hidden(log.attributes[name], secret) for name in columns}
    note = say("case ids, resources and {n} attributes pseudonymised", n=number(len(hidden)))
    return replace(
        log.with_attributes(hidden),
        case_ids=pa.array([_name(value, secret, "C-") for value in log.case_ids.to_pylist()]),
        resources=tuple(_name(value, secret, "R-") for value in log.resources),
        found=tuple(replace(finding, example="") for finding in log.found),
        history=(*log.history, note),
    )


def shift_dates(log: "EventLog", *, weeks: int) -> "EventLog":
    """Move every instant by whole weeks, so that weekdays and hours stay what they are.

    The clock of the office is kept too: a shift across a change of summer time keeps the hours on the wall.
    """
    moved: dict[str, Any] = {name: _moved(log, getattr(log, name), weeks) for name in ("start", "end", "enabled")}
    note = say("dates shifted by a number of whole weeks")
    return replace(log, history=(*log.history, note), **moved)


def _moved(log: "EventLog", instants: "np.ndarray[Any, Any]", weeks: int) -> "np.ndarray[Any, Any]":
    if log.timezone == "UTC":
        return np.where(instants == MISSING, MISSING, instants + weeks * _WEEK)
    wall = log.local(instants).tz_localize(None) + np.timedelta64(7 * weeks, "D")
    first: np.ndarray[Any, np.dtype[np.bool_]] = np.ones(len(wall), bool)
    utc = wall.tz_localize(log.timezone, ambiguous=first, nonexistent="shift_forward").tz_convert(None)
    return utc.to_numpy("M8[us]").view(np.int64)


def _hidden(column: Any, secret: bytes) -> pa.Array:
    coded = as_dictionary(column)
    names = [None if text is None else _name(text, secret, "") for text in as_text(coded.dictionary).to_pylist()]
    return pa.array(names, pa.string()).take(coded.indices)


def _name(value: str, secret: bytes, prefix: str) -> str:
    return prefix + hmac.new(secret, value.encode(), hashlib.sha256).hexdigest()[:12]
