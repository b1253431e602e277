"""What goes with an outcome: planted causes are found, chance and mere company are not taken for them."""

import numpy as np
import pandas as pd
import pytest

import bko_mining as bko
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog

N = 600


@pytest.fixture(scope="module")
def log() -> EventLog:
    """Cases of vendor Acme are slow; Zeta sends most of them by fax, so that faxed cases look slow too."""
    rng = np.random.default_rng(3)
    acme = rng.random(N) < 0.3
    fax = np.where(acme, rng.random(N) < 0.8, rng.random(N) < 0.1)
    hours = rng.exponential(20, N) + 60 * acme
    start = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(np.cumsum(rng.exponential(3, N)), unit="h")
    first = pd.DataFrame({"activity": "Enter", "start_time": start, "end_time": start + pd.Timedelta("5 min")})
    last = pd.DataFrame({"activity": "Pay", "start_time": start + pd.to_timedelta(hours, unit="h")})
    last["end_time"] = last["start_time"]
    frame = pd.concat([first, last]).assign(
        case_id=[f"c{i}" for i in range(N)] * 2,
        resource=rng.choice(["Ana", "Bruno", "Carla"], 2 * N),
        vendor=np.tile(np.where(acme, "Acme", rng.choice(["Beta", "Gama"], N)), 2),
        channel=np.tile(np.where(fax, "fax", "mail"), 2),
    )
    return EventLog.from_frame(frame)


def test_the_planted_cause_leads_and_its_company_is_named_as_such(log: EventLog) -> None:
    found = bko.explain(log, "late", target="48 h")
    table = found.table.set_index("factor")
    assert found.table["factor"].iloc[0] == "vendor = Acme"
    assert table.loc["vendor = Acme", "because_of"] == ""
    cycle = log.case_end - log.case_start
    late = cycle > 48 * 3_600_000_000
    acme = (log.cases["vendor"] == "Acme").to_numpy()
    assert table.loc["vendor = Acme", "with_share"] == pytest.approx(late[acme].mean())
    assert table.loc["vendor = Acme", "without_share"] == pytest.approx(late[~acme].mean())
    gone = (late.sum() - N * late[~acme].mean()) / late.sum()
    assert table.loc["vendor = Acme", "explained_share"] == pytest.approx(gone)
    assert table.loc["channel = fax", "because_of"] == "vendor = Acme"
    assert abs(table.loc["channel = fax", "adjusted"]) < 0.1 < table.loc["channel = fax", "difference"]
    assert not any("takes part" in factor or "arrives" in factor for factor in table.index)
    assert "vendor = Acme: 100 % against" in found.summary


def test_the_tree_says_the_same_in_rules(log: EventLog) -> None:
    rules = bko.explain(log, "late", target="48 h").rules
    assert rules["rule"].iloc[0].startswith("vendor = Acme")
    assert rules["n_cases"].sum() == N
    assert (rules["outcome_share"] * rules["n_cases"]).sum() == pytest.approx(
        (log.case_end - log.case_start > 48 * 3_600_000_000).sum()
    )


def test_nothing_is_found_in_shuffled_outcomes(log: EventLog) -> None:
    rng = np.random.default_rng(0)
    late = np.array([True] * (N // 4) + [False] * (N - N // 4))
    numbers = rng.lognormal(0, 1, N)
    alarms = [len(bko.explain(log, rng.permutation(late)).table) > 0 for _ in range(60)]
    alarms += [len(bko.explain(log, rng.permutation(numbers)).table) > 0 for _ in range(60)]
    assert sum(alarms) <= 11  # 5 % of 120 is 6; more than 11 has a chance of one in fifty


def test_numbers_and_attributes_can_be_explained(log: EventLog) -> None:
    hours = pd.Series((log.case_end - log.case_start) / 3.6e9, name="hours")
    found = bko.explain(log, hours)
    row = found.table.iloc[0]
    assert row["factor"] == "vendor = Acme"
    assert row["low"] < 60 < row["high"]
    assert found.summary.startswith("hours: ")
    with pytest.raises(LogError, match="neither a number nor yes/no"):
        bko.explain(log, "vendor")


def test_questions_that_cannot_be_answered_say_why(log: EventLog) -> None:
    with pytest.raises(LogError, match="late needs a target"):
        bko.explain(log, "late")
    with pytest.raises(LogError, match="is no outcome; give one of late, slow, reworked, costly"):
        bko.explain(log, "mood")
    with pytest.raises(LogError, match="600 values"):
        bko.explain(log, [1, 0])
    with pytest.raises(LogError, match="no attribute that is constant"):
        bko.explain(log, "slow", attributes=["mood"])
    with pytest.raises(LogError, match="too few to explain"):
        bko.explain(log.take_cases(np.arange(12)), "slow")


def test_a_case_without_the_outcome_is_no_finding(log: EventLog) -> None:
    none = bko.explain(log, "late", target="900 d")
    assert none.table.empty
    assert "None of" in none.summary
    none.plot()
