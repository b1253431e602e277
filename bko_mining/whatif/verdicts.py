"""The verdict on a difference, and the sentences that give it: which scenario helps, or that none does."""

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from bko_mining.whatif.change import moment
from bko_mining.whatif.kpis import MAIN, Kpi, kpi, label
from bko_mining.whatif.statistics import Interval, skewness
from bko_mining.words import day, number, percent, say

if TYPE_CHECKING:
    from bko_mining.whatif.comparison import Comparison

BETTER, WORSE, SAME, OPEN = "better", "worse", "no difference that matters", "not clear yet"
HIGHER, LOWER = "higher", "lower"
LOAD = "utilisation: "
DAY = 86_400_000_000
TIGHT = 0.85
"""Utilisation from which a little more or less of unlogged work changes waits a lot."""
FEW = 10
"""Replications from which a t interval forgives a skewed figure."""


def judge(difference: Interval, what: Kpi, margin: float) -> str:
    """Give the verdict on a difference."""
    if difference.excludes_zero and abs(difference.estimate) >= margin:
        up = difference.estimate > 0
        if what.better == "neither":
            return HIGHER if up else LOWER
        return BETTER if up == (what.better == "higher") else WORSE
    return SAME if difference.excludes_zero or difference.within(margin) else OPEN


def spoken(verdict: str) -> str:
    """Say a verdict in the language in force."""
    words = {
        BETTER: say("better"),
        WORSE: say("worse"),
        SAME: say("no difference that matters"),
        OPEN: say("not clear yet"),
        HIGHER: say("higher"),
        LOWER: say("lower"),
    }
    return words[verdict]


def signed(share: float) -> str:
    """Write a relative change.

    Examples
    --------
    >>> signed(-0.084), signed(0.123)
    ('-8.4 %', '+12.3 %')
    >>> signed(-0.0001)  # neither more nor less
    '0.0 %'
    """
    if not np.isfinite(share):
        return "∞" if share > 0 else "-∞"
    if abs(share) <= 0.0005:
        return percent(0.0, 1)
    return ("+" if share > 0 else "") + percent(share, 1)


def headline(c: "Comparison", figure: str = MAIN) -> str:
    """Say which scenario moves a figure most to the good; or that none does, and how far the farthest comes."""
    verdicts = {name: c.verdict(name, figure) for name in c.scenarios}
    good = [name for name, verdict in verdicts.items() if verdict in (BETTER, HIGHER, LOWER)]
    if len(verdicts) == 1:
        return sentence(c, c.scenarios[0], figure)
    if good:
        best = _farthest(c, good, figure)
        first = say("Of {n} scenarios, '{name}' does best. ", n=number(len(verdicts)), name=best)
        return first + sentence(c, best, figure)
    return _none(c, verdicts, figure)


def sentence(c: "Comparison", scenario: str, figure: str = MAIN) -> str:
    """Say what a scenario does to a figure, with the interval, the replications and the verdict."""
    base, verdict = c.level("baseline", figure), c.verdict(scenario, figure)
    facts = {"kpi": label(figure), "before": c.written(base.estimate, figure), **_change(c, scenario, figure)}
    if verdict == SAME:
        return say(
            "'{name}' makes no difference that matters to {kpi} ({before}): {change} ({confidence} interval {low} to "
            "{high}, {n} replications).",
            **facts,
        )
    return say(
        "With '{name}', {kpi} goes from {before} to {after}: {change} ({confidence} interval {low} to {high}, "
        "{n} replications), {verdict}.",
        after=c.written(c.level(scenario, figure).estimate, figure),
        verdict=spoken(verdict),
        **facts,
    )


def caution(c: "Comparison", figure: str = MAIN) -> str:
    """Say where few replications of a skewed figure make the intervals too sure; empty where they do not."""
    x = c.samples(figure)
    if not 3 <= c.replications < FEW or c.groups > 1:
        return ""
    if all(abs(skewness(row)) <= 1 for row in (x[0], *(x[1:] - x[0]))):
        return ""
    return say(
        "Take the intervals with care: {n} replications are few for a figure that is as lopsided as {kpi} here; run "
        "{more} or more.",
        n=number(c.replications),
        kpi=label(figure),
        more=number(2 * FEW),
    )


