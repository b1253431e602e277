"""The compiled lane writes what the SimPy lane writes, to the bit, over twins made by chance."""

from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bko_mining.errors import SimulationError
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.policies import Policies
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

pytest.importorskip("numba", reason="the compiled lane needs numba")

NAMES = ("A", "B", "C", "D", "E")
HOURS = (None, "Mon-Fri 09:00-12:00 13:00-17:00", "Mon-Sat 08:00-14:00", "Tue,Thu 10:00-11:30")
LAWS: tuple[Any, ...] = (
    "5 min",
    {"family": "exponential", "mean": "20 min"},
    {"family": "lognormal", "mean": "40 min", "cv": 1.2, "zero_share": 0.2},
    {"family": "empirical", "values": ["7 min", "16 min", "0 min"], "weights": [3, 1, 1]},
    {"family": "uniform", "low": "1 min", "high": "30 min"},
    {"family": "gamma", "mean": "3 h", "cv": 0.7},
)
BATCHES: tuple[Any, ...] = (
    {"size": 3, "timeout": "2 d"},
    {"at": ["10:30", "15:00"], "done": "one_by_one", "calendar": "Mon-Fri 09:00-17:00"},
    {"size": 4, "timeout": "3 h", "per": "vendor", "time_per_item": {"family": "exponential", "mean": "4 min"}},
    {"at": ["16:00"], "weekdays": ["Wed"], "per": "vendor", "time_per_item": "2 min"},
)
LOOSE = settings(deadline=None, suppress_health_check=list(HealthCheck))


def examples(n: int) -> settings:
    """So many in every run of the tests; fifty times as many with ``--hypothesis-profile=explore``."""
    return settings(LOOSE, max_examples=50 * n if settings.get_current_profile_name() == "explore" else n)


def adding_up(branches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    total = sum(branch["share"] for branch in branches)
    return [branch | {"share": branch["share"] / total} for branch in branches]


def blocks() -> st.SearchStrategy[Any]:
    step = st.sampled_from(NAMES)

    def larger(block: Any) -> Any:
        share = st.sampled_from([0.1, 0.3, 0.5])
        branch = st.builds(lambda s, do: {"share": s, "do": do}, share, st.none() | block)
        by_amount = st.builds(
            lambda a, b: {"xor": [{"when": "amount > 500", "do": a}, {"when": "amount <= 500", "do": b}]}, block, block
        )
        return st.one_of(
            st.lists(block, min_size=1, max_size=3),
            st.builds(lambda branches: {"xor": adding_up(branches)}, st.lists(branch, min_size=2, max_size=3)),
            st.builds(lambda both: {"and": both}, st.lists(block, min_size=2, max_size=3)),
            st.builds(lambda do, again: {"loop": {"do": do, "again": again}}, step, share),
            by_amount,
        )

    return st.recursive(step, larger, max_leaves=8)


@st.composite
def twins(draw: Any) -> Twin:
    roles = {
        "R": {"size": draw(st.integers(1, 3)), "calendar": draw(st.sampled_from(HOURS))},
        "S": {"members": ["Ana", "Bruno"], "calendar": draw(st.sampled_from(HOURS))},
    }
    activities: dict[str, Any] = {}
    for name in NAMES:
        activities[name] = {"time": draw(st.sampled_from(LAWS)), "role": draw(st.sampled_from([None, "R", "S"]))}
        if draw(st.integers(0, 3)) == 0:
            activities[name]["batch"] = draw(st.sampled_from(BATCHES))
        if draw(st.booleans()):
            activities[name]["time_by_resource"] = {"Ana": 0.75, "R 1": 1.3}
    delays = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "after": st.sampled_from([None, "(start)", "A", "B"]),
                    "before": st.sampled_from(["C", "D", "E"]),
                    "time": st.sampled_from(LAWS),
                    "calendar": st.sampled_from(HOURS),
                }
            ),
            max_size=2,
        )
    )
    own = draw(st.sampled_from([None, "Mon-Fri 07:00-11:00", "Wed-Sun 12:00-18:00"]))
    return Twin.model_validate(
        {
            "arrivals": [{"per_week": draw(st.sampled_from([15, 60])), "dispersion": 0.2}],
            "attributes": {
                "amount": {"distribution": {"family": "exponential", "mean": 500}},
                "vendor": {"values": {"Acme": 2, "Delta": 1}},
            },
            "activities": activities,
            "routing": ["A", draw(blocks()), {"delay": "2 h"}, draw(blocks())],
            "delays": delays,
            "roles": roles,
            "resources": {"Ana": {"calendar": own}} if own else {},
            "timezone": draw(st.sampled_from(["UTC", "America/Sao_Paulo"])),
        }
    )


