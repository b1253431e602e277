"""What a run writes down: one row of whole numbers for each activity instance, in the order of the ends."""

import struct
from collections.abc import Mapping
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
        self._columns: dict[str, NDArray[Any]] = {}
        self.notes: dict[str, dict[int, Any]] = {}

    def add(self, item: Item, end: int) -> None:
        """Write an instance down."""
        self.write(
            pack(item.enabled, item.ready, item.queued, item.start, end, item.case, item.activity, item.who),
        )

    def note(self, name: str, value: Any, rows: int = 1) -> None:
        """Keep a rare fact about the latest rows."""
        self.notes.setdefault(name, {}).update(dict.fromkeys(range(len(self) - rows, len(self)), value))

    def take(self, times: NDArray[np.int64], codes: NDArray[np.int32]) -> None:
        """Take over the columns that the compiled lane wrote."""
        self._columns = dict(zip(ROW.names or (), (*times, *codes), strict=True))

    def __len__(self) -> int:
        return len(self._rows) // ROW.itemsize + (len(self._columns["case"]) if self._columns else 0)

    def table(self) -> Mapping[str, NDArray[Any]]:
        """The rows as columns; views, no copies, where one lane wrote them."""
        rows = np.frombuffer(self._rows, ROW) if len(self._rows) else np.zeros(0, ROW)
        own = {name: rows[name] for name in ROW.names or ()}
        if not self._columns:
            return own
        return self._columns if not len(rows) else {n: np.concatenate([self._columns[n], own[n]]) for n in own}
