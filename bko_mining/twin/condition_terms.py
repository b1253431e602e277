"""Whether conditions speak of things that exist, and compare them with what these can be."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from bko_mining.calendars import DAYS
from bko_mining.twin.conditions import MOMENT, Comparison, Value, parse_condition
from bko_mining.twin.routing import HistoryRouting
from bko_mining.twin.values import Part
from bko_mining.twin.wording import Found, Place, unknown

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin

_NUMBERS = {"visits", "queue", "hour", "age"}
_ORDERED = ("<", "<=", ">", ">=")


def bad_conditions(twin: "Twin") -> Iterator[Found]:
    """Things a condition speaks of must be attributes, activities or roles of the twin, their values possible ones."""
    things = {*twin.attributes, "type", *MOMENT}
    words = _words_of(twin)
    for part, place in parts_of(twin, ()):
        if not isinstance(getattr(part, "when", None), str):
            continue
        text: str = part.when  # type: ignore[attr-defined]
        for comparison in parse_condition(text):
            fault = _fault(comparison, things, words, twin)
            if fault is not None:
                yield (*place, "when"), f"in {text!r}: {fault}"


def parts_of(part: Any, place: Place) -> Iterator[tuple[Part, Place]]:
    """All parts of a twin with their places; of histories, which are long and hold counts, the rules."""
    if isinstance(part, HistoryRouting):
        yield from parts_of(part.left_out, (*place, "left_out"))
        return
    if isinstance(part, Part):
        yield part, place
        for name, field in type(part).model_fields.items():
            inner = getattr(part, name)
            if inner.__class__ in (tuple, dict) or isinstance(inner, Part):
                yield from parts_of(inner, (*place, field.alias or name))
    elif isinstance(part, tuple):
        for i, item in enumerate(part):
            yield from parts_of(item, (*place, i))
    elif isinstance(part, dict):
        for key, item in part.items():
            yield from parts_of(item, (*place, key))


def _fault(
    comparison: Comparison, things: Iterable[str], words: Callable[[str], set[str] | None], twin: "Twin"
) -> str | None:
    thing, argument = comparison.thing, comparison.argument
    if thing not in things:
        return unknown("attribute", thing, things)
    if thing == "visits" and argument not in twin.activities:
        return unknown("activity", argument, twin.activities)
    if thing == "queue" and argument not in twin.roles:
        return unknown("role", argument, twin.roles)
    faults = (_value_fault(thing, value, words) for value in comparison.values)
    fault = next((found for found in faults if found), None)
    if fault is None and comparison.operator in _ORDERED and isinstance(comparison.values[0], str):
        return f"{thing!r} is a word, which can be equal or in a list, but not {comparison.operator} another"
    return fault


def _value_fault(thing: str, value: Value, words: Callable[[str], set[str] | None]) -> str | None:
    if thing == "date":
        return None if isinstance(value, date) else f"{value!r} is no day; write 2026-01-31"
    known = words(thing)
    if known is None:
        return None if isinstance(value, float) else f"{thing!r} is a number, and {value!r} is none"
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return None if shown in known or not known else unknown(f"value of {thing!r}", shown, known)


def _words_of(twin: "Twin") -> Callable[[str], set[str] | None]:
    """The words a thing can be; None for a number, an empty set where anything goes."""
    known: dict[str, set[str]] = {
        "type": set(twin.all_case_types),
        "last": set(twin.activities),
        "weekday": set(DAYS),
        "resource": {*twin.people, *twin.bots, *(who for a in twin.activities.values() for who in a.performers)},
    }
    for name, attribute in twin.attributes.items():
        values = [each.values for each in (attribute, *attribute.by_type.values())]
        if any(each is not None for each in values):
            known[name] = {word for each in values for word in each or ()}
    for case in twin.initial_state.cases if twin.initial_state else ():
        for name in known.keys() & case.attributes.keys():
            known[name].add(str(case.attributes[name]))
    return lambda thing: None if thing in _NUMBERS else known.get(thing)
