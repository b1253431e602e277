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
