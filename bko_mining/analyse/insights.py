"""The findings worth a manager's minute: one sentence each, with the number, the evidence and what to call next.

Findings are ranked by the money or the hours a month at stake. No hour is counted by two findings: the wait before an
activity is that of its first time in a case, the second time (its work and its wait) belongs to the repeat. A finding
that could be chance (hands, pairs, speed, change) must be clearer than one in twenty for all of them together
(``benchmarks/false_alarms.py``), and what has no effect size is not said.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.bottlenecks import critical_path, ranked_waits
from bko_mining.analyse.candidates import MOST_EXCEPTIONS, automation_candidates
from bko_mining.analyse.drift import Drift, drift
from bko_mining.analyse.duplicates import duplicate_entry
from bko_mining.analyse.handovers import handovers
from bko_mining.analyse.productivity import productivity
from bko_mining.analyse.proportions import people_only
from bko_mining.analyse.rework import Price, rework
from bko_mining.analyse.teams import roles
from bko_mining.analyse.times import enabled_instants
from bko_mining.discover.concurrency import enabling
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import by_instance
from bko_mining.results import Result
from bko_mining.words import duration, money, number, percent, say

MOST = 10
EACH = 3
"""Findings of one kind."""
LEAST_HOURS = 8.0
"""A month; below it, or below a hundredth of the largest finding, nothing is said."""
LEAST_SHARE = 0.01
"""Of all cycle time, or of cases."""
AT_ONCE = 0.8
"""Share of self-loops among repeats from which they may be one piece of work in several sittings."""
ENOUGH = 30
"""Waits from which their lengths can be called alike."""
FAR_APART = 3.0
"""How many times as long makes one doubt that the work is the same."""
LEAST_RATIO = 1.1
"""How much longer the slower half must take than the faster half."""
ALPHA = 0.05 / 4
"""For each of the four kinds of findings that could be chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Insights(Result):
    """At most ten findings, those with most at stake first.

    Attributes
    ----------
    table : pandas.DataFrame
        ``finding`` (one sentence), ``stake`` (whose hours: ``delay`` of cases, ``work`` of people, ``work and delay``),
        ``hours_per_month`` (missing where a finding has another effect size; such findings stand last, the surest
        first), ``cost_per_month`` with a price, ``evidence``, ``p_value`` (where it could be chance) and ``next`` (the
        function to call).
    limits : tuple of str
        What cannot be known from this log.
    currency : str
        Of ``cost_per_month``, empty where no price was given.
    """

    limits: tuple[str, ...] = ()
    currency: str = ""

    picture: ClassVar[str] = "rules:plot_insights"

    @property
    def summary(self) -> str:
        """The first finding."""
        if not len(self.table):
            return " ".join((say("Nothing stands out in this log."), *self.limits))
        first = self.table.iloc[0]
        sentence = (
            say("One finding: {finding}", finding=first["finding"])
            if len(self.table) == 1
            else say("{n} {n:finding|findings}. First: {finding}", n=number(len(self.table)), finding=first["finding"])
        )
        if self.currency and first["cost_per_month"] > 0:
            cost = money(float(first["cost_per_month"]), self.currency)
            sentence += " " + say("That is {cost} a month.", cost=cost)
        return " ".join((sentence, *self.limits))


@dataclass(frozen=True, slots=True)
class _Finding:
    sentence: str
    evidence: str
    next: str
    work: float = float("nan")
    delay: float = float("nan")
    p_value: float = float("nan")

    @property
    def hours(self) -> float:
        parts = [part for part in (self.work, self.delay) if part == part]
        return sum(parts) if parts else float("nan")

    @property
    def stake(self) -> str:
        if self.work == self.work and self.delay == self.delay:
            return say("work and delay")
        return say("work") if self.work == self.work else say("delay") if self.delay == self.delay else ""

    def cost(self, price: Price) -> float:
        parts = [h * p for h, p in ((self.work, price.work), (self.delay, price.delay)) if p and h == h]
        return sum(parts) if parts else float("nan")


