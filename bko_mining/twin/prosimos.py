"""Prosimos and Simod models in: a BPMN diagram and a JSON file of simulation parameters.

Read are people with calendars and costs, times by task and person, branching probabilities, case attributes and the
conditions on them, timers, batches and arrivals; what is there besides is named in a warning.
"""

import json
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from bko_mining.arguments import text_of
from bko_mining.errors import TwinError, TwinWarning
from bko_mining.twin.arrivals import IntervalArrivals
from bko_mining.twin.bpmn import flow_ids, read_bpmn
from bko_mining.twin.laws import moments
from bko_mining.twin.model import Twin
from bko_mining.twin.people import Resource, Role
from bko_mining.twin.prosimos_batches import batch_scale, batched, read_batches
from bko_mining.twin.prosimos_laws import read_calendar, read_law
from bko_mining.twin.prosimos_rules import read_attributes, read_conditions
from bko_mining.twin.routing import GraphRouting
from bko_mining.twin.values import Delay
from bko_mining.twin.work import Activity

NOBODY = "(automatic)"
"""The resource that stands for work that needs nobody."""

_IGNORED = ("prioritisation_rules", "event_attributes", "global_attributes", "multitask")


def read_prosimos(bpmn: str | Path, parameters: str | Path, *, timezone: str = "UTC") -> Twin:
    """Read a Prosimos model; parts that have no place in a twin are named in a ``TwinWarning``.

    Parameters
    ----------
    bpmn, parameters : path
        The diagram and the JSON file.
    timezone : str
        The clock of the calendars.

    Raises
    ------
    TwinError
        If a part is missing or of a kind that is not known; the message names it.
    """
    data = _parameters(parameters)
    _check(data, parameters)
    routing = _with_probabilities(read_bpmn(bpmn), flow_ids(bpmn), data)
    people = {r["id"]: r for profile in data["resource_profiles"] for r in profile["resource_list"]}
    names = _member_names(people)
    activities, roles = _activities(routing, data, names)
    activities |= _in_batches(routing, data, activities, parameters)
    resources = {
        name: Resource(calendar=r["calendar"], cost_per_hour=float(r.get("cost_per_hour", 0)))
        for key, r in people.items()
        for name in names[key]
    }
    used = {name for role in roles.values() for name in role.members}
    arrivals = IntervalArrivals(
        kind="interval",
        interval=read_law(data["arrival_time_distribution"]),
        calendar=read_calendar(data["arrival_time_calendar"]),
    )
    return Twin(
        name=Path(bpmn).stem,
        timezone=timezone,
        calendars={entry["id"]: read_calendar(entry["time_periods"]) for entry in data["resource_calendars"]},
        arrivals=(arrivals,),
        attributes=read_attributes(data),
        activities=activities,
        routing=routing,
        roles=roles,
        resources={name: resource for name, resource in resources.items() if name in used},
    )


def _parameters(path: str | Path) -> Any:
    try:
        return json.loads(text_of(path, error=TwinError))
    except json.JSONDecodeError as problem:
        raise TwinError(f"{path}, line {problem.lineno}: this is not JSON: {problem.msg}") from None


def _check(data: Any, path: str | Path) -> None:
    needed = (
        "resource_profiles",
        "resource_calendars",
        "task_resource_distribution",
        "arrival_time_distribution",
        "arrival_time_calendar",
    )
    missing = [key for key in needed if not isinstance(data, dict) or key not in data]
    if missing:
        raise TwinError(f"{path}: these are no parameters of Prosimos: {', '.join(missing)} is missing")
    ignored = [key for key in _IGNORED if data.get(key)]
    if ignored:
        told = f"{path}: not read, since a twin has no place for it: {', '.join(ignored)}"
        warnings.warn(told, TwinWarning, stacklevel=3)


