"""Conditions of a twin, written as short text: ``amount > 5000 and vendor in [Acme, Delta]``.

A condition compares one thing with a value; several are joined by ``and``. Things: an attribute of the case, ``type``
(the case type), ``visits(Activity)`` (how often the case has done it), ``last`` (its latest finished activity),
``resource`` (who did that), ``queue(Role)`` (items that wait for the role now), ``date``, ``weekday`` (Mon … Sun) and
``hour`` of the moment, ``age`` (since the case arrived: ``age > 2 d``, or seconds).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from bko_mining.twin.values import seconds

MOMENT = ("visits", "queue", "last", "resource", "date", "weekday", "hour", "age")
"""What can change while a case runs; all other things are fixed when it arrives."""

_COMPARISON = re.compile(
    r"\s*(?:(visits|queue)\(([^)]+)\)|\"([^\"]+)\"|([\w ./%ºª-]+?))\s*(==|!=|<=|>=|=|<|>|\bnot in\b|\bin\b)\s*(.+?)\s*$"
)
_JOINT = re.compile(r"\s+and\s+(?=(?:[^\"()\[\]]|\"[^\"]*\"|\([^)]*\)|\[[^\]]*\])*$)", re.IGNORECASE)
"""An ``and`` outside quotes, brackets and the names of activities and roles."""

_ITEM = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|[^,]+)")
_MORE = re.compile(r"[<>=]|\bor\b.*[<>=]", re.IGNORECASE)
Value = float | str | date


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: thing (with the argument of ``visits`` or ``queue``), operator, values."""

    thing: str
    argument: str
    operator: str
    values: tuple[Value, ...]

    @property
    def is_fixed(self) -> bool:
        """Whether the answer cannot change while the case runs."""
        return self.thing not in MOMENT

    @property
    def by_day(self) -> bool:
        """Whether a date is compared with whole days, whatever the clock says."""
        days = self.thing == "date" and self.operator in ("==", "!=", "in", "not in")
        return days and all(isinstance(each, datetime) and each.time() == time() for each in self.values)

    def holds(self, value: Value | None) -> bool:
        """Compare a value of the thing; what is not known never holds, except for ``!=`` and ``not in``."""
        if self.operator in ("in", "not in"):
            return (value in self.values) == (self.operator == "in")
        wanted = self.values[0]
        if self.operator in ("==", "!="):
            return (value == wanted) == (self.operator == "==")
        if value is None or isinstance(value, str) != isinstance(wanted, str):
            return False
        below, equal = value < wanted, value == wanted  # type: ignore[operator]
        return {"<": below, "<=": below or equal, ">": not below and not equal, ">=": not below}[self.operator]


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> tuple[Comparison, ...]:
    """Read a condition; all of its comparisons must hold.

    Raises
    ------
    ValueError
        If a part is no comparison.

    Examples
    --------
    >>> parse_condition("amount > 5000 and visits(Match order) >= 2")[1].argument
    'Match order'
    """
    return tuple(_comparison(part) for part in _JOINT.split(text.strip()))


def _comparison(text: str) -> Comparison:
    match = _COMPARISON.match(text)
    if not match:
        raise ValueError(f"cannot read the condition {text!r}; write 'amount > 5000' or 'visits(Match order) >= 2'")
    call, argument, quoted, bare, operator, right = match.groups()
    thing = call or quoted or bare.strip()
    written = _ITEM.findall(right.strip("[]")) if operator in ("in", "not in") else [right]
    values = tuple(_length(item) if thing == "age" else _value(item) for item in written)
    return Comparison(thing, argument or "", "==" if operator == "=" else operator, values)


def _length(text: str) -> float:
    return seconds(text.strip().strip("\"'"))


def _value(text: str) -> Value:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if _MORE.search(text):
        raise ValueError(
            f"cannot read {text!r} as one value; comparisons are joined by 'and' only: for 'or' write two branches or "
            "'vendor in [Acme, Delta]', and put words with such signs in quotes"
        )
    if re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?", text):
        return datetime.fromisoformat(text)
    try:
        return float(text)
    except ValueError:
        return text


def _readable(text: str) -> str:
    parse_condition(text)
    return text


Condition = Annotated[str, AfterValidator(_readable)]
"""Text such as ``amount > 5000 and visits(Match order) >= 2``; see ``bko_mining.twin.conditions``."""