def insights(
    log: EventLog,
    *,
    expected: Collection[str] = (),
    cost_per_hour: float | None = None,
    delay_cost_per_hour: float = 0.0,
    currency: str = "USD",
) -> Insights:
    """Find what deserves attention first.

    Parameters
    ----------
    log : EventLog
        The log.
    expected : collection of str
        Activities whose repeats are no rework (instalments, reminders).
    cost_per_hour : float, optional
        What an hour of work costs; findings are then ranked by money.
    delay_cost_per_hour : float
        What an hour of delay of one case costs (as in ``bottlenecks``).
    currency : str
        ISO code of these prices.

    Raises
    ------
    LogError
        If an expected activity does not occur in the log.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A"], "activity": ["pay"], "end": pd.to_datetime(["2026-01-05 08:00"])})
    >>> print(bko.insights(bko.EventLog.from_frame(rows)).summary.split(".")[0])
    Nothing stands out in this log
    """
    priced = cost_per_hour is not None or delay_cost_per_hour > 0
    price = Price(cost_per_hour or 0.0, delay_cost_per_hour)
    changes = drift(log)
    found = [
        *_done_twice(log, expected),
        *_drifts(changes),
        *(finding for source in _SOURCES for finding in source(log)),
    ]
    least = max([LEAST_HOURS, *(one.hours / 100 for one in found if one.hours == one.hours)])
    kept = [one for one in found if not one.hours < least]
    ranked = sorted(kept, key=lambda one: _order(one, price if priced else None))[:MOST]
    columns = ["finding", "stake", "hours_per_month", "evidence", "p_value", "next"]
    rows = [(one.sentence, one.stake, one.hours, one.evidence, one.p_value, one.next) for one in ranked]
    table = pd.DataFrame(rows, columns=columns)
    if priced:
        table.insert(3, "cost_per_month", [one.cost(price) for one in ranked])
    return Insights(table, limits=tuple(_limits(log, changes)), currency=currency if priced else "")


def _order(one: _Finding, price: Price | None) -> tuple[float, float, float]:
    """Most money first, then most hours, then what has neither, the surest first."""
    if one.hours != one.hours:
        return 1.0, 0.0, one.p_value if one.p_value == one.p_value else 0.0
    cost = one.cost(price) if price else 0.0
    return 0.0, -cost if cost == cost else 0.0, -one.hours


def _limits(log: EventLog, changes: Drift) -> Iterator[str]:
    if not log.has_starts:
        yield say("Without start times work and waiting are counted together.")
    if not people_only(log).has_resources:
        yield say("The log names no people: nothing is known of their hands, speed and key knowledge.")
    if changes.limit:
        yield changes.limit


def _done_twice(log: EventLog, expected: Collection[str]) -> Iterator[_Finding]:
    """First times that wait, and repeats: each hour with one of the two."""
    found = rework(log, expected=expected)
    yield from _waits(log, found.rows)
    for _, row in found.table[found.table["case_share"] >= LEAST_SHARE].head(EACH).iterrows():
        yield _repeat(row, starts_known=found.starts_known)


def _repeat(row: "pd.Series[Any]", *, starts_known: bool) -> _Finding:
    name = str(row["activity"])
    words = {"name": name, "share": percent(row["case_share"]), "after": row["mostly_after"]}
    evidence = say(
        "{n} {n:repeat|repeats} in {cases} {cases:case|cases}", n=number(row["n_repeats"]), cases=number(row["n_cases"])
    )
    at_once = row["n_self_loops"] / row["n_repeats"]
    step = "bko.loops(log)"
    if row["mostly_after"] == name:
        sentence = say("“{name}” is done again in {share} of cases, most often at once.", **words)
    else:
        sentence = say("“{name}” is done again in {share} of cases, most often after “{after}”.", **words)
    if at_once >= AT_ONCE:
        evidence += say("; {share} at once: perhaps one piece of work in several sittings", share=percent(at_once))
        step = f"bko.rework(log, expected=[{name!r}])"
    hours = float(row["hours_per_month"])
    if not starts_known:
        return _Finding(sentence, evidence, step, delay=hours)
    both = row["processing_time"] + row["waiting_time"]
    work = hours * (row["processing_time"] / both) if both else 0.0
    return _Finding(sentence, evidence, step, work=work, delay=hours - work)


def _waits(log: EventLog, repeats: NDArray[np.bool_]) -> Iterator[_Finding]:
    rows = enabling(log)
    wait = log.begin - enabled_instants(log, rows)
    wait[~critical_path(log, rows) | repeats] = 0
    cycle = int((log.case_end - log.case_start).sum())
    table = ranked_waits(log, wait, by_instance(log, "activity"), cycle).head(EACH)
    for _, row in table[table["cycle_time_share"] >= LEAST_SHARE].iterrows():
        words = {"name": str(row["activity"]), "share": percent(row["cycle_time_share"])}
        words["each"] = duration(row["mean_waiting_time"].total_seconds())
        sentence = (
            say("Cases wait {each} before “{name}”: {share} of all cycle time.", **words)
            if log.has_starts
            else say("{each} pass until “{name}” is done: {share} of all cycle time.", **words)
        )
        evidence = say(
            "{n} {n:wait|waits} in {cases} {cases:case|cases}", n=number(row["n"]), cases=number(row["n_cases"])
        )
        evidence += _timer(wait[(log.activity == log.activities.index(words["name"])) & (wait > 0)])
        step = "bko.waiting_causes(log)" if log.has_starts and log.has_resources else "bko.bottlenecks(log)"
        yield _Finding(sentence, evidence, step, delay=float(row["hours_per_month"]))


def _timer(waits: NDArray[np.int64]) -> str:
    """Say so where waits are nearly all of one length: a clock decides, not a queue."""
    low, middle, high = np.quantile(waits, [0.2, 0.5, 0.8])
    if len(waits) < ENOUGH or high - low > 0.1 * middle:
        return ""
    return say("; nearly all of them about {each}: a timer rather than a queue", each=duration(middle / 1e6))


