"""A comparison that travels: every number with its unit in the workbook, one sentence a slide, no ending but three."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pptx import Presentation

from bko_mining.errors import BkoError
from bko_mining.present.comparison_files import refuse_other_endings, save_comparison
from bko_mining.present.comparison_page import overview
from bko_mining.present.slides import fitting_size
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.scenario import Scenario
from bko_mining.words import speaking
from tests.whatif.office import office

LONG = "One more clerk, who begins on the first day and knows all of the work of the others"


@pytest.fixture(scope="module")
def answer() -> Comparison:
    scenarios = [Scenario(LONG).staff("Clerk", add=1), Scenario("Busy").demand(1.1)]
    run: dict[str, Any] = {"n_cases": 1200, "replications": 3, "seed": 1, "workers": 1, "progress": False}
    return run_experiment(office(), scenarios, **run)


def test_the_workbook_has_numbers_in_the_unit_it_names(answer: Comparison, tmp_path: Path) -> None:
    with speaking("pt_BR"):
        book = load_workbook(save_comparison(answer, tmp_path / "c.xlsx"))
    assert book.sheetnames == ["Resumo", "Cenários", "E se", "Todos os indicadores", "Cada rodada"]
    rows = list(book["E se"].iter_rows(min_row=3))
    heads = [cell.value for cell in rows[0]]
    first = dict(zip(heads, rows[1], strict=True))
    level = answer.level().estimate / 3600
    assert first["unidade"].value == "horas"
    assert first["como é hoje"].value == pytest.approx(level, abs=1 / 3600)
    assert first["como é hoje"].number_format == "#,##0.0"
    assert first["veredito"].value in {"melhor", "ainda incerto", "sem diferença relevante"}
    assert all(not isinstance(cell.value, str) or "days" not in cell.value for row in rows for cell in row)


def test_every_run_is_in_the_workbook(answer: Comparison, tmp_path: Path) -> None:
    sheet = load_workbook(save_comparison(answer, tmp_path / "c.xlsx"))["Every run"]
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    assert len(rows) == 9
    mean = sum(row[2] for row in rows[:3]) / 3
    assert mean == pytest.approx(answer.samples()[0].mean() / 3600)


def test_slides_tell_the_answer_then_each_scenario(answer: Comparison, tmp_path: Path) -> None:
    deck = Presentation(str(save_comparison(answer, tmp_path / "c.pptx")))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert titles[1] == answer.summary
    assert LONG in titles[2]
    assert len(titles) == 1 + 1 + 2 + 3 + ("cost_per_week" in answer.kpis)


def test_a_long_sentence_is_set_smaller() -> None:
    assert [fitting_size("word " * n) for n in (10, 60, 200)] == sorted([22, 18, 12], reverse=True)


def test_all_scenarios_are_seen_at_a_glance(answer: Comparison) -> None:
    table = overview(answer)
    assert list(table["scenario"]) == list(answer.scenarios)
    assert table["change"].str.contains("…").all()


def test_another_ending_is_refused_before_anything_runs() -> None:
    with pytest.raises(BkoError, match=r"cannot write \.doc; use"):
        refuse_other_endings(Path("answer.doc"))
