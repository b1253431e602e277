"""The findings worth a manager's minute: one sentence each, with the number, the evidence and what to call next.

Findings are ranked by the hours a month at stake; what has no effect size is not said, and an activity is named by one
finding of each kind of waste only (its wait, its repeats), never twice by the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from bko_mining.analyse.bottlenecks import bottlenecks
from bko_mining.analyse.candidates import automation_candidates
from bko_mining.analyse.drift import drift
from bko_mining.analyse.handovers import handovers
from bko_mining.analyse.productivity import productivity
from bko_mining.analyse.returns import loops
from bko_mining.analyse.rework import rework
from bko_mining.analyse.teams import roles
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import money, number, percent, say

MOST = 10
SMALLEST = 1.0
"""Hours a month below which nothing is said."""


@dataclass(frozen=True, slots=True, eq=False)
class Insights(Result):
    """At most ten findings, those with most hours at stake first.

    Attributes
    ----------
    table : pandas.DataFrame
        ``finding`` (one sentence), ``hours_per_month`` at stake (missing where a finding has another effect size; such
        findings stand last), ``cost_per_month`` with a price, ``evidence`` and ``next`` (the function to call).
    currency : str
        Of ``cost_per_month``, empty where no price was given.
    """

    currency: str = ""

    picture: ClassVar[str] = "rules:plot_insights"

    @property
    def summary(self) -> str:
        """The first finding."""
        if not len(self.table):
            return say("Nothing stands out in this log.")
        first = self.table.iloc[0]
        sentence = say("{n} findings. First: {finding}", n=number(len(self.table)), finding=first["finding"])
        if self.currency and first["cost_per_month"] == first["cost_per_month"]:
            cost = money(float(first["cost_per_month"]), self.currency)
            sentence += " " + say("That is {cost} a month.", cost=cost)
        return sentence


@dataclass(frozen=True, slots=True)
class _Finding:
    subject: str
    sentence: str
    hours: float
    evidence: str
    next: str


def insights(log: EventLog, *, cost_per_hour: float | None = None, currency: str = "USD") -> Insights:
    """Find what deserves attention first.

    Parameters
    ----------
    log : EventLog
        The log.
    cost_per_hour : float, optional
        What an hour of a case costs; adds money to the findings.
    currency : str
        ISO code of that price.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A"], "activity": ["pay"], "end": pd.to_datetime(["2026-01-05 08:00"])})
    >>> bko.insights(bko.EventLog.from_frame(rows)).summary
    'Nothing stands out in this log.'
    """
    found: dict[str, _Finding] = {}
    for source in _SOURCES:
        for finding in source(log):
            # A finding of the same subject is the same waste seen twice: the earlier source knows it better.
            found.setdefault(finding.subject, finding)
    kept = [one for one in found.values() if one.hours != one.hours or one.hours >= SMALLEST]
    ranked = sorted(kept, key=lambda one: -one.hours if one.hours == one.hours else 1.0)[:MOST]
    table = pd.DataFrame(
        {
            "finding": [one.sentence for one in ranked],
            "hours_per_month": [one.hours for one in ranked],
            "evidence": [one.evidence for one in ranked],
            "next": [one.next for one in ranked],
        }
    )
    if cost_per_hour is not None:
        table.insert(2, "cost_per_month", [one.hours * cost_per_hour for one in ranked])
    return Insights(table, currency=currency if cost_per_hour is not None else "")


def _waits(log: EventLog) -> Iterator[_Finding]:
    found = bottlenecks(log)
    for _, row in found.table.head(3).iterrows():
        name, share = str(row.iloc[0]), percent(row["cycle_time_share"])
        sentence = (
            say("Cases wait before “{name}”: {share} of all cycle time.", name=name, share=share)
            if found.starts_known
            else say("Time passes until “{name}” is done: {share} of all cycle time.", name=name, share=share)
        )
        evidence = say("{n} waits in {cases} cases", n=number(row["n"]), cases=number(row["n_cases"]))
        yield _Finding(f"wait {name}", sentence, float(row["hours_per_month"]), evidence, "bko.waiting_causes(log)")


def _repeats(log: EventLog) -> Iterator[_Finding]:
    for _, row in rework(log).table.head(3).iterrows():
        sentence = say(
            "“{name}” is done again in {share} of cases, mostly after “{after}”.",
            name=row["activity"],
            share=percent(row["case_share"], 1),
            after=row["mostly_after"],
        )
        evidence = say("{n} repeats in {cases} cases", n=number(row["n_repeats"]), cases=number(row["n_cases"]))
        subject = f"repeat {row['activity']}"
        yield _Finding(subject, sentence, float(row["hours_per_month"]), evidence, "bko.first_time_right(log)")


def _loops(log: EventLog) -> Iterator[_Finding]:
    for _, row in loops(log).table.head(1).iterrows():
        # The repeat is already counted where the activity that comes back is said to be repeated.
        sentence = say("Cases go from “{name}” to “{via}” and back.", name=row["activity"], via=row["via"])
        evidence = say("{n} loops in {cases} cases", n=number(row["n"]), cases=number(row["n_cases"]))
        yield _Finding(f"repeat {row['activity']}", sentence, float(row["hours_per_month"]), evidence, "bko.loops(log)")


def _hands(log: EventLog) -> Iterator[_Finding]:
    found = handovers(log)
    if found.odds.low > 1:
        sentence = say(
            "Each further pair of hands multiplies the odds of rework by {ratio}.", ratio=number(found.odds.ratio, 2)
        )
        evidence = say("95 % interval {low} to {high}", low=number(found.odds.low, 2), high=number(found.odds.high, 2))
        yield _Finding("hands", sentence, float("nan"), evidence, "bko.handovers(log).hands")
    for _, row in found.table[found.table["error_prone"]].head(1).iterrows():
        sentence = say(
            "Cases handed from {source} to {target} are reworked in {share} instead of {expected}.",
            source=row["source"],
            target=row["target"],
            share=percent(row["rework_share"]),
            expected=percent(row["expected_rework_share"]),
        )
        evidence = say("{n} cases", n=number(row["n_cases"]))
        yield _Finding("error-prone pair", sentence, float("nan"), evidence, "bko.handovers(log)")


def _speed(log: EventLog) -> Iterator[_Finding]:
    found = productivity(log)
    if len(found.table) and (found.table["verdict"] != "no difference").any():
        sentence = say("People differ by about {spread} in time for the same work.", spread=percent(found.spread))
        evidence = say("{n} people compared", n=number(len(found.table)))
        yield _Finding("speed", sentence, float("nan"), evidence, "bko.productivity(log)")


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
        evidence = say("{n} instances; {m} such activities", n=number(row["n"]), m=number(len(risky)))
        yield _Finding("key person", sentence, float("nan"), evidence, "bko.roles(log).concentration")


def _robots(log: EventLog) -> Iterator[_Finding]:
    found = automation_candidates(log)
    if len(found.table) and found.starts_known:
        row = found.table.iloc[0]
        sentence = say(
            "A robot could do “{name}”, with {share} exceptions.",
            name=row["activity"],
            share=percent(row["exception_share"]),
        )
        evidence = say("score {score}, {n} a month", score=number(row["score"], 2), n=number(row["n_per_month"]))
        subject = f"robot {row['activity']}"
        yield _Finding(subject, sentence, float(row["hours_freed"]), evidence, "bko.automation_candidates(log)")


def _drifts(log: EventLog) -> Iterator[_Finding]:
    found = drift(log)
    if len(found.table):
        yield _Finding(
            "drift", found.summary, float("nan"), say("{n} weeks", n=number(len(found.weekly))), "bko.drift(log)"
        )


_SOURCES: tuple[Callable[[EventLog], Iterator[_Finding]], ...] = (
    _waits, _repeats, _loops, _hands, _speed, _keys, _robots, _drifts,
)  # fmt: skip