def _hands(log: EventLog) -> Iterator[_Finding]:
    found = handovers(log)
    odds = found.odds
    # Two kinds of findings in one: each has half of the risk.
    if odds.ratio > 1 and odds.p_value <= ALPHA / 2:
        sentence = say(
            "Each further pair of hands multiplies the odds of rework by {ratio}.", ratio=number(odds.ratio, 2)
        )
        evidence = say("95 % interval {low} to {high}", low=number(odds.low, 2), high=number(odds.high, 2))
        yield _Finding(sentence, evidence, "bko.handovers(log).hands", p_value=odds.p_value)
    pairs = found.table[found.table["error_prone"] & (found.table["p_value"] <= ALPHA / 2)]
    for _, row in pairs.sort_values("p_value", kind="stable").head(1).iterrows():
        sentence = say(
            "{share} of the cases handed from {source} to {target} are reworked, not {expected} as elsewhere.",
            source=row["source"],
            target=row["target"],
            share=percent(row["rework_share"]),
            expected=percent(row["expected_rework_share"]),
        )
        evidence = say("{n} {n:case|cases}", n=number(row["n_cases"]))
        yield _Finding(sentence, evidence, "bko.handovers(log)", p_value=row["p_value"])


def _speed(log: EventLog) -> Iterator[_Finding]:
    found = productivity(log)
    sure = found.table[(found.table["verdict"] != "no difference") & (found.table["p_value"] <= ALPHA)]
    if len(sure) and found.ratio >= LEAST_RATIO:
        evidence = say(
            "{n} people compared, {m} clearly unlike the rest", n=number(len(found.table)), m=number(len(sure))
        )
        if found.ratio > FAR_APART:
            evidence += say("; so much that they hardly do the same work")
        yield _Finding(found.halves, evidence, "bko.productivity(log)", p_value=float(sure["p_value"].min()))


def _keys(log: EventLog) -> Iterator[_Finding]:
    found = roles(log)
    risky = found.concentration[found.concentration["at_risk"]]
    if len(risky):
        row = risky.iloc[0]
        sentence = say(
            "“{name}” hangs on one person, who does {share} of it.",
            name=row["activity"],
            share=percent(row["top_share"]),
        )
        evidence = say(
            "{n} {n:instance|instances}; {m} such {m:activity|activities}", n=number(row["n"]), m=number(len(risky))
        )
        yield _Finding(sentence, evidence, "bko.roles(log).concentration")


def _robots(log: EventLog) -> Iterator[_Finding]:
    found = automation_candidates(log)
    fit = found.table[(found.table["exception_share"] <= MOST_EXCEPTIONS) & (found.table["rule_based_look"] > 0)]
    if len(fit) and found.starts_known:
        row = fit.iloc[int((fit["score"] * fit["hours_freed"]).to_numpy(float).argmax())]
        sentence = say(
            "A robot could do “{name}”, with {share} exceptions.",
            name=row["activity"],
            share=percent(row["exception_share"]),
        )
        evidence = say(
            "score {score}, {n} {n:instance|instances} a month",
            score=number(row["score"], 2),
            n=number(row["n_per_month"]),
        )
        yield _Finding(sentence, evidence, "bko.automation_candidates(log)", work=float(row["hours_freed"]))


def _twice_entered(log: EventLog) -> Iterator[_Finding]:
    found = duplicate_entry(log)
    often = found.table["n_cases"] >= LEAST_SHARE * log.n_cases
    for _, row in found.table[often & (found.table["kind"] == "entered again")].head(1).iterrows():
        words = {"first": row["first_activity"], "by": row["first_by"], "other": row["second_by"]}
        if row["first_activity"] == row["second_activity"]:
            sentence = say("“{first}” is done by {by} and then again by {other}.", **words)
        else:
            sentence = say(
                "“{first}” ({by}) and “{second}” ({other}) look like the same work in two departments.",
                second=row["second_activity"],
                **words,
            )
        evidence = say("{n} {n:case|cases}", n=number(row["n_cases"]))
        hours = float(row["hours_per_month"]) if found.starts_known else float("nan")
        yield _Finding(sentence, evidence, "bko.duplicate_entry(log)", work=hours)


def _drifts(found: Drift) -> Iterator[_Finding]:
    if len(found.table) and float(found.table["p_value"].min()) <= ALPHA:
        evidence = say(
            "{n} {n:change|changes} in {weeks} {weeks:week|weeks}",
            n=number(len(found.table)),
            weeks=number(len(found.weekly)),
        )
        yield _Finding(found.clearest, evidence, "bko.drift(log)", p_value=float(found.table["p_value"].min()))


_SOURCES: tuple[Callable[[EventLog], Iterator[_Finding]], ...] = (
    _hands, _speed, _keys, _robots, _twice_entered,
)  # fmt: skip
