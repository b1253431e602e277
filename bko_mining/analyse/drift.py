"""When did it change: arrivals, flow, times and staffing by week, with the change points that chance does not explain.

A change point is where the cumulated deviation from the mean is largest (CUSUM; Page 1954), once what carries over from
week to week is taken out; how large chance alone makes it is found by shuffling the weeks. The series is then cut there
and both parts are looked at again, each with its share of the risk, so that a log in which nothing changed raises an
alarm in one of twenty cases at most, all aspects together (``benchmarks/false_alarms.py``).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people_only
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import distinct, weeks
from bko_mining.results import Result
from bko_mining.words import day, duration, number, percent, say

ALPHA = 0.05
SHUFFLES = 999
SHORTEST = 4
"""Weeks that a part must have on each side of a change."""
HOPELESS = 60
"""Draws of chance as clear as what was seen after which the rest need not be drawn."""
MOST_CARRIED = 0.9
"""A week is never taken to be more than this like the one before."""
LEAST, LEAST_FLOW = 0.1, 0.05
"""Changes smaller than this are of no use to know: share of the level, or points of a path's share."""
NEARLY_NOTHING = 0.01
"""Share of all cases that weeks at the beginning hold which are not judged."""
MINUTE = 60e6
TOLD_AS_SHARE = 2.0
"""Beyond a change of 200 % the levels alone say more."""
ASPECTS = ("arrivals", "times", "staffing", "flow")


@dataclass(frozen=True, slots=True, eq=False)
class Drift(Result):
    """Change points, in order of time.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a change: ``aspect`` (``arrivals``, ``times``, ``staffing``, ``flow``), ``when`` (the Monday from
        which it
        holds), ``earliest`` and ``latest`` (95 % interval), ``before`` and ``after`` (weekly level; of ``flow`` the
        share of the path that changed most, named in ``what``), ``change_share`` and ``p_value``.
    weekly : pandas.DataFrame
        ``week``, ``arrivals``, ``times`` (geometric mean cycle time in hours by week of arrival), ``staffing`` (people
        seen at work).
    nearly_empty_before : pandas.Timestamp or None
        The Monday before which the log holds next to nothing; those weeks are not judged.
    """

    weekly: pd.DataFrame
    nearly_empty_before: pd.Timestamp | None = None

    picture: ClassVar[str] = "rules:plot_drift"

    @property
    def summary(self) -> str:
        """The clearest change."""
        if len(self.weekly) < 2 * SHORTEST:
            return say("The log is too short to see changes: {n} full weeks.", n=number(len(self.weekly)))
        if not len(self.table):
            return f"{self.clearest} {self.limit}".rstrip()
        sentence = say("{n} changes in {weeks} weeks.", n=number(len(self.table)), weeks=number(len(self.weekly)))
        return f"{sentence} {say('Clearest:')} {self.clearest} {self.limit}".rstrip()

    @property
    def limit(self) -> str:
        """From when on the log can be judged, where it is nearly empty before."""
        empty = self.nearly_empty_before
        return "" if empty is None else say("Before {when} the log is nearly empty.", when=day(empty))

    @property
    def clearest(self) -> str:
        """The surest change, of equally sure ones the largest, as a sentence."""
        if not len(self.table):
            return say("Nothing changed clearly in {n} weeks.", n=number(len(self.weekly)))
        row = self.table.assign(size=-self.table["change_share"].abs()).sort_values(["p_value", "size"]).iloc[0]
        words = {"when": day(row["when"]), "earliest": day(row["earliest"]), "latest": day(row["latest"])}
        if row["aspect"] == "flow":
            return say(
                "From the week of {when} ({earliest} to {latest}) {after} of cases take the path {path}, {before} "
                "before.",
                path=row["what"],
                before=percent(row["before"]),
                after=percent(row["after"]),
                **words,
            )
        change = ("+" if row["change_share"] > 0 else "") + percent(row["change_share"])
        old, new = _level(row["aspect"], row["before"]), _level(row["aspect"], row["after"])
        return say(
            "From the week of {when} ({earliest} to {latest}) on, {aspect}: {old} → {new}{change}.",
            aspect=say(_ASPECT[row["aspect"]]),
            old=old,
            new=new,
            # Of next to nothing a percentage says nothing.
            change=f" ({change})" if abs(row["change_share"]) <= TOLD_AS_SHARE else "",
            **words,
        )


def _level(aspect: str, value: float) -> str:
    if aspect == "times":
        return duration(3600 * value)
    return number(value, 0 if value >= 10 else 1)


_ASPECT = {
    "arrivals": "cases that arrive a week",
    "times": "cycle times",
    "staffing": "people at work in a week",
    "flow": "the flow",
}


