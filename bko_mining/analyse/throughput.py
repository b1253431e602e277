"""How many cases flow: throughput, work in progress and Little's law, by day on the clock of the log.

In the working time of a calendar its closed hours are cut out: what is under way is averaged over working hours,
throughput is counted a working hour, and Little's law holds as it does in calendar time.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.clocks import AnyCalendar, calendar_of, clock_words, elapsed, time_words
from bko_mining.calendars import WorkCalendar
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

DAY, HOUR = 86_400_000_000, 3_600_000_000
Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Flow(Result):
    """Cases that arrive, finish and are under way.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a day: ``day``, ``n_arrived``, ``n_finished``, ``work_in_progress`` (mean over the day; over its
        working hours where a calendar is given, missing where it has none).
    measure : str
        ``throughput`` or ``work_in_progress``.
    mean_work_in_progress, throughput : float
        Over the middle four fifths of the log, where neither its beginning nor its end distorts them; cases and cases
        a day (a working hour where a calendar is given).
    mean_cycle_time : pandas.Timedelta
        Of the cases finished in that window.
    discrepancy : float
        How far throughput times mean cycle time is from the mean work in progress (Little's law), as a share of it.
    calendar : WorkCalendar, optional
        Whose working time was measured; calendar time if not given.
    """

    measure: str
    mean_work_in_progress: float
    throughput: float
    mean_cycle_time: pd.Timedelta
    discrepancy: float
    calendar: WorkCalendar | None = None

    picture: ClassVar[str] = "flow:plot_flow"

    @property
    def summary(self) -> str:
        """Both sides of Little's law and what is between them."""
        seconds = self.mean_cycle_time.total_seconds()
        sentence = say(
            _A_DAY if self.calendar is None else _AN_HOUR,
            throughput=number(self.throughput, 1 if self.calendar is None else 2),
            wip=number(self.mean_work_in_progress, 1),
            cycle=time_words(seconds, self.calendar),
            expected=number(self.throughput * seconds * 1e6 / _unit(self.calendar), 1),
            gap=percent(abs(self.discrepancy), 1),
        )
        return f"{sentence} {clock_words(self.calendar)}".rstrip()


_A_DAY = (
    "{throughput} cases are finished a day and {wip} are under way on average; by Little's law {throughput} a "
    "day times {cycle} make {expected}, {gap} away."
)
_AN_HOUR = (
    "{throughput} cases are finished a working hour and {wip} are under way on average; by Little's law {throughput} "
    "an hour times {cycle} make {expected}, {gap} away."
)


def _unit(calendar: WorkCalendar | None) -> int:
    return DAY if calendar is None else HOUR


def throughput(log: EventLog, *, calendar: AnyCalendar = None) -> Flow:
    """Count the cases that finish each day.

    Parameters
    ----------
    log : EventLog
        The log; cases it knows to be open never finish.
    calendar : WorkCalendar or str, optional
        Let only its working time pass (``"Mon-Fri 08:00-17:00, BR-SP"``, on the clock of the log); calendar time if not
        given.

    Returns
    -------
    Flow
        One row a day, and Little's law checked.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["register", "pay", "register"],
    ...     "start": pd.to_datetime(["2026-01-05 00:00", "2026-01-06 11:00", "2026-01-05 12:00"]),
    ...     "end": pd.to_datetime(["2026-01-05 01:00", "2026-01-06 12:00", "2026-01-06 00:00"])})
    >>> bko.throughput(bko.EventLog.from_frame(rows)).table["n_finished"].tolist()
    [0, 2]
    """
    return _flow(log, "throughput", calendar_of(calendar, log.timezone))


def work_in_progress(log: EventLog, *, calendar: AnyCalendar = None) -> Flow:
    """Mean number of cases under way each day.

    Parameters
    ----------
    log : EventLog
        The log; cases it knows to be open are under way until its end.
    calendar : WorkCalendar or str, optional
        Let only its working time pass (``"Mon-Fri 08:00-17:00, BR-SP"``, on the clock of the log); calendar time if not
        given.

    Returns
    -------
    Flow
        One row a day, and Little's law checked.
    """
    return _flow(log, "work_in_progress", calendar_of(calendar, log.timezone))


def mean_under_way(start: Instants, end: Instants, edges: Instants) -> NDArray[np.float64]:
    """Time-average number of cases under way between consecutive edges.

    Examples
    --------
    >>> mean_under_way(np.array([0, 5]), np.array([10, 20]), np.array([0, 10, 20])).tolist()
    [1.5, 1.0]
    """
    spent = _passed(start, edges) - _passed(end, edges)
    return np.asarray(np.diff(spent) / np.maximum(np.diff(edges), 1))


def _flow(log: EventLog, measure: str, calendar: WorkCalendar | None) -> Flow:
    last, first = int(log.finish.max()), int(log.case_start.min())
    if last <= first:
        raise LogError("nothing flows: all cases of the log begin and end at the same instant")
    is_open = np.zeros(log.n_cases, bool) if log.open_cases is None else log.open_cases
    start, end = log.case_start, np.where(is_open, last, log.case_end)
    days, edges = local_days(log, first, last)

    def passed(instants: Instants) -> Instants:
        return elapsed(np.full(instants.shape, edges[0]), instants, calendar)

    lengths = np.diff(passed(edges))
    table = pd.DataFrame(
        {
            "day": days,
            "n_arrived": np.histogram(start, edges)[0],
            "n_finished": np.histogram(end[~is_open], edges)[0],
            "work_in_progress": np.where(
                lengths > 0, mean_under_way(passed(start), passed(end), passed(edges)), np.nan
            ),
        }
    )
    window = np.array([first + (last - first) // 10, last - (last - first) // 10])
    inside = ~is_open & (end >= window[0]) & (end < window[1])
    on_clock = passed(window)
    rate = float(inside.sum()) / max(float(on_clock[1] - on_clock[0]) / _unit(calendar), 1e-12)
    cycle = float((passed(end) - passed(start))[inside].mean()) if inside.any() else 0.0
    wip = float(mean_under_way(passed(start), passed(end), on_clock)[0])
    return Flow(
        table=table,
        measure=measure,
        mean_work_in_progress=wip,
        throughput=rate,
        mean_cycle_time=pd.Timedelta(int(cycle), "us"),
        discrepancy=rate * cycle / _unit(calendar) / wip - 1 if wip else 0.0,
        calendar=calendar,
    )


def local_days(log: EventLog, first: int, last: int) -> tuple[pd.DatetimeIndex, Instants]:
    """Local days from first to last instant, and the instants (UTC) at which they begin, with that of the day after."""
    begin, end = log.local([first, last]).normalize()
    edges = pd.date_range(begin, end + pd.Timedelta(days=1, hours=2), freq="D")
    instants = edges.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[us]").astype(np.int64)
    return edges[:-1].tz_localize(None), instants


def _passed(instants: Instants, edges: Instants) -> NDArray[np.float64]:
    """Sum over the instants of the time that has passed since each, at every edge."""
    ordered = np.sort(instants) - edges[0]
    running = np.concatenate([[0.0], np.cumsum(ordered.astype(float))])
    place = np.searchsorted(ordered, edges - edges[0], "right")
    return np.asarray(place * (edges - edges[0]).astype(float) - running[place])
