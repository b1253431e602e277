"""Who is served first: rules that tell the next item of a queue better than first come, first served.

Each start is a decision among the items that waited then. A rule counts where it and the order of coming would choose
differently: there it must be right nearly always, on decisions from which its ranks were not learnt. Waits for the
outside world break the order of coming too, but no rule explains them; steps with such waits are left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from bko_mining.fit.findings import Findings
from bko_mining.fit.instances import Codes, Mask, Seconds, wall_seconds
from bko_mining.log.event_log import MISSING
from bko_mining.twin.arrivals import CASE, Arrivals, CaseType
from bko_mining.twin.model import Evidence, Twin

RIGHT = 0.95
"""Share of the contested decisions that a rule must get right."""
WHOLE = 0.8
"""Share of all decisions that a rule must get right, the order of coming included."""
FEW = 20
"""Contested decisions needed."""
MOST = 2000
"""Decisions looked at in a queue."""
CLASSES = 8
"""An attribute with more values ranks nobody."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One start: its row, and the rows of what waited and the same person could have done."""

    row: int
    waiting: Codes


@dataclass(frozen=True, slots=True)
class Rule:
    """What a queue's order follows.

    Attributes
    ----------
    by : str
        "activity", "oldest_case", "last_come", or the name of a case attribute.
    level : int64[k]
        Rank of each class (activity or value of the attribute), 1 is served first; empty for orders of time.
    right, contested, share : float
        Share right of the contested decisions, their number, and the share right of all.
    fifo : float
        Share of all decisions that first come, first served gets right.
    """

    by: str
    level: Codes
    right: float
    contested: int
    share: float
    fifo: float

    @property
    def holds(self) -> bool:
        """Whether it is clearly better than first come, first served."""
        return self.contested >= FEW and self.right >= RIGHT and self.share >= max(WHOLE, self.fifo)


@dataclass(frozen=True)
class Contest:
    """The decisions of one queue."""

    came: Seconds
    tolerance: float
    decisions: list[Decision]

    def judge(self, by: str, classes: Codes, level: Codes) -> Rule:
        """Try ranks of classes, first come first served within a rank, on the decisions they were not learnt from."""
        rank = level[classes].astype(float)
        return self._judged(by, level, rank, self.came, self.decisions[1::2])

    def judge_time(self, by: str, instant: Seconds) -> Rule:
        """Try an order of time."""
        return self._judged(by, np.empty(0, np.int64), np.zeros(len(instant)), instant, self.decisions)

    def _judged(self, by: str, level: Codes, rank: Seconds, instant: Seconds, decisions: list[Decision]) -> Rule:
        right, fifo, contested = [], [], []
        for decision in decisions:
            mine, other = decision.row, decision.waiting
            first = rank[other].min()
            served = rank[mine] < first or (
                rank[mine] == first and instant[mine] <= instant[other[rank[other] == first]].min() + self.tolerance
            )
            oldest = self.came[mine] <= self.came[other].min() + self.tolerance
            right.append(served)
            fifo.append(oldest)
            contested.append(served != oldest)
        differ = np.array(contested, bool)
        won = float(np.array(right)[differ].mean()) if differ.any() else 0.0
        return Rule(by, level, won, int(differ.sum()), float(np.mean(right or [0])), float(np.mean(fifo or [0])))

    def ranks(self, classes: Codes, n: int) -> Codes:
        """Rank classes by who is served while whom waits, in every second decision."""
        wins = np.zeros((n, n))
        for decision in self.decisions[::2]:
            wins[classes[decision.row], np.unique(classes[decision.waiting])] += 1
        beats = (wins >= 5) & (0.1 * wins >= wins.T)
        np.fill_diagonal(beats, False)
        level = np.ones(n, np.int64)
        for _ in range(n):
            level = np.where(beats, level[:, None] + 1, 1).max(axis=0)
        return np.minimum(level, n)


def with_priorities(found: Findings, twin: Twin, *, seed: int = 0) -> Twin:
    """Return the twin with the queues' rules that the log clearly shows; unchanged where it shows none."""
    if found.log.starts_estimated:
        return twin
    contests = {team: contest for team in range(len(found.queues)) if (contest := contest_of(found, team, seed))}
    attributes = _attributes(found)
    best: dict[int, Rule] = {}
    for team, contest in contests.items():
        rules = [rule for rule in _rules(found, contest, attributes) if rule.holds]
        if rules:
            best[team] = max(rules, key=lambda rule: rule.share)
    return _written(found, twin, best, attributes)


def contest_of(found: Findings, team: int, seed: int = 0) -> Contest | None:
    """Collect the decisions of a team; None if nearly all follow the order of coming or there are too few."""
    came, known = arrivals_at_queues(found)
    rows = found.queues[team].rows
    rows = rows[known[rows]]
    tolerance = max(2.0, found.data.resolution)
    data = found.data
    can = np.zeros((len(data.resources) + 1, len(data.activities)), bool)
    can[data.resource, data.activity] = True
    sample = np.arange(len(rows))
    if len(rows) > MOST:
        sample = np.sort(np.random.default_rng(seed).choice(len(rows), MOST, replace=False))
    decisions = []
    for place in sample.tolist():
        row, later = int(rows[place]), rows[place + 1 :]
        there = (came[later] < data.start[row] - tolerance) & (data.start[later] > data.start[row])
        waiting = later[there & can[data.resource[row], data.activity[later]]]
        if len(waiting):
            decisions.append(Decision(row, waiting))
    return Contest(came, tolerance, decisions) if len(decisions) >= FEW else None


