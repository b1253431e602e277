"""Activities of a fitted twin side by side, or in another order."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import bko_mining as bko
from bko_mining.errors import ScenarioError
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.whatif.scenario import Scenario
from bko_mining.words import speaking
from tests.whatif.office import office

ALL = ["(start)"]


def remembered(contexts: list[tuple[list[str], dict[str, float]]], **more: object) -> Twin:
    routing = {"kind": "history", "contexts": [{"after": a, "next": n} for a, n in contexts], "backing": 0, **more}
    twin = office()
    check = twin.activities["Check"].model_copy(update={"errors": None})
    return twin.replace(routing=routing, activities=twin.activities | {"Check": check})


def shares(twin: Twin, after: tuple[str, ...]) -> dict[str, float]:
    return next(context.next for context in twin.routing.contexts if context.after == after)  # type: ignore[union-attr]


def test_the_cases_that_do_both_in_a_row_go_through_one_step_and_go_on_as_before() -> None:
    twin = remembered(
        [
            (ALL, {"Register": 100}),
            (["Register"], {"Check": 80, "(end)": 20}),
            (["Check"], {"Approve": 30, "(end)": 50}),
            (["Approve"], {"(end)": 30}),
        ]
    )
    new = Scenario("x").parallelise(["Register", "Check"]).apply(twin)
    # 80 of 100 go through both; the 20 others register and end.
    assert shares(new, ("(start)",)) == {"Register": 20, "Register + Check": 80}
    assert shares(new, ("Register",)) == {"(end)": 20}
    assert shares(new, ("Register + Check",)) == {"Approve": 30, "(end)": 50}
    assert new.delays == twin.delays
    turned = Scenario("x").reorder("Check", before="Register").apply(twin)
    assert [(delay.after, delay.before) for delay in turned.delays[1:]] == [("Check", "Register")]


def test_a_long_memory_is_kept_through_the_step() -> None:
    twin = remembered(
        [
            ([], {"Register": 1, "Check": 1, "Approve": 1, "(end)": 1}),
            (ALL, {"Approve": 40, "Register": 60}),
            (["Approve"], {"Register": 40}),
            (["Register"], {"Check": 100}),
            (["Approve", "Register"], {"Check": 40}),
            (["Approve", "Register", "Check"], {"(end)": 40}),
            (["(start)", "Register", "Check"], {"Approve": 60}),
            (["Register", "Check", "Approve"], {"(end)": 60}),
        ]
    )
    new = Scenario("x").parallelise(["Register", "Check"]).apply(twin)
    log = simulate(new, n_cases=400, seed=1)
    ends = np.array([log.activities[a] for a in log.activity[log.offsets[1:] - 1]])
    first = np.array([log.activities[a] for a in log.activity[log.offsets[:-1]]])
    assert np.diff(log.offsets).tolist() == [3] * 400
    assert set(ends[first == "Approve"]) <= {"Register", "Check"}
    assert set(ends[first != "Approve"]) == {"Approve"}


def test_a_stretch_of_three_and_an_order_turned_round() -> None:
    twin = remembered(
        [
            (ALL, {"Register": 10}),
            (["Register"], {"Check": 8, "Approve": 2}),
            (["Check"], {"Approve": 4, "(end)": 4}),
            (["Approve"], {"(end)": 6}),
        ]
    )
    new = Scenario("x").parallelise(["Register", "Check", "Approve"]).apply(twin)
    # 10 x 0.8 x 0.5 = 4 do all three; of the 6 others 4 go on to Check (and end there), 2 to Approve.
    assert shares(new, ("(start)",)) == {"Register": 6, "Register + Check + Approve": 4}
    assert shares(new, ("Register",)) == {"Check": 4, "Approve": 2}
    assert shares(new, ("Register", "Check")) == {"(end)": 4}
    turned = Scenario("x").reorder("Check", before="Register").apply(twin)
    log = simulate(turned, n_cases=300, seed=1)
    names = np.array(log.activities)[log.activity]
    variants = {tuple(names[low:high]) for low, high in pairwise(log.offsets)}
    assert variants == {("Check", "Register"), ("Check", "Register", "Approve"), ("Register", "Approve")}
    assert Scenario("x").reorder("Register", after="Check").apply(twin).routing == turned.routing


def test_delays_before_and_after_the_stretch_go_with_it() -> None:
    twin = remembered(
        [
            (ALL, {"Approve": 1}),
            (["Approve"], {"Register": 1}),
            (["Register"], {"Check": 1}),
            (["Check"], {"(end)": 1}),
        ]
    )
    waits = [
        {"after": "Approve", "before": "Register", "time": "1 d"},
        {"after": "Check", "before": "(end)", "time": "1 h"},
    ]
    new = Scenario("x").parallelise(["Register", "Check"]).apply(twin.replace(delays=waits))
    assert [(d.after, d.before) for d in new.delays[2:]] == [
        ("Approve", "Register + Check"),
        ("Register + Check", "(end)"),
    ]


@pytest.mark.parametrize("lane", ["simpy", "numba"])
@pytest.mark.parametrize("fitted", [False, True])
def test_the_wait_for_others_between_them_begins_at_once_or_falls_away(fitted: bool, lane: str) -> None:
    # One case a day: registering takes 30 min, others take 2 h before the check of 15 min can begin.
    twin = by_hand(fitted)
    expected = {
        "today": (Scenario("x"), 120 + 45),
        "kept": (Scenario("x").parallelise(["Register", "Check"]), 120 + 15),
        "gone": (Scenario("x").parallelise(["Register", "Check"], at_once=True), 30),
    }
    if lane == "numba":
        pytest.importorskip("numba", reason="the compiled lane needs numba")
    for plan, minutes in expected.values():
        log = simulate(plan.apply(twin), n_cases=5, seed=1, lane=lane)  # type: ignore[arg-type]
        assert set((log.case_end - log.enabled[log.offsets[:-1]]).tolist()) == {minutes * 60_000_000}
        assert len(log) == 10


def by_hand(fitted: bool) -> Twin:
    twin = Twin.from_yaml("""
    arrivals: [{kind: grid, every: 1 d, calendar: 24/7}]
    roles: {Clerk: {size: 2}}
    activities: {Register: {role: Clerk, time: 30 min}, Check: {role: Clerk, time: 15 min}}
    routing: [Register, Check]
    delays: [{after: Register, before: Check, time: 2 h}]
    """)
    row = [*ALL, "Register", "Check", "(end)"]
    contexts = [{"after": [step], "next": {then: 1}} for step, then in pairwise(row)]
    return twin.replace(routing={"kind": "history", "contexts": contexts}) if fitted else twin


def test_a_wait_that_holds_under_a_condition_or_in_office_hours_does_so_side_by_side_too() -> None:
    wait = {"after": "Register", "before": "Check", "time": "2 h", "calendar": "Mon-Fri 09:00-10:00"}
    twin = by_hand(False).replace(delays=[wait | {"when": "weekday = Mon"}], start="2026-01-05")
    log = simulate(Scenario("x").parallelise(["Register", "Check"]).apply(twin), n_cases=7, seed=1)
    days = (log.case_end - log.enabled[log.offsets[:-1]]) // 86_400_000_000
    assert days.tolist() == [1, 0, 0, 0, 0, 0, 0]


def test_the_sentence_says_what_becomes_of_the_waits() -> None:
    plan, at_once = (Scenario("x").parallelise(["A", "B"], at_once=value) for value in (None, True))
    assert plan.describe() == "x: A, B side by side, each as soon as its own wait for others is over"
    assert at_once.describe().endswith("without the waits for others between them")
    with speaking("pt_BR"):
        assert "espera por terceiros" in plan.describe()
    with pytest.raises(ScenarioError, match="each activity once"):
        Scenario("x").parallelise(["A", "A"])


def test_where_it_cannot_be_done_the_message_says_why_and_what_to_do() -> None:
    row = [*ALL, "Register", "Check", "Approve", "(end)"]
    twin = remembered([([step], {then: 1}) for step, then in pairwise(row)])
    with pytest.raises(ScenarioError, match="'Approve' never follows right after 'Register'; what does: Check"):
        Scenario("x").parallelise(["Register", "Approve"]).apply(twin)
    with pytest.raises(ScenarioError, match="cannot begin on 2026-03-02: the memory of a fitted routing"):
        Scenario("x").parallelise(["Register", "Check"], since="2026-03-02").apply(twin)
    branches = [
        {"kind": "history", "contexts": [{"after": ALL, "next": {name: 1}}, {"after": [name], "next": {"(end)": 1}}]}
        for name in ("Register", "Check")
    ]
    apart = remembered([(ALL, {"both": 1}), (["both"], {"(end)": 1})], blocks={"both": {"branches": branches}})
    with pytest.raises(ScenarioError, match="already go side by side"):
        Scenario("x").parallelise(["Register", "Check"]).apply(apart)


def test_a_fitted_twin_does_two_steps_side_by_side_and_as_often(shared: Path) -> None:
    twin = bko.fit_twin(bko.read_log(shared / "logs" / "known_truth" / "Loan_Application.csv.gz")).causal
    pair = ("Design loan offer", "Approve Loan Offer")
    before = simulate(twin, n_cases=600, seed=5)
    after = simulate(Scenario("x").parallelise(pair).apply(twin), n_cases=600, seed=5)
    assert share_apart(after, *pair) < 0.05 < 0.9 < share_apart(before, *pair)
    for name in pair:
        assert times(after, name) == pytest.approx(times(before, name), rel=0.12)


def times(log: EventLog, name: str) -> int:
    return int((log.activity == log.activities.index(name)).sum())


def share_apart(log: EventLog, first: str, then: str) -> float:
    """How often an activity is enabled by the end of another right before it in its case."""
    a, b = log.activities.index(first), log.activities.index(then)
    follows = (log.activity[:-1] == a) & (log.activity[1:] == b) & (log.case[:-1] == log.case[1:])
    return float((follows & (log.enabled[1:] >= log.end[:-1])).sum() / times(log, then))
