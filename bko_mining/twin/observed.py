"""Waits re-drawn from what was observed: donor rows packed compactly into the one YAML file."""

import base64
import zlib
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bko_mining.twin.values import Part


class PackedTable(Part):
    """Columns of numbers as text: zlib-compressed little-endian arrays in base64, each with its numpy type.

    Examples
    --------
    >>> table = PackedTable.pack({"wait": np.array([60.0, 90.0])})
    >>> table.n, table.arrays()["wait"].tolist()
    (2, [60.0, 90.0])
    """

    n: int = Field(ge=0, description="Rows.")
    columns: dict[str, tuple[str, str]] = Field(description="Name: (numpy type such as '<i4', data).")

    @classmethod
    def pack(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Pack arrays of one length."""
        lengths = {len(array) for array in arrays.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")
        columns = {}
        for name, array in arrays.items():
            little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
            columns[name] = (little.dtype.str, base64.b64encode(zlib.compress(little.tobytes(), 6)).decode())
        return cls(n=lengths.pop() if lengths else 0, columns=columns)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Unpack the columns."""
        return {
            name: np.frombuffer(zlib.decompress(base64.b64decode(data)), dtype)
            for name, (dtype, data) in self.columns.items()
        }


class ObservedDelays(Part):
    """Donor waits of activities whose start is ``observed``.

    One row a donor. Columns of ``donors``: ``activity`` (code into ``activities``), ``last1``, ``last2``, ``last3``
    (the latest steps before it, newest first; -1 where there are fewer), ``weekday`` and ``clock`` (seconds of the
    day) of the reference instant (end of the previous step, local time), ``wait`` (seconds from the reference to the
    start), ``processing`` (seconds from start to end), ``case`` and ``weight``; more may be added.
    """

    activities: tuple[str, ...]
    donors: PackedTable
    settings: dict[str, float] = Field(default_factory=dict, description="Numbers that steer the sampler.")
    open_days: dict[str, float] = Field(default_factory=dict, description="Share of days with work, by weekday.")

    @model_validator(mode="after")
    def _has_its_columns(self) -> Self:
        missing = {"activity", "last1", "clock", "wait"} - set(self.donors.columns)
        if missing:
            raise ValueError(f"observed donors lack the columns {', '.join(sorted(missing))}")
        return self
