"""The compiled lane writes what the SimPy lane writes, to the bit, over twins made by chance."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bko_mining.errors import SimulationError
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.policies import Policies
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.twin.reference import CHAPTERS
from bko_mining.twin.values import Part
from tests.simulate.richer_twins import ADDITIONS, richer_twins
from tests.simulate.twins_by_chance import begun, ruled_twins, twins, under_way

pytest.importorskip("numba", reason="the compiled lane needs numba")

LOOSE = settings(deadline=None, suppress_health_check=list(HealthCheck))


def examples(n: int) -> settings:
    """So many in every run of the tests; fifty times as many with ``--hypothesis-profile=explore``."""
    return settings(LOOSE, max_examples=50 * n if settings.get_current_profile_name() == "explore" else n)


def without_ways_back(twin: Twin) -> Twin:
    """Who gives up goes to the end: a case that nobody may serve would else come back for decades."""
    end = {"patience", "queue_limit"}
    activities = {
        name: activity.model_copy(
            update={key: rule.model_copy(update={"to": "(end)"}) for key in end if (rule := getattr(activity, key))}
        )
        for name, activity in twin.activities.items()
    }
    return twin.replace(activities=activities)


def everything(log: EventLog) -> dict[str, list[Any]]:
    columns = {name: getattr(log, name) for name in ("activity", "resource", "role", "start", "end", "enabled")}
    columns |= {name: log.attributes[name] for name in log.attributes.column_names}
    found = {name: np.asarray(column).tolist() for name, column in columns.items()}
    return found | {"open": [] if log.open_cases is None else log.open_cases.tolist(), "history": list(log.history)}


def both(twin: Twin, **how: Any) -> tuple[Any, Any]:
    """What either lane gives: a log, or the error."""

    def one(lane: Any) -> Any:
        try:
            return everything(simulate(twin, lane=lane, **how))
        except SimulationError as problem:
            return str(problem)

    return one("simpy"), one("numba")


def difference(first: Any, second: Any) -> str | None:
    """Where two answers part: said in a line, as pytest would compare thousands of rows for hours."""
    if isinstance(first, str) or isinstance(second, str):
        return None if first == second else f"{str(first)[:500]}\n{str(second)[:500]}"
    for name in first:
        for row, (one, other) in enumerate(zip_longest(first[name], second[name])):
            if one != other:
                return f"{name}, row {row} of {len(first[name])} and {len(second[name])}: {one!r}, {other!r}"
    return None


@examples(40)
@given(twins(), st.integers(0, 10**6))
@pytest.mark.filterwarnings("ignore")
def test_both_lanes_write_the_same(twin: Twin, seed: int) -> None:
    first, second = both(twin, n_cases=60, seed=seed)
    assert difference(first, second) is None


@examples(40)
@given(ruled_twins(), st.integers(0, 10**6), st.sampled_from(["8 d", "25 d"]))
@pytest.mark.filterwarnings("ignore")
def test_both_lanes_follow_the_same_rules(twin: Twin, seed: int, horizon: str) -> None:
    first, second = both(twin, seed=seed, horizon=horizon)
    assert difference(first, second) is None


@examples(20)
@given(ruled_twins(), st.integers(0, 10**6))
@pytest.mark.filterwarnings("ignore")
def test_both_lanes_end_alike_and_tell_alike_who_stands_still(twin: Twin, seed: int) -> None:
    first, second = both(without_ways_back(twin), seed=seed, n_cases=25)
    assert difference(first, second) is None


@examples(60)
@given(richer_twins(), st.integers(0, 10**6), st.sampled_from([None, "8 d", "25 d"]))
@pytest.mark.filterwarnings("ignore")
def test_both_lanes_know_the_whole_vocabulary(twin: Twin, seed: int, horizon: str | None) -> None:
    office = twin if horizon else without_ways_back(twin)
    first, second = both(office, seed=seed, horizon=horizon, n_cases=None if horizon else 25)
    assert difference(first, second) is None


_NOT_DRAWN = {"ObservedCases", "Evidence"}
"""Made by the fit; a twin that remembers past cases is run by following them, in neither lane."""


def _home(kind: type[Part], name: str) -> str:
    """The part that a key was written for; all streams of arrivals share some."""
    return next(each for each in reversed(kind.__mro__) if name in getattr(each, "__annotations__", {})).__name__


def _said(part: Any) -> Iterator[tuple[str, str]]:
    """The keys of a twin that say anything, with the part they belong to."""
    if isinstance(part, Part):
        for name, field in type(part).model_fields.items():
            value = getattr(part, name)
            if field.is_required() or value != field.get_default(call_default_factory=True):
                yield _home(type(part), name), name
            yield from _said(value)
    elif isinstance(part, tuple | dict):
        for each in part.values() if isinstance(part, dict) else part:
            yield from _said(each)


def test_every_key_of_the_vocabulary_is_drawn() -> None:
    found: set[tuple[str, str]] = set()

    for number in range(len(ADDITIONS)):

        @settings(LOOSE, max_examples=16, phases=[Phase.generate])
        @given(richer_twins(number), under_way())
        def draw(twin: Twin, state: dict[str, Any]) -> None:
            found.update(_said(begun(twin, state)))

        draw()
    kinds = [model for models in CHAPTERS.values() for model in models if model.__name__ not in _NOT_DRAWN]
    keys = {(_home(kind, name), name) for kind in kinds for name in kind.model_fields}
    # A kind that is the usual one is not said.
    missing = sorted(keys - found - {("RateArrivals", "kind"), ("Twin", "observed"), ("Twin", "evidence")})
    assert not missing, "; ".join(f"{kind}.{name}" for kind, name in missing)


@examples(60)
@given(
    st.one_of(twins(), ruled_twins(), richer_twins()),
    under_way(),
    st.integers(0, 10**6),
    st.sampled_from([None, "9 d"]),
)
@pytest.mark.filterwarnings("ignore")
def test_both_lanes_start_from_the_same_open_cases(
    twin: Twin, state: dict[str, Any], seed: int, horizon: str | None
) -> None:
    office = begun(twin if horizon else without_ways_back(twin), state)
    first, second = both(office, seed=seed, horizon=horizon, n_cases=None if horizon else 15)
    assert difference(first, second) is None


@pytest.mark.parametrize("hand", [None, "Bruno"])
def test_work_at_the_start_in_the_hands_of_who_cannot_do_it(hand: str | None) -> None:
    work = [{"activity": "C", "enabled": "2026-01-06T09:10", "start": "2026-01-06T09:10", "resource": hand}] * 2
    case = {"case_id": "open", "arrived": "2026-01-06T09:10", "items": work}
    twin = Twin.model_validate(
        {
            "arrivals": [{"per_week": 20}],
            "activities": {name: {"time": "5 min", "role": "R"} for name in "AC"},
            "roles": {"R": {"members": ["Ana", "Bruno"]}},
            "resources": {"Bruno": {"skills": {"A": 2}}},
            "routing": ["A", "C"],
            "initial_state": {"at": "2026-01-06T10:00", "cases": [case]},
        }
    )
    first, second = both(twin, n_cases=3, seed=0)
    assert difference(first, second) is None
    names = simulate(twin, n_cases=3, seed=0).frame.query("case_id == 'open'")["resource"].tolist()
    # Whom the state names goes on; who is only supposed to have begun is somebody who can.
    assert names == (["Ana", "Ana"] if hand is None else ["Bruno", "Ana"])


@pytest.mark.parametrize("role", ["S", "R"])
def test_work_in_hand_at_the_start_gives_way_to_what_is_urgent(role: str) -> None:
    hands = [
        {"activity": "A", "enabled": "2026-01-06T09:10", "start": "2026-01-06T09:10", "resource": who}
        for who in ("Ana", "Bruno")
    ]
    cases = [{"case_id": f"open {i}", "case_type": "usual", "arrived": "2026-01-06T09:10", "items": [work]}
             for i, work in enumerate(hands)]  # fmt: skip
    twin = Twin.model_validate(
        {
            "arrivals": [{"kind": "list", "at": ["2026-01-06T10:05"] * 2, "case_type": "urgent"}],
            "activities": {"A": {"time": "3 h", "role": role}, "B": {"time": "1 h", "role": "S"}},
            "roles": {
                "S": {"members": ["Ana", "Bruno"], "discipline": "priority", "preemptive": True},
                "R": {"members": ["Carla"]},
            },
            "case_types": {"usual": {"priority": 2}, "urgent": {"priority": 1, "routing": ["B"]}},
            "routing": ["A"],
            "initial_state": {"at": "2026-01-06T10:00", "cases": cases},
        }
    )
    first, second = both(twin, n_cases=2, seed=0)
    assert difference(first, second) is None
    ends = simulate(twin, n_cases=2, seed=0).frame.query("activity == 'A'")["end"].dt.strftime("%H:%M")
    # An hour for what is urgent comes in between, but not where the work belongs to a desk that nobody interrupts.
    assert ends.tolist() == ["14:00", "14:00"] if role == "S" else ["13:00", "13:00"]


def test_who_has_no_skills_at_all_is_given_nothing() -> None:
    twin = Twin.from_yaml(
        """
        arrivals: [{per_week: 40}]
        roles: {Clerk: {members: [Ana, Bruno]}}
        resources: {Bruno: {skills: {}}}
        activities: {Do: {role: Clerk, time: 5 h}}
        routing: [Do]
        """
    )
    first, second = both(twin, n_cases=20, seed=0)
    assert difference(first, second) is None
    assert set(simulate(twin, n_cases=20, seed=0).frame["resource"]) == {"Ana"}


@examples(15)
@given(twins(), st.sampled_from(["3 d", "20 d"]))
@pytest.mark.filterwarnings("ignore")
def test_both_lanes_stop_alike(twin: Twin, horizon: str) -> None:
    first, second = both(twin, horizon=horizon, seed=3)
    assert difference(first, second) is None


def test_what_it_cannot_do_is_named() -> None:
    twin = Twin.from_yaml(
        """
        arrivals: [{per_week: 40}]
        roles: {Clerk: {size: 1}}
        activities: {Do: {role: Clerk, time: 5 min}}
        routing: [Do]
        """
    )
    own = Policies(route={"Do": lambda case: None})
    with pytest.raises(SimulationError, match="own rules in Python"):
        simulate(twin, n_cases=5, lane="numba", policies=own)
    assert len(simulate(twin, n_cases=5, policies=own)) == 5
