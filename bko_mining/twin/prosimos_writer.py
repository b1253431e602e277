"""Twins as Prosimos models: a BPMN diagram and a JSON file, and what had to be left out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bko_mining.calendars import WorkCalendar
from bko_mining.errors import TwinError
from bko_mining.twin.arrivals import Arrivals, IntervalArrivals, RateArrivals
from bko_mining.twin.bpmn import as_graph, write_bpmn
from bko_mining.twin.model import Twin
from bko_mining.twin.people import Role
from bko_mining.twin.prosimos import NOBODY
from bko_mining.twin.prosimos_batches import can_write, write_batch
from bko_mining.twin.prosimos_laws import is_native, write_calendar, write_law
from bko_mining.twin.prosimos_rules import Rules, write_attributes, write_condition
from bko_mining.twin.routing import Flow, GraphRouting
from bko_mining.twin.values import Distribution, Part
from bko_mining.twin.work import Activity

_AT_ONCE = 1000
"""So many automatic instances may go on side by side."""

_SAID = {
    "activities": {"time", "role", "bot", "time_by_resource", "automatic", "performers"},
    "roles": {"members", "size", "calendar", "cost_per_hour"},
    "resources": {"calendar", "speed", "skills", "cost_per_hour"},
    "bots": {"licences", "calendar", "time", "speed"},
}
"""What Prosimos can say, too."""

_PARTS = ("delays", "share_changes", "correlations", "materials", "service_levels", "initial_state", "observed")
_ARRIVALS = {"kind", "per_week", "per_hour", "table", "calendar", "factor", "interval", "name"}


def write_prosimos(twin: Twin, bpmn: str | Path, parameters: str | Path) -> tuple[str, ...]:
    """Write a twin as a Prosimos model and return what had to be left out, one sentence each.

    Raises
    ------
    TwinError
        If the routing remembers histories, which BPMN cannot show, or the case types have routings of their own.
    """
    if twin.routing is None:
        raise TwinError("only a twin with one routing for all cases can be written for Prosimos")
    graph = as_graph(twin.routing)
    write_bpmn(graph, bpmn)
    arrivals, calendar = _written_arrivals(twin)
    rules = _rules(twin, graph)
    data = {
        "resource_profiles": list(_profiles(twin, graph)),
        "arrival_time_distribution": arrivals,
        "arrival_time_calendar": write_calendar(calendar),
        "gateway_branching_probabilities": list(_probabilities(graph, rules)),
        "task_resource_distribution": list(_task_times(twin, graph)),
        "resource_calendars": [
            {"id": name, "name": name, "time_periods": write_calendar(hours)} for name, hours in _all_hours(twin)
        ],
        "event_distribution": [
            {"event_id": key, **write_law(node.delay.time)} for key, node in graph.nodes.items() if node.delay
        ],
        "batch_processing": list(_batches(twin, graph)),
        "case_attributes": write_attributes(twin.attributes),
        "branch_rules": [{"id": f"rule_{i}", "rules": rule} for i, rule in rules.items()],
    }
    Path(parameters).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return tuple(dict.fromkeys(_left_out(twin, graph, rules)))


def _batches(twin: Twin, graph: GraphRouting) -> Iterator[dict[str, Any]]:
    for key, label in _tasks(graph).items():
        rule = twin.activities[label].batch
        if rule is not None and can_write(rule):
            yield write_batch(key, rule)


def _rules(twin: Twin, graph: GraphRouting) -> dict[int, Rules]:
    """The conditions that can be written, by the number of their flow."""
    found = ((i, write_condition(flow.when, twin.attributes)) for i, flow in enumerate(graph.flows) if flow.when)
    return {i: rule for i, rule in found if rule is not None}


def _all_hours(twin: Twin) -> Iterator[tuple[str, WorkCalendar]]:
    for name in twin.people:
        yield name, twin.calendar_of(name, twin.roles_of(name)[0])
    for name, bot in twin.bots.items():
        yield name, twin.calendar(bot.calendar)
    yield NOBODY, WorkCalendar.always()


def _tasks(graph: GraphRouting) -> dict[str, str]:
    return {key: node.activity or key for key, node in graph.nodes.items() if node.kind == "activity"}


def _profiles(twin: Twin, graph: GraphRouting) -> Iterator[dict[str, Any]]:
    times = {key: {name for name, _ in _times_of(twin, label)} for key, label in _tasks(graph).items()}

    def resource(name: str, cost: float, amount: int = 1) -> dict[str, Any]:
        tasks = [key for key, who in times.items() if name in who]
        about = {"id": name, "name": name, "cost_per_hour": cost, "amount": amount, "calendar": name}
        return about | {"assignedTasks": tasks}

    for name, role in twin.roles.items():
        members = [resource(member, _cost(twin, member, role)) for member in role.names(name)]
        yield {"id": name, "name": name, "resource_list": members}
    for name, bot in twin.bots.items():
        yield {"id": f"bot {name}", "name": name, "resource_list": [resource(name, 0.0, bot.licences)]}
    if any(NOBODY in who for who in times.values()):
        yield {"id": NOBODY, "name": NOBODY, "resource_list": [resource(NOBODY, 0.0, _AT_ONCE)]}


def _cost(twin: Twin, member: str, role: Role) -> float:
    own = twin.resources[member].cost_per_hour if member in twin.resources else None
    return role.cost_per_hour if own is None else own


def _task_times(twin: Twin, graph: GraphRouting) -> Iterator[dict[str, Any]]:
    for key, label in _tasks(graph).items():
        people = [{"resource_id": name, **write_law(law)} for name, law in _times_of(twin, label)]
        yield {"task_id": key, "resources": people}


def _times_of(twin: Twin, label: str) -> Iterator[tuple[str, Distribution]]:
    """Who does an activity, and how long it takes each: own factors, speed and skills together."""
    activity = twin.activities[label]
    if activity.automatic or (activity.role is None and activity.bot is None):
        yield NOBODY, activity.time
    elif activity.bot is not None:
        bot = twin.bots[activity.bot]
        yield activity.bot, (bot.time or activity.time).scaled(1 / bot.speed)
    else:
        role = activity.role or ""
        for member in twin.roles[role].names(role):
            pace = _pace(twin, member, label, activity)
            if pace is not None:
                yield member, activity.time.scaled(pace)


def _pace(twin: Twin, member: str, label: str, activity: Activity) -> float | None:
    person = twin.resources.get(member)
    own = activity.time_by_resource.get(member, 1.0)
    if person is None:
        return own
    skill = 1.0 if person.skills is None else person.skills.get(label, 0.0)
    return own / (person.speed * skill) if skill > 0 else None


def _probabilities(graph: GraphRouting, rules: dict[int, Rules]) -> Iterator[dict[str, Any]]:
    for key, node in graph.nodes.items():
        out = [(i, flow) for i, flow in enumerate(graph.flows) if flow.source == key]
        if node.kind in ("xor", "or") and len(out) > 1:
            shares = _shares([flow for _, flow in out], exclusive=node.kind == "xor")
            yield {
                "gateway_id": key,
                "probabilities": [
                    {"path_id": f"flow_{i}", "value": share} | ({"condition_id": f"rule_{i}"} if i in rules else {})
                    for (i, _), share in zip(out, shares, strict=True)
                ],
            }


def _shares(flows: list[Flow], *, exclusive: bool) -> list[float]:
    """The shares of the ways out; those of an inclusive gateway are chances of their own.

    Ways with nothing but a condition get next to none: Prosimos shares out among those whose conditions hold.
    """
    if not exclusive:
        return [1.0 if flow.share is None else flow.share for flow in flows]
    decided = sum(flow.share is None for flow in flows)
    if decided == len(flows):
        return [1 / len(flows)] * len(flows)
    total = sum(flow.share or 0.0 for flow in flows)
    least = 1e-6 if decided > 1 else 0.0
    return [least if flow.share is None else flow.share / total * (1 - decided * least) for flow in flows]


def _written_arrivals(twin: Twin) -> tuple[dict[str, Any], WorkCalendar]:
    stream = twin.arrivals[0]
    if isinstance(stream, IntervalArrivals):
        return write_law(stream.interval.scaled(1 / stream.factor)), twin.calendar(stream.calendar)
    if not isinstance(stream, RateArrivals):
        raise TwinError("Prosimos knows arrivals by interval or rate only")
    calendar = twin.calendar(stream.calendar)
    if stream.table is not None:
        busy = [
            f"{day} {hour:02}:00-{hour + 1:02}:00"
            for day, row in stream.table.items()
            for hour in range(24)
            if row[hour]
        ]
        calendar = WorkCalendar.parse(", ".join(busy), timezone=twin.timezone)
    mean = calendar.weekly_hours * 3600 / (_per_week(stream, calendar) * stream.factor)
    return write_law(Distribution(family="exponential", mean=mean)), calendar


def _per_week(stream: RateArrivals, calendar: WorkCalendar) -> float:
    if stream.table is not None:
        return sum(map(sum, stream.table.values()))
    return stream.per_week or 0.0 if stream.per_hour is None else stream.per_hour * calendar.weekly_hours


def _left_out(twin: Twin, graph: GraphRouting, rules: dict[int, Rules]) -> Iterator[str]:
    yield from _arrivals_left_out(twin)
    yield from _conditions_left_out(graph, rules)
    for kind, said in _SAID.items():
        for name, part in getattr(twin, kind).items():
            rule = getattr(part, "batch", None)
            rest = sorted(_differing(part) - said - ({"batch"} if rule and can_write(rule) else set()))
            if rest:
                yield f"{', '.join(rest)} of {name!r}"
    yield from (f"the part {part}" for part in _PARTS if getattr(twin, part))
    yield from _laws_left_out(twin, graph)
    if any(hours.region or hours.closed for _, hours in _all_hours(twin)):
        yield "holidays of the calendars"
    yield from (f"by_type of {name!r}" for name, attribute in twin.attributes.items() if attribute.by_type)
    if twin.case_types:
        yield "the case types: all cases are alike"


def _conditions_left_out(graph: GraphRouting, rules: dict[int, Rules]) -> Iterator[str]:
    for i, flow in enumerate(graph.flows):
        if flow.when and i not in rules:
            yield f"the condition {flow.when!r} (shares are used instead)"
        elif flow.when and flow.share is not None:
            yield f"the share {flow.share:g} of the branch {flow.when!r}: it is taken whenever that holds"


def _differing(part: Part) -> set[str]:
    fields = type(part).model_fields
    return {name for name, f in fields.items() if getattr(part, name) != f.get_default(call_default_factory=True)}


def _arrivals_left_out(twin: Twin) -> Iterator[str]:
    if len(twin.arrivals) > 1:
        yield f"{len(twin.arrivals) - 1} of {len(twin.arrivals)} streams of arrivals"
    stream: Arrivals = twin.arrivals[0]
    rest = sorted(_differing(stream) - _ARRIVALS)
    if rest:
        yield f"{', '.join(rest)} of the arrivals"
    if isinstance(stream, RateArrivals) and stream.table is not None:
        yield "differences between the hours of the arrivals"


def _laws_left_out(twin: Twin, graph: GraphRouting) -> Iterator[str]:
    for name, activity in twin.activities.items():
        if not is_native(activity.time):
            yield f"the law of the time of {name!r}: written as a gamma law of the same mean and spread"
    for key, node in graph.nodes.items():
        if node.delay is not None and not is_native(node.delay.time):
            yield f"the law of the delay {key!r}: written as a gamma law of the same mean and spread"
        if node.delay is not None and node.delay.calendar is not None:
            yield f"calendar of the delay {key!r}"
