"""Activities left out of a fitted history under a condition, beside ways that hang on attributes, in both lanes."""

import numpy as np
import pytest

import bko_mining as bko

TWIN = bko.Twin.from_yaml("""
start: 2026-01-05
arrivals: [{per_week: 60, calendar: Mon-Fri 08:00-17:00}]
attributes: {amount: {distribution: {family: uniform, low: 0, high: 1000}}}
roles: {Clerk: {members: [Ana, Bia], calendar: Mon-Fri 08:00-17:00}}
activities:
  Check: {role: Clerk, time: 10 min}
  Approve: {role: Clerk, time: 10 min}
  Sign: {role: Clerk, time: 10 min}
  Pay: {role: Clerk, time: 10 min}
routing:
  kind: history
  contexts:
  - {after: [(start)], next: {Check: 100}}
  - {after: [Check], next: {Approve: 50, Pay: 50}}
  - {after: [Approve], next: {Pay: 70, Sign: 30}}
  - {after: [Sign], next: {Pay: 30}}
  - {after: [Pay], next: {(end): 100}}
  backing: 0
share_changes:
- {after: Check, to: Approve, factor: 0, when: amount <= 500}
- {after: Check, to: Pay, factor: 0, when: amount > 500}
- {after: Approve, to: Sign, factor: 0, when: amount <= 800}
- {after: Approve, to: Pay, factor: 0, when: amount > 800}
""")
CASES = {"small": (0, 500), "middle": (500, 800), "large": (800, 1000)}


def doing(twin, **run):
    """Share of the cases of each size that do each activity."""
    log = bko.simulate(twin, n_cases=400, seed=2, **run)
    amount = log.attributes["amount"].to_numpy()[log.offsets[:-1]]
    does = {
        name: np.add.reduceat(log.activity == code, log.offsets[:-1]) > 0 for code, name in enumerate(log.activities)
    }
    return {
        size: {name for name in does if does[name][(amount > low) & (amount <= high)].all()}
        for size, (low, high) in CASES.items()
    }


def test_ways_of_classes_without_a_scenario():
    assert doing(TWIN) == {
        "small": {"Check", "Pay"},
        "middle": {"Check", "Approve", "Pay"},
        "large": {"Check", "Approve", "Sign", "Pay"},
    }


@pytest.mark.parametrize(
    ("skip", "sizes"),
    [
        (bko.Scenario("a").skip("Approve", when="amount > 500"), {"middle", "large"}),
        (bko.Scenario("b").skip("Approve"), {"middle", "large"}),
        (bko.Scenario("c").skip("Approve", when="amount <= 800"), {"middle"}),
    ],
)
def test_who_leaves_an_activity_out_goes_on_as_after_it(skip, sizes):
    before, after = doing(TWIN), doing(skip.apply(TWIN))
    assert after == {size: names - ({"Approve"} if size in sizes else set()) for size, names in before.items()}


def test_a_share_of_a_class_leaves_it_out():
    twin = bko.Scenario("half").skip("Approve", share=0.5, when="amount > 800").apply(TWIN)
    log = bko.simulate(twin, n_cases=2000, seed=2)
    amount = log.attributes["amount"].to_numpy()[log.offsets[:-1]]
    does = np.add.reduceat(log.activity == log.activities.index("Approve"), log.offsets[:-1]) > 0
    assert does[amount > 800].mean() == pytest.approx(0.5, abs=0.08)
    assert does[(amount > 500) & (amount <= 800)].all()


def test_from_a_day_on_and_back_again_through_yaml():
    twin = bko.Scenario("later").skip("Approve", since="2026-01-19").apply(TWIN)
    twin = bko.Twin.from_yaml(twin.to_yaml())
    log = bko.simulate(twin, n_cases=200, seed=2)
    days = log.local(log.start[log.activity == log.activities.index("Approve")])
    assert len(days) > 20
    assert str(days.max())[:10] <= "2026-01-20"


def test_both_lanes_leave_out_alike():
    pytest.importorskip("numba")
    twin = bko.Scenario("a").skip("Approve", when="amount > 700").branch("Check", "Approve", factor=0.5).apply(TWIN)
    logs = [bko.simulate(twin, n_cases=300, seed=4, lane=lane) for lane in ("simpy", "compiled")]
    for name in ("activity", "resource", "start", "end"):
        one, other = (getattr(log, name) for log in logs)
        assert np.array_equal(one, other), f"{name} differs first at {np.flatnonzero(one != other)[:1]}"


def test_two_rules_for_one_activity_are_refused():
    twin = bko.Scenario("a").skip("Approve", when="amount > 700").apply(TWIN)
    with pytest.raises(bko.ScenarioError, match="already left out"):
        bko.Scenario("b").skip("Approve", when="amount < 600").apply(twin)


def test_a_condition_on_nothing_known_is_refused():
    with pytest.raises(bko.ScenarioError, match="colour"):
        bko.Scenario("a").skip("Approve", when="colour == red").apply(TWIN)


@pytest.mark.parametrize("change", ["parallelise", "reorder"])
def test_ways_of_classes_outlive_another_order(change):
    """Approve and Sign side by side, or the other way round: who does neither is still told by the amount."""
    scenario = bko.Scenario("s")
    scenario = (
        scenario.parallelise(["Approve", "Sign"])
        if change == "parallelise"
        else scenario.reorder("Sign", before="Approve")
    )
    after = doing(scenario.apply(TWIN))
    assert after["small"] == {"Check", "Pay"}
    assert after["middle"] == after["large"] == {"Check", "Approve", "Pay"}


def test_a_step_that_repeats_itself_is_left_out_for_good():
    contexts = [{"after": ["(start)"], "next": {"Check": 1}}, {"after": ["Check"], "next": {"Check": 1, "Pay": 1}}]
    contexts += [{"after": ["Pay"], "next": {"(end)": 1}}]
    routing = {"kind": "history", "contexts": contexts, "left_out": [{"activity": "Check", "when": "amount > 500"}]}
    twin = TWIN.replace(routing=routing, share_changes=())
    assert doing(twin) == {"small": {"Check", "Pay"}, "middle": {"Pay"}, "large": {"Pay"}}
