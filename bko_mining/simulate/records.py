"""What a run writes down: whole numbers of each activity instance, in the order of the ends.

The SimPy lane writes row by row and moves the rows into columns now and then; the compiled lane fills columns at once.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.simulate.people import Item

COLUMNS = dict.fromkeys(("enabled", "ready", "queued", "start", "end"), np.int64) | dict.fromkeys(
    ("case", "activity", "who"), np.int32
)
"""Five instants, then the codes of case, activity and resource; 52 bytes a row."""

_ROW = np.dtype(list(COLUMNS.items()))
pack = struct.Struct("=5q3i").pack


class Records:
    """A growing table of activity instances; rare facts are kept apart by row."""

    def __init__(self) -> None:
        self._rows = bytearray()
        self.write = self._rows.extend
        self.n_folded = 0
        self._columns = empty_columns(0)
        self.notes: dict[str, dict[int, Any]] = {}

    def add(self, item: Item, end: int) -> None:
        """Write an instance down."""
        self.write(
            pack(item.enabled, item.ready, item.queued, item.start, end, item.case, item.activity, item.who),
        )

    def note(self, name: str, value: Any, rows: int = 1) -> None:
        """Keep a rare fact about the latest rows."""
        self.notes.setdefault(name, {}).update(dict.fromkeys(range(len(self) - rows, len(self)), value))

    def take(self, columns: dict[str, NDArray[Any]], n: int) -> None:
        """Take over the columns that the compiled lane wrote."""
        self._columns, self.n_folded = columns, n

    def __len__(self) -> int:
        return self.n_folded + len(self._rows) // _ROW.itemsize

    def fold(self) -> None:
        """Move the rows written since the last time into the columns."""
        n = len(self)
        rows = np.frombuffer(self._rows, _ROW)
        for name, column in self._columns.items():
            if n > len(column):
                self._columns[name] = widened(column, self.n_folded, 2 * n)
            self._columns[name][self.n_folded : n] = rows[name]
        del rows
        self._rows.clear()
        self.n_folded = n

    def columns(self) -> dict[str, NDArray[Any]]:
        """Hand the columns over, so that each can be let go of once it is copied."""
        self.fold()
        columns, self._columns = self._columns, empty_columns(0)
        return {name: column[: self.n_folded] for name, column in columns.items()}


def empty_columns(n: int) -> dict[str, NDArray[Any]]:
    """Columns with room for so many rows; what is not written takes no memory."""
    return {name: np.empty(n, kind) for name, kind in COLUMNS.items()}


def widened(column: NDArray[Any], n: int, room: int) -> NDArray[Any]:
    """The first ``n`` entries of a column, with room for more."""
    wide = np.zeros(room, column.dtype)
    wide[:n] = column[:n]
    return wide
