"""Every public log opens with ``read_log(path)`` alone, and its counts are those of its README."""

from pathlib import Path

import pytest

from bko_mining.log.event_log import MISSING
from bko_mining.log.profiling import profile
from bko_mining.log.reading import read_log

COUNTS = {  # cases, activity instances, activities, resources (README of the public logs)
    "fidelity/ACR_test.csv.gz": (173, 1048, 8, 131),
    "fidelity/ACR_train.csv.gz": (679, 4846, 18, 432),
    "fidelity/BPI12W_test.csv.gz": (1200, 7580, 6, 47),
    "fidelity/BPI12W_train.csv.gz": (6830, 43405, 6, 52),
    "fidelity/LoanApp_test.csv.gz": (200, 1490, 12, 19),
    "fidelity/LoanApp_train.csv.gz": (797, 5976, 12, 19),
    "fidelity/P2P_test.csv.gz": (101, 1013, 21, 27),
    "fidelity/P2P_train.csv.gz": (449, 6839, 21, 27),
    "fidelity/Production_test.csv.gz": (38, 303, 13, 26),
    "fidelity/Production_train.csv.gz": (127, 2124, 23, 41),
    "known_truth/Loan_Application.csv.gz": (1000, 11805, 17, 47),
    "known_truth/Loan_Application_3_timers.csv.gz": (1000, 11626, 17, 47),
    "known_truth/Procure_to_Pay.csv.gz": (1000, 13290, 24, 21),
    "known_truth/Procure_to_Pay_1_timer.csv.gz": (1000, 12677, 24, 21),
    "known_truth/Procure_to_Pay_3_timers.csv.gz": (1000, 13112, 24, 21),
    "known_truth/Procure_to_Pay_5_timers.csv.gz": (1000, 13409, 24, 21),
    "known_truth/Simod_log_no_start_times.csv.gz": (1000, 4648, 6, 1),
    "known_truth/Simod_log_with_batching.csv.gz": (1000, 3994, 6, 1),
    "known_truth/Simod_log_with_prioritization.csv.gz": (100, 400, 6, 1),
    "real/receipt.csv.gz": (1434, 8577, 27, 48),
    "real/helpdesk.xes.gz": (4580, 21348, 14, 22),
    "real/bpic2013_closed.xes.gz": (1487, 6660, 4, 585),
    "real/bpi2020_domestic_declarations.xes.gz": (10357, 55628, 14, 2),
    "real/patients.csv.gz": (500, 2721, 7, 7),
    "real/sepsis.csv.gz": (1050, 15214, 16, 0),
}
WHOLE = {  # cases, activity instances and activities of the log that was split (README)
    "LoanApp": (1000, 7492, 12),
    "P2P": (608, 9119, 21),
    "Production": (225, 4503, 24),
    "ACR": (954, 6870, 18),
    "BPI12W": (8616, 59302, 6),
}


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_counts_are_those_of_the_readme(shared: Path, name: str) -> None:
    log = read_log(shared / "logs" / name)
    assert (log.n_cases, len(log), len(log.activities), len(log.resources)) == COUNTS[name]
    assert len(profile(log).table) == len(log.issues)


def test_every_public_log_is_counted(shared: Path) -> None:
    there = {path.relative_to(shared / "logs").as_posix() for path in (shared / "logs").rglob("*.gz")}
    assert there == {*COUNTS, "real/bpic2012.xes.gz"}


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_split_shares_no_case_and_is_part_of_the_whole(shared: Path, name: str) -> None:
    train, test = (read_log(shared / f"logs/fidelity/{name}_{part}.csv.gz") for part in ("train", "test"))
    assert not set(train.case_ids.to_pylist()) & set(test.case_ids.to_pylist())
    n_cases, n, n_activities = WHOLE[name]
    # Cases cut by the boundary are in neither part.
    assert train.n_cases + test.n_cases < n_cases
    assert len(train) + len(test) < n
    assert len({*train.activities, *test.activities}) <= n_activities
    assert train.has_starts
    assert test.has_starts


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
