"""Whether the parts of a twin fit together: every name that is used must exist."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from bko_mining.calendars import WorkCalendar
from bko_mining.errors import CalendarError
from bko_mining.twin.conditions import MOMENT, parse_condition
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
from bko_mining.twin.values import Part

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin

Place = tuple[str | int, ...]
Found = tuple[Place, str]


class Misfit(ValueError):  # noqa: N818  (a finding, not a fault)
    """Two parts of a twin do not fit; ``place`` says where."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


def first_misfit(twin: "Twin") -> Found | None:
    """Find the first name that does not exist, as its place and a message with the names that do."""
    return next(_misfits(twin), None)


def steps_of(routing: Any) -> Iterator[tuple[str, bool]]:
    """All steps a routing names: activities, and parallel blocks by name (flagged True)."""
    if isinstance(routing, BlockRouting):
        yield from _steps_of_block(routing.root)
    elif isinstance(routing, GraphRouting):
        for key, node in routing.nodes.items():
            if node.kind == "activity":
                yield node.activity or key, False
            elif node.kind == "and":
                yield node.name or key, True
    elif isinstance(routing, HistoryRouting):
        yield from _steps_of_history(routing)


def _steps_of_history(routing: HistoryRouting) -> Iterator[tuple[str, bool]]:
    steps = {step for context in routing.contexts for step in (*context.next, *context.after)}
    for step in sorted(steps - {START, END}):
        yield step, step in routing.blocks
    for block in routing.blocks.values():
        for branch in block.branches:
            yield from steps_of(branch)


