"""What a run writes down: one row of whole numbers for each activity instance, in the order of the ends."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.simulate.people import Item

ROW = np.dtype(
    [(name, np.int64) for name in ("enabled", "ready", "queued", "start", "end")]
    + [(name, np.int32) for name in ("case", "activity", "who")]
)
"""A row: five instants, then the codes of case, activity and resource; 52 bytes."""

pack = struct.Struct("=5q3i").pack


class Records:
    """A growing table of activity instances; rare facts are kept apart by row."""

    def __init__(self) -> None:
        self._rows = bytearray()
        self.write = self._rows.extend
        self.notes: dict[str, dict[int, Any]] = {}

    def add(self, item: Item, end: int) -> None:
        """Write an instance down."""
        self.write(
            pack(item.enabled, item.ready, item.queued, item.start, end, item.case, item.activity, item.who),
        )

    def note(self, name: str, value: Any) -> None:
        """Keep a rare fact about the latest row."""
        self.notes.setdefault(name, {})[len(self) - 1] = value

    def __len__(self) -> int:
        return len(self._rows) // ROW.itemsize

    def table(self) -> NDArray[Any]:
        """The rows as a structured array (a view, no copy)."""
        return np.frombuffer(self._rows, ROW) if len(self._rows) else np.zeros(0, ROW)
