"""Prosimos and Simod models in and out: a BPMN diagram and a JSON file of simulation parameters.

What Prosimos cannot say is left out on writing and named in the list that comes back; what it says and we can, is read:
resources with calendars and costs, times by task and resource, branching probabilities, timers, arrivals.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bko_mining.calendars import DAYS, WorkCalendar
from bko_mining.errors import TwinError
from bko_mining.twin.arrivals import IntervalArrivals, RateArrivals
from bko_mining.twin.bpmn import as_graph, flow_ids, read_bpmn, write_bpmn
from bko_mining.twin.model import Twin
from bko_mining.twin.people import Resource, Role
from bko_mining.twin.routing import Flow, GraphRouting
from bko_mining.twin.values import Delay, Distribution
from bko_mining.twin.work import Activity

_LONG_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def read_prosimos(bpmn: str | Path, parameters: str | Path, *, timezone: str = "UTC") -> Twin:
    """Read a Prosimos model.

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
    data = json.loads(Path(parameters).read_text(encoding="utf-8"))
    diagram = read_bpmn(bpmn)
    routing = _with_probabilities(diagram, flow_ids(bpmn), data)
    people = {r["id"]: r for profile in data["resource_profiles"] for r in profile["resource_list"]}
    names = {key: _member_names(r) for key, r in people.items()}
    calendars = {entry["id"]: _calendar(entry["time_periods"]) for entry in data["resource_calendars"]}
    activities, roles = _activities(routing, data, names)
    resources = {
        name: Resource(calendar=r["calendar"], cost_per_hour=float(r.get("cost_per_hour", 0)))
        for key, r in people.items()
        for name in names[key]
    }
    used = {name for role in roles.values() for name in role.members}
    arrivals = IntervalArrivals(
        kind="interval",
        interval=_law(data["arrival_time_distribution"]),
        calendar=_calendar(data["arrival_time_calendar"]),
    )
    return Twin(
        name=Path(bpmn).stem,
        timezone=timezone,
        calendars=calendars,
        arrivals=(arrivals,),
        activities=activities,
        routing=routing,
        roles=roles,
        resources={name: resource for name, resource in resources.items() if name in used},
    )


def _member_names(resource: dict[str, Any]) -> list[str]:
    amount = int(resource.get("amount", 1))
    name = str(resource["name"])
    return [name] if amount == 1 else [f"{name} {i + 1}" for i in range(amount)]


def _with_probabilities(routing: GraphRouting, ids: tuple[str, ...], data: dict[str, Any]) -> GraphRouting:
    """Put branching probabilities on flows and times on timer events."""
    shares = {
        (entry["gateway_id"], path["path_id"]): float(path["value"])
        for entry in data.get("gateway_branching_probabilities", ())
        for path in entry["probabilities"]
    }
    timers = {entry["event_id"]: _law(entry) for entry in data.get("event_distribution") or ()}
    flows = []
    for key, flow in zip(ids, routing.flows, strict=True):
        share = shares.get((flow.source, key), flow.share)
        flows.append(flow.model_copy(update={"share": share}))
    nodes = {
        key: node.model_copy(update={"delay": Delay(time=timers[key])}) if key in timers else node
        for key, node in routing.nodes.items()
    }
    return GraphRouting(kind="graph", nodes=nodes, flows=tuple(flows))


def _activities(
    routing: GraphRouting, data: dict[str, Any], names: dict[str, list[str]]
) -> tuple[dict[str, Activity], dict[str, Role]]:
    """Tasks with the mean over their people, a factor for each person, and a role for each set of people."""
    profiles = {frozenset(r["id"] for r in p["resource_list"]): str(p["name"]) for p in data["resource_profiles"]}
    roles: dict[str, Role] = {}
    by_people: dict[frozenset[str], str] = {}
    activities: dict[str, Activity] = {}
    times = {entry["task_id"]: entry["resources"] for entry in data["task_resource_distribution"]}
    for key, node in routing.nodes.items():
        if node.kind != "activity":
            continue
        if key not in times:
            raise TwinError(f"the parameters name nobody who does {node.activity!r} ({key})")
        laws = {entry["resource_id"]: _law(entry) for entry in times[key]}
        people = frozenset(laws)
        role = by_people.setdefault(people, profiles.get(people, f"Team {len(by_people) + 1}"))
        roles[role] = Role(members=tuple(name for r in laws for name in names[r]))
        base = next(iter(laws.values()))
        factors = {name: _mean(law) / max(_mean(base), 1e-9) for r, law in laws.items() for name in names[r]}
        activities[node.activity or key] = Activity(
            role=role, time=base, time_by_resource={name: f for name, f in factors.items() if abs(f - 1) > 1e-9}
        )
    return activities, roles


