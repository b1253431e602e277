"""Throughput, work in progress and service levels on logs worked out by hand."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bko_mining.analyse.sla import sla
from bko_mining.analyse.throughput import mean_under_way, throughput, work_in_progress
from bko_mining.errors import LogError
from bko_mining.words import speaking
from tests.analyse.logs import log_of

# A: cycle 8 h, 5 h of it before approve. B: cycle 4 h, 1 h of it before pay.
TWO = [
    ("A", "register", "Ana", 8.0, 9.0),
    ("A", "approve", "Rui", 14.0, 15.0),
    ("A", "pay", "Ana", 15.0, 16.0),
    ("B", "register", "Ana", 9.0, 10.0),
    ("B", "approve", "Rui", 10.0, 11.0),
    ("B", "pay", "Ana", 12.0, 13.0),
]


def test_work_in_progress_is_the_mean_over_the_day() -> None:
    table = work_in_progress(log_of(TWO)).table
    assert table["work_in_progress"].tolist() == pytest.approx([(8 + 4) / 24])
    assert table[["n_arrived", "n_finished"]].values.tolist() == [[2, 2]]


def test_littles_law_is_close_in_a_steady_flow_and_the_rate_is_right() -> None:
    rng = np.random.default_rng(3)
    arrivals = np.cumsum(rng.exponential(1.0, 3000))
    rows = [(str(k), "do", None, float(at), float(at + rng.exponential(12))) for k, at in enumerate(arrivals)]
    found = throughput(log_of(rows))
    assert found.throughput == pytest.approx(24, rel=0.08)
    assert found.mean_work_in_progress == pytest.approx(12, rel=0.12)
    assert 0 < abs(found.discrepancy) < 0.01
    assert found.table["n_finished"].sum() == 3000


def test_flow_in_working_time_by_hand() -> None:
    # Open 9-13: A (8-16) is under way all four hours, B (9-13) too; two cases are finished in four hours.
    table = work_in_progress(log_of(TWO), calendar="Mon-Fri 09:00-13:00").table
    assert table["work_in_progress"].tolist() == [2]
    weekend = work_in_progress(log_of([("A", "do", None, 96.0, 170.0)]), calendar="Mon-Fri 09:00-13:00").table
    assert weekend["work_in_progress"].isna().tolist() == [False, True, True, False]
    assert weekend["work_in_progress"].dropna().tolist() == [1, 0]


def test_littles_law_holds_in_working_time_too() -> None:
    rng = np.random.default_rng(5)
    arrivals = np.cumsum(rng.exponential(1.0, 3000))
    rows = [(str(k), "do", None, float(at), float(at + rng.exponential(30))) for k, at in enumerate(arrivals)]
    for found in (throughput(log_of(rows), calendar="Mon-Fri 08:00-18:00"), throughput(log_of(rows), calendar="24/7")):
        assert 0 < abs(found.discrepancy) < 0.02
        assert found.mean_work_in_progress == pytest.approx(30, rel=0.12)
        assert found.summary.endswith(").")
        assert "working hour" in found.summary
    assert found.throughput == pytest.approx(throughput(log_of(rows)).throughput / 24)
    assert found.mean_cycle_time == throughput(log_of(rows)).mean_cycle_time
    with speaking("pt_BR"):
        assert "hora útil" in found.summary


def test_under_way_agrees_with_counting_every_minute() -> None:
    rng = np.random.default_rng(0)
    start = rng.integers(0, 500, 40)
    end = start + rng.integers(0, 300, 40)
    edges = np.array([0, 100, 350, 900])
    instants = np.arange(900) + 0.5
    counts = ((start <= instants[:, None]) & (end > instants[:, None])).sum(axis=1)
    wanted = [counts[a:b].mean() for a, b in itertools.pairwise(edges)]
    assert mean_under_way(start, end, edges).tolist() == pytest.approx(wanted)


def test_breaches_slack_and_blame() -> None:
    found = sla(log_of(TWO), "5 h")
    assert found.breach_share == 0.5
    slack = found.stages.set_index("activity")["median_slack"]
    assert slack["approve"] == pd.Timedelta(hours=1.5)  # (5 - 6) and (5 - 1)
    assert found.stages.set_index("activity")["late_share"]["approve"] == 0.5
    waits = found.waits.set_index("activity")["extra_wait"]
    assert waits.to_dict() == {
        "approve": pd.Timedelta(hours=5), "register": pd.Timedelta(0), "pay": pd.Timedelta(hours=-1),
    }  # fmt: skip
    assert "approve" in found.summary
    with speaking("pt_BR"):
        assert "atrasados" in found.summary


def test_a_young_open_case_is_not_judged_and_an_old_one_is_late() -> None:
    log = replace(log_of(TWO), open_cases=np.array([False, True]))  # B is 7 h old at the end of the log
    assert sla(log, "10 h").n_undecided == 1
    assert sla(log, "6 h").table["n_breaches"].tolist() == [2]


def test_bad_targets_are_refused() -> None:
    for target in ("soon", "0 h", "-1 d"):
        with pytest.raises(LogError, match="target"):
            sla(log_of(TWO), target)


def test_pictures_are_drawn() -> None:
    assert throughput(log_of(TWO)).plot().get_title(loc="left")
    assert work_in_progress(log_of(TWO)).plot().lines
    assert len(sla(log_of(TWO), "5 h").plot().patches) == 2  # only approve is waited for when late
