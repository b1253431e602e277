"""A planted change is found with its date; logs without one, or with an odd beginning, are left alone."""

import numpy as np
import pandas as pd
import pytest

import bko_mining as bko
from bko_mining.log.event_log import EventLog
from bko_mining.words import speaking
from tests.analyse.logs import log_of

WEEKS, PLANTED = 40, 24


def office(seed: int, *, slower: float = 1.0, per_week: int = 25, empty: int = 0) -> EventLog:
    """Cases of three activities with long waits between; from a week on "check" takes longer, nothing else does."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, str | None, float | None, float]] = []
    rows.extend((f"0-{week}", "key in", "Ana", 168.0 * week, 168.0 * week + 1) for week in range(0, empty, 20))
    for week in range(empty, empty + WEEKS):
        for k in range(int(rng.poisson(per_week))):
            at = 168 * week + float(rng.uniform(0, 160))
            for what, mean in (("key in", 0.2), ("check", 0.5), ("pay", 0.1)):
                factor = slower if what == "check" and week >= empty + PLANTED else 1.0
                work = mean * factor * float(rng.lognormal(0, 0.5))
                rows.append((f"{week + 1:03d}-{k:03d}", what, f"P{int(rng.integers(4))}", at, at + work))
                at += work + float(rng.exponential(40))
    return log_of(rows)


@pytest.mark.parametrize("seed", range(4))
def test_an_activity_that_takes_a_fifth_longer_is_found_with_its_date(seed: int) -> None:
    found = bko.drift(office(seed, slower=1.2))
    assert found.table[["aspect", "what"]].values.tolist() == [["work", "check"]]
    row = found.table.iloc[0]
    assert row["earliest"] <= pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=PLANTED) <= row["latest"]
    assert row["change_share"] == pytest.approx(0.2, abs=0.1)
    assert "on, working times of “check”: " in found.summary
    with speaking("pt_BR"):
        assert "tempos de trabalho de “check”: " in found.summary


def test_offices_that_stay_as_they_are_raise_few_alarms() -> None:
    # 5 % of 20 logs is 1; above 4 the binomial probability is under 1 %.
    assert sum(len(bko.drift(office(seed)).table) > 0 for seed in range(20)) <= 4


def test_a_beginning_with_next_to_nothing_is_told_and_not_judged() -> None:
    found = bko.drift(office(1, empty=60))
    assert not len(found.table)
    assert found.nearly_empty_before == pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=60)
    assert found.summary.endswith("Before 1 Mar 2027 the log is nearly empty.")


def test_a_change_from_next_to_nothing_is_told_in_levels() -> None:
    rows = [(f"{week:03d}-{k:03d}", "a", "Ana", 168.0 * week + 5 * k, 168.0 * week + 5 * k + 1)
            for week in range(40) for k in range(1 if week < 20 else 30)]  # fmt: skip
    assert "cases that arrive a week: 1.0 → 30." in bko.drift(log_of(rows)).clearest


def test_arrivals_are_not_judged_after_the_last_one() -> None:
    log = office(3)
    kept = log.started_in(None, "2026-07-06")
    assert "arrivals" not in set(bko.drift(kept).table["aspect"])
