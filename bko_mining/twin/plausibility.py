"""Whether the values of a twin make sense together: dates in order, shares that add up, no negative lengths."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bko_mining.calendars import WorkCalendar
from bko_mining.errors import CalendarError
from bko_mining.twin.arrivals import Attribute, RateArrivals
from bko_mining.twin.condition_terms import parts_of
from bko_mining.twin.conditions import MOMENT
from bko_mining.twin.laws import lowest, weights_fault
from bko_mining.twin.people import Material, QueueRule, Resource, Role
from bko_mining.twin.routing import Choice, GraphRouting, Some
from bko_mining.twin.values import Distribution, Part
from bko_mining.twin.wording import Found, Place, unknown
from bko_mining.twin.work import Activity, Batching

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin

TOLERANCE = 0.02
"""So far shares may be from one: they are written with two digits."""

_TAKEN = ("type", *MOMENT)


def contradictions(twin: "Twin") -> Iterator[Found]:
    """Find what cannot be meant, part by part."""
    for part, place in parts_of(twin, ()):
        check = _CHECKS.get(type(part))
        if check is not None:
            yield from check(part, place, twin)
        yield from _in_order(part, place)
    for i, stream in enumerate(twin.arrivals):
        yield from _weights(stream.mix, ("arrivals", i, "mix"))


def _law(law: Distribution, place: Place, _: "Twin") -> Iterator[Found]:
    """Attributes may be negative numbers; everything else is a length of time or a count."""
    if place[0] != "attributes" and lowest(law) < 0:
        yield place, f"must not be negative, but its least value is {lowest(law):g}"


def _in_order(part: Part, place: Place) -> Iterator[Found]:
    since, until = getattr(part, "since", None), getattr(part, "until", None)
    if isinstance(since, date) and isinstance(until, date) and _instant(since) > _instant(until):
        yield (*place, "until"), f"{until} is before since, {since}"


def _instant(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)


def _choice(choice: Choice, place: Place, _: "Twin") -> Iterator[Found]:
    shares = [branch.share for branch in choice.xor if branch.share is not None]
    if all(branch.when is None for branch in choice.xor if branch.share is not None):
        yield from _sum_of(shares, (*place, "xor"))


def _some(some: Some, place: Place, _: "Twin") -> Iterator[Found]:
    for i, branch in enumerate(some.some):
        if (branch.share or 0) > 1:
            yield (
                (*place, "or", i, "share"),
                f"each branch of an or has its own chance of at most 1, not {branch.share}",
            )


def _sum_of(shares: list[float], place: Place) -> Iterator[Found]:
    total = sum(shares)
    if shares and abs(total - 1) > TOLERANCE:
        rest = f"a branch with share {1 - total:g} (without do: nothing happens on it)" if total < 1 else ""
        remedy = f"add {rest}" if rest else f"write {', '.join(f'{share / total:.4g}' for share in shares)}"
        yield place, f"the shares of a choice must add up to 1, not {total:g}; {remedy}"


def _graph(graph: GraphRouting, place: Place, _: "Twin") -> Iterator[Found]:
    for name, node in graph.nodes.items():
        ways = [flow for flow in graph.flows if flow.source == name]
        plain = all(flow.share is None and flow.when is None for flow in ways)
        if node.kind in ("start", "activity", "delay") and len(ways) > 1 and plain:
            message = f"{len(ways)} flows leave {name!r}: put a node of kind xor, and or or behind it, or give shares"
            yield (*place, "nodes", name), message
        if node.kind == "xor" and len(ways) > 1 and all(flow.when is None for flow in ways):
            yield from _sum_of([flow.share for flow in ways if flow.share is not None], (*place, "nodes", name))


def _weights(weights: dict[str, float] | None, place: Place) -> Iterator[Found]:
    fault = weights_fault(weights.values()) if weights else None
    if fault is not None:
        yield place, fault


def _not_negative(numbers: dict[str, float], place: Place, what: str) -> Iterator[Found]:
    for name, number in numbers.items():
        if number < 0:
            yield (*place, name), f"{what} must not be negative, as {number:g} is"


def _attribute(attribute: Attribute, place: Place, _: "Twin") -> Iterator[Found]:
    if place[-1] in _TAKEN and len(place) == 2:
        taken = ", ".join(_TAKEN)
        yield place, f"the name {place[-1]!r} has a meaning of its own in conditions; take another than {taken}"
    yield from _weights(attribute.values, (*place, "values"))


def _arrivals(stream: RateArrivals, place: Place, _: "Twin") -> Iterator[Found]:
    if stream.trend_per_year <= -1:
        yield (
            (*place, "trend_per_year"),
            f"must be more than -1 (-0.1: 10 % less a year), not {stream.trend_per_year:g}",
        )
    if stream.holidays:
        try:
            WorkCalendar.parse(f"24/7, {stream.holidays}")
        except CalendarError as problem:
            yield (*place, "holidays"), f"a country or state such as BR or BR-SP is needed here; {problem}"


def _batching(batch: Batching, place: Place, _: "Twin") -> Iterator[Found]:
    if not (batch.collects or batch.later or batch.since):
        yield place, "a batch needs size, timeout or at, or it is never released"
    if batch.later and batch.later.since is None:
        yield (*place, "later"), "another rule needs since, the day from which it holds"
    for key in ("weekdays", "month_days", "calendar"):
        if getattr(batch, key) is not None and not batch.at:
            yield (*place, key), "holds for the times of day in at only; add at: ['14:00']"
    if batch.time_per_item is not None and batch.done == "one_by_one":
        yield (*place, "time_per_item"), "one_by_one work is timed by the activity itself; leave time_per_item out"


def _activity(activity: Activity, place: Place, twin: "Twin") -> Iterator[Found]:
    for below, factors in (
        (("time_by_resource",), activity.time_by_resource),
        (("errors", "by_resource"), activity.errors.by_resource if activity.errors else {}),
    ):
        yield from _not_negative(factors, (*place, *below), "a factor")
    yield from _weights(activity.performers, (*place, "performers"))
    both = sorted(set(activity.same_as) & set(activity.not_same_as))
    if both:
        yield (*place, "not_same_as"), f"{both[0]!r} stands in same_as, too; nobody could do this"
    for material, amount in activity.uses.items():
        attribute = twin.attributes.get(amount) if isinstance(amount, str) else None
        if attribute is not None and attribute.distribution is None:
            yield (*place, "uses", material), f"{amount!r} is a word; an amount must be a number"
        if isinstance(amount, float | int):
            yield from _amount(amount, twin.materials.get(material), (*place, "uses", material))


def _amount(amount: float, material: Material | None, place: Place) -> Iterator[Found]:
    if amount < 0:
        yield place, f"must not be negative, as {amount:g} is"
    if material is not None and material.kind == "limit" and amount > material.order_up_to:
        yield place, f"{amount:g} is more than the limit of {material.order_up_to:g}, so that it could never be done"


def _role(role: Role, place: Place, twin: "Twin") -> Iterator[Found]:
    twice = [name for name, n in Counter(role.names(str(place[-1]))).items() if n > 1]
    if twice:
        yield (*place, "members"), f"{twice[0]!r} is there twice"
    if role.preemptive and role.discipline == "fifo":
        yield (*place, "preemptive"), "first come first served interrupts nobody; set discipline: priority"
    if role.overtime is not None and all(
        twin.calendar_of(member, str(place[-1])).never_closes for member in role.names(str(place[-1]))
    ):
        yield (*place, "overtime"), "there is no closing time to stay after; give the role a calendar"
    yield from _order(role, place, twin)


def _order(rule: Role | QueueRule, place: Place, twin: "Twin") -> Iterator[Found]:
    if rule.discipline == "value":
        numbers = [name for name, attribute in twin.attributes.items() if attribute.distribution is not None]
        if rule.value_attribute not in numbers:
            message = unknown("number attribute", rule.value_attribute or "", numbers)
            yield (*place, "value_attribute"), f"discipline value needs a number to go by: {message}"


def _resource(resource: Resource, place: Place, _: "Twin") -> Iterator[Found]:
    yield from _not_negative(resource.skills or {}, (*place, "skills"), "a speed")


def _material(material: Material, place: Place, _: "Twin") -> Iterator[Found]:
    if material.every is None and material.reorder_point is None:
        yield place, "a material needs reorder_point (continuous review) or every (periodic review)"
    if material.reorder_point is not None and material.reorder_point > material.order_up_to:
        yield (*place, "reorder_point"), f"must not be more than order_up_to, {material.order_up_to:g}"


_CHECKS: dict[type[Part], Callable[[Any, Place, "Twin"], Iterator[Found]]] = {
    Distribution: _law,
    Choice: _choice,
    Some: _some,
    GraphRouting: _graph,
    Attribute: _attribute,
    RateArrivals: _arrivals,
    Batching: _batching,
    Activity: _activity,
    Role: _role,
    QueueRule: _order,
    Resource: _resource,
    Material: _material,
}