def _in_batches(
    routing: GraphRouting, data: Any, activities: dict[str, Activity], path: str | Path
) -> dict[str, Activity]:
    """The activities that are done in batches."""
    tasks = {key: node.activity or key for key, node in routing.nodes.items() if node.kind == "activity"}
    batches, left = read_batches(data, tasks)
    if left:
        warnings.warn(f"{path}: not read: {'; '.join(left)}", TwinWarning, stacklevel=3)
    ids = {name: key for key, name in tasks.items()}
    return {
        name: batched(activities[name], rule, batch_scale(data, ids[name], rule.size))
        for name, rule in batches.items()
        if name in activities
    }


def _member_names(people: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Names of the people behind each resource; where two share a name, their identifiers tell them apart."""
    uses = Counter(str(resource["name"]) for resource in people.values())
    found = {}
    for key, resource in people.items():
        amount = int(resource.get("amount", 1))
        name = str(resource["name"]) if uses[str(resource["name"])] == 1 else key
        found[key] = [name] if amount == 1 else [f"{name} {i + 1}" for i in range(amount)]
    return found


def _with_probabilities(routing: GraphRouting, ids: tuple[str, ...], data: dict[str, Any]) -> GraphRouting:
    """Put branching probabilities and conditions on flows, and times on timer events."""
    ways = {
        (entry["gateway_id"], path["path_id"]): path
        for entry in data.get("gateway_branching_probabilities", ())
        for path in entry["probabilities"]
    }
    timers = {entry["event_id"]: read_law(entry) for entry in data.get("event_distribution") or ()}
    conditions = read_conditions(data)
    flows = []
    for i, flow in enumerate(routing.flows):
        path = ways.get((flow.source, ids[i] if i < len(ids) else ""), {})
        when = conditions.get(path.get("condition_id", ""))
        share = float(path["value"]) if "value" in path else flow.share
        # A condition that alone decides is written with no share of its own.
        share = None if when is not None and not share else share
        flows.append(flow.model_copy(update={"share": share, "when": when}))
    nodes = {
        key: node.model_copy(update={"delay": Delay(time=timers[key])}) if key in timers else node
        for key, node in routing.nodes.items()
    }
    return GraphRouting(kind="graph", nodes=nodes, flows=tuple(flows))


def _activities(
    routing: GraphRouting, data: dict[str, Any], names: dict[str, list[str]]
) -> tuple[dict[str, Activity], dict[str, Role]]:
    """Tasks with the law of their first person, a factor for each other one, and a role for each set of people."""
    profiles = {frozenset(r["id"] for r in p["resource_list"]): str(p["name"]) for p in data["resource_profiles"]}
    roles: dict[str, Role] = {}
    by_people: dict[frozenset[str], str] = {}
    activities: dict[str, Activity] = {}
    times = {entry["task_id"]: entry["resources"] for entry in data["task_resource_distribution"]}
    for key, node in routing.nodes.items():
        if node.kind != "activity":
            continue
        if not times.get(key):
            raise TwinError(f"the parameters name nobody who does {node.activity!r} ({key})")
        laws = {entry["resource_id"]: read_law(entry) for entry in times[key]}
        base = next(iter(laws.values()))
        if list(laws) == [NOBODY]:
            activities[node.activity or key] = Activity(time=base)
            continue
        people = frozenset(laws)
        if people not in by_people:
            wanted = profiles.get(people, f"Team {len(by_people) + 1}")
            by_people[people] = wanted if wanted not in roles else f"{wanted} {len(by_people) + 1}"
        role = by_people[people]
        roles[role] = Role(members=tuple(name for r in laws for name in names[r]))
        mean = moments(base)[0]
        factors = {name: moments(law)[0] / max(mean, 1e-9) for r, law in laws.items() for name in names[r]}
        activities[node.activity or key] = Activity(
            role=role, time=base, time_by_resource={name: f for name, f in factors.items() if abs(f - 1) > 1e-9}
        )
    return activities, roles
