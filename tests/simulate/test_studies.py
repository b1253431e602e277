"""The studies under simulations/ can be read and run, and the sample logs are what the generator makes."""

import runpy
import warnings
from pathlib import Path

import pytest
import yaml

from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

ROOT = Path(__file__).parents[2]
STUDIES = sorted(path.parent.name for path in (ROOT / "simulations").glob("*/twin.yaml"))


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_runs_without_a_warning_and_goes_everywhere(study: str) -> None:
    twin = Twin.load(ROOT / "simulations" / study / "twin.yaml")
    assert Twin.from_yaml(twin.to_yaml()) == twin
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log = simulate(twin, n_cases=500, seed=1)
    assert log.n_cases == 500
    assert set(log.activity.tolist()) == set(range(len(twin.activities)))


@pytest.mark.parametrize("study", ["accounts_payable", "payroll"])
def test_a_sample_log_is_made_again_byte_for_byte(study: str, tmp_path: Path) -> None:
    maker = runpy.run_path(str(ROOT / "simulations" / "make_sample_logs.py"))
    sample = next(sample for sample in maker["SAMPLES"] if sample.study == study)
    maker["write"](maker["run"](sample), sample, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (ROOT / "sample_logs" / f"{study}.csv").read_bytes()


@pytest.mark.parametrize("study", STUDIES)
def test_the_words_of_a_study_are_those_of_its_design(study: str) -> None:
    folder = ROOT / "simulations" / study
    said = " ".join((folder / "README.md").read_text(encoding="utf-8").split())
    design = yaml.safe_load((folder / "scenarios.yaml").read_text(encoding="utf-8"))["experiment"]
    assert f"`bko compare simulations/{study}/twin.yaml simulations/{study}/scenarios.yaml -o {study}.html`" in said
    assert f"{design['replications']} replications of {design['n_cases']:,} cases each" in said
    assert f"the first {design['warm_up']} left out, with seed {design['seed']}" in said
