"""The performance spectrum: every passage from one activity to the next as a line in time (Denisov et al. 2018)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.discover.variants import variants
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import Grouping, summarise
from bko_mining.results import Result
from bko_mining.words import duration, number, percent, say

USUAL_ACTIVITIES = 5


@dataclass(frozen=True, slots=True, eq=False)
class PerformanceSpectrum(Result):
    """Passages between activities, classed by how slow they are.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a segment: ``source_activity``, ``target_activity``, ``n``, ``median_time``, ``mean_time``,
        ``p90_time`` and ``overtaken_share`` (passages that another one, begun later, overtook: 0 where the first to
        come is the first to leave).
    segment : int64[n]
        The row of the table of each passage.
    begin, end : int64[n]
        When the source ended and the target began, microseconds UTC.
    speed : int64[n]
        Class of each passage within its segment, 0 for the quickest.
    n_classes : int
        Classes, each with as many passages.
    timezone : str
        Clock of the dates.
    """

    segment: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    speed: NDArray[np.int64]
    n_classes: int
    timezone: str

    picture: ClassVar[str] = "performance_spectrum:plot_performance_spectrum"

    @property
    def activities(self) -> tuple[str, ...]:
        """The activities, in order."""
        return (str(self.table["source_activity"].iloc[0]), *map(str, self.table["target_activity"]))

    @property
    def summary(self) -> str:
        """The slowest segment and how often its passages overtake one another."""
        place = int(self.table["median_time"].to_numpy().argmax())
        slowest = self.table.iloc[place]
        return say(
            "From “{source}” to “{target}” takes longest: {median} in the middle, more than {p90} for one in ten; "
            "{share} of {n} passages were overtaken by a later one.",
            source=slowest["source_activity"],
            target=slowest["target_activity"],
            median=duration(slowest["median_time"].total_seconds()),
            p90=duration(slowest["p90_time"].total_seconds()),
            share=percent(float(slowest["overtaken_share"])),
            n=number(int(slowest["n"])),
        )


def performance_spectrum(
    log: EventLog, activities: Sequence[str] | None = None, *, n_classes: int = 4
) -> PerformanceSpectrum:
    """Follow every case from one activity to the next, in time.

    Parameters
    ----------
    log : EventLog
        The log.
    activities : sequence of str, optional
        Two or more, in the order of the process; what lies between them is passed over. Without it the first five of
        the most frequent variant.
    n_classes : int
        Classes of speed within each segment, by quantile: 4 for quarters.

    Returns
    -------
    PerformanceSpectrum
        Parallel lines are a queue in order, lines that end together a batch, lines that cross priorities.

    Raises
    ------
    LogError
        If there are fewer than two activities or classes, an activity is not in the log, or no case passes from one to
        the next.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B", "B"], "activity": ["open", "pay", "open", "pay"],
    ...     "end": pd.to_datetime(["2026-01-05", "2026-01-08", "2026-01-06", "2026-01-07"])})
    >>> found = bko.performance_spectrum(bko.EventLog.from_frame(rows))
    >>> found.table[["source_activity", "target_activity", "n", "overtaken_share"]].values.tolist()
    [['open', 'pay', 2, 0.5]]
    """
    chosen = _chosen(log, activities)
    if n_classes < 2:
        raise LogError(f"n_classes={n_classes} makes no classes; use 2 or more, such as 4 for quarters")
    slim = log.only_activities(*chosen)
    code = np.full(len(slim.activities), -1)
    for place, name in enumerate(chosen):
        code[slim.activities.index(name)] = place
    step = code[slim.activity]
    passes = np.flatnonzero(slim.follows & (step == np.roll(step, 1) + 1))
    segment = step[passes] - 1
    if not len(passes):
        raise LogError(
            f"no case passes from one of {', '.join(chosen)} to the next; list them in the order of the process"
        )
    begin = slim.finish[passes - 1]
    # Work that begins before the other has ended has no time between.
    end = np.maximum(slim.begin[passes], begin)
    labels = pd.DataFrame({"source_activity": chosen[:-1], "target_activity": chosen[1:]})
    table = summarise(end - begin, Grouping(segment, labels), name="time").drop(columns="total_time")
    used, segment = np.unique(segment, return_inverse=True)
    table["overtaken_share"] = [_overtaken(begin[segment == k], end[segment == k]) for k in range(len(used))]
    return PerformanceSpectrum(
        table=table,
        segment=segment,
        begin=begin,
        end=end,
        speed=_classes(end - begin, segment, n_classes),
        n_classes=n_classes,
        timezone=log.timezone,
    )


def _chosen(log: EventLog, activities: Sequence[str] | None) -> list[str]:
    if activities is None:
        chosen = list(dict.fromkeys(variants(log).sequences[0]))[:USUAL_ACTIVITIES]
    else:
        chosen = list(activities)
    if len(chosen) < 2 or len(set(chosen)) < len(chosen):
        raise LogError(f"a spectrum needs two or more different activities in order, not {', '.join(chosen) or 'none'}")
    return chosen


def _overtaken(begin: NDArray[np.int64], end: NDArray[np.int64]) -> float:
    """Share of passages that end after one that began later."""
    order = np.lexsort((end, begin))
    first, last = begin[order], end[order]
    soonest = np.append(np.minimum.accumulate(last[::-1])[::-1], np.iinfo(np.int64).max)
    later = np.searchsorted(first, first, side="right")
    return float((soonest[later] < last).mean())


def _classes(times: NDArray[np.int64], segment: NDArray[np.int64], n_classes: int) -> NDArray[np.int64]:
    speed = np.zeros(len(times), np.int64)
    for k in range(int(segment.max()) + 1):
        inside = segment == k
        edges = np.quantile(times[inside], np.arange(1, n_classes) / n_classes)
        speed[inside] = np.searchsorted(edges, times[inside], side="left")
    return speed
