"""The process map: which activity follows which, how often and how fast, at the level of detail a person can read.

What is left out is always said: an activity that is hidden is passed over (its neighbours become linked), a path that
is hidden is counted, and ``cases_shown_share`` says how many cases run wholly along what is drawn.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import Grouping, summarise
from bko_mining.results import Result
from bko_mining.words import number, percent, say

START, END = "▶", "■"
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
        ``p90_time`` (from the end of the source to the start of the target; between ends where starts are not known)
        and ``hours`` in all.
    nodes : pandas.DataFrame
        One row an activity that is shown, in the order in which cases come to them: ``activity``, ``n``, ``n_cases``,
        ``median_time``, ``mean_time``, ``p90_time`` (from its start to its end), ``hours``.
    n_activities, n_paths, n_cases : int
        In the whole log.
    instances_shown_share, cases_shown_share : float
        Of all instances, those of activities shown; of all cases, those that run wholly along what is drawn.
    starts_known : bool
        False where the log has no start times.
    """

    nodes: pd.DataFrame
    n_activities: int
    n_paths: int
    n_cases: int
    instances_shown_share: float
    cases_shown_share: float
    starts_known: bool

    picture: ClassVar[str] = "process_map:plot_process_map"

    @property
    def summary(self) -> str:
        """What is shown of the process, and what is not."""
        return say(
            "{shown} of {activities} activities and {paths} of {all_paths} paths are shown; {share} of {cases} cases "
            "run wholly along them.",
            shown=number(len(self.nodes)),
            activities=number(self.n_activities),
            paths=number(len(self.table)),
            all_paths=number(self.n_paths),
            share=percent(self.cases_shown_share),
            cases=number(self.n_cases),
        )


