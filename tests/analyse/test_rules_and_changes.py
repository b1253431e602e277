"""Rules by hand, planted changes found, logs without any left alone."""

import numpy as np
import pandas as pd
import pytest

import bko_mining as bko
from bko_mining.analyse.rule_words import read_rules
from bko_mining.errors import LogError, ScenarioError
from bko_mining.log.event_log import EventLog
from bko_mining.words import speaking
from tests.analyse.logs import log_of

LOG = log_of(
    [
        ("A", "prepare", "Ana", 8, 9), ("A", "approve", "Rui", 10, 11), ("A", "pay", "Eva", 34, 35),
        ("B", "prepare", "Ana", 8, 9), ("B", "approve", "Ana", 10, 11), ("B", "pay", "Eva", 200, 201),
        ("C", "prepare", "Ana", 8, 9), ("C", "pay", "Eva", 12, 13), ("C", "approve", "Rui", 14, 15),
        ("D", "prepare", "Ana", 8, 9),
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "checked", "broken"),
    [
        ("{rule: must_occur, activity: pay}", 4, ["D"]),
        ("{rule: must_precede, first: approve, then: pay}", 3, ["C"]),
        ("{rule: must_not_follow, first: pay, then: approve}", 3, ["C"]),
        ("{rule: four_eyes, activities: [prepare, approve]}", 3, ["B"]),
        ("{rule: segregation, activities: [prepare, approve]}", 4, ["A", "B", "C", "D"]),
        # approve ends at 11:00; the log ends at hour 201, long after C's limit: no pay has come after its approval
        ("{rule: within, first: approve, then: pay, limit: 48 hours}", 3, ["B", "C"]),
        ("{rule: only_by, activity: approve, resources: [Rui]}", 3, ["B"]),
    ],
)
def test_each_rule_by_hand(rule: str, checked: int, broken: list[str]) -> None:
    found = bko.check_rules(LOG, f"- {rule}")
    assert int(found.table.loc[0, "n_checked"]) == checked
    assert sorted(found.violations["case_id"]) == broken


def test_an_amount_above_the_limit_needs_its_approval() -> None:
    log = LOG.with_attributes({"value": [100.0] * 3 + [100.0] * 3 + [5.0] * 3 + [500.0]})
    found = bko.check_rules(
        log, "- {rule: approval_above, amount: value, above: 50, activity: approve}", amount="value"
    )
    assert found.table[["n_checked", "n_broken", "amount"]].values.tolist() == [[3, 1, 500.0]]


def test_a_wrong_rule_names_its_place() -> None:
    with pytest.raises(LogError, match="the kinds of rules are must_occur"):
        read_rules("- {rule: must, activity: pay}")
    with pytest.raises(LogError, match="no activity is called 'sing'"):
        bko.check_rules(LOG, "- {rule: must_occur, activity: sing}")


def test_suggested_rules_hold_what_they_promise() -> None:
    rows = [
        (f"{k:03d}", name, "Ana", 10.0 * k + at, 10.0 * k + at + 1) for k in range(100) for at, name in enumerate("abc")
    ]
    rows[0], rows[1] = (*rows[1][:3], *rows[0][3:]), (*rows[0][:3], *rows[1][3:])
    found = bko.suggest_rules(log_of(rows))
    broken = found.table[found.table["n_broken"] > 0]
    assert broken["rule"].tolist() == ["“a” comes before “b”"]
    assert broken["kept_share"].tolist() == [0.99]
    assert bko.check_rules(log_of(rows), found.rules).table["n_broken"].sum() == 1


def weekly(seed: int, *, weeks: int = 40, factor: float = 1.0, slower: float = 1.0) -> EventLog:
    """About forty cases a week of two activities; from the middle on more cases, or slower ones."""
    rng = np.random.default_rng(seed)
    rows = []
    for week in range(weeks):
        late = week >= weeks // 2
        for k in range(rng.poisson(40 * (factor if late else 1))):
            at = 168 * week + rng.uniform(0, 120)
            first, second = rng.lognormal(0, 0.5, 2) * (slower if late else 1)
            rows.append((f"{week:02d}-{k:03d}", "a", "Ana", at, at + first))
            rows.append((f"{week:02d}-{k:03d}", "b", "Rui", at + first + 1, at + first + 1 + second))
    return log_of(rows)


def test_a_change_of_arrivals_is_found_in_its_week() -> None:
    found = bko.drift(weekly(1, factor=1.5)).table
    assert found["aspect"].tolist() == ["arrivals"]
    planted = pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=20)
    assert found.loc[0, "earliest"] <= planted <= found.loc[0, "latest"]
    assert found.loc[0, "change_share"] == pytest.approx(0.5, abs=0.12)


def test_a_steady_log_raises_few_alarms() -> None:
    # 5 % of 15 logs is 0.75; above 3 the binomial probability is under 2 %.
    assert sum(bool(len(bko.drift(weekly(seed)).table)) for seed in range(15)) <= 3


