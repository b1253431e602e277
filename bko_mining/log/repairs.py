"""Repairs: each returns a new log and writes into its history what was changed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.coding import MISSING, UNKNOWN, Instants
from bko_mining.log.issues import duplicate_rows, impossible_rows, reversed_rows, spellings
from bko_mining.words import number, percent, say

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog


def without_duplicates(log: "EventLog") -> "EventLog":
    """Drop instances that repeat another of the same case, activity, resource, start and end."""
    twice = duplicate_rows(log)
    return log.take_instances(
        ~twice, because=say("{n} duplicated {n:instance|instances} dropped", n=number(int(twice.sum())))
    )


def with_reversed_swapped(log: "EventLog") -> "EventLog":
    """Swap start and end where an instance ends before it starts."""
    odd = reversed_rows(log)
    start, end = np.where(odd, log.end, log.start), np.where(odd, log.start, log.end)
    return _resorted(
        replace(log, start=start, end=end), say("start and end of {n} {n:instance|instances} swapped", n=_n(odd))
    )


def without_reversed(log: "EventLog") -> "EventLog":
    """Drop instances that end before they start."""
    odd = reversed_rows(log)
    return log.take_instances(
        ~odd,
        because=say(
            "{n} {n:instance that ends before it starts|instances that end before they start} dropped", n=_n(odd)
        ),
    )


def without_impossible_dates(log: "EventLog") -> "EventLog":
    """Drop instances before 1990 or far after all others."""
    odd = impossible_rows(log)
    return log.take_instances(~odd, because=say("{n} {n:instance|instances} with impossible dates dropped", n=_n(odd)))


def with_one_spelling(log: "EventLog") -> "EventLog":
    """Give activities that differ in case, accents or punctuation only their most frequent spelling."""
    names = spellings(log)
    return _renamed(log, names, say("{n} {n:spelling|spellings} of activities merged", n=number(len(names))))


def with_activities_named(log: "EventLog", names: Mapping[str, str]) -> "EventLog":
    """Give activities other names; two of one name become one.

    Raises
    ------
    LogError
        If the log has no activity of that name.

    Examples
    --------
    >>> import pandas as pd
    >>> from bko_mining import EventLog
    >>> times = pd.to_datetime(["2026-01-05", "2026-01-06"])
    >>> log = EventLog.from_frame(pd.DataFrame({"case": [1, 1], "activity": ["check", "chek"], "end": times}))
    >>> with_activities_named(log, {"chek": "check"}).activities
    ('check',)
    """
    unknown = [name for name in names if name not in log.activities]
    if unknown:
        raise LogError(f"the log has no activity {unknown[0]!r}; it has {', '.join(log.activities)}")
    return _renamed(log, names, say("{n} {n:activity|activities} renamed", n=number(len(names))))


def _renamed(log: "EventLog", names: Mapping[str, str], note: str) -> "EventLog":
    merged = [names.get(name, name) for name in log.activities]
    kept = tuple(dict.fromkeys(merged))
    place = {name: code for code, name in enumerate(kept)}
    codes = np.array([place[name] for name in merged], np.int32)[log.activity]
    return replace(log, activity=codes, activities=kept, history=(*log.history, note))


def with_resource(log: "EventLog", name: str) -> "EventLog":
    """Name the resource of instances that have none."""
    lacking = log.resource == UNKNOWN
    names = log.resources if name in log.resources else (*log.resources, name)
    codes = np.where(lacking, names.index(name), log.resource).astype(np.int32)
    note = say("{n} {n:instance|instances} without a resource given to {name}", n=_n(lacking), name=repr(name))
    return replace(log, resource=codes, resources=names, history=(*log.history, note))


def estimate_start_times(log: "EventLog", *, quantile: float = 0.5) -> "EventLog":
    """Estimate the starts of a log that has end times only.

    An instance can start when its case and its resource are both free: at the later of the previous end of the case and
    the previous end of the resource (Nakatumba 2013). As that time includes breaks and nights, it is capped: no
    instance is longer than the ``quantile`` of these upper bounds for its activity within one working day. Known starts
    are kept.

    Returns
    -------
    EventLog
        With ``starts_estimated`` set, so that every result made from it can say so.

    Examples
    --------
    >>> import pandas as pd
    >>> from bko_mining import EventLog
    >>> times = pd.to_datetime(["2026-01-05 09:00", "2026-01-05 09:20"])
    >>> log = EventLog.from_frame(pd.DataFrame({"case": [1, 1], "activity": ["A", "B"], "end": times}))
    >>> estimate_start_times(log).frame["start"].dt.strftime("%H:%M").tolist()
    ['09:00', '09:00']
    """
    end = log.finish
    free = np.where(log.follows, np.roll(end, 1), MISSING)
    by_resource = np.lexsort((end, log.resource))
    who = log.resource[by_resource]
    before = np.full(len(log), MISSING)
    same = (who[1:] == who[:-1]) & (who[1:] != UNKNOWN)
    before[by_resource[1:][same]] = end[by_resource][:-1][same]
    possible = np.minimum(np.maximum(free, before), end)
    known = possible != MISSING
    length = np.where(known, end - np.where(known, possible, end), 0)
    cap = _caps(log, length, known, quantile)
    estimated = end - np.minimum(length, cap[log.activity])
    lacking = log.start == MISSING
    note = say(
        "starts of {n} {n:instance|instances} estimated ({share})", n=_n(lacking), share=percent(float(lacking.mean()))
    )
    changed = replace(log, start=np.where(lacking, estimated, log.start), starts_estimated=True)
    return _resorted(changed, note)


def _caps(log: "EventLog", length: Instants, known: NDArray[np.bool_], quantile: float) -> Instants:
    working_day = 8 * 3_600_000_000
    caps = np.zeros(len(log.activities), np.int64)
    for code in range(len(caps)):
        own = length[(log.activity == code) & known & (length > 0) & (length <= working_day)]
        caps[code] = int(np.quantile(own, quantile)) if len(own) else 0
    return caps


def _resorted(log: "EventLog", note: str) -> "EventLog":
    """Sort a log anew after its instants have changed."""
    made = type(log).from_codes(
        case=log.case,
        case_ids=log.case_ids,
        activity=log.activity,
        activities=log.activities,
        start=log.start,
        end=log.end,
        enabled=log.enabled,
        resource=log.resource,
        resources=log.resources,
        role=log.role,
        roles=log.roles,
        attributes=log.attributes if log.attributes.num_columns else None,
        timezone=log.timezone,
        mapping=log.mapping,
        found=log.found,
        history=(*log.history, note),
        starts_estimated=log.starts_estimated,
    )
    if log.open_cases is None:
        return made
    # Other starts may be another order of arrival.
    position = pc.index_in(made.case_ids, log.case_ids).to_numpy()
    return replace(made, open_cases=log.open_cases[position])


def _n(mask: NDArray[np.bool_]) -> str:
    return number(int(mask.sum()))
