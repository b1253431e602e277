"""Two maps compared: which paths and times differ between two logs by more than chance.

Cases that arrive in the same week are not independent witnesses. Where there are enough weeks, the error of a share or
of a mean is taken between weeks (a ratio estimator over clusters: Cochran, Sampling Techniques, 3rd edition, section
6.3 and 9A), otherwise between cases; and because many paths are judged at once, p-values are adjusted so that one in
twenty of the differences called clear is expected to be chance (Benjamini and Hochberg, 1995).
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.discover.process_map import READABLE_ACTIVITIES, most_frequent, most_frequent_paths
from bko_mining.discover.steps import END, START, Steps, first_times
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import weeks
from bko_mining.results import Result
from bko_mining.words import duration, number, say, share_words

FEW_WEEKS = 8
CHANCE = 0.05
FEW_TIMES = 5
MOST_DIFFERENT = 12
SMALLEST = 0.01
SHOWS = ("cases", "time")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MapDifference(Result):
    """The differences between the maps of two logs.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a path that is shown, the largest clear differences first: ``source_activity``, ``target_activity``
        (``▶`` and ``■`` mark where cases begin and end), ``before_share`` and ``after_share`` (of the cases, that take
        it), ``difference_share``, ``p_value`` (adjusted for all paths), ``clear`` (not within chance),
        ``before_mean_time``, ``after_mean_time``, ``time_p_value``, ``time_clear``.
    nodes : pandas.DataFrame
        The same of the activities that are shown, in process order.
    names : tuple of str
        What the two logs are called.
    n_before, n_after : int
        Cases.
    n_activities, n_paths : int
        In either log; what is not in the tables is not shown.
    shows : str
        What the picture shows: ``cases`` or ``time``.
    beside : bool
        Whether the picture shows both maps beside each other.
    """

    nodes: pd.DataFrame
    names: tuple[str, str]
    n_before: int
    n_after: int
    n_activities: int
    n_paths: int
    shows: str = "cases"
    beside: bool = False

    picture: ClassVar[str] = "map_difference:plot_map_difference"

    @property
    def summary(self) -> str:
        """The largest clear difference of what is shown, or that there is none."""
        clear = self.table[self.table["clear" if self.shows == "cases" else "time_clear"]]
        words = {"before": self.names[0], "after": self.names[1]}
        if clear.empty and self.shows == "time":
            return say("On no path does time differ between {before} and {after} by more than chance.", **words)
        if clear.empty:
            return say("No path differs between {before} and {after} by more than chance.", **words)
        row = clear.iloc[0]
        words |= {"n": number(len(clear)), "all": number(len(self.table)), "source": row["source_activity"],
                  "target": row["target_activity"]}  # fmt: skip
        if self.shows == "time":
            old, new = (duration(row[f"{side}_mean_time"].total_seconds()) for side in ("before", "after"))
            return say(
                "On {n} of {all} paths shown the mean time differs between {before} and {after} by more than chance; "
                "most of all {source} → {target}: {old} → {new}.",
                old=old,
                new=new,
                **words,
            )
        return say(
            "{n} of {all} paths shown differ between {before} and {after} by more than chance; most of all {source} → "
            "{target}: {old} → {new} of the cases.",
            old=share_words(row["before_share"]),
            new=share_words(row["after_share"]),
            **words,
        )

    def side_by_side(self) -> "MapDifference":
        """Return the same with a picture of both maps beside each other, every activity at the same place."""
        return replace(self, beside=True)


def difference_map(
    before: EventLog,
    after: EventLog,
    *,
    names: tuple[str, str] | None = None,
    shows: str = "cases",
    detail: float | None = None,
) -> MapDifference:
    """Compare the maps of two logs: before and after, observed and simulated, two branches.

    Parameters
    ----------
    before, after : EventLog
        The logs; activities are matched by name.
    names : tuple of str, optional
        What to call them in pictures and sentences; "before" and "after" in the language in force.
    shows : {"cases", "time"}
        What the picture shows: the share of cases that take each path, or the mean time that passes on it.
    detail : float, optional
        Share of activities and of paths to show, 1 for everything. Without it, as much as can be read: the most
        frequent in either log, and the paths that differ most.

    Returns
    -------
    MapDifference
        ``.plot()`` draws one map of differences, ``.side_by_side()`` both maps; ``.table`` has the numbers.

    Raises
    ------
    LogError
        If the detail is not in (0, 1] or ``shows`` is another word.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": range(300), "activity": "key in",
    ...     "end": pd.date_range("2026-01-05", periods=300, freq="8h")})
    >>> log = bko.EventLog.from_frame(rows)
    >>> bko.difference_map(log, log).summary
    'No path differs between before and after by more than chance.'
    """
    if detail is not None and not 0 < detail <= 1:
        raise LogError(f"detail={detail} is not a share; use a number above 0 and up to 1")
    if shows not in SHOWS:
        raise LogError(f"shows={shows!r} is not something the map can show; use one of {', '.join(SHOWS)}")
    logs = _same_activities(before, after)
    shown = _activities_shown(logs, detail)
    rows = [_rows(log, shown) for log in logs]
    clusters = (_Clusters.of(before), _Clusters.of(after))
    paths, nodes = (_compared((one, other), clusters) for one, other in zip(*rows, strict=True))
    ends = (*logs[0].activities, START, END)
    visible = _paths_shown(paths, len(ends), detail)
    return MapDifference(
        table=_named_paths(paths[visible], ends, shows),
        nodes=_named_nodes(nodes, logs, shown),
        names=names or (say("before"), say("after")),
        n_before=before.n_cases,
        n_after=after.n_cases,
        n_activities=int(np.any([np.bincount(log.activity, minlength=len(shown)) > 0 for log in logs], axis=0).sum()),
        n_paths=len(np.union1d(*(np.flatnonzero(Steps.of(log).counts()) for log in logs))),
        shows=shows,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Clusters:
    """The cases of a log by week of arrival, or every case alone where the weeks are few."""

    of_case: NDArray[np.int64]
    sizes: Floats

    @classmethod
    def of(cls, log: EventLog) -> "_Clusters":
        codes = weeks(log, log.case_start).codes
        if codes.max() + 1 < FEW_WEEKS:
            codes = np.arange(log.n_cases)
        return cls(codes, np.bincount(codes).astype(float))

    @property
    def n_cases(self) -> float:
        return float(self.sizes.sum())

    @property
    def factor(self) -> float:
        """Of the small-sample correction."""
        return len(self.sizes) / max(len(self.sizes) - 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Steps or instances of the activities that are shown: their code, their case in the whole log, their time."""

    code: NDArray[np.int64]
    case: NDArray[np.int64]
    time: Floats
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class _Estimate:
    """A value of each code with its variance and the number of observations behind it."""

    value: Floats
    variance: Floats
    n: Floats


