"""What can be said of a case beside its outcome: attributes, activities, people, day and load of its arrival."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.words import number, say, weekdays

Mask = NDArray[np.bool_]
MOST_VALUES = 50
MONTH_END_DAYS = 5


@dataclass(frozen=True, slots=True)
class Factor:
    """Something that is true of some cases."""

    kind: str
    words: str
    holds: Mask


def factors_of(log: EventLog, *, attributes: list[str] | None, names: bool, fewest: int) -> list[Factor]:
    """All factors that hold for enough cases, and do not hold for enough.

    Parameters
    ----------
    log : EventLog
        The log.
    attributes : list of str or None
        Case attributes to look at; all, if None.
    names : bool
        Show people by name; pseudonyms otherwise.
    fewest : int
        Cases with the factor and cases without it that are needed.

    Raises
    ------
    LogError
        If an attribute is not one of the case attributes.
    """
    known = log.case_attributes
    unknown = [name for name in attributes or () if name not in known]
    if unknown:
        raise LogError(
            f"{unknown[0]!r} is no attribute that is constant within cases; these are: {', '.join(known) or 'none'}"
        )
    asked = known if attributes is None else attributes
    found = [
        *(factor for name in asked for factor in _of_attribute(log, name)),
        *_done(log),
        *_by_whom(log, names=names),
        *_arrival(log),
    ]
    return [factor for factor in found if fewest <= int(factor.holds.sum()) <= log.n_cases - fewest]


def _of_attribute(log: EventLog, name: str) -> Iterator[Factor]:
    values = log.cases[name]
    if pd.api.types.is_datetime64_any_dtype(values):
        return
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if is_number and values.nunique() > 10:
        yield from _of_number(name, values)
        return
    for value in values.value_counts().index[:MOST_VALUES]:
        shown = (say("yes") if value else say("no")) if isinstance(value, bool | np.bool_) else str(value)
        yield Factor("attribute", f"{name} = {shown}", (values == value).fillna(False).to_numpy(bool))


def _of_number(name: str, values: pd.Series) -> Iterator[Factor]:
    """The upper and the lower quarter."""
    low, high = values.quantile([0.25, 0.75])
    if high > values.min():
        words = say("{name} at least {value}", name=name, value=_rounded(high))
        yield Factor("attribute", words, (values >= high).fillna(False).to_numpy(bool))
    if low < values.max():
        words = say("{name} at most {value}", name=name, value=_rounded(low))
        yield Factor("attribute", words, (values <= low).fillna(False).to_numpy(bool))


def _rounded(value: float) -> str:
    return number(value, 0 if abs(value) >= 100 or value == int(value) else 2)


def _in_case(log: EventLog, codes: NDArray[Any], n: int) -> Iterator[tuple[int, Mask]]:
    """For each code, the cases in which it occurs."""
    case = log.case
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(n + 1))
    for code in range(n):
        holds = np.zeros(log.n_cases, bool)
        holds[case[order[edges[code] : edges[code + 1]]]] = True
        yield code, holds


def _done(log: EventLog) -> Iterator[Factor]:
    for code, holds in _in_case(log, log.activity, len(log.activities)):
        yield Factor("activity", say("“{name}” is done", name=log.activities[code]), holds)


def _by_whom(log: EventLog, *, names: bool) -> Iterator[Factor]:
    labels = people(log, names=names)
    for code, holds in _in_case(log, log.resource, len(log.resources)):
        yield Factor("resource", say("{name} takes part", name=labels[code]), holds)


def _arrival(log: EventLog) -> Iterator[Factor]:
    start = log.case_start
    local = log.local(start)
    for code, name in enumerate(weekdays()):
        yield Factor("weekday", say("arrives on {day}", day=name), np.asarray(local.weekday == code))
    last_days = np.asarray(local.day > local.days_in_month - MONTH_END_DAYS)
    yield Factor("month end", say("arrives in the last {n} days of a month", n=number(MONTH_END_DAYS)), last_days)
    under_way = np.searchsorted(np.sort(start), start) - np.searchsorted(np.sort(log.case_end), start)
    busy = float(np.quantile(under_way, 0.75))
    words = say("arrives when {n} or more cases are under way", n=number(busy))
    yield Factor("load", words, under_way >= max(busy, 1.0))
