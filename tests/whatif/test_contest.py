"""The contest of plans: none is thrown out wrongly, and runs go where they decide."""

import numpy as np

from bko_mining.whatif.contest import run_contest, surely_beaten
from bko_mining.whatif.experiment import Crew
from bko_mining.whatif.fronts import means_alike
from bko_mining.whatif.levers import Lever
from bko_mining.whatif.optimisation import optimise
from bko_mining.whatif.runs import Setting
from bko_mining.whatif.scenario import Scenario
from tests.whatif.office import office


def test_equals_are_seldom_called_beaten() -> None:
    rng = np.random.default_rng(1)
    wrong = sum(surely_beaten(rng.normal(size=(5, 8, 2))).any() for _ in range(400))
    assert wrong <= 0.05 * 400 + 9  # two standard errors above the five percent allowed


def test_a_clearly_worse_plan_leaves_and_a_trade_off_stays() -> None:
    rng = np.random.default_rng(2)
    luck = rng.normal(size=(1, 10, 2))
    means = np.array([[10.0, 10.0], [12.0, 11.0], [7.0, 14.0]])[:, None, :]
    samples = means + luck + 0.1 * rng.normal(size=(3, 10, 2))
    assert surely_beaten(samples).tolist() == [False, True, False]
    assert not surely_beaten(samples[:1]).any()


def test_runs_go_to_the_plans_that_may_be_best() -> None:
    setting = Setting(n_cases=80, seed=3)
    plans = [Scenario("a").demand(1.0), Scenario("slow").speed("Check", 3.0), Scenario("b").speed("Check", 0.98)]
    crew = Crew([setting.prepared(p.apply(office())) for p in plans], setting, ["a", "slow", "b"], workers=1)
    crew.run_until(4)
    alive = run_contest(crew, lambda figures: (figures["cycle_time_mean"],), among=[0, 1, 2], last=32)
    assert 1 not in alive
    assert len(crew.outcomes[1]) < 32


def test_a_plan_that_left_early_is_judged_by_the_luck_it_shared() -> None:
    # Plan b is worse by one in each run, leaves after 4 of 16, and luck varies by ten.
    rng = np.random.default_rng(5)
    luck = rng.normal(0, 10, (500, 16))
    plain = alike = 0
    for row in luck:
        a, b = ([{"time": 50 + gap + x} for x in part] for gap, part in ((0, row), (1, row[:4])))
        best, left = means_alike([a, b])
        alike += best["time"] < left["time"]
        plain += np.mean([f["time"] for f in a]) < np.mean([f["time"] for f in b])
    assert alike == 500
    assert plain < 350, "plain means of unlike runs call the worse plan better in many searches"


def test_a_contest_and_a_limit_of_time_in_the_search() -> None:
    levers = [Lever.staff("Clerk", 1, 5), Lever.staff("Boss", 1, 3)]
    how = {"replications": 2, "n_cases": 50, "check_replications": 3, "workers": 1, "progress": False}
    hurried = optimise(office(), levers, budget=15, time_limit=0.0, **how)  # type: ignore[arg-type]
    assert 1 <= len(hurried.tried) <= 6
    fought = optimise(office(), levers, budget=8, contest=8, **how)  # type: ignore[arg-type]
    plain = optimise(office(), levers, budget=8, **how)  # type: ignore[arg-type]
    assert len(fought.tried) == len(plain.tried) == 8
    assert fought.table["winner"].sum() == 1
    # The plans of the front have had more runs, so their figures moved.
    assert not fought.tried["cycle_time_mean"].equals(plain.tried["cycle_time_mean"])
