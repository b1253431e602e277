"""Sweeps take the compiled lane where that pays, do without it where it is not to be had, and say the same."""

import subprocess
import sys

import joblib
import pytest

from bko_mining.simulate import lanes, simulation
from bko_mining.whatif import experiment
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.scenario import Scenario
from tests.whatif.office import office
from tests.whatif.test_everywhere import assert_same


def asked(workers: int | None = 1) -> Comparison:
    more = Scenario("More").staff("Clerk", add=1)
    return run_experiment(office(), more, replications=4, n_cases=80, seed=5, workers=workers, progress=False)


@pytest.fixture(scope="module")
def in_simpy() -> Comparison:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "chosen", lambda lane, run: False)
        return asked()


@pytest.fixture
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even a quick sweep be worth compiling for."""
    monkeypatch.setattr(experiment, "QUICK", 0.0)
    monkeypatch.setattr(experiment, "LONG", 0.0)


@pytest.mark.usefixtures("worth_it")
def test_a_sweep_that_is_worth_it_runs_compiled_to_the_same_figures(
    in_simpy: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba", reason="the compiled lane needs numba")
    compiled = []
    monkeypatch.setattr(simulation, "run_compiled", lambda *a: (compiled.append(1), lanes.run_compiled(*a)))
    assert_same(asked(), in_simpy)
    assert lanes.is_loaded()
    assert len(compiled) >= 7, "the first run only may go before the kernel is there"


@pytest.mark.usefixtures("worth_it")
def test_other_processes_take_the_kernel_from_the_cache(in_simpy: Comparison) -> None:
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert_same(asked(None), in_simpy)


@pytest.mark.usefixtures("worth_it")
def test_without_numba_a_sweep_runs_all_the_same(in_simpy: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "find_spec", lambda name: None)
    monkeypatch.setattr(lanes, "is_loaded", lambda: False)
    assert_same(asked(), in_simpy)


def test_work_already_done_by_a_short_sweep_loads_nothing() -> None:
    script = """
import sys
from tests.whatif.test_compiled import asked
asked()
sys.exit("numba" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_where_no_cache_can_be_written_nothing_breaks() -> None:
    pytest.importorskip("numba", reason="the compiled lane needs numba")
    script = """
import os
os.environ["NUMBA_CACHE_LOCATOR_CLASSES"] = "UserProvidedCacheLocator"  # and no folder is provided
from bko_mining.simulate import lanes
from bko_mining.whatif import experiment
from tests.whatif.test_compiled import asked
experiment.QUICK = 0.0
asked()
from bko_mining.simulate import kernel
assert not kernel.ready(compiling=False) and not lanes.is_loaded()
"""
    subprocess.run([sys.executable, "-c", script], check=True)
