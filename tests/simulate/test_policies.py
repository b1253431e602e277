"""Own rules in Python, and the hypothesis that all desks are one."""

from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bko_mining.errors import SimulationError
from bko_mining.simulate import offices
from bko_mining.simulate.policies import Policies
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

TWIN = Twin.from_yaml(
    dedent("""
    arrivals: [{per_hour: 2}]
    attributes: {amount: {distribution: {family: uniform, low: 0, high: 1000}}}
    roles: {Clerk: {members: [Ana, Bruno, Carla]}}
    activities: {A: {role: Clerk, time: 10 min}, B: {role: Clerk, time: 10 min}}
    routing: [A, {xor: [{share: 0.5, do: B}, {share: 0.5}]}]
    """)
)


def test_a_policy_chooses_who_and_where() -> None:
    policies = Policies(
        choose={"Clerk": lambda names, case: min(names) if case.attributes["amount"] > 500 else max(names)},
        route={"A": lambda case: "B" if case.attributes["amount"] > 900 else "(end)" if case.luck < 0.5 else None},
    )
    frame = simulate(TWIN, n_cases=600, policies=policies).frame
    large = frame[(frame["amount"] > 900)]
    assert (large["activity"] == "B").sum() == large["case_id"].nunique()
    small = frame[frame["amount"] < 500]
    assert 0.15 < (small["activity"] == "B").sum() / small["case_id"].nunique() < 0.35
    assert (small["resource"] == "Carla").mean() > (small["resource"] == "Ana").mean() + 0.3


def test_a_policy_that_chooses_nobody_is_told_so() -> None:
    with pytest.raises(SimulationError, match="chose 'Zoe'; free were Ana, Bruno, Carla"):
        simulate(TWIN, n_cases=5, policies=Policies(choose={"Clerk": lambda names, case: "Zoe"}))


def test_waits_for_stock_have_their_own_column() -> None:
    short = Twin.from_yaml(
        dedent("""
        arrivals: [{kind: list, at: [2026-01-05 00:00, 2026-01-05 01:00]}]
        materials: {part: {initial: 1, reorder_point: 0, order_up_to: 2, lead_time: 5 h}}
        activities: {Ship: {time: 0, uses: {part: 1}}}
        routing: [Ship]
        """)
    )
    waited = simulate(short, n_cases=2).frame["wait_stock"].dt.total_seconds() / 3600
    # The first takes the last part and orders at 0:00; the second waits from 1:00 to 5:00.
    assert waited.tolist() == [0.0, 4.0]


CALENDARS = ("Mon-Fri 08:00-12:00 13:00-17:00", "Mon-Sat 10:00-16:00", "24/7", "Mon,Wed 09:00-21:00")


@st.composite
def twins(draw: st.DrawFn) -> Twin:
    names = ["A", "B", "C", "D"]
    roles = {
        role: {"size": draw(st.integers(1, 3)), "calendar": draw(st.sampled_from(CALENDARS))} for role in ("R", "S")
    }
    activities = {
        name: {
            "role": draw(st.sampled_from(["R", "S"])),
            "time": {
                "family": draw(st.sampled_from(["weibull", "lognormal", "gamma"])),
                "mean": 60 * draw(st.integers(1, 90)),
                "cv": 0.8,
            },
        }
        for name in names
    }
    loop = {"loop": {"do": "B", "again": draw(st.floats(0, 0.6))}}
    last = draw(
        st.sampled_from(
            [["C", "D"], [{"and": ["C", "D"]}], [{"xor": [{"share": 0.3, "do": "C"}, {"share": 0.7, "do": "D"}]}]]
        )
    )
    own = {"S 1": {"calendar": draw(st.sampled_from(CALENDARS))}}
    return Twin.model_validate(
        {
            "arrivals": [{"per_hour": draw(st.floats(0.1, 2)), "calendar": draw(st.sampled_from(CALENDARS))}],
            "roles": roles,
            "resources": own,
            "activities": activities,
            "routing": ["A", loop, *last],
            "delays": [{"before": "D", "time": {"family": "exponential", "mean": 3600}}],
        }
    )


@settings(max_examples=15, deadline=None)
@given(twins(), st.integers(0, 1000))
def test_the_ruled_desk_and_the_plain_one_write_the_same_log(twin: Twin, seed: int) -> None:
    plain = simulate(twin, n_cases=60, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offices.Staff, "_is_plain", lambda self, name, role: False)
        ruled = simulate(twin, n_cases=60, seed=seed)
    for name in ("activity", "resource", "enabled", "start", "end"):
        assert np.array_equal(getattr(plain, name), getattr(ruled, name))
    for code, person in enumerate(plain.resources):
        rows = np.flatnonzero(plain.resource == code)
        if len(rows):
            rows = rows[np.argsort(plain.start[rows], kind="stable")]
            assert (plain.start[rows][1:] >= plain.end[rows][:-1]).all(), person
            calendar = twin.calendar_of(person, plain.roles[plain.role[rows[0]]])
            assert calendar.is_open(plain.start[rows]).all()
