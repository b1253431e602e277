"""When people are away, and whether their work waits for them.

Somebody is away if they do nothing on so many days in a row on which the office works that their usual pace explains it
less than once in a thousand times. What is done outside the log (training, other processes) looks the same: ask.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people, people_only
from bko_mining.analyse.times import enabled_instants
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.results import Result
from bko_mining.words import duration, number, percent, say

ENOUGH = 20
SHORTEST = 3
"""Office days in a row."""
RARE = 0.001
MINE = 0.5
"""Share of an activity that somebody does from which it is theirs to be waited for."""


@dataclass(frozen=True, slots=True, eq=False)
class Absences(Result):
    """Stretches in which somebody who works regularly did nothing.

    Attributes
    ----------
    table : pandas.DataFrame
        One row an absence, in order of time: ``person``, ``first``, ``last`` (days), ``n_days`` on which the office
        worked, ``away_at_once`` (people away on the same days at most), ``activity`` (which waits for the person: at
        least half of it is theirs; missing where none does), ``waiting_time`` (mean of its instances enabled
        meanwhile) and ``usual_waiting_time``.
    n_people : int
        People regular enough to be judged.
    away_share : float
        Of their office days.
    """

    n_people: int
    away_share: float

    picture: ClassVar[str] = "people:plot_absences"

    @property
    def summary(self) -> str:
        """How much people are away, and the longest wait for one of them."""
        if not self.n_people:
            return say("The log does not show anybody working regularly enough to be missed.")
        if not len(self.table):
            return say("None of {n} regular {n:person|people} was ever away for long.", n=number(self.n_people))
        sentence = say(
            "Of {n} regular {n:person|people} some were away {times} {times:time|times}, {share} of the "
            "days on which the office worked.",
            n=number(self.n_people),
            times=number(len(self.table)),
            share=percent(self.away_share, 1),
        )
        waited = self.table.dropna(subset=["waiting_time"])
        longer = waited[waited["waiting_time"] > 1.5 * waited["usual_waiting_time"]]
        if not len(longer):
            return sentence
        row = longer.iloc[int((longer["waiting_time"] - longer["usual_waiting_time"]).to_numpy().argmax())]
        return (
            sentence
            + " "
            + say(
                "While {person} was away, “{activity}” waited {wait} instead of {usual}.",
                person=row["person"],
                activity=row["activity"],
                wait=duration(row["waiting_time"].total_seconds()),
                usual=duration(row["usual_waiting_time"].total_seconds()),
            )
        )


def absences(log: EventLog, *, names: bool = False) -> Absences:
    """Find when people were away and whether their work waited for them.

    Parameters
    ----------
    log : EventLog
        The log; needs resources.
    names : bool
        Show people by name; pseudonyms otherwise.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> days = pd.date_range("2026-01-05", periods=100, freq="D")
    >>> rows = [(f"{k}", "key in", "Ana", day) for k, day in enumerate(days)]
    >>> rows += [(f"x{k}", "key in", "Rui", day) for k, day in enumerate(days) if not 50 <= k < 60]
    >>> log = bko.EventLog.from_frame(pd.DataFrame(rows, columns=["case_id", "activity", "resource", "end"]))
    >>> bko.absences(log, names=True).table[["person", "n_days"]].values.tolist()
    [['Rui', 10]]
    """
    log = people_only(log)
    known = np.flatnonzero(log.resource != UNKNOWN)
    labels = people(log, names=names)
    day = _local_days(log)
    n = np.bincount(log.resource[known], minlength=len(labels))
    active = np.zeros((len(labels), int(day.max()) + 1), bool)
    active[log.resource[known], day[known]] = True
    open_days = np.flatnonzero(active.sum(axis=0) >= max(1.0, 0.2 * float(np.median(active.sum(axis=0)))))
    found, judged, present, away = [], 0, 0, 0
    for code in np.flatnonzero(n >= ENOUGH):
        worked = np.flatnonzero(active[code][open_days])
        if len(worked) < 2:
            continue
        span = int(worked[-1] - worked[0]) + 1
        pace = len(worked) / span
        least = max(SHORTEST, int(np.ceil(np.log(RARE / span) / np.log(max(1 - pace, 1e-9)))))
        gaps = np.diff(worked) - 1
        judged, present, away = judged + 1, present + span, away + int(gaps[gaps >= least].sum())
        found += [(int(code), int(worked[k]) + 1, int(worked[k + 1]) - 1) for k in np.flatnonzero(gaps >= least)]
    table = _table(log, found, open_days, labels)
    return Absences(table, n_people=judged, away_share=away / max(present, 1))


def _local_days(log: EventLog) -> NDArray[np.int64]:
    """Day of the log on which each instance began, on its clock."""
    shown = log.local(log.begin).tz_localize(None).to_numpy().astype("M8[D]").astype(np.int64)
    return np.asarray(shown - shown.min())


def _table(
    log: EventLog, found: list[tuple[int, int, int]], open_days: NDArray[np.int64], labels: list[str]
) -> pd.DataFrame:
    spans = [(code, int(open_days[first]), int(open_days[last]), int(last - first + 1)) for code, first, last in found]
    origin = log.local([int(log.begin.min())])[0].normalize()
    wait = log.begin - enabled_instants(log)
    day = _local_days(log)
    mine = _owners(log)
    rows = []
    for code, first, last, n_days in sorted(spans, key=lambda span: (span[1], span[0])):
        together = sum(other[1] <= last and first <= other[2] for other in spans)
        what, meanwhile, usual = _waits(log, wait, (day >= first) & (day <= last + 1), mine.get(code))
        start, end = (origin + pd.Timedelta(days=at) for at in (first, last))
        rows.append((labels[code], start, end, n_days, together, what, meanwhile, usual))
    columns = ["person", "first", "last", "n_days", "away_at_once", "activity", "waiting_time", "usual_waiting_time"]
    table = pd.DataFrame(rows, columns=columns)
    for name in ("waiting_time", "usual_waiting_time"):
        table[name] = table[name].to_numpy(np.int64).astype(MICROSECOND)
    return table


def _owners(log: EventLog) -> dict[int, int]:
    """The largest activity of which each person does at least half."""
    size = len(log.activities)
    known = log.resource != UNKNOWN
    key = log.resource[known].astype(np.int64) * size + log.activity[known]
    count = np.bincount(key, minlength=len(log.resources) * size).reshape(-1, size)
    owned = np.where(count >= MINE * np.maximum(count.sum(axis=0), 1), count, 0)
    return {int(code): int(owned[code].argmax()) for code in np.flatnonzero(owned.max(axis=1, initial=0))}


def _waits(
    log: EventLog, wait: NDArray[np.int64], meanwhile: NDArray[np.bool_], what: int | None
) -> tuple[str | None, int, int]:
    """The activity that waits for somebody, and its mean waits (microseconds) meanwhile and else; MISSING if none."""
    if what is None:
        return None, MISSING, MISSING
    ours = (log.activity == what) & log.follows
    then, usual = wait[ours & meanwhile], wait[ours & ~meanwhile]
    if not len(then) or not len(usual):
        return None, MISSING, MISSING
    return log.activities[what], int(then.mean()), int(usual.mean())