def _same_activities(before: EventLog, after: EventLog) -> tuple[EventLog, EventLog]:
    names = tuple(dict.fromkeys((*before.activities, *after.activities)))
    place = {name: code for code, name in enumerate(names)}
    recoded = (
        replace(
            log,
            activity=np.array([place[name] for name in log.activities], np.int32)[log.activity],
            activities=names,
        )
        for log in (before, after)
    )
    first, second = recoded
    return first, second


def _activities_shown(logs: tuple[EventLog, EventLog], detail: float | None) -> NDArray[np.bool_]:
    counts = [np.bincount(log.activity, minlength=len(log.activities)) / log.n_cases for log in logs]
    shown = most_frequent(counts[0] + counts[1], detail, READABLE_ACTIVITIES)
    for log in logs:
        if not shown[log.activity].any():
            shown |= most_frequent(np.bincount(log.activity, minlength=len(shown)), None, 1)
    return shown


def _rows(log: EventLog, shown: NDArray[np.bool_]) -> tuple[_Rows, _Rows]:
    """Return the steps and the instances of the activities shown."""
    kept = shown[log.activity]
    slim = log.take_instances(kept)
    alive = np.flatnonzero(np.logical_or.reduceat(kept, log.offsets[:-1]))
    steps = Steps.of(slim)
    work = (slim.finish - slim.begin).astype(float)
    return (
        _Rows(steps.path, alive[steps.case], steps.time.astype(float), steps.size**2),
        _Rows(slim.activity.astype(np.int64), alive[slim.case], work, len(shown)),
    )


def _share(rows: _Rows, clusters: _Clusters) -> _Estimate:
    """Share of the cases that have each code."""
    pairs = np.unique(rows.code * len(clusters.of_case) + rows.case)
    code, case = pairs // len(clusters.of_case), pairs % len(clusters.of_case)
    found, count = np.unique(code * len(clusters.sizes) + clusters.of_case[case], return_counts=True)
    of, base = found // len(clusters.sizes), clusters.sizes[found % len(clusters.sizes)]
    n_cases: Floats = np.bincount(of, weights=count, minlength=rows.size).astype(float)
    share = n_cases / clusters.n_cases
    # Clusters without the code are as far from their share as their share is large.
    away = (count - share[of] * base) ** 2 - (share[of] * base) ** 2
    squares = np.bincount(of, weights=away, minlength=rows.size) + share**2 * float((clusters.sizes**2).sum())
    # What never occurs in a sample is not known to be nothing: the variance of Agresti and Coull's share is the least.
    near = (n_cases + 1) / (clusters.n_cases + 2)
    least = near * (1 - near) / clusters.n_cases
    return _Estimate(share, np.maximum(clusters.factor * squares / clusters.n_cases**2, least), n_cases)


def _mean_time(rows: _Rows, clusters: _Clusters) -> _Estimate:
    """Mean time of each code, in seconds."""
    found, group = np.unique(rows.code * len(clusters.sizes) + clusters.of_case[rows.case], return_inverse=True)
    of = found // len(clusters.sizes)
    count, total = np.bincount(group).astype(float), np.bincount(group, weights=rows.time / 1e6)
    n: Floats = np.bincount(of, weights=count, minlength=rows.size).astype(float)
    mean = np.bincount(of, weights=total, minlength=rows.size) / np.maximum(n, 1)
    squares = np.bincount(of, weights=(total - mean[of] * count) ** 2, minlength=rows.size)
    return _Estimate(mean, clusters.factor * squares / np.maximum(n, 1) ** 2, n)


