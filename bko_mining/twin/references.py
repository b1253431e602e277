"""Whether the parts of a twin fit together: every name that is used must exist."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from bko_mining.calendars import WorkCalendar
from bko_mining.errors import CalendarError
from bko_mining.twin.condition_terms import bad_conditions
from bko_mining.twin.plausibility import contradictions
from bko_mining.twin.routing import (
    END,
    START,
    BlockRouting,
    Choice,
    GraphRouting,
    HistoryRouting,
    Loop,
    Parallel,
    Sequence,
    Some,
)
from bko_mining.twin.start_state import OpenCase
from bko_mining.twin.wording import Found, Place, nearest, unknown

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin


class Misfit(ValueError):  # noqa: N818  (a finding, not a fault)
    """Two parts of a twin do not fit; ``place`` says where."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


def first_misfit(twin: "Twin") -> Found | None:
    """Find the first name that does not exist, as its place and a message with the names that do."""
    return next(_misfits(twin), None)


def steps_of(routing: Any, place: Place = ()) -> Iterator[tuple[Place, str, bool]]:
    """All steps a routing names, with their places: activities, and parallel blocks by name (flagged True)."""
    if isinstance(routing, BlockRouting):
        yield from _steps_of_block(routing.root, (*place, "root"))
    elif isinstance(routing, GraphRouting):
        for key, node in routing.nodes.items():
            if node.kind == "activity":
                yield (*place, "nodes", key), node.activity or key, False
            elif node.kind == "and":
                yield (*place, "nodes", key), node.name or key, True
    elif isinstance(routing, HistoryRouting):
        yield from _steps_of_history(routing, place)


def _steps_of_history(routing: HistoryRouting, place: Place) -> Iterator[tuple[Place, str, bool]]:
    steps: dict[str, Place] = {}
    for i, context in enumerate(routing.contexts):
        for step in (*context.next, *context.after):
            steps.setdefault(step, (*place, "contexts", i))
    for step in sorted(set(steps) - {START, END}):
        yield steps[step], step, step in routing.blocks
    for i, rule in enumerate(routing.left_out):
        yield (*place, "left_out", i, "activity"), rule.activity, False
    for name, block in routing.blocks.items():
        for i, branch in enumerate(block.branches):
            yield from steps_of(branch, (*place, "blocks", name, "branches", i))


def _steps_of_block(block: Any, place: Place) -> Iterator[tuple[Place, str, bool]]:
    if isinstance(block, str):
        yield place, block, False
    if isinstance(block, Parallel) and block.name:
        yield (*place, "name"), block.name, True
    for below, child in _children(block):
        yield from _steps_of_block(child, (*place, *below))


def _children(block: Any) -> Iterable[tuple[Place, Any]]:
    if isinstance(block, Sequence):
        return [(("sequence", i), child) for i, child in enumerate(block.sequence)]
    if isinstance(block, Choice):
        return [(("xor", i, "do"), branch.do) for i, branch in enumerate(block.xor)]
    if isinstance(block, Parallel):
        return [(("and", i), child) for i, child in enumerate(block.parallel)]
    if isinstance(block, Some):
        return [(("or", i, "do"), branch.do) for i, branch in enumerate(block.some)]
    return [(("loop", "do"), block.loop.do), (("loop", "redo"), block.loop.redo)] if isinstance(block, Loop) else []


def _misfits(twin: "Twin") -> Iterator[Found]:
    yield from _bad_calendars(twin)
    yield from _bad_types(twin)
    yield from _bad_promises(twin)
    yield from _bad_attributes(twin)
    yield from _bad_activities(twin)
    yield from _bad_rules(twin)
    yield from _bad_needs(twin)
    yield from _bad_routing(twin)
    yield from _bad_steps(twin)
    yield from _bad_people(twin)
    yield from _bad_bots(twin)
    yield from bad_conditions(twin)
    yield from _bad_start(twin)
    yield from contradictions(twin)


