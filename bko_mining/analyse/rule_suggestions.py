"""Rules that a log nearly always keeps: what its people take for granted, and who did otherwise."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people_only
from bko_mining.analyse.rule_words import FourEyes, MustOccur, MustPrecede, Rule
from bko_mining.analyse.rules import NEVER, check_rules, first_and_last
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

ENOUGH = 50
MOST = 25
"""Activities, the most frequent ones, between which rules are looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class SuggestedRules(Result):
    """Rules seen in a log, those with most support first.

    Attributes
    ----------
    table : pandas.DataFrame
        As of ``check_rules`` with ``kept_share`` (1 - broken share).
    rules : tuple
        The rules in the same order, ready for ``check_rules``.
    """

    rules: tuple[Rule, ...]

    picture: ClassVar[str] = "rules:plot_suggested_rules"

    @property
    def summary(self) -> str:
        """How many rules, and how many of them have exceptions."""
        exceptions = self.table[self.table["n_broken"] > 0]
        if not len(self.table):
            return say("No rule is kept by nearly every case.")
        if not len(exceptions):
            return say("The log suggests {n} {n:rule|rules}, kept without exception.", n=number(len(self.table)))
        sentence = say(
            "The log suggests {n} {n:rule|rules}; {m} {m:has|have} exceptions.",
            n=number(len(self.table)),
            m=number(len(exceptions)),
        )
        row = exceptions.sort_values("n_broken", kind="stable", ascending=False).iloc[0]
        return (
            sentence
            + " "
            + say("Look first at: {rule} (kept in {share}).", rule=row["rule"], share=percent(row["kept_share"], 1))
        )


def suggest_rules(log: EventLog, *, support: float = 0.98) -> SuggestedRules:
    """Suggest rules that nearly every case keeps: what must occur, what must come before what, two pairs of eyes.

    An order is suggested only between neighbours in the chain (not what follows from two other orders). Two pairs of
    eyes
    are suggested only where the same person could have done both: at least two people do each activity and share it.

    Parameters
    ----------
    log : EventLog
        The log.
    support : float
        Share of cases that must keep a rule.
    """
    count = np.bincount(log.activity, minlength=len(log.activities))
    codes = [int(code) for code in np.argsort(-count, kind="stable")[:MOST] if count[code] >= ENOUGH]
    firsts = {code: first_and_last(log, code)[0] for code in codes}
    names = log.activities
    rules: list[Rule] = []
    rules += [MustOccur(activity=names[c]) for c in codes if (firsts[c] != NEVER).mean() >= support]
    rules += [MustPrecede(first=names[a], then=names[b]) for a, b in _orders(firsts, support)]
    rules += _eyes(people_only(log), codes, support)
    checked = check_rules(log, rules).table
    table = checked.assign(kept_share=1 - checked["broken_share"])
    order = {rule.sentence: rule for rule in rules}
    table = table.sort_values(["n_broken", "n_checked"], ascending=False, kind="stable", ignore_index=True)
    return SuggestedRules(table, rules=tuple(order[sentence] for sentence in table["rule"]))


def _orders(firsts: dict[int, NDArray[np.int64]], support: float) -> list[tuple[int, int]]:
    before = {
        (a, b)
        for a in firsts
        for b in firsts
        if a != b and (seen := firsts[b] != NEVER).any() and (firsts[a] < firsts[b])[seen].mean() >= support
    }
    implied = {(a, c) for a, b in before for b2, c in before if b == b2 and (a, c) in before}
    return sorted(before - implied)


def _eyes(log: EventLog, codes: list[int], support: float) -> list[Rule]:
    if not log.has_resources:
        return []
    found: list[Rule] = []
    doers = {c: set(np.unique(log.resource[log.activity == c]).tolist()) - {-1} for c in codes}
    pairs = [(a, b) for a in codes for b in codes if a < b and len(doers[a] & doers[b]) >= 2]
    rules = [FourEyes(activities=(log.activities[a], log.activities[b])) for a, b in pairs]
    if rules:
        table = check_rules(log, rules).table
        kept = table[(table["n_checked"] >= ENOUGH) & (table["broken_share"] <= 1 - support)]
        found += [rule for rule in rules if rule.sentence in set(kept["rule"])]
    return found
