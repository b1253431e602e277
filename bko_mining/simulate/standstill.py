"""Cases that can never go on: how many there are, where they stand, and why."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bko_mining.simulate.gates import Stock, Waiting
from bko_mining.simulate.people import Item
from bko_mining.simulate.pool import Pool
from bko_mining.twin.work import Activity

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun


def told(run: "RuledRun") -> str:
    """Say which cases of a run that is over stand still for good; empty where there are none."""
    still = len(run.arrival) - run.n_finished
    if not still or not run.is_over:
        return ""
    found: dict[str, set[int]] = {}
    for where, case in _places(run):
        found.setdefault(where, set()).add(case)
    known: set[int] = set().union(*found.values())
    parts = [f"{len(cases)} {where}" for where, cases in found.items()]
    if still > len(known):
        parts.append(f"{still - len(known)} at a join, for a parallel branch that never comes")
    return f"{still} {'case stands' if still == 1 else 'cases stand'} still for good: {'; '.join(parts)}"


def _places(run: "RuledRun") -> Iterator[tuple[str, int]]:
    for name, desk in run.desks.items():
        items = [entry[2] for entry in desk.queue] if isinstance(desk, Pool) else list(desk.queue)
        for item in items:
            where = f"before {run.activities[item.activity]!r}: {_why(run, name, desk, item)}"
            yield from ((where, each.case) for each in item.mates or [item])
    for stock in run.stocks.values():
        first = stock.waiting[0][0] if stock.waiting else 0.0
        for _, item, _, _ in stock.waiting:
            where = f"before {run.activities[item.activity]!r}: {_shortage(stock, first)}"
            yield from ((where, each.case) for each in item.mates or [item])
    for code, gate in enumerate(run.entry):
        if isinstance(gate, Waiting):
            where = f"before {run.activities[code]!r}: the batch never fills and has neither a timeout nor an hour"
            groups = [group for rule in gate.in_turn for group in rule.groups.values()]
            yield from ((where, item.case) for group in groups for item in group)
    yield from _in_hand(run)


def _in_hand(run: "RuledRun") -> Iterator[tuple[str, int]]:
    for person in run.people:
        for item in person.hands or ([person.item] if person.item else []):
            where = f"in {run.activities[item.activity]!r}: {person.name} is never on duty again"
            yield from ((where, each.case) for each in item.mates or [item])


def _why(run: "RuledRun", name: str, desk: object, item: Item) -> str:
    people = desk.people if isinstance(desk, Pool) else []
    may = [person.name for person in people if run.fits(item, person, run.env.now)]
    if may or not people:
        return f"{' and '.join(may) or name} will never be on duty again"
    activity = run.twin.activities[run.activities[item.activity]]
    return f"nobody in {name!r} may do it{_rules(activity)}"


def _rules(activity: Activity) -> str:
    rules = {"same_as": activity.same_as, "not_same_as": activity.not_same_as}
    told = [f"{rule}: {', '.join(names)}" for rule, names in rules.items() if names]
    return f" ({'; '.join(told)})" if told else ""


def _shortage(stock: Stock, first: float) -> str:
    limit = stock.material.order_up_to
    if stock.material.kind == "limit" and first > limit:
        return f"the first in the queue for {stock.name!r} needs {first:g}, more than the limit of {limit:g}"
    point = stock.material.reorder_point
    after = "" if point is None else f" before the reorder point of {point:g} is reached"
    return f"{stock.name!r} has {stock.on_hand:g} left, and nothing is ordered{after}"