def _bad_calendars(twin: "Twin") -> Iterator[Found]:
    for name, text in twin.calendars.items():
        yield from _bad_calendar(("calendars", name), text, twin)
    for place, part in _parts_with_calendars(twin):
        text = part.calendar
        if text is not None and text not in twin.calendars:
            yield from _bad_calendar((*place, "calendar"), text, twin)


def _bad_calendar(place: Place, text: str, twin: "Twin") -> Iterator[Found]:
    try:
        WorkCalendar.parse(text, timezone=twin.timezone)
    except CalendarError as problem:
        known = ", ".join(twin.calendars) or "none"
        yield place, f"{problem} (named calendars: {known})"


def _parts_with_calendars(twin: "Twin") -> Iterator[tuple[Place, Any]]:
    for kind in ("roles", "resources", "bots"):
        for name, part in getattr(twin, kind).items():
            yield (kind, name), part
    for kind in ("arrivals", "delays", "service_levels"):
        for i, part in enumerate(getattr(twin, kind)):
            if hasattr(part, "calendar"):
                yield (kind, i), part
    for name, activity in twin.activities.items():
        if activity.batch:
            yield ("activities", name, "batch"), activity.batch
        if activity.batch and activity.batch.later:
            yield ("activities", name, "batch", "later"), activity.batch.later


def _bad_types(twin: "Twin") -> Iterator[Found]:
    types = twin.all_case_types
    for i, stream in enumerate(twin.arrivals):
        for name in stream.mix or {stream.case_type: 1.0}:
            if name not in types:
                yield ("arrivals", i, "mix" if stream.mix else "case_type"), unknown("case type", name, types)
    for name, kind in twin.case_types.items():
        if kind.routing is None and twin.routing is None:
            yield ("case_types", name), "this case type has no routing and the twin has none either"
    if not twin.case_types and twin.routing is None:
        yield (), "the twin has no routing; write routing: [first activity, second activity]"


def _bad_start(twin: "Twin") -> Iterator[Found]:
    types = twin.all_case_types
    for i, case in enumerate(twin.initial_state.cases if twin.initial_state else ()):
        place = ("initial_state", "cases", i)
        if case.case_type not in types:
            yield (*place, "case_type"), unknown("case type", case.case_type, types)
        yield from _bad_numbers(twin, case, place)
        steps = [(("history", k), step) for k, step in enumerate(case.history)]
        steps += [(("items", k), work.activity) for k, work in enumerate(case.items)]
        for below, step in steps:
            if step not in twin.activities:
                yield (*place, *below), unknown("activity", step, twin.activities)


def _bad_numbers(twin: "Twin", case: OpenCase, place: Place) -> Iterator[Found]:
    for name, value in case.attributes.items():
        attribute = twin.attributes.get(name)
        if attribute is not None and attribute.distribution is not None and not isinstance(value, int | float):
            yield (*place, "attributes"), f"{name!r} is a number, not {value!r}"


def _bad_promises(twin: "Twin") -> Iterator[Found]:
    for i, level in enumerate(twin.service_levels):
        for key, end in (("since", level.since), ("until", level.until)):
            if end is not None and end not in twin.activities:
                yield ("service_levels", i, key), unknown("activity", end, twin.activities)
        if level.case_type is not None and level.case_type not in twin.all_case_types:
            yield ("service_levels", i, "case_type"), unknown("case type", level.case_type, twin.all_case_types)


def _bad_attributes(twin: "Twin") -> Iterator[Found]:
    numbers = [name for name, attribute in twin.attributes.items() if attribute.distribution is not None]
    for i, pair in enumerate(twin.correlations):
        if pair.between[0] == pair.between[1]:
            yield ("correlations", i, "between"), "two different attributes are needed"
        for name in pair.between:
            if name not in numbers:
                yield ("correlations", i, "between"), unknown("number attribute", name, numbers)
    for name, attribute in twin.attributes.items():
        for kind in attribute.by_type:
            if kind not in twin.all_case_types:
                yield ("attributes", name, "by_type", kind), unknown("case type", kind, twin.all_case_types)


