"""Findings written down as a twin, each part with its evidence."""

from datetime import date, timedelta

import numpy as np

from bko_mining.calendars import DAYS
from bko_mining.fit.arrivals import arrivals_stream, said_of_arrivals
from bko_mining.fit.batching import Batch
from bko_mining.fit.delays import Transition
from bko_mining.fit.families import Delay as FittedDelay
from bko_mining.fit.findings import Findings
from bko_mining.fit.free_days import said_of_holidays
from bko_mining.fit.hidden_branches import said_beside
from bko_mining.fit.instances import Codes
from bko_mining.fit.places import Places, place_delays
from bko_mining.fit.routing import END as AFTER_ALL
from bko_mining.fit.routing import START as BEFORE_ALL
from bko_mining.fit.routing import Block
from bko_mining.fit.service import Service
from bko_mining.fit.staff_changes import said_of
from bko_mining.twin.model import Evidence, StepDelay, Twin
from bko_mining.twin.people import Resource, Role
from bko_mining.twin.routing import END, START, Context, Flow, GraphRouting, HistoryRouting, Node, ParallelBlock
from bko_mining.twin.values import Delay, Distribution
from bko_mining.twin.work import Activity, Batching


def write_twin(found: Findings, *, name: str) -> Twin:
    """Assemble a twin from what was found."""
    blocks = block_names(found)
    places = place_delays(found)
    roles, calendars = _roles(found)
    return Twin(
        name=name,
        timezone=found.log.timezone,
        start=_next_monday(found),
        calendars=calendars,
        arrivals=(arrivals_stream(found.arrivals, found.holidays),),
        activities={label: write_activity(found, code) for code, label in enumerate(found.data.activities)},
        routing=_routing(found, blocks, places),
        delays=_delays(found, blocks, places),
        roles=roles,
        resources=_resources(found),
        evidence=tuple(_evidence(found, blocks, places)),
    )


def _next_monday(found: Findings) -> date:
    last: date = found.log.window[1].date()
    return last + timedelta(days=7 - last.weekday())


def _roles(found: Findings) -> tuple[dict[str, Role], dict[str, str]]:
    """Teams as roles, and the calendars under the names of the roles."""
    names = found.data.resources
    calendars = {label: found.calendar(found.crew(code)) for code, label in enumerate(found.roles.names)}
    used = set(found.teams.of_activity.tolist())
    roles = {}
    for team, (label, members) in enumerate(zip(found.teams.names, found.teams.members, strict=True)):
        if len(members) and (team in used or label in found.roles.names):
            home = np.bincount(found.roles.of[members]).argmax()
            roles[label] = Role(members=tuple(names[code] for code in members), calendar=found.roles.names[home])
    return roles, {label: text for label, text in calendars.items() if label in roles}


def _resources(found: Findings) -> dict[str, Resource]:
    """People who differ from their roles: other hours in a shared team, or activities they never do."""
    particular: dict[str, dict[str, object]] = {}
    for team, members in enumerate(found.teams.members):
        homes = found.roles.of[members]
        if len(set(homes.tolist())) > 1:
            for code, home in zip(members.tolist(), homes.tolist(), strict=True):
                particular.setdefault(found.data.resources[code], {})["calendar"] = found.roles.names[home]
        for code, able in _abilities(found, team, members).items():
            skills = particular.setdefault(found.data.resources[code], {}).setdefault("skills", {})
            skills.update({found.data.activities[activity]: 1.0 for activity in able})  # type: ignore[attr-defined]
    main = {id(found.crew(role)) for role in range(len(found.roles.names))}
    for crew in found.crews:
        if id(crew) not in main:
            for code in crew.members.tolist():
                particular.setdefault(found.data.resources[code], {})["calendar"] = found.calendar(crew)
    for code, capacity in found.capacities.items():
        particular.setdefault(found.data.resources[code], {})["capacity"] = capacity
    for code, change in found.staff_changes.items():
        learnt = {"ramp_up": change.ramp_up, "start_factor": change.start_factor} if change.ramp_up else {}
        particular.setdefault(found.data.resources[code], {}).update(change.dates | learnt)
    complete = {name: _complete_skills(found, name, parts) for name, parts in particular.items()}
    return {name: Resource.model_validate(parts) for name, parts in complete.items()}


