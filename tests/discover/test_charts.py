"""Dotted chart and performance spectrum: by hand on a few cases, and their pictures."""

import numpy as np
import pandas as pd
import pytest

from bko_mining.discover.dotted_chart import dotted_chart
from bko_mining.discover.performance_spectrum import performance_spectrum
from bko_mining.discover.variants import variants
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.present.figures import WholeDays, png_bytes
from bko_mining.words import speaking
from tests.analyse.logs import log_of

HOUR = 3_600_000_000


def _three() -> EventLog:
    # Starts 0, 1 and 2 h; cycle times 5, 2 and 8 h. C3 waits longest, C2 overtakes C1 between a and b.
    return log_of(
        [
            ("C1", "a", "Ana", 0, 1), ("C1", "b", "Bruno", 4, 5),
            ("C2", "a", "Ana", 1, 2), ("C2", "b", "Bruno", 2.5, 3),
            ("C3", "a", "Ana", 2, 3), ("C3", "x", "Ana", 4, 5), ("C3", "b", "Bruno", 9, 10),
        ]
    )  # fmt: skip


def test_dots_stand_on_the_row_of_their_case() -> None:
    found = dotted_chart(_three(), order="duration", time="relative")
    rows = {tuple(pair) for pair in zip(found.row.tolist(), (found.at // HOUR).tolist(), strict=True)}
    # Rows by duration: C2 (2 h), C1 (5 h), C3 (8 h); ends of the instances since the start of the case.
    assert rows == {(1, 1), (1, 5), (0, 1), (0, 2), (2, 1), (2, 3), (2, 8)}
    by_start = dotted_chart(_three())
    assert by_start.row.tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert found.table.set_index("activity")["n"].to_dict() == {"a": 3, "b": 3, "x": 1}
    assert found.table.set_index("activity")["median_since_start"]["b"] == pd.Timedelta(hours=5)


@pytest.mark.parametrize("wrong", [{"time": "clock"}, {"order": "size"}, {"by": "colour"}])
def test_what_a_dotted_chart_does_not_know_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(LogError):
        dotted_chart(_three(), **wrong)  # type: ignore[arg-type]


def test_passages_are_timed_classed_and_overtaken() -> None:
    found = performance_spectrum(_three(), ["a", "b"], n_classes=3)
    # From the end of a to the start of b: 3 h, .5 h and 6 h; C1 (1 to 4) is overtaken by C2 (2 to 2.5).
    assert ((found.end - found.begin) / HOUR).tolist() == [3, 0.5, 6]
    assert found.speed.tolist() == [1, 0, 2]
    row = found.table.iloc[0]
    assert (row["n"], row["median_time"]) == (3, pd.Timedelta(hours=3))
    assert row["overtaken_share"] == pytest.approx(1 / 3)
    assert found.activities == ("a", "b")


def test_a_queue_in_order_is_never_overtaken() -> None:
    cases = [(f"C{i}", name, None, i + 2 * k, i + 2 * k + 0.5) for i in range(20) for k, name in enumerate("abc")]
    found = performance_spectrum(log_of(cases), n_classes=4)
    assert found.table["overtaken_share"].tolist() == [0, 0]
    assert found.table["n"].tolist() == [20, 20]


@pytest.mark.parametrize(
    ("activities", "classes"), [(["a"], 4), (["a", "a"], 4), (["b", "a"], 4), (["a", "z"], 4), (["a", "b"], 1)]
)
def test_a_spectrum_that_cannot_be_is_refused(activities: list[str], classes: int) -> None:
    with pytest.raises(LogError):
        performance_spectrum(_three(), activities, n_classes=classes)


def test_picked_variants_are_cases() -> None:
    log = _three()
    found = variants(log)
    assert found.cases_of(0).tolist() == [True, True, False]
    assert log.take_cases(found.cases_of(1)).case_ids.to_pylist() == ["C3"]
    with pytest.raises(IndexError):
        found.cases_of(2)


def test_pictures_are_the_same_again_and_speak_portuguese() -> None:
    log = _three()
    for found in (dotted_chart(log), dotted_chart(log, time="relative", by="resource"), performance_spectrum(log)):
        assert png_bytes(found.plot()) == png_bytes(found.plot())
        with speaking("pt_BR"):
            assert found.plot().get_title(loc="left").startswith("Cada")


@pytest.mark.parametrize("days", [0.2, 3, 20, 70, 200, 900, 4000, 9000])
def test_dates_on_an_axis_are_few_and_whole(days: float) -> None:
    first = pd.Timestamp("2026-03-03 10:17", tz="America/Sao_Paulo").timestamp()
    ticks = WholeDays("America/Sao_Paulo").tick_values(first, first + days * 86400)
    assert len(ticks) <= 9
    assert len(ticks) >= (2 if days > 2 else 0)
    local = pd.DatetimeIndex(np.asarray(ticks) * 1e9, tz="UTC").tz_convert("America/Sao_Paulo")
    assert (local == local.normalize()).all()
