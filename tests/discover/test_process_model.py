"""Models and conformance: by hand on six cases, and against pm4py's alignments on public logs."""

from pathlib import Path

import pandas as pd
import pytest

from bko_mining.discover.conformance import conformance
from bko_mining.discover.pm4py_models import petri_net
from bko_mining.discover.process_model import discover_model
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.reading import read_log
from tests.analyse.logs import log_of


def _cases(*sequences: str) -> EventLog:
    return log_of(
        [(f"C{i}", name, None, t, t + 0.5) for i, sequence in enumerate(sequences) for t, name in enumerate(sequence)]
    )


def test_a_choice_is_found_and_everything_fits() -> None:
    model = discover_model(_cases("abd", "abd", "acd", "acd"), noise=0)
    assert str(model.tree) == "sequence('a', choice('b', 'c'), 'd')"
    assert model.fitting_share == 1
    assert model.table.set_index("measure").loc["fitness", "value_share"] == 1


def test_deviations_are_named_and_counted() -> None:
    model = discover_model(_cases("abc", "abc"), noise=0)
    # C1 lacks b; C2 has a second a. Costs 1 and 1; worst costs 3 + 3, 2 + 3 and 4 + 3.
    found = conformance(_cases("abc", "ac", "aabc"), model)
    rows = {(r.activity, r.deviation): (r.n, r.n_cases) for r in found.table.itertuples()}
    assert rows == {("b", "skipped"): (1, 1), ("a", "inserted"): (1, 1)}
    assert found.fitness.tolist() == [1, pytest.approx(1 - 1 / 5), pytest.approx(1 - 1 / 7)]
    assert found.log_fitness == pytest.approx(1 - 2 / 18)


def test_noise_must_be_a_share() -> None:
    with pytest.raises(LogError, match="not a share"):
        discover_model(_cases("ab"), noise=1)


def test_a_model_travels_as_pnml(tmp_path: Path) -> None:
    path = discover_model(_cases("abc", "acb"), noise=0).save_pnml(tmp_path / "model.pnml")
    assert "<pnml" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["oracles/pm4py/running-example.csv", "logs/fidelity/P2P_test.csv.gz", "logs/fidelity/LoanApp_test.csv.gz"]
)
def test_fitness_agrees_with_pm4py(shared: Path, name: str) -> None:
    import pm4py

    log = read_log(shared / name)
    model = discover_model(log, noise=0.2)
    frame = log.frame
    theirs = pd.DataFrame(
        {
            "case:concept:name": frame["case_id"].astype(str),
            "concept:name": frame["activity"].astype(str),
            "time:timestamp": frame["end"] + pd.to_timedelta(frame.index, unit="us"),
        }
    )
    expected = pm4py.fitness_alignments(theirs, *petri_net(model.tree))
    assert conformance(log, model).log_fitness == pytest.approx(expected["log_fitness"], abs=1e-3)
    assert model.fitting_share == pytest.approx(expected["percentage_of_fitting_traces"] / 100, abs=1e-3)
