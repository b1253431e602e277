"""Readable filters. Each returns a new log whose history says, in words, what was kept and how many cases remain.

They are functions of a log and methods of it: ``log.started_in("2026-01-01", "2026-03-31").with_rework()``.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.coding import MISSING, UNKNOWN, as_text, encode
from bko_mining.log.counting import variant_numbers
from bko_mining.log.issues import cut_cases
from bko_mining.words import day, duration, number, percent, say

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog

Mask = NDArray[np.bool_]


def contained_in(log: "EventLog", first: Any = None, last: Any = None) -> "EventLog":
    """Keep cases that lie wholly within two days (both included; None: open)."""
    low, high = _window(log, first, last)
    mask = (log.case_start >= low) & (log.case_end < high)
    return _cases(log, mask, say("cases contained in {first} – {last}", first=_day(first), last=_day(last)))


def intersecting(log: "EventLog", first: Any = None, last: Any = None) -> "EventLog":
    """Keep cases that were in progress at any time within two days (both included; None: open)."""
    low, high = _window(log, first, last)
    mask = (log.case_end >= low) & (log.case_start < high)
    return _cases(log, mask, say("cases in progress within {first} – {last}", first=_day(first), last=_day(last)))


def started_in(log: "EventLog", first: Any = None, last: Any = None) -> "EventLog":
    """Keep cases that started within two days (both included; None: open)."""
    low, high = _window(log, first, last)
    mask = (log.case_start >= low) & (log.case_start < high)
    return _cases(log, mask, say("cases started in {first} – {last}", first=_day(first), last=_day(last)))


def with_attribute(log: "EventLog", name: str, *values: Any) -> "EventLog":
    """Keep cases in which an attribute has one of the values at least once."""
    rows = _attribute_rows(log, name, values)
    reason = say("cases where {name} is {values}", name=name, values=_listed(values))
    return _cases(log, _any(log, rows), reason)


def with_activity(log: "EventLog", *activities: str) -> "EventLog":
    """Keep cases in which at least one of the activities occurs."""
    rows = _is(log, activities)
    return _cases(log, _any(log, rows), say("cases with {values}", values=_listed(activities)))


def without_activity(log: "EventLog", *activities: str) -> "EventLog":
    """Keep cases in which none of the activities occurs."""
    rows = _is(log, activities)
    return _cases(log, ~_any(log, rows), say("cases without {values}", values=_listed(activities)))


def only_activities(log: "EventLog", *activities: str) -> "EventLog":
    """Keep the instances of some activities only; cases without any of them disappear."""
    return _instances(log, _is(log, activities), say("only the activities {values}", values=_listed(activities)))


def following(log: "EventLog", first: str, then: str) -> "EventLog":
    """Keep cases in which an activity is followed directly by another."""
    pairs = _is(log, (then,)) & log.follows & np.roll(_is(log, (first,)), 1)
    reason = say("cases where {first} is followed directly by {then}", first=repr(first), then=repr(then))
    return _cases(log, _any(log, pairs), reason)


def eventually_following(log: "EventLog", first: str, then: str) -> "EventLog":
    """Keep cases in which an activity is followed, sooner or later, by another."""
    rows = np.arange(len(log))
    earliest = np.minimum.reduceat(np.where(_is(log, (first,)), rows, len(log)), log.offsets[:-1])
    latest = np.maximum.reduceat(np.where(_is(log, (then,)), rows, -1), log.offsets[:-1])
    reason = say("cases where {first} is followed, sooner or later, by {then}", first=repr(first), then=repr(then))
    return _cases(log, earliest < latest, reason)


def between(log: "EventLog", first: str, last: str) -> "EventLog":
    """Keep of each case what lies from the first ``first`` to the last ``last``; cases without both disappear."""
    rows = np.arange(len(log))
    begin = np.minimum.reduceat(np.where(_is(log, (first,)), rows, len(log)), log.offsets[:-1])
    end = np.maximum.reduceat(np.where(_is(log, (last,)), rows, -1), log.offsets[:-1])
    counts = log.n_instances
    keep = (rows >= np.repeat(begin, counts)) & (rows <= np.repeat(end, counts))
    return _instances(log, keep, say("from {first} to {last}", first=repr(first), last=repr(last)))


def top_variants(log: "EventLog", coverage: float = 0.8) -> "EventLog":
    """Keep the cases of the most frequent variants that together cover a share of all cases; ties as they came.

    Raises
    ------
    LogError
        If the share is not above 0 and at most 1.
    """
    if not 0 < coverage <= 1:
        raise LogError(f"coverage is a share of the cases, such as 0.8 for 80 %; it was {coverage!r}")
    variant, _ = variant_numbers(log)
    counts = np.bincount(variant)
    order = np.argsort(-counts, kind="stable")
    n = int(np.searchsorted(np.cumsum(counts[order]), coverage * log.n_cases - 1e-9)) + 1
    mask = np.isin(variant, order[:n])
    return _cases(log, mask, say("the {n} most frequent variants", n=number(n)))


def starting_with(log: "EventLog", *activities: str) -> "EventLog":
    """Keep cases whose first activity is one of these."""
    mask = _is(log, activities)[log.offsets[:-1]]
    return _cases(log, mask, say("cases that start with {values}", values=_listed(activities)))


def ending_with(log: "EventLog", *activities: str) -> "EventLog":
    """Keep cases whose last activity is one of these."""
    mask = _is(log, activities)[log.offsets[1:] - 1]
    return _cases(log, mask, say("cases that end with {values}", values=_listed(activities)))


def lasting(log: "EventLog", *, at_least: Any = None, at_most: Any = None) -> "EventLog":
    """Keep cases whose cycle time lies within bounds, given as a Timedelta or a text such as ``"2 days"``.

    Raises
    ------
    LogError
        If a bound is no length of time.
    """
    low = _length(at_least or 0)
    high = pd.Timedelta.max if at_most is None else _length(at_most)
    cycle = (log.case_end - log.case_start) / 1e6
    mask = (cycle >= low.total_seconds()) & (cycle <= high.total_seconds())
    if at_most is None:
        reason = say("cases that take {low} or more", low=duration(low.total_seconds()))
    else:
        low_words, high_words = duration(low.total_seconds()), duration(high.total_seconds())
        reason = say("cases that take {low} to {high}", low=low_words, high=high_words)
    return _cases(log, mask, reason)


def with_rework(log: "EventLog", *activities: str) -> "EventLog":
    """Keep cases in which an activity (one of these, if any are given) occurs again."""
    rows = _is(log, activities) if activities else np.ones(len(log), bool)
    key = log.case.astype(np.int64) * len(log.activities) + log.activity
    found, counts = np.unique(key[rows], return_counts=True)
    mask = np.zeros(log.n_cases, bool)
    mask[found[counts > 1] // len(log.activities)] = True
    return _cases(log, mask, say("cases with rework"))


def by_resource(log: "EventLog", *resources: str) -> "EventLog":
    """Keep cases in which at least one of the resources did something."""
    codes = _codes(resources, log.resources, "resource")
    return _cases(
        log, _any(log, np.isin(log.resource, codes)), say("cases touched by {values}", values=_listed(resources))
    )


def without_resources(log: "EventLog", *resources: str) -> "EventLog":
    """Drop the instances of some resources (bots, test users); cases left without any disappear."""
    codes = _codes(resources, log.resources, "resource")
    return _instances(
        log, ~np.isin(log.resource, codes), say("without the work of {values}", values=_listed(resources))
    )


def breaking_four_eyes(log: "EventLog", one: str, other: str) -> "EventLog":
    """Keep cases in which the same resource did both activities, which four eyes forbid."""
    width = len(log.resources)
    rows = log.resource != UNKNOWN
    key = log.case.astype(np.int64) * width + log.resource
    both = np.intersect1d(key[_is(log, (one,)) & rows], key[_is(log, (other,)) & rows])
    mask = np.zeros(log.n_cases, bool)
    mask[both // max(width, 1)] = True
    reason = say("cases where one person did both {one} and {other}", one=repr(one), other=repr(other))
    return _cases(log, mask, reason)


def without_cut_cases(log: "EventLog") -> "EventLog":
    """Drop the cases that probably began before the log or had not ended with it."""
    early, late = cut_cases(log)
    return _cases(log, ~(early | late), say("without cases cut by the window of the log"))


def without_open_instances(log: "EventLog") -> "EventLog":
    """Drop the instances that were started but never completed."""
    return _instances(log, log.end != MISSING, say("without open instances"))


def where(log: "EventLog", condition: Any) -> "EventLog":
    """Keep the cases, or the instances, for which a condition holds.

    Parameters
    ----------
    condition : boolean array or str
        A mask over the cases or over the instances (told by its length), or an expression over the columns of
        ``log.cases`` such as ``"amount > 10000 and n_instances > 5"``.

    Raises
    ------
    LogError
        If the expression cannot be evaluated, or a mask has neither length.
    """
    if isinstance(condition, str):
        return _cases(log, _evaluated(log, condition), condition)
    mask = np.asarray(condition, bool)
    if len(mask) == log.n_cases:
        return _cases(log, mask, say("cases picked by a mask"))
    if len(mask) == len(log):
        return _instances(log, mask, say("instances picked by a mask"))
    raise LogError(f"the mask has {len(mask)} values; the log has {log.n_cases} cases and {len(log)} instances")


def _evaluated(log: "EventLog", expression: str) -> Mask:
    cases = log.cases
    try:
        mask = cases.eval(expression)
    except (ValueError, SyntaxError, TypeError, AttributeError, pd.errors.UndefinedVariableError) as error:
        raise LogError(f"{expression!r} cannot be evaluated: {error}. {_columns_of(cases, str(error))}") from error
    if np.asarray(mask).dtype != bool:
        raise LogError(f"{expression!r} is no condition; compare it with something, as in 'n_instances > 5'")
    return np.asarray(mask, bool)


def _columns_of(cases: pd.DataFrame, problem: str) -> str:
    """What an expression can speak of, and what was probably meant."""
    told = f"The cases have the columns {', '.join(cases.columns)}"
    unknown = re.search(r"name '(.+?)' is not defined", problem)
    if unknown is None:
        return told
    if unknown[1] in ("activity", "resource", "role"):
        return f"{told}; {unknown[1]} belongs to instances: pass a mask such as log.frame[{unknown[1]!r}] == '…'"
    near = get_close_matches(unknown[1], list(cases.columns), 1)
    return f"Did you mean {near[0]!r}? {told}" if near else told


def _cases(log: "EventLog", mask: Mask, reason: str) -> "EventLog":
    return log.take_cases(mask, because=_because(reason, int(mask.sum()), log.n_cases))


def _instances(log: "EventLog", keep: Mask, reason: str) -> "EventLog":
    return log.take_instances(keep, because=_because(reason, int(_any(log, keep).sum()), log.n_cases))


def _because(reason: str, n: int, of: int) -> str:
    share = percent(n / of) if of else "–"
    return say("{reason}: {n} of {of} cases remain ({share})", reason=reason, n=number(n), of=number(of), share=share)


def _any(log: "EventLog", rows: Mask) -> Mask:
    some: Mask = np.logical_or.reduceat(rows, log.offsets[:-1])
    return some


def _is(log: "EventLog", activities: Iterable[str]) -> Mask:
    return np.isin(log.activity, _codes(activities, log.activities, "activity"))


def _codes(names: Iterable[str], known: tuple[str, ...], kind: str) -> list[int]:
    place = {name: code for code, name in enumerate(known)}
    unknown = [name for name in names if name not in place]
    if unknown:
        some = ", ".join(repr(name) for name in known[:12]) + (", …" if len(known) > 12 else "")
        raise LogError(f"the log has no {kind} {unknown[0]!r}; it has {some}")
    return [place[name] for name in names]


def _attribute_rows(log: "EventLog", name: str, values: tuple[Any, ...]) -> Mask:
    named = {"role": (log.role, log.roles), "resource": (log.resource, log.resources)}
    if name in named:
        codes, known = named[name]
        return np.isin(codes, [code for code, value in enumerate(known) if value in values])
    if name not in log.attributes.column_names:
        raise LogError(f"the log has no attribute {name!r}; it has {', '.join(log.attributes.column_names) or 'none'}")
    wanted = set(as_text(pa.array(list(values))).to_pylist())
    codes, texts = encode(log.attributes[name])
    return np.isin(codes, [code for code, text in enumerate(texts.to_pylist()) if text in wanted])


def _length(value: Any) -> pd.Timedelta:
    try:
        return pd.Timedelta(value)
    except ValueError as error:
        raise LogError(f"{value!r} is no length of time; write it like '2 days', '36 hours' or '90 minutes'") from error


def _at(value: Any) -> pd.Timestamp | None:
    if value is None:
        return None
    try:
        if isinstance(value, str) and re.match(r"\s*\d{1,2}[/.-]\d{1,2}[/.-]", value):
            raise ValueError("day and month can be mistaken")
        return pd.Timestamp(value)
    except ValueError as error:
        raise LogError(f"{value!r} is no date that can be told ({error}); write it like '2026-01-31'") from error


def _window(log: "EventLog", first: Any, last: Any) -> tuple[int, int]:
    low, high = _at(first), _at(last)
    if high is not None and high == high.normalize():
        high += pd.Timedelta(days=1)
    return _instant(log, low, np.iinfo(np.int64).min), _instant(log, high, np.iinfo(np.int64).max)


def _instant(log: "EventLog", at: pd.Timestamp | None, otherwise: int) -> int:
    if at is None:
        return otherwise
    return int((at.tz_localize(log.timezone) if at.tzinfo is None else at).value // 1000)


def _day(value: Any) -> str:
    at = _at(value)
    return "…" if at is None else day(at)


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(repr(value) for value in values)