def _steps_of_block(block: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(block, str):
        yield block, False
    if isinstance(block, Parallel) and block.name:
        yield block.name, True
    for child in _children(block):
        yield from _steps_of_block(child)


def _children(block: Any) -> Iterable[Any]:
    if isinstance(block, Sequence):
        return block.sequence
    if isinstance(block, Choice):
        return [branch.do for branch in block.xor]
    if isinstance(block, Parallel):
        return block.parallel
    if isinstance(block, Some):
        return [branch.do for branch in block.some]
    return [block.loop.do, block.loop.redo] if isinstance(block, Loop) else []


def _misfits(twin: "Twin") -> Iterator[Found]:
    yield from _bad_calendars(twin)
    yield from _bad_types(twin)
    yield from _bad_promises(twin)
    yield from _bad_activities(twin)
    yield from _bad_rules(twin)
    yield from _bad_routing(twin)
    yield from _bad_steps(twin)
    yield from _bad_people(twin)
    yield from _bad_conditions(twin)
    yield from _bad_start(twin)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    shown = ", ".join(names[:12]) + (f" … ({len(names)} in all)" if len(names) > 12 else "")
    return f"there is no {what} {name!r}; known: {shown or 'none'}"


def _bad_calendars(twin: "Twin") -> Iterator[Found]:
    for name, text in twin.calendars.items():
        yield from _bad_calendar(("calendars", name), text, twin)
    for place, part in _parts_with_calendars(twin):
        text = part.calendar
        if text is not None and text not in twin.calendars:
            yield from _bad_calendar((*place, "calendar"), text, twin)
    for name, material in twin.materials.items():
        if material.every is None and material.reorder_point is None:
            yield ("materials", name), "a material needs reorder_point (continuous review) or every (periodic review)"


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


def _bad_types(twin: "Twin") -> Iterator[Found]:
    types = twin.all_case_types
    for i, stream in enumerate(twin.arrivals):
        for name in stream.mix or {stream.case_type: 1.0}:
            if name not in types:
                yield ("arrivals", i, "case_type"), _unknown("case type", name, types)
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
            yield (*place, "case_type"), _unknown("case type", case.case_type, types)
        for step in (*case.history, *(work.activity for work in case.items)):
            if step not in twin.activities:
                yield place, _unknown("activity", step, twin.activities)


def _bad_promises(twin: "Twin") -> Iterator[Found]:
    for i, level in enumerate(twin.service_levels):
        for end in (level.since, level.until):
            if end is not None and end not in twin.activities:
                yield ("service_levels", i), _unknown("activity", end, twin.activities)
    for pair in twin.correlations:
        for name in pair.between:
            if name not in twin.attributes or twin.attributes[name].distribution is None:
                yield ("correlations",), _unknown("number attribute", name, twin.attributes)


def _bad_activities(twin: "Twin") -> Iterator[Found]:
    for name, activity in twin.activities.items():
        place = ("activities", name)
        if activity.role is not None and activity.role not in twin.roles:
            yield (*place, "role"), _unknown("role", activity.role, twin.roles)
        if activity.bot is not None and activity.bot not in twin.bots:
            yield (*place, "bot"), _unknown("bot", activity.bot, twin.bots)
        if activity.batch and not (activity.batch.size or activity.batch.timeout or activity.batch.at):
            yield (*place, "batch"), "a batch needs size, timeout or at, or it is never released"


def _bad_rules(twin: "Twin") -> Iterator[Found]:
    for name, activity in twin.activities.items():
        place = ("activities", name)
        targets = [rule.to for rule in (activity.errors, activity.patience, activity.queue_limit) if rule]
        for target in [*targets, *activity.same_as, *activity.not_same_as]:
            if target != END and target not in twin.activities:
                yield place, _unknown("activity", target, [*twin.activities, END])
        for material, amount in activity.uses.items():
            if material not in twin.materials:
                yield (*place, "uses"), _unknown("material", material, twin.materials)
            if isinstance(amount, str) and amount not in twin.attributes:
                yield (*place, "uses", material), _unknown("attribute", amount, twin.attributes)


def _routings(twin: "Twin") -> Iterator[tuple[Place, Any]]:
    yield ("routing",), twin.routing
    for name, kind in twin.case_types.items():
        yield ("case_types", name, "routing"), kind.routing


def _bad_routing(twin: "Twin") -> Iterator[Found]:
    for place, routing in _routings(twin):
        for step, is_block in steps_of(routing):
            if not is_block and step not in twin.activities:
                yield place, _unknown("activity", step, twin.activities)


def _bad_steps(twin: "Twin") -> Iterator[Found]:
    blocks = {step for _, routing in _routings(twin) for step, is_block in steps_of(routing) if is_block}
    steps = {*twin.activities, *blocks, START, END}
    for i, delay in enumerate(twin.delays):
        for end in (delay.after, delay.before):
            if end is not None and end not in steps:
                yield ("delays", i), _unknown("activity or parallel block", end, steps)
    for i, change in enumerate(twin.share_changes):
        for step in (change.after, change.to):
            if step not in steps:
                yield ("share_changes", i), _unknown("activity", step, steps)


def _bad_people(twin: "Twin") -> Iterator[Found]:
    people = set(twin.people)
    for name, resource in twin.resources.items():
        if name not in people:
            yield ("resources", name), f"{name!r} is in no role; add the name to the members of one"
        for skill in resource.skills or {}:
            if skill not in twin.activities:
                yield ("resources", name, "skills"), _unknown("activity", skill, twin.activities)
    for name, bot in twin.bots.items():
        if bot.exception_role is not None and bot.exception_role not in twin.roles:
            yield ("bots", name, "exception_role"), _unknown("role", bot.exception_role, twin.roles)
        if bot.exception_share > 0 and bot.exception_role is None:
            yield ("bots", name, "exception_role"), "exceptions need a role that does them by hand"
    for name, role in twin.roles.items():
        if role.discipline == "value" and role.value_attribute not in twin.attributes:
            yield ("roles", name, "value_attribute"), _unknown("attribute", str(role.value_attribute), twin.attributes)


def _bad_conditions(twin: "Twin") -> Iterator[Found]:
    """Things a condition speaks of must be attributes, activities or roles of the twin."""
    things = {*twin.attributes, "type", *MOMENT}
    for place, text in _conditions(twin, ()):
        for comparison in parse_condition(text):
            if comparison.thing not in things:
                yield place, f"in {text!r}: {_unknown('attribute', comparison.thing, things)}"
            if comparison.thing == "visits" and comparison.argument not in twin.activities:
                yield place, f"in {text!r}: {_unknown('activity', comparison.argument, twin.activities)}"
            if comparison.thing == "queue" and comparison.argument not in twin.roles:
                yield place, f"in {text!r}: {_unknown('role', comparison.argument, twin.roles)}"


def _conditions(part: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(part, HistoryRouting):
        return
    if isinstance(part, Part):
        if isinstance(getattr(part, "when", None), str):
            yield (*place, "when"), part.when  # type: ignore[attr-defined]
        for name in type(part).model_fields:
            yield from _conditions(getattr(part, name), (*place, name))
    elif isinstance(part, tuple):
        for i, item in enumerate(part):
            yield from _conditions(item, (*place, i))
    elif isinstance(part, dict):
        for key, item in part.items():
            yield from _conditions(item, (*place, key))
