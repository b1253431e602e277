"""Changes that begin on a day: the past stays as it was, the transition is seen, and what cannot begin says so."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from bko_mining.errors import ScenarioError
from bko_mining.log.event_log import MISSING, EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.twin.people import Material
from bko_mining.twin.values import Distribution
from bko_mining.whatif.costs import running_costs
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.period import Period
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.study import Study
from bko_mining.words import speaking
from tests.whatif.office import office

DAY = "2026-02-02"
HORIZON = "56 d"
SINCE = np.datetime64(DAY, "us").astype(np.int64)
Make = Callable[[Scenario], Scenario]

CHANGES: dict[str, tuple[Make, str]] = {
    "staff": (lambda s: s.staff("Clerk", add=2, since=DAY), "waits less"),
    "leavers": (lambda s: s.staff("Clerk", remove=1, since=DAY), "waits more"),
    "hours": (lambda s: s.hours("Clerk", longer="3 h", since=DAY), "waits less"),
    "train": (lambda s: s.train("Boss", skills=["Register", "Check"], since=DAY), "waits less"),
    "pool": (lambda s: s.pool(["Clerk", "Boss"], since=DAY), "waits less"),
    "specialise": (lambda s: s.specialise("Clerk", {"In": ["Register"], "Out": ["Check"]}, since=DAY), "waits more"),
    "turnover": (lambda s: s.turnover("Clerk", yearly=10, since=DAY), "waits more"),
    "prioritise": (lambda s: s.prioritise("activity", {"Check": 0, "Register": 1}, since=DAY), "sooner done"),
    "batch": (lambda s: s.batch("Approve", at="15:00", weekdays="Thu", since=DAY), "waits more"),
    "demand": (lambda s: s.demand(1.5, since=DAY), "more cases"),
    "speed": (lambda s: s.speed("Check", 0.5, since=DAY), "works less"),
    "errors": (lambda s: s.errors("Check", factor=0.0, since=DAY), "fewer steps"),
    "rework": (lambda s: s.rework("Register", factor=4, since=DAY), "more steps"),
    "skip": (lambda s: s.skip("Check", share=1, since=DAY), "fewer steps"),
    "branch": (lambda s: s.branch("Check", "Approve", factor=3, since=DAY), "more steps"),
    "delay": (lambda s: s.delay("Check", factor=0.0, since=DAY), "waits less"),
    "parallelise": (lambda s: s.parallelise(["Register", "Check"], since=DAY), "sooner done"),
    "reorder": (lambda s: s.reorder("Check", before="Register", since=DAY), "other order"),
    "automate": (lambda s: s.automate("Check", service_time="1 min", go_live=DAY), "works less"),
    "outsource": (lambda s: s.outsource("Check", turnaround="1 d", go_live=DAY), "works more"),
}


def run(twin: Twin) -> EventLog:
    return simulate(twin, horizon=HORIZON, seed=11)


@pytest.fixture(scope="module")
def before() -> EventLog:
    return run(office())


def until(log: EventLog) -> list[tuple[int, ...]]:
    """What was done by the day."""
    done = np.flatnonzero((log.end < SINCE) & (log.end != MISSING))
    rows = zip(*(x[done].tolist() for x in (log.case, log.activity, log.resource, log.start, log.end)), strict=True)
    return sorted((case, log.activities[a], log.resources[who], start, end) for case, a, who, start, end in rows)


def figures(log: EventLog) -> dict[str, float]:
    """Of the cases that arrived after the day: waits, work, steps; and how many there are."""
    late = log.begin[log.offsets[:-1]] >= SINCE
    rows = np.repeat(late, np.diff(log.offsets))
    enabled = np.where(log.enabled > 0, log.enabled, log.start)
    codes = {name: log.activities.index(name) for name in ("Register", "Check")}
    first = {
        name: np.minimum.reduceat(np.where(log.activity == code, log.start, np.iinfo(np.int64).max), log.offsets[:-1])
        for name, code in codes.items()
    }
    return {
        "cases": float(late.sum()),
        "waits": float((log.start - enabled)[rows].sum() / late.sum()),
        "works": float((np.where(log.end == MISSING, log.start, log.end) - log.start)[rows].sum() / late.sum()),
        "steps": float(rows.sum() / late.sum()),
        "cycle": float((log.case_end - log.begin[log.offsets[:-1]])[late].mean()),
        "check first": float((first["Check"] < first["Register"])[late].mean()),
    }


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_differs_before_the_day_and_the_change_is_there_after_it(name: str, before: EventLog) -> None:
    make, what = CHANGES[name]
    after = run(make(Scenario("x")).apply(office()))
    assert until(after) == until(before)
    old, new = figures(before), figures(after)
    told = {
        "waits less": new["waits"] < 0.95 * old["waits"],
        "waits more": new["waits"] > 1.04 * old["waits"],
        "more cases": new["cases"] > 1.3 * old["cases"],
        "works less": new["works"] < 0.9 * old["works"],
        "works more": new["works"] > 1.1 * old["works"],
        "fewer steps": new["steps"] < 0.97 * old["steps"],
        "more steps": new["steps"] > 1.05 * old["steps"],
        "side by side": new["check first"] > 0.02 and old["check first"] == 0,
        "sooner done": new["cycle"] < 0.95 * old["cycle"],
        "other order": new["check first"] > 0.9 and old["check first"] == 0,
    }
    assert told[what], (old, new)


STOCKED = office().replace(
    materials={
        "Form": Material(initial=100, reorder_point=20, order_up_to=60, lead_time=Distribution(value=3 * 86_400))
    },
    activities=office().activities
    | {"Register": office().activities["Register"].model_copy(update={"uses": {"Form": 1}})},
)
MIXED = office().replace(
    arrivals=tuple(stream.model_copy(update={"mix": {"case": 0.7, "urgent": 0.3}}) for stream in office().arrivals)
)
DATED: dict[str, tuple[Twin, Make]] = {
    "stock": (STOCKED, lambda s: s.stock("Form", s=60, S=150, since=DAY)),
    "types": (MIXED, lambda s: s.prioritise("type", {"urgent": -1, "case": 0}, since=DAY)),
    "oldest": (MIXED, lambda s: s.prioritise("oldest_case", since=DAY)),
    "lifo": (MIXED, lambda s: s.prioritise("lifo", roles=["Clerk"], since=DAY)),
    "fifo again": (Scenario("x").prioritise("shortest").apply(MIXED), lambda s: s.prioritise("fifo", since=DAY)),
    "other batch": (
        Scenario("x").batch("Approve", at="15:00").apply(office()),
        lambda s: s.batch("Approve", at="11:00", weekdays=["Tue", "Thu"], since=DAY),
    ),
    "no batch": (
        Scenario("x").batch("Approve", size=4).apply(office()),
        lambda s: s.batch("Approve", off=True, since=DAY),
    ),
    "pool": (office(), lambda s: s.pool(["Clerk", "Boss"], since=DAY)),
    "turnover": (office(), lambda s: s.turnover("Clerk", yearly=10, since=DAY)),
}


@pytest.mark.parametrize("name", DATED)
def test_rules_that_change_on_a_day_do_so_alike_in_both_lanes(name: str) -> None:
    pytest.importorskip("numba", reason="the compiled lane needs numba")
    twin, make = DATED[name]
    after = make(Scenario("x")).apply(twin)
    simpy, compiled = (simulate(after, horizon=HORIZON, seed=11, lane=lane) for lane in ("simpy", "numba"))
    rows, others = (list(log.frame.itertuples(index=False, name=None)) for log in (simpy, compiled))
    assert len(rows) == len(others)
    assert next((pair for pair in zip(rows, others, strict=True) if repr(pair[0]) != repr(pair[1])), None) is None
    before = run(twin)
    assert until(simpy) == until(before)
    assert len(simpy) != len(before) or (simpy.end != before.end).any()


def test_what_waits_for_its_batch_on_the_day_is_released_then() -> None:
    twin = Scenario("x").batch("Approve", size=1000).apply(office())
    log = run(Scenario("x").batch("Approve", off=True, since=DAY).apply(twin))
    approved = log.activity == log.activities.index("Approve")
    assert log.start[approved].min() >= SINCE
    early = approved & (log.enabled < SINCE)
    assert early.sum() > 100
    assert log.start[early].max() < SINCE + 86_400_000_000, "all of them in one piece of work"


def test_specialists_keep_to_their_part_from_the_day_on() -> None:
    plan = Scenario("x").specialise("Clerk", {"In": ["Register"], "Out": ["Check"]}, since=DAY)
    log = run(plan.apply(office()))
    late = log.start >= SINCE
    for heir, part in (("Ana (2026-02-02)", "Register"), ("Bruno (2026-02-02)", "Check")):
        mine = late & (log.resource == log.resources.index(heir))
        assert mine.sum() > 100
        assert {log.activities[code] for code in set(log.activity[mine].tolist())} == {part}


def test_a_wage_and_a_price_from_a_day_on_are_paid_from_that_day_on() -> None:
    raised = (
        Scenario("x").cost(role="Clerk", per_hour=30, since=DAY).cost(activity="Approve", per_instance=5, since=DAY)
    )
    twin = raised.apply(office())
    log = run(twin)
    start = np.datetime64("2026-01-05", "us").astype(np.int64)
    whole = Period(log, twin, np.ones(log.n_cases, bool), int(start), int(start + 56 * 86_400_000_000))
    # Two clerks and a boss 8 h on 20 days before (twin.start is Monday 5 January) and 20 days after.
    assert running_costs(whole)["wages"] == pytest.approx(8 * (20 * (2 * 20 + 50) + 20 * (2 * 30 + 50)))
    late = (log.activity == log.activities.index("Approve")) & (log.start >= SINCE)
    assert running_costs(whole)["activities"] == pytest.approx(5 * late.sum())


def test_prices_follow_one_another_and_a_new_one_from_the_start_ends_them() -> None:
    twin = (
        Scenario("x")
        .cost(role="Clerk", per_hour=30, since=DAY)
        .cost(role="Clerk", per_hour=35, since=DAY)
        .apply(office())
    )
    assert [(str(price.since), price.cost) for price in twin.roles["Clerk"].cost_from] == [(DAY, 35)]
    assert Scenario("x").cost(role="Clerk", per_hour=25).apply(twin).roles["Clerk"].cost_from == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda s: s.prioritise("type", {"urgent": 0, "case": 1}, preemptive=True),
        lambda s: s.batch("Approve", at="15:00").batch("Approve", size=3),
        lambda s: s.turnover("Clerk", yearly=0.2).turnover("Clerk", yearly=0.4),
        lambda s: s.cost(per_month=100),
    ],
)
def test_what_cannot_begin_on_a_day_says_why(make: Make) -> None:
    with pytest.raises(ScenarioError, match="cannot begin on") as problem:
        make(Scenario("x")).go_live(DAY).apply(office())
    assert any(why in str(problem.value) for why in ("whole run", "years", "change already"))


def test_a_scenario_goes_live_as_a_whole_but_for_changes_with_a_day_of_their_own() -> None:
    plan = Scenario("Spring").staff("Clerk", add=1, since="2026-03-02").speed("Check", 0.5).go_live(DAY)
    assert [str(change.since) for change in plan.changes] == ["2026-03-02", DAY]
    assert Scenario(**plan.to_data()) == plan
    text = f"scenarios: [{{name: Spring, go_live: {DAY}, changes: [{{speed: {{activity: Check, factor: 0.5}}}}]}}]"
    read = Study.from_yaml(text)
    assert read.scenarios[0].changes[0].since == date(2026, 2, 2)
    assert Study.from_yaml(read.to_yaml()) == read
    with speaking("pt_BR"):
        assert plan.describe().endswith("-50 % no tempo de trabalho de Check, a partir de 02/02/2026")


def test_a_change_that_no_run_would_see_is_refused() -> None:
    plan = Scenario("Late").speed("Check", 0.5, since="2026-03-02")
    with pytest.raises(ScenarioError, match="'Late': speed begins on 2026-03-02, when the runs of 56 d have ended"):
        run_experiment(office(), plan, replications=1, horizon=HORIZON, workers=1)


def test_a_change_that_begins_after_the_last_case_is_said() -> None:
    day = {"soon": "2026-01-06", "late": "2027-01-04"}
    run = {"replications": 2, "n_cases": 60, "workers": 1}
    seen, late = (run_experiment(office(), Scenario(n).demand(2, since=d), **run) for n, d in day.items())  # type: ignore[arg-type]
    assert "have ended" not in seen.summary
    assert "'late' begins on 4 Jan 2027, when the runs have ended: run longer" in late.summary
    with speaking("pt_BR"):
        assert "“late” começa em 04/01/2027" in late.summary


def test_the_transition_is_seen_in_the_queue() -> None:
    plan = Scenario("Leavers").staff("Clerk", remove=1, since=DAY)
    found = run_experiment(office(), plan, replications=3, horizon=HORIZON, seed=2, workers=1)
    base, then = (np.mean([o.series["open"] for o in row], axis=0) for row in found.outcomes)
    assert np.array_equal(base[:28], then[:28])
    assert then[40:].mean() > 2 * base[40:].mean()


def test_who_leaves_for_good_finishes_what_is_in_hand_and_holds_nobody_up() -> None:
    twin = office()
    eyes = twin.activities["Check"].model_copy(update={"same_as": ("Register",)})
    twin = twin.replace(activities=twin.activities | {"Check": eyes})
    plan = Scenario("x").staff("Clerk", remove="Bruno").go_live(DAY).hours("Clerk", longer="3 h")
    log = run(plan.apply(twin))
    bruno = log.resource == log.resources.index("Bruno")
    assert log.start[bruno].max() < SINCE
    assert (log.end[bruno] != MISSING).all()
    late = (log.start >= SINCE) & (log.activity == log.activities.index("Check"))
    assert late.sum() > 300, "cases that Bruno registered are checked by others"
