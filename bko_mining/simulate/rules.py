"""Conditions and choices of a twin, compiled to quick functions of a case and an instant."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bko_mining.calendars import DAYS, SECOND
from bko_mining.simulate.net import Condition, Kind, Net, Node, added, scaled_shares
from bko_mining.simulate.routes import conditions
from bko_mining.twin.conditions import Comparison

if TYPE_CHECKING:
    from bko_mining.simulate.run import Run
    from bko_mining.twin.work import Factor

Test = Callable[[int, int], bool]
Factors = list[tuple[Test, float]]


def compile_condition(condition: Condition, run: "Run") -> Test:
    """Compile a condition to a function of case and instant."""
    tests = [_compile(comparison, run) for comparison in condition]
    if len(tests) == 1:
        return tests[0]
    return lambda case, now: all(test(case, now) for test in tests)


def compile_factors(factors: "tuple[Factor, ...]", run: "Run") -> Factors:
    """Compile factors that hold under conditions."""
    return [(compile_condition(conditions(each.when), run), each.factor) for each in factors]


def multiplied(value: float, factors: Factors, case: int, now: int) -> float:
    """A time or a share under its factors."""
    for test, factor in factors:
        if test(case, now):
            value *= factor
    return value


def all_conditions(run: "Run") -> Iterator[tuple[str, Condition]]:
    """Every condition of a prepared run, after words that say where it stands."""
    for node in run.net.nodes:
        yield from ((f"after {node.label!r}", way.when) for way in node.ways)
        yield from ((f"after {node.label!r}", change.when) for change in node.changes)
    for delay in run.twin.delays:
        if delay.when:
            yield "of a delay", conditions(delay.when)
    for name, activity in run.twin.activities.items():
        for factor in activity.time_factors:
            yield f"in time_factors of {name!r}", conditions(factor.when)
        for factor in activity.errors.factors if activity.errors else ():
            yield f"in factors of the errors of {name!r}", conditions(factor.when)


def _compile(comparison: Comparison, run: "Run") -> Test:
    thing, holds = comparison.thing, comparison.holds
    if thing in run.cases.columns:
        fixed = holds_for_each(comparison, run).tobytes()
        return lambda case, now: fixed[case] == 1
    if thing == "type":
        of_kind = [holds(name) for name in run.cases.kinds]
        kinds = run.kinds
        return lambda case, now: of_kind[kinds[case]]
    if thing == "visits":
        visits, width, code = run.visits, run.width, run.labels[comparison.argument]
        return lambda case, now: holds(float(visits[case * width + code]))
    if thing == "queue":
        station = run.desks[comparison.argument]
        return lambda case, now: holds(float(station.waiting()))
    if thing in ("last", "resource"):
        memory = run.last if thing == "last" else run.doer
        return lambda case, now: holds(memory.get(case))
    return _compile_moment(comparison, run)


def _compile_moment(comparison: Comparison, run: "Run") -> Test:
    holds, arrival = comparison.holds, run.arrival
    if comparison.thing == "age":
        return lambda case, now: holds((now - arrival[case]) / 1e6)
    zone = ZoneInfo(run.twin.timezone)
    if comparison.thing == "weekday":
        return lambda case, now: holds(DAYS[_local(now, zone).weekday()])
    if comparison.thing == "hour":
        return lambda case, now: holds(float(_local(now, zone).hour))
    if comparison.by_day:
        return lambda case, now: holds(datetime(*_local(now, zone).timetuple()[:3]))
    return lambda case, now: holds(_local(now, zone).replace(tzinfo=None))


def _local(now: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(now // SECOND, zone)


class Fork:
    """A choice with conditions: certain ways first, else by the shares that count now, changed by what holds now."""

    def __init__(self, node: Node, run: "Run") -> None:
        self.ways = [(way.to, way.share, compile_condition(way.when, run) if way.when else None) for way in node.ways]
        self.changes = [(compile_condition(c.when, run), c.concerned, c.factor) for c in node.changes]

    def certain(self, case: int, now: int) -> int:
        """Where the case goes whatever chance says; -1 if chance decides."""
        for to, share, test in self.ways:
            if share is None and (test is None or test(case, now)):
                return to
        return -1

    def choose(self, case: int, now: int, u: float) -> int:
        """Where the case goes."""
        target = self.certain(case, now)
        if target >= 0:
            return target
        shares = [
            0.0 if share is None or (test is not None and not test(case, now)) else share
            for _, share, test in self.ways
        ]
        for test, concerned, factor in self.changes:
            if test(case, now):
                shares = scaled_shares(shares, concerned, factor)
        total, low = added(shares), 0.0
        u *= total
        for (to, _, _), share in zip(self.ways, shares, strict=True):
            low += share
            if u < low:
                return to
        return self.ways[-1][0]

    def choose_some(self, case: int, now: int, chances: Callable[[int], float]) -> list[int]:
        """Each way by its own chance; the likeliest if chance picks none."""
        picked, best, likely = [], -1.0, self.ways[0][0]
        for i, (to, share, test) in enumerate(self.ways):
            holds = test is None or test(case, now)
            chance = (1.0 if share is None else share) if holds else 0.0
            if chances(i) < chance:
                picked.append(to)
            if chance > best:
                best, likely = chance, to
        return picked or [likely]


class Exits:
    """Where cases go after each node: one target, a table of cumulative shares, or a choice with conditions."""

    def __init__(self, net: Net, run: "Run") -> None:
        self.only = [node.ways[0].to if len(node.ways) == 1 and not node.ways[0].when else -1 for node in net.nodes]
        self.tables: list[tuple[list[float], list[int]] | None] = []
        self.forks: list[Fork | None] = []
        for node in net.nodes:
            rules = node.kind == Kind.SOME or node.changes or any(way.when or way.share is None for way in node.ways)
            self.forks.append(Fork(node, run) if rules else None)
            self.tables.append(None if rules or len(node.ways) < 2 else _table(node))
        self.settled = [_settled(node, fork, run) for node, fork in zip(net.nodes, self.forks, strict=True)]

    def choose(self, node: int, case: int, now: int, u: float) -> int:
        """Where a case goes from a node with several ways out."""
        table = self.tables[node]
        if table is not None:
            return table[1][bisect_right(table[0], u)]
        fork = self.forks[node]
        assert fork is not None
        return fork.choose(case, now, u)


def _settled(node: Node, fork: Fork | None, run: "Run") -> "array[int] | None":
    """Where each case goes at a choice that hangs on its attributes only (-1: chance decides), worked out once."""
    if fork is None or node.kind != Kind.PICK or not any(way.share is None for way in node.ways):
        return None
    if any(not comparison.is_fixed for way in node.ways for comparison in way.when):
        return None
    n = len(run.arrival)
    targets = np.full(n, -1, np.int32)
    for way in reversed(node.ways):
        if way.share is None:
            holds = np.ones(n, bool)
            for comparison in way.when:
                holds &= holds_for_each(comparison, run)
            targets[holds] = way.to
    return array("i", targets.tobytes())


def holds_for_each(comparison: Comparison, run: "Run") -> NDArray[np.bool_]:
    """Whether a comparison of something fixed holds, for each case."""
    if comparison.thing == "type":
        return np.array([comparison.holds(name) for name in run.cases.kinds])[run.cases.kind]
    column = run.cases.columns[comparison.thing]
    wanted = comparison.values[0]
    if column.dtype == object or not isinstance(wanted, float) or comparison.operator in ("in", "not in"):
        codes, values = run.cases.coded(comparison.thing)
        return np.array([comparison.holds(value) for value in values], bool)[codes]
    below, equal = column < wanted, column == wanted
    different = {"==": equal, "!=": ~equal, "<": below, "<=": below | equal, ">": ~below & ~equal, ">=": ~below}
    return np.asarray(different[comparison.operator])


def _table(node: Node) -> tuple[list[float], list[int]]:
    total = sum(way.share or 0.0 for way in node.ways)
    edges: list[float] = []
    low = 0.0
    for way in node.ways[:-1]:
        low += (way.share or 0.0) / total
        edges.append(low)
    return edges, [way.to for way in node.ways]
