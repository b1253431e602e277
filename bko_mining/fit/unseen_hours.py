"""Hours on duty that no logged work fills although work waited: how much of all work is in no log.

While an item waits for a team, everybody of the team who is on duty is busy. What their logged work leaves of those
hours is work that the log does not hold. Where all work is logged, nothing is left; where a share of the cases is
missing, that share of the hours is, to within one in a hundred, and no model of the process is needed to see it.
"""

from dataclasses import dataclass

import numpy as np

from bko_mining.fit.calendars import Hours
from bko_mining.fit.crews import rows_of
from bko_mining.fit.findings import Findings, settled
from bko_mining.fit.instances import WEEK, Codes, Instances, Seconds

SOME = 0.3
"""Share of prompt starts from which a transition counts as prompt in itself; below, it has a delay of its own."""
FEW_POINTS = 10
"""Starts by idle-looking people needed to tell whether a transition is prompt."""
FEW_WAITS = 20
"""Waits of more than a minute a team needs."""
LEAST_ERROR = 0.005
"""Smallest standard error of a share: no log says more about what is not in it."""


@dataclass(frozen=True)
class Unseen:
    """Share of the hours on duty, while work waited, that no logged work fills.

    Attributes
    ----------
    share, error : float
        Over all teams, each by its own error; the error grows where the teams disagree.
    teams : dict of str to float
        The share of each team with enough waits.
    hours : float
        Hours on duty that were looked at.
    """

    share: float
    error: float
    teams: dict[str, float]
    hours: float


@dataclass(frozen=True)
class Queued:
    """Stretches of time in which work waited for a team, in order and apart."""

    start: Seconds
    end: Seconds

    @classmethod
    def of(cls, data: Instances, rows: Codes) -> "Queued":
        """Join the waits of some rows."""
        order = np.argsort(data.enabled[rows], kind="stable")
        start, end = data.enabled[rows][order], np.maximum.accumulate(data.start[rows][order])
        first = np.flatnonzero(np.append(True, start[1:] > end[:-1]))
        return cls(start[first], end[np.append(first[1:] - 1, len(end) - 1)])

    def on_duty(self, hours: Hours, instant: Seconds) -> Seconds:
        """Working seconds within the stretches up to each instant."""
        opened, closed = hours.worked(self.start), hours.worked(self.end)
        before = np.concatenate([[0.0], np.cumsum(closed - opened)])
        place = np.searchsorted(self.start, instant, side="right") - 1
        inside = np.minimum(hours.worked(instant), closed[place]) - opened[place]
        return np.where(place >= 0, before[place] + inside, 0.0)


def prompt_rows(found: Findings, team: int) -> Codes:
    """Rows of a team whose wait is a queue: idle people often take such work at once."""
    data, rows = found.data, found.queues[team].rows
    prompt = {
        (step.before, step.after)
        for step in found.transitions
        if step.before >= 0 and step.n_points >= FEW_POINTS and step.zero_share >= SOME
    }
    rows = rows[(data.enabler[rows] >= 0) & settled(data)[rows]]
    before = data.activity[data.enabler[rows]]
    queued = [pair in prompt for pair in zip(before.tolist(), data.activity[rows].tolist(), strict=True)]
    return np.asarray(rows[np.array(queued, bool)])


def unseen_hours(found: Findings) -> Unseen | None:
    """Measure the hours that no logged work fills while work waits; None where too little work waits to tell."""
    names = found.teams.names
    measured = {name: seen for team, name in enumerate(names) if (seen := _of_team(found, team)) is not None}
    if not measured:
        return None
    shares, errors, hours = np.array(list(measured.values())).T
    weight = 1 / errors**2
    share = float(np.average(shares, weights=weight))
    apart = (weight * (shares - share) ** 2).sum() / max(1, len(shares) - 1)
    error = float(np.sqrt(max(1.0, apart) / weight.sum()))
    teams = dict(zip(measured, shares.tolist(), strict=True))
    return Unseen(share, max(LEAST_ERROR, error), teams, float(hours.sum()))


def _of_team(found: Findings, team: int) -> tuple[float, float, float] | None:
    """Share, standard error and hours of one team."""
    rows = prompt_rows(found, team)
    rows = rows[found.data.start[rows] - found.data.enabled[rows] > 60]
    if len(rows) < FEW_WAITS:
        return None
    weeks = _by_week(found, team, Queued.of(found.data, rows))
    duty, busy = weeks.sum(axis=1)
    if duty <= 0:
        return None
    left = weeks[1] - weeks[0] * busy / duty
    n = max(2, int((weeks[0] > 0).sum()))
    error = np.sqrt((left**2).sum() * n / (n - 1)) / duty
    return float(1 - busy / duty), max(LEAST_ERROR, float(error)), float(duty / 3600)


def _by_week(found: Findings, team: int, queued: Queued) -> Seconds:
    """Seconds on duty, and busy with logged work, while work waited for a team: one column a week."""
    first, last = int(queued.start[0] // WEEK), int(queued.end[-1] // WEEK)
    edges = np.arange(first, last + 2, dtype=np.float64) * WEEK
    weeks = np.zeros((2, last - first + 1))
    for crew in found.crews:
        members = np.intersect1d(crew.members, found.teams.members[team])
        rows = rows_of(found.data, found.roles, members)
        start, end = found.data.start[rows], found.data.end[rows]
        worked = queued.on_duty(crew.hours, end) - queued.on_duty(crew.hours, start)
        week = np.clip(start // WEEK - first, 0, last - first).astype(int)
        for code in members.tolist():
            weeks[0] += np.diff(queued.on_duty(crew.hours, _there(found, code, edges)))
        weeks[1] += np.bincount(week, worked, minlength=weeks.shape[1])
    return weeks


def _there(found: Findings, resource: int, edges: Seconds) -> Seconds:
    """The edges of the weeks, moved into the time in which somebody was there."""
    change = found.staff_changes.get(resource)
    return edges if change is None else np.clip(edges, change.since, change.until)
