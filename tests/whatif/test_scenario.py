"""Scenarios: every change by hand, refusals that name what exists, two languages, YAML and back."""

from collections.abc import Callable

import pytest

from bko_mining.errors import ScenarioError
from bko_mining.twin.model import Twin
from bko_mining.twin.routing import Choice, Parallel
from bko_mining.whatif.scenario import KINDS, Scenario
from bko_mining.words import speaking
from tests.whatif.office import office

EMPTY = Scenario("x")


def changed(scenario: Scenario) -> Twin:
    return scenario.apply(office())


def test_no_change_is_the_very_same_twin() -> None:
    twin = office()
    assert EMPTY.apply(twin) is twin


def test_a_newcomer_works_at_the_mean_time_of_the_members() -> None:
    twin = changed(EMPTY.staff("Clerk", add=1))
    assert twin.roles["Clerk"].members == ("Ana", "Bruno", "Clerk 3")
    # Ana needs 1 / 1.25 of the time, Bruno 1.4 of it: (0.8 + 1.4) / 2
    assert twin.activities["Register"].time_by_resource["Clerk 3"] == pytest.approx(1.1)
    assert twin.activities["Check"].time_by_resource["Clerk 3"] == pytest.approx((0.8 + 1.0) / 2)


def test_a_newcomer_like_somebody_has_the_same_pace() -> None:
    twin = changed(EMPTY.staff("Clerk", add=1, like="Bruno", names=["Carla"], calendar="Mon-Fri 13:00-17:00"))
    assert twin.activities["Register"].time_by_resource["Carla"] == 1.4
    assert twin.resources["Carla"].calendar == "Mon-Fri 13:00-17:00"


def test_leaving_takes_the_person_out_everywhere() -> None:
    twin = changed(EMPTY.staff("Clerk", remove="Bruno"))
    assert twin.people == ("Ana", "Zoe")
    assert "Bruno" not in twin.activities["Register"].time_by_resource
    assert changed(EMPTY.staff("Clerk", set=1)).people == ("Ana", "Zoe")
    assert len(changed(EMPTY.staff("Clerk", set=5)).roles["Clerk"].members) == 5


def test_people_come_and_go_on_a_day() -> None:
    twin = changed(EMPTY.staff("Clerk", add=1, since="2026-03-02").staff("Clerk", remove="Bruno", since="2026-04-01"))
    assert str(twin.resources["Clerk 3"].since) == "2026-03-02"
    assert str(twin.resources["Bruno"].until) == "2026-03-31"


def test_hours_of_a_role_a_person_and_from_a_day_on() -> None:
    assert changed(EMPTY.hours("Clerk", longer="2 h")).roles["Clerk"].calendar == "Mon-Fri 09:00-19:00"
    assert changed(EMPTY.hours(person="Zoe", calendar="Mon-Fri 8-12")).resources["Zoe"].calendar == "Mon-Fri 8-12"
    twin = changed(EMPTY.hours("Boss", "Mon-Fri 07:00-19:00", since="2026-05-01"))
    assert twin.roles["Boss"].members == ("Zoe", "Zoe (2026-05-01)")
    assert str(twin.resources["Zoe"].until) == "2026-04-30"


def test_demand_in_all_in_a_peak_and_of_one_type_of_a_mix() -> None:
    assert changed(EMPTY.demand(1.2).demand(0.5)).arrivals[0].factor == pytest.approx(0.6)
    assert changed(EMPTY.demand(2, since="2026-02-01", until="2026-02-28")).arrivals[0].peaks[0].factor == 2  # type: ignore[union-attr]
    twin = office()
    mixed = twin.replace(arrivals=(twin.arrivals[0].model_copy(update={"mix": {"case": 0.8, "urgent": 0.2}}),))
    stream = EMPTY.demand(2, case_type="urgent").apply(mixed).arrivals[0]
    # 80 + 2 x 20 cases of 100: a factor of 1.2, a third of them urgent
    assert stream.factor == pytest.approx(1.2)
    assert stream.mix == {"case": 0.8, "urgent": 0.4}