def drift(log: EventLog, *, seed: int = 0) -> Drift:
    """Find when arrivals, flow, times or staffing changed.

    The first week is left out where it is not full, and so are weeks at the beginning with next to no arrivals (one in
    a hundred in all) and the last weeks (those without arrivals, and the 90th percentile of cycle times before the
    end): many logs hold only cases that have ended, so that late cases seem few and quick. People at work
    are looked at once the first cases of the log have had the same time, since those under way before it are not in
    it. Changes of less than a tenth (of less than five points in a hundred of the flow) are not told.

    Parameters
    ----------
    log : EventLog
        The log.
    seed : int
        Of the shuffles.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": range(200), "activity": "key in",
    ...     "end": pd.date_range("2026-01-05", periods=200, freq="D")})
    >>> bko.drift(bko.EventLog.from_frame(rows)).summary
    'Nothing changed clearly in 27 weeks.'
    """
    weekly, series, paths, begin = _series(log)
    rng = np.random.default_rng(seed)
    records = []
    for aspect in ASPECTS:
        values, first = series[aspect]
        if len(values) >= 2 * SHORTEST:
            found = _changes(values, rng, ALPHA / len(ASPECTS))
            told = [_record(aspect, values, first, change, weekly, paths) for change in found]
            records += [row for row in told if abs(row[-2]) >= (LEAST_FLOW if aspect == "flow" else LEAST)]
    columns = ["aspect", "what", "when", "earliest", "latest", "before", "after", "change_share", "p_value"]
    table = pd.DataFrame(records, columns=columns).sort_values("when", kind="stable", ignore_index=True)
    empty = weekly["week"].iloc[begin - 1] if begin > 2 * SHORTEST else None
    return Drift(table, weekly=weekly, nearly_empty_before=empty)


Change = tuple[int, int, int, int, int, float]
"""Place, earliest, latest, begin and end of the part it divides, p-value."""