def test_before_and_after_finds_what_changed_only() -> None:
    found = bko.compare_logs(weekly(2), weekly(3, slower=1.3))
    assert {"cycle time", "working time"} <= set(found.table.loc[found.table["changed"], "kpi"])
    assert "people in a case" not in set(found.table.loc[found.table["changed"], "kpi"])
    alarms = sum(
        bko.compare_logs(weekly(s, weeks=12), weekly(s + 100, weeks=12)).table["changed"].any() for s in range(20)
    )
    assert alarms <= 3


def test_variants_that_came_and_went() -> None:
    a = log_of([("1", "x", None, 0, 1), ("2", "x", None, 0, 1), ("2", "y", None, 2, 3)])
    b = log_of([("1", "x", None, 0, 1), ("2", "x", None, 0, 1), ("2", "z", None, 2, 3)])
    status = bko.compare_logs(a, b).variants.set_index("variant")["status"].to_dict()
    assert status == {"x": "both", "x → y": "vanished", "x → z": "appeared"}


def test_candidates_become_scenarios() -> None:
    log = weekly(4, weeks=10)
    found = bko.automation_candidates(log)
    scenario = bko.scenario_of(found, "a")
    assert scenario.to_data()["changes"][0]["automate"]["activity"] == "a"
    assert bko.scenario_of(bko.outsourcing_candidates(log)).to_data()["changes"][0]["outsource"]["activities"]
    with pytest.raises(ScenarioError, match="no candidate"):
        bko.scenario_of(found, "sing")


def test_candidates_show_their_money_and_their_scenarios_run() -> None:
    log = weekly(4, weeks=10)
    robots, providers = (f(log, cost_per_hour=30) for f in (bko.automation_candidates, bko.outsourcing_candidates))
    row = robots.table.iloc[0]
    assert row["saved_per_month"] == pytest.approx(30 * row["hours_freed"])
    assert row["break_even_price"] * row["n_per_month"] == pytest.approx(row["saved_per_month"])
    scenarios = [bko.scenario_of(robots, "a", price=2), bko.scenario_of(providers, "b", price=9)]
    found = bko.run_experiment(bko.fit_twin(log, seed=0), scenarios, replications=2, seed=1)
    assert {scenario.name for scenario in scenarios} <= set(found.table["scenario"])


def test_a_payment_run_is_one_piece_of_work() -> None:
    rows = [(f"{week}-{k}", "pay", "Eva", 168.0 * week, 168.0 * week + 1) for week in range(10) for k in range(30)]
    hours = bko.automation_candidates(log_of(rows)).table.loc[0, "hours_per_month"]
    assert hours == pytest.approx(10 / (9 * 168 + 1) * 730.5, rel=0.01)


def test_without_people_nothing_is_said_of_their_knowledge() -> None:
    rows = [(f"{k:03d}", name, None, None, 10.0 * k + at) for k in range(100) for at, name in enumerate("ab")]
    assert "shared_knowledge" not in bko.outsourcing_candidates(log_of(rows)).table


def test_insights_say_nothing_twice_and_rank_by_hours() -> None:
    found = bko.insights(weekly(5, factor=1.6), cost_per_hour=20)
    assert found.table["finding"].is_unique
    hours = found.table["hours_per_month"].dropna()
    assert hours.is_monotonic_decreasing
    assert 1 <= len(found.table) <= 10
    with speaking("pt_BR"):
        assert bko.insights(weekly(5, factor=1.6)).summary.split()[1] == "achados."


def test_two_clerks_of_one_department_enter_nothing_twice() -> None:
    rows = {"case_id": ["A", "A", "B", "B"], "activity": ["Enter invoice", "Enter invoice again"] * 2}
    rows |= {"role": ["Finance", "Finance", "Store", "Finance"]}
    frame = pd.DataFrame(rows | {"end": pd.date_range("2026-01-05", periods=4, freq="h")})
    found = bko.duplicate_entry(EventLog.from_frame(frame)).table
    assert found[["first_by", "second_by", "n_cases"]].values.tolist() == [["Store", "Finance", 1]]


def test_who_breaks_rules_and_when_and_what_it_is_worth() -> None:
    log = LOG.with_attributes({"value": [100.0] * 3 + [50.0] * 3 + [5.0] * 3 + [1.0]})
    rules = "[{rule: four_eyes, activities: [prepare, approve]}, {rule: must_occur, activity: pay}]"
    found = bko.check_rules(log, rules, amount="value", currency="BRL")
    # B: Ana prepared and approved; D: nobody paid, which nobody's step shows
    assert found.people[["person", "n_violations", "amount"]].values.tolist() == [["person 1", 1, 50.0]]
    assert found.trend[["n_cases", "n_broken", "broken_share"]].values.tolist() == [[4, 2, 0.5]]
    assert "R$51" in found.summary


def test_limits_are_told_in_the_language_in_force() -> None:
    rule = read_rules("- {rule: within, first: a, then: b, limit: 2 working days}")[0]
    assert rule.describe() == "“b” within 2 working days of “a”"
    with speaking("pt_BR"):
        assert "2 dias úteis" in rule.describe()