CONDITIONS = (
    "visits(A) >= 2",
    "queue(R) > 1",
    "age > 86400",
    "date >= 2026-01-14",
    "weekday in [Mon, Thu]",
    "hour < 12",
    "last == A",
    "resource != Ana",
    "vendor == Acme and visits(B) < 3",
    "type == urgent",
)
DISCIPLINES = ("fifo", "lifo", "oldest_case", "due_date", "priority", "value", "shortest")


@st.composite
def roles_with_rules(draw: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, members in (("R", ["Ana", "Bruno", "Carla"]), ("S", ["Carla", "Dora"])):
        discipline = draw(st.sampled_from(DISCIPLINES))
        role: dict[str, Any] = {"members": members, "discipline": discipline, "value_attribute": "amount"}
        role["calendar"] = draw(st.sampled_from(HOURS))
        role["choice"] = draw(st.sampled_from(["longest_idle", "least_loaded", "fastest", "random"]))
        role["preemptive"] = discipline == "priority" and draw(st.booleans())
        role["availability"] = draw(st.sampled_from([1.0, 0.8]))
        if role["calendar"] is not None and draw(st.integers(0, 2)) == 0:
            role["overtime"] = {"queue": 2, "at_most": "2 h"}
        if draw(st.integers(0, 2)) == 0:
            role["turnover"] = {"per_year": 8, "vacancy": "6 d", "ramp_up": "20 d", "start_factor": 1.8}
        found[name] = role
    return found


@st.composite
def activity_with_rules(draw: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"time": draw(st.sampled_from(LAWS)), "role": draw(st.sampled_from(["R", "S", None]))}
    staffed = found["role"] is not None
    extras = draw(
        st.sets(
            st.sampled_from(["setup", "factors", "errors", "end", "eyes", "gate", "bot", "uses", "batch"]), max_size=3
        )
    )
    if "setup" in extras:
        found["setup"] = "4 min"
    if "factors" in extras:
        found["time_factors"] = [{"when": draw(st.sampled_from(CONDITIONS)), "factor": 1.6}]
    if "errors" in extras:
        factors = [{"when": draw(st.sampled_from(CONDITIONS)), "factor": 3}]
        found["errors"] = {"share": 0.15, "to": "A", "by_resource": {"Ana": 0.5}, "factors": factors}
    if "end" in extras:
        found["at_shift_end"] = draw(st.sampled_from(["suspended", "carried_over", "fits"]))
    if "eyes" in extras and staffed and name != "A" and "bot" not in extras:
        found[draw(st.sampled_from(["same_as", "not_same_as"]))] = ["A"]
    if "bot" in extras:
        found |= {"role": None, "bot": "Robo"}
    if "batch" in extras:
        found["batch"] = draw(st.sampled_from(BATCHES))
    if "gate" in extras and (staffed or "bot" in extras):
        found |= draw(gates(name))
    return found | draw(materials()) if "uses" in extras and "queue_limit" not in found else found


def gates(name: str) -> st.SearchStrategy[dict[str, Any]]:
    # Who finds the first queue full must not be sent back to it in no time.
    back = st.sampled_from(["(end)"] if name == "A" else ["A", "(end)"])
    patience = st.builds(lambda to: {"patience": {"time": "9 h", "to": to}}, back)
    return st.one_of(patience, st.builds(lambda to: {"queue_limit": {"size": 2, "to": to}}, back))


def materials() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from([{"uses": {"paper": 2}}, {"uses": {"cash": "amount", "paper": 1}}])


@st.composite
def ruled_twins(draw: Any) -> Twin:
    limits = st.sampled_from(["stock", "limit"])
    branch = {"share": draw(st.sampled_from([0.2, 0.6])), "when": draw(st.sampled_from(CONDITIONS)), "do": "B"}
    some = {"or": [{"share": 0.5, "do": "C"}, {"share": 0.7, "do": "D", "when": draw(st.sampled_from(CONDITIONS))}]}
    again = {"loop": {"do": "D", "again": 0.4, "when": draw(st.sampled_from(CONDITIONS)), "at_most": 3}}
    steps = draw(st.permutations([{"xor": [branch, {"share": 0.3, "do": "E"}, {"share": 0.2}]}, some, again, "B"]))
    return Twin.model_validate(
        {
            "arrivals": [{"per_week": draw(st.sampled_from([20, 90])), "mix": {"usual": 3, "urgent": 1}}],
            "case_types": {"usual": {"priority": 2, "due": "3 d"}, "urgent": {"priority": 1}},
            "attributes": {
                "amount": {"distribution": {"family": "exponential", "mean": 500}},
                "vendor": {"values": {"Acme": 2, "Delta": 1}},
            },
            "activities": {name: draw(activity_with_rules(name)) for name in NAMES},
            "routing": ["A", *steps, {"and": ["E", "C"]}],
            "share_changes": [{"after": "A", "to": "B", "factor": 0.5, "when": "hour >= 12"}]
            if steps[0] != "B" and "xor" in steps[0]
            else [],
            "delays": [{"after": "A", "when": draw(st.sampled_from(CONDITIONS)), "time": "70 min"}],
            "roles": draw(roles_with_rules()),
            "bots": {
                "Robo": {
                    "licences": 2,
                    "calendar": draw(st.sampled_from(HOURS)),
                    "exception_share": 0.2,
                    "exception_role": "R",
                    "failures": draw(st.sampled_from([None, {"every": "3 d", "repair": "5 h"}])),
                    "since": draw(st.sampled_from([None, "2026-01-09"])),
                }
            },
            "resources": {
                "Ana": {"capacity": draw(st.sampled_from([1, 2])), "speed": 1.4},
                "Bruno": {"skills": {"A": 1, "B": 0.8}},
                "Carla": {"absences": [{"since": "2026-01-12", "until": "2026-01-14"}]},
            },
            "materials": {
                "paper": {"initial": 20, "order_up_to": 40, "reorder_point": 10, "lead_time": "1 d"},
                "cash": {"initial": 900, "order_up_to": 4000, "every": "2 d", "kind": draw(limits)},
            },
            "timezone": draw(st.sampled_from(["UTC", "America/Santiago"])),
        }
    )


@st.composite
def under_way(draw: Any) -> dict[str, Any]:
    """Cases that are open at the start: some waiting, some in somebody's hands, some in two branches at once."""
    moment = st.sampled_from(["2026-01-06T09:10", "2026-01-06T10:00", "2026-01-05T16:59", "2026-01-06T07:30"])

    def item(name: str) -> st.SearchStrategy[dict[str, Any]]:
        work = {"activity": st.just(name), "enabled": moment}
        hand = {
            "start": moment,
            "resource": st.sampled_from([None, "Ana", "Bruno", "Carla", "Dora", "R 1", "Robo", "Somebody"]),
            "remaining": st.sampled_from([None, "0 min", "25 min", "5 h"]),
        }
        return st.one_of(st.fixed_dictionaries(work), st.fixed_dictionaries(work | hand))

    done = st.lists(st.sampled_from(["A", "B", "D"]), max_size=2)
    by = st.lists(st.sampled_from(["Ana", "Carla", None, "Nobody"]), max_size=2)
    items = st.one_of(
        *(st.tuples(item(name)) for name in NAMES), st.tuples(item("E"), item("C")), st.tuples(item("A"), item("A"))
    )
    case = st.fixed_dictionaries({"arrived": moment, "history": done, "by": by, "items": items})
    cases = draw(st.lists(case, min_size=1, max_size=9))
    return {"at": "2026-01-06T10:00", "cases": [{"case_id": f"open {i}"} | each for i, each in enumerate(cases)]}


def begun(twin: Twin, state: dict[str, Any]) -> Twin:
    kinds = tuple(twin.all_case_types)
    cases = [case | {"case_type": kinds[i % len(kinds)]} for i, case in enumerate(state["cases"])]
    return Twin.model_validate(twin.model_dump(mode="json") | {"initial_state": state | {"cases": cases}})


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
@given(st.one_of(twins(), ruled_twins()), under_way(), st.integers(0, 10**6), st.sampled_from([None, "9 d"]))
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
