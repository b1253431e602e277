"""One experiment, run in this process, in others, and on a cluster with a scheduler of its own: the same answer."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import joblib
import pytest

from bko_mining.simulate import lanes, simulation
from bko_mining.whatif import experiment
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.scenario import Scenario
from tests.whatif.office import office


@pytest.fixture(autouse=True)
def never_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even quick runs go to other processes."""
    monkeypatch.setattr(experiment, "QUICK", 0.0)


def asked(workers: int | None) -> Comparison:
    scenarios = [Scenario("More").staff("Clerk", add=1), Scenario("Less").demand(0.9)]
    return run_experiment(
        office(), scenarios, replications=5, n_cases=80, seed=11, workers=workers, kpis={"n": len}, progress=False
    )


def assert_same(one: Comparison, other: Comparison) -> None:
    assert one.all.equals(other.all)
    for a, b in zip(one.outcomes, other.outcomes, strict=True):
        assert [x.figures for x in a] == [x.figures for x in b]
        assert all((x.series[name] == y.series[name]).all() for x, y in zip(a, b, strict=True) for name in x.series)


def test_other_processes_give_the_same() -> None:
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert_same(asked(None), asked(1))


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """A Dask scheduler and two workers, each a process of its own, spoken to over TCP."""
    pytest.importorskip("distributed", reason="Dask is not installed (make test-engines)")
    said = tmp_path / "scheduler.json"
    python, quiet = sys.executable, {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    options = ["--scheduler-file", str(said), "--no-dashboard"]
    dask = [python, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--host", "127.0.0.1", *options]
    worker = [python, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--local-directory", str(tmp_path)]
    crew = [subprocess.Popen(dask, **quiet)]  # type: ignore[call-overload]
    crew += [subprocess.Popen([*worker, *options], **quiet) for _ in range(2)]  # type: ignore[call-overload]
    until = time.monotonic() + 60
    while not said.exists() and time.monotonic() < until:
        time.sleep(0.1)
    yield str(said)
    for process in crew:
        process.terminate()
    for process in crew:
        process.wait(30)
    shutil.rmtree(tmp_path, ignore_errors=True)


def test_a_dask_scheduler_and_two_workers_give_the_same(scheduler: str) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.Client(scheduler_file=scheduler) as client:
        client.wait_for_workers(2, timeout=60)
        with joblib.parallel_config(backend="dask", n_jobs=2):
            there = asked(None)
        busy = client.run(_replications_seen)
    assert len(busy) == 2
    assert all(busy.values())
    assert_same(there, asked(1))


def test_dask_workers_run_the_compiled_lane_to_the_same_figures(
    scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    pytest.importorskip("numba", reason="the compiled lane needs numba")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "chosen", lambda lane, run: False)
        in_simpy = asked(1)
    monkeypatch.setattr(experiment, "LONG", 0.0)
    with distributed.Client(scheduler_file=scheduler) as client:
        client.wait_for_workers(2, timeout=60)
        with joblib.parallel_config(backend="dask", n_jobs=2):
            there = asked(None)
        compiled = client.run(lanes.is_loaded)
    assert len(compiled) == 2
    assert all(compiled.values())
    assert_same(there, in_simpy)


def _replications_seen() -> bool:
    """Whether this worker has simulated: the room is loaded only where a run was made."""
    return "bko_mining.whatif.runs" in sys.modules
