"""Money by hand, sensitivity to a known input, input uncertainty, and the search for the best plan."""

import numpy as np
import pytest

from bko_mining.errors import BkoError
from bko_mining.fit.fitting import fit_twin
from bko_mining.simulate.simulation import simulate
from bko_mining.whatif.business_case import annuity, business_case
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.fronts import hypervolume, pareto
from bko_mining.whatif.levers import Lever, neighbours, scenario_of
from bko_mining.whatif.optimisation import optimise, search
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.sensitivity import sensitivity, sobol
from bko_mining.whatif.statistics import two_stage_interval
from tests.whatif.office import office

PLAIN = office().replace(service_levels=())
RUN = {"n_cases": 80, "workers": 1}


def test_a_business_case_by_hand() -> None:
    fewer = Scenario("Fewer").staff("Clerk", remove="Bruno").demand(0.4).cost(investment=1000, per_month=100)
    case = business_case(run_experiment(PLAIN, fewer, replications=3, horizon="28 d", workers=1))
    row = case.table.iloc[0]
    # Bruno is paid 40 h x 20 a week; 100 a month are taken off
    saving = 40 * 20 * 365.25 / 7 - 1200
    assert row["saving_per_year"] == pytest.approx(saving)
    assert row["net_present_value"] == pytest.approx(saving * (1 / 1.1 + 1 / 1.21 + 1 / 1.331) - 1000)
    assert row["payback_years"] == pytest.approx(1000 / saving)
    assert row["return_share"] == pytest.approx((3 * saving - 1000) / 1000)
    assert row["npv_low"] <= row["net_present_value"] <= row["npv_high"]
    assert annuity(1.5, 0.0) == 1.5


def test_a_business_case_needs_prices() -> None:
    free = PLAIN.replace(
        roles={name: role.model_copy(update={"cost_per_hour": 0}) for name, role in PLAIN.roles.items()}
    )
    with pytest.raises(BkoError, match="cost_per_hour"):
        business_case(run_experiment(free, Scenario("x").demand(1.1), replications=2, **RUN))  # type: ignore[arg-type]


def test_the_tornado_ranks_what_matters_first() -> None:
    found = sensitivity(PLAIN, replications=3, spread=0.1, **RUN)
    assert found.table["swing_share"].is_monotonic_decreasing
    swing = found.table.set_index("input")["swing_share"]
    assert swing["time of Approve"] < swing["time of Register"]
    assert set(swing.index) >= {"demand", "delay at Check"}


def test_sobol_shares_are_shares() -> None:
    table = sobol(PLAIN, n=4, most=2, n_cases=30, workers=1).table
    assert len(table) == 2
    assert table["total_share"].max() > 0.2


def test_two_stage_intervals_cover_the_truth_between_twins() -> None:
    # Twins differ with standard deviation 1, dice with 2; the truth is another draw of the same kind.
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(2000):
        twins = rng.normal(0, 1, 12)
        sample = (twins[:, None] + rng.normal(0, 2, (12, 16))).ravel()
        interval = two_stage_interval(sample, groups=12)
        hits += interval.low <= rng.normal(0, 1) <= interval.high
    assert 0.94 < hits / 2000 < 0.99


def test_a_twin_without_evidence_has_no_input_uncertainty() -> None:
    with pytest.raises(BkoError, match="evidence"):
        run_experiment(PLAIN, replications=4, input_draws=4, **RUN)  # type: ignore[arg-type]


def test_intervals_of_a_fitted_twin_also_hold_what_its_log_leaves_open() -> None:
    twin = fit_twin(simulate(PLAIN, n_cases=150, seed=4))
    role = next(name for name, role in twin.roles.items() if "Ana" in role.members)
    more, run = Scenario("m").staff(role, add=1), {"n_cases": 60, "workers": 1, "seed": 2}
    alone = run_experiment(twin, more, replications=8, **run)  # type: ignore[arg-type]
    honest = run_experiment(twin, more, replications=8, input_draws=4, **run)  # type: ignore[arg-type]
    assert honest.groups == 4
    assert honest.replications == 8
    assert "4 twins" in honest.footing
    assert honest.level().half_width > alone.level().half_width
    assert not np.array_equal(honest.samples()[0], alone.samples()[0])


def test_front_and_area() -> None:
    assert pareto([(1, 1), (1, 1), (2, 0)]) == [0, 1, 2]
    assert hypervolume([(5, 5)], (4, 4)) == 0


def test_levers_make_scenarios() -> None:
    levers = [Lever.staff("Clerk", 1, 3), Lever.either(Scenario("Software").automate("Check"))]
    assert scenario_of(levers, (1, 1)).name == "Clerk: 2, Software"
    assert sorted(neighbours(levers, (0, 0))) == [(0, 1), (1, 0)]
    assert scenario_of(levers, (1, 0)).apply(PLAIN).roles["Clerk"].members == ("Ana", "Bruno")


def test_the_search_finds_the_front_of_a_known_landscape() -> None:
    levers = [Lever.staff(f"R{i}", 1, 12) for i in range(4)]

    def landscape(plans: list[tuple[int, ...]]) -> list[dict[str, float]]:
        # Cost grows with every lever; only the first two shorten the cycle time.
        return [{"cost_per_week": 1.0 + sum(p), "cycle_time_mean": 100 / (1 + p[0]) + 80 / (1 + p[1])} for p in plans]

    how = {"objectives": ("cost_per_week", "cycle_time_mean"), "constraints": {}}
    reference = (46.0, 181.0)
    found, chance = [], []
    for seed in range(5):
        tried = search(levers, landscape, budget=60, seed=seed, **how)  # type: ignore[arg-type]
        found.append(hypervolume([(f["cost_per_week"], f["cycle_time_mean"]) for f in tried.values()], reference))
        plans = [tuple(row) for row in np.random.default_rng(seed).integers(0, 12, (60, 4)).tolist()]
        chance.append(hypervolume([(f["cost_per_week"], f["cycle_time_mean"]) for f in landscape(plans)], reference))
    assert np.mean(found) > 1.05 * np.mean(chance)
    assert len(tried) == 60


def test_the_best_plan_is_checked_with_fresh_luck_and_keeps_its_constraints() -> None:
    levers = [Lever.staff("Clerk", 1, 4), Lever.staff("Boss", 1, 2)]
    best = optimise(
        PLAIN,
        levers,
        constraints={"cycle_time_mean": 25_000},
        budget=8,
        replications=2,
        n_cases=60,
        check_replications=4,
        workers=1,
    )
    assert len(best.tried) == 8
    assert best.table["winner"].sum() == 1
    winner = best.table[best.table["winner"]].iloc[0]
    assert winner["cycle_time_mean"] <= 25_000
    assert best.check.setting.seed != 0
    assert best.check.replications == 4
    assert best.scenario.name in best.summary
    with pytest.raises(BkoError, match="none of 3 plans meets"):
        optimise(PLAIN, levers, constraints={"cycle_time_mean": 1.0}, budget=3, replications=1, n_cases=20, workers=1)
