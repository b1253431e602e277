"""Runs go to the plans of which it is least sure whether they belong to the front, and tell more than runs for all."""

from collections.abc import Mapping

import numpy as np
import pytest

from bko_mining.whatif.allocation import MOST, allocate, hardness
from bko_mining.whatif.fronts import pareto
from bko_mining.whatif.levers import Lever
from bko_mining.whatif.optimisation import optimise
from tests.whatif.office import office

PLANS = np.array([[1.0, 9.0], [1.3, 9.3], [3.0, 3.0], [3.3, 3.3], [9.0, 1.0], [8.0, 8.0], [9.0, 9.0], [7.0, 9.5]])
"""Three are the front; two lie just behind it; the last three are far behind."""


def runs_of(seed: int, *, most: int = 64) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return PLANS[:, None, :] + 0.4 * rng.normal(size=(len(PLANS), most, 2))


def spent(seed: int) -> tuple[np.ndarray, dict[int, int]]:
    runs = runs_of(seed)

    def sample(counts: Mapping[int, int]) -> list[np.ndarray]:
        return [runs[i, :n] for i, n in counts.items()]

    return runs, allocate(sample, dict.fromkeys(range(len(PLANS)), 4), 64)


def test_runs_go_where_they_decide_and_none_is_lost() -> None:
    _, counts = spent(1)
    assert sum(counts.values()) == 8 * 4 + 64
    assert max(counts.values()) <= 4 * MOST
    assert min(counts[i] for i in (0, 1, 2, 3)) >= 2 * max(counts[i] for i in (5, 6, 7))


def test_the_front_is_told_rightly_more_often_than_by_as_many_runs_for_all() -> None:
    front, right = pareto(list(map(tuple, PLANS))), np.zeros(2)
    for seed in range(200):
        runs, counts = spent(seed)
        for k, n in enumerate(([12] * len(PLANS), counts.values())):
            means = [tuple(row[:m].mean(axis=0)) for row, m in zip(runs, n, strict=True)]
            right[k] += pareto(means) == front
    assert right[1] > right[0] + 5


def test_plans_that_never_vary_and_a_single_plan_are_no_trouble() -> None:
    assert np.isfinite(hardness([np.ones((3, 2)), np.ones((3, 2)), np.zeros((3, 2))])).all()
    assert allocate(lambda counts: [np.ones((n, 2)) for n in counts.values()], {0: 2}, 6) == {0: 8}


def test_a_search_spends_all_its_runs_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[int, int]] = []
    crew = "bko_mining.whatif.experiment.Crew._one"
    from bko_mining.whatif.experiment import Crew

    once = Crew._one
    monkeypatch.setattr(crew, lambda self, task: (kept.append(task), once(self, task))[1])
    levers = [Lever.staff("Clerk", 1, 5), Lever.staff("Boss", 1, 3)]
    found = optimise(
        office(), levers, budget=8, replications=4, n_cases=40, check_replications=2, workers=1, progress=False
    )
    assert len(found.tried) == 8
    assert len(kept) == 8 * 4 + 2 * 2
    assert len(set(kept[:32])) == 32
