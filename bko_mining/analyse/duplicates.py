"""Data captured again elsewhere: activities of one family done in a case by different departments.

A family is activities whose names share most of their words (``Enter invoice``, ``Enter invoice in ERP``). A second
look (approve, review, check) is control and no second entry, and names that differ by a number are stages (``Level 2``,
``Level 3``). Only names and people are compared: the log does not hold what was typed. A correction is an
activity whose name says so; it corrects the last work before it that shares a stem with its name (``Correct
registration``, ``Register invoice``), otherwise the last work that is no control.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import holders, people_only
from bko_mining.analyse.times import HOUR, months
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.results import Result
from bko_mining.words import money, number, say

ALIKE = 0.6
"""Share of common words (of the shorter name) from which two activities are of one family; one word is not enough."""
STEM = 5
"""Letters by which ``Register`` and ``registration`` are seen to be about the same."""
_SMALL = frozenset(re.findall(r"\w+", "the a of in to for by and at o de da do no na em para por e"))


@dataclass(frozen=True, slots=True, eq=False)
class DuplicateEntry(Result):
    """Work that a second department does again in the same case, the costliest first.

    Attributes
    ----------
    table : pandas.DataFrame
        ``kind`` (``entered again``, ``corrected``), ``first_activity``, ``second_activity``, ``first_by``,
        ``second_by``, ``n`` times, ``n_cases``, ``processing_time`` of the second time (Timedelta), ``hours_per_month``
        and, with a price, ``cost_per_month``.
    people_known : bool
        False where the log does not say which department worked, and nothing can be said.
    starts_known : bool
        False where the log cannot say how long the second time took.
    currency : str
        Of ``cost_per_month``, empty where no price was given.
    """

    people_known: bool
    starts_known: bool
    currency: str = ""

    picture: ClassVar[str] = "people:plot_duplicates"

    @property
    def summary(self) -> str:
        """The costliest double work."""
        if not self.people_known:
            return say("The log does not say which department worked, so double work across departments is not seen.")
        if not len(self.table):
            return say("No work of one kind is done by two departments in the same case.")
        row = self.table.iloc[0]
        words = {
            "first": row["first_activity"],
            "by": row["first_by"],
            "second": row["second_activity"],
            "other": row["second_by"],
            "n": number(row["n_cases"]),
        }
        sentence = (
            say("What {by} did in “{first}” is corrected by {other} in “{second}” in {n} {n:case|cases}.", **words)
            if row["kind"] == "corrected"
            else say("“{first}” ({by}) is followed by “{second}” ({other}) in {n} {n:case|cases}.", **words)
        )
        if self.starts_known:
            hours = number(float(self.table["hours_per_month"].sum()))
            sentence += " " + say("All double work takes {hours} {hours:hour|hours} a month.", hours=hours)
        if self.currency:
            cost = money(float(self.table["cost_per_month"].sum()), self.currency)
            sentence += " " + say("That is {cost} a month.", cost=cost)
        return sentence


def duplicate_entry(
    log: EventLog, *, by: str = "role", names: bool = False, cost_per_hour: float | None = None, currency: str = "USD"
) -> DuplicateEntry:
    """Find work of one kind that two departments do in the same case, and corrections by another department.

    Parameters
    ----------
    log : EventLog
        The log.
    by : str
        What stands for the department: ``role``, ``resource`` or an attribute. Two colleagues of one department are a
        repeat (``rework``), not a second entry; a log without departments is answered with an empty table.
    names : bool
        Show people by name when asked by resource; pseudonyms otherwise.
    cost_per_hour : float, optional
        What an hour of work costs.
    currency : str
        ISO code of that price.

    Raises
    ------
    LogError
        If the log has no attribute of the name ``by``.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A"], "activity": ["Enter invoice", "Enter invoice in ERP"],
    ...     "role": ["Purchasing", "Finance"], "end": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00"])})
    >>> bko.duplicate_entry(bko.EventLog.from_frame(rows)).table[["second_activity", "second_by"]].values.tolist()
    [['Enter invoice in ERP', 'Finance']]
    """
    log = people_only(log)
    who, labels = holders(log, by, names=names)
    known = bool((who != UNKNOWN).any())
    pairs = [_entered_again(log, who), _corrected(log, who)] if known else []
    table = _table(log, who, labels, pairs)
    if cost_per_hour is not None:
        table["cost_per_month"] = table["hours_per_month"] * cost_per_hour
    return DuplicateEntry(
        table,
        people_known=known,
        starts_known=log.has_starts,
        currency=currency if cost_per_hour is not None and log.has_starts else "",
    )


Pairs = tuple[str, NDArray[np.int64], NDArray[np.int64]]
"""A kind, and the rows of the first and of the second time."""


def _entered_again(log: EventLog, who: NDArray[np.int32]) -> Pairs:
    family = _families(log.activities)[log.activity]
    rows = np.flatnonzero((who != UNKNOWN) & (family >= 0))
    key = log.case[rows].astype(np.int64) * len(log.activities) + family[rows]
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    again = np.flatnonzero(key[1:] == key[:-1]) + 1
    first, second = rows[again - 1], rows[again]
    other = who[first] != who[second]
    return "entered again", first[other], second[other]


def _corrected(log: EventLog, who: NDArray[np.int32]) -> Pairs:
    """Corrections, and the last instance before them of what they correct, where another department did it."""
    firsts, seconds = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for code, name in enumerate(log.activities):
        if _CORRECTION.search(name.casefold()):
            rows = np.flatnonzero((log.activity == code) & (who != UNKNOWN))
            source = np.where(_corrected_by(name, log.activities)[log.activity], np.arange(len(log)), -1)
            last = np.maximum.accumulate(source)[rows - 1]
            found = log.follows[rows] & (last >= log.offsets[log.case[rows]])
            firsts.append(last[found])
            seconds.append(rows[found])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    other = (who[first] != UNKNOWN) & (who[first] != who[second])
    return "corrected", first[other], second[other]


def _corrected_by(correction: str, activities: tuple[str, ...]) -> NDArray[np.bool_]:
    """What a correction may correct: activities that share a stem with it, otherwise all that is no control itself."""
    work = [not (_CORRECTION.search(name.casefold()) or any(map(_CONTROL.match, _words(name)))) for name in activities]
    stems = {word[:STEM] for word in _words(correction) if len(word) >= STEM and not _CORRECTION.search(word)}
    akin = [
        mine and any(word[:STEM] in stems for word in _words(name)) for mine, name in zip(work, activities, strict=True)
    ]
    return np.array(akin if any(akin) else work)


def _table(log: EventLog, who: NDArray[np.int32], labels: list[str], pairs: list[Pairs]) -> pd.DataFrame:
    names, titles = np.asarray(log.activities, object), np.asarray([*labels, ""], object)
    time = log.finish - log.begin
    frames = [
        pd.DataFrame(
            {
                "kind": kind,
                "first_activity": names[log.activity[first]],
                "second_activity": names[log.activity[second]],
                "first_by": titles[who[first]],
                "second_by": titles[who[second]],
                "case": log.case[second],
                "time": time[second],
            }
        )
        for kind, first, second in pairs
    ]
    columns = ["kind", "first_activity", "second_activity", "first_by", "second_by"]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*columns, "case", "time"])
    grouped = frame.groupby(columns, as_index=False)
    table = grouped.agg(n=("case", "size"), n_cases=("case", "nunique"), processing_time=("time", "sum"))
    table["hours_per_month"] = table["processing_time"].astype(float) / HOUR / months(log)
    table["processing_time"] = table["processing_time"].to_numpy(np.int64).astype(MICROSECOND)
    return table.sort_values(["hours_per_month", "n_cases"], ascending=False, kind="stable", ignore_index=True)


def _families(activities: tuple[str, ...]) -> NDArray[np.int64]:
    """A family number for each activity (the first earlier one whose words it mostly shares), -1 for control."""
    words = [_words(name) for name in activities]
    family = np.array([-1 if any(map(_CONTROL.match, each)) else place for place, each in enumerate(words)])
    for later in np.flatnonzero(family >= 0):
        for earlier in np.flatnonzero(family[:later] >= 0):
            if _akin(words[earlier], words[later]):
                family[later] = family[earlier]
                break
    return family


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", name.casefold())) - _SMALL


def _akin(one: set[str], other: set[str]) -> bool:
    if any(word.isdigit() for word in one ^ other):
        return False
    common = len(one & other)
    return common >= 2 and common > ALIKE * min(len(one), len(other))


_CONTROL = re.compile(
    r"approv|reject|rejeit|recus|review|check|verif|valid|confirm|inspect|audit|sign|authori|aprov|revis|confer|assin|autoriz|homolog",
)
"""Words of control, in English and Portuguese."""
_CORRECTION = re.compile(r"\bcorrect|\bfix|\bamend|\brepair|\brectif|\bcorrig|\bcorre[cç]|\bajust|\bretific|\bestorn")
"""Words of correction, in English and Portuguese."""
