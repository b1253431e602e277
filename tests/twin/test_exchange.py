"""Models travel: BPMN and Prosimos out and in again say the same; hostile files are refused."""

from pathlib import Path
from textwrap import dedent

import pytest

from bko_mining.errors import TwinError
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.bpmn import as_graph, read_bpmn, write_bpmn
from bko_mining.twin.model import Twin
from bko_mining.twin.prosimos import read_prosimos, write_prosimos

TWIN = Twin.from_yaml(
    dedent("""
    arrivals: [{per_week: 60, calendar: Mon-Fri 09:00-17:00}]
    roles:
      Clerk: {members: [Ana, Bruno], calendar: Mon-Fri 08:00-12:00 13:00-17:00, cost_per_hour: 30}
      Chief: {members: [Dora], calendar: Mon-Fri 10:00-16:00}
    activities:
      Enter: {role: Clerk, time: {family: lognormal, mean: 20 min, cv: 0.8}, time_by_resource: {Bruno: 1.5}}
      Check: {role: Clerk, time: {family: gamma, mean: 10 min, cv: 0.5}}
      Sign: {role: Chief, time: 5 min}
      File: {role: Clerk, time: {family: uniform, low: 1 min, high: 3 min}}
    routing:
      - Enter
      - loop: {do: Check, again: 0.2}
      - and: [Sign, File]
      - xor: [{share: 0.25, do: Check}, {share: 0.75}]
      - delay: 2 h
    """)
)


def test_bpmn_out_and_in_again(tmp_path: Path) -> None:
    assert TWIN.routing is not None
    path = write_bpmn(TWIN.routing, tmp_path / "model.bpmn")
    graph = read_bpmn(path)
    drawn = as_graph(TWIN.routing)
    assert graph.flows == drawn.flows
    assert [(n.kind, n.activity) for n in graph.nodes.values()] == [(n.kind, n.activity) for n in drawn.nodes.values()]


def test_a_graph_behaves_like_the_blocks_it_was_drawn_from() -> None:
    graph = TWIN.replace(routing=as_graph(TWIN.routing))  # type: ignore[arg-type]
    blocks, drawn = (simulate(twin, n_cases=1500, seed=1) for twin in (TWIN, graph))
    assert len(drawn) == pytest.approx(len(blocks), rel=0.02)
    hours = [log.cases["cycle_time"].dt.total_seconds().mean() / 3600 for log in (blocks, drawn)]
    assert hours[1] == pytest.approx(hours[0], rel=0.1)


def test_prosimos_out_and_in_again(tmp_path: Path) -> None:
    assert write_prosimos(TWIN, tmp_path / "m.bpmn", tmp_path / "m.json") == ()
    again = read_prosimos(tmp_path / "m.bpmn", tmp_path / "m.json")
    assert again.activities["Enter"].time.mean == pytest.approx(1200)
    assert again.activities["Enter"].time.cv == pytest.approx(0.8)
    assert again.activities["Enter"].time_by_resource == {"Bruno": pytest.approx(1.5)}
    assert again.calendar_of("Ana", "Clerk").shifts == TWIN.calendar_of("Ana", "Clerk").shifts
    assert again.resources["Ana"].cost_per_hour == 30
    before, after = (simulate(twin, n_cases=1500, seed=2) for twin in (TWIN, again))
    assert len(after) == pytest.approx(len(before), rel=0.02)


def test_what_prosimos_cannot_say_is_named(tmp_path: Path) -> None:
    study = Twin.load(Path(__file__).parents[2] / "simulations" / "accounts_payable" / "twin.yaml")
    lost = write_prosimos(study, tmp_path / "m.bpmn", tmp_path / "m.json")
    assert "the part delays" in lost
    assert "batch of 'Pay invoice'" in lost
    assert "conditions of branches (shares are used instead)" in lost


def test_hostile_and_broken_files_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.bpmn"
    bomb.write_text('<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    with pytest.raises(TwinError, match="document type"):
        read_bpmn(bomb)
    bomb.write_text("<x>")
    with pytest.raises(TwinError, match="is no XML"):
        read_bpmn(bomb)
    bomb.write_text("<x/>")
    with pytest.raises(TwinError, match="no BPMN process"):
        read_bpmn(bomb)
