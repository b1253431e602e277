"""Before and after: figures by hand, what is told of drift and of variants, the map and the page."""

import numpy as np
import pandas as pd
import pytest

import bko_mining as bko
from bko_mining.analyse.case_figures import figures
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import presenter
from bko_mining.words import speaking
from tests.analyse.logs import log_of

HOUR = 3600.0


def office(*, weeks: int = 12, busy: float = 3.0, tail: float = 2.0, begin: int = 0) -> EventLog:
    """Ana keys in one case each working day from 9 h on for ``busy`` hours; it ends ``tail`` hours later with Rui."""
    rows = []
    for day in range(7 * begin, 7 * (begin + weeks)):
        if day % 7 < 5:
            at = 24.0 * day + 9
            rows.append((f"{day:04d}", "key in", "Ana", at, at + busy))
            rows.append((f"{day:04d}", "check", "Rui", at + busy + tail, at + busy + tail + 1))
    return log_of(rows)


def test_figures_by_hand() -> None:
    # Each case: 3 h of work, 2 h of waiting, 1 h of work.
    found = figures(office(), target=pd.Timedelta("6 h"), cost_per_hour=50)
    level = {name: figure.level for name, figure in found.items()}
    assert level["cycle time"] == level["cycle time of the slowest tenth"] == 6
    assert (level["working time"], level["waiting time"], level["cost of a case"]) == (4, 2, 200)
    assert (level["cases within the target"], level["reworked cases"]) == (1, 0)
    assert (level["steps"], level["people in a case"], level["handovers in a case"]) == (2, 2, 1)
    assert level["cases that arrive a week"] == 5


def test_utilisation_is_busy_time_within_working_hours() -> None:
    # Ana works from 9 to 17; in each of her hours one item takes a third, or three quarters, of it.
    def log(hours: float) -> EventLog:
        spare = 1 - hours
        rows = []
        for day in (day for day in range(70) if day % 7 < 5):
            for hour in range(9, 17):
                at = 24.0 * day + hour + (spare if hour == 16 else 0)
                rows.append((f"{day:03d}-{hour:02d}", "key in", "Ana", at, at + hours))
        return log_of(rows)

    for hours in (1 / 3, 3 / 4):
        weekly = figures(log(hours), target=None, cost_per_hour=None)["utilisation"]
        assert weekly.level == pytest.approx(hours, abs=0.05)  # hours are known to half an hour
        assert weekly.level == pytest.approx(bko.workload(log(hours)).table.loc[0, "utilisation"], abs=0.02)


def test_only_what_was_given_is_priced_and_promised() -> None:
    found = figures(office(), target=None, cost_per_hour=None)
    assert not {"cost of a case", "cases within the target"} & set(found)
    with pytest.raises(LogError, match="no length of time"):
        bko.compare_logs(office(), office(), target="soon")


def test_a_better_service_level_and_a_lower_cost_are_found() -> None:
    rng = np.random.default_rng(1)

    def log(work: float, seed: int) -> EventLog:
        rows = []
        for k in range(600):
            at = 3.0 * k + float(rng.uniform(0, 2))
            rows.append((f"{k:04d}", "key in", f"P{(k + seed) % 3}", at, at + work * float(rng.lognormal(0, 0.4))))
        return log_of(rows)

    found = bko.compare_logs(log(2.0, 0), log(1.4, 1), target="2 h", cost_per_hour=40, currency="EUR")
    changed = found.table[found.table["changed"]].set_index("kpi")
    assert changed.loc["cases within the target", "difference"] > 0.2
    assert changed.loc["cost of a case", "change_share"] == pytest.approx(-0.3, abs=0.08)
    assert (found.currency, found.target) == ("EUR", pd.Timedelta("2 h"))


def test_what_was_changing_before_is_marked_and_told() -> None:
    rng = np.random.default_rng(2)

    def log(rates: list[int]) -> EventLog:
        arrivals = [168.0 * week + float(at) for week, n in enumerate(rates) for at in np.sort(rng.uniform(0, 167, n))]
        return log_of([(f"{k:05d}", "a", "Ana", at, at + 0.5) for k, at in enumerate(arrivals)])

    found = bko.compare_logs(log([20] * 15 + [40] * 15), log([40] * 30))
    row = found.table.set_index("kpi").loc["cases that arrive a week"]
    assert row["changed"]
    assert row["drifted"] == "before"
    assert "need not be the cause" in found.summary
    assert found.summary.endswith(found.cautions[-1])
    with speaking("pt_BR"):
        assert "Dentro do log de antes" in found.summary


def test_variants_are_told_with_their_cases() -> None:
    def log(third: str) -> EventLog:
        rows = [(f"{k:03d}", name, "Ana", 5.0 * k + at, 5.0 * k + at + 1) for k in range(200) for at, name in
                enumerate(("a", third if k % 4 == 0 else "b"))]  # fmt: skip
        return log_of(rows)

    found = bko.compare_logs(log("x"), log("y"))
    assert found.variants_words == (
        "1 variant appeared beyond chance (50 cases).",
        "1 variant vanished beyond chance (50 cases).",
    )
    with speaking("pt_BR"):
        assert found.variants_words[0] == "1 variante surgiu além do acaso (50 casos)."
        html = presenter(found.page)(found)
    assert html.count("<svg") >= 2
    assert "before" not in found.difference_map.summary.replace("between before and after", "")


def test_the_map_speaks_the_language_in_force() -> None:
    found = bko.compare_logs(office(), office(begin=1))
    with speaking("pt_BR"):
        assert found.difference_map.names == ("antes", "depois")