def _compared(rows: tuple[_Rows, _Rows], clusters: tuple[_Clusters, _Clusters]) -> pd.DataFrame:
    """Compare both measures of each code of two logs; the index is the code."""
    shares = (_share(rows[0], clusters[0]), _share(rows[1], clusters[1]))
    times = (_mean_time(rows[0], clusters[0]), _mean_time(rows[1], clusters[1]))
    freedom = min(len(cluster.sizes) for cluster in clusters) - 1
    used = (shares[0].n + shares[1].n) > 0
    common = (times[0].n >= FEW_TIMES) & (times[1].n >= FEW_TIMES)
    p_value = _adjusted(_p_values(shares, freedom), used)
    time_p_value = _adjusted(_p_values(times, freedom), common)
    seconds = [pd.to_timedelta(np.where(side.n > 0, np.rint(side.value), np.nan), unit="s") for side in times]
    table = pd.DataFrame(
        {
            "before_share": shares[0].value,
            "after_share": shares[1].value,
            "difference_share": shares[1].value - shares[0].value,
            "p_value": p_value,
            "clear": p_value < CHANCE,
            "before_mean_time": seconds[0],
            "after_mean_time": seconds[1],
            "time_p_value": time_p_value,
            "time_clear": time_p_value < CHANCE,
        }
    )
    return table[used]


def _p_values(estimates: tuple[_Estimate, _Estimate], freedom: int) -> Floats:
    from scipy.special import stdtr

    before, after = estimates
    error = np.sqrt(before.variance + after.variance)
    difference = np.abs(after.value - before.value)
    away = np.divide(difference, error, out=np.where(difference > 1e-9, np.inf, 0.0), where=error > 0)
    return np.asarray(2 * stdtr(max(freedom, 1), -away))


def _adjusted(p_values: Floats, judged: NDArray[np.bool_]) -> Floats:
    """Adjust p-values for how many are judged (Benjamini-Hochberg); those that are not stay unknown."""
    adjusted = np.full(len(p_values), np.nan)
    at = np.flatnonzero(judged)
    order = at[np.argsort(p_values[at], kind="stable")]
    ranks = np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate((p_values[order] * len(order) / ranks)[::-1])[::-1], 1.0)
    return adjusted


def _paths_shown(paths: pd.DataFrame, size: int, detail: float | None) -> NDArray[np.bool_]:
    """Of the paths compared, the most frequent in the mean of both logs, and the largest of the clear differences."""
    counts = np.zeros(size * size)
    counts[paths.index] = paths["before_share"] + paths["after_share"]
    visible = most_frequent_paths(counts, size, detail)[paths.index]
    away = paths["difference_share"].abs().where(paths["clear"], 0.0).to_numpy()
    largest = np.argsort(-away, kind="stable")[:MOST_DIFFERENT]
    visible[largest[away[largest] >= SMALLEST]] = True
    return np.asarray(visible)


def _named(compared: pd.DataFrame, names: dict[str, list[str]]) -> pd.DataFrame:
    table = compared.reset_index(drop=True)
    for at, (column, values) in enumerate(names.items()):
        table.insert(at, column, values)
    return table


def _named_paths(paths: pd.DataFrame, names: tuple[str, ...], shows: str) -> pd.DataFrame:
    codes = paths.index.to_numpy()
    ends = {
        "source_activity": [names[code] for code in codes // len(names)],
        "target_activity": [names[code] for code in codes % len(names)],
    }
    table = _named(paths, ends)
    if shows == "cases":
        away = table["difference_share"].abs() + table["clear"]
    else:
        seconds = (table["after_mean_time"] - table["before_mean_time"]).dt.total_seconds().abs().fillna(-1.0)
        away = seconds + table["time_clear"] * (1 + seconds.max())
    return table.loc[away.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def _named_nodes(nodes: pd.DataFrame, logs: tuple[EventLog, EventLog], shown: NDArray[np.bool_]) -> pd.DataFrame:
    """Name the activities and put them where cases first come to them, on average over both logs."""
    place, n = np.zeros(len(shown)), np.zeros(len(shown))
    for log in logs:
        first = first_times(log)
        inside = np.arange(len(log)) - np.repeat(log.offsets[:-1], log.n_instances)
        place += np.bincount(log.activity[first], weights=inside[first], minlength=len(shown)) / log.n_cases
        n += np.bincount(log.activity[first], minlength=len(shown)) / log.n_cases
    codes = nodes.index.to_numpy()
    order = np.argsort(place[codes] / n[codes], kind="stable")
    return _named(nodes.iloc[order], {"activity": [logs[0].activities[code] for code in codes[order]]})
