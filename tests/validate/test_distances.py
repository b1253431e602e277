"""The distances against the package of the field, and by hand."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bko_mining.log.event_log import EventLog
from bko_mining.validate.distances import MEASURES, distances, ngram_distance, wasserstein
from bko_mining.validate.floors import copy_of_the_past


def event_log(frame):
    cases, ids = pd.factorize(frame["case_id"].astype(str))
    codes, names = pd.factorize(frame["activity"])
    start, end = (
        frame[name].dt.tz_localize(None).to_numpy().astype("M8[us]").astype(np.int64)
        for name in ("start_time", "end_time")
    )
    return EventLog.from_codes(
        case=cases.astype(np.int32), case_ids=pa.array(ids), activity=codes.astype(np.int32),
        activities=tuple(names), start=start, end=end,
    )  # fmt: skip


def _log(rows):
    frame = pd.DataFrame(rows, columns=["case_id", "activity", "start_time", "end_time"])
    return event_log(frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in frame.columns[2:]}))


ONE = [
    ("1", "Register", "2026-01-05 09:00", "2026-01-05 10:00"),
    ("1", "Pay", "2026-01-05 12:00", "2026-01-05 13:00"),
]


def test_three_grams_by_hand():
    # . . R | . R P | R P . | P . .  against  . . R | . R . | R . . : one of 7 shared on each side.
    other = [("1", "Register", "2026-01-05 09:00", "2026-01-05 10:00")]
    assert ngram_distance(_log(ONE), _log(other)) == pytest.approx(1 - 2 / 7)


def test_a_shift_of_the_clock_by_hand():
    later = [(c, a, s.replace("05 ", "06 "), e.replace("05 ", "06 ")) for c, a, s, e in ONE]
    found = distances(_log(ONE), _log(later))
    assert found["AED"] == found["CAR"] == 24
    assert found["RED"] == found["CTD"] == found["NGD"] == 0
    # Monday only in one, Tuesday only in the other: the greatest distance on two of seven days.
    assert found["CED"] == pytest.approx(2 * 23 / 7)


def test_wasserstein_needs_no_equal_sizes():
    assert wasserstein(np.array([0]), np.array([1, 3])) == 2.0


@pytest.mark.parametrize("name", ["LoanApp", "P2P", "Production", "ACR"])
def test_equal_to_log_distance_measures(shared, name):
    tools = pytest.importorskip("log_distance_measures.config")
    folder = shared / "logs" / "fidelity"
    paths = [folder / f"{name}_{part}.csv.gz" for part in ("test", "train")]
    ours = distances(*(event_log(_frame(path)) for path in paths))
    theirs = _reference(tools, *(_frame(path) for path in paths))
    assert {key: ours[key] for key in MEASURES} == pytest.approx(theirs, abs=1e-6)


def _frame(path):
    frame = pd.read_csv(path, low_memory=False)
    for column in ("start_time", "end_time"):
        frame[column] = pd.to_datetime(frame[column], utc=True, format="mixed")
    return frame


def _reference(tools, one, other):
    from log_distance_measures.absolute_event_distribution import absolute_event_distribution_distance as aed
    from log_distance_measures.case_arrival_distribution import case_arrival_distribution_distance as car
    from log_distance_measures.circadian_event_distribution import circadian_event_distribution_distance as ced
    from log_distance_measures.cycle_time_distribution import cycle_time_distribution_distance as ctd
    from log_distance_measures.n_gram_distribution import n_gram_distribution_distance as ngd
    from log_distance_measures.relative_event_distribution import relative_event_distribution_distance as red

    ids = tools.EventLogIDs(
        case="case_id", activity="activity", resource="resource", start_time="start_time", end_time="end_time"
    )
    logs = (one, ids, other, ids)
    return {
        "NGD": ngd(*logs, n=3),
        "AED": aed(*logs),
        "CED": ced(*logs),
        "RED": red(*logs),
        "CTD": ctd(*logs, bin_size=pd.Timedelta(hours=1)),
        "CAR": car(*logs),
    }


def test_replay_of_the_past_as_published(shared):
    # FIDELITY.md, COPY on the academic credentials log: NGD .177, AED 226, CED 1.72, RED 26.2, CTD 62.2, CAR 238.
    folder = shared / "logs" / "fidelity"
    train, test = (event_log(_frame(folder / f"ACR_{part}.csv.gz")) for part in ("train", "test"))
    found = distances(test, copy_of_the_past(train, test))
    published = {"NGD": 0.177, "AED": 226, "CED": 1.72, "RED": 26.2, "CTD": 62.2, "CAR": 238}
    assert found == pytest.approx(published, rel=0.005)
