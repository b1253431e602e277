"""Conditions of a twin, written as short text: ``amount > 5000 and vendor in [Acme, Delta]``.

A condition compares one thing with a value; several are joined by ``and``. Things: an attribute of the case, ``type``
(the case type), ``visits(Activity)`` (how often the case has done it), ``last`` (its latest finished activity),
``resource`` (who did that), ``queue(Role)`` (items that wait for the role now), ``date``, ``weekday`` (Mon … Sun) and
``hour`` of the moment, ``age`` (seconds since the case arrived).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

MOMENT = ("visits", "queue", "last", "resource", "date", "weekday", "hour", "age")
"""What can change while a case runs; all other things are fixed when it arrives."""

_COMPARISON = re.compile(
    r"\s*(?:(visits|queue)\(([^)]+)\)|\"([^\"]+)\"|([\w ./%ºª-]+?))\s*(==|!=|<=|>=|=|<|>|\bnot in\b|\bin\b)\s*(.+?)\s*$"
)
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
    return tuple(_comparison(part) for part in re.split(r"\s+and\s+(?=[^\]]*(?:\[|$))", text.strip()))


def _comparison(text: str) -> Comparison:
    match = _COMPARISON.match(text)
    if not match:
        raise ValueError(f"cannot read the condition {text!r}; write 'amount > 5000' or 'visits(Match order) >= 2'")
    call, argument, quoted, bare, operator, right = match.groups()
    if operator in ("in", "not in"):
        values = tuple(_value(item) for item in right.strip("[]").split(","))
    else:
        values = (_value(right),)
    return Comparison(call or quoted or bare.strip(), argument or "", "==" if operator == "=" else operator, values)


def _value(text: str) -> Value:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
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
