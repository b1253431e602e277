"""How cases arrive, of which type they are and what they carry."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from bko_mining.twin.routing import Routing
from bko_mining.twin.values import ClockTime, Day, Distribution, Part, Seconds, Share

CASE = "case"
"""The case type of a twin that names none."""


class Peak(Part):
    """A stretch of time in which more (or fewer) cases arrive."""

    since: Day
    until: Day | None = None
    factor: float = Field(ge=0)


class _Stream(Part):
    name: str = Field("", description="Name of the stream; its luck hangs on it, so keep it when other things change.")
    case_type: str = Field(CASE, description="Type of the cases that arrive.")
    mix: dict[str, float] | None = Field(None, description="Case types and their weights, instead of case_type.")
    factor: float = Field(1.0, ge=0, description="Demand: the number of arrivals is multiplied by this.")


class RateArrivals(_Stream):
    """Chance arrivals (Poisson) whose rate follows the weekday and the hour, trend, season, peaks and holidays."""

    kind: Literal["rate"] = "rate"
    per_week: float | None = Field(None, ge=0, description="Arrivals in an ordinary week, spread evenly over calendar.")
    per_hour: float | None = Field(None, ge=0, description="Arrivals in an open hour of calendar.")
    table: dict[str, tuple[float, ...]] | None = Field(
        None,
        description="Expected arrivals in each of the 24 hours of a weekday: {Mon: [0, …], …}; days not named: 0.",
    )
    calendar: str | None = Field(None, description="Hours in which cases arrive (name or text); None: always.")
    holidays: str | None = Field(None, description="Region whose holidays slow arrivals, e.g. BR-SP.")
    holiday_factor: float = Field(0.0, ge=0, description="Share of the usual arrivals that come on a holiday.")
    trend_per_year: float = Field(0.0, description="Growth a year: 0.1 is 10 % more after one year, compounding.")
    trend_years: float | None = Field(None, gt=0, description="Years after which growth ends; None: it goes on.")
    months: tuple[Annotated[float, Field(ge=0)], ...] | None = Field(
        None, description="Season: 12 factors, January first."
    )
    month_end: tuple[Annotated[int, Field(ge=0)], Annotated[float, Field(ge=0)]] | None = Field(
        None, description="(days, factor): the last so many business days of a month have factor times the rate."
    )
    peaks: tuple[Peak, ...] = Field((), description="Stretches of time with another rate.")
    dispersion: float = Field(
        0.0,
        ge=0,
        description="Over-dispersion: squared coefficient of variation of the day's rate (gamma).",
    )
    batch_size: Distribution | None = Field(None, description="How many cases come at once (rounded, at least 1).")

    @model_validator(mode="after")
    def _one_rate(self) -> Self:
        if sum(rate is not None for rate in (self.per_week, self.per_hour, self.table)) != 1:
            raise ValueError("give exactly one of per_week, per_hour and table")
        for day, hours in (self.table or {}).items():
            if day not in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun") or len(hours) != 24 or min(hours) < 0:
                raise ValueError(f"table needs 24 rates a weekday (Mon … Sun), not {len(hours)} for {day!r}")
        if self.months is not None and len(self.months) != 12:
            raise ValueError(f"months needs 12 factors, not {len(self.months)}")
        return self


class IntervalArrivals(_Stream):
    """One case after another with independent gaps, in clock time or in the working time of a calendar."""

    kind: Literal["interval"]
    interval: Distribution
    calendar: str | None = Field(None, description="The gaps run in these hours only.")


class GridArrivals(_Stream):
    """One case every so often while a calendar is open: fixed instants, no chance."""

    kind: Literal["grid"]
    every: Seconds = Field(gt=0)
    calendar: str = Field(description="The first case of each opening comes when it opens.")


class BatchArrivals(_Stream):
    """A pile of cases at fixed times of day: the mail at 08:00, the file from the branch."""

    kind: Literal["batch"]
    at: tuple[ClockTime, ...] = Field(min_length=1)
    size: Distribution
    calendar: str | None = Field(None, description="Only on days on which this calendar opens.")


class ListArrivals(_Stream):
    """Given instants, on the clock of the twin."""

    kind: Literal["list"]
    at: tuple[datetime, ...] = Field(min_length=1)


def _kind(data: Any) -> Any:
    return data.get("kind", "rate") if isinstance(data, dict) else getattr(data, "kind", "rate")


Arrivals = Annotated[
    Annotated[RateArrivals, Tag("rate")]
    | Annotated[IntervalArrivals, Tag("interval")]
    | Annotated[GridArrivals, Tag("grid")]
    | Annotated[BatchArrivals, Tag("batch")]
    | Annotated[ListArrivals, Tag("list")],
    Discriminator(
        _kind,
        custom_error_type="arrivals",
        custom_error_message="the kind of arrivals is rate (if none is given), interval, grid, batch or list",
    ),
]
"""A stream of arrivals."""


class CaseType(Part):
    """A kind of case: its way through the process, its place in the queue, its promise."""

    routing: Annotated[Routing | None, Field(description="None: the routing of the twin.")] = None
    priority: int = Field(0, description="Smaller is served first where a role serves by priority.")
    due: Seconds | None = Field(None, description="Promised cycle time: the due date for queues by due date.")
    logged: bool = Field(True, description="False: background work that loads people but appears in no log.")


class Attribute(Part):
    """Something every case carries: a number drawn from a law or a word drawn by weight."""

    distribution: Distribution | None = Field(None, description="Law of a number.")
    values: dict[str, float] | None = Field(None, description="Words and their weights.")
    by_type: "dict[str, Attribute]" = Field(default_factory=dict, description="Another law for some case types.")
    digits: int | None = Field(None, description="Numbers are rounded to so many digits.")

    @model_validator(mode="after")
    def _one_law(self) -> Self:
        if (self.distribution is None) == (self.values is None):
            raise ValueError("give either distribution (numbers) or values (words and weights)")
        return self


class Correlation(Part):
    """Two number attributes that move together (rank correlation through a Gaussian copula)."""

    between: tuple[str, str]
    value: float = Field(ge=-1, le=1)


class ServiceLevel(Part):
    """A promise: so much of the work within so much time."""

    name: str
    case_type: str | None = Field(None, description="None: all cases.")
    since: str | None = Field(None, description="Activity whose start begins the clock (None: arrival).")
    until: str | None = Field(None, description="Activity whose end stops the clock (None: end of the case).")
    within: Seconds
    calendar: str | None = Field(None, description="Time is counted in these hours only.")
    share: Share = Field(0.95, description="Share of the cases that must keep it.")
    penalty: float = Field(0.0, ge=0, description="Money for each case that breaks it.")