def process_map(
    log: EventLog, *, detail: float | None = None, activities: float | None = None, paths: float | None = None
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

    Returns
    -------
    ProcessMap
        Paths, nodes and what is left out.

    Raises
    ------
    LogError
        If a share is not in (0, 1].

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
    shown = _activities_shown(log, detail if activities is None else activities)
    slim = log if shown.all() else log.take_instances(shown[log.activity])
    steps = _Steps.of(slim)
    visible = _paths_shown(steps, detail if paths is None else paths)
    inside = np.logical_and.reduceat(visible[steps.path], steps.offsets)
    whole = np.logical_and.reduceat(shown[log.activity], log.offsets[:-1])
    whole[whole] = inside[whole[np.isin(log.case_ids, slim.case_ids)]] if len(inside) < log.n_cases else inside[whole]
    return ProcessMap(
        table=_path_table(steps, visible),
        nodes=_node_table(slim),
        n_activities=len(np.unique(log.activity)),
        n_paths=len(np.unique(_Steps.of(log).path)),
        n_cases=log.n_cases,
        instances_shown_share=len(slim) / len(log),
        cases_shown_share=float(whole.mean()),
        starts_known=log.has_starts,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Every step of every case, from its start marker to its end marker, coded as a path."""

    path: NDArray[np.int64]
    case: NDArray[np.int64]
    offsets: NDArray[np.int64]
    time: NDArray[np.int64]
    names: tuple[str, ...]
    n_cases: int

    @classmethod
    def of(cls, log: EventLog) -> "_Steps":
        """Code the steps of a log: the start marker is one past the activities, the end marker two."""
        n = len(log.activities)
        offsets = log.offsets[:-1] + np.arange(log.n_cases)
        source = np.insert(log.activity.astype(np.int64), log.offsets[:-1], n)
        target = np.insert(log.activity.astype(np.int64), log.offsets[1:], n + 1)
        gap = np.zeros(len(log), np.int64)
        gap[1:] = np.where(log.follows[1:], log.begin[1:] - log.finish[:-1], 0)
        return cls(
            path=source * (n + 2) + target,
            case=np.repeat(np.arange(log.n_cases), log.n_instances + 1),
            offsets=offsets,
            # Activities that run side by side have no time between them.
            time=np.maximum(np.insert(gap, log.offsets[1:], 0), 0),
            names=(*log.activities, START, END),
            n_cases=log.n_cases,
        )


def _activities_shown(log: EventLog, share: float | None) -> NDArray[np.bool_]:
    counts = np.bincount(log.activity, minlength=len(log.activities))
    order = np.argsort(-counts, kind="stable")
    if share is None:
        kept = order[:READABLE_ACTIVITIES]
    else:
        kept = order[: int(np.searchsorted(np.cumsum(counts[order]), share * counts.sum() - 1e-9)) + 1]
    shown = np.zeros(len(counts), bool)
    shown[kept] = True
    return shown & (counts > 0)


def _paths_shown(steps: _Steps, share: float | None) -> NDArray[np.bool_]:
    size = len(steps.names)
    counts = np.bincount(steps.path, minlength=size * size)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    grid = counts.reshape(size, size)
    used = np.flatnonzero(grid.sum(axis=0) + grid.sum(axis=1))
    if share is None:
        most = max(10, round(READABLE_PATHS_PER_ACTIVITY * len(used)))
    else:
        most = int(np.searchsorted(np.cumsum(counts[order]), share * counts.sum() - 1e-9)) + 1
    visible = np.zeros(size * size, bool)
    visible[order[:most]] = True
    for node in used:
        ways_in, ways_out = grid[:, node].copy(), grid[node].copy()
        ways_in[node] = ways_out[node] = 0
        if ways_in.any():
            visible[int(ways_in.argmax()) * size + node] = True
        if ways_out.any():
            visible[node * size + int(ways_out.argmax())] = True
    return visible


def _path_table(steps: _Steps, visible: NDArray[np.bool_]) -> pd.DataFrame:
    size = len(steps.names)
    pairs = np.arange(size * size)
    labels = pd.DataFrame(
        {
            "source_activity": [steps.names[code] for code in pairs // size],
            "target_activity": [steps.names[code] for code in pairs % size],
        }
    )
    codes = np.where(visible[steps.path], steps.path, -1)
    table = summarise(steps.time, Grouping(codes, labels), name="time")
    used = np.unique(codes[codes >= 0])
    table.insert(3, "n_cases", _distinct(steps.path, steps.case, size * size)[used])
    table["order"] = np.where(table["source_activity"] == START, 0, 1)
    table = table.sort_values(["order", "n"], ascending=[True, False], kind="stable", ignore_index=True)
    return _finished(table.drop(columns="order"))


def _node_table(log: EventLog) -> pd.DataFrame:
    group = Grouping(log.activity.astype(np.int64), pd.DataFrame({"activity": list(log.activities)}))
    table = summarise(log.finish - log.begin, group, name="time")
    used = np.unique(log.activity)
    table.insert(
        2, "n_cases", _distinct(log.activity.astype(np.int64), log.case.astype(np.int64), len(log.activities))[used]
    )
    return _finished(table).iloc[np.argsort(_places(log)[used], kind="stable")].reset_index(drop=True)


def _places(log: EventLog) -> NDArray[np.float64]:
    """Where in its case an activity first stands, on average: the order in which people tell the process."""
    place = np.arange(len(log)) - np.repeat(log.offsets[:-1], log.n_instances)
    key = log.case.astype(np.int64) * len(log.activities) + log.activity
    firsts = np.unique(key, return_index=True)[1]
    codes = log.activity[firsts]
    total = np.bincount(codes, weights=place[firsts], minlength=len(log.activities))
    return np.asarray(total / np.maximum(np.bincount(codes, minlength=len(log.activities)), 1))


def _distinct(codes: NDArray[np.int64], case: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Number of different cases of each code."""
    width = int(case.max()) + 1
    return np.bincount(np.unique(codes * width + case) // width, minlength=size)


def _finished(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(hours=table["total_time"].dt.total_seconds() / 3600).drop(columns="total_time")
