"""What a run writes down and lets go of: rows become columns, draws of finished cases are forgotten."""

import importlib

import numpy as np
import pytest

from bko_mining.simulate.luck import Draws
from bko_mining.simulate.people import Item
from bko_mining.simulate.records import COLUMNS, Records
from bko_mining.simulate.ruled import RuledRun
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

OFFICE = """
arrivals: [{kind: grid, every: 10 min, calendar: Mon-Fri 09:00-17:00}]
roles: {Clerk: {size: 1}}
activities: {Register: {role: Clerk, time: {family: lognormal, mean: 6 min, cv: 0.5}}}
routing: [{loop: {do: Register, again: 0.2}}]
"""


def _item(k: int) -> Item:
    item = Item(case=k, node=0, activity=k % 3, visit=0, enabled=10 * k)
    item.ready, item.queued, item.start, item.who = 10 * k + 1, 10 * k + 2, 10 * k + 3, -1
    return item


@pytest.mark.parametrize("folds", [(), (4,), (1, 1, 5, 9)])
def test_rows_become_columns_whenever_they_are_folded(folds: tuple[int, ...]) -> None:
    records = Records()
    for k in range(10):
        records.add(_item(k), 10 * k + 9)
        if k in (2, 7):
            records.note("error", True)
        for _ in range(folds.count(k)):
            records.fold()
    assert len(records) == 10
    columns = records.columns()
    assert {name: column.dtype for name, column in columns.items()} == COLUMNS
    k = np.arange(10)
    expected = (10 * k, 10 * k + 1, 10 * k + 2, 10 * k + 3, 10 * k + 9, k, k % 3, np.full(10, -1))
    for name, column in zip(columns, expected, strict=True):
        assert columns[name].tolist() == column.tolist(), name
    assert list(records.notes["error"]) == [2, 7]


@pytest.mark.parametrize("visit", [0, 1, 2, 5])
def test_draws_that_were_forgotten_come_again_the_same(visit: int) -> None:
    draws = Draws(("luck",), np.arange(9000, dtype=np.uint64))
    places = (0, 300, 4095, 4096, 8999)
    before = [draws(case, visit) for case in places]
    draws.forget(0, 8500)
    assert draws.first[:2] == [None, None]
    assert [draws(case, visit) for case in places] == before


def test_a_run_keeps_the_draws_of_its_latest_cases_only(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[RuledRun] = []
    simulation = importlib.import_module("bko_mining.simulate.simulation")
    monkeypatch.setattr(simulation, "told", lambda run: ran.append(run) or "")
    monkeypatch.setattr(simulation, "write_log", lambda run, still: None)
    simulate(Twin.from_yaml(OFFICE), n_cases=9000, lane="simpy")
    (service,) = ran[0].service
    assert [block is None for block in service.first] == [True, True, False]
