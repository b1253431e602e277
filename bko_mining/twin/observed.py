"""The memory of a twin: past cases packed compactly into the one YAML file."""

import base64
import zlib
from datetime import date, datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bko_mining.twin.values import Part, Seconds, Share


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


class ObservedCases(Part):
    """Past cases that the twin remembers, to write logs like the observed one.

    While a twin has this memory, ``simulate`` lets every new case follow a past one that came at a like hour of a like
    weekday: waits for outsiders, habits of the day and the ways of whole cases come out as they were. The memory knows
    nothing of causes: what-if runs leave it aside (``Twin.causal``) and let queues, calendars and delays decide.

    One row an instance in ``instances``, sorted by case and start: ``case``, ``activity`` and ``resource`` (codes;
    resource -1 if missing), ``start`` and ``end`` (whole seconds after midnight of ``since``, local time). One row a
    case in ``cases``: ``weight``, how much it counts (cases like it that had not finished in time are made up for).
    """

    since: date = Field(description="Local day from which the seconds are counted.")
    until: datetime = Field(description="Local instant at which the log ended.")
    activities: tuple[str, ...]
    resources: tuple[str, ...] = ()
    instances: PackedTable
    cases: PackedTable
    faithfulness: Share = Field(1.0, description="Probability at each step to go on like the case followed so far.")
    backing: float = Field(2.0, ge=0, description="Weight of the shorter memory, in donors, when it does not.")
    tolerance: Seconds = Field(1800.0, description="How far the clock time of a past case may be off, if enough are.")
    donors: int = Field(10, ge=1, description="How many past cases are enough.")
    same_kind_of_day: bool = Field(
        False, description="Intervals over midnight come from the same kind of weekday only."
    )
    holidays: str | None = Field(None, description="Region on whose holidays nobody works, e.g. BR-SP.")
    sliced: bool = Field(
        False,
        description="Whether the log was a slice of time, which cuts cases at its edges instead of leaving them out.",
    )

    @model_validator(mode="after")
    def _has_its_columns(self) -> Self:
        missing = {"case", "activity", "resource", "start", "end"} - set(self.instances.columns)
        if missing or "weight" not in self.cases.columns:
            raise ValueError(f"observed cases lack the columns {', '.join(sorted(missing)) or 'weight'}")
        return self
