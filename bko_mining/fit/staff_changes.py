"""Who left and who came while the log was written, and how newcomers got quicker.

Somebody who is not seen for so long that many instances were due has left; somebody who is first seen so late has come.
A twin that counted both as there all the time would have too many people. A newcomer's time falls from a multiple of
the later level, ``1 + (start_factor - 1) exp(-3 t / ramp_up)``, where that explains the times clearly better.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bko_mining.fit.instances import DAY, MONDAY, Instances, Mask, Seconds
from bko_mining.twin.model import Evidence

DUE = 25.0
"""Instances that must have been due in the time in which somebody was not seen."""
LONGEST = 3.0
"""How many times their own longest break that time must be."""
RAMPS = np.array([14, 21, 28, 42, 56, 84, 126, 182]) * DAY
LEARNT = 60
"""Instances of a newcomer from which learning is looked for."""
CLEAR = 12.0
"""How much the log-likelihood must gain by learning: a chance below one in ten thousand."""
SLOWEST, QUICKEST = 4.0, 1.15
"""Factors on the first day that are believed."""


@dataclass(frozen=True)
class StaffChange:
    """When somebody was there, as seconds of the office's clock, and how they learnt.

    Attributes
    ----------
    resource : int
        Code of the person.
    since, until : float or None
        First and last day; None where they were there before, or still are.
    due : float
        Instances that were due while they were not there.
    n : int
        Instances they did.
    ramp_up, start_factor : float
        Learning; 0 and 1 where none was found.
    level : float
        The later pace as a share of the mean pace.
    """

    resource: int
    since: float | None
    until: float | None
    due: float
    n: int
    ramp_up: float = 0.0
    start_factor: float = 1.0
    level: float = 1.0

    @property
    def dates(self) -> dict[str, object]:
        """The first and last day as the twin writes them."""
        days = {"since": self.since, "until": self.until}
        return {name: _day(instant) for name, instant in days.items() if instant is not None}


def staff_changes(data: Instances, work: Seconds, people: Mask) -> dict[int, StaffChange]:
    """Find who came and who left, by resource.

    Parameters
    ----------
    data : Instances
        The log.
    work : float64[n]
        Net working time of each instance.
    people : bool[n_resources]
        Whom to ask; machines neither come nor leave.
    """
    first, last = float(data.arrivals.min()), float(data.arrivals.max())
    typical = _typical(data, work)
    found = {}
    for code in np.flatnonzero(people).tolist():
        rows = np.flatnonzero((data.resource == code) & (data.start <= last))
        if len(rows) < DUE:
            continue
        change = _change(code, np.sort(data.start[rows]), first, last)
        if change is not None:
            found[code] = _with_learning(change, data, rows, work[rows] / typical[data.activity[rows]])
    return _with_work_for_all(data, found, people)


def _with_work_for_all(data: Instances, found: dict[int, StaffChange], people: Mask) -> dict[int, StaffChange]:
    """Leave aside those without whom an activity would have nobody: there the work changed, not the staff."""
    kept = dict(found)
    done = np.zeros((len(data.activities), len(data.resources) + 1), bool)
    done[data.activity, data.resource] = True
    for row in done[:, :-1]:
        doers = np.flatnonzero(row & people).tolist()
        for days in ("since", "until"):
            if doers and all(code in kept and getattr(kept[code], days) is not None for code in doers):
                kept = {code: change for code, change in kept.items() if code not in doers}
    return kept


def _typical(data: Instances, work: Seconds) -> Seconds:
    n = len(data.activities)
    mean = np.bincount(data.activity, work, n) / np.maximum(1, np.bincount(data.activity, minlength=n))
    return np.asarray(np.maximum(mean, 1e-9))


def _change(code: int, starts: Seconds, first: float, last: float) -> StaffChange | None:
    pace = len(starts) / max(DAY, starts[-1] - starts[0])
    longest = max(DAY, float(np.diff(starts).max()))
    before, after = starts[0] - first, last - starts[-1]
    came, left = (away * pace >= DUE and away > LONGEST * longest for away in (before, after))
    if not (came or left):
        return None
    due = pace * (before * came + after * left)
    return StaffChange(
        code, float(starts[0]) if came else None, float(starts[-1]) if left else None, float(due), len(starts)
    )


def _with_learning(change: StaffChange, data: Instances, rows: np.ndarray, ratio: Seconds) -> StaffChange:
    """Fit the curve to the logarithms of the times; its handicap is read from a grid."""
    there = ratio > 0
    if change.since is None or there.sum() < LEARNT:
        return change
    t, y = data.start[rows[there]] - change.since, np.log(ratio[there])
    still = ((y - y.mean()) ** 2).sum()
    best = (still, 0.0, 1.0)
    for ramp in RAMPS[2 * np.ptp(data.start) > RAMPS]:
        for factor in np.arange(QUICKEST, SLOWEST, 0.05):
            rest = y - np.log1p((factor - 1) * np.exp(-3 * t / ramp))
            best = min(best, (float(((rest - rest.mean()) ** 2).sum()), float(ramp), float(factor)))
    if len(y) / 2 * np.log(still / best[0]) < CLEAR:
        return change
    slow = 1 + (best[2] - 1) * np.exp(-3 * t / best[1])
    time = ratio[there]
    return StaffChange(
        change.resource,
        change.since,
        change.until,
        change.due,
        change.n,
        best[1],
        best[2],
        float((time / slow).mean() / time.mean()),
    )


def said_of(change: StaffChange, name: str) -> Evidence:
    """Say when somebody came or left, and how they learnt."""
    parts = [f"{'there since' if word == 'since' else 'left after'} {day}" for word, day in change.dates.items()]
    if change.ramp_up:
        parts.append(
            f"{change.start_factor:.1f} times the later time on the first day, as quick as later after "
            f"{change.ramp_up / DAY / 7:.0f} weeks"
        )
    return Evidence(
        part=f"resources.{name}",
        found="; ".join(parts),
        n=change.n,
        assumption=f"not on leave: {change.due:.0f} instances were due in the time without any",
        numbers={"due": change.due, "ramp_up": change.ramp_up, "start_factor": change.start_factor},
    )


def _day(instant: float) -> date:
    return date(1970, 1, 1) + timedelta(days=int((instant + MONDAY) // DAY))