def _complete_skills(found: Findings, name: str, parts: dict[str, object]) -> dict[str, object]:
    """A person limited in one team keeps all work of the other teams."""
    if "skills" not in parts:
        return parts
    code = found.data.resources.index(name)
    skills: dict[str, float] = dict(parts["skills"])  # type: ignore[call-overload]
    limited = {team for team, members in enumerate(found.teams.members) if code in _abilities(found, team, members)}
    for activity, team in enumerate(found.teams.of_activity.tolist()):
        if team >= 0 and team not in limited and code in found.teams.members[team]:
            skills[found.data.activities[activity]] = 1.0
    return parts | {"skills": skills}


def _abilities(found: Findings, team: int, members: Codes) -> dict[int, list[int]]:
    """Activities that members can do, for those who were never seen doing one they would often have done by chance."""
    mine = np.flatnonzero(found.teams.of_activity == team)
    counts = np.array([[len(_done(found, code, activity)) for activity in mine.tolist()] for code in members.tolist()])
    if not counts.size or len(mine) < 2:
        return {}
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / max(1, counts.sum())
    never = (counts == 0) & (expected >= 10)
    return {
        int(code): mine[~row].tolist() for code, row in zip(members, never, strict=True) if row.any() and not row.all()
    }


def _done(found: Findings, resource: int, activity: int) -> Codes:
    return np.flatnonzero((found.data.resource == resource) & (found.data.activity == activity))


def write_activity(found: Findings, code: int) -> Activity:
    """Write an activity: its time, and who does it at which pace, alone or in batches."""
    service, team = found.services[code], int(found.teams.of_activity[code])
    if team < 0:
        return Activity(time=_service_law(service), automatic=True, performers=_performers(found, code))
    if code in found.batches:
        return _batched(found.batches[code], found.teams.names[team])
    typical = service.typical
    factors = {
        found.data.resources[who]: round(mean / typical * found.later_pace(who), 4)
        for who, mean in service.by_resource.items()
        if who in found.teams.members[team] and typical > 0
    }
    return Activity(time=_service_law(service), role=found.teams.names[team], time_by_resource=factors)


def _batched(batch: Batch, role: str) -> Activity:
    rule = Batching(
        size=batch.size,
        at=() if batch.clock is None else (batch.clock,),
        weekdays=tuple(DAYS[day] for day in batch.weekdays) or None,
        time_per_item=Distribution(value=round(batch.per_item, 1)),
    )
    return Activity(time=Distribution(value=round(batch.fixed, 1)), role=role, batch=rule)


def _service_law(service: Service) -> Distribution:
    typical = service.typical
    if typical <= 0:
        return Distribution(value=0.0)
    if service.law is None:
        return Distribution(family="quantiles", values=tuple(np.round(service.shape * typical, 2).tolist()))
    return _law(service.law.family, typical, service.law.cv)


def _law(family: str, mean: float, cv: float) -> Distribution:
    if family == "exponential":
        return Distribution(family="exponential", mean=round(mean, 3))
    return Distribution.model_validate({"family": family, "mean": round(mean, 3), "cv": round(cv, 4)})


def _performers(found: Findings, code: int) -> dict[str, float]:
    who = found.data.resource[(found.data.activity == code) & (found.data.resource >= 0)]
    return {found.data.resources[r]: float(n) for r, n in zip(*np.unique(who, return_counts=True), strict=True)}


def block_names(found: Findings) -> tuple[str, ...]:
    """Each block by the commonest first activities of its branches."""
    names = found.data.activities
    return tuple(
        " ∥ ".join(names[inside[BEFORE_ALL].most_common(1)[0][0]] for inside in block.inside if BEFORE_ALL in inside)
        for block in found.routing.blocks
    )


def step_name(found: Findings, unit: int, blocks: tuple[str, ...]) -> str:
    """The name of a unit of the routing in the twin."""
    if unit in (BEFORE_ALL, AFTER_ALL):
        return START if unit == BEFORE_ALL else END
    n = len(found.data.activities)
    return found.data.activities[unit] if unit < n else blocks[unit - n]


def _routing(found: Findings, blocks: tuple[str, ...], places: Places) -> HistoryRouting:
    contexts = tuple(
        Context(
            after=(step_name(found, before, blocks),),
            next={step_name(found, after, blocks): float(count) for after, count in counts.most_common()},
        )
        for before, counts in found.routing.steps.items()
    )
    n = len(found.data.activities)
    parallel = {
        name: ParallelBlock(branches=tuple(_branch(found, block, k, n + b, places) for k in range(len(block.branches))))
        for b, (name, block) in enumerate(zip(blocks, found.routing.blocks, strict=True))
    }
    return HistoryRouting(kind="history", contexts=contexts, blocks=parallel, backing=0.0)


