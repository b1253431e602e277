"""Month ends, the season and growth of arrivals: believed if they would have foretold the log's own later days.

At several instants of the log, the cases finished by then say how many would arrive each day from there on: with the
weekly pattern and the chosen level alone, and with each candidate besides. Counts of the days that came are then told
by a Poisson law whose variance is widened to what the days show (quasi-likelihood). A candidate must win on average,
and hardly lose at any of the instants: a level that has wandered once is no trend.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.courses import Courses
from bko_mining.fit.rhythms import DAY, Growth, Rhythm
from bko_mining.fit.streams import Watch
from bko_mining.fit.window import CAP, window_weights
from bko_mining.simulate.following import MONDAY

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

_INSTANTS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85)
"""Shares of the cases finished when the next days are foretold."""
_AHEAD = 0.25
"""The next days are so much of the span so far."""
_FEWEST_CASES, _FEWEST_DAYS, _FEWEST_AHEAD, _FEWEST_INSTANTS = 100, 90, 7, 5
_GAIN, _LOSS = 2.0, 0.25
"""Nats that a candidate must bring on average; what it may lose at some instants, as a share of its gains at others."""
_SEEN = 0.3
"""Days are judged whose arrivals have finished at least to this share when the log ends."""
_YEAR = 365.25
_SEASON_FROM, _SEASON_SEEN = 1.5, 0.6
"""Years from which on a season can be told; at so much of them it must have foretold the rest."""
_DAMPED = 0.5
"""Growth goes on at half its pace, and as far as it was tried: carried on in full, trends overshoot (Gardner 1985)."""
_USUAL_GROWTH, _USUAL_SEASON = 0.5, 0.3
"""Standard deviations of yearly growth and of months (logarithms) before the log is looked at."""
_MONTH_ENDS = (1, 2, 3, 4, 5)
_MONTHS, _AROUND = 3, 21
"""Month ends that must have been seen; days before and after that tell the level around a day."""
_CALM = 5.0
"""Arrivals' worth of usual days with which the days at month ends are mixed."""


