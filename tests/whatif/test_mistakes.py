"""What people write wrongly in a scenario: told with the line, the place, what is allowed and what was meant."""

import pytest

from bko_mining.errors import ScenarioError
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.study import Study
from tests.whatif.office import office

WRITTEN = [
    ("staff: {role: Clerk}", "staff: scenario 'Plan': staff of 'Clerk': give exactly one of add, remove and set"),
    ("staff: {role: Clerk, add: two}", "staff.add: scenario 'Plan': 'two' is no whole number"),
    ("staff: {role: Clerk, add: 0}", "staff.add: scenario 'Plan': must be at least 1, not 0"),
    ("staff: {roles: Clerk, add: 1}", "there is no key 'roles'; did you mean 'role'? keys: since, role, add"),
    ("staff: Clerk", "staff needs keys and values, not 'Clerk'; write {staff: {key: value}} with: since, role"),
    ("staff:", "'role' is missing; keys: since, role"),
    ("staff: {role: Clerk, add: 1, since: next week}", "staff.since: scenario 'Plan': 'next week' is no day"),
    ("staff: {role: Clerk, add: 1, since: 2026-02-02, go_live: 2026-02-02}", "since and go_live are the same"),
    ("hours: {role: Clerk, longer: soon}", "'soon' is no length of time"),
    ("turnover: {role: Clerk, yearly: 20 %}", "'20 %' is no number; write 0.2, or 1.2 where it is a factor"),
    ("train: {skills: [Check]}", "train: give either role (everybody in it learns) or people"),
    ("train: {role: Boss, skills: {Check: 0}}", "train.skills.Check: scenario 'Plan': must be more than 0"),
    ("pool: {roles: [Clerk, Clerk]}", "name each role once"),
    ("prioritise: {by: fifo, classes: {urgent: 1}}", "classes go with by: type or by: activity, not with by: fifo"),
    ("automate: {activity: Check, exception_share: 15}", "a share of 15 % is written 0.15"),
    ("batch: {activity: Approve, weekdays: [Mon]}", "give size, every or at, or off=True"),
    ("batch: {activity: Approve, size: 9, off: true}", "off=True ends batches, so leave the other keys out"),
    ("batch: {activity: Approve, at: 25:00}", "'25:00' is no time of day"),
    ("parallelise: [Register, Check]", "parallelise needs keys and values"),
    ("reorder: {activity: Check, after: Check}", "'Check' cannot come before or after itself"),
    ("cost: {}", "cost: give role and per_hour, activity and per_instance, investment, per_month or per_case"),
    ("Staff: {role: Clerk, add: 1}", "there is no change 'Staff'; did you mean 'staff'? changes: staff, hours"),
    ("{staff: {role: Clerk, add: 1}, hours: {role: Clerk, longer: 1 h}}", "staff and hours are changes of their own"),
]


@pytest.mark.parametrize(("change", "words"), WRITTEN, ids=[change for change, _ in WRITTEN])
def test_what_is_written_wrongly_is_told_with_its_line(change: str, words: str) -> None:
    text = (
        f"scenarios:\n  - name: Fine\n  - name: Plan\n    changes:\n      - demand: {{factor: 1.1}}\n      - {change}\n"
    )
    with pytest.raises(ScenarioError) as problem:
        Study.from_yaml(text, name="mine.yaml")
    said = str(problem.value)
    assert said.startswith("mine.yaml, line 6: scenarios.1.changes.1")
    assert words in said
    assert "validation" not in said
    assert "Input should" not in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- name: Plan\n  change: []", "line 2: 0.change: scenario 'Plan': there is no key 'change'; did you mean"),
        ("- name: Plan\n  changes: {demand: {factor: 2}}", "changes is a list: put each change behind a dash"),
        ("- name: Plan\n  go_live: soon\n  changes: [{demand: {factor: 2}}]", "line 2: 0.go_live: scenario 'Plan'"),
        ("scenarios: [{name: x}]\nexperiment: {replication: 3}", "line 2: experiment.replication: unknown key"),
    ],
)
def test_a_study_that_is_written_wrongly_says_where(text: str, words: str) -> None:
    with pytest.raises(ScenarioError) as problem:
        Study.from_yaml(text, name="mine.yaml")
    assert words in str(problem.value)


UNFIT = [
    ("staff: {role: Clerks, add: 1}", "no role 'Clerks'; did you mean 'Clerk'? it has"),
    ("batch: {activity: Check, off: true}", "'Check' is not done in batches in the twin; what is: nothing"),
    ("prioritise: {by: type}", "prioritise by type changes nothing, since no type comes before another"),
    ("parallelise: {activities: [Register, Approve]}", "what it does one by one: Register → Check"),
]


@pytest.mark.parametrize(("change", "words"), UNFIT, ids=[change for change, _ in UNFIT])
def test_what_does_not_fit_the_twin_says_what_would(change: str, words: str) -> None:
    plan = Study.from_yaml(f"- name: Plan\n  changes: [{{{change}}}]").scenarios[0]
    with pytest.raises(ScenarioError, match="scenario 'Plan'") as problem:
        plan.apply(office())
    assert words in str(problem.value)


def test_a_change_goes_live_by_either_name() -> None:
    one, other = (
        Scenario("x", [{"automate": {"activity": "Check", key: "2026-02-02"}}]) for key in ("since", "go_live")
    )
    assert one == other
    assert one.to_data()["changes"] == [{"automate": {"activity": "Check", "since": "2026-02-02"}}]
