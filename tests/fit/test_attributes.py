"""What hangs on what cases carry is found with the right sign and size; where nothing hangs on it, nothing is."""

from dataclasses import replace

import numpy as np
import pytest

import bko_mining as bko
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.attribute_routes import find_choices
from bko_mining.fit.attribute_times import find_time_classes
from bko_mining.fit.attributes import with_attributes
from bko_mining.fit.case_attributes import case_attributes
from bko_mining.fit.classes import round_between
from bko_mining.fit.findings import investigate

TEXT = """
start: 2026-01-05
arrivals: [{per_week: 150, calendar: Mon-Fri 08:00-17:00, mix: {plain: 3, vip: 1}}]
case_types: {plain: {}, vip: {}}
attributes:
  amount:
    distribution: {family: lognormal, mean: 1000, cv: 1.2}
    digits: 2
    by_type: {vip: {distribution: {family: lognormal, mean: 2500, cv: 1.0}, digits: 2}}
  pages: {distribution: {family: gamma, mean: 10, cv: 0.5}, digits: 0}
  region: {values: {North: 4, South: 3, East: 2}}
  colour: {values: {red: 1, green: 1, blue: 1, white: 1}}
correlations: [{between: [amount, pages], value: 0.6}]
roles:
  Clerk: {members: [Ana, Bia, Caio], calendar: Mon-Fri 08:00-17:00}
  Boss: {members: [Rui], calendar: Mon-Fri 08:00-17:00}
activities:
  Register: {role: Clerk, time: {family: gamma, mean: 8 min, cv: 0.6}}
  Check: {role: Clerk, time: {family: gamma, mean: 20 min, cv: 0.6}}
  Approve: {role: Boss, time: {family: gamma, mean: 10 min, cv: 0.6}}
  Correct: {role: Clerk, time: {family: gamma, mean: 10 min, cv: 0.6}}
  Pay: {role: Clerk, time: {family: gamma, mean: 5 min, cv: 0.6}}
routing:
  - Register
  - Check
  - xor: [{share: 0.15, do: Correct}, {share: 0.85}]
  - xor: [{share: 0.3, do: Approve}, {share: 0.7}]
  - Pay
"""
OFFICE = bko.Twin.from_yaml(TEXT)
RULES = {
    "xor: [{share: 0.3, do: Approve}, {share: 0.7}]": "xor: [{when: amount > 2000, do: Approve}, "
    "{share: 0.1, do: Approve}, {share: 0.9}]",
    "mean: 20 min, cv: 0.6}": "mean: 20 min, cv: 0.6}, time_factors: [{when: region == South, factor: 1.6}]",
}


def with_rules(text):
    for plain, ruled in RULES.items():
        assert plain in text
        text = text.replace(plain, ruled)
    return bko.Twin.from_yaml(text)


def fitted(log):
    found = investigate(log)
    return with_attributes(found, write_twin(found, name=""))


@pytest.fixture(scope="module")
def ruled_log():
    return bko.simulate(with_rules(TEXT), n_cases=1000, seed=1)


@pytest.fixture(scope="module")
def ruled(ruled_log):
    return fitted(ruled_log)


def shares_of(log, activity):
    """Share of cases that do an activity, for small and large amounts, and their numbers."""
    amount = log.attributes["amount"].to_numpy()[log.offsets[:-1]]
    code = log.activities.index(activity)
    does = np.add.reduceat(log.activity == code, log.offsets[:-1]) > 0
    return [does[side].mean() for side in (amount <= 2000, amount > 2000)]


def test_amounts_that_need_approval_are_found_with_their_limit(ruled):
    (said,) = (item for item in ruled.evidence if item.part == "routing.Check → Approve")
    limits = {change.when for change in ruled.share_changes if change.after == "Check"}
    assert all(when.startswith(("amount <= ", "amount > ")) for when in limits)
    edges = {float(when.split()[-1]) for when in limits}
    assert edges.pop() == pytest.approx(2000, rel=0.03)
    assert not edges
    # Of the cases above the limit 15 % go to Correct first.
    assert said.numbers["highest"] == pytest.approx(0.85, abs=0.05)
    assert said.numbers["lowest"] == pytest.approx(0.085, abs=0.03)


def test_a_region_that_takes_longer_is_found_with_its_factor(ruled):
    factors = {factor.when: factor.factor for factor in ruled.activities["Check"].time_factors}
    south = factors.pop('region == "South"')
    ((others, usual),) = factors.items()
    assert others == 'region in ["East", "North"]'
    assert south / usual == pytest.approx(1.6, rel=0.08)
    assert ruled.activities["Check"].time.cv == pytest.approx(0.6, abs=0.06)
    assert not any(ruled.activities[name].time_factors for name in ruled.activities if name != "Check")


def test_a_run_of_the_fitted_twin_shows_the_same_rules(ruled, ruled_log):
    run = bko.simulate(ruled, n_cases=1500, seed=5)
    assert shares_of(run, "Approve") == pytest.approx(shares_of(ruled_log, "Approve"), abs=0.04)


def test_what_cases_carry_goes_together_as_in_the_log(ruled, ruled_log):
    run = bko.simulate(ruled, n_cases=3000, seed=6)
    tables = [each.attributes.to_pandas().iloc[each.offsets[:-1]] for each in (run, ruled_log)]
    means = [table.groupby("case_type", observed=True).amount.median() for table in tables]
    assert means[0].to_dict() == pytest.approx(means[1].to_dict(), rel=0.15)
    rho = [table[["amount", "pages"]].corr("spearman").iloc[0, 1] for table in tables]
    assert rho[0] == pytest.approx(rho[1], abs=0.08)


def test_the_order_of_cases_tells_attributes_from_numbers_that_count_up(ruled_log):
    names = {attribute.name for attribute in case_attributes(ruled_log)}
    assert names == {"case_type", "amount", "pages", "region", "colour"}


def test_a_variant_number_is_no_cause(ruled_log):
    import pandas as pd
    import pyarrow as pa

    ways = [tuple(case) for case in np.split(ruled_log.activity, ruled_log.offsets[1:-1])]
    variant = np.repeat(pd.factorize(pd.Series(ways))[0], np.diff(ruled_log.offsets))
    log = replace(ruled_log, attributes=ruled_log.attributes.append_column("variant", pa.array(variant)))
    assert "variant" not in {attribute.name for attribute in case_attributes(log)}


def test_nothing_is_found_where_nothing_hangs_on_attributes():
    """The chance of any finding in a log is set to one in a hundred; shuffled cases are logs without any."""
    found = investigate(bko.simulate(OFFICE, n_cases=700, seed=3))
    attributes = case_attributes(found.log)
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(40):
        order = rng.permutation(found.log.n_cases)
        shuffled = [replace(each, values=each.values[order]) for each in attributes]
        alarms += bool(find_choices(found.routing, shuffled) or find_time_classes(found, shuffled))
    assert alarms <= 2


def test_a_log_without_attributes_fits_as_before(ruled_log):
    bare = replace(ruled_log, attributes=ruled_log.attributes.select([]))
    found = investigate(bare)
    twin = write_twin(found, name="")
    assert with_attributes(found, twin) is twin


@pytest.mark.parametrize(("low", "high"), [(0, 1), (1999.2, 2003.7), (-3.0, -2.0), (0.001, 0.0013), (-0.5, 0.5)])
def test_the_rounded_limit_lies_between(low, high):
    assert low <= round_between(low, high) < high