def late(c: "Comparison") -> str:
    """Say which scenario begins when the runs have ended; empty where all are seen."""
    ends = [o.series["begin"][0] + DAY * len(o.series["open"]) for o in c.outcomes[0] if "begin" in o.series]
    last = np.datetime64(int(max(ends, default=np.iinfo(np.int64).max)), "us")
    for scenario in c.given:
        first = min((change.since or date.min for change in scenario.changes), key=moment, default=date.min)
        if np.datetime64(moment(first).replace(tzinfo=None), "us") > last:
            return say(
                "'{name}' begins on {day}, when the runs have ended: run longer to see it.",
                name=scenario.name,
                day=day(first),
            )
    return ""


def doubt(c: "Comparison") -> str:
    """Say what not to trust where people also do work that no log shows; empty where all work is logged."""
    if not c.unlogged:
        return ""
    busy, figure, name = max(_loads(c), default=(0.0, "", ""))
    if busy < TIGHT or name not in c.scenarios:
        return say(
            "About {share} of all work is in no log: ask what it is before you trust differences in staffing.",
            share=percent(c.unlogged),
        )
    return say(
        "Do not trust '{name}' here: about {share} of all work is in no log, nobody knows exactly how much, and {role} "
        "would be busy {busy} of the time.",
        name=name,
        share=percent(c.unlogged),
        role=figure.removeprefix(LOAD),
        busy=percent(min(1.0, busy)),
    )


def _loads(c: "Comparison") -> list[tuple[float, str, str]]:
    figures = [name for name in c.kpis if name.startswith(LOAD)]
    return [(float(np.nanmean(c.samples(f)[i])), f, name) for f in figures for i, name in enumerate(c.names)]


def _none(c: "Comparison", verdicts: dict[str, str], figure: str) -> str:
    """Nothing helps: all the same, or some worse, or the runs do not tell."""
    found = set(verdicts.values())
    far = _farthest(c, [name for name in verdicts if OPEN not in found or verdicts[name] == OPEN], figure)
    base = c.written(c.level("baseline", figure).estimate, figure)
    facts = {"kpi": label(figure), "all": number(len(verdicts)), "before": base, **_change(c, far, figure)}
    if OPEN in found:
        return say(
            "Whether any of the {all} scenarios makes {kpi} ({before}) better is not clear yet; nearest is '{name}': "
            "{change} ({confidence} interval {low} to {high}). More than {n} replications would tell.",
            **facts,
        )
    if found == {SAME}:
        return say(
            "None of the {all} scenarios makes a difference that matters to {kpi} ({before}); largest is '{name}': "
            "{change} ({confidence} interval {low} to {high}, {n} replications).",
            **facts,
        )
    return say(
        "None of the {all} scenarios makes {kpi} ({before}) better; nearest to it is '{name}': {change} "
        "({confidence} interval {low} to {high}, {n} replications).",
        **facts,
    )


def _change(c: "Comparison", scenario: str, figure: str) -> dict[str, str]:
    change = c.change(scenario, figure)
    return {
        "name": scenario,
        "change": signed(change.estimate),
        "confidence": percent(c.confidence),
        "low": signed(change.low),
        "high": signed(change.high),
        "n": number(change.n),
    }


def _farthest(c: "Comparison", names: list[str], figure: str) -> str:
    """The scenario farthest to the good; where all do the same, the one that moves most."""
    moves = {name: c.difference(name, figure).estimate for name in names}
    if {c.verdict(name, figure) for name in names} == {SAME} or kpi(figure).better == "neither":
        return max(names, key=lambda name: abs(moves[name]))
    sign = -1 if kpi(figure).better == "higher" else 1
    return min(names, key=lambda name: sign * moves[name])
