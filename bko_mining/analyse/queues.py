"""How long queues are over time: items that could be worked on and wait, by activity, role or resource."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from bko_mining.analyse.throughput import local_days, mean_under_way
from bko_mining.analyse.times import enabled_instants
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import by_instance
from bko_mining.results import Result
from bko_mining.words import day, number, say


@dataclass(frozen=True, slots=True, eq=False)
class QueueLength(Result):
    """Items that wait, day by day.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a day and group, the longest queue first: its name, ``day`` and ``n_waiting`` (mean over the day of
        the instances that were enabled and had not begun; night and day, whatever they wait for).
    by : str
        What was told apart.
    """

    by: str

    picture: ClassVar[str] = "queues:plot_queue_length"

    @property
    def mean(self) -> "pd.Series[float]":
        """Mean number of items that wait, by group, the longest queue first."""
        return self.table.groupby(self.by, sort=False)["n_waiting"].mean()

    @property
    def summary(self) -> str:
        """The longest queue, its peak, and where it is going."""
        if self.table.empty:
            return say("Nothing waits: every activity starts as soon as it can.")
        name = str(self.mean.index[0])
        rows = self.table[self.table[self.by] == name]
        values = rows["n_waiting"].to_numpy()
        third = max(len(values) // 3, 1)
        return say(
            "Most items wait for “{name}”: {mean} on average, at most {peak} (on {day}); {first} in the first third of "
            "the log and {last} in the last.",
            name=name,
            mean=number(float(values.mean()), 1),
            peak=number(float(values.max()), 1),
            day=day(rows["day"].iloc[int(values.argmax())]),
            first=number(float(values[:third].mean()), 1),
            last=number(float(values[-third:].mean()), 1),
        )


def queue_length(log: EventLog, *, by: str = "activity") -> QueueLength:
    """Count the items that wait, day by day.

    Parameters
    ----------
    log : EventLog
        The log; needs starts.
    by : str
        ``activity``, ``role``, ``resource`` (who took the item in the end) or an attribute.

    Raises
    ------
    LogError
        If the log has no start times, or nothing of that name.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A"], "activity": ["register", "pay"],
    ...     "start": pd.to_datetime(["2026-01-04 20:00", "2026-01-06 12:00"]),
    ...     "end": pd.to_datetime(["2026-01-05 00:00", "2026-01-06 13:00"])})
    >>> bko.queue_length(bko.EventLog.from_frame(rows, timezone="UTC")).table["n_waiting"].tolist()
    [0.0, 1.0, 0.5]
    """
    if not log.has_starts:
        raise LogError("queues cannot be seen: the log has no start times; see log.estimate_start_times()")
    group = by_instance(log, by)
    enabled, begin = enabled_instants(log), log.begin
    days, edges = local_days(log, int(begin.min()), int(log.finish.max()))
    waiting = begin > enabled
    spent = np.bincount(
        group.codes[waiting & (group.codes >= 0)],
        weights=(begin - enabled)[waiting & (group.codes >= 0)].astype(float),
        minlength=len(group.labels),
    )
    parts = []
    for code in np.argsort(-spent, kind="stable")[: int((spent > 0).sum())].tolist():
        mine = waiting & (group.codes == code)
        n = mean_under_way(enabled[mine], begin[mine], edges)
        # Differences of long running totals leave dust where nothing waits.
        n = np.where(n < 1e-6, 0.0, n)
        parts.append(pd.DataFrame({by: group.labels[by].iloc[code], "day": days, "n_waiting": n}))
    empty = pd.DataFrame({by: [], "day": [], "n_waiting": []})
    return QueueLength(pd.concat(parts, ignore_index=True) if parts else empty, by=by)
