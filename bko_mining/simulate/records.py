"""What a run writes down: one row of whole numbers for each activity instance, in the order of the ends."""

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.simulate.people import Item

COLUMNS = ("case", "activity", "who", "enabled", "ready", "queued", "start", "end")


class Records:
    """A growing table of activity instances; rare facts are kept apart by row."""

    def __init__(self) -> None:
        self._rows = array("q")
        self.write = self._rows.extend
        self.notes: dict[str, dict[int, Any]] = {}

    def add(self, item: Item, end: int) -> None:
        """Write an instance down."""
        self.write((item.case, item.activity, item.who, item.enabled, item.ready, item.queued, item.start, end))

    def note(self, name: str, value: Any) -> None:
        """Keep a rare fact about the latest row."""
        self.notes.setdefault(name, {})[len(self) - 1] = value

    def __len__(self) -> int:
        return len(self._rows) // len(COLUMNS)

    def table(self) -> dict[str, NDArray[np.int64]]:
        """The rows as columns (views, no copies)."""
        rows = np.frombuffer(self._rows, np.int64) if len(self._rows) else np.zeros(0, np.int64)
        matrix = rows.reshape(-1, len(COLUMNS))
        return {name: matrix[:, i] for i, name in enumerate(COLUMNS)}