def _mean(law: Distribution) -> float:
    if law.family == "uniform":
        return ((law.low or 0) + (law.high or 0)) / 2
    if law.family == "triangular":
        return ((law.low or 0) + (law.mode or 0) + (law.high or 0)) / 3
    return law.value if law.family == "constant" and law.value is not None else law.mean or 0.0


def _law(entry: dict[str, Any]) -> Distribution:
    name = entry["distribution_name"]
    p = [float(value["value"]) for value in entry["distribution_params"]]
    if name == "fix":
        return Distribution(value=p[0])
    if name == "uniform":
        return Distribution(family="uniform", low=p[0], high=p[1])
    if name == "triang":
        return Distribution(family="triangular", mode=p[0], low=p[1], high=p[2])
    if name == "expon":
        return Distribution(family="exponential", mean=p[0], minimum=p[1] or None, maximum=p[2] if len(p) > 2 else None)
    families: dict[str, Any] = {"norm": "normal", "lognorm": "lognormal", "gamma": "gamma"}
    if name not in families:
        raise TwinError(f"the law {name!r} is not known; known: fix, uniform, triang, expon, norm, lognorm, gamma")
    spread = p[1] if name == "norm" else p[1] ** 0.5
    limits = {"minimum": p[2], "maximum": p[3]} if len(p) > 3 else {}
    return Distribution(family=families[name], mean=p[0], cv=spread / p[0] if p[0] else 0.0, **limits)


def _calendar(periods: list[dict[str, str]]) -> str:
    parts = []
    for period in periods:
        first, last = (_LONG_DAYS.index(period[key].upper()) for key in ("from", "to"))
        begin, end = period["beginTime"][:8], period["endTime"][:8]
        if end.startswith(("23:59", "00:00")):
            end = "24:00"
        days = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
        parts.append(f"{days} {begin}-{end}")
    return str(WorkCalendar.parse(", ".join(parts)))


def write_prosimos(twin: Twin, bpmn: str | Path, parameters: str | Path) -> tuple[str, ...]:
    """Write a twin as a Prosimos model and return what had to be left out, one sentence each.

    Raises
    ------
    TwinError
        If the routing remembers histories, which BPMN cannot show.
    """
    if twin.routing is None:
        raise TwinError("only a twin with one routing for all cases can be written for Prosimos")
    graph = as_graph(twin.routing)
    write_bpmn(graph, bpmn)
    arrivals, calendar = _written_arrivals(twin)
    data = {
        "resource_profiles": list(_profiles(twin, graph)),
        "arrival_time_distribution": arrivals,
        "arrival_time_calendar": _periods(calendar),
        "gateway_branching_probabilities": list(_probabilities(graph)),
        "task_resource_distribution": list(_task_times(twin, graph)),
        "resource_calendars": [
            {"id": name, "name": name, "time_periods": _periods(_hours(twin, name))} for name in twin.people
        ],
        "event_distribution": [
            {"event_id": key, **_written_law(node.delay.time)} for key, node in graph.nodes.items() if node.delay
        ],
    }
    Path(parameters).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return tuple(_left_out(twin, graph))


def _hours(twin: Twin, name: str) -> WorkCalendar:
    return twin.calendar_of(name, twin.roles_of(name)[0])


def _profiles(twin: Twin, graph: GraphRouting) -> Iterator[dict[str, Any]]:
    tasks = {key: node.activity or key for key, node in graph.nodes.items() if node.kind == "activity"}
    for name, role in twin.roles.items():
        assigned = [key for key, activity in tasks.items() if twin.activities[activity].role == name]
        members = [
            {
                "id": member,
                "name": member,
                "cost_per_hour": _cost(twin, member, role),
                "amount": 1,
                "calendar": member,
                "assignedTasks": assigned,
            }
            for member in role.names(name)
        ]
        yield {"id": name, "name": name, "resource_list": members}


def _cost(twin: Twin, member: str, role: Role) -> float:
    own = twin.resources[member].cost_per_hour if member in twin.resources else None
    return role.cost_per_hour if own is None else own