def _branch(found: Findings, block: Block, place: int, unit: int, places: Places) -> HistoryRouting | GraphRouting:
    """A branch as a routing of its own; a branch that is skipped at times ends at once so often."""
    passes = sum(block.present.values())
    taken = sum(count for here, count in block.present.items() if here[place])
    steps = {before: dict(counts) for before, counts in block.inside[place].items()}
    if passes > taken:
        steps.setdefault(BEFORE_ALL, {})[AFTER_ALL] = passes - taken
    first = {activity: delay for (b, activity), delay in places.at_start.items() if b == unit and activity in steps}
    last = {activity: delay for (b, activity), delay in places.at_end.items() if b == unit and activity in steps}
    if first or last:
        return _graph_with_delays(found, steps, first, last)
    contexts = tuple(
        Context(
            after=(step_name(found, before, ()),),
            next={step_name(found, to, ()): float(count) for to, count in counts.items()},
        )
        for before, counts in steps.items()
    )
    return HistoryRouting(kind="history", contexts=contexts, backing=0.0)


def _graph_with_delays(
    found: Findings, steps: dict[int, dict[int, int]], first: dict[int, FittedDelay], last: dict[int, FittedDelay]
) -> GraphRouting:
    """A branch as a graph: a choice after each activity, waits for the outside at its beginning and its end."""
    names = found.data.activities
    nodes = {"begin": Node(kind="start"), "choice begin": Node(kind="xor"), "finish": Node(kind="end")}
    flows = [Flow(source="begin", target="choice begin")]
    for code in steps.keys() - {BEFORE_ALL}:
        nodes |= {f"do {names[code]}": Node(kind="activity", activity=names[code])}
        nodes |= {f"choice {names[code]}": Node(kind="xor")}
        flows.append(Flow(source=f"do {names[code]}", target=f"choice {names[code]}"))
    for place, waits in (("before", first), ("after", last)):
        for code, delay in waits.items():
            nodes[f"wait {place} {names[code]}"] = Node(kind="delay", delay=Delay(time=delay_law(delay)))
            target = "finish" if place == "after" else f"do {names[code]}"
            flows.append(Flow(source=f"wait {place} {names[code]}", target=target))
    for before, counts in steps.items():
        for to, count in counts.items():
            source = "choice begin" if before == BEFORE_ALL else f"choice {names[before]}"
            target = "finish" if to == AFTER_ALL else f"do {names[to]}"
            if before == BEFORE_ALL and to in first:
                target = f"wait before {names[to]}"
            elif to == AFTER_ALL and before in last:
                target = f"wait after {names[before]}"
            flows.append(Flow(source=source, target=target, share=float(count)))
    return GraphRouting(kind="graph", nodes=nodes, flows=tuple(flows))


def _delays(found: Findings, blocks: tuple[str, ...], places: Places) -> tuple[StepDelay, ...]:
    return tuple(
        StepDelay(after=step_name(found, before, blocks), before=step_name(found, after, blocks), time=delay_law(delay))
        for (before, after), delay in places.between.items()
    )


def delay_law(delay: FittedDelay) -> Distribution:
    """Write a fitted delay as a law of the twin."""
    if delay.family == "fixed" or delay.mean <= 0:
        return Distribution(value=round(delay.mean, 1), zero_share=round(delay.zero_share, 4))
    if delay.quantiles:
        values = tuple(np.round(delay.quantiles, 1).tolist())
        return Distribution(family="quantiles", values=values, zero_share=round(delay.zero_share, 4))
    law = _law(delay.family, delay.mean, delay.deviation / delay.mean)
    return law.model_copy(update={"zero_share": round(delay.zero_share, 4)})


def _evidence(found: Findings, blocks: tuple[str, ...], places: Places) -> list[Evidence]:
    return [
        said_of_arrivals(found.arrivals, found.holidays),
        *([said_of_holidays(found.holidays)] if found.holidays else ()),
        *(_role_evidence(found, code) for code in range(len(found.roles.names))),
        *(_service_evidence(found, service) for service in found.services),
        *(_batch_evidence(found, code) for code in found.batches),
        *(said_of(change, found.data.resources[code]) for code, change in found.staff_changes.items()),
        *_delay_evidence(found, blocks, places),
        *(_no_delay_evidence(found, step) for step in found.transitions if step.delay is None),
        Evidence(
            part="routing",
            found=f"{len(found.routing.steps)} steps, {len(found.routing.blocks)} parallel blocks",
            n=len(found.routing.sequences),
            assumption="the next step depends on the latest step only",
        ),
        *(said_beside(found.data, *pair) for pair in found.hidden_branches),
    ]


