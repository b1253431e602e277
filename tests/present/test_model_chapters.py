"""The chapters of the report about a model: a reference or a discovered one, coverage in words, ranked deviations."""

from pathlib import Path

import pytest

from bko_mining.discover.conformance import Conformance, DeviationsByHours
from bko_mining.discover.process_model import ProcessModel, discover_model
from bko_mining.log.event_log import EventLog
from bko_mining.present.chapters import model_chapters
from bko_mining.present.report import report
from bko_mining.words import speaking
from tests.analyse.logs import log_of

# Eight cases in order, one without the check, one paid first that lasts much longer.
CASES = ("open check pay",) * 8 + ("open pay", "pay open check")


def log() -> EventLog:
    rows = []
    for i, case in enumerate(CASES):
        for t, name in enumerate(case.split()):
            at = t * (50.0 if case.startswith("pay") else 2.0)
            rows.append((f"C{i}", name, "Ana", at, at + 1))
    return log_of(rows)


def reference(folder: Path) -> Path:
    rows = [("R", name, "Ana", 2.0 * t, 2.0 * t + 1) for t, name in enumerate(CASES[0].split())]
    return discover_model(log_of(rows), noise=0).save_bpmn(folder / "reference.bpmn")


def test_cases_are_held_against_a_reference(tmp_path: Path) -> None:
    fit, longer, good = model_chapters(log(), reference(tmp_path))
    assert isinstance(fit.answer, Conformance)
    assert fit.answer.summary.startswith("80 % of 10 cases fit the model")
    assert "reference" in fit.note
    assert isinstance(longer.answer, DeviationsByHours)
    assert "before" in longer.answer.summary or "out of place" in longer.answer.summary
    assert isinstance(good.answer, ProcessModel)
    assert good.answer.table["measure"].tolist() == ["fitness", "precision", "generalisation", "simplicity"]


def test_without_a_reference_the_usual_ways_are_discovered() -> None:
    chapters = list(model_chapters(log(), None))
    assert chapters[0].note.startswith("The model was discovered from this log, rare behaviour (20 %)")


def test_the_chapters_can_be_left_out() -> None:
    assert list(model_chapters(log(), False)) == []
    page = report(log(), model=False).html
    assert "How cases fit the model" not in page
    assert "ProcessModelView" not in page


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_the_report_has_these_pages(lang: str, tmp_path: Path) -> None:
    with speaking(lang):
        page = report(log(), model=reference(tmp_path)).html
    english = ("How cases fit the model", "Which deviations go with longer cases", "How good the model is", "precision")
    portuguese = ("Como os casos seguem o modelo", "Quais desvios aparecem em casos mais longos", "Quão bom é o modelo",
                  "precisão")  # fmt: skip
    for words in english if lang == "en" else portuguese:
        assert words in page
    # The diagram to play with stands in the page once, though three chapters speak of the model.
    assert page.count("new ProcessModelView(host") == 1


def test_they_travel_in_the_workbook_and_the_slides(tmp_path: Path) -> None:
    made = report(log(), model=reference(tmp_path))
    assert made.save(tmp_path / "r.xlsx").stat().st_size > 5000
    assert made.save(tmp_path / "r.pptx").stat().st_size > 5000
