"""Batches before full queues, impatience and bots: everybody in a batch goes on, in both lanes."""

from importlib.util import find_spec
from typing import Any

import pytest

from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

LANES = ("simpy", "numba") if find_spec("numba") else ("simpy",)
OFFICE = """
arrivals: [{{kind: grid, every: 1 h, calendar: Mon-Fri 09:00-17:00}}]
roles: {{Clerk: {{members: [Ana]}}}}
bots: {{Robo: {{exception_share: 1, exception_role: Clerk}}}}
activities:
  Do: {{{what}, batch: {{size: 4}}}}
  Tell: {{automatic: true, time: 1 min}}
routing: [Do, Tell]
"""


def run(what: str, lane: Any, n: int) -> Any:
    return simulate(Twin.from_yaml(OFFICE.format(what=what)), n_cases=n, lane=lane).frame


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("gate", ["patience: {time: 1 h, to: Tell}", "queue_limit: {size: 0, to: Tell}"])
def test_a_whole_batch_gives_up_or_is_turned_away(gate: str, lane: Any) -> None:
    # The first four keep Ana busy for days; the next four find her busy: all four are told.
    frame = run(f"role: Clerk, time: 40 d, {gate}", lane, 8).set_index("case_id")
    assert frame["activity"].tolist().count("Do") == 4
    told = frame[frame["activity"] == "Tell"]
    assert sorted(told.index) == [str(i) for i in range(1, 9)]
    assert told["start"][["5", "6", "7", "8"]].nunique() == 1


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.filterwarnings("ignore")
def test_a_batch_that_a_bot_could_not_do_is_done_by_hand_as_one(lane: Any) -> None:
    frame = run("bot: Robo, time: 10 min", lane, 4).query("activity == 'Do'")
    failed, by_hand = frame[frame["bot_exception"]], frame[~frame["bot_exception"]]
    assert sorted(failed["case_id"]) == sorted(by_hand["case_id"]) == ["1", "2", "3", "4"]
    # The person has had all four since the bot gave up, and does them in one go.
    assert set(by_hand["enabled"]) == set(failed["end"])
    assert by_hand["start"].nunique() == by_hand["end"].nunique() == 1
    assert set(by_hand["resource"]) == {"Ana"}


def test_the_compiled_lane_chooses_among_many_ways() -> None:
    pytest.importorskip("numba", reason="the compiled lane needs numba")
    names = [f"A{i}" for i in range(150)]
    ways = [{"when": f"amount > {i}", "share": 1, "do": name} for i, name in enumerate(names)]
    twin = Twin.model_validate(
        {
            "arrivals": [{"per_week": 100}],
            "attributes": {"amount": {"distribution": {"family": "uniform", "low": 0, "high": 150}}},
            "activities": {name: {"time": "5 min", "automatic": True} for name in names},
            "routing": [{"xor": [*ways, {"share": 1}]}],
        }
    )
    first, second = (simulate(twin, n_cases=400, lane=lane).frame for lane in LANES)
    assert first.equals(second)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.filterwarnings("ignore")
def test_who_is_turned_away_has_taken_the_material_and_goes_on_after_the_order(lane: Any) -> None:
    twin = Twin.from_yaml(
        """
        arrivals: [{kind: list, at: [2026-01-05T09:00, 2026-01-05T09:01, 2026-01-05T09:02, 2026-01-05T09:03]}]
        attributes: {amount: {distribution: {value: 1}}}
        roles: {Clerk: {members: [Ana]}}
        materials: {form: {initial: 2, order_up_to: 3, reorder_point: 1, lead_time: 10 min}}
        activities:
          Do: {role: Clerk, time: 1 h, uses: {form: 1}, queue_limit: {size: 0, to: Tell}}
          Tell: {automatic: true, time: 1 min, uses: {form: 1}}
        routing: [{xor: [{when: amount > 5, do: Tell}, {share: 1, do: Do}]}]
        """
    )
    frame = simulate(twin, n_cases=4, lane=lane).frame.set_index("case_id")
    starts = frame["start"].dt.strftime("%H:%M")
    # 1 takes a form and Ana; one is left, so two are ordered (for 09:10). 2 takes that one, finds Ana busy, is turned
    # away and wants another: two more are ordered (09:11). 3 waits behind it, then 4: two more (09:13). At 09:10 come 2
    # and 3; 3 is turned away and waits behind 4. At 09:11 come 4 and 3; 4 is turned away and waits until 09:13.
    assert frame["activity"].to_dict() == {"1": "Do", "2": "Tell", "3": "Tell", "4": "Tell"}
    assert starts["1"] == "09:00"
    assert frame["wait_stock"].dt.total_seconds().div(60).to_dict() == {"1": 0, "2": 9, "3": 1, "4": 2}


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.filterwarnings("ignore")
def test_mistakes_of_a_batch_are_judged_together_and_noted_where_they_were_made(lane: Any) -> None:
    twin = Twin.from_yaml(
        """
        arrivals: [{kind: list, at: [2026-01-05T09:00, 2026-01-05T09:01, 2026-01-05T09:02]}]
        attributes: {amount: {distribution: {value: 1}}}
        roles: {Clerk: {members: [Ana]}, Boss: {members: [Bia]}}
        activities:
          Do:
            role: Clerk
            time: 1 h
            batch: {size: 3}
            errors: {share: 1, to: Tell, factors: [{when: queue(Boss) > 0, factor: 0}]}
          Tell: {role: Boss, time: 5 min}
        routing: [{xor: [{when: amount > 5, do: Tell}, {share: 1, do: Do}]}]
        """
    )
    frame = simulate(twin, n_cases=3, lane=lane).frame
    # The first two to be told of wait for Bia before the third goes on: that excuses nobody.
    assert frame.loc[frame["activity"] == "Do", "error"].tolist() == [True] * 3
    assert (frame["activity"] == "Tell").sum() == 3