def _task_times(twin: Twin, graph: GraphRouting) -> Iterator[dict[str, Any]]:
    for key, node in graph.nodes.items():
        if node.kind != "activity":
            continue
        activity = twin.activities[node.activity or key]
        role = activity.role or ""
        members = twin.roles[role].names(role) if role else ()
        yield {
            "task_id": key,
            "resources": [
                {"resource_id": name, **_written_law(activity.time.scaled(activity.time_by_resource.get(name, 1.0)))}
                for name in members
            ],
        }


def _probabilities(graph: GraphRouting) -> Iterator[dict[str, Any]]:
    for key, node in graph.nodes.items():
        out: list[tuple[int, Flow]] = [(i, flow) for i, flow in enumerate(graph.flows) if flow.source == key]
        if node.kind in ("xor", "or") and len(out) > 1:
            total = sum(flow.share or 0.0 for _, flow in out)
            yield {
                "gateway_id": key,
                "probabilities": [
                    {"path_id": f"flow_{i}", "value": (flow.share or 0.0) / total if total else 1 / len(out)}
                    for i, flow in out
                ],
            }


def _written_arrivals(twin: Twin) -> tuple[dict[str, Any], WorkCalendar]:
    stream = twin.arrivals[0]
    if isinstance(stream, IntervalArrivals):
        return _written_law(stream.interval.scaled(1 / stream.factor)), twin.calendar(stream.calendar)
    if not isinstance(stream, RateArrivals):
        raise TwinError("Prosimos knows arrivals by interval or rate only")
    if stream.table is None:
        calendar = twin.calendar(stream.calendar)
    else:
        busy = [
            f"{day} {hour:02}:00-{hour + 1:02}:00"
            for day, row in stream.table.items()
            for hour in range(24)
            if row[hour]
        ]
        calendar = WorkCalendar.parse(", ".join(busy), timezone=twin.timezone)
    a_week = stream.per_week if stream.per_week is not None else 0.0
    if stream.per_hour is not None:
        a_week = stream.per_hour * calendar.weekly_hours
    if stream.table is not None:
        a_week = sum(map(sum, stream.table.values()))
    mean = calendar.weekly_hours * 3600 / (a_week * stream.factor)
    return _written_law(Distribution(family="exponential", mean=mean)), calendar


def _written_law(law: Distribution) -> dict[str, Any]:
    top = law.maximum if law.maximum is not None else 1e9
    mean = _mean(law) * law.factor
    spread = (mean * (law.cv or 0.0)) ** 2
    limits = [(law.minimum or 0.0) * law.factor, top]
    forms: dict[str, tuple[str, list[float]]] = {
        "constant": ("fix", [mean]),
        "exponential": ("expon", [mean, *limits]),
        "lognormal": ("lognorm", [mean, spread, *limits]),
        "gamma": ("gamma", [mean, spread, *limits]),
        "normal": ("norm", [mean, spread**0.5, *limits]),
        "uniform": ("uniform", [(law.low or 0.0) * law.factor, (law.high or 0.0) * law.factor]),
        "triangular": ("triang", [(x or 0.0) * law.factor for x in (law.mode, law.low, law.high)]),
    }
    name, values = forms.get(law.family, ("fix", [mean]))
    return {"distribution_name": name, "distribution_params": [{"value": value} for value in values]}


def _periods(calendar: WorkCalendar) -> list[dict[str, str]]:
    return [
        {
            "from": _LONG_DAYS[shift.weekday],
            "to": _LONG_DAYS[shift.weekday],
            "beginTime": _clock(shift.start),
            "endTime": _clock(min(shift.end, 86_399)),
        }
        for shift in calendar.shifts
    ]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _left_out(twin: Twin, graph: GraphRouting) -> Iterator[str]:
    if len(twin.arrivals) > 1:
        yield f"{len(twin.arrivals) - 1} of {len(twin.arrivals)} streams of arrivals"
    if any(flow.when for flow in graph.flows):
        yield "conditions of branches (shares are used instead)"
    simple = {"time", "role", "time_by_resource", "automatic", "performers"}
    for name, activity in twin.activities.items():
        rest = sorted(activity.model_fields_set - simple)
        if rest:
            yield f"{', '.join(rest)} of {name!r}"
    for part in ("delays", "bots", "materials", "attributes", "initial_state", "observed"):
        if getattr(twin, part):
            yield f"the part {part}"
