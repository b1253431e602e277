"""When did it change: arrivals, flow, times and staffing by week, with the change points that chance does not explain.

A change point is where the cumulated deviation from the mean is largest (CUSUM; Page 1954); how large chance alone
makes it is found by shuffling blocks of weeks. The series is then cut there and both parts are looked at again.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import people_only
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import weeks
from bko_mining.results import Result
from bko_mining.words import day, number, percent, say

ALPHA = 0.05
SHUFFLES = 999
SHORTEST = 4
"""Weeks that a part must have on each side of a change."""
BLOCK = 2
"""Weeks shuffled together, so that a slow swing is not taken for a change."""
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
    """

    weekly: pd.DataFrame

    picture: ClassVar[str] = "rules:plot_drift"

    @property
    def summary(self) -> str:
        """The clearest change."""
        if len(self.weekly) < 2 * SHORTEST:
            return say("The log is too short to see changes: {n} full weeks.", n=number(len(self.weekly)))
        if not len(self.table):
            return say("Nothing changed clearly in {n} weeks.", n=number(len(self.weekly)))
        row = self.table.iloc[int(self.table["p_value"].to_numpy(float).argmin())]
        sentence = say("{n} changes in {weeks} weeks.", n=number(len(self.table)), weeks=number(len(self.weekly)))
        return (
            sentence
            + " "
            + say(
                "Clearest: {aspect} from the week of {when} ({earliest} to {latest}): {change}.",
                aspect=say(_ASPECT[row["aspect"]]) + (f" ({row['what']})" if row["what"] else ""),
                when=day(row["when"]),
                earliest=day(row["earliest"]),
                latest=day(row["latest"]),
                change=("+" if row["change_share"] > 0 else "") + percent(row["change_share"]),
            )
        )


_ASPECT = {"arrivals": "arriving cases", "times": "cycle times", "staffing": "people at work", "flow": "the flow"}


