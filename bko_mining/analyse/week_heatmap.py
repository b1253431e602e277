"""When things happen in the week: arrivals, work in hand and waiting by weekday and hour, on the clock of the log."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.throughput import mean_under_way
from bko_mining.analyse.times import enabled_instants
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say, weekdays

HOUR = 3_600_000_000
SLOTS = 7 * 24
Instants = NDArray[np.int64]
Measure = Literal["arrivals", "work", "waits"]


@dataclass(frozen=True, slots=True, eq=False)
class WeekHeatmap(Result):
    """A measure by weekday and hour of the day.

    Attributes
    ----------
    table : pandas.DataFrame
        168 rows, Monday 0 h first: ``weekday`` (0 is Monday), ``hour``, ``n_hours`` (how many of them the log saw), the
        mean in one of them (``n_arrived``, ``n_in_work`` or ``n_waiting``), and ``week_share``, the part of the whole
        that falls there.
    measure : str
        ``arrivals``, ``work`` or ``waits``.
    timezone : str
        Clock of the log.
    """

    measure: str
    timezone: str

    picture: ClassVar[str] = "heatmaps:plot_week"

    @property
    def by_hour(self) -> NDArray[np.float64]:
        """The means as a matrix of seven days (Monday first) and 24 hours."""
        return self.table[_COLUMNS[self.measure]].to_numpy().reshape(7, 24)

    @property
    def summary(self) -> str:
        """The fullest hour and weekday, and how much happens at weekends."""
        shares = self.table["week_share"].to_numpy().reshape(7, 24)
        if not shares.sum():
            return say(_NOTHING[self.measure])
        place = int(self.by_hour.argmax())
        words = {
            "weekday": weekdays()[place // 24],
            "hour": number(place % 24),
            "mean": number(float(self.by_hour.flat[place]), 1),
            "share": percent(float(shares[place // 24].sum())),
            "weekend": percent(float(shares[5:].sum())),
        }
        return say(_SENTENCES[self.measure], **words)


_COLUMNS = {"arrivals": "n_arrived", "work": "n_in_work", "waits": "n_waiting"}
_SENTENCES = {
    "arrivals": (
        "Most cases arrive on {weekday} from {hour} h on: {mean} in that hour on average. {share} of all arrive that "
        "day, {weekend} at weekends."
    ),
    "work": (
        "Most is in work on {weekday} from {hour} h on: {mean} activity instances at once on average. {share} of all "
        "work is done that day, {weekend} at weekends."
    ),
    "waits": (
        "Most waits on {weekday} from {hour} h on: {mean} activity instances at once on average. {share} of all "
        "waiting falls on that day, {weekend} on weekends."
    ),
}
_NOTHING = {
    "arrivals": "No case arrives.",
    "work": "No work has a duration: the log has no start times.",
    "waits": "Nothing waits: no case is delayed between its activities.",
}


def heatmap(log: EventLog, measure: Measure = "arrivals") -> WeekHeatmap:
    """Show in which hours of the week cases arrive, work is done or work waits, on the clock of the log.

    Parameters
    ----------
    log : EventLog
        The log.
    measure : str
        ``arrivals`` (cases that begin), ``work`` (activity instances in work) or ``waits`` (instances that could have
        started and have not).

    Returns
    -------
    WeekHeatmap
        168 rows, with the mean of each hour of the week.

    Raises
    ------
    LogError
        If the measure is unknown.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "B", "C"], "activity": "register",
    ...     "start": pd.to_datetime(["2026-01-05 08:10", "2026-01-05 08:40", "2026-01-12 08:00"]),
    ...     "end": pd.to_datetime(["2026-01-05 08:30", "2026-01-05 09:10", "2026-01-12 10:00"])})
    >>> bko.heatmap(bko.EventLog.from_frame(rows, timezone="UTC"), "arrivals").by_hour[0, 8:10].tolist()
    [1.5, 0.0]
    """
    if measure not in _COLUMNS:
        raise LogError(f"no heatmap of {measure!r}; choose one of {', '.join(_COLUMNS)}")
    slots, edges = _hours(log)
    if measure == "arrivals":
        values = np.histogram(log.case_start, edges)[0].astype(float)
    elif measure == "work":
        values = mean_under_way(log.begin, log.finish, edges)
    else:
        values = mean_under_way(enabled_instants(log), log.begin, edges)
    # Differences of long running totals leave dust where nothing is under way.
    values = np.where(values < 1e-6, 0.0, values)
    total = np.bincount(slots, weights=values, minlength=SLOTS)
    n_hours = np.bincount(slots, minlength=SLOTS)
    table = pd.DataFrame(
        {
            "weekday": np.arange(SLOTS) // 24,
            "hour": np.arange(SLOTS) % 24,
            "n_hours": n_hours,
            _COLUMNS[measure]: total / np.maximum(n_hours, 1),
            "week_share": total / (total.sum() or 1.0),
        }
    )
    return WeekHeatmap(table=table, measure=measure, timezone=log.timezone)


def _hours(log: EventLog) -> tuple[Instants, Instants]:
    """Hour of the week of each hour from the first to the last of the log, and the instants (UTC) between them.

    Quarters of an hour are what every time zone is made of: hours that a clock shifts by half of one still begin where
    it shows them.
    """
    quarter = HOUR // 4
    first, last = int(log.begin.min()) // quarter * quarter, int(log.finish.max())
    quarters = np.arange(first - HOUR, last + HOUR + 2 * quarter, quarter)
    local = log.local(quarters)
    slots = np.asarray(local.dayofweek * 24 + local.hour, np.int64)
    starts = np.flatnonzero(np.diff(slots, prepend=-1))
    # The first and the last stretch are parts of hours.
    return slots[starts][1:-1], quarters[starts][1:]
