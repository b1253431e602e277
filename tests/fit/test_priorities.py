"""Queues served out of turn come back as rules; queues in turn raise no alarm."""

import pytest

import bko_mining as bko
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.findings import investigate
from bko_mining.fit.priorities import with_priorities

OFFICE = bko.Twin.from_yaml("""
start: 2026-01-05
arrivals: [{per_week: 115, calendar: Mon-Fri 08:00-17:00, mix: {urgent: 1, usual: 3}}]
case_types: {urgent: {priority: 1}, usual: {priority: 2}}
roles: {Clerk: {members: [Ana, Bia], calendar: Mon-Fri 08:00-17:00}}
activities:
  Register: {automatic: true, time: 1 min}
  Check: {role: Clerk, time: {family: gamma, mean: 25 min, cv: 0.6}}
  Decide: {role: Clerk, time: {family: gamma, mean: 12 min, cv: 0.5}}
routing: [Register, Check, Decide]
""")


def queue(twin, **rule):
    return twin.replace(roles={"Clerk": twin.roles["Clerk"].model_copy(update=rule)})


def rules_of(log):
    found = investigate(log)
    twin = with_priorities(found, write_twin(found, name=""))
    return twin, [item for item in twin.evidence if item.part.endswith("discipline")]


def only_discipline(twin):
    (role,) = (role for role in twin.roles.values() if len(role.members) == 2)
    return role.discipline


def test_urgent_cases_are_seen_to_go_first():
    log = bko.simulate(queue(OFFICE, discipline="priority"), n_cases=700, seed=2)
    twin, (said,) = rules_of(log)
    ranks = {name.split()[-1]: kind.priority for name, kind in twin.case_types.items()}
    assert ranks == {"urgent": 1, "usual": 2}
    assert twin.arrivals[0].mix.keys() == twin.case_types.keys()
    assert only_discipline(twin) == "priority"
    assert said.n >= 20
    assert said.numbers["right"] >= 0.9


def test_a_fitted_twin_serves_urgent_cases_first_whatever_its_memory_does():
    log = bko.simulate(queue(OFFICE, discipline="priority"), n_cases=700, seed=2)
    twin = bko.fit_twin(log, seed=0)
    assert sum(stream.mix is not None for stream in twin.arrivals) == 1
    cases = bko.simulate(twin.causal, n_cases=600, seed=5).cases
    hours = cases.groupby("case_type", observed=True).cycle_time.mean()
    urgent, usual = (hours[name] for name in sorted(hours.index))
    real = log.cases.groupby("case_type", observed=True).cycle_time.mean()
    assert urgent < 0.6 * usual
    assert urgent == pytest.approx(real["urgent"], rel=0.5)


def test_an_activity_that_goes_first_is_seen():
    activities = {
        name: activity.model_copy(update={"priority": rank})
        for (name, activity), rank in zip(OFFICE.activities.items(), (3, 1, 2), strict=True)
    }
    office = queue(OFFICE.replace(activities=activities), discipline="priority")
    twin, (said,) = rules_of(bko.simulate(office, n_cases=700, seed=2))
    assert "Check before Decide" in said.found
    assert twin.activities["Check"].priority < twin.activities["Decide"].priority


def test_decisions_before_checks_are_the_oldest_case_first():
    log = bko.simulate(queue(OFFICE, discipline="oldest_case"), n_cases=700, seed=2)
    assert only_discipline(rules_of(log)[0]) == "oldest_case"


def test_last_come_first_served_is_seen():
    twin, (said,) = rules_of(bko.simulate(queue(OFFICE, discipline="lifo"), n_cases=700, seed=2))
    assert only_discipline(twin) == "lifo"
    assert said.goodness > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_first_come_first_served_raises_no_alarm(seed):
    twin, said = rules_of(bko.simulate(OFFICE, n_cases=700, seed=seed))
    assert said == []
    assert only_discipline(twin) == "fifo"


def test_types_of_client_rank_in_the_known_truth(shared):
    path = shared / "logs" / "known_truth" / "Simod_log_with_prioritization.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    twin, (said,) = rules_of(bko.read_log(path))
    assert "Rich before Poor before Poorer" in said.found
    assert {name.split()[-1]: kind.priority for name, kind in twin.case_types.items()} == {
        "Rich": 1,
        "Poor": 2,
        "Poorer": 3,
    }
    assert said.numbers["right"] > 0.98


@pytest.mark.parametrize("name", ["Loan_Application", "Procure_to_Pay", "Procure_to_Pay_5_timers"])
def test_other_public_logs_raise_no_alarm(shared, name):
    path = shared / "logs" / "known_truth" / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    _, said = rules_of(bko.read_log(path))
    assert said == []
