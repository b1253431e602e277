"""Who is served first by what cases carry, and which free person takes the next case.

Three rules that only attributes or paces tell: the largest value first, the earliest due date first (a promised time
for each kind of case), and the quickest of those who are free. Each counts only where it and the plain rule (first
come, first served; whoever has been idle longest) choose differently, and must be right nearly always there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bko_mining.fit.attribute_laws import law_of_attribute
from bko_mining.fit.case_attributes import CaseAttribute
from bko_mining.fit.findings import Findings
from bko_mining.fit.instances import DAY, Codes, Seconds
from bko_mining.fit.priorities import CLASSES, FEW, RIGHT, Contest, Rule, contest_of, type_names, with_types
from bko_mining.fit.roles import Teams
from bko_mining.twin.arrivals import CaseType
from bko_mining.twin.model import Evidence, Twin
from bko_mining.words import duration, number, percent, say

IN_TURN = 0.98
"""Share of decisions in the order of coming from which no other order is looked for."""
APART = 1.15
"""How much slower than the quickest the person idle longest must be before a decision tells the two rules apart."""
SAME_PACE = 1.05
"""Paces so close count as equally quick."""
SHORTEST = 3600.0
"""Promised time of the most urgent kind; the log tells only by how much the others' are longer."""


def with_orders(found: Findings, twin: Twin, attributes: Sequence[CaseAttribute], *, seed: int = 0) -> Twin:
    """Return the twin with queues by value or by due date where the log clearly shows them."""
    for team, label in enumerate(found.teams.names if attributes else ()):
        if label not in twin.roles or twin.roles[label].discipline != "fifo":
            continue
        contest = contest_of(found, team, seed)
        if contest is None or contest.judge_time("fifo", contest.came).share >= IN_TURN:
            continue
        valued = [
            (rule, each) for each in attributes if not each.words and (rule := _by_value(found, contest, each)).holds
        ]
        if valued:
            rule, attribute = max(valued, key=lambda pair: pair[0].share)
            twin = _with_value(twin, label, rule, attribute)
        elif set(twin.case_types) <= {"case", "unlogged"}:
            twin = _with_due_dates(found, twin, label, contest, attributes)
    return twin


def _cases(found: Findings) -> Codes:
    return np.asarray(np.cumsum(found.data.first) - 1, np.int64)


def _by_value(found: Findings, contest: Contest, attribute: CaseAttribute) -> Rule:
    """Try the largest value first; ranks are spread out, so that the tolerance between instants does not matter."""
    _, rank = np.unique(attribute.values, return_inverse=True)
    return contest.judge_time(attribute.name, (-1000.0 * rank[_cases(found)]).astype(np.float64))


def _with_value(twin: Twin, label: str, rule: Rule, attribute: CaseAttribute) -> Twin:
    update = {"discipline": "value", "value_attribute": attribute.name}
    roles = twin.roles | {label: twin.roles[label].model_copy(update=update)}
    said = say("the case with the largest {name} is served first", name=attribute.name)
    attributes = twin.attributes | {attribute.name: law_of_attribute(attribute)}
    return twin.replace(
        roles=roles, attributes=attributes, evidence=(*twin.evidence, _order_evidence(label, said, rule))
    )


def _order_evidence(label: str, said: str, rule: Rule) -> Evidence:
    return Evidence(
        part=f"roles.{label}.discipline",
        found=said,
        n=rule.contested,
        goodness=rule.share,
        assumption=say(
            "right in {right} of the decisions where first come, first served chooses differently",
            right=percent(rule.right),
        ),
        numbers={"right": rule.right, "share": rule.share, "share_fifo": rule.fifo},
    )


def _with_due_dates(
    found: Findings, twin: Twin, label: str, contest: Contest, attributes: Sequence[CaseAttribute]
) -> Twin:
    tried = [(each, _promises(found, contest, each)) for each in attributes if 2 <= len(each.words) <= CLASSES]
    judged = [(_by_due_date(found, contest, each, longer), each, longer) for each, longer in tried]
    held = [each for each in judged if each[0].holds]
    if not held:
        return twin
    rule, attribute, longer = max(held, key=lambda each: each[0].share)
    dues = np.round((longer - longer.min()) / 60) * 60 + SHORTEST
    names = type_names(attribute.name, attribute.words)
    kinds = {name: CaseType(due=float(due)) for name, due in zip(names, dues, strict=True)}
    twin = with_types(twin, kinds, np.bincount(attribute.codes, minlength=len(dues)))
    roles = twin.roles | {label: twin.roles[label].model_copy(update={"discipline": "due_date"})}
    later = "; ".join(
        f"{word}: {duration(float(extra))}" for word, extra in zip(attribute.words, dues - dues.min(), strict=True)
    )
    said = say("the earliest due date is served first; promised later than the most urgent kind: {later}", later=later)
    return twin.replace(roles=roles, evidence=(*twin.evidence, _order_evidence(label, said, rule)))


def _by_due_date(found: Findings, contest: Contest, attribute: CaseAttribute, longer: Seconds) -> Rule:
    """Judge promised times by the decisions they were not learnt from."""
    case = _cases(found)
    due = found.data.arrivals[case] + longer[attribute.codes[case]]
    return replace(contest, decisions=contest.decisions[1::2]).judge_time(attribute.name, due)


