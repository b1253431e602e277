"""Pictures and page of what-if answers: drawn in both languages, the same bytes every time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bko_mining.errors import BkoError
from bko_mining.present.comparison import plot_comparison, plot_distributions, plot_figures, plot_forest
from bko_mining.present.comparison_time import plot_queue, plot_trade_off, plot_utilisation, plot_warm_up
from bko_mining.present.figures import new_axes, percent_ticks, png_bytes
from bko_mining.whatif.business_case import business_case
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.levers import Lever
from bko_mining.whatif.optimisation import optimise
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.sensitivity import sensitivity
from bko_mining.whatif.views import queue_over_time, scenario_utilisation, trade_off
from bko_mining.words import speaking
from tests.whatif.office import office

RUN: dict[str, Any] = {"n_cases": 60, "workers": 1, "progress": False}


@pytest.fixture(scope="module")
def answer() -> Comparison:
    scenarios = [Scenario("One more clerk").staff("Clerk", add=1), Scenario("Busy").demand(1.1)]
    return run_experiment(office(), scenarios, replications=4, seed=1, **RUN)


SIDE_BY_SIDE = (plot_comparison, plot_forest, plot_figures, plot_distributions)
MORE = (plot_queue, plot_trade_off, plot_utilisation, plot_warm_up)


@pytest.mark.parametrize("draw", [*SIDE_BY_SIDE, *MORE])
def test_every_picture_has_the_same_bytes_twice_and_says_its_n_and_seed(
    answer: Comparison, draw: Callable[[Comparison], Any]
) -> None:
    axes = draw(answer)
    assert png_bytes(axes) == png_bytes(draw(answer))
    assert any("4 replications" in text.get_text() and "seed 1" in text.get_text() for text in axes.texts)


def test_a_queue_nobody_has_is_refused(answer: Comparison) -> None:
    with pytest.raises(BkoError, match="roles: Clerk, Boss"):
        plot_queue(answer, role="Chief")


def test_the_page_tells_the_story_in_both_languages(answer: Comparison, tmp_path: Path) -> None:
    page = answer.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "One more clerk" in page
    assert "replications" in page
    with speaking("pt_BR"):
        assert "replicações" in answer.to_html(tmp_path / "pagina.html").read_text(encoding="utf-8")


def test_results_of_planning_draw_themselves(answer: Comparison) -> None:
    assert png_bytes(business_case(answer).plot())
    assert png_bytes(sensitivity(office(), replications=2, **RUN).plot())
    best = optimise(office(), [Lever.staff("Clerk", 2, 4)], budget=3, replications=1, check_replications=2, **RUN)
    assert png_bytes(best.plot())


def test_other_looks_are_answers_of_their_own(answer: Comparison) -> None:
    for look in (queue_over_time(answer, "Clerk"), scenario_utilisation(answer), trade_off(answer)):
        assert look.summary
        assert png_bytes(look.plot())
    busy = scenario_utilisation(answer).table.set_index("role")
    assert busy.loc["Clerk", "baseline"] > busy.loc["Clerk", "One more clerk"]


def test_a_tick_between_whole_percents_is_not_rounded() -> None:
    axes = new_axes(4, 2)
    axes.set_xlim(-0.13, 0.08)
    axes.set_xticks([-0.125, -0.1, -0.075, 0.025])
    percent_ticks(axes.xaxis, exact=True)
    texts = [label.get_text() for label in axes.get_xticklabels()]
    assert texts == ["-12.5 %", "-10 %", "-7.5 %", "2.5 %"]


def test_an_office_without_prices_has_a_page_too(tmp_path: Path) -> None:
    twin = office()
    roles = {name: role.model_copy(update={"cost_per_hour": 0.0}) for name, role in twin.roles.items()}
    activities = {name: activity.model_copy(update={"cost": 0.0}) for name, activity in twin.activities.items()}
    free = twin.model_copy(update={"roles": roles, "activities": activities, "service_levels": ()})
    answer = run_experiment(free, [Scenario("Busy").demand(1.1)], replications=2, seed=1, **RUN)
    assert "cost_per_week" not in answer.kpis
    page = answer.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Busy" in page
    assert "What it costs" not in page
