"""A field of a frozen value that may be given as a function, and is made at the first look.

A simulated log carries the causes of its waits in columns that many questions never ask for; a sweep of a thousand runs
should not pay for them. Whoever looks at the field finds the value and cannot tell the difference.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_SLOTS: dict[tuple[type, str], Any] = {}


def defer(kind: type, name: str) -> None:
    """Let a field of a class with slots be given as a function without arguments.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, slots=True)
    ... class Answer:
    ...     number: int
    >>> defer(Answer, "number")
    >>> Answer(lambda: 6 * 7).number, Answer(7).number
    (42, 7)
    """
    slot = _SLOTS[kind, name] = kind.__dict__[name]

    def look(value: Any) -> Any:
        found = slot.__get__(value)
        if callable(found):
            found = found()
            slot.__set__(value, found)
        return found

    setattr(kind, name, property(look, slot.__set__, doc=slot.__doc__))


def taken(value: Any, name: str, rows: NDArray[np.int64]) -> Any:
    """Some rows of a field; made later if the field is still to be made."""
    held = _SLOTS[type(value), name].__get__(value)
    return (lambda: held().take(pa.array(rows))) if callable(held) else held.take(pa.array(rows))
