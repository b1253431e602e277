"""The memory of a twin survives the way through its file, and a twin can leave it aside."""

from datetime import date, datetime

import numpy as np
import pytest

from bko_mining.twin.model import Twin
from bko_mining.twin.observed import ObservedCases, PackedTable


def _memory() -> ObservedCases:
    columns = {name: np.array([0, 1, 1], np.int32) for name in ("case", "activity", "resource", "start", "end")}
    return ObservedCases(
        since=date(2026, 1, 5),
        until=datetime(2026, 2, 1, 12),
        activities=("Register", "Pay"),
        instances=PackedTable.pack(columns),
        cases=PackedTable.pack({"weight": np.array([1.0, 2.0], np.float32)}),
    )


def _twin() -> Twin:
    return Twin.from_yaml("{arrivals: [{per_week: 40}], activities: {Register: {time: 1 h}}, routing: [Register]}")


def test_memory_survives_the_file():
    twin = _twin().replace(observed=_memory())
    again = Twin.from_yaml(twin.to_yaml())
    assert again.observed == twin.observed
    assert again.observed.instances.arrays()["case"].tolist() == [0, 1, 1]


def test_the_causal_twin_has_no_memory_and_is_otherwise_the_same():
    assert _twin().replace(observed=_memory()).causal == _twin()


def test_memory_without_its_columns_is_refused():
    with pytest.raises(ValueError, match="lack the columns activity"):
        ObservedCases.model_validate(_memory().model_dump() | {"instances": PackedTable.pack({"case": np.zeros(1)})})