def arrivals_at_queues(found: Findings) -> tuple[Seconds, Mask]:
    """When each item came to its queue, and whether the log tells."""
    data, log = found.data, found.log
    given = log.enabled != MISSING
    came = np.where(given, wall_seconds(log, np.where(given, log.enabled, log.begin)), data.enabled)
    before = np.where(data.enabler >= 0, data.activity[data.enabler], -1)
    key = (before + 1) * len(data.activities) + data.activity
    slow = [(step.before + 1) * len(data.activities) + step.after for step in found.transitions if step.delay]
    batched = np.isin(data.activity, list(found.batches))
    return np.minimum(came, data.start), (given | (data.enabler >= 0)) & ~np.isin(key, slow) & ~batched


def _rules(found: Findings, contest: Contest, attributes: dict[str, tuple[Codes, list[str]]]) -> Iterator[Rule]:
    data = found.data
    case = np.cumsum(data.first) - 1
    yield contest.judge_time("last_come", -contest.came)
    yield contest.judge_time("oldest_case", contest.came[np.flatnonzero(data.first)][case])
    yield contest.judge("activity", data.activity, contest.ranks(data.activity, len(data.activities)))
    for name, (codes, values) in attributes.items():
        yield contest.judge(name, codes[case], contest.ranks(codes[case], len(values)))


def _attributes(found: Findings) -> dict[str, tuple[Codes, list[str]]]:
    """Case attributes with few values: code of each case, and the values."""
    log, kept = found.log, {}
    firsts = pa.array(log.offsets[:-1])
    for name in log.case_attributes:
        column = log.attributes[name].take(firsts).to_pandas()
        if 2 <= column.nunique() <= CLASSES:
            codes, values = pd.factorize(column.astype(object).where(column.notna(), "?"), sort=False)
            kept[name] = (codes.astype(np.int64), [str(value) for value in values])
    return kept


def _written(
    found: Findings, twin: Twin, best: dict[int, Rule], attributes: dict[str, tuple[Codes, list[str]]]
) -> Twin:
    ranked = [rule for rule in best.values() if rule.by in attributes]
    chosen = max(ranked, key=lambda rule: rule.contested) if ranked else None
    roles, evidence = dict(twin.roles), list(twin.evidence)
    for team, rule in best.items():
        label = found.teams.names[team]
        # Cases have one priority: where teams rank by different attributes, the clearest stands.
        if label not in roles or (rule.by in attributes and chosen and rule.by != chosen.by):
            continue
        order = {"last_come": "lifo", "oldest_case": "oldest_case"}.get(rule.by, "priority")
        roles[label] = roles[label].model_copy(update={"discipline": order})
        if rule.by == "activity":
            twin = _with_activity_ranks(found, twin, team, rule)
        evidence.append(_evidence(found, label, rule, attributes))
    if chosen is not None:
        codes, values = attributes[chosen.by]
        names = type_names(chosen.by, values)
        kinds = {name: CaseType(priority=int(level)) for name, level in zip(names, chosen.level, strict=True)}
        twin = with_types(twin, kinds, np.bincount(codes, minlength=len(values)))
    return twin.replace(roles=roles, evidence=tuple(evidence)) if best else twin


def _with_activity_ranks(found: Findings, twin: Twin, team: int, rule: Rule) -> Twin:
    activities = dict(twin.activities)
    for code in np.flatnonzero(found.teams.of_activity == team).tolist():
        name = found.data.activities[code]
        activities[name] = activities[name].model_copy(update={"priority": int(rule.level[code])})
    return twin.replace(activities=activities)


def type_names(attribute: str, values: Sequence[str]) -> list[str]:
    """Names of the case types that stand for the values of an attribute."""
    return [f"{attribute} {value}" for value in values]


def with_types(twin: Twin, kinds: dict[str, CaseType], counts: Codes) -> Twin:
    """Let cases be of several types, with shares by their counts, wherever they were of none."""
    others = {name: kind for name, kind in twin.case_types.items() if name != CASE}
    mix = {name: float(count) for name, count in zip(kinds, counts, strict=True)}
    streams = tuple(with_mix(stream, mix) if stream.case_type == CASE else stream for stream in twin.arrivals)
    return twin.replace(case_types=kinds | others, arrivals=streams)


def with_mix(stream: Arrivals, mix: dict[str, float] | None) -> Arrivals:
    """Let cases of several types arrive in a stream."""
    return stream if mix is None else stream.model_copy(update={"mix": mix})


def _evidence(found: Findings, label: str, rule: Rule, attributes: dict[str, tuple[Codes, list[str]]]) -> Evidence:
    said = {"last_come": "last come, first served", "oldest_case": "the oldest case is served first"}.get(rule.by)
    if said is None:
        names = attributes[rule.by][1] if rule.by in attributes else list(found.data.activities)
        ranks = [
            " = ".join(name for name, at in zip(names, rule.level, strict=True) if at == level)
            for level in np.unique(rule.level)
        ]
        said = f"{rule.by} decides who is served first: {' before '.join(ranks)}"
    return Evidence(
        part=f"roles.{label}.discipline",
        found=said,
        n=rule.contested,
        goodness=rule.share,
        assumption=f"right in {rule.right:.0%} of the decisions where first come, first served chooses differently; "
        f"of all decisions {rule.share:.0%} against {rule.fifo:.0%}",
        numbers={"right": rule.right, "share": rule.share, "share_fifo": rule.fifo},
    )
