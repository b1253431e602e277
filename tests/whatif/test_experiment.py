"""Experiments: pairs, luck, storage, precision."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bko_mining.errors import BkoError, ScenarioError, TwinWarning
from bko_mining.fit.under_way import start_state
from bko_mining.simulate.simulation import simulate
from bko_mining.whatif.comparison import Comparison, compare
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.runs import Outcome, Setting
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.verdicts import BETTER, SAME
from bko_mining.whatif.views import warm_up_period
from bko_mining.words import speaking
from tests.whatif.office import office

MORE = Scenario("One more clerk").staff("Clerk", add=1)
NOTHING = Scenario("Nothing")


@pytest.fixture(scope="module")
def answer() -> Comparison:
    own = {"n": lambda log: log.n_cases}
    return run_experiment(office(), [MORE, NOTHING], replications=6, n_cases=120, seed=3, workers=1, kpis=own)


def test_a_scenario_without_a_change_differs_by_exactly_nothing(answer: Comparison) -> None:
    rows = answer.all[answer.all["scenario"] == "Nothing"]
    assert (rows["verdict"] == SAME).all()
    x = np.array([answer.samples(name) for name in answer.kpis])
    assert np.array_equal(x[:, 0], x[:, 2])


def test_the_table_has_a_row_for_each_headline_figure_and_own_ones(answer: Comparison) -> None:
    mine = answer.table[answer.table["scenario"] == "One more clerk"].set_index("kpi")
    assert mine.loc["cycle_time_mean", "verdict"] == BETTER
    assert mine.loc["n", "baseline"] == 120
    assert mine.loc["cycle_time_mean", "replications"] == 6
    gap = mine.loc["cycle_time_mean", "value"] - mine.loc["cycle_time_mean", "baseline"]
    assert abs(gap - mine.loc["cycle_time_mean", "difference"]).total_seconds() <= 1


def test_the_sentence_has_difference_interval_and_replications_in_both_languages(answer: Comparison) -> None:
    assert answer.summary.startswith(
        "Of 2 scenarios, 'One more clerk' does best. With 'One more clerk', mean cycle time"
    )
    assert "95 % interval" in answer.summary
    assert "6 replications" in answer.summary
    with speaking("pt_BR"):
        assert "6 replicações" in answer.summary


def test_the_same_seed_gives_the_same_answer_in_other_processes(answer: Comparison) -> None:
    import joblib

    own = {"n": len}
    with joblib.parallel_config(backend="threading", n_jobs=2):
        again = run_experiment(office(), [MORE, NOTHING], replications=6, n_cases=120, seed=3, kpis=own)
    assert np.array_equal(again.samples(), answer.samples())
    other = run_experiment(office(), [MORE], replications=6, n_cases=120, seed=4, workers=1)
    assert not np.array_equal(other.samples()[0], answer.samples()[0])


def test_simultaneous_intervals_are_wider(answer: Comparison) -> None:
    assert (
        answer.simultaneous().difference("One more clerk").half_width > answer.difference("One more clerk").half_width
    )


def test_precision_is_delivered() -> None:
    found = run_experiment(office(), MORE, precision=0.05, n_cases=120, seed=1, workers=1)
    assert found.replications >= 10
    mean = found.level().estimate
    assert found.level().half_width <= 0.05 * mean
    assert found.difference("One more clerk").half_width <= 0.05 * mean


def test_a_stored_experiment_is_read_back_byte_by_byte_and_never_for_another(tmp_path: Path) -> None:
    run = {"n_cases": 60, "seed": 2, "workers": 1, "store": tmp_path}
    first = run_experiment(office(), MORE, replications=3, **run)  # type: ignore[arg-type]
    files = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.parquet")}
    assert len(files) == 6
    second = run_experiment(office(), MORE, replications=4, **run)  # type: ignore[arg-type]
    assert all(file.stat().st_mtime_ns == when for file, when in files.items())
    assert np.array_equal(second.samples()[:, :3], first.samples())
    changed = Scenario("x").speed("Check", 0.9).apply(office())
    run_experiment(changed, MORE, replications=3, **run)  # type: ignore[arg-type]
    assert len(list(tmp_path.rglob("*.parquet"))) == 8 + 6


def test_warm_up_and_cool_down_leave_cases_out() -> None:
    own = {"first": lambda log: int(log.case_ids[0].as_py()), "n": lambda log: log.n_cases}
    found = run_experiment(office(), replications=2, n_cases=100, warm_up=10, cool_down=20, kpis=own, workers=1)
    assert found.samples("n")[0].tolist() == [70, 70]
    assert found.samples("first")[0].tolist() == [11, 11]
    timed = run_experiment(office(), replications=2, horizon="28 d", warm_up="14 d", kpis=own, workers=1)
    assert (timed.samples("n") > 150).all()
    assert (timed.samples("n") < 450).all()


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(BkoError, match="initial_state"):
        run_experiment(office(), start="now", n_cases=10)
    with pytest.raises(BkoError, match="two scenarios are named 'Nothing'"):
        run_experiment(office(), [NOTHING, NOTHING], n_cases=10)
    with pytest.raises(ScenarioError, match="no role 'Boss 2'"):
        run_experiment(office(), Scenario("x").staff("Boss 2", add=1), n_cases=10)
    with pytest.raises(BkoError, match="no case of 20 is left"):
        run_experiment(office(), n_cases=20, warm_up=20, replications=1, workers=1)


def test_what_is_open_at_the_end_of_a_log_is_worked_down_from_now_on() -> None:
    # One clerk where two are needed: four weeks leave more open cases than an office ever has.
    with pytest.warns(TwinWarning, match="more work than time"):
        seen = simulate(Scenario("Alone").staff("Clerk", set=1).apply(office()), horizon="28 d", seed=4)
    now = start_state(seen)
    assert len(now.cases) > 100
    assert {item.activity for case in now.cases for item in case.items} <= set(office().activities)
    run = {"horizon": "56 d", "replications": 4, "seed": 2, "workers": 1}
    later = run_experiment(
        office().replace(initial_state=now),
        Scenario("Fewer cases").demand(1 / 3),
        start="now",
        **run,  # type: ignore[arg-type]
    )
    empty = run_experiment(office(), start="empty", **run)  # type: ignore[arg-type]
    for row in later.outcomes:
        for outcome in row:
            lines = outcome.series["open"]
            assert lines[0] >= 0.8 * len(now.cases)
            assert lines[-1] < lines[0]
    usual = np.mean([outcome.series["open"][-7:].mean() for outcome in empty.outcomes[0]])
    fewer = np.mean([outcome.series["open"][-7:].mean() for outcome in later.outcomes[1]])
    assert fewer < usual < len(now.cases)


def one_figure(*rows: Sequence[float]) -> Comparison:
    """A comparison of the baseline (first row) with scenarios A, B … by hand: days of cycle time a replication."""
    names = ("baseline", *"ABCDE"[: len(rows) - 1])
    outcomes = [[Outcome({"cycle_time_mean": 86_400.0 * day}, {}) for day in row] for row in rows]
    return compare(outcomes, names=names, descriptions=names, setting=Setting(n_cases=10))


def test_where_nothing_differs_the_sentence_says_so_with_the_largest_difference() -> None:
    base = [10.0, 10.2, 9.8, 10.1, 9.9, 10.0, 10.0, 10.1, 9.9, 10.0]
    shifted = [x + (0.05 if i % 2 else 0.03) for i, x in enumerate(base)]
    found = one_figure(base, base, shifted, base)
    # Differences are 0.04 +- 2.262 x 0.0105 / sqrt(10) = 0.0075 days of 10.
    assert found.summary == (
        "None of the 3 scenarios makes a difference that matters to mean cycle time (10.0 d); largest is 'B': +0.4 % "
        "(95 % interval +0.3 % to +0.5 %, 10 replications)."
    )
    assert one_figure(base, base).summary == (
        "'A' makes no difference that matters to mean cycle time (10.0 d): 0.0 % (95 % interval 0.0 % to 0.0 %, "
        "10 replications)."
    )
    with speaking("pt_BR"):
        assert found.summary.startswith("Nenhum dos 3 cenários faz diferença relevante em tempo de ciclo médio")


def test_where_nothing_helps_the_sentence_praises_nobody() -> None:
    base = np.linspace(9, 11, 10)
    noise = np.tile([-3.0, 2.8], 5)
    assert "makes mean cycle time (10.0 d) better; nearest to it is 'A'" in one_figure(base, base, base + 2).summary
    unclear = one_figure(base, base + 2, base + noise).summary
    assert "is not clear yet; nearest is 'B': -1.0 %" in unclear
    assert "does best" not in unclear
    helps = one_figure(base, base - 2, base + 2 * noise - 3).summary
    assert helps.startswith("Of 2 scenarios, 'A' does best."), "not the one whose runs do not tell"


def test_the_sentence_tells_the_interval_that_the_verdict_is_made_of() -> None:
    # One run is ten times as long: its ratio is like the others', its difference hides them.
    base = np.array([4.0, 5.0, 4.5, 6.0, 5.5, 4.0, 5.0, 60.0])
    found = one_figure(base, base * np.array([0.8, 0.82, 0.79, 0.81, 0.8, 0.78, 0.83, 0.8]))
    assert found.verdict("A") == "not clear yet"
    gap, change = found.difference("A"), found.change("A")
    level = found.level("baseline").estimate
    assert change.low < 0 < change.high
    assert (change.low * level, change.high * level) == pytest.approx((gap.low, gap.high))
    steady = one_figure(base[:-1], base[:-1] * 0.8)
    assert steady.change("A").high == pytest.approx(-0.2)


def test_few_replications_of_a_lopsided_figure_are_warned_about() -> None:
    lopsided = [8.0, 8.1, 8.2, 8.1, 20.0]
    assert "Take the intervals with care: 5 replications are few" in one_figure(lopsided, lopsided).summary
    assert "with care" not in one_figure([8.0, 9.0, 10.0, 11.0, 12.0], [7.0, 8.2, 9.0, 9.8, 11.0]).summary
    assert "with care" not in one_figure(lopsided * 2, lopsided * 2).summary


def test_money_of_a_case_has_cents_and_money_of_a_week_none() -> None:
    found = one_figure([1.0, 2.0])
    assert [found.written(value, "cost_per_case") for value in (99.5, 100.5)] == ["$99.50", "$100.50"]
    assert [found.written(value, "cost_per_week") for value in (99.5, 1100.5)] == ["$100", "$1,100"]


def test_a_bootstrap_interval_holds_the_same_difference() -> None:
    answer = run_experiment(office(), [Scenario("Busier").demand(1.3)], replications=12, n_cases=200, workers=1)
    student, resampled = answer.difference("Busier"), answer.difference("Busier", bootstrap=True)
    assert resampled.estimate == pytest.approx(student.estimate)
    assert resampled.low < resampled.estimate < resampled.high
    assert 0.5 < (resampled.high - resampled.low) / (student.high - student.low) < 1.2


def test_the_warm_up_of_a_loaded_office_is_shown() -> None:
    seen = warm_up_period(run_experiment(office(), [], replications=5, n_cases=400, workers=1))
    assert 0 <= seen.cut_share <= 0.5
    assert seen.table["mean"].iloc[:10].mean() < seen.table["mean"].iloc[50:].mean()
    assert len(seen.plot().get_lines()) == 3