@pytest.mark.parametrize("lane", LANES)
def test_who_works_always_and_was_away_once_works_on(lane: Any) -> None:
    # A place that is filled for good after an absence has no later opening: nobody need look for one for 280 years.
    twin = Twin.from_yaml(
        """
        arrivals: [{per_week: 20}]
        roles: {Clerk: {members: [Ana], turnover: {per_year: 0.5, vacancy: 6 d, ramp_up: 20 d}}}
        resources: {Ana: {absences: [{since: 2026-01-06, until: 2026-01-06}]}}
        activities: {Do: {role: Clerk, time: 5 min}}
        routing: [Do]
        """
    )
    assert len(simulate(twin, n_cases=200, lane=lane)) == 200


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ("date == 2026-01-06", {6}),
        ("date != 2026-01-06", {5, 7}),
        ("date in [2026-01-05, 2026-01-07]", {5, 7}),
        ("queue(Clerk) in [0, 2]", set()),
        ("visits(Do) not in [1, 4]", set()),
    ],
)
def test_conditions_on_lists_and_days(condition: str, days: set[int], lane: Any) -> None:
    twin = Twin.from_yaml(
        f"""
        arrivals: [{{kind: grid, every: 3 h, calendar: 24/7}}]
        roles: {{Clerk: {{members: [Ana]}}}}
        activities: {{Do: {{role: Clerk, time: 4 h}}, Tell: {{time: 1 min}}}}
        routing: [Do, {{xor: [{{when: '{condition}', do: Tell}}, {{share: 1}}]}}]
        timezone: UTC
        """
    )
    frame = simulate(twin, horizon="60 h", lane=lane).frame
    told, done = (frame[frame["activity"] == name] for name in ("Tell", "Do"))
    if days:
        assert set(told["start"].dt.day) == days
    elif "queue" in condition:
        waiting = [int(((done["enabled"] < end) & (done["start"] > end)).sum()) for end in told["start"]]
        assert set(waiting) <= {0, 1, 2}
        assert len(told) < len(done)
    else:
        assert not len(told)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.filterwarnings("ignore")
def test_what_waits_under_a_later_rule_of_a_batch_is_told_of(lane: Any) -> None:
    """From Wednesday on a batch needs five: the three that come then stand still, in either lane."""
    text = """
    start: 2026-01-05
    arrivals:
      - {kind: list, at: [2026-01-05T09:00, 2026-01-05T10:00]}
      - {kind: list, at: [2026-01-07T09:00, 2026-01-07T10:00, 2026-01-07T11:00], name: later}
    roles: {Clerk: {members: [Ana]}}
    activities:
      Sort: {automatic: true, time: 1 min}
      Do: {role: Clerk, time: 10 min, batch: {size: 2, later: {since: 2026-01-07, size: 5}}}
    routing: [Sort, Do]
    """
    log = simulate(Twin.from_yaml(text), n_cases=5, lane=lane)
    done = log.frame.query("activity == 'Do'")
    assert sorted(done["case_id"]) == ["1", "2"]
    assert log.open_cases is not None
    assert log.open_cases.tolist() == [False, False, True, True, True]
    assert "3 cases" in log.history[-1]
    assert "before 'Do'" in log.history[-1]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.filterwarnings("ignore")
def test_the_activity_that_is_due_first_goes_first(lane: Any) -> None:
    """Ana is busy until 10:00; what came at 09:10 is due at 17:10, what came at 09:30 already at 10:30."""
    text = """
    start: 2026-01-05
    arrivals:
      - {kind: list, at: [2026-01-05T09:00], case_type: first}
      - {kind: list, at: [2026-01-05T09:10], case_type: patient}
      - {kind: list, at: [2026-01-05T09:30], case_type: hasty}
    case_types:
      first: {routing: [Begin]}
      patient: {routing: [File]}
      hasty: {routing: [Answer]}
    roles: {Clerk: {members: [Ana], discipline: due_date}}
    activities:
      Begin: {role: Clerk, time: 1 h}
      File: {role: Clerk, time: 30 min, due: 8 h}
      Answer: {role: Clerk, time: 30 min, due: 1 h}
    """
    frame = simulate(Twin.from_yaml(text), n_cases=3, lane=lane).frame.sort_values("start")
    assert frame["activity"].tolist() == ["Begin", "Answer", "File"]
    plain = simulate(Twin.from_yaml(text.replace(", discipline: due_date", "")), n_cases=3, lane=lane).frame
    assert plain.sort_values("start")["activity"].tolist() == ["Begin", "File", "Answer"]