def _promises(found: Findings, contest: Contest, attribute: CaseAttribute) -> Seconds:
    """How much longer than the commonest kind's the promised time of each kind is, by every second decision.

    Whoever is served has the earliest due date: arrival plus promise of the served is at most that of the waiting. Each
    decision between the commonest kind and another bounds the difference from one side; the point between that breaks
    the fewest bounds is taken.
    """
    case = _cases(found)
    arrival, kind = found.data.arrivals[case], attribute.codes[case]
    common = int(np.bincount(attribute.codes).argmax())
    pairs = np.array(
        [(decision.row, other) for decision in contest.decisions[::2] for other in decision.waiting.tolist()]
    )
    served, waiting = pairs.T
    head_start = arrival[waiting] - arrival[served]
    longer = np.zeros(len(attribute.words))
    for code in range(len(longer)):
        above = head_start[(kind[served] == code) & (kind[waiting] == common)]
        below = -head_start[(kind[served] == common) & (kind[waiting] == code)]
        if code != common and len(above) + len(below):
            longer[code] = _between(below, above)
    return longer


def _between(below: Seconds, above: Seconds) -> float:
    """The middle of where the fewest lower and upper bounds are broken; its near end where it has no other."""
    edges = np.unique(np.concatenate([below, above]))
    places = np.concatenate([edges[:1] - DAY, (edges[1:] + edges[:-1]) / 2, edges[-1:] + DAY])
    broken = len(below) - np.searchsorted(np.sort(below), places) + np.searchsorted(np.sort(above), places)
    best = places[broken == broken.min()]
    if best[0] == places[0] or best[-1] == places[-1]:
        return float(edges[-1] if best[-1] == places[-1] else edges[0])
    return float((best[0] + best[-1]) / 2)


@dataclass(frozen=True)
class Choosing:
    """How free people were chosen: decisions that tell the quickest from whoever was idle longest, and its share."""

    contested: int
    right: float


def with_choices(found: Findings, twin: Twin) -> Twin:
    """Return the twin with teams in which the quickest free person takes the next item, where the log shows it."""
    roles, evidence = dict(twin.roles), list(twin.evidence)
    for team, label in enumerate(found.teams.names):
        if label in roles and len(found.teams.members[team]) >= 2:
            seen = _choosing(found, found.teams, team)
            if seen.contested >= FEW and seen.right >= RIGHT:
                roles[label] = roles[label].model_copy(update={"choice": "fastest"})
                evidence.append(_choice_evidence(label, seen))
    return twin.replace(roles=roles, evidence=tuple(evidence)) if len(evidence) > len(twin.evidence) else twin


def _choosing(found: Findings, teams: Teams, team: int) -> Choosing:
    """Look at starts by people who had been idle while others were idle too."""
    queue, data, members = found.queues[team], found.data, teams.members[team]
    rows = queue.rows[queue.point]
    idle = np.stack([_idle_since(found, int(member), data.start[rows]) for member in members])
    pace = np.stack([_paces(found, int(member), data.activity[rows]) for member in members])
    free = np.isfinite(idle) & np.isfinite(pace)
    pace, idle = np.where(free, pace, np.inf), np.where(free, idle, np.inf)
    quickest, longest = pace.min(axis=0), np.take_along_axis(pace, idle.argmin(axis=0)[None], axis=0)[0]
    mine = (members[:, None] == data.resource[rows]).argmax(axis=0)
    chosen = np.take_along_axis(pace, mine[None], axis=0)[0]
    told = (free.sum(axis=0) >= 2) & np.isfinite(chosen) & (longest >= APART * quickest)
    right = chosen[told] <= SAME_PACE * quickest[told]
    return Choosing(int(told.sum()), float(right.mean()) if told.any() else 0.0)


def _paces(found: Findings, member: int, activities: Codes) -> Seconds:
    table = np.array([service.by_resource.get(member, np.nan) for service in found.services])
    return np.asarray(table[activities])


def _idle_since(found: Findings, member: int, instants: Seconds) -> Seconds:
    """Since when somebody was idle and on duty at some instants; infinite where not."""
    data = found.data
    mine = np.flatnonzero((data.resource == member) & (found.teams.of_activity[data.activity] >= 0))
    mine = mine[np.argsort(data.start[mine], kind="stable")]
    latest = np.concatenate([[-np.inf], np.maximum.accumulate(data.end[mine])])
    since = latest[np.searchsorted(data.start[mine], instants, "left")]
    # A person with own hours is in a crew of their own, which comes after the role's.
    hours = next(crew.hours for crew in reversed(found.crews) if member in crew.members)
    since = np.maximum(since, hours.last_opening(instants))
    return np.where(hours.is_open(instants) & (since < instants - max(2.0, data.resolution)), since, np.inf)


def _choice_evidence(label: str, seen: Choosing) -> Evidence:
    return Evidence(
        part=f"roles.{label}.choice",
        found=say(
            "of several who are free, the quickest takes the next item: {n} times told", n=number(seen.contested)
        ),
        n=seen.contested,
        goodness=seen.right,
        assumption=say(
            "right in {right} of the decisions where whoever was idle longest is another", right=percent(seen.right)
        ),
        numbers={"right": seen.right},
    )
