"""What moves the rate of arrivals besides weekday and hour: public holidays, month ends, the season and growth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.free_days import PublicHolidays
from bko_mining.simulate.arrivals import day_factors, free_days
from bko_mining.simulate.following import MONDAY
from bko_mining.twin.arrivals import RateArrivals
from bko_mining.words import number, percent, say

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]

DAY = 86_400
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Growth:
    """Cases a week at the end of the log, by which share they grow in a year from then on, and for how many years."""

    level: float
    per_year: float
    years: float


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What moves the rate of arrivals from day to day.

    Attributes
    ----------
    holidays : PublicHolidays or None
        Holidays that the log keeps.
    month_end : (int, float) or None
        The last so many business days of a month have so many times the rate.
    months : tuple of 12 floats or None
        Season, January first.
    growth : Growth or None
        Level and growth where both were read from the whole log.
    """

    holidays: PublicHolidays | None = None
    month_end: tuple[int, float] | None = None
    months: tuple[float, ...] | None = None
    growth: Growth | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """Fields of a stream of the twin that say the same."""
        found = {} if self.holidays is None else self.holidays.fields
        if self.month_end is not None:
            found["month_end"] = self.month_end
        if self.months is not None:
            found["months"] = self.months
        if self.growth is not None and self.growth.per_year:
            found |= {"trend_per_year": self.growth.per_year, "trend_years": self.growth.years}
        return found

    @property
    def is_moving(self) -> bool:
        """Whether month ends, the season or growth move the rate."""
        return not (self.month_end is None and self.months is None and self.growth is None)

    @property
    def said(self) -> tuple[str, ...]:
        """What was found, part by part, for the evidence of the twin."""
        found = []
        if "holidays" in self.fields:
            found.append(f"holidays of {self.fields['holidays']}")
        if self.month_end is not None:
            days, factor = self.month_end
            found.append(f"the last {days} business days of a month bring {factor:.2f} times as many cases")
        if self.months is not None:
            high, low = int(np.argmax(self.months)), int(np.argmin(self.months))
            found.append(
                f"season: {_MONTHS[high]} brings {self.months[high]:.2f} times the usual number, "
                f"{_MONTHS[low]} {self.months[low]:.2f} times"
            )
        if self.growth is not None:
            found.append(
                f"growth: {self.growth.level:.1f} cases a week when the log ended, {self.growth.per_year:+.0%} a year "
                f"(half the pace seen) for {12 * self.growth.years:.1f} months, as far ahead as it was tried"
            )
        return tuple(found)

    def free(self, days: Codes) -> NDArray[np.bool_]:
        """Which days (from the first Monday of 1970) are holidays on which fewer cases come."""
        return free_days(self.fields.get("holidays"), days + MONDAY // DAY)

    def factors(self, days: Codes) -> Numbers:
        """What month ends and the season make of the rate of each day (from the first Monday of 1970)."""
        if self.month_end is None and self.months is None:
            return np.ones(len(days))
        region = self.holidays.region if self.holidays is not None else None
        stream = RateArrivals(
            table={}, holidays=region, holiday_factor=1.0, month_end=self.month_end, months=self.months
        )
        since_1970 = np.asarray(days, np.int64) + MONDAY // DAY
        return day_factors(stream, since_1970, since_1970 * DAY * 1_000_000, ())


PLAIN = Rhythm()
"""Weekday and hour only."""


def said_of_stream(stream: RateArrivals | None) -> list[str]:
    """Say in whole sentences what moves a stream from day to day, in the language of the moment."""
    if stream is None:
        return []
    said = []
    if stream.holidays:
        share = percent(stream.holiday_factor)
        said.append(
            say("On holidays of {region} {share} of the usual cases come.", region=stream.holidays, share=share)
        )
    if stream.month_end is not None:
        days, factor = stream.month_end
        said.append(
            say(
                "On the {days:last business day|last {days} business days} of a month {factor} times as many come.",
                days=number(days),
                factor=number(factor, 1),
            )
        )
    if stream.months is not None:
        said.append(
            say(
                "The busiest month brings {high} times the usual number of cases, the quietest {low} times.",
                high=number(max(stream.months), 1),
                low=number(min(stream.months), 1),
            )
        )
    if stream.trend_per_year:
        said.append(
            say(
                "The number of cases changes by {growth} a year, half the pace seen in the log, for {months} months.",
                growth=percent(stream.trend_per_year),
                months=number(12 * (stream.trend_years or np.inf), 1),
            )
        )
    return said
