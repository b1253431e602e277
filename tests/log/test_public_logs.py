"""Every public log opens with ``read_log(path)`` alone, and its counts are those of its README."""

from pathlib import Path

import pytest

from bko_mining.log.event_log import MISSING
from bko_mining.log.profiling import profile
from bko_mining.log.reading import read_log

COUNTS = {  # cases, activity instances, activities, resources (README of the public logs)
    "fidelity/LoanApp_train.csv.gz": (797, 5976, 12, 19),
    "fidelity/BPI12W_train.csv.gz": (6830, 43405, 6, 52),
    "known_truth/Procure_to_Pay.csv.gz": (1000, 13290, 24, 21),
    "known_truth/Simod_log_no_start_times.csv.gz": (1000, 4648, 6, 1),
    "known_truth/Simod_log_with_batching.csv.gz": (1000, 3994, 6, 1),
    "known_truth/Simod_log_with_prioritization.csv.gz": (100, 400, 6, 1),
    "real/receipt.csv.gz": (1434, 8577, 27, 48),
    "real/helpdesk.xes.gz": (4580, 21348, 14, 22),
    "real/bpic2013_closed.xes.gz": (1487, 6660, 4, 585),
    "real/bpi2020_domestic_declarations.xes.gz": (10357, 55628, 14, 2),
    "real/patients.csv.gz": (500, 2721, 7, 7),
    "real/sepsis.csv.gz": (1049, 15190, 16, 0),
}


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_counts_are_those_of_the_readme(shared: Path, name: str) -> None:
    log = read_log(shared / "logs" / name)
    assert (log.n_cases, len(log), len(log.activities), len(log.resources)) == COUNTS[name]
    assert len(profile(log).table) == len(log.issues)


def test_lifecycle_rows_of_bpic2012_are_paired_without_loss(shared: Path) -> None:
    log = read_log(shared / "logs/real/bpic2012.xes.gz")
    assert (log.n_cases, len(log.activities)) == (13087, 24)
    assert log.timezone == "Europe/Amsterdam"
    completed, started = int((log.end != MISSING).sum()), int((log.start != MISSING).sum())
    n_schedules = int((log.enabled != MISSING).sum())
    folded = sum(f.n for f in log.found if f.kind == "folded")
    assert completed + started + n_schedules + folded == 262_200


def test_patients_pair_by_handling_id(shared: Path) -> None:
    log = read_log(shared / "logs/real/patients.csv.gz")
    hours = log.frame.assign(hours=lambda f: (f["end"] - f["start"]).dt.total_seconds() / 3600)
    means = hours.groupby("activity", observed=True)["hours"].mean().round(4)
    published = {"Triage and Assessment": 13.1055, "Blood test": 5.5358, "X-Ray": 4.8460, "MRI SCAN": 4.1498}
    assert {name: means[name] for name in published} == published  # edeaR vignette
    days = log.cases["cycle_time"].dt.total_seconds() / 86400
    assert days.mean() == pytest.approx(6.6763, abs=5e-5)
    assert days.median() == pytest.approx(6.0855, abs=5e-5)


def test_receipt_durations_are_those_of_pm4py(shared: Path) -> None:
    seconds = read_log(shared / "logs/real/receipt.csv.gz").cases["cycle_time"].dt.total_seconds()
    assert seconds.median() == pytest.approx(2868.5835, abs=1e-4)
    assert seconds.mean() == pytest.approx(467_263.915, abs=1e-3)


def test_running_example_opens(shared: Path) -> None:
    log = read_log(shared / "oracles/pm4py/running-example.csv")
    assert (log.n_cases, len(log)) == (6, 42)
    assert log.cases["cycle_time"].dt.total_seconds().median() == 815_940
