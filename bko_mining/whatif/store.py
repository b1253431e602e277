"""Outcomes kept on disk as they come: one small Parquet file a replication, in a folder named by what was run."""

import os
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bko_mining.whatif.runs import Outcome

_FIGURE = "figure"
_OLD = 3600.0


class Store:
    """The outcomes of one prepared twin under one setting.

    The folder's name is the key of both, so an outcome of another twin, seed or version can never be taken for this
    one. A file appears whole or not at all (written beside, then renamed), so a run may be killed at any instant.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder / key
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def read(self, replication: int) -> Outcome | None:
        """Return a kept outcome, or None."""
        file = self._file(replication)
        if not file.exists():
            return None
        table = pq.read_table(file).to_pydict()
        figures, series = {}, {}
        for kind, name, values in zip(table["kind"], table["name"], table["values"], strict=True):
            if kind == _FIGURE:
                figures[name] = values[0]
            else:
                series[name] = np.array(values, float)
        return Outcome(figures, series)

    def write(self, replication: int, outcome: Outcome) -> None:
        """Keep an outcome."""
        figures = [(_FIGURE, name, [value]) for name, value in outcome.figures.items()]
        series = [("series", name, values.tolist()) for name, values in outcome.series.items()]
        kinds, names, values = zip(*figures, *series, strict=True)
        table = pa.table({"kind": kinds, "name": names, "values": pa.array(values, pa.list_(pa.float64()))})
        file = self._file(replication)
        beside = file.with_suffix(f".{os.getpid()}.part")
        pq.write_table(table, beside)
        beside.replace(file)

    def _sweep(self) -> None:
        """Remove what killed runs left half written: files that nobody has finished within the hour."""
        for beside in self.folder.glob("*.part"):
            if time.time() - beside.stat().st_mtime > _OLD:
                beside.unlink(missing_ok=True)

    def _file(self, replication: int) -> Path:
        return self.folder / f"{replication:06d}.parquet"