def drift(log: EventLog, *, seed: int = 0) -> Drift:
    """Find when arrivals, flow, times or staffing changed.

    The first and the last week are left out where they are not full; cycle times are looked at for cases that arrived
    early enough to end within the log (the 90th percentile of cycle times before its end).

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
    weekly, series, paths = _series(log)
    rng = np.random.default_rng(seed)
    records = []
    for aspect in ASPECTS:
        values, first = series[aspect]
        if len(values) >= 2 * SHORTEST:
            found = _changes(values, rng, ALPHA / len(ASPECTS))
            records += [_record(aspect, values, first, change, weekly, paths) for change in found]
    columns = ["aspect", "what", "when", "earliest", "latest", "before", "after", "change_share", "p_value"]
    table = pd.DataFrame(records, columns=columns).sort_values("when", kind="stable", ignore_index=True)
    return Drift(table, weekly=weekly)


Change = tuple[int, int, int, int, int, float]
"""Place, earliest, latest, begin and end of the part it divides, p-value."""


def _series(log: EventLog) -> tuple[pd.DataFrame, dict[str, tuple[NDArray[np.float64], int]], list[str]]:
    arrival, work = weeks(log, log.case_start), weeks(log, log.begin)
    mondays = pd.DatetimeIndex(pd.date_range(work.labels["week"].min(), work.labels["week"].max(), freq="7D"))
    of_case = mondays.get_indexer(pd.DatetimeIndex(arrival.labels["week"]))[arrival.codes]
    of_row = mondays.get_indexer(pd.DatetimeIndex(work.labels["week"]))[work.codes]
    size = len(mondays)
    cases = np.bincount(of_case, minlength=size)
    cycle = (log.case_end - log.case_start).astype(float) + 1.0
    total = np.bincount(of_case, weights=np.log(cycle / 3.6e9), minlength=size)
    times = np.divide(total, cases, out=np.full(size, np.nan), where=cases > 0)
    full = slice(1, size - 1) if size > 2 else slice(0, size)
    settled = int(log.case_end.max() - np.quantile(cycle, 0.9))
    closed = int((mondays < log.local([settled]).tz_localize(None)[0]).sum()) - 1
    seen_log = people_only(log)
    known = seen_log.resource != UNKNOWN
    pairs = np.unique(of_row[known].astype(np.int64) * (len(log.resources) + 1) + seen_log.resource[known])
    staff = np.bincount(pairs // (len(log.resources) + 1), minlength=size) if known.any() else np.zeros(size)
    flow, paths = _flow(log, of_case, size, max(closed, 2))
    weekly = pd.DataFrame({"week": mondays, "arrivals": cases, "times": np.exp(times), "staffing": staff})[full]
    filled = pd.Series(times).interpolate(limit_direction="both").fillna(0).to_numpy()
    series = {
        "arrivals": (np.log1p(cases[full].astype(float))[:, None], 1),
        "times": (filled[1 : max(closed, 1)][:, None], 1),
        "staffing": (np.log1p(staff[full].astype(float))[:, None] if known.any() else np.zeros((0, 1)), 1),
        "flow": (flow, 1),
    }
    return weekly.reset_index(drop=True), series, paths


def _flow(log: EventLog, of_case: NDArray[np.int64], size: int, closed: int) -> tuple[NDArray[np.float64], list[str]]:
    """Share of cases of each week that take each of the twenty most variable frequent paths."""
    n = len(log.activities)
    rows = np.flatnonzero(log.follows)
    path = log.activity[rows - 1].astype(np.int64) * n + log.activity[rows]
    once = np.unique(path * log.n_cases + log.case[rows])
    path, case = once // log.n_cases, once % log.n_cases
    count = np.bincount(path, minlength=n * n)
    top = np.argsort(-count * (log.n_cases - np.minimum(count, log.n_cases)), kind="stable")[:20]
    top = top[count[top] > 0]
    cases = np.maximum(np.bincount(of_case, minlength=size), 1)
    shares = [np.bincount(of_case[case[path == code]], minlength=size) / cases for code in top]
    names = [f"{log.activities[code // n]} → {log.activities[code % n]}" for code in top]
    return (np.array(shares).T if shares else np.zeros((size, 1)))[1:closed], names


def _changes(values: NDArray[np.float64], rng: np.random.Generator, alpha: float) -> list[Change]:
    found: list[Change] = []
    parts = [(0, len(values))]
    while parts:
        begin, end = parts.pop()
        part = values[begin:end]
        if len(part) < 2 * SHORTEST:
            continue
        place, statistic = _largest(part)
        p = (1 + sum(_largest(_shuffled(part, rng))[1] >= statistic for _ in range(SHUFFLES))) / (SHUFFLES + 1)
        if statistic > 0 and p <= alpha:
            low, high = _interval(part, place)
            found.append((begin + place, begin + low, begin + high, begin, end, p))
            parts += [(begin, begin + place), (begin + place, end)]
    return found


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


def _shuffled(part: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    starts = np.arange(0, len(part), BLOCK)
    order = rng.permutation(len(starts))
    rows = np.concatenate([np.arange(starts[k], min(starts[k] + BLOCK, len(part))) for k in order])
    return np.asarray(part[rows])


def _interval(part: NDArray[np.float64], place: int) -> tuple[int, int]:
    """Cuts that explain nearly as much: within 7.35 of the likelihood ratio (Hawkins 2001; the 95 % point of a cut)."""
    gain = _gains(part)
    residual = np.concatenate([side - side.mean(axis=0) for side in (part[:place], part[place:])]) / _scale(part)
    noise = max(float((residual**2).sum()) / len(part), 1e-6)
    near = np.flatnonzero(gain >= gain[place - 1] - 7.35 * noise) + 1
    return int(near.min()), int(near.max())


def _record(
    aspect: str, values: NDArray[np.float64], first: int, change: Change, weekly: pd.DataFrame, paths: list[str]
) -> tuple[object, ...]:
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
    # Series and weekly table both begin with the first full week.
    at = [mondays.iloc[min(k + first - 1, len(mondays) - 1)] for k in (place, low, high)]
    return (aspect, paths[column] if aspect == "flow" else "", *at, b, a, share, p)
