"""The dotted chart: every activity instance a dot, every case a row (Song and van der Aalst 2007)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND, by_instance
from bko_mining.results import Result
from bko_mining.words import day, duration, number, percent, say

WEEK = 7 * 86_400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class DottedChart(Result):
    """Dots of a log, ready to be drawn.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a colour, the most frequent first: its name (column ``by``), ``n``, ``n_cases`` and
        ``median_since_start`` (from the start of the case, Timedelta).
    at : int64[n]
        The end of each instance: microseconds UTC, or since the start of its case.
    row : int64[n]
        The row of its case, from the top.
    colour : int64[n]
        Its row in the table.
    n_cases : int
        Rows of the chart.
    by : str
        What the colours stand for.
    relative, by_duration : bool
        Whether time counts from the start of the case; whether cases stand in the order of their duration.
    timezone : str
        Clock of the dates.
    cycle_time : int64[n_cases]
        Of each case, microseconds.
    """

    at: NDArray[np.int64]
    row: NDArray[np.int64]
    colour: NDArray[np.int64]
    n_cases: int
    by: str
    relative: bool
    by_duration: bool
    timezone: str
    cycle_time: NDArray[np.int64]

    picture: ClassVar[str] = "dotted_chart:plot_dotted_chart"

    @property
    def summary(self) -> str:
        """How long cases take, or from when to when they run and how evenly they come."""
        if self.relative:
            half, most = np.quantile(self.cycle_time, [0.5, 0.9]) / 1e6
            words = {"cases": number(self.n_cases), "half": duration(half), "most": duration(most)}
            return say("Half of {cases} cases are over {half} after their start, nine in ten after {most}.", **words)
        first, last = (pd.Timestamp(int(at), unit="us", tz="UTC").tz_convert(self.timezone) for at in self._ends())
        weeks = np.bincount((self.at - self.at.min()) // WEEK)
        return say(
            "{cases} cases from {first} to {last}; the busiest week holds {share} of {n} activity instances.",
            cases=number(self.n_cases),
            first=day(first),
            last=day(last),
            share=percent(weeks.max() / weeks.sum()),
            n=number(len(self.at)),
        )

    def _ends(self) -> tuple[int, int]:
        return int(self.at.min()), int(self.at.max())


def dotted_chart(
    log: EventLog,
    *,
    time: Literal["absolute", "relative"] = "absolute",
    order: Literal["start", "duration"] = "start",
    by: str = "activity",
) -> DottedChart:
    """Put every activity instance as a dot on the row of its case.

    Parameters
    ----------
    log : EventLog
        The log.
    time : str
        ``absolute`` (the calendar) or ``relative`` (since the start of the case).
    order : str
        Cases from the top by ``start`` or by ``duration``.
    by : str
        What the colours stand for: ``activity``, ``resource``, ``role`` or an attribute.

    Returns
    -------
    DottedChart
        Straight lines of dots are batches, empty stripes closed hours, a bend in the left edge a change of demand.

    Raises
    ------
    LogError
        If ``time`` or ``order`` is something else, or the log has no such attribute.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["open", "pay", "open"],
    ...     "end": pd.to_datetime(["2026-01-05", "2026-01-07", "2026-01-06"])})
    >>> bko.dotted_chart(bko.EventLog.from_frame(rows), order="duration").row.tolist()
    [1, 1, 0]
    """
    for value, known, name in ((time, ("absolute", "relative"), "time"), (order, ("start", "duration"), "order")):
        if value not in known:
            raise LogError(f"{name}={value!r} is not known; use one of {', '.join(known)}")
    start, cycle = log.case_start, log.case_end - log.case_start
    rows = np.empty(log.n_cases, np.int64)
    rows[np.lexsort((start, cycle) if order == "duration" else (cycle, start))] = np.arange(log.n_cases)
    since = log.finish - start[log.case]
    group = by_instance(log, by)
    table, colour = _coloured(log, group.codes, group.labels, since)
    return DottedChart(
        table=table,
        at=since if time == "relative" else log.finish,
        row=rows[log.case],
        colour=colour,
        n_cases=log.n_cases,
        by=by,
        relative=time == "relative",
        by_duration=order == "duration",
        timezone=log.timezone,
        cycle_time=cycle,
    )


def _coloured(
    log: EventLog, codes: NDArray[np.int64], labels: pd.DataFrame, since: NDArray[np.int64]
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """One row a colour in order of frequency, and the row of each instance."""
    n = np.bincount(codes, minlength=len(labels))
    order = np.argsort(-n, kind="stable")
    order = order[n[order] > 0]
    rank = np.zeros(len(labels), np.int64)
    rank[order] = np.arange(len(order))
    colour = rank[codes]
    cases = np.unique(colour * log.n_cases + log.case) // log.n_cases
    median = pd.Series(since).groupby(colour).median().to_numpy().round().astype(np.int64)
    table = labels.iloc[order].reset_index(drop=True)
    return table.assign(n=n[order], n_cases=np.bincount(cases), median_since_start=median.astype(MICROSECOND)), colour
