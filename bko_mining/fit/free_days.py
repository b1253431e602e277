"""Public holidays: the country whose free days explain best on which days little was done.

Under each country's calendar the arrivals and the starts of work of every day are told by a negative binomial law
around the usual number of the weekday in that season, and by a share of it on its holidays. The country that makes
the days most likely is believed if it does so by far, if there were several holidays, and if most of them were quiet:
a log of two months that shows Christmas only could be from anywhere, and stays without holidays.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.public_holidays import REGION, countries, holidays_of
from bko_mining.simulate.following import DAY, MONDAY
from bko_mining.twin.model import Evidence

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

_FEWEST = 4
"""Holidays on days that are usually busy, below which no country is recognised."""
_GAIN = 12.0
"""Nats by which a country must tell the days better than none does (there are about 250 to choose from)."""
_STATE = 6.0
"""Nats more by which a state must tell them than its country (they have up to about 50)."""
_SURE = 3.0
"""Nats by which arrivals (or work) must be told better for the holidays to concern them."""
_MOST_OF_THEM = 0.75
_HALF = 0.5
"""So many of the holidays must show less than such a share of the usual day."""
_AROUND = 21
"""Days before and after from which the usual level of a day is taken."""
_BUSY = 1.0
"""Cases a day below which a day without any says nothing."""
_LEAST, _LEAST_SPREAD = 0.01, 0.02
"""Holidays are never told to bring less than such a share; squared variation of a day's rate that is always allowed."""
_AT_REST = 0.15
"""Below this share of the usual work, nobody is taken to work on holidays."""


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """Holidays that a log keeps.

    Attributes
    ----------
    region : str
        Country of the ``holidays`` package, such as ``NL``.
    n : int
        Holidays within the log on days that are usually busy.
    arrivals, work : float
        Share of the usual arrivals, and of the usual starts of work, on a holiday; 1 where they are like other days.
    gain : float
        Nats by which the holidays tell the days of the log better.
    """

    region: str
    n: int
    arrivals: float
    work: float
    gain: float

    @property
    def fields(self) -> dict[str, Any]:
        """Fields of a stream of arrivals that say the same; none where arrivals do not mind."""
        return {"holidays": self.region, "holiday_factor": self.arrivals} if self.arrivals < 1 else {}

    @property
    def at_rest(self) -> bool:
        """Whether nobody works on them, but for exceptions."""
        return self.work <= _AT_REST


@dataclass(frozen=True, slots=True)
class _Told:
    """What holidays tell of one measure: nats gained, share of the usual on them, their number, and the quiet ones."""

    gain: float
    share: float
    n: int
    quiet: int

    @property
    def is_sure(self) -> bool:
        """Whether this measure alone tells the holidays."""
        return self.gain >= _GAIN and self.n >= _FEWEST and self.quiet >= _MOST_OF_THEM * self.n


