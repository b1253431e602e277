"""Studies: YAML in and out, errors, and the scenarios of the studies that come with the project."""

from pathlib import Path

import pytest

from bko_mining.errors import ScenarioError
from bko_mining.twin.model import Twin
from bko_mining.whatif.study import Study
from tests.whatif.office import office

ROOT = Path(__file__).parents[2]
STUDIES = sorted(ROOT.glob("simulations/*/scenarios.yaml"))
TEXT = """
experiment: {replications: 3, n_cases: 40, seed: 7}
scenarios:
  - name: One more clerk
    changes: [{staff: {role: Clerk, add: 1}}]
  - name: Busy
    changes:
      - demand: {factor: 1.1}
      - automate: {activity: Check, service_time: 1 min, exception_share: 0.1, bots: 1}
"""


def test_a_study_runs_as_it_is_written(tmp_path: Path) -> None:
    study = Study.load(Study.from_yaml(TEXT).save(tmp_path / "scenarios.yaml"))
    assert study == Study.from_yaml(TEXT)
    answer = study.run(office(), workers=1)
    assert answer.replications == 3
    assert answer.scenarios == ("One more clerk", "Busy")
    assert study.run(office(), replications=2, workers=1).replications == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scenarios: [{name: x, changes: [{stuff: {}}]}]", "no change 'stuff'"),
        ("scenarios: [{changes: []}]", "needs a name"),
        ("scenarios: []", "scenarios"),
        ("{a: [}", "not YAML"),
        ("scenarios: [{name: x}]\nscenarios: [{name: y}]", "line 2: the key 'scenarios' is there twice"),
        ("experiment: {runs: 3}\nscenarios: [{name: x}]", "experiment.runs"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        Study.from_yaml(text, name="mine.yaml")


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.parent.name)
def test_every_scenario_of_a_study_fits_its_twin_and_runs(path: Path) -> None:
    study, twin = Study.load(path), Twin.load(path.with_name("twin.yaml"))
    short = {"n_cases": 60, "horizon": None, "replications": 1, "precision": None, "warm_up": 0, "cool_down": 0}
    assert study.run(twin, **short, workers=1).replications == 1