def _role_evidence(found: Findings, code: int) -> Evidence:
    members = [found.data.resources[r] for r in found.roles.members(code)]
    source = "the log's role column" if found.roles.given else "what people do"
    return Evidence(
        part=f"roles.{found.roles.names[code]}",
        found=f"{len(members)} people by {source}; hours {found.calendar(found.crew(code))}",
        n=int(np.isin(found.data.resource, found.roles.members(code)).sum()),
        assumption="first come, first served where its queues show no other order; "
        f"hours from {found.crew(code).found}{_own_hours(found, code)}{_multitasking(found, code)}",
    )


def _own_hours(found: Findings, code: int) -> str:
    n = sum(crew.role == code for crew in found.crews) - 1
    return f"; {n} people keep other hours" if n else "; all members share them"


def _multitasking(found: Findings, code: int) -> str:
    several = [found.capacities[r] for r in found.roles.members(code).tolist() if r in found.capacities]
    return f"; {len(several)} people work on up to {max(several)} items at once" if several else ""


def _service_evidence(found: Findings, service: Service) -> Evidence:
    law = service.law
    errors = {f"error.{found.data.resources[who]}": error for who, error in service.error.items() if who >= 0}
    kind = f"{law.family}, largest distance {law.misfit:.3f}" if law else "quantiles as observed"
    return Evidence(
        part=f"activities.{found.data.activities[service.activity]}.time",
        found=f"mean {service.mean / 60:.2f} min of working time, coefficient of variation {service.cv:.2f}; {kind}",
        n=service.n,
        goodness=None if law is None else 1 - law.misfit,
        assumption="same shape for everybody; single people's means are drawn towards the mean of all",
        numbers={"mean_seconds": service.mean, "cv": service.cv, **errors},
    )


def _batch_evidence(found: Findings, code: int) -> Evidence:
    batch = found.batches[code]
    if batch.clock is None:
        rule = f"released by {batch.size} items"
    else:
        days = ", ".join(DAYS[day] for day in batch.weekdays)
        rule = f"started at {int(batch.clock // 3600):02d}:{int(batch.clock % 3600 // 60):02d} on {days}"
    return Evidence(
        part=f"activities.{found.data.activities[code]}.batch",
        found=f"done for many cases at once, {rule}",
        n=batch.n,
        goodness=batch.explained,
        assumption=f"{batch.fixed / 60:.1f} min a batch and {batch.per_item / 60:.1f} min an item; no other delay",
    )


def _delay_evidence(found: Findings, blocks: tuple[str, ...], places: Places) -> list[Evidence]:
    placed = [
        *(
            (step_name(found, before, blocks), step_name(found, after, blocks), delay)
            for (before, after), delay in places.between.items()
        ),
        *((step_name(found, b, blocks), found.data.activities[a], delay) for (b, a), delay in places.at_start.items()),
        *(
            (found.data.activities[activity], "the end of its branch", delay)
            for (_, activity), delay in places.at_end.items()
        ),
    ]
    return [
        Evidence(
            part=f"delays.{before} → {after}",
            found=f"{delay.family} delay with mean {delay.mean / 3600:.2f} h",
            n=delay.n_exact + delay.n_censored,
            goodness=None if np.isnan(delay.misfit) else 1 - delay.misfit,
            assumption=f"{delay.n_exact} waits seen in full (idle workers), {delay.n_censored} within bounds",
            numbers={"mean_seconds": delay.mean, "relative_error": delay.mean_error, "n_exact": float(delay.n_exact)},
        )
        for before, after, delay in placed
    ]


def _no_delay_evidence(found: Findings, step: Transition) -> Evidence:
    before, after = step_name(found, step.before, ()), step_name(found, step.after, ())
    seen = f"{step.n_points} starts by idle people, {step.zero_share:.0%} of them without a wait"
    return Evidence(
        part=f"delays.{before} → {after}",
        found="no delay",
        n=step.n,
        assumption=seen if step.n_points else "never seen with idle people; all waiting is taken as queueing",
    )
