"""What the statistics and the store promise: coverage, shared luck, and runs that survive being killed."""

import multiprocessing
import os
import signal
import time
from math import factorial
from pathlib import Path

import numpy as np
import pytest

from bko_mining.twin.model import Twin
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.statistics import mean_interval, variance_reduction
from tests.whatif.office import office

MORE = Scenario("One more").staff("Server", add=1)


def mmc(c: int, rho: float) -> Twin:
    """M/M/c with a mean service time of one hour."""
    return Twin.from_yaml(f"""
    arrivals: [{{per_hour: {rho * c}}}]
    roles: {{Server: {{size: {c}}}}}
    activities: {{Serve: {{role: Server, time: {{family: exponential, mean: 1 h}}}}}}
    routing: [Serve]
    """)


def erlang_c(c: int, rho: float) -> float:
    """Mean wait in an M/M/c queue in mean service times (Erlang, 1917)."""
    a = c * rho
    waits = a**c / factorial(c) / (1 - rho)
    return waits / (sum(a**k / factorial(k) for k in range(c)) + waits) / (c * (1 - rho))


def mean_waits(c: int, rho: float, *, runs: int, n: int, drop: int, seed: int) -> np.ndarray:
    """Mean wait in each of many M/M/c runs by the recursion of Kiefer and Wolfowitz (1955)."""
    rng = np.random.default_rng(seed)
    work, total = np.zeros((runs, c)), np.zeros(runs)
    for i in range(n + drop):
        if i >= drop:
            total += work[:, 0]
        work[:, 0] += rng.exponential(1.0, runs)
        work = np.sort(np.maximum(work - rng.exponential(1 / (rho * c), (runs, 1)), 0), axis=1)
    return total / n


def test_intervals_cover_the_truth_of_erlang_in_400_experiments() -> None:
    samples = mean_waits(3, 0.6, runs=400 * 20, n=600, drop=100, seed=1).reshape(400, 20)
    truth = erlang_c(3, 0.6)
    covered = np.mean([i.low <= truth <= i.high for i in map(mean_interval, samples)])
    # A true coverage of .95 gives .93 to .97 in 400 experiments (2 standard errors: .022)
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize(("c", "rho"), [(10, 0.6), (20, 0.8)])
def test_common_random_numbers_cut_the_variance_of_a_staffing_difference_ten_times(c: int, rho: float) -> None:
    # No luck shared perfectly could cut more than (s1^2 + s2^2) / (s1 - s2)^2: at M/M/5, 80 % busy, that is about 2.
    answer = run_experiment(mmc(c, rho), MORE, replications=24, n_cases=800, warm_up=80, seed=5, workers=1)
    assert variance_reduction(*answer.samples()) >= 10


def test_common_random_numbers_work_in_an_office_too() -> None:
    calm = Scenario("calm").demand(2 / 3).apply(office())
    answer = run_experiment(
        calm, Scenario("m").staff("Clerk", add=1), replications=16, n_cases=400, warm_up=40, seed=5, workers=1
    )
    assert variance_reduction(*answer.samples()) >= 10
    # Runs of different replications share nothing.
    x = answer.samples()
    assert variance_reduction(x[0], np.roll(x[1], 1)) < 3


KILLED = {"replications": 60, "n_cases": 60, "seed": 9, "workers": 1, "progress": False}


def run_kept(folder: Path) -> None:
    """The run that is killed, in a process of its own."""
    run_experiment(office(), Scenario("x").demand(1.1), store=folder, **KILLED)  # type: ignore[arg-type]


@pytest.mark.skipif(os.name != "posix", reason="a server that forks needs POSIX")
def test_a_run_killed_twenty_times_gives_the_same_bytes(tmp_path: Path) -> None:
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    # Children of a server that has no threads: a fork of this process could hang in Arrow's.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    rng = np.random.default_rng(3)
    kept = [0]
    for kill in range(20):
        child = context.Process(target=run_kept, args=(resumed,))
        child.start()
        # A random instant after the child has kept something more, so that all twenty meet a run under way.
        _wait_for(resumed, 4 * (kill + 1))
        time.sleep(rng.uniform(0.0, 0.01))
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        kept.append(len(list(resumed.rglob("*.parquet"))))
    assert kept == sorted(kept)
    assert kept[-1] < 120
    run_kept(resumed)
    run_kept(whole)
    assert _bytes(resumed) == _bytes(whole)
    assert len(_bytes(whole)) == 120


def _wait_for(folder: Path, n: int) -> None:
    until = time.monotonic() + 30
    while len(list(folder.rglob("*.parquet"))) < n and time.monotonic() < until:
        time.sleep(0.001)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.parquet")}
