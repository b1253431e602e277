"""A wrong kind of argument, or a file that is none, is answered with the way to the right one."""

import pickle
import sys
from inspect import isfunction, signature
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import bko_mining as bko
from bko_mining.cli import app
from bko_mining.errors import LogError, ScenarioError, TwinError

TABLE = pd.DataFrame(
    {"case": ["a", "a"], "activity": ["File", "Pay"], "time": ["2026-01-05 09:00", "2026-01-06 09:00"]}
)
TWIN = bko.Twin.from_yaml(
    "activities: {File: {role: Clerk, time: 5 min}}\nroles: {Clerk: {size: 1}}\nrouting: [File]\n"
    "arrivals: [{kind: interval, interval: 1 h}]"
)


@pytest.mark.parametrize(
    ("name", "given", "error", "advice"),
    [
        ("process_map", ("log.csv",), LogError, r"the text 'log.csv': bko.read_log\('log.csv'\) reads the file"),
        ("rework", (TABLE,), LogError, r"of type DataFrame: bko.read_log\(table\)"),
        ("bottlenecks", (TWIN,), LogError, r"bko.simulate\(twin\)"),
        ("cycle_time", (None,), LogError, r"nothing \(None\)$"),
        ("simulate", ("twin.yaml",), TwinError, r"bko.Twin.load\('twin.yaml'\)"),
        ("run_experiment", (Path("twin.yaml"), ()), TwinError, r"bko.Twin.load\('twin.yaml'\)"),
        ("business_case", (TWIN,), TwinError, "bko.run_experiment"),
    ],
)
def test_the_wrong_kind_is_refused_with_the_way_to_the_right_one(
    name: str, given: tuple[object, ...], error: type[Exception], advice: str
) -> None:
    with pytest.raises(error, match=f"^{name} needs .* here, and was given .*{advice}"):
        getattr(bko, name)(*given)


def test_the_second_argument_and_a_named_one_are_seen_too() -> None:
    log = bko.read_log(TABLE)
    with pytest.raises(LogError, match=r"bko.read_log\('after.csv'\)"):
        bko.before_after(log, "after.csv")  # type: ignore[arg-type]
    with pytest.raises(TwinError, match=r"bko.fit_twin\(log\)"):
        bko.simulate(twin=log)  # type: ignore[arg-type]


def test_a_public_function_stays_what_it_is() -> None:
    functions = [name for name in bko.__all__ if isfunction(getattr(bko, name))]
    assert len(functions) > 80
    for name in functions:
        made = getattr(bko, name)
        home = getattr(sys.modules[f"bko_mining.{bko._MODULE_OF[name]}"], name)
        assert signature(made) == signature(home), name
        assert made.__doc__ == home.__doc__, name
        assert pickle.loads(pickle.dumps(made)) is made, name
    log = bko.read_log(TABLE)
    assert bko.rework(log=log).summary == bko.rework(log).summary


def test_a_file_that_is_none_is_named_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "payroll.yaml").write_bytes("name: Folha de pagamento – março".encode("cp1252"))
    with pytest.raises(TwinError, match=r"there is no file .*payrol.yaml; beside it there are payroll.yaml"):
        bko.Twin.load(tmp_path / "payrol.yaml")
    with pytest.raises(ScenarioError, match="is a folder; name the file in it"):
        bko.Study.load(tmp_path)
    with pytest.raises(TwinError, match=r"payroll.yaml is no text in UTF-8 \(byte 25\)"):
        bko.Twin.load(tmp_path / "payroll.yaml")
    with pytest.raises(TwinError, match=r"there is no file .*model.bpmn$"):
        bko.read_bpmn(tmp_path / "model.bpmn")
    with pytest.raises(LogError, match=r"there is no file .*rules.yaml"):
        bko.check_rules(bko.read_log(TABLE), tmp_path / "rules.yaml")
    (tmp_path / "model.json").write_text("{\n'a': 1}")
    with pytest.raises(TwinError, match=r"model.json, line 2: this is not JSON"):
        bko.read_prosimos(tmp_path / "model.bpmn", tmp_path / "model.json")


def test_a_result_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(TABLE.to_csv(index=False))
    asked = ["report", str(tmp_path / "log.csv"), "-o", str(tmp_path / "report.pdf")]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2
    assert "half of the cases" not in done.output
    made = CliRunner().invoke(app, ["profile", str(tmp_path / "log.csv"), "-o", str(tmp_path / "new" / "a.html")])
    assert made.exit_code == 0, made.output
    assert (tmp_path / "new" / "a.html").is_file()
