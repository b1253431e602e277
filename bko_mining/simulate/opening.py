"""Put cases that were under way at the start back to where they stood."""

from typing import TYPE_CHECKING

from bko_mining.simulate.arrivals import to_utc
from bko_mining.simulate.net import Kind, Net
from bko_mining.simulate.people import Item, Person
from bko_mining.twin.start_state import OpenCase, WorkItem

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun


def place_open_cases(run: "RuledRun") -> None:
    """Queue or resume every item of the initial state, the oldest first."""
    placed = [
        (to_utc(work.enabled, run.twin.timezone), case, work)
        for case, opened in enumerate(run.cases.open_cases)
        for work in opened.items
    ]
    for case, opened in enumerate(run.cases.open_cases):
        _note_history(run, case, opened)
    # Work in hand first: who is busy must not be given what waits.
    for enabled, case, work in sorted(placed, key=lambda entry: (entry[2].start is None, entry[0])):
        _place(run, case, work, enabled)


def _note_history(run: "RuledRun", case: int, opened: OpenCase) -> None:
    run.tokens[case] = len(opened.items)
    for step in opened.history:
        run.visits[case * run.width + run.labels[step]] += 1
    if opened.history:
        run.last[case] = opened.history[-1]
    nodes = [_node(run, case, opened, work.activity) for work in opened.items]
    if len(nodes) > 1:
        reached = [run.net.reachable(node) for node in nodes]
        joins = [i for i in reached[0] if run.net.nodes[i].kind == Kind.JOIN and all(i in other for other in reached)]
        if joins:
            run.joins[case, joins[0]] = len(nodes)


def _place(run: "RuledRun", case: int, work: WorkItem, enabled: int) -> None:
    activity = run.labels[work.activity]
    slot = case * run.width + activity
    item = Item(case, _node(run, case, run.cases.open_cases[case], work.activity), activity, run.visits[slot], enabled)
    run.visits[slot] += 1
    if work.remaining is not None:
        item.left = int(work.remaining * 1e6)
    person = next((person for person in run.people if person.name == work.resource), None)
    if work.start is None or person is None or not _take(person):
        run.entry[activity](item, run.start)
        return
    item.start = to_utc(work.start, run.twin.timezone)
    run.resume(item, person, run.start)


def _take(person: Person) -> bool:
    """Bind a person who is in the middle of something."""
    if person.slots <= 0 or (person.desk is not None and person not in person.desk.idle):
        return False
    if person.desk is not None:
        person.desk.idle.remove(person)
        return True
    person.slots -= 1
    if person.slots == 0:
        for pool in person.pools:
            pool.idle.pop(person, None)
    return True


def _node(run: "RuledRun", case: int, opened: OpenCase, activity: str) -> int:
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