def _series(log: EventLog) -> tuple[pd.DataFrame, dict[str, tuple[NDArray[np.float64], int]], list[str], int]:
    arrival, work = weeks(log, log.case_start), weeks(log, log.begin)
    mondays = pd.DatetimeIndex(pd.date_range(work.labels["week"].min(), work.labels["week"].max(), freq="7D"))
    of_case = mondays.get_indexer(pd.DatetimeIndex(arrival.labels["week"]))[arrival.codes]
    of_row = mondays.get_indexer(pd.DatetimeIndex(work.labels["week"]))[work.codes]
    size = len(mondays)
    cases = np.bincount(of_case, minlength=size)
    # Cases begun and ended in one event take no time; their logarithm must not outweigh all others.
    cycle = (log.case_end - log.case_start).astype(float) + MINUTE
    total = np.bincount(of_case, weights=np.log(cycle / 3.6e9), minlength=size)
    times = np.divide(total, cases, out=np.full(size, np.nan), where=cases > 0)
    full = slice(1, size - 1) if size > 2 else slice(0, size)
    long = float(np.quantile(cycle, 0.9))
    begin = min(max(int(np.searchsorted(np.cumsum(cases), NEARLY_NOTHING * log.n_cases)), 1), max(size - 2, 1))
    closed = min(_weeks_before(log, mondays, float(log.case_end.max()) - long) - 1, int(of_case.max()))
    opened = min(max(_weeks_before(log, mondays, float(log.case_start.min()) + long), begin), size)
    seen_log = people_only(log)
    known = seen_log.resource != UNKNOWN
    pairs = distinct(of_row[known].astype(np.int64) * (len(log.resources) + 1) + seen_log.resource[known])
    staff = np.bincount(pairs // (len(log.resources) + 1), minlength=size) if known.any() else np.zeros(size)
    flow, paths = _flow(log, of_case, size, slice(begin, max(closed, begin + 1)))
    weekly = pd.DataFrame({"week": mondays, "arrivals": cases, "times": np.exp(times), "staffing": staff})[full]
    filled = pd.Series(times).interpolate(limit_direction="both").fillna(0).to_numpy()
    series = {
        "arrivals": (np.log1p(cases[begin : max(closed, begin)].astype(float))[:, None], begin),
        "times": (filled[begin : max(closed, begin)][:, None], begin),
        "staffing": (np.log1p(staff[opened : max(closed, opened)].astype(float))[:, None] * known.any(), opened),
        "flow": (flow, begin),
    }
    return weekly.reset_index(drop=True), series, paths, begin


def _weeks_before(log: EventLog, mondays: pd.DatetimeIndex, instant: float) -> int:
    return int((mondays < log.local([int(instant)]).tz_localize(None)[0]).sum())


def _flow(log: EventLog, of_case: NDArray[np.int64], size: int, judged: slice) -> tuple[NDArray[np.float64], list[str]]:
    """Share of cases of each week that take each of the twenty most variable frequent paths."""
    n = len(log.activities)
    rows = np.flatnonzero(log.follows)
    path = log.activity[rows - 1].astype(np.int64) * n + log.activity[rows]
    once = distinct(path * log.n_cases + log.case[rows])
    path, case = once // log.n_cases, once % log.n_cases
    count = np.bincount(path, minlength=n * n)
    top = np.argsort(-count * (log.n_cases - np.minimum(count, log.n_cases)), kind="stable")[:20]
    top = top[count[top] > 0]
    cases = np.maximum(np.bincount(of_case, minlength=size), 1)
    shares = [np.bincount(of_case[case[path == code]], minlength=size) / cases for code in top]
    names = [f"{log.activities[code // n]} → {log.activities[code % n]}" for code in top]
    return (np.array(shares).T if shares else np.zeros((size, 1)))[judged], names


def _changes(values: NDArray[np.float64], rng: np.random.Generator, alpha: float) -> list[Change]:
    """Cut where a change is clearest and look again at both parts; a part has its share of the risk of an alarm."""
    cuts: list[int] = []
    parts = [(0, len(values))]
    while parts:
        begin, end = parts.pop()
        place, p = _tested(values[begin:end], rng)
        if p <= alpha * (end - begin) / len(values):
            cuts.append(begin + place)
            parts += [(begin, begin + place), (begin + place, end)]
    return _kept(values, sorted(cuts), rng, alpha)


def _kept(values: NDArray[np.float64], cuts: list[int], rng: np.random.Generator, alpha: float) -> list[Change]:
    """Changes that stay clear between their neighbours: an early cut may be nothing but the sum of two later ones."""
    found: list[Change] = []
    edges = [0, *cuts, len(values)]
    for before, after in zip(edges[:-2], edges[2:], strict=True):
        place, p = _tested(values[before:after], rng)
        if p <= alpha:
            low, high = _interval(_whitened(values[before:after], place), place)
            found.append((before + place, before + low, before + high, before, after, p))
    return found


def _tested(part: NDArray[np.float64], rng: np.random.Generator) -> tuple[int, float]:
    """The place of the clearest change of a part, and how often chance alone makes one as clear."""
    if len(part) < 2 * SHORTEST:
        return 0, 1.0
    white = _whitened(part, _largest(part)[0])
    place, statistic = _largest(white)
    if statistic <= 0:
        return place, 1.0
    # More weeks alike than the draws of chance can tell apart need no more draws.
    as_clear = 0
    for draw in range(1, SHUFFLES + 1):
        as_clear += _largest(rng.permutation(white))[1] >= statistic
        if as_clear >= HOPELESS:
            return place, as_clear / draw
    return place, (1 + as_clear) / (SHUFFLES + 1)


def _whitened(part: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    """Take from each week what carried over from the week before, so that a slow swing is not taken for a change.

    The carry-over (first-order autocorrelation) is measured beside the change and corrected for its bias in short
    series (twice that of Kendall 1954: a level is taken out on both sides, at the place that suits chance best).
    """
    z = (part - part.mean(axis=0)) / _scale(part)
    rest = np.concatenate([side - side.mean(axis=0) for side in (z[:place], z[place:])])
    carried = float((rest[1:] * rest[:-1]).sum() / max(float((rest**2).sum()), 1e-9))
    carried = min(max(carried + (4 + 8 * max(carried, 0.0)) / len(part), 0.0), MOST_CARRIED)
    white = z.copy()
    white[1:] -= carried * z[:-1]
    white[0] *= np.sqrt(1 - carried**2)
    return np.asarray(white)


def _scale(part: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = part.std(axis=0)
    return np.asarray(np.where(spread > 1e-9, spread, np.inf))


def _gains(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """By place of a cut, how much of the (standardised) variation it explains."""
    z = (part - part.mean(axis=0)) / _scale(part)
    k = np.arange(1, len(part))
    total = np.cumsum(z, axis=0)[:-1]
    gain = (total**2).sum(axis=1) * len(part) / (k * (len(part) - k))
    gain[(k < SHORTEST) | (k > len(part) - SHORTEST)] = -1.0
    return np.asarray(gain)


def _largest(part: NDArray[np.float64]) -> tuple[int, float]:
    gain = _gains(part)
    best = int(gain.argmax())
    return best + 1, float(gain[best])


def _interval(part: NDArray[np.float64], place: int) -> tuple[int, int]:
    """Cuts that explain nearly as much: within 7.35 of the likelihood ratio (Hawkins 2001; the 95 % point of a cut)."""
    gain = _gains(part)
    residual = np.concatenate([side - side.mean(axis=0) for side in (part[:place], part[place:])]) / _scale(part)
    noise = max(float((residual**2).sum()) / len(part), 1e-6)
    near = np.flatnonzero(gain >= gain[place - 1] - 7.35 * noise) + 1
    return int(near.min()), int(near.max())


def _record(
    aspect: str, values: NDArray[np.float64], first: int, change: Change, weekly: pd.DataFrame, paths: list[str]
) -> tuple[Any, ...]:
    place, low, high, begin, end, p = change
    before, after = values[begin:place].mean(axis=0), values[place:end].mean(axis=0)
    column = int(np.abs(after - before).argmax())
    b, a = float(before[column]), float(after[column])
    if aspect in ("arrivals", "staffing"):
        b, a = float(np.expm1(b)), float(np.expm1(a))
    elif aspect == "times":
        b, a = float(np.exp(b)), float(np.exp(a))
    share = a - b if aspect == "flow" else a / max(b, 1e-9) - 1
    mondays = weekly["week"]
    # The weekly table begins with the second week of the log.
    at = [mondays.iloc[min(k + first - 1, len(mondays) - 1)] for k in (place, low, high)]
    return (aspect, paths[column] if aspect == "flow" else "", *at, b, a, share, p)