@dataclass(frozen=True, slots=True)
class _Daily:
    """How often something happened each day, how often it usually would have, and how much that varies."""

    first: int
    counts: Numbers
    usual: Numbers
    spread: float

    @classmethod
    def of(cls, instants: Numbers) -> "_Daily":
        day = (instants // DAY).astype(np.int64)
        first = int(day.min())
        counts = np.bincount(day - first).astype(np.float64)
        usual = _usual(counts, (np.arange(len(counts)) + first) % 7)
        busy = usual > _BUSY
        if not busy.any():
            return cls(first, counts, usual, _LEAST_SPREAD)
        # The median of a chi-square of one degree of freedom is 0.455; holidays themselves hardly move a median.
        beyond = np.median(((counts - usual)[busy] / usual[busy]) ** 2) / 0.455 - np.mean(1 / usual[busy])
        return cls(first, counts, usual, max(float(beyond), _LEAST_SPREAD))

    def told(self, free: Mask) -> "_Told":
        """Tell what knowing the holidays brings."""
        free = free & (self.usual > _BUSY)
        seen, usual = self.counts[free], self.usual[free]
        share = float(seen.sum() / usual.sum()) if free.any() else 1.0
        if share >= 1:
            return _Told(0.0, 1.0, int(free.sum()), 0)
        gain = _log_law(seen, usual * max(share, _LEAST), self.spread) - _log_law(seen, usual, self.spread)
        return _Told(float(gain.sum()), share, len(seen), int((seen < _HALF * usual).sum()))


def _usual(counts: Numbers, weekday: Codes) -> Numbers:
    """Number of a usual day: the weekday's share of the level around it."""
    share = np.array([counts[weekday == d].mean() if (weekday == d).any() else 0.0 for d in range(7)])[weekday]
    place = np.arange(len(counts))
    low, high = np.maximum(place - _AROUND, 0), np.minimum(place + _AROUND + 1, len(counts))
    seen, due = (np.concatenate([[0.0], np.cumsum(each)]) for each in (counts, share))
    return np.asarray(share * (seen[high] - seen[low]) / np.maximum(due[high] - due[low], 1e-9))


def _log_law(seen: Numbers, mean: Numbers, spread: float) -> Numbers:
    """Log probability of counts under a negative binomial law, but for a part that hangs on the counts alone."""
    size = 1 / spread
    return np.asarray(size * np.log(size / (size + mean)) + seen * np.log(mean / (size + mean)))


def public_holidays(arrivals: Numbers, starts: Numbers) -> PublicHolidays | None:
    """Recognise the country whose holidays a log keeps; None where no country explains it by far.

    Parameters
    ----------
    arrivals, starts : float64[n]
        When cases arrived and when work began: seconds on the office's clock, from the first Monday of 1970.
    """
    daily = [_Daily.of(instants) for instants in (arrivals, starts)]
    if not any((each.usual > _BUSY).sum() >= _FEWEST for each in daily):
        return None
    country = _best(tuple(countries()), daily)
    if country is None:
        return None
    states = (f"{country.region}-{state}" for state in countries()[country.region])
    state = _best(tuple(region for region in states if REGION.fullmatch(region)), daily)
    return state if state is not None and state.gain > country.gain + _STATE else country


def _best(regions: tuple[str, ...], daily: list[_Daily]) -> PublicHolidays | None:
    """Return the region that tells the days best; of those with the same free days the first by name."""
    found = [each for region in regions if (each := _held_against(region, daily)) is not None]
    return max(found, key=lambda each: each.gain, default=None)


def _held_against(region: str, daily: list[_Daily]) -> PublicHolidays | None:
    """Hold the days against one country; arrivals or work alone must tell it, as an arrival is work begun, too."""
    told = [each.told(days_off(region, each.first, len(each.counts))) for each in daily]
    sure = [
        each.n for each in told if each.gain >= _GAIN and each.n >= _FEWEST and each.quiet >= _MOST_OF_THEM * each.n
    ]
    if not sure:
        return None
    arrivals, work = (round(each.share, 3) if each.gain > _SURE else 1.0 for each in told)
    return PublicHolidays(region, max(sure), arrivals, work, sum(max(each.gain, 0.0) for each in told))


def days_off(region: str, first: int, n: int) -> Mask:
    """Which of n days from a day on (counted from the first Monday of 1970) are holidays."""
    days = np.arange(first, first + n) + MONDAY // DAY
    free = _ordinals(region, *(int(day.astype("M8[D]").astype("M8[Y]").astype(int)) + 1970 for day in days[[0, -1]]))
    return np.isin(days, free)


@lru_cache(maxsize=1024)
def _ordinals(region: str, first: int, last: int) -> Codes:
    """Holidays of some years as days since 1970."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a country whose holidays are not known so far back tells nothing
        free = holidays_of(region, tuple(range(first, last + 1)))
    return np.array(sorted(free), "M8[D]").astype(np.int64)


def rests(region: str, starts: Numbers) -> bool:
    """Whether the people whose starts of work are given do not work on a country's holidays."""
    if not len(starts):
        return False
    daily = _Daily.of(starts)
    told = daily.told(days_off(region, daily.first, len(daily.counts)))
    return told.gain > _SURE and told.share <= _AT_REST


def said_of_holidays(found: PublicHolidays) -> Evidence:
    """Say which holidays the log keeps."""
    work = "hardly anybody works on them" if found.at_rest else f"{found.work:.0%} of the usual work is begun on them"
    cases = "as many cases come as ever" if found.arrivals >= 1 else f"{found.arrivals:.0%} of the usual cases come"
    return Evidence(
        part="holidays",
        found=f"the log keeps the holidays of {found.region}: {cases}, {work}",
        n=found.n,
        assumption="of all countries the one whose holidays tell best on which days little happened",
        numbers={"gain": found.gain, "arrivals": found.arrivals, "work": found.work},
    )
