"""Batches as Prosimos writes them (``batch_processing``): rules of which any one lets a batch go."""

from collections.abc import Iterator
from typing import Any

from bko_mining.calendars import DAYS
from bko_mining.twin.values import Distribution
from bko_mining.twin.work import Activity, Batching

_LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SAID = {"size", "timeout", "at", "weekdays", "done"}
_HOUR = 3600
Rule = dict[str, Any]


def read_batches(data: Any, tasks: dict[str, str]) -> tuple[dict[str, Batching], list[str]]:
    """Read the batches by activity, and say which rules of them have no place in a twin."""
    found: dict[str, Batching] = {}
    left: list[str] = []
    for entry in data.get("batch_processing") or ():
        name = tasks.get(entry["task_id"], entry["task_id"])
        parts: dict[str, Any] = {}
        n_hours = 0
        for group in entry.get("firing_rules") or ():
            part = _part(group)
            if part is None or not _joins(parts, part):
                left.append(f"a firing rule of the batch of {name!r}")
            else:
                n_hours += "weekdays" in part
                lists = {key: (*parts.get(key, ()), *part.get(key, ())) for key in ("at", "weekdays")}
                parts |= part | {key: tuple(dict.fromkeys(each)) for key, each in lists.items() if each}
        if n_hours and n_hours != len(parts["at"]) * len(parts["weekdays"]):
            left.append(f"other hours on other weekdays for the batch of {name!r}: all hours count on all of them")
        if not parts:
            left.append(f"the batch of {name!r}")
            continue
        done = "together" if entry.get("type") == "Parallel" else "one_by_one"
        found[name] = Batching.model_validate({"done": done} | parts)
        if any(str(each["key"]) == "1" and float(each["value"]) > 0 for each in entry.get("size_distrib") or ()):
            left.append(f"single pieces of work beside the batch of {name!r}")
    return found, left


def _joins(parts: dict[str, Any], part: dict[str, Any]) -> bool:
    """Whether another way to go fits to those read: each kind once, hours alike on all of the weekdays."""
    if "at" in part and parts.get("at") and ("weekdays" in parts) != ("weekdays" in part):
        return False
    return not any(key in parts for key in part.keys() & {"size", "timeout"})


def _part(group: list[Rule]) -> dict[str, Any] | None:
    """One way for a batch to go: so many, so long after the first, or an hour (on a weekday)."""
    lower = {each["attribute"]: each for each in group if each["comparison"] in ("=", ">=", ">")}
    kinds = {each["attribute"] for each in group}
    if kinds == {"size"} and len(group) == len(lower) == 1:
        return {"size": int(float(lower["size"]["value"])) + (lower["size"]["comparison"] == ">")}
    if kinds == {"large_wt"} and lower:
        return {"timeout": float(lower["large_wt"]["value"])}
    if "daily_hour" in kinds and kinds <= {"daily_hour", "week_day"} and len(lower) == len(group):
        days = [str(each["value"]) for each in group if each["attribute"] == "week_day"]
        on = {"weekdays": tuple(DAYS[_LONG.index(day)] for day in days)} if days else {}
        return {"at": (float(lower["daily_hour"]["value"]) * _HOUR,)} | on
    return None


def batch_scale(data: Any, task: str, size: int | None) -> float:
    """Factor on the time of work in a batch of so many."""
    factor = 1.0
    for entry in data.get("batch_processing") or ():
        if entry["task_id"] == task:
            steps = sorted((int(each["key"]), float(each["value"])) for each in entry.get("duration_distrib") or ())
            factor = next((value for key, value in reversed(steps) if key <= (size or 2)), 1.0)
    return factor


def batched(activity: Activity, rule: Batching, factor: float) -> Activity:
    """An activity that is done in batches."""
    time: Distribution = activity.time.scaled(factor) if factor != 1 else activity.time
    return activity.model_copy(update={"batch": rule, "time": time})


def can_write(rule: Batching) -> bool:
    """Whether Prosimos can say a rule: nothing but numbers, an age, and full hours."""
    fields = type(rule).model_fields
    said = {name for name, f in fields.items() if getattr(rule, name) != f.get_default(call_default_factory=True)}
    return said <= _SAID and all(at % _HOUR == 0 for at in rule.at)


def write_batch(task: str, rule: Batching) -> dict[str, Any]:
    """Write the rule of a batch."""
    least = str(rule.size or 2)
    return {
        "task_id": task,
        "type": "Parallel" if rule.done == "together" else "Sequential",
        "batch_frequency": 1.0,
        "size_distrib": [{"key": "1", "value": 0.0}, {"key": least, "value": 1.0}],
        "duration_distrib": [{"key": least, "value": 1.0}],
        "firing_rules": list(_firing(rule)),
    }


def _firing(rule: Batching) -> Iterator[list[Rule]]:
    if rule.size is not None:
        yield [{"attribute": "size", "comparison": "=", "value": rule.size}]
    if rule.timeout is not None:
        yield [{"attribute": "large_wt", "comparison": ">", "value": rule.timeout}]
    for at in rule.at:
        hour = {"attribute": "daily_hour", "comparison": "=", "value": str(int(at // _HOUR))}
        days = [
            {"attribute": "week_day", "comparison": "=", "value": _LONG[DAYS.index(d)]} for d in rule.weekdays or ()
        ]
        yield from ([hour, day] for day in days) if days else [[hour]]
