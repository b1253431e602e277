"""What hangs on who does the work: error rates of people, four eyes, cases that stay in the same hands."""

import pytest

import bko_mining as bko
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.attributes import with_attributes
from bko_mining.fit.findings import investigate

TEXT = """
start: 2026-01-05
arrivals: [{per_week: 130, calendar: Mon-Fri 08:00-17:00}]
roles: {Clerk: {members: [Ana, Bia, Caio, Davi], calendar: Mon-Fri 08:00-17:00}}
activities:
  Register: {role: Clerk, time: {family: gamma, mean: 20 min, cv: 0.6}}
  Check: {role: Clerk, time: {family: gamma, mean: 20 min, cv: 0.6}RULE}
  Pay: {role: Clerk, time: {family: gamma, mean: 10 min, cv: 0.6}}
routing: [Register, {loop: {do: Check, again: 0.05}}, Pay]
"""
ERRORS = ", errors: {share: 0.12, to: Register, by_resource: {Ana: 3, Bia: 0.4}}"
SLIPS = ", errors: {share: 0.15, to: Register}"


def log_of(rule, seed=0):
    return bko.simulate(bko.Twin.from_yaml(TEXT.replace("RULE", rule)), n_cases=800, seed=seed)


def fitted(log):
    found = investigate(log)
    return with_attributes(found, write_twin(found, name=""))


@pytest.mark.parametrize("seed", [0, 1])
def test_people_who_err_more_are_told_apart(seed):
    errors = fitted(log_of(ERRORS, seed)).activities["Check"].errors
    assert errors.to == "Register"
    rates = {name: errors.share * factor for name, factor in errors.by_resource.items()}
    truth = {"Ana": 0.36, "Bia": 0.048, "Caio": 0.12, "Davi": 0.12}
    assert rates == pytest.approx(truth, abs=0.08)


def test_a_run_of_the_fitted_twin_goes_back_as_often():
    log = log_of(ERRORS)
    twin = fitted(log)
    run = bko.simulate(twin, n_cases=800, seed=3)
    register, again = (each.activities.index("Register") for each in (log, run))
    seen = (log.activity == register).sum() / log.n_cases
    assert (run.activity == again).sum() / run.n_cases == pytest.approx(seen, rel=0.06)
    fewer = bko.Scenario("fewer errors").errors("Check", factor=0.0).apply(twin)
    better = bko.simulate(fewer, n_cases=300, seed=3)
    assert (better.activity == better.activities.index("Register")).sum() == better.n_cases


@pytest.mark.parametrize("rule", ["not_same_as", "same_as"])
def test_rules_on_whose_hands_a_case_comes_to_are_found(rule):
    twin = fitted(log_of(f", {rule}: [Register]"))
    assert getattr(twin.activities["Check"], rule) == ("Register",)
    other = {"same_as", "not_same_as"} - {rule}
    assert not any(getattr(each, name) for each in twin.activities.values() for name in other)
    (said,) = (item for item in twin.evidence if item.part == f"activities.Check.{rule}")
    assert said.numbers["same_share"] == (1.0 if rule == "same_as" else 0.0)


@pytest.mark.parametrize("rule", ["", SLIPS])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_people_alike_raise_no_alarm(rule, seed):
    twin = fitted(log_of(rule, seed))
    assert not any(each.errors or each.same_as or each.not_same_as for each in twin.activities.values())


def test_an_office_at_rest_is_no_four_eyes():
    """Where somebody is always idle, who has been idle longest takes the next step: hardly ever the same person."""
    text = TEXT.replace("RULE", "").replace("per_week: 130", "per_week: 8")
    twin = fitted(bko.simulate(bko.Twin.from_yaml(text), n_cases=600, seed=0))
    assert not any(each.not_same_as for each in twin.activities.values())


def test_the_only_way_to_an_activity_stays_a_way():
    """What is mended only after a check that hangs on people could not be reached any more as an error."""
    text = TEXT.replace("{do: Check, again: 0.05}", "{do: Check, again: 0.01, redo: Mend}")
    text = text.replace("  Pay:", "  Mend: {role: Clerk, time: 5 min}\n  Pay:").replace("to: Register", "to: Mend")
    rule = ", errors: {share: 0.12, to: Mend, by_resource: {Ana: 3, Bia: 0.4}}"
    log = bko.simulate(bko.Twin.from_yaml(text.replace("RULE", rule)), n_cases=800, seed=0)
    twin = fitted(log)
    assert twin.activities["Check"].errors is None
    mended = [(each.activity == each.activities.index("Mend")).sum() / 800 for each in (log, run_of(twin))]
    assert mended[1] == pytest.approx(mended[0], rel=0.2)


def run_of(twin):
    return bko.simulate(twin, n_cases=800, seed=3)
