"""Queues by value and by due date, and free people chosen by their pace, come back; plain offices raise no alarm."""

import pytest

import bko_mining as bko
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.attributes import with_attributes
from bko_mining.fit.findings import investigate
from bko_mining.fit.priorities import with_priorities

TEXT = """
start: 2026-01-05
arrivals: [{per_week: 125, calendar: Mon-Fri 08:00-17:00, mix: {gold: 1, plain: 2, slow: 1}}]
case_types: {gold: {due: 1 h}, plain: {due: 5 h}, slow: {due: 10 h}}
attributes: {amount: {distribution: {family: lognormal, mean: 1000, cv: 1}}, size: {distribution: {family: gamma, mean: 5, cv: 1}}}
roles: {Clerk: {members: [Ana, Bia, Caio], calendar: Mon-Fri 08:00-17:00RULE}}
resources: {Ana: {speed: 1.5}, Caio: {speed: 0.7}}
activities:
  Register: {automatic: true, time: 1 min}
  Check: {role: Clerk, time: {family: gamma, mean: 30 min, cv: 0.6}}
  Decide: {role: Clerk, time: {family: gamma, mean: 15 min, cv: 0.6}}
routing: [Register, Check, Decide]
"""  # noqa: E501


def fitted(rule, *, seed=0):
    log = bko.simulate(bko.Twin.from_yaml(TEXT.replace("RULE", rule)), n_cases=700, seed=seed)
    found = investigate(log)
    return with_attributes(found, with_priorities(found, write_twin(found, name="")))


def only_role(twin):
    (role,) = twin.roles.values()
    return role


@pytest.mark.parametrize("seed", [0, 1])
def test_the_largest_value_first_is_seen(seed):
    twin = fitted(", discipline: value, value_attribute: amount", seed=seed)
    assert (only_role(twin).discipline, only_role(twin).value_attribute) == ("value", "amount")
    cases = bko.simulate(twin, n_cases=600, seed=5)
    amount = cases.attributes["amount"].to_numpy()[cases.offsets[:-1]]
    hours = (cases.case_end - cases.case_start) / 3.6e9
    assert hours[amount > 1500].mean() < 0.85 * hours[amount < 500].mean()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_earliest_due_date_first_is_seen(seed):
    twin = fitted(", discipline: due_date", seed=seed)
    assert only_role(twin).discipline == "due_date"
    dues = {name.split()[-1]: kind.due / 3600 for name, kind in twin.case_types.items()}
    # Only orders in which cases were served are seen, and nobody comes at night: differences are known to some hours.
    assert dues["plain"] - dues["gold"] == pytest.approx(4, abs=6)
    assert dues["slow"] - dues["plain"] == pytest.approx(5, abs=6)
    hours = bko.simulate(twin, n_cases=600, seed=5).cases.groupby("case_type", observed=True).cycle_time.mean()
    gold, plain, slow = hours.sort_index()
    assert gold < plain < slow


@pytest.mark.parametrize("seed", [0, 1])
def test_the_quickest_of_those_free_is_seen(seed):
    twin = fitted(", choice: fastest", seed=seed)
    assert only_role(twin).choice == "fastest"
    (said,) = (item for item in twin.evidence if item.part.endswith("choice"))
    assert said.numbers["right"] >= 0.95


@pytest.mark.parametrize("rule", ["", ", choice: random", ", discipline: lifo"])
def test_other_offices_raise_no_alarm(rule):
    role = only_role(fitted(rule))
    assert role.value_attribute is None
    assert role.discipline in ("fifo", "lifo")
    assert role.choice == "longest_idle"
