"""The command line on small logs: what it writes, and what it says when something is wrong."""

import re
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from bko_mining.cli import app, main
from bko_mining.log.reading import read_log
from bko_mining.present.dashboard import dashboard_notebook, scenario_of, what_if_panel
from bko_mining.present.report import report
from bko_mining.twin.model import Twin
from bko_mining.words import set_language, speaking

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sample_logs" / "accounts_payable.csv"
STUDY = ROOT / "simulations" / "accounts_payable"


@pytest.fixture
def ends_only(tmp_path: Path) -> Path:
    rows = [(f"C{i}", name, f"2026-01-{5 + i % 20:02d} {8 + k}:00") for i in range(40) for k, name in enumerate("abc")]
    path = tmp_path / "export.csv"
    pd.DataFrame(rows, columns=["Caso", "Atividade", "Data/Hora"]).to_csv(path, index=False, sep=";")
    return path


@pytest.fixture(autouse=True)
def _english_again() -> object:
    yield
    set_language("en")


def test_a_report_of_ends_only_says_what_that_limits(ends_only: Path, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    done = CliRunner().invoke(app, ["report", str(ends_only), "-o", str(target), "--no-what-if", "--lang", "pt_BR"])
    assert done.exit_code == 0, done.output
    text = target.read_text(encoding="utf-8")
    assert "não tem horários de início" in text
    assert 'lang="pt-BR"' in text
    assert "Como os casos seguem o modelo" in text
    # Nothing is fetched: addresses name XML spaces, or are the link of the bpmn.io mark.
    assert set(re.findall(r'(?:src|href)="(https?:[^"]*)"', text)) <= {"http://bpmn.io", "https://bpmn.io"}
    assert not re.search(r"url\(http|<link|<iframe|import ?\(|fetch ?\(|XMLHttpRequest", text)


def test_a_report_goes_without_a_model(ends_only: Path, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    done = CliRunner().invoke(app, ["report", str(ends_only), "-o", str(target), "--no-what-if", "--no-model"])
    assert done.exit_code == 0, done.output
    assert "How cases fit the model" not in target.read_text(encoding="utf-8")


def test_a_profile_is_told_of_a_file_and_of_a_folder(ends_only: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    read_log(ends_only).write_parquet(folder / "log.parquet")
    page = tmp_path / "profile.html"
    for source, more in ((ends_only, ["-o", str(page)]), (folder, ["--memory-limit", "20MB"])):
        done = CliRunner().invoke(app, ["profile", str(source), "--lang", "pt_BR", *more])
        assert done.exit_code == 0, done.output
        assert "40 casos com 120" in done.output
        assert "- O log só tem horários de término: 120 (100 %)" in done.output
    assert "40 casos" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["html", "xlsx", "pptx"])
def test_a_report_travels_in_three_formats(ending: str, tmp_path: Path) -> None:
    log = read_log(SAMPLE, timezone="America/Sao_Paulo")
    path = report(log, title="Accounts payable").save(tmp_path / f"report.{ending}")
    assert path.stat().st_size > 10_000


def test_a_replay_is_written_and_a_wrong_colour_is_refused_with_a_reason(tmp_path: Path) -> None:
    target = tmp_path / "film.svg"
    done = CliRunner().invoke(app, ["replay", str(SAMPLE), "-o", str(target), "--colour", "po", "--lang", "pt_BR"])
    assert done.exit_code == 0, done.output
    assert "1.495 de 1.495 casos" in done.output
    assert target.read_text(encoding="utf-8").count("<animateTransform") == 1495
    wrong = CliRunner().invoke(app, ["replay", str(SAMPLE), "-o", str(target), "--colour", "mood"])
    assert "mood" in str(wrong.exception)


def test_the_same_log_gives_the_same_report() -> None:
    log = read_log(SAMPLE, timezone="America/Sao_Paulo")
    assert report(log).html == report(log).html
    with speaking("pt_BR"):
        assert "O que acontece" in report(log).html


def test_simulate_and_compare(tmp_path: Path) -> None:
    twin, out = str(STUDY / "twin.yaml"), tmp_path / "log.csv"
    done = CliRunner().invoke(app, ["simulate", twin, "-o", str(out), "--cases", "30"])
    assert done.exit_code == 0, done.output
    assert read_log(out).n_cases == 30
    page = tmp_path / "compare.html"
    asked = ["compare", twin, str(STUDY / "scenarios.yaml"), "-o", str(page), "--replications", "2"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_a_user_can_cause_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["bko", "report", str(tmp_path / "nothing.csv")])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith("bko: ")


def test_sliders_become_a_scenario() -> None:
    assert scenario_of({"Clerk": 0}, 1.0).changes == ()
    assert len(scenario_of({"Clerk": 2, "Buyer": -1}, 0.9).changes) == 3
    twin = Twin.load(STUDY / "twin.yaml")
    panel = what_if_panel(twin, replications=2, n_cases=30)
    ask = panel.children[1]
    ask.click()
    assert "As it is" in panel.children[2].value
    assert bytes(panel.children[3].value).startswith(b"\x89PNG")
    assert dashboard_notebook(STUDY / "twin.yaml", "pt_BR")["cells"][1]["source"].count("pt_BR") == 1


def test_sliders_that_ask_for_the_impossible_say_so_and_can_be_moved_back() -> None:
    twin = Twin.load(STUDY / "twin.yaml")
    panel = what_if_panel(twin, replications=2, n_cases=30)
    sliders, button, sentence, picture = panel.children
    sliders.children[0].min = 0
    sliders.children[0].value = 0
    button.click()
    assert "nobody would be left" in sentence.value
    assert not button.disabled
    assert picture.value == b""
