"""The process map at every level of detail that sliders offer, and the cases that come along what was picked on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.discover.process_map import READABLE_ACTIVITIES, READABLE_PATHS_PER_ACTIVITY, node_table, path_table
from bko_mining.discover.steps import END, START, Steps
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.words import say

STEPS = 6
"""Stops of each slider, at most."""
MOST_PATHS = 160
"""More paths than these nobody can follow; the map says how many are hidden."""

Pick = str | Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class MapView:
    """What is shown at one stop of the slider of paths.

    Attributes
    ----------
    n_paths : int
        The first paths of the level that are shown.
    cases_shown_share : float
        Of all cases, those that run wholly along what is drawn.
    """

    n_paths: int
    cases_shown_share: float


@dataclass(frozen=True, slots=True, eq=False)
class MapLevel:
    """The map with some of the activities.

    Attributes
    ----------
    activities : tuple of str
        Those that are shown, in process order.
    paths : pandas.DataFrame
        As in ``ProcessMap.table`` with ``work_hours`` (of the instances that the path leads to), in the order in which
        the slider of paths adds them.
    n_paths : int
        Between these activities, shown or not.
    views : tuple of MapView
        From the fewest paths to the most.
    """

    activities: tuple[str, ...]
    paths: pd.DataFrame
    n_paths: int
    views: tuple[MapView, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MapLevels:
    """All levels, from the fewest activities to all; nodes as in ``ProcessMap``."""

    nodes: pd.DataFrame
    levels: tuple[MapLevel, ...]
    n_activities: int


def map_levels(log: EventLog, *, with_stop: tuple[int, int] | None = None) -> MapLevels:
    """Draw up the map at every level of detail.

    ``with_stop``: activities and paths of a map that one of the stops must show exactly.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["open", "pay", "open"],
    ...     "end": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-05"])})
    >>> found = map_levels(bko.EventLog.from_frame(rows))
    >>> [level.activities for level in found.levels]
    [('open',), ('open', 'pay')]
    """
    counts = np.bincount(log.activity, minlength=len(log.activities))
    order = np.argsort(-counts, kind="stable")
    n = int((counts > 0).sum())
    asked, paths = with_stop or (0, 0)
    stops = _stops(min(4, n) if n > STEPS else 1, n, min(READABLE_ACTIVITIES, n), asked)
    nodes = node_table(log)
    return MapLevels(
        nodes=nodes,
        levels=tuple(_level(log, order[:stop], nodes["activity"], paths if stop == asked else 0) for stop in stops),
        n_activities=n,
    )


def cases_along(log: EventLog, activities: Sequence[str], picked: Sequence[Pick]) -> EventLog:
    """Keep the cases that come along everything picked on a map that shows some activities.

    Parameters
    ----------
    log : EventLog
        What the map is drawn of.
    activities : sequence of str
        Those that the map shows; what is hidden is passed over.
    picked : sequence
        Names of activities, and paths as pairs of names (``START`` and ``END`` included).

    Raises
    ------
    LogError
        If the map does not show what was picked, or no case comes along all of it.
    """
    known = {name: code for code, name in enumerate((*log.activities, START, END))}
    shown = np.isin(log.activity, [known[name] for name in activities if name in known])
    slim = log.take_instances(shown)
    alive = np.flatnonzero(np.logical_or.reduceat(shown, log.offsets[:-1]))
    steps, mask, words = Steps.of(slim), np.ones(log.n_cases, bool), []
    for pick in picked:
        names = (pick,) if isinstance(pick, str) else tuple(pick)
        if any(name not in known for name in names):
            raise LogError(f"the map does not show {' → '.join(names)!r}; pick an activity or a path of it")
        codes = [known[name] for name in names]
        along = _passing(steps, codes)
        here = np.zeros(log.n_cases, bool)
        here[alive[along]] = True
        mask &= here
        words.append(" → ".join(names))
    return log.take_cases(mask, because=say("cases along {picked} on the map", picked=", ".join(words)))


def _passing(steps: Steps, codes: Sequence[int]) -> NDArray[np.int32]:
    """Positions of the cases that do an activity, or take a path."""
    if len(codes) == 1:
        return np.unique(steps.case[steps.path % steps.size == codes[0]])
    return np.unique(steps.case[steps.path == codes[0] * steps.size + codes[1]])


def _level(log: EventLog, kept: NDArray[np.int64], process_order: "pd.Series[str]", asked: int) -> MapLevel:
    shown = np.zeros(len(log.activities), bool)
    shown[kept] = True
    inside = shown[log.activity]
    slim = log if inside.all() else log.take_instances(inside)
    steps = Steps.of(slim)
    order, skeleton = _path_order(steps)
    most = min(len(order), max(MOST_PATHS, skeleton, asked))
    readable = min(max(skeleton, round(READABLE_PATHS_PER_ACTIVITY * (len(kept) + 2)), 10), most)
    stops = _stops(skeleton, most, readable, asked)
    whole = np.logical_and.reduceat(inside, log.offsets[:-1])
    alive = np.logical_or.reduceat(inside, log.offsets[:-1])
    rank = np.full(steps.size**2, len(order))
    rank[order] = np.arange(len(order))
    worst = np.maximum.reduceat(rank[steps.path], steps.offsets)[whole[alive]]
    names = {log.activities[code] for code in kept}
    return MapLevel(
        activities=tuple(name for name in process_order if name in names),
        paths=_paths(slim, steps, order[:most]),
        n_paths=len(order),
        views=tuple(MapView(stop, float((worst < stop).sum()) / log.n_cases) for stop in stops),
    )


def _path_order(steps: Steps) -> tuple[NDArray[np.int64], int]:
    """Order the paths: first the most frequent way into and out of every place, then the others by frequency."""
    counts, size = steps.counts(), steps.size
    inner = counts.reshape(size, size) * ~np.eye(size, dtype=bool)
    first = np.zeros(size * size, bool)
    places = np.arange(size)
    first[inner.argmax(axis=0) * size + places] = True
    first[places * size + inner.argmax(axis=1)] = True
    first &= counts > 0
    order = np.lexsort((-counts, ~first))
    return order[counts[order] > 0], int(first.sum())


def _paths(log: EventLog, steps: Steps, order: NDArray[np.int64]) -> pd.DataFrame:
    visible = np.zeros(steps.size**2, bool)
    visible[order] = True
    table = path_table(steps, visible)
    hours = np.bincount(steps.path, weights=steps.leading_to(log.finish - log.begin), minlength=steps.size**2) / 3.6e9
    code = {name: place for place, name in enumerate(steps.names)}
    paths = table["source_activity"].map(code) * steps.size + table["target_activity"].map(code)
    place = np.empty(steps.size**2, np.int64)
    place[order] = np.arange(len(order))
    table["work_hours"] = hours[paths]
    return table.iloc[np.argsort(place[paths], kind="stable")].reset_index(drop=True)


def _stops(least: int, most: int, between: int, asked: int) -> list[int]:
    """Stops of a slider from the least to the most, evenly in ratio, one at what can be read, one at what was asked."""
    spread = np.geomspace(max(least, 1), max(most, 1), STEPS)
    stops = {least, most, between, *np.rint(spread[1:-1]).astype(int).tolist()}
    return sorted(stops | {asked} if 0 < asked <= most else stops)
