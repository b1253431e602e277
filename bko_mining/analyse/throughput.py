"""How many cases flow: throughput, work in progress and Little's law, by day on the clock of the log."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import duration, number, percent, say

DAY = 86_400_000_000
Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Flow(Result):
    """Cases that arrive, finish and are under way.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a day: ``day``, ``n_arrived``, ``n_finished``, ``work_in_progress`` (mean over the day).
    measure : str
        ``throughput`` or ``work_in_progress``.
    mean_work_in_progress, throughput : float
        Over the middle four fifths of the log, where neither its beginning nor its end distorts them; cases and cases
        a day.
    mean_cycle_time : pandas.Timedelta
        Of the cases finished in that window.
    discrepancy : float
        How far throughput times mean cycle time is from the mean work in progress (Little's law), as a share of it.
    """

    measure: str
    mean_work_in_progress: float
    throughput: float
    mean_cycle_time: pd.Timedelta
    discrepancy: float

    picture: ClassVar[str] = "flow:plot_flow"

    @property
    def summary(self) -> str:
        """Both sides of Little's law and what is between them."""
        return say(
            "{throughput} cases are finished a day and {wip} are under way on average; by Little's law {throughput} a "
            "day times {cycle} make {expected}, {gap} away.",
            throughput=number(self.throughput, 1),
            wip=number(self.mean_work_in_progress, 1),
            cycle=duration(self.mean_cycle_time.total_seconds()),
            expected=number(self.throughput * self.mean_cycle_time.total_seconds() / 86400, 1),
            gap=percent(abs(self.discrepancy), 1),
        )


def throughput(log: EventLog) -> Flow:
    """Count the cases that finish each day.

    Parameters
    ----------
    log : EventLog
        The log; cases it knows to be open never finish.

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
    return _flow(log, "throughput")


def work_in_progress(log: EventLog) -> Flow:
    """Mean number of cases under way each day.

    Parameters
    ----------
    log : EventLog
        The log; cases it knows to be open are under way until its end.

    Returns
    -------
    Flow
        One row a day, and Little's law checked.
    """
    return _flow(log, "work_in_progress")


def mean_under_way(start: Instants, end: Instants, edges: Instants) -> NDArray[np.float64]:
    """Time-average number of cases under way between consecutive edges.

    Examples
    --------
    >>> mean_under_way(np.array([0, 5]), np.array([10, 20]), np.array([0, 10, 20])).tolist()
    [1.5, 1.0]
    """
    spent = _passed(start, edges) - _passed(end, edges)
    return np.asarray(np.diff(spent) / np.diff(edges))


def _flow(log: EventLog, measure: str) -> Flow:
    last = int(log.finish.max())
    is_open = np.zeros(log.n_cases, bool) if log.open_cases is None else log.open_cases
    start, end = log.case_start, np.where(is_open, last, log.case_end)
    days, edges = local_days(log, int(start.min()), last)
    finished = end[~is_open]
    table = pd.DataFrame(
        {
            "day": days,
            "n_arrived": np.histogram(start, edges)[0],
            "n_finished": np.histogram(finished, edges)[0],
            "work_in_progress": mean_under_way(start, end, edges),
        }
    )
    span = last - int(start.min())
    if span <= 0:
        raise LogError("nothing flows: all cases of the log begin and end at the same instant")
    window = np.array([int(start.min()) + span // 10, last - span // 10])
    inside = ~is_open & (end >= window[0]) & (end < window[1])
    rate = float(inside.sum()) / (int(window[1] - window[0]) / DAY)
    cycle = float((end - start)[inside].mean()) if inside.any() else 0.0
    wip = float(mean_under_way(start, end, window)[0])
    return Flow(
        table=table,
        measure=measure,
        mean_work_in_progress=wip,
        throughput=rate,
        mean_cycle_time=pd.Timedelta(int(cycle), "us"),
        discrepancy=rate * cycle / DAY / wip - 1 if wip else 0.0,
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
