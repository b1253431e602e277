"""What is written reads back the same, whatever the form, the names and the instants."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bko_mining.log.event_log import EventLog
from bko_mining.log.reading import read_log
from bko_mining.log.summaries import summarise

FORMS = ["csv", "parquet", "xes", "json"]
COLUMNS = {name: name for name in ("case_id", "activity", "resource", "role", "start", "end", "enabled")}
WORDS = ["1", "b 2", "ç;3", 'q"4', "<5&>", "l\n6", " é'7"]

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(WORDS),
        st.sampled_from(["abrir", "a,b", "x\ty"]),
        st.sampled_from([None, "ana", "José, o 2º"]),
        st.sampled_from([None, "fiscal"]),
        st.integers(0, 10**9),
        st.integers(0, 10**6),
        st.integers(0, 10**5),
        st.floats(-1e6, 1e6).map(lambda x: round(x, 3)),
    ),
    min_size=2,
    max_size=12,
)


def made(rows: list) -> EventLog:
    names = ["case_id", "activity", "resource", "role", "start", "length", "queue", "amount"]
    frame = pd.DataFrame(rows, columns=names)
    seconds = {"start": frame["start"], "end": frame["start"] + frame.pop("length")}
    seconds["enabled"] = frame["start"] - frame.pop("queue")
    for name, value in seconds.items():
        frame[name] = pd.to_datetime(value * 1_000_000 + 1_700_000_000_000_000, unit="us")
    # Equal instants of one case and activity may be paired either way by formats of single events.
    frame = frame.drop_duplicates(["case_id", "activity", "start"]).drop_duplicates(["case_id", "start"])
    frame["case:priority"] = frame["case_id"].map({word: f"p{i % 2}" for i, word in enumerate(WORDS)})
    columns = {k: v for k, v in COLUMNS.items() if frame[v].notna().any()}
    return EventLog.from_frame(frame, columns, timezone="America/Sao_Paulo")


def written(log: EventLog, form: str, folder: Path) -> EventLog:
    write: dict[str, Callable[[Path], Path]] = {
        "csv": log.write_csv, "parquet": log.write_parquet, "xes": log.write_xes, "json": log.write_ocel,
    }  # fmt: skip
    return read_log(write[form](folder / f"log.{form}"), timezone=log.timezone)


def comparable(log: EventLog) -> pd.DataFrame:
    frame = log.frame
    for name in COLUMNS:
        frame[name] = frame.get(name)
    texts = {name: object for name in ("case_id", "activity", "resource", "role", "case:priority")}
    return frame[[*COLUMNS, "amount", "case:priority"]].astype(texts).replace({np.nan: None})


@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(EVENTS, st.sampled_from(FORMS))
def test_writing_and_reading_back_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list, form: str
) -> None:
    log = made(rows)
    back = written(log, form, tmp_path_factory.mktemp("trip"))
    pd.testing.assert_frame_equal(comparable(log), comparable(back), check_dtype=False)


@settings(max_examples=15, deadline=None, phases=[Phase.generate])
@given(EVENTS, st.integers(1, 4))
def test_chunking_changes_nothing(rows: list, k: int) -> None:
    log = made(rows)
    part = np.arange(log.n_cases) % k
    first, *others = (summarise(log.take_cases(part == i)) for i in range(min(k, log.n_cases)))
    whole, merged = summarise(log).merge(), first.merge(*others)
    for name in ("activities", "directly_follows", "variants", "resources", "handovers"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(merged, name))
    assert (whole.n_cases, whole.first, whole.last) == (merged.n_cases, merged.first, merged.last)
