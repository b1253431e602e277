"""Put cases that were under way at the start back to where they stood."""

from typing import TYPE_CHECKING

from bko_mining.simulate.arrivals import to_utc
from bko_mining.simulate.net import Kind, Net
from bko_mining.simulate.people import Item, Person
from bko_mining.simulate.pool import Pool
from bko_mining.twin.start_state import OpenCase, WorkItem

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun


def open_items(run: "RuledRun") -> list[Item]:
    """Items of the initial state in the order in which they are placed: work in hand, then what waits, oldest first.

    Work in hand has its person; who is busy already, or not there, leaves it to the queue.
    """
    items: list[tuple[Item, WorkItem]] = []
    for case, opened in enumerate(run.cases.open_cases):
        _note_history(run, case, opened)
        for k, work in enumerate(opened.items):
            later = [other.activity for other in opened.items[k + 1 :]].count(work.activity)
            items.append((_item(run, case, work, later), work))
    items.sort(key=lambda pair: (pair[1].start is None, pair[0].enabled))
    free = {person.code: person.slots for person in run.people}
    for item, work in items:
        if work.start is not None:
            _give(run, item, work, free)
    return sorted((item for item, _ in items), key=lambda item: (item.start < 0, item.enabled))


def place(run: "RuledRun", items: list[Item]) -> None:
    """Let people go on with what is in their hands, and queue the rest."""
    for item in items:
        if item.start < 0:
            run.entry[item.activity](item, run.start)
        else:
            _bind(item.person)
            _know_its_desk(run, item)
            run.resume(item, item.person, run.start)


def _note_history(run: "RuledRun", case: int, opened: OpenCase) -> None:
    run.tokens[case] = len(opened.items)
    for step in (*opened.history, *(work.activity for work in opened.items)):
        run.visits[case * run.width + run.labels[step]] += 1
    if opened.history:
        run.last[case] = opened.history[-1]
    people = {person.name: person for person in run.people}
    for step, name in zip(opened.history, opened.by, strict=False):
        if name in people:
            run.doer[case] = name
            run.did.setdefault(case, {})[run.labels[step]] = people[name]
    nodes = [_node(run, opened, work.activity) for work in opened.items]
    if len(nodes) > 1:
        reached = [run.net.reachable(node) for node in nodes]
        joins = [i for i in reached[0] if run.net.nodes[i].kind == Kind.JOIN and all(i in other for other in reached)]
        if joins:
            run.joins[case, joins[0]] = len(nodes)


def _item(run: "RuledRun", case: int, work: WorkItem, later: int) -> Item:
    activity = run.labels[work.activity]
    enabled = to_utc(work.enabled, run.twin.timezone)
    visit = run.visits[case * run.width + activity] - 1 - later
    item = Item(case, _node(run, run.cases.open_cases[case], work.activity), activity, visit, enabled)
    if work.remaining is not None:
        item.left = int(work.remaining * 1e6)
    return item


def _give(run: "RuledRun", item: Item, work: WorkItem, free: dict[int, int]) -> None:
    """Put an item into the hands of whoever the state names, or of the first of the role who is free and can do it."""
    activity = run.twin.activities[work.activity]
    start = to_utc(work.start or work.enabled, run.twin.timezone)
    if activity.bot is None and (activity.automatic or activity.role is None):
        item.start = start
        item.who = -1 if work.resource is None else run.name_code(work.resource)
        return
    name = activity.bot or activity.role or ""
    members = (name,) if activity.bot else run.twin.roles[name].names(name)
    wanted = members if work.resource is None else (work.resource,)
    for person in run.people:
        if person.name not in wanted or not person.pace or free.get(person.code, 0) == 0:
            continue
        if work.resource is not None or person.pace[item.activity] is not None:
            free[person.code] -= 1
            item.start, item.person, item.who = start, person, person.code
            item.by_hand = activity.bot is not None and person.name != activity.bot
            return


def _bind(person: Person | None) -> None:
    """Somebody is in the middle of something."""
    if person is None:
        return
    if person.desk is not None:
        person.desk.idle.remove(person)
        return
    person.slots -= 1
    if person.slots == 0:
        for pool in person.pools:
            pool.idle.pop(person, None)


def _know_its_desk(run: "RuledRun", item: Item) -> None:
    """Work that somebody puts down goes back to the queue it would have come from, if that has rules."""
    if item.person is None or not item.person.pools:
        return
    # Whoever serves several desks may be handed the work of one that knows no rules.
    run.on_finish[item.activity] = run.finish_by_rules
    activity = run.twin.activities[run.activities[item.activity]]
    bot = run.twin.bots[activity.bot] if activity.bot is not None else None
    name = activity.role if bot is None else bot.exception_role if item.by_hand else f"bot {activity.bot}"
    pool = run.desks.get(name or "")
    if isinstance(pool, Pool):
        item.pool = pool
        pool.take_turn(item)


def _node(run: "RuledRun", opened: OpenCase, activity: str) -> int:
    start = run.net.starts[opened.case_type]
    return walk(run.net, start, (*opened.history, activity)) or run.net.first(activity, start)


def walk(net: Net, start: int, steps: tuple[str, ...]) -> int | None:
    """Follow activities from a start; None where the net does not know the way."""
    node = start
    for step in steps:
        found = [i for i in _next_activities(net, node) if net.nodes[i].label == step]
        if not found:
            return None
        node = found[0]
    return node


def _next_activities(net: Net, node: int) -> list[int]:
    found, seen, todo = [], {node}, [way.to for way in net.nodes[node].ways]
    while todo:
        i = todo.pop(0)
        if i in seen and i != node:
            continue
        seen.add(i)
        if net.nodes[i].kind == Kind.ACTIVITY:
            found.append(i)
        else:
            todo += [way.to for way in net.nodes[i].ways]
    return found
