"""Models travel: BPMN and Prosimos out and in again say the same; hostile files are refused."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from bko_mining.errors import TwinError, TwinWarning
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.bpmn import as_graph, read_bpmn, write_bpmn
from bko_mining.twin.laws import moments
from bko_mining.twin.model import Twin
from bko_mining.twin.prosimos import read_prosimos
from bko_mining.twin.prosimos_writer import write_prosimos

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
    assert "holidays, month_end of the arrivals" in lost
    assert "holidays of the calendars" in lost


RICH = Twin.from_yaml(
    dedent("""
    arrivals: [{per_week: 60, calendar: Mon-Fri 09:00-17:00, dispersion: 0.2}]
    attributes:
      amount: {distribution: {family: lognormal, mean: 100, cv: 1}}
      vendor: {values: {Acme: 3, Delta: 1}}
    roles:
      Clerk: {members: [Ana, Bruno], calendar: Mon-Fri 08:00-17:00, discipline: lifo}
    resources: {Ana: {speed: 2, skills: {Enter: 1.5}, capacity: 2}}
    bots: {Robo: {licences: 2, time: 1 min, exception_share: 0.1, exception_role: Clerk}}
    activities:
      Enter: {role: Clerk, time: {family: weibull, mean: 30 min, cv: 0.5}, time_by_resource: {Ana: 1.2}}
      Check: {role: Clerk, time: {family: quantiles, values: [0, 10 min], zero_share: 0.5}}
      Book: {bot: Robo, time: 5 min}
      File: {time: 10 s}
    routing:
      - Enter
      - or: [{share: 0.9, do: Check}, {share: 0.3, do: Book}]
      - xor: [{when: "amount > 100 and vendor in [Acme, Delta]", do: Book}, {share: 1, do: File}]
      - xor: [{when: visits(Check) >= 1, do: File}, {share: 1}]
    """)
)


def test_people_bots_laws_and_conditions_travel_to_prosimos(tmp_path: Path) -> None:
    lost = write_prosimos(RICH, tmp_path / "m.bpmn", tmp_path / "m.json")
    assert lost == (
        "dispersion of the arrivals",
        "the condition 'visits(Check) >= 1' (shares are used instead)",
        "discipline of 'Clerk'",
        "capacity of 'Ana'",
        "exception_role, exception_share of 'Robo'",
        "the law of the time of 'Enter': written as a gamma law of the same mean and spread",
        "the law of the time of 'Check': written as a gamma law of the same mean and spread",
    )
    again = read_prosimos(tmp_path / "m.bpmn", tmp_path / "m.json")
    # Ana: 30 min x 1.2 / (2 x 1.5); Bruno: 30 min. Ana has no skill for Check.
    enter = again.activities["Enter"]
    assert enter.time.mean == pytest.approx(12 * 60)
    assert enter.time.cv == pytest.approx(0.5)
    assert enter.time_by_resource == {"Bruno": pytest.approx(2.5)}
    assert again.roles[again.activities["Check"].role or ""].members == ("Bruno",)
    # Half zero, half uniform over ten minutes: mean 150, square mean 60,000.
    assert again.activities["Check"].time.mean == pytest.approx(150)
    assert again.activities["Check"].time.cv == pytest.approx((60_000 - 150**2) ** 0.5 / 150)
    assert again.roles[again.activities["Book"].role or ""].members == ("Robo 1", "Robo 2")
    assert again.activities["File"].role is None
    assert again.attributes["vendor"].values == {"Acme": 0.75, "Delta": 0.25}
    flows = [flow for flow in again.routing.flows if flow.when or flow.share == 0.3]  # type: ignore[union-attr]
    assert [flow.when for flow in flows] == [None, '"amount" >= 100 and "vendor" in ["Acme", "Delta"]']


def test_a_file_in_the_shape_of_others_is_read_and_what_has_no_place_is_told(tmp_path: Path) -> None:
    write_prosimos(TWIN, tmp_path / "m.bpmn", tmp_path / "m.json")
    data = json.loads((tmp_path / "m.json").read_text())
    old = [{"value": value} for value in (600, 1200, 600, 1e4)]
    shifted = [{"value": value} for value in (2.0, 300, 60, 0, 1e9)]
    laws = data["task_resource_distribution"]
    laws[0]["resources"][0] |= {"distribution_name": "expon", "distribution_params": old}
    for task in laws[1:]:
        if task["resources"][0]["distribution_name"] == "gamma":
            task["resources"][0] |= {"distribution_name": "exponnorm", "distribution_params": shifted}
    data["batch_processing"] = [{"task_id": "activity_1"}]
    data["global_attributes"] = [{"name": "n"}]
    people = data["resource_profiles"][0]["resource_list"]
    people[0]["name"] = people[1]["name"] = "Clerk"
    (tmp_path / "m.json").write_text(json.dumps(data))
    with pytest.warns(TwinWarning) as told:
        again = read_prosimos(tmp_path / "m.bpmn", tmp_path / "m.json")
    messages = [str(warning.message).partition(": ")[2] for warning in told]
    assert messages[0] == "not read, since a twin has no place for it: global_attributes"
    assert messages[1].startswith("not read: the batch of ")
    assert moments(again.activities["Enter"].time)[0] == pytest.approx(1800)
    # exponnorm: loc + K scale
    assert moments(again.activities["Check"].time)[0] == pytest.approx(300 + 2 * 60)
    assert again.people[:2] == ("Ana", "Bruno")
    simulate(again, n_cases=20)
    (tmp_path / "m.json").write_text("{}")
    with pytest.raises(TwinError, match="these are no parameters of Prosimos: resource_profiles"):
        read_prosimos(tmp_path / "m.bpmn", tmp_path / "m.json")


def test_a_drawn_loop_keeps_its_limit() -> None:
    text = """
    arrivals: [{per_hour: 6}]
    activities: {A: {time: 1}, B: {time: 1}}
    routing: [{loop: {do: A, again: 0.9, at_most: 3, redo: B}}]
    """
    twin = Twin.from_yaml(dedent(text))
    drawn = twin.replace(routing=as_graph(twin.routing))  # type: ignore[arg-type]
    log = simulate(drawn, n_cases=200)
    assert log.frame.groupby("case_id")["activity"].apply(lambda names: (names == "A").sum()).max() == 3


def test_several_flows_out_of_a_task_run_side_by_side(tmp_path: Path) -> None:
    text = dedent("""
    arrivals: [{per_hour: 6}]
    activities: {A: {time: 1}, B: {time: 1}, C: {time: 1}}
    routing:
      kind: graph
      nodes: {s: {kind: start}, a: {kind: activity, activity: A}, b: {kind: activity, activity: B},
        c: {kind: activity, activity: C}, e: {kind: end}}
      flows: [{from: s, to: a}, {from: a, to: b, share: 0.5}, {from: a, to: c, share: 0.5},
        {from: b, to: e}, {from: c, to: e}]
    """)
    twin = Twin.from_yaml(text)
    path = write_bpmn(twin.routing, tmp_path / "m.bpmn")  # type: ignore[arg-type]
    assert [flow.share for flow in read_bpmn(path).flows if flow.share] == [0.5, 0.5]
    path.write_text(path.read_text().replace('name="50 %"', ""))
    log = simulate(twin.replace(routing=read_bpmn(path)), n_cases=20)
    assert log.frame["activity"].value_counts().to_dict() == {"A": 20, "B": 20, "C": 20}
    with pytest.raises(TwinError, match="2 flows leave 'a': put a node of kind xor, and or or behind it"):
        Twin.from_yaml(text.replace(", share: 0.5", ""))


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


BATCHED = Twin.from_yaml(
    dedent("""
    arrivals: [{per_week: 60, calendar: Mon-Fri 09:00-17:00}]
    roles: {Clerk: {members: [Ana]}}
    activities:
      Enter: {role: Clerk, time: 5 min, batch: {size: 4, timeout: 2 h}}
      Check: {role: Clerk, time: 5 min, batch: {at: ['10:00', '15:00'], weekdays: [Tue, Fri], done: one_by_one}}
      Pay: {role: Clerk, time: 5 min, batch: {at: ['14:30']}}
    routing: [Enter, Check, Pay]
    """)
)


def test_batches_travel_to_prosimos_and_back(tmp_path: Path) -> None:
    assert write_prosimos(BATCHED, tmp_path / "m.bpmn", tmp_path / "m.json") == ("batch of 'Pay'",)
    again = read_prosimos(tmp_path / "m.bpmn", tmp_path / "m.json")
    for name in ("Enter", "Check"):
        assert again.activities[name].batch == BATCHED.activities[name].batch
    assert again.activities["Pay"].batch is None
    assert moments(again.activities["Enter"].time)[0] == 300


def test_batches_as_others_write_them(tmp_path: Path) -> None:
    write_prosimos(BATCHED, tmp_path / "m.bpmn", tmp_path / "m.json")
    data = json.loads((tmp_path / "m.json").read_text())
    first, second = data["batch_processing"]
    first["duration_distrib"] = [{"key": "5", "value": 0.5}, {"key": "3", "value": 0.8}]
    first["size_distrib"] = [{"key": "1", "value": 0.25}, {"key": "4", "value": 0.75}]
    older = {"attribute": "large_wt", "comparison": "<", "value": 10800}
    first["firing_rules"] = [
        [{"attribute": "size", "comparison": ">", "value": 3}],
        [{"attribute": "large_wt", "comparison": ">", "value": 7200}, older],
        [{"attribute": "ready_wt", "comparison": ">", "value": 60}],
    ]
    second["firing_rules"] = second["firing_rules"][:3]
    (tmp_path / "m.json").write_text(json.dumps(data))
    with pytest.warns(TwinWarning) as told:
        again = read_prosimos(tmp_path / "m.bpmn", tmp_path / "m.json")
    assert str(told[0].message).partition(": not read: ")[2] == (
        "a firing rule of the batch of 'Enter'; single pieces of work beside the batch of 'Enter'; "
        "other hours on other weekdays for the batch of 'Check': all hours count on all of them"
    )
    enter = again.activities["Enter"]
    # Four in a batch: the factor from three on.
    assert (enter.batch, moments(enter.time)[0]) == (BATCHED.activities["Enter"].batch, 240)
    simulate(again, n_cases=30)
