"""Open cases beside the naive median, working time beside calendar time, and the hours of the week; by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bko_mining.analyse.bottlenecks import bottlenecks
from bko_mining.analyse.survival import time_to_finish
from bko_mining.analyse.times import cycle_time, processing_time, waiting_time
from bko_mining.analyse.week_heatmap import heatmap
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import readable
from bko_mining.words import speaking
from tests.analyse.logs import log_of

H = pd.Timedelta(hours=1)
OFFICE = "Mon-Fri 08:00-17:00"
FRIDAY = 4 * 24


def over_the_weekend() -> EventLog:
    """Registered on Friday from 15 to 16 h, approved on Monday from 9 to 11 h."""
    return log_of(
        [("A", "register", "Ana", FRIDAY + 15, FRIDAY + 16), ("A", "approve", "Bo", FRIDAY + 72 + 9, FRIDAY + 72 + 11)]
    )


def test_open_cases_stand_beside_the_naive_median() -> None:
    rows = [(str(k), "do", None, 0.0, float(k + 1)) for k in range(9)]
    log = replace(log_of(rows), open_cases=np.array([True] * 3 + [False] * 6))
    found = cycle_time(log)
    assert found.table["median_cycle_time"].tolist() == [5 * H]
    assert found.open_too is not None
    assert found.open_too.median == time_to_finish(log).median == 8 * H
    assert "less than 5.0 h" in found.summary
    assert "within 8.0 h" in found.summary
    with speaking("pt_BR"):
        assert "Mas 3 deles ainda estão em aberto" in found.summary
    labels = [text.get_text() for text in found.plot().get_legend().get_texts()]
    assert any("8.0 h" in label for label in labels)
    assert any("5.0 h" in label for label in labels)


def test_a_log_without_open_cases_says_nothing_of_them() -> None:
    found = cycle_time(over_the_weekend())
    assert found.open_too is None
    assert "open" not in found.summary


def test_nothing_finished_is_said() -> None:
    log = log_of([("A", "do", None, 0.0, 1.0), ("B", "do", None, 0.0, 3.0)])
    found = cycle_time(replace(log, open_cases=np.array([True, True])))
    assert "too many to know" in found.summary
    assert found.plot().get_legend()


def test_working_time_skips_nights_and_weekends() -> None:
    log = over_the_weekend()
    assert cycle_time(log).table["mean_cycle_time"].tolist() == [68 * H]
    assert cycle_time(log, calendar=OFFICE).table["mean_cycle_time"].tolist() == [5 * H]
    assert waiting_time(log, calendar=OFFICE).values.tolist() == [pd.Timedelta(0), 2 * H]
    assert processing_time(log, calendar=OFFICE).values.tolist() == [1 * H, 2 * H]
    found = bottlenecks(log, calendar=OFFICE)
    assert found.table.loc[0, ["activity", "waiting_time", "cycle_time_share"]].tolist() == ["approve", 2 * H, 0.4]
    assert found.mean_cycle_time == 5 * H
    assert found.table["main_cause"].tolist() == ["unavailability"]
    assert time_to_finish(log, calendar=OFFICE).median == 5 * H


def test_the_calendar_is_on_the_clock_of_the_log() -> None:
    # 15 h UTC on Friday is noon in São Paulo, 9 h on Monday 6 h: five hours, then three from 8 h on.
    log = replace(over_the_weekend(), timezone="America/Sao_Paulo")
    assert cycle_time(log, calendar=OFFICE).values.tolist() == [5 * H]


def test_every_summary_says_its_clock() -> None:
    log = over_the_weekend()
    for measure in (cycle_time, waiting_time, processing_time, bottlenecks, time_to_finish):
        assert "calendar" not in measure(log).summary
        with speaking("pt_BR"):
            assert measure(log, calendar=OFFICE).summary.endswith("Em horas úteis (Mon-Fri 08:00-17:00).")


def test_long_working_time_is_written_in_hours() -> None:
    log = log_of([("A", "do", None, 8.0, 13 * 24 + 17.0)])  # two weeks but the last two days of rest: ten days of nine
    found = cycle_time(log, calendar=OFFICE)
    assert "90.0 h" in found.summary
    assert readable(found.table)["mean cycle time"].tolist() == ["90.0 h"]
    assert readable(cycle_time(log).table)["mean cycle time"].tolist() == ["13.4 d"]


def test_a_heatmap_adds_up() -> None:
    log = over_the_weekend()
    work, waits, arrivals = (heatmap(log, measure) for measure in ("work", "waits", "arrivals"))
    assert arrivals.by_hour[4, 15] == arrivals.by_hour.sum() == 1
    assert np.argwhere(work.by_hour > 0).tolist() == [[0, 9], [0, 10], [4, 15]]
    assert (waits.table["n_waiting"] * waits.table["n_hours"]).sum() == pytest.approx(65)
    assert waits.table["week_share"].sum() == pytest.approx(1)
    assert "48" not in waits.summary
    assert "74 % on weekends" in waits.summary


def test_a_heatmap_is_on_the_clock_of_the_log() -> None:
    log = replace(over_the_weekend(), timezone="Asia/Kolkata")  # 15 h UTC is 20:30 there
    work = heatmap(log, "work").by_hour
    assert work[4, 20] == work[4, 21] == pytest.approx(0.5)


def test_a_heatmap_speaks_and_is_drawn() -> None:
    log = over_the_weekend()
    with speaking("pt_BR"):
        assert heatmap(log).summary.startswith("A maioria dos casos chega a partir das 15 h (sex)")
        assert heatmap(log, "waits").plot().get_title(loc="left") == "Quando o trabalho espera"
    with pytest.raises(LogError, match="choose one of arrivals, work, waits"):
        heatmap(log, "naps")  # type: ignore[arg-type]


def test_a_log_of_ends_alone_has_no_work_to_draw() -> None:
    assert "no start times" in heatmap(log_of([("A", "do", None, None, 1.0)]), "work").summary
