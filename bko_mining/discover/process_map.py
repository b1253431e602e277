"""The process map: which activity follows which, how often and how fast, at the level of detail a person can read.

What is left out is always said: an activity that is hidden is passed over (its neighbours become linked), a path that
is hidden is counted, and ``cases_shown_share`` says how many cases run wholly along what is drawn.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.discover.steps import END, START, Steps, first_times
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import Grouping, summarise
from bko_mining.results import Result, presenter
from bko_mining.words import number, say, share_words

__all__ = ["COLOURS", "END", "START", "ProcessMap", "process_map"]

COLOURS = ("hours", "time", "rework")
READABLE_ACTIVITIES = 24
READABLE_PATHS_PER_ACTIVITY = 1.9


@dataclass(frozen=True, slots=True, eq=False)
class ProcessMap(Result):
    """Activities and the paths between them.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a path that is shown: ``source_activity`` and ``target_activity`` (``START`` and ``END`` mark where
        cases begin and end), ``n`` (how often it is taken), ``n_cases`` (that take it), ``median_time``, ``mean_time``,
        ``p90_time`` (from the end of the source to the start of the target; between ends where starts are not known),
        ``hours`` in all and ``n_rework`` (how often it leads to an activity that the case has already seen).
    nodes : pandas.DataFrame
        One row an activity that is shown, in the order in which cases come to them: ``activity``, ``n``, ``n_cases``,
        ``median_time``, ``mean_time``, ``p90_time`` (from its start to its end), ``hours``, ``n_rework`` (instances
        that are not the first of their case).
    n_activities, n_paths, n_cases : int
        In the whole log.
    instances_shown_share, cases_shown_share : float
        Of all instances, those of activities shown; of all cases, those that run wholly along what is drawn.
    starts_known : bool
        False where the log has no start times.
    log : EventLog
        What the map is drawn of: ``.interactive()`` draws other levels of detail of it.
    colour : str
        What the colours of the picture say: ``hours``, ``time`` or ``rework``.
    """

    nodes: pd.DataFrame
    n_activities: int
    n_paths: int
    n_cases: int
    instances_shown_share: float
    cases_shown_share: float
    starts_known: bool
    log: EventLog
    colour: str = "hours"

    picture: ClassVar[str] = "process_map:plot_process_map"
    widget: ClassVar[str] = "map_widget:map_widget"
    living: ClassVar[str] = "living_map:living_map"

    @property
    def summary(self) -> str:
        """What is shown of the process, and what is not."""
        return say(
            "{shown} of {activities} {activities:activity|activities} and {paths} of {all_paths} "
            "{all_paths:path|paths} are shown; {share} of {cases} {cases:case|cases} run wholly along them.",
            shown=number(len(self.nodes)),
            activities=number(self.n_activities),
            paths=number(len(self.table)),
            all_paths=number(self.n_paths),
            share=share_words(self.cases_shown_share),
            cases=number(self.n_cases),
        )

    def interactive(self, *, cost_per_hour: float | None = None, currency: str = "USD") -> Any:
        """Return the map with sliders, for JupyterLab and voila.

        Parameters
        ----------
        cost_per_hour : float, optional
            Of work; with it the map can also show what the work costs.
        currency : str
            ISO code of the cost.

        Returns
        -------
        anywidget.AnyWidget
            ``.selected`` is what was clicked, ``.log`` the log of the cases that come along there.
        """
        return presenter(self.widget)(self, cost_per_hour=cost_per_hour, currency=currency)


def process_map(
    log: EventLog,
    *,
    detail: float | None = None,
    activities: float | None = None,
    paths: float | None = None,
    colour: str = "hours",
) -> ProcessMap:
    """Draw up the map of a process.

    Parameters
    ----------
    log : EventLog
        The log.
    detail : float, optional
        Share of activities and of paths to show, 1 for everything. Without any share, as much as can be read.
    activities, paths : float, optional
        The same for one of the two: the most frequent activities (paths) that together make up this share of all
        instances (of all steps). Every activity keeps its most frequent way in and out.
    colour : {"hours", "time", "rework"}
        What the warm colours of the picture say: hours that pass in all, the median time, or how often something is
        done again.

    Returns
    -------
    ProcessMap
        Paths, nodes and what is left out.

    Raises
    ------
    LogError
        If a share is not in (0, 1], or the colour is another one.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["open", "pay", "open"],
    ...     "end": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-05"])})
    >>> found = bko.process_map(bko.EventLog.from_frame(rows))
    >>> found.table[["source_activity", "target_activity", "n"]].values.tolist()
    [['▶', 'open', 2], ['open', 'pay', 1], ['open', '■', 1], ['pay', '■', 1]]
    """
    for name, share in (("detail", detail), ("activities", activities), ("paths", paths)):
        if share is not None and not 0 < share <= 1:
            raise LogError(f"{name}={share} is not a share; use a number above 0 and up to 1")
    if colour not in COLOURS:
        raise LogError(f"colour={colour!r} is not a measure of the map; use one of {', '.join(COLOURS)}")
    shown = activities_shown(log, detail if activities is None else activities)
    everything = Steps.of(log)
    slim = log if shown.all() else log.take_instances(shown[log.activity])
    steps = everything if slim is log else Steps.of(slim)
    visible = paths_shown(steps, detail if paths is None else paths)
    return ProcessMap(
        table=path_table(steps, visible),
        nodes=node_table(slim),
        n_activities=int((np.bincount(log.activity) > 0).sum()),
        n_paths=int((everything.counts() > 0).sum()),
        n_cases=log.n_cases,
        instances_shown_share=len(slim) / len(log),
        cases_shown_share=whole_cases_share(log, shown, steps, visible),
        starts_known=log.has_starts,
        log=log,
        colour=colour,
    )


def whole_cases_share(log: EventLog, shown: NDArray[np.bool_], steps: Steps, visible: NDArray[np.bool_]) -> float:
    """Of all cases, those all of whose activities and paths are shown."""
    inside = np.logical_and.reduceat(visible[steps.path], steps.offsets)
    if shown.all():
        return float(inside.mean())
    some = np.logical_or.reduceat(shown[log.activity], log.offsets[:-1])
    whole = np.logical_and.reduceat(shown[log.activity], log.offsets[:-1])
    return float((whole[some] & inside).sum()) / log.n_cases


def activities_shown(log: EventLog, share: float | None) -> NDArray[np.bool_]:
    """Return which activities to show: the most frequent that together make up a share, or as many as can be read."""
    return most_frequent(np.bincount(log.activity, minlength=len(log.activities)), share, READABLE_ACTIVITIES)


def most_frequent(counts: NDArray[Any], share: float | None, most: int) -> NDArray[np.bool_]:
    """Return the codes that occur, from the most frequent down to a share of all, or to a number without one."""
    order = np.argsort(-counts, kind="stable")
    if share is not None:
        most = int(np.searchsorted(np.cumsum(counts[order]), share * counts.sum() - 1e-9)) + 1
    shown = np.zeros(len(counts), bool)
    shown[order[:most]] = True
    return shown & (counts > 0)


def paths_shown(steps: Steps, share: float | None) -> NDArray[np.bool_]:
    """Return which paths to show; every place keeps its most frequent way in and out."""
    return most_frequent_paths(steps.counts(), steps.size, share)


def most_frequent_paths(counts: NDArray[Any], size: int, share: float | None) -> NDArray[np.bool_]:
    """Return the most frequent paths, and the most frequent way into and out of every place."""
    grid = counts.reshape(size, size)
    used = np.flatnonzero(grid.sum(axis=0) + grid.sum(axis=1))
    visible = most_frequent(counts, share, max(10, round(READABLE_PATHS_PER_ACTIVITY * len(used))))
    inner = grid * ~np.eye(size, dtype=bool)
    for node in used:
        ways_in, ways_out = inner[:, node], inner[node]
        if ways_in.any():
            visible[int(ways_in.argmax()) * size + node] = True
        if ways_out.any():
            visible[node * size + int(ways_out.argmax())] = True
    return visible


def path_table(steps: Steps, visible: NDArray[np.bool_]) -> pd.DataFrame:
    """Measure the paths that are shown, those from the start first, the most frequent first."""
    size = steps.size
    seen = np.flatnonzero(visible & (steps.counts() > 0))
    dense = np.full(size * size, -1, np.int64)
    dense[seen] = np.arange(len(seen))
    labels = pd.DataFrame(
        {
            "source_activity": [steps.names[code] for code in seen // size],
            "target_activity": [steps.names[code] for code in seen % size],
        }
    )
    table = summarise(steps.time, Grouping(dense[steps.path], labels), name="time")
    table.insert(3, "n_cases", steps.cases_of_paths()[seen])
    table["n_rework"] = np.bincount(steps.path[steps.again], minlength=size * size)[seen]
    table["order"] = np.where(table["source_activity"] == START, 0, 1)
    table = table.sort_values(["order", "n"], ascending=[True, False], kind="stable", ignore_index=True)
    return _finished(table.drop(columns="order"))


def node_table(log: EventLog) -> pd.DataFrame:
    """Measure the activities, in the order in which cases come to them."""
    group = Grouping(log.activity.astype(np.int64), pd.DataFrame({"activity": list(log.activities)}))
    table = summarise(log.finish - log.begin, group, name="time")
    first = first_times(log)
    size = len(log.activities)
    n_cases = np.bincount(log.activity[first], minlength=size)
    used = np.flatnonzero(n_cases)
    table.insert(2, "n_cases", n_cases[used])
    table["n_rework"] = np.bincount(log.activity[~first], minlength=size)[used]
    # Where in its case an activity first stands, on average: the order in which people tell the process.
    place = np.arange(len(log)) - np.repeat(log.offsets[:-1], log.n_instances)
    mean_place = np.bincount(log.activity[first], weights=place[first], minlength=size)[used] / n_cases[used]
    return _finished(table).iloc[np.argsort(mean_place, kind="stable")].reset_index(drop=True)


def _finished(table: pd.DataFrame) -> pd.DataFrame:
    hours = table["total_time"].dt.total_seconds() / 3600
    rework = table.pop("n_rework")
    return table.assign(hours=hours, n_rework=rework).drop(columns="total_time")