def _bad_activities(twin: "Twin") -> Iterator[Found]:
    workers = set(twin.people)
    for name, activity in twin.activities.items():
        place = ("activities", name)
        if activity.role is not None and activity.role not in twin.roles:
            yield (*place, "role"), unknown("role", activity.role, twin.roles)
        if activity.bot is not None and activity.bot not in twin.bots:
            yield (*place, "bot"), unknown("bot", activity.bot, twin.bots)
        known = workers | set(activity.performers)
        for person in activity.time_by_resource.keys() - known:
            yield (*place, "time_by_resource", person), unknown("person", person, known)
        for person in activity.errors.by_resource.keys() - known if activity.errors else ():
            yield (*place, "errors", "by_resource", person), unknown("person", person, known)


def _bad_rules(twin: "Twin") -> Iterator[Found]:
    for name, activity in twin.activities.items():
        place = ("activities", name)
        for key in ("errors", "patience", "queue_limit"):
            rule = getattr(activity, key)
            if rule is not None and rule.to != END and rule.to not in twin.activities:
                yield (*place, key, "to"), unknown("activity", rule.to, [*twin.activities, END])
        for key in ("same_as", "not_same_as"):
            for other in getattr(activity, key):
                if other not in twin.activities:
                    yield (*place, key), unknown("activity", other, twin.activities)


def _bad_needs(twin: "Twin") -> Iterator[Found]:
    for name, activity in twin.activities.items():
        place = ("activities", name)
        if activity.batch and activity.batch.per is not None and activity.batch.per not in twin.attributes:
            yield (*place, "batch", "per"), unknown("attribute", activity.batch.per, twin.attributes)
        for material, amount in activity.uses.items():
            if material not in twin.materials:
                yield (*place, "uses", material), unknown("material", material, twin.materials)
            if isinstance(amount, str) and amount not in twin.attributes:
                yield (*place, "uses", material), unknown("attribute", amount, twin.attributes)


def _routings(twin: "Twin") -> Iterator[tuple[Place, Any]]:
    yield ("routing",), twin.routing
    for name, kind in twin.case_types.items():
        yield ("case_types", name, "routing"), kind.routing


def _bad_routing(twin: "Twin") -> Iterator[Found]:
    for place, routing in _routings(twin):
        for where, step, is_block in steps_of(routing, place):
            if not is_block and step not in twin.activities:
                yield where, unknown("activity", step, twin.activities)


def _bad_steps(twin: "Twin") -> Iterator[Found]:
    blocks = {step for _, routing in _routings(twin) for _, step, is_block in steps_of(routing) if is_block}
    steps = {*twin.activities, *blocks, START, END}
    for i, delay in enumerate(twin.delays):
        for key, end in (("after", delay.after), ("before", delay.before)):
            if end is not None and end not in steps:
                yield ("delays", i, key), unknown("activity or parallel block", end, steps)
    for i, change in enumerate(twin.share_changes):
        for key, step in (("after", change.after), ("to", change.to)):
            if step not in steps:
                yield ("share_changes", i, key), unknown("activity", step, steps)


def _bad_people(twin: "Twin") -> Iterator[Found]:
    people = set(twin.people)
    for name, resource in twin.resources.items():
        if name not in people:
            hint = nearest(name, people)
            yield ("resources", name), f"{name!r} is in no role; {hint}else add the name to the members of one"
        for skill in resource.skills or {}:
            if skill not in twin.activities:
                yield ("resources", name, "skills", skill), unknown("activity", skill, twin.activities)


def _bad_bots(twin: "Twin") -> Iterator[Found]:
    for name, bot in twin.bots.items():
        if bot.exception_role is not None and bot.exception_role not in twin.roles:
            yield ("bots", name, "exception_role"), unknown("role", bot.exception_role, twin.roles)
        if bot.exception_share > 0 and bot.exception_role is None:
            yield ("bots", name, "exception_role"), "exceptions need a role that does them by hand"