def test_automatic_at_once_or_by_bots_with_exceptions() -> None:
    assert changed(EMPTY.automate("Check", service_time="2 min")).activities["Check"].automatic
    twin = changed(EMPTY.automate("Check", exception_share=0.1, bots=2, cost_per_run=0.1, go_live="2026-06-01"))
    bot = twin.bots["Check bot"]
    assert (bot.licences, bot.exception_role, str(bot.since)) == (2, "Clerk", "2026-06-01")
    assert twin.activities["Check"].role is None


def test_outsourcing_begins_after_the_transition() -> None:
    plan = EMPTY.outsource(["Register", "Check"], turnaround="1 d", price_per_case=4, transition_weeks=2)
    twin = changed(plan)
    assert str(twin.bots["Register provider"].since) == "2026-01-19"
    assert twin.bots["Check provider"].cost_per_run == 0


def test_flow_changes_rewrite_the_blocks() -> None:
    steps = changed(EMPTY.skip("Check", share=0.25)).routing.root.sequence  # type: ignore[union-attr]
    assert isinstance(steps[1], Choice)
    assert [branch.share for branch in steps[1].xor] == [0.25, 0.75]
    steps = changed(EMPTY.parallelise(["Register", "Check"])).routing.root.sequence  # type: ignore[union-attr]
    assert isinstance(steps[0], Parallel)
    steps = changed(EMPTY.reorder("Check", before="Register")).routing.root.sequence  # type: ignore[union-attr]
    assert steps[:2] == ("Check", "Register")


def test_skipping_in_a_fitted_history_hands_the_cases_on() -> None:
    contexts = [
        {"after": ["(start)"], "next": {"Register": 100}},
        {"after": ["Register"], "next": {"Check": 80, "(end)": 20}},
        {"after": ["Check"], "next": {"Approve": 30, "(end)": 50}},
        {"after": ["Approve"], "next": {"(end)": 30}},
    ]
    twin = office().replace(routing={"kind": "history", "contexts": contexts, "backing": 0})
    after = EMPTY.skip("Check", share=0.5).apply(twin).routing.contexts[1].next  # type: ignore[union-attr]
    # 40 of the 80 skip: 40 x 3/8 go on to Approve, 40 x 5/8 end
    assert after == {"Check": 40, "(end)": 45, "Approve": 15}


def test_teams_are_pooled_and_split() -> None:
    twin = changed(EMPTY.pool(["Clerk", "Boss"], name="Office"))
    assert twin.roles["Office"].members == ("Ana", "Bruno", "Zoe")
    assert twin.resources["Zoe"].cost_per_hour == 50
    twin = changed(EMPTY.specialise("Clerk", {"In": ["Register"], "Out": ["Check"]}))
    assert (twin.roles["In"].members, twin.activities["Check"].role) == (("Ana",), "Out")


