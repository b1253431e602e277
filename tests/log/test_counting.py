"""Counts by hand, and against counting case by case."""

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bko_mining.log.coding import encode
from bko_mining.log.counting import cases_with, totals, variant_numbers, written_variants
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import Grouping
from bko_mining.log.grouping import summarise as grouped
from bko_mining.log.summaries import summarise

ROWS = [  # case, activity, resource, start, end
    ("A", "register", "ana", "08:00", "09:00"),
    ("A", "check", None, "09:30", "10:00"),
    ("A", "check", "bia", "10:00", "12:00"),
    ("B", "register", "ana", "08:00", "08:10"),
    ("B", "pay", "ana", "08:30", None),
]


@pytest.fixture
def log() -> EventLog:
    frame = pd.DataFrame(ROWS, columns=["case_id", "activity", "resource", "start", "end"])
    frame[["start", "end"]] = frame[["start", "end"]].apply(lambda c: pd.to_datetime("2026-01-05 " + c))
    return EventLog.from_frame(frame, timezone="UTC")


def test_a_summary_by_hand(log: EventLog) -> None:
    found = summarise(log)
    assert found.activities.loc["check"].tolist() == [2, 1, 1]
    follows = found.directly_follows
    assert follows["n"].to_dict() == {("check", "check"): 1, ("register", "check"): 1, ("register", "pay"): 1}
    assert follows.loc[("register", "check"), "total_time"] == pd.Timedelta("1h")
    assert follows.loc[("register", "pay"), "total_time"] == pd.Timedelta("20min")  # an open instance: its start
    assert found.variants["n"].to_dict() == {"register → check → check": 1, "register → pay": 1}
    assert found.resources.loc["ana"].tolist() == [3, 2, pd.Timedelta("70min")]
    assert found.resources.loc["bia"].tolist() == [1, 1, pd.Timedelta("2h")]
    # ana → nobody → bia: a gap is no handover.
    assert found.handovers["n"].to_dict() == {("ana", "ana"): 1}


def test_a_log_without_resources_has_no_use_of_them(log: EventLog) -> None:
    bare = EventLog.from_frame(log.frame.drop(columns="resource"), timezone="UTC")
    assert len(summarise(bare).resources) == len(summarise(bare).handovers) == 0


@pytest.mark.parametrize("size", [3, 64, 65, 700])
def test_cases_and_variants_are_those_of_counting_case_by_case(size: int) -> None:
    random = np.random.default_rng(size)
    case, activity = random.integers(0, 40, 400), random.integers(0, size, 400)
    frame = pd.DataFrame({"case": case, "activity": activity.astype(str), "end": pd.Timestamp("2026-01-05")})
    frame["end"] += pd.to_timedelta(np.arange(400), unit="min")
    log = EventLog.from_frame(frame, {"case_id": "case", "activity": "activity", "end": "end"}, timezone="UTC")
    wanted = Counter(activity for _, own in frame.groupby("case") for activity in set(own["activity"]))
    found = cases_with(log, log.activity, len(log.activities))
    assert dict(zip(log.activities, found.tolist(), strict=True)) == wanted
    number, first = variant_numbers(log)
    texts = frame.groupby("case")["activity"].agg(" → ".join)
    assert Counter(written_variants(log, first).take(number).to_pylist()) == Counter(texts)


def test_sums_are_exact() -> None:
    random = np.random.default_rng(0)
    codes, values = random.integers(0, 5, 10_000), random.integers(-(2**52), 2**52, 10_000)
    exact = np.zeros(5, np.int64)
    np.add.at(exact, codes, values)
    assert totals(codes, values, 5).tolist() == exact.tolist()


@pytest.mark.parametrize("n_groups", [3, 70_000])
def test_quantiles_of_groups_are_those_of_pandas_however_many_there_are(n_groups: int) -> None:
    random = np.random.default_rng(3)
    codes, values = random.integers(0, n_groups, 5000), random.integers(-(10**12), 10**12, 5000)
    labels = pd.DataFrame({"name": np.arange(n_groups)})
    told = grouped(values, Grouping(codes, labels), name="time").set_index("name")
    usual = pd.Series(values).groupby(codes)
    assert told["n"].tolist() == usual.size().tolist()
    assert told["total_time"].astype(np.int64).tolist() == usual.sum().tolist()
    for name, q in (("median_time", 0.5), ("p90_time", 0.9)):
        assert np.abs(told[name].astype(np.int64).to_numpy() - usual.quantile(q).to_numpy()).max() <= 1


def test_chunks_that_share_dictionaries_are_coded_as_texts_are() -> None:
    random = np.random.default_rng(5)
    first, second = pa.array(["a", "b", None, "c"]), pa.array(["c", "d", "a", "e"])
    shared = [
        pa.DictionaryArray.from_arrays(pa.array(random.integers(0, 4, 50), mask=random.random(50) < 0.1), names)
        for names in (first, first, second, first, second)
    ]
    for chunks in (shared, shared[1:3], [*shared, shared[0].slice(0, 0)]):
        column = pa.chunked_array(chunks)
        codes, names = encode(column)
        told = [None if code < 0 else names[code].as_py() for code in codes.tolist()]
        assert told == column.to_pylist()
