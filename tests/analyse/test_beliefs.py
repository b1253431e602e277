"""Two logs of one office are judged by one set of beliefs: halves of a log never differ by what was made of them."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bko_mining.analyse.before_after import before_after
from bko_mining.analyse.case_figures import figures
from bko_mining.analyse.waiting_causes import CAUSES, shared_beliefs, waiting_causes
from bko_mining.calendars import WorkCalendar
from bko_mining.errors import LogError
from bko_mining.log.end_to_end import end_to_end
from bko_mining.log.event_log import EventLog
from bko_mining.log.reading import read_log
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.words import speaking
from tests.analyse.logs import log_of

SAMPLES = Path(__file__).parents[2] / "sample_logs"
NAMES = ["accounts_payable", "claims", "month_end_close", "payroll", "recruiting", "service_desk"]


def _halves(log: EventLog, seed: int) -> tuple[EventLog, EventLog]:
    first = np.random.default_rng(seed).random(log.n_cases) < 0.5
    return log.take_cases(first), log.take_cases(~first)


@pytest.mark.parametrize("name", NAMES)
def test_random_halves_of_a_log_wait_for_the_same(name: str) -> None:
    halves = _halves(read_log(SAMPLES / f"{name}.csv", timezone="America/Sao_Paulo"), seed=0)
    beliefs = shared_beliefs(*halves)
    hours = [
        np.add.reduceat(waiting_causes(half, beliefs=beliefs).causes, half.offsets[:-1], axis=0) / 3.6e9
        for half in halves
    ]
    means = [cases.mean(axis=0) for cases in hours]
    error = np.sqrt(sum(cases.var(axis=0) / len(cases) for cases in hours))
    # Queues are shared by cases, so a hundredth of the wait more than between independent cases is chance too.
    allowed = 4 * error + 0.01 * means[0].sum()
    assert dict(zip(CAUSES, np.abs(means[1] - means[0]) > allowed, strict=True)) == dict.fromkeys(CAUSES, False)


def test_a_log_alone_and_a_log_beside_its_copy_are_judged_alike() -> None:
    log = read_log(SAMPLES / "claims.csv", timezone="America/Sao_Paulo")
    alone, beside = waiting_causes(log), waiting_causes(log, beliefs=shared_beliefs(log, log))
    # Twice the evidence lets more be believed, and nothing less.
    assert frozenset() < alone.beliefs.outside <= beside.beliefs.outside
    assert alone.beliefs.batching <= beside.beliefs.batching
    again = waiting_causes(log, beliefs=alone.beliefs)
    assert (again.causes == alone.causes).all()
    found = before_after(log, log)
    assert (found.table["change_time"] == pd.Timedelta(0)).all()
    assert found.beliefs.table["belief"].unique().tolist()[0] == "outside"


def test_beliefs_are_told_in_both_languages() -> None:
    beliefs = waiting_causes(read_log(SAMPLES / "payroll.csv", timezone="America/Sao_Paulo")).beliefs
    assert "outside party" in beliefs.summary
    with speaking("pt_BR"):
        assert "terceiros" in beliefs.summary


def test_beliefs_need_starts_and_resources_of_both() -> None:
    good, bad = log_of([("1", "A", "x", 8, 9)]), log_of([("1", "A", "x", None, 9)])
    with pytest.raises(LogError, match="no start times"):
        shared_beliefs(good, bad)


def test_somebody_unknown_to_the_beliefs_is_believed_nothing_of() -> None:
    known = waiting_causes(log_of([("1", "A", "x", 8, 9), ("1", "B", "x", 9, 10)])).beliefs
    log = log_of([("1", "A", "y", 8, 9), ("1", "C", "Rui", 12, 13)])
    found = waiting_causes(log, beliefs=known, calendars=dict.fromkeys(log.resources, WorkCalendar.always()))
    assert found.total["extraneous"] == pd.Timedelta(hours=3)


def test_logs_are_laid_end_to_end_by_names() -> None:
    one = log_of([("1", "A", "x", 8, 9), ("1", "B", "y", 9, 10)])
    two = log_of([("1", "C", "y", 9, 10), ("1", "A", "z", 11, 12)])
    both = end_to_end(one, two)
    assert both.activities == ("A", "B", "C")
    assert [both.resources[code] for code in both.resource] == ["x", "y", "y", "z"]
    assert both.begin[2] - one.begin[1] == 364 * 86_400_000_000
    # What comes after the other in time already stays where it is.
    later = log_of([("1", "A", "x", 48, 49)])
    assert end_to_end(one, later).begin[-1] == later.begin[0]
    assert (end_to_end(later, one).begin == np.concatenate([one.begin, later.begin])).all()


def test_comparisons_judge_what_runs_side_by_side_from_both_logs() -> None:
    # S and B change places in nine cases of the whole, in four of the second log: too few to judge it by itself.
    rows = []
    for case in range(40):
        at, (first, second) = 24 * case, ("S", "B") if case % 4 else ("B", "S")
        rows += [(f"{case:02d}", "R", "x", at, at + 1), (f"{case:02d}", first, "y", at + 1, at + 2)]
        rows += [(f"{case:02d}", second, "z", at + 3, at + 4)]
    log = log_of(rows)
    early, late = log.take_cases(np.arange(40) < 24), log.take_cases(np.arange(40) >= 24)
    alone = figures(late, target=None, cost_per_hour=None)["waiting time"].level
    judged = figures(late, target=None, cost_per_hour=None, judged=end_to_end(early, late))["waiting time"].level
    assert (alone, judged) == (1, 2)


def test_what_changed_between_two_logs_is_what_the_engine_says_changed() -> None:
    # Seven months of claims: a backlog is worked off, so that less is waited over nights in its queue.
    twin = Twin.load(SAMPLES.parent / "simulations" / "claims" / "twin.yaml")
    log = simulate(twin, horizon=timedelta(weeks=30), seed=15)
    done = log.take_cases(~log.open_cases) if log.open_cases is not None else log
    sides = done.take_cases(np.arange(done.n_cases) < 500), done.take_cases(np.arange(done.n_cases) >= 500)
    beliefs = shared_beliefs(*sides)
    noted, found = [], []
    for side in sides:
        frame, causes = side.frame, waiting_causes(side, beliefs=beliefs).causes.sum(axis=0)
        names = [["wait_delay", "wait_stock"], ["wait_queue"], ["wait_closed"]]
        noted.append([sum(frame[name].sum() / pd.Timedelta("1D") for name in kind) / side.n_cases for kind in names])
        found.append([causes[part].sum() / 8.64e10 / side.n_cases for part in ([4], [1, 2], [3])])
    told, true = (np.subtract(after, before) for before, after in (found, noted))
    assert np.abs(true).max() > 1  # days a case
    assert np.abs(told - true).max() < 0.5  # here 0.4
