"""What is refused or warned of before a run, with the arithmetic."""

import gc
import warnings
from textwrap import dedent

import pytest

from bko_mining.errors import SimulationError, TwinWarning
from bko_mining.simulate.policies import Policies
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

HEAD = "arrivals: [{per_hour: 1}]\nactivities: {A: {role: Clerk, time: 90 min}, B: {role: Clerk, time: 1 min}}\n"


def twin(text: str) -> Twin:
    return Twin.from_yaml(HEAD + dedent(text))


def test_more_work_than_people_is_said_with_the_arithmetic() -> None:
    # 168 cases a week of 1.5 h and two passes of 1 min: 257.6 h for 168 h.
    crowded = twin("routing: [A, {loop: {do: B, again: 0.5}}]\nroles: {Clerk: {size: 1}}")
    with pytest.warns(TwinWarning, match=r"2[56]\d\.\d h of work a week for 168\.0 h of 1 people \(utilisation 1\.5"):
        simulate(crowded, n_cases=600)


def test_enough_people_is_no_matter() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(twin("routing: [A, {and: [B, B]}]\nroles: {Clerk: {size: 2}}"), n_cases=600)


def test_activities_that_no_case_reaches() -> None:
    with pytest.warns(TwinWarning, match="no case ever reaches 'B'"):
        simulate(twin("routing: [A]\nroles: {Clerk: {size: 3}}"), n_cases=10)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("routing: [A, B]\nroles: {Clerk: {members: []}}", "'A' needs the role 'Clerk', which has no members"),
        (
            "routing: [A, B]\nroles: {Clerk: {members: [Ana]}}\nresources: {Ana: {skills: {A: 1}}}",
            "no member of 'Clerk' has the skill for 'B'",
        ),
        ("routing: [A, {loop: {do: B, again: 1.0}}]\nroles: {Clerk: {size: 9}}", "never end: nothing leads from 'B'"),
    ],
)
def test_what_cannot_run_is_refused(text: str, says: str) -> None:
    with pytest.raises(SimulationError, match=says):
        simulate(twin(text), n_cases=10)


def test_a_run_that_fails_leaves_the_collector_on() -> None:
    office = twin("routing: [A, B]\nroles: {Clerk: {members: [Ana]}}")

    def fails(*_: object) -> str:
        raise SimulationError("no way")

    with pytest.raises(SimulationError, match="no way"):
        simulate(office, n_cases=3, policies=Policies(route={"A": fails}))
    assert gc.isenabled()
