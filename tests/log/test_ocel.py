"""Object-centric logs: the type of object is chosen, told and can be changed."""

import json
from pathlib import Path

import pytest

from bko_mining.errors import LogError
from bko_mining.log.reading import read_log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    objects = [{"id": f"o{i}", "type": "order"} for i in (1, 2)] + [{"id": f"i{i}", "type": "item"} for i in range(4)]
    objects[0]["attributes"] = [
        {"name": "value", "time": "2026-01-06T00:00:00Z", "value": 70},
        {"name": "value", "time": "2026-01-05T00:00:00Z", "value": 50},
    ]
    events = [
        {"id": "e1", "type": "order", "time": "2026-01-05T08:00:00Z", "links": ["o1", "i0", "i1"]},
        {"id": "e2", "type": "order", "time": "2026-01-05T09:00:00Z", "links": ["o2", "i2", "i3"]},
        {"id": "e3", "type": "pack", "time": "2026-01-06T08:00:00Z", "links": ["o1", "i0"]},
        {"id": "e4", "type": "count", "time": "2026-01-07T08:00:00Z", "links": ["i3"]},
    ]
    for event in events:
        event["relationships"] = [{"objectId": link, "qualifier": ""} for link in event.pop("links")]
    target = tmp_path / "log.json"
    target.write_text(json.dumps({"objectTypes": [], "eventTypes": [], "objects": objects, "events": events}))
    return target


def test_the_type_most_events_touch_one_of_is_taken_and_told(path: Path) -> None:
    log = read_log(path)
    assert log.case_ids.to_pylist() == ["o1", "o2"]
    assert len(log) == 3
    told = log.issues.set_index("kind").loc["flattened"]
    assert told["n"] == 1
    assert "'order': 'item' (4), 'order' (2)" in told["what"]
    assert log.cases["case:value"].tolist()[0] == 70  # the last known value


def test_another_type_can_be_asked_for(path: Path) -> None:
    log = read_log(path, object_type="item")
    assert (log.n_cases, len(log)) == (4, 6)


def test_an_unknown_type_is_answered_with_the_known_ones(path: Path) -> None:
    with pytest.raises(
        LogError, match=r"type 'invoice'; .*'item' \(4\), 'order' \(2\). Pass one of them as object_type"
    ):
        read_log(path, object_type="invoice")