@dataclass(frozen=True, slots=True)
class _Days:
    """Days watched: arrivals seen, arrivals due at a rate of one a day."""

    days: Codes
    seen: Numbers
    due: Numbers

    @classmethod
    def of(cls, watch: Watch) -> "_Days":
        """Count arrivals on whole days; those that had not finished by the end are not due."""
        share = watch.shape().sum(axis=1)
        weekday = share / share.sum() * 7
        days = watch.days[1:-1]
        seen = np.isin(watch.arrivals // DAY, days)
        counts = np.bincount(np.searchsorted(days, watch.arrivals[seen] // DAY), minlength=len(days))
        shown = np.maximum(watch.law.at(_ago(watch.until, days)), 1 / CAP)
        return cls(days, counts.astype(np.float64), weekday[days % 7] * shown + 1e-9)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a rhythm is made of besides holidays."""

    month_end: bool = False
    growth: bool = False
    season: bool = False


@dataclass(frozen=True, slots=True)
class _Instant:
    """An instant of the log: what was watched by then, and the days that came next with the part of them seen."""

    watch: Watch
    days: Codes
    seen: Numbers
    shown: Numbers


def choose_rhythm(found: Courses, until: float, start: Rhythm, half_life: float | None) -> Rhythm:
    """Add month ends, the season and growth to a rhythm where the log's own later days speak for them.

    Parameters
    ----------
    found : Courses
        Finished cases.
    until : float
        When the log ended.
    start : Rhythm
        What is known of the arrivals already, as their holidays.
    half_life : float, optional
        How fast weeks lose their say in the level, as a share of the span.
    """
    if found.n < _FEWEST_CASES or np.ptp(found.arrival) < _FEWEST_DAYS * DAY:
        return start
    instants = _instants(found, until, start)
    best = Parts()
    for tried in ((Parts(month_end=True),), (Parts(growth=True), Parts(growth=True, season=True))):
        parts = [replace(each, month_end=each.month_end or best.month_end) for each in tried]
        gains = {each: _gain(instants, best, each, half_life) for each in parts}
        best = max((each for each in parts if gains[each] > 0), key=gains.__getitem__, default=best)
    return fit_rhythm(_watch(found, until, start), best) or start


def _gain(instants: list[_Instant], start: Parts, other: Parts, half_life: float | None) -> float:
    """Nats that some parts bring on average; 0 if they do not win clearly."""
    gained = []
    for each in instants:
        usual, moved = (fit_rhythm(each.watch, parts) for parts in (start, other))
        if usual is not None and moved is not None:
            gained.append(_told(each, _due(each, usual, half_life), _due(each, moved, half_life)))
    won = np.array(gained)
    lost, brought = -won[won < 0].sum(), won[won > 0].sum()
    sure = len(won) >= _FEWEST_INSTANTS and won.mean() >= _GAIN and lost <= _LOSS * brought
    return float(won.mean()) if sure else 0.0


def _told(at: _Instant, usual: Numbers, moved: Numbers) -> float:
    """Nats by which one expectation tells the days that came better than another, days varying as they do."""
    spread = max(1.0, float(((at.seen - usual) ** 2 / np.maximum(usual, _SEEN)).mean()))
    return float((at.seen * np.log(moved / usual) - (moved - usual)).sum() / spread)


def _instants(found: Courses, until: float, start: Rhythm) -> list[_Instant]:
    """Look at the log from instants of its second half."""
    finish = np.sort(found.finish)
    law = window_weights(found.arrival, found.cycle, until).law
    arrived = (found.arrival // DAY).astype(np.int64)
    instants = []
    for share in _INSTANTS:
        now = float(finish[int(share * found.n) - 1])
        last = min(now + _AHEAD * (now - float(found.arrival.min())), until)
        days = np.arange(int(now // DAY) + 1, int(last // DAY))
        shown = law.at(_ago(until, days))
        kept = (shown > _SEEN) & ~start.free(days)
        days, shown = days[kept], shown[kept]
        if len(days) >= _FEWEST_AHEAD:
            seen = np.searchsorted(np.sort(arrived), [days, days + 1])
            instants.append(_Instant(_watch(found, now, start), days, (seen[1] - seen[0]).astype(float), shown))
    return instants


def _watch(found: Courses, now: float, rhythm: Rhythm) -> Watch:
    """Watch what had finished by an instant."""
    before = found.finish <= now
    weights = window_weights(found.arrival[before], found.cycle[before], now)
    return Watch.over(found.arrival[before], weights, now, rhythm)


def _ago(until: float, days: Codes) -> Numbers:
    """Seconds from noon of each day to an instant."""
    return np.asarray(until - (days + 0.5) * DAY, np.float64)


def _due(at: _Instant, rhythm: Rhythm, half_life: float | None) -> Numbers:
    """Arrivals of the next days that are to be seen, under a rhythm."""
    watch = replace(at.watch, rhythm=rhythm)
    shape = watch.shape()
    weekday = shape.sum(axis=1) / shape.sum()
    level, pace = watch.level(shape, half_life), 0.0
    if rhythm.growth is not None:
        level, pace = rhythm.growth.level, np.log1p(rhythm.growth.per_year)
    grown = np.exp(pace * (at.days - watch.until / DAY) / _YEAR)
    due = level * weekday[at.days % 7] * rhythm.factors(at.days) * grown * at.shown
    return np.asarray(np.maximum(due, 1e-3), np.float64)


def fit_rhythm(watch: Watch, parts: Parts) -> Rhythm | None:
    """Estimate the parts of a rhythm from the days watched; None where the log is too short for them.

    Growth and season are a log-linear Poisson model of the days, its slopes drawn towards none (ridge); month ends are
    held against the weeks around them.
    """
    rhythm = watch.rhythm
    if parts.month_end:
        month_end = _month_end(watch)
        if month_end is None:
            return None
        rhythm = replace(rhythm, month_end=month_end)
    if not parts.growth:
        return rhythm
    daily = _Days.of(replace(watch, rhythm=rhythm))
    if parts.season and np.ptp(daily.days) < _SEASON_FROM * _YEAR * _SEASON_SEEN:
        return None
    return _grown(daily, rhythm, watch.until / DAY, parts.season)


def _grown(daily: _Days, rhythm: Rhythm, now: float, season: bool) -> Rhythm:
    """Estimate growth, and the season if asked for."""
    due = daily.due * rhythm.factors(daily.days)
    years = (daily.days - now) / _YEAR
    columns = [np.ones(len(years)), years]
    prior = [np.inf, _USUAL_GROWTH]
    if season:
        columns += list(np.eye(12)[_month(daily.days)].T)
        prior += [_USUAL_SEASON] * 12
    flat = due * daily.seen.sum() / due.sum()
    spread = max(1.0, float(((daily.seen - flat) ** 2 / np.maximum(flat, _SEEN)).mean()))
    slopes = _log_linear(daily.seen, due, np.stack(columns, axis=1), spread / np.array(prior) ** 2)
    ahead = _AHEAD * float(np.ptp(daily.days)) / _YEAR
    growth = Growth(float(7 * np.exp(slopes[0])), float(np.expm1(_DAMPED * slopes[1])), round(ahead, 3))
    months = tuple(np.round(np.exp(slopes[2:]), 3).tolist()) if season else None
    return replace(rhythm, growth=growth, months=months)


def _log_linear(seen: Numbers, due: Numbers, columns: Numbers, ridge: Numbers) -> Numbers:
    """Slopes of the logarithm of a Poisson rate, by Newton's method."""
    slopes = np.zeros(columns.shape[1])
    slopes[0] = np.log(max(seen.sum(), 1.0) / due.sum())
    for _ in range(50):
        mean = due * np.exp(np.clip(columns @ slopes, -20, 20))
        uphill = columns.T @ (seen - mean) - ridge * slopes
        step = np.linalg.solve(columns.T @ (columns * mean[:, None]) + np.diag(ridge + 1e-9), uphill)
        slopes += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return slopes


def _month_end(watch: Watch) -> tuple[int, float] | None:
    """The number of days at month ends, and their factor, that tell the days watched best."""
    daily = _Days.of(watch)
    usual = _level_around(daily)
    best, most = None, 0.0
    for n in _MONTH_ENDS:
        last = replace(watch.rhythm, month_end=(n, 2.0)).factors(daily.days) > 1
        if not last.any() or len(np.unique(_month(daily.days[last]))) < _MONTHS:
            continue
        high, low = (float((daily.seen[part].sum() + _CALM) / (usual[part].sum() + _CALM)) for part in (last, ~last))
        told = np.where(last, high, low)
        gain = float((daily.seen * np.log(told) - usual * (told - 1)).sum())
        if gain > most:
            best, most = (n, round(high / low, 3)), gain
    return best


def _level_around(daily: _Days) -> Numbers:
    """Arrivals of a usual day, at the level of the weeks around it."""
    place = np.arange(len(daily.days))
    low, high = np.maximum(place - _AROUND, 0), np.minimum(place + _AROUND + 1, len(place))
    seen, due = (np.concatenate([[0.0], np.cumsum(each)]) for each in (daily.seen, daily.due))
    return np.asarray(daily.due * (seen[high] - seen[low]) / (due[high] - due[low]))


def _month(days: Codes) -> Codes:
    """Month of each day (from the first Monday of 1970), January being 0."""
    months = (days + MONDAY // DAY).astype("M8[D]").astype("M8[M]").astype(np.int64)
    return np.asarray(months % 12)
