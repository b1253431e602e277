"""What hangs on what cases carry, written into a twin: where they go, how long work takes, of which kind they are."""

from collections import Counter
from dataclasses import replace

from bko_mining.errors import SimulationError
from bko_mining.fit.allocation import with_choices, with_orders
from bko_mining.fit.assembly import block_names, step_name, write_activity
from bko_mining.fit.attribute_laws import choose_carried, with_carried
from bko_mining.fit.attribute_routes import Choice, find_choices, said_of_choice, share_changes
from bko_mining.fit.attribute_times import TimeClasses, find_time_classes, said_of_times, time_factors
from bko_mining.fit.case_attributes import CaseAttribute, case_attributes
from bko_mining.fit.findings import Findings
from bko_mining.fit.hands import with_hands
from bko_mining.fit.mistakes import find_mistakes, with_mistakes
from bko_mining.simulate.routes import build_net
from bko_mining.twin.model import Twin


def with_attributes(found: Findings, twin: Twin, *, seed: int = 0) -> Twin:
    """Return the twin with what clearly hangs on who does the work, or on what cases carry; else unchanged."""
    mistakes = [] if found.log.starts_estimated else find_mistakes(found)
    attributes = case_attributes(found.log)
    if not found.log.starts_estimated:
        twin = with_hands(found, with_mistakes(found, twin, mistakes), seed=seed)
        twin = with_choices(found, with_orders(found, twin, attributes, seed=seed))
    if not attributes:
        return twin
    written = {name for name, activity in twin.activities.items() if activity.errors is not None}
    steps = {(m.activity, m.to) for m in mistakes if found.data.activities[m.activity] in written}
    choices = find_choices(found.routing, attributes, without=steps)
    times = [] if found.log.starts_estimated else find_time_classes(found, attributes)
    parts = [each.classes for each in choices] + [each.classes for each in times]
    uses = Counter(
        attributes[place].name
        for classes in parts
        for place in {cut.attribute for each in classes for cut in each.cuts}
    )
    uses.update(role.value_attribute for role in twin.roles.values() if role.value_attribute)
    twin = with_carried(twin, choose_carried(twin, attributes, uses))
    return _with_times(found, _with_choices(found, twin, choices, attributes), times, attributes)


def _with_choices(found: Findings, twin: Twin, choices: list[Choice], attributes: tuple[CaseAttribute, ...]) -> Twin:
    blocks = block_names(found)
    changes, evidence = list(twin.share_changes), list(twin.evidence)
    for choice in choices:
        names = {unit: step_name(found, unit, blocks) for unit in (choice.before, *choice.ways)}
        made = tuple(share_changes(choice, attributes, names))
        if not _is_in_routing(twin.replace(share_changes=made)):
            continue
        changes += made
        evidence.append(said_of_choice(choice, attributes, names))
    return twin.replace(share_changes=tuple(changes), evidence=tuple(evidence)) if choices else twin


def _is_in_routing(twin: Twin) -> bool:
    """Whether the written routing has the ways of all share changes: what a log shows may be folded into a block."""
    try:
        build_net(twin)
    except SimulationError:
        return False
    return True


def _with_times(found: Findings, twin: Twin, times: list[TimeClasses], attributes: tuple[CaseAttribute, ...]) -> Twin:
    """Put factors on times; the law and people's paces are those with the classes taken out."""
    activities, evidence = dict(twin.activities), list(twin.evidence)
    for each in times:
        name = found.data.activities[each.activity]
        services = tuple(each.service if s.activity == each.activity else s for s in found.services)
        alone = write_activity(replace(found, services=services), each.activity)
        pace = {"time": alone.time, "time_by_resource": alone.time_by_resource}
        factors = time_factors(each, attributes)
        activities[name] = activities[name].model_copy(update=pace | {"time_factors": factors})
        evidence.append(said_of_times(each, attributes, name))
    return twin.replace(activities=activities, evidence=tuple(evidence)) if times else twin
