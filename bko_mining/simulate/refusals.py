"""What the compiled lane cannot do: some things by name, and whatever a twin may say that it has never heard of."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bko_mining.simulate.rules import all_conditions
from bko_mining.simulate.tables_basics import can_compare
from bko_mining.simulate.world import MOST_WAYS
from bko_mining.twin.model import Twin
from bko_mining.twin.values import Part
from bko_mining.twin.work import Activity

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun

_WHOLE = {
    "name",
    "description",
    "timezone",
    "currency",
    "start",
    "initial_state",
    "calendars",
    "arrivals",
    "case_types",
    "attributes",
    "correlations",
    "routing",
    "share_changes",
    "delays",
    "service_levels",
    "evidence",
}
"""Parts of a twin that both lanes read through the same code."""

_PARTS = {
    "activities": {
        "time",
        "role",
        "bot",
        "automatic",
        "performers",
        "setup",
        "time_by_resource",
        "time_factors",
        "at_shift_end",
        "batch",
        "errors",
        "patience",
        "queue_limit",
        "uses",
        "same_as",
        "not_same_as",
        "priority",
        "cost",
        "cost_from",
    },
    "roles": {
        "members",
        "size",
        "calendar",
        "discipline",
        "preemptive",
        "value_attribute",
        "later",
        "choice",
        "turnover",
        "availability",
        "cost_per_hour",
        "cost_from",
        "overtime",
        "overtime_factor",
    },
    "resources": {
        "calendar",
        "speed",
        "skills",
        "capacity",
        "cost_per_hour",
        "since",
        "until",
        "absences",
        "availability",
        "ramp_up",
        "start_factor",
    },
    "bots": {
        "licences",
        "calendar",
        "time",
        "speed",
        "exception_share",
        "exception_role",
        "failures",
        "cost_per_run",
        "cost_per_month",
        "since",
    },
    "materials": {
        "kind",
        "initial",
        "order_up_to",
        "reorder_point",
        "every",
        "lead_time",
        "cost",
        "later",
    },
}
_INNER = {
    "batch": {
        "size",
        "timeout",
        "at",
        "weekdays",
        "month_days",
        "calendar",
        "per",
        "done",
        "time_per_item",
        "since",
        "later",
    },
    "errors": {"share", "to", "by_resource", "factors"},
    "patience": {"time", "to"},
    "queue_limit": {"size", "to"},
    "turnover": {"per_year", "vacancy", "ramp_up", "start_factor", "since"},
    "overtime": {"queue", "at_most"},
    "failures": {"every", "repair"},
}


def refusals(run: "RuledRun") -> list[str]:
    """What a prepared run asks for that the compiled lane cannot do.

    Returns
    -------
    list of str
        Mechanisms, with the part of the twin that uses them.
    """
    found = [*_unheard_of(run.twin), *_rules(run), *_combinations(run)]
    if run.policies.choose or run.policies.route:
        found.append("own rules in Python")
    return list(dict.fromkeys(found))


def _unheard_of(twin: Twin) -> Iterator[str]:
    for name in type(twin).model_fields:
        value = getattr(twin, name)
        if name in _WHOLE or not value:
            continue
        if name not in _PARTS:
            yield name
            continue
        for key, part in value.items():
            yield from (f"{field} of {key!r}" for field in _said(part) if field not in _PARTS[name])
            for field, known in _INNER.items():
                inner = getattr(part, field, None)
                if isinstance(inner, Part):
                    yield from (f"{field}.{each} of {key!r}" for each in _said(inner) if each not in known)


def _said(part: Part) -> list[str]:
    """Fields that differ from what is meant when nothing is said."""
    fields = type(part).model_fields
    return [name for name, f in fields.items() if getattr(part, name) != f.get_default(call_default_factory=True)]


def _rules(run: "RuledRun") -> Iterator[str]:
    for place, condition in all_conditions(run):
        for comparison in condition:
            if not can_compare(comparison, run):
                yield f"the condition on {comparison.thing!r} {place}"
    for node, fork in zip(run.net.nodes, run.exits.forks, strict=True):
        if fork is not None and len(node.ways) > MOST_WAYS:
            yield f"{len(node.ways)} ways after {node.label!r}"
    for name, role in run.twin.roles.items():
        for rule in (role, role.later):
            column = run.cases.columns.get(rule.value_attribute or "") if rule is not None else None
            if rule is not None and rule.discipline == "value" and (column is None or column.dtype == object):
                yield f"discipline value of {name!r} by words"


def _combinations(run: "RuledRun") -> Iterator[str]:
    for name, activity in run.twin.activities.items():
        yield from (f"{what} of {name!r}" for what in _at_once(activity))
        for amount in activity.uses.values():
            if isinstance(amount, str) and run.cases.columns[amount].dtype == object:
                yield f"uses of {name!r} by words"


def _at_once(activity: Activity) -> Iterator[str]:
    if activity.queue_limit and activity.uses:
        yield "queue_limit together with uses"
