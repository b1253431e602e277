"""Control variates: luck whose expectation is known, used where it makes figures surer, said where it is used."""

import numpy as np
import pytest

from bko_mining.twin.model import Twin
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.controls import FEW, best_mean, controlled_interval, share_left
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.runs import Setting, luck_of_runs, run_once
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.statistics import mean_interval
from bko_mining.words import speaking
from tests.whatif.office import office
from tests.whatif.test_promises import MORE, erlang_c, mmc

BY_APPOINTMENT = """
arrivals: [{kind: grid, every: 1 h, calendar: 24/7}]
roles: {Server: {size: 1}}
activities: {Serve: {role: Server, time: 30 min}}
routing: [Serve]
"""


@pytest.fixture(scope="module")
def queue() -> Comparison:
    run = {"replications": 60, "n_cases": 300, "seed": 2, "workers": 1, "progress": False}
    return run_experiment(mmc(3, 0.8), [MORE, Scenario("Same")], **run)  # type: ignore[arg-type]


def luck(c: Comparison) -> np.ndarray:
    known = luck_of_runs(c.outcomes[0])
    assert known is not None
    return known


@pytest.mark.parametrize("about", [{"n_cases": 150}, {"horizon": "20 d"}])
def test_luck_has_expectation_zero(about: dict[str, object]) -> None:
    setting = Setting(seed=4, **about)  # type: ignore[arg-type]
    runs = np.array([run_once(office(), setting, r).series["luck"] for r in range(120)])
    t = runs.mean(axis=0) / (runs.std(axis=0, ddof=1) / np.sqrt(len(runs)))
    assert (runs.std(axis=0) > 0).all()
    assert (np.abs(t) < 4).all()


def test_bad_luck_goes_with_long_waits(queue: Comparison) -> None:
    waits = queue.samples("waiting_time_mean")[0]
    soon, long = luck(queue).T
    assert np.corrcoef(waits, soon)[0, 1] > 0.2
    assert np.corrcoef(waits, long)[0, 1] > 0.2


def test_controls_are_used_where_they_help_and_said(queue: Comparison) -> None:
    assert queue.variance_left("waiting_time_mean") < 0.8
    plain = mean_interval(np.subtract(*queue.samples("waiting_time_mean")[[1, 0]]))
    assert queue.difference("One more", "waiting_time_mean").half_width < 0.95 * plain.half_width
    assert "common random numbers and control variates" in queue.footing
    with speaking("pt_BR"):
        assert "números aleatórios comuns e variáveis de controle" in queue.footing


def test_differences_still_add_up_and_no_change_is_exactly_zero(queue: Comparison) -> None:
    for figure in ("cycle_time_mean", "waiting_time_mean"):
        gap = queue.level("One more", figure).estimate - queue.level("baseline", figure).estimate
        assert queue.difference("One more", figure).estimate == pytest.approx(gap)
        change = queue.change("One more", figure).estimate
        assert change == pytest.approx(gap / queue.level("baseline", figure).estimate)
        same = queue.difference("Same", figure)
        assert (same.estimate, same.low, same.high) == (0, 0, 0)


def test_few_runs_and_runs_without_chance_are_left_alone() -> None:
    rng = np.random.default_rng(1)
    controls = rng.normal(size=(FEW, 2))
    figure = (10 + controls @ [3.0, 1.0] + 0.1 * rng.normal(size=FEW))[None, :]
    assert best_mean(figure, controls) is not mean_interval
    assert best_mean(figure[:, :-1], controls[:-1]) is mean_interval
    assert share_left(np.ones((1, FEW)), controls) == 1
    run = run_experiment(
        Twin.from_yaml(BY_APPOINTMENT), [], replications=FEW, n_cases=20, seed=1, workers=1, progress=False
    )
    assert run.variance_left() == 1
    assert "control" not in run.footing


def test_the_interval_weighs_each_runs_own_residual() -> None:
    # y = 5 + 2 x with residuals +1, -1, -1, +1; x is centred, so the mean is 5 and each run weighs 1/4; leverages
    # 1/4 + x^2 / 20 are .7, .3, .3, .7, so the variance is ((1/.3)^2 + (1/.7)^2) * 2 / 16.
    interval = controlled_interval([5 - 3 * 2 + 1, 5 - 2 - 1, 5 + 2 - 1, 5 + 6 + 1], np.array([[-3.0], [-1], [1], [3]]))
    assert interval.estimate == pytest.approx(5)
    assert interval.half_width == pytest.approx(4.302653 * np.sqrt((1 / 0.09 + 1 / 0.49) / 8))


def test_intervals_cover_the_truth_of_erlang_where_controls_are_chosen_by_themselves() -> None:
    waits, luck = waits_with_luck(runs=400 * 30, n=400, drop=100, seed=2)
    covered = []
    for sample, known in zip(waits.reshape(400, 30), luck.reshape(400, 30, 2), strict=True):
        interval = best_mean(sample[None, :], known)(sample)
        covered.append(interval.low <= erlang_c(3, 0.6) <= interval.high)
    # As without controls: a true coverage of .95 gives .93 to .97 in 400 experiments.
    assert 0.93 <= np.mean(covered) <= 0.97


def waits_with_luck(*, runs: int, n: int, drop: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean waits of many runs of M/M/3, 60 % busy (Kiefer and Wolfowitz 1955), and the luck of each."""
    rng = np.random.default_rng(seed)
    work, total, luck = np.zeros((runs, 3)), np.zeros(runs), np.zeros((runs, 2))
    for i in range(n + drop):
        service, gap = rng.exponential(1.0, runs), rng.exponential(1.0, runs)
        total += work[:, 0] if i >= drop else 0.0
        work[:, 0] += service
        work = np.sort(np.maximum(work - gap[:, None] / 1.8, 0), axis=1)
        luck += np.column_stack([1 - gap, service - 1])
    return total / n, luck


@pytest.mark.parametrize("useless", ["never", "always", "again"])
def test_only_luck_that_tells_nothing_is_left_aside(useless: str) -> None:
    rng = np.random.default_rng(4)
    luck, other = rng.normal(size=30), rng.normal(size=(2, 30))
    more = {"never": np.zeros(30), "always": np.ones(30), "again": 3 * luck - 1}[useless]
    samples, both = 5 + luck + 0.3 * other, np.column_stack([luck, more])
    assert share_left(samples, both) == share_left(samples, luck[:, None]) < 0.9
    with_both, alone = (best_mean(samples, c)(samples[0]) for c in (both, luck[:, None]))
    assert (with_both.low, with_both.high) == pytest.approx((alone.low, alone.high))
    assert best_mean(samples, np.column_stack([more * 0, more * 0 + 1])) is mean_interval
