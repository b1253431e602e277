"""Outcomes of cases that can be explained: late, slow, reworked, costly, an attribute, or whatever the user has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.words import duration, say

Numbers = NDArray[np.float64]
NAMES = ("late", "slow", "reworked", "costly")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One value a case (0 or 1, or a number; NaN: not known), what it means, and the column it came from."""

    values: Numbers
    words: str
    is_share: bool = True
    column: str = ""


def outcome_of(log: EventLog, outcome: "str | Sequence[Any] | Numbers", target: str | pd.Timedelta | None) -> Outcome:
    """Work an outcome out.

    Raises
    ------
    LogError
        If it is not known, or the log does not say it.
    """
    if not isinstance(outcome, str):
        return _given(log, outcome)
    if outcome == "late":
        return _late(log, target)
    if outcome == "slow":
        return _upper_quarter(log.case_end - log.case_start, "cycle time")
    if outcome == "reworked":
        return Outcome(_done_again(log), say("something is done again"))
    if outcome == "costly":
        if not log.has_starts:
            raise LogError("working time is not known: the log has no start times; see log.estimate_start_times()")
        work = np.add.reduceat(log.finish - log.begin, log.offsets[:-1])
        return _upper_quarter(work, "working time")
    return _attribute(log, outcome)


def _done_again(log: EventLog) -> Numbers:
    kinds, n = np.unique(log.case.astype(np.int64) * len(log.activities) + log.activity, return_counts=True)
    again = np.zeros(log.n_cases)
    again[kinds[n > 1] // len(log.activities)] = 1.0
    return again


def _upper_quarter(times: NDArray[np.int64], measure: str) -> Outcome:
    limit = float(np.quantile(times, 0.75))
    shown = duration(limit / 1e6)
    if measure == "cycle time":
        return Outcome((times > limit).astype(float), say("cycle time above {limit}", limit=shown))
    return Outcome((times > limit).astype(float), say("working time above {limit}", limit=shown))


def _late(log: EventLog, target: str | pd.Timedelta | None) -> Outcome:
    if target is None:
        raise LogError("late needs a target; write explain(log, 'late', target='10 d')")
    limit = pd.Timedelta(target)
    cycle = log.case_end - log.case_start
    late = (cycle > limit.value // 1000).astype(float)
    if log.open_cases is not None:
        age = log.finish.max() - log.case_start
        late[log.open_cases & (age <= limit.value // 1000)] = np.nan
        late[log.open_cases & (age > limit.value // 1000)] = 1.0
    return Outcome(late, say("cycle time above {limit}", limit=duration(limit.total_seconds())))


def _attribute(log: EventLog, name: str) -> Outcome:
    known = log.case_attributes
    if name not in known:
        raise LogError(
            f"{name!r} is no outcome; give one of {', '.join(NAMES)}, a case attribute ({', '.join(known) or 'none'}), "
            "or one value a case"
        )
    values = log.cases[name]
    if pd.api.types.is_bool_dtype(values.dropna().infer_objects()):
        return Outcome(values.to_numpy(np.float64, na_value=np.nan), name, column=name)
    if not pd.api.types.is_numeric_dtype(values):
        raise LogError(f"{name!r} is neither a number nor yes/no; compare it: explain(log, log.cases[{name!r}] == …)")
    return Outcome(values.to_numpy(float, na_value=np.nan), name, is_share=False, column=name)


def _given(log: EventLog, outcome: "Sequence[Any] | Numbers") -> Outcome:
    values = np.asarray(outcome)
    if values.shape != (log.n_cases,):
        raise LogError(f"an outcome needs one value a case: {log.n_cases} values, not {values.shape}")
    name = str(getattr(outcome, "name", None) or say("the outcome given"))
    is_share = values.dtype == bool or set(np.unique(values[~pd.isna(values)]).tolist()) <= {0, 1}
    return Outcome(values.astype(float), name, is_share=is_share)