def test_the_rest_of_the_vocabulary() -> None:
    assert changed(EMPTY.speed("Check", 0.5)).activities["Check"].time.factor == 0.5
    assert changed(EMPTY.speed("Check", 0.5, since="2026-03-01")).activities["Check"].time_factors[0].factor == 0.5
    assert changed(EMPTY.errors("Check", factor=0.5)).activities["Check"].errors.share == 0.05  # type: ignore[union-attr]
    assert changed(EMPTY.rework("Register", factor=2)).activities["Check"].errors.share == 0.2  # type: ignore[union-attr]
    assert changed(EMPTY.delay("Check", factor=0.5)).delays[0].time.factor == 0.5
    assert changed(EMPTY.batch("Approve", at="15:00", weekdays="Fri")).activities["Approve"].batch.at == (54_000,)  # type: ignore[union-attr]
    assert changed(EMPTY.cost(role="Clerk", per_hour=25)).roles["Clerk"].cost_per_hour == 25
    assert changed(EMPTY.turnover("Clerk", yearly=0.3)).roles["Clerk"].turnover.per_year == 0.3  # type: ignore[union-attr]
    assert changed(EMPTY.branch("Check", "Approve", factor=0.5)).share_changes[0].factor == 0.5
    twin = changed(EMPTY.prioritise("type", {"urgent": -1}, preemptive=True))
    assert (twin.roles["Clerk"].discipline, twin.case_types["urgent"].priority) == ("priority", -1)
    learnt = changed(EMPTY.train("Boss", skills=["Check"]))
    assert learnt.roles["Clerk"].members[-1] == "Zoe"
    assert learnt.resources["Zoe"].skills == {"Approve": 1.0, "Check": 1.0}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda s: s.staff("Clark", add=1), "no role 'Clark'; did you mean 'Clerk'? it has: 'Boss', 'Clerk'"),
        (lambda s: s.staff("Clerk", remove="Zoe"), "'Ana', 'Bruno'"),
        (lambda s: s.staff("Clerk", remove=2), "nobody would be left in 'Clerk', which does Register, Check"),
        (lambda s: s.speed("Chek", 0.5), "no activity 'Chek'"),
        (lambda s: s.branch("Check", "Post", factor=0.5), "'Post'; known: "),
        (lambda s: s.errors("Approve", factor=0.5), "activities that do: Check"),
        (lambda s: s.delay("Approve", factor=0.5), "Register → Check"),
        (lambda s: s.stock("paper", s=1), "no material 'paper'; it has: none"),
        (lambda s: s.demand(2, case_type="rare"), "'case', 'urgent'"),
        (lambda s: s.hours("Clerk", "Funday 9-17"), "Funday"),
        (lambda s: s.pool(["Clerk", "Chief"]), "no role 'Chief'"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(make: Callable[[Scenario], Scenario], words: str) -> None:
    with pytest.raises(ScenarioError, match="scenario 'x'") as problem:
        make(EMPTY).apply(office())
    assert words in str(problem.value)


def test_impossible_changes_are_refused_when_written() -> None:
    with pytest.raises(ScenarioError, match="exactly one of add, remove and set"):
        EMPTY.staff("Clerk")
    with pytest.raises(ScenarioError, match="change 1: there is no change 'stuff'; did you mean 'staff'"):
        Scenario("x", [{"stuff": {}}])


def test_a_sum_does_both_and_speaks_two_languages() -> None:
    both = Scenario("More").staff("Clerk", add=1) + Scenario("Busy").demand(1.2, since="2026-03-01")
    assert both.describe() == "More + Busy: 1 more in Clerk; +20 % cases, from 1 Mar 2026 on"
    with speaking("pt_BR"):
        assert both.describe() == "More + Busy: mais 1 em Clerk; +20 % de casos, a partir de 01/03/2026"


def test_a_peak_says_from_when_to_when() -> None:
    storm = Scenario("Hail").demand(2.5, since="2026-03-02", until="2026-03-13")
    assert storm.describe() == "Hail: +150 % cases, from 2 Mar 2026 to 13 Mar 2026"
    with speaking("pt_BR"):
        assert storm.describe() == "Hail: +150 % de casos, de 02/03/2026 a 13/03/2026"


def test_data_and_back() -> None:
    scenario = (
        EMPTY.staff("Clerk", add=2, names=["C", "D"])
        .automate("Check", service_time={"family": "exponential", "mean": "1 min"}, exception_share=0.1)
        .batch("Approve", at=["10:00", "15:00"])
        .train("Boss", skills=["Check"])
        .stock("paper", s=1, S=5)
    )
    assert Scenario(**scenario.to_data()) == scenario


def test_every_kind_of_change_has_a_method() -> None:
    assert all(hasattr(EMPTY, kind.model_fields["kind"].default) for kind in KINDS)
