"""The small values of a twin: lengths of time, clock times, laws of chance and conditions.

Every length of time may be written as ``12 min``, ``2 h``, ``1.5 d``, ``PT15M`` (ISO 8601) or a number of seconds;
inside it is a float of seconds.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bko_mining.twin.laws import fault_of

_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604_800.0),
}
_PIECE = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.IGNORECASE)
_ISO = re.compile(r"P(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$")


def seconds(value: object) -> float:
    """Read a length of time.

    Raises
    ------
    ValueError
        If the text is no length of time.

    Examples
    --------
    >>> seconds("12 min"), seconds("1 h 30 min"), seconds("PT15M"), seconds(90)
    (720.0, 5400.0, 900.0, 90.0)
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value).strip()
    iso = _ISO.match(text)
    if iso and text != "P":
        return sum(float(n or 0) * size for n, size in zip(iso.groups(), (604_800, 86_400, 3600, 60, 1), strict=True))
    if re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", text):
        return float(text)
    pieces = list(_PIECE.finditer(text))
    if not pieces or "".join(p.group() for p in pieces) != text or any(p[2].lower() not in _UNITS for p in pieces):
        raise ValueError(
            f"{text!r} is no length of time; write '12 min', '2 h', '3 d', 'PT15M' or seconds (units: s, min, h, d, w; "
            "decimals with a point)"
        )
    return sum(float(p[1]) * _UNITS[p[2].lower()] for p in pieces)


def clock(value: object) -> float:
    """Read a time of day (``15:30``) as seconds since midnight.

    Raises
    ------
    ValueError
        If the text is no time of day.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"(\d{1,2}):(\d\d)(?::(\d\d))?", str(value).strip())
    if not match or int(match[1]) > 24 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        raise ValueError(f"{value!r} is no time of day; write '08:00'")
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)


Seconds = Annotated[float, BeforeValidator(seconds, json_schema_input_type=float | str), Field(ge=0)]
"""A length of time in seconds; read from ``12 min``, ``2 h``, ``PT15M`` or a number."""

Quantity = Annotated[float, BeforeValidator(seconds, json_schema_input_type=float | str)]
"""A number, or a length of time in seconds."""

ClockTime = Annotated[float, BeforeValidator(clock, json_schema_input_type=float | str), Field(ge=0, le=86_400)]
"""Seconds since local midnight; read from ``15:30``."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A share of one."""

Day = date | datetime
"""A day, or an instant on the clock of the twin."""


class Part(BaseModel):
    """What all parts of a twin have in common: they cannot change, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, coerce_numbers_to_str=True)


class Price(Part):
    """What something costs from a day on, until the next price."""

    since: Day
    cost: float = Field(ge=0)


Family = Literal[
    "constant",
    "exponential",
    "lognormal",
    "gamma",
    "weibull",
    "normal",
    "uniform",
    "triangular",
    "empirical",
    "quantiles",
    "mixture",
    "scipy",
]


class Component(Part):
    """One ingredient of a mixture."""

    weight: float = Field(gt=0)
    time: "Distribution" = Field(description="The law of this ingredient.")


class Distribution(Part):
    """A law of chance for a length of time or a number. A plain value (``5 min``) is a constant.

    Examples
    --------
    >>> Distribution.model_validate("5 min")
    Distribution(family='constant', value=300.0)
    >>> Distribution(family="lognormal", mean="12 min", cv=0.6).mean
    720.0
    """

    family: Family = Field("constant", description="Which law (normal: draws below zero become zero).")
    value: Quantity | None = Field(None, description="constant: the value.")
    mean: Quantity | None = Field(None, description="exponential, lognormal, gamma, weibull, normal: the mean.")
    cv: float | None = Field(None, ge=0, description="Coefficient of variation: standard deviation / mean.")
    low: Quantity | None = Field(None, description="uniform, triangular: the least value.")
    mode: Quantity | None = Field(None, description="triangular: the likeliest value.")
    high: Quantity | None = Field(None, description="uniform, triangular: the largest value.")
    values: tuple[Quantity, ...] | None = Field(
        None, description="empirical: the values that occur; quantiles: ascending values, joined by straight lines."
    )
    weights: tuple[float, ...] | None = Field(
        None, description="empirical: how often each value occurs (else equally)."
    )
    probabilities: tuple[float, ...] | None = Field(
        None, description="quantiles: the probability at each value, from 0 to 1 (else equally spaced)."
    )
    components: tuple[Component, ...] | None = Field(None, description="mixture: weighted laws.")
    name: str | None = Field(None, description="scipy: name of a law in scipy.stats, e.g. beta.")
    parameters: dict[str, float] | None = Field(None, description="scipy: shape parameters, loc, scale (in seconds).")
    zero_share: Share = Field(0.0, description="Share of draws that are exactly zero; the law holds for the others.")
    minimum: Quantity | None = Field(None, description="Smaller draws become this.")
    maximum: Quantity | None = Field(None, description="Larger draws become this.")
    factor: float = Field(1.0, ge=0, description="Every draw is multiplied by this (after minimum and maximum).")

    @model_validator(mode="before")
    @classmethod
    def _from_a_plain_value(cls, data: Any) -> Any:
        return {"family": "constant", "value": data} if isinstance(data, int | float | str) else data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        fault = fault_of(self)
        if fault is not None:
            raise ValueError(fault)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(core_schema), {"type": ["number", "string"]}]}

    def scaled(self, factor: float) -> Self:
        """Return the law with every draw multiplied (same coefficient of variation)."""
        return self.model_copy(update={"factor": self.factor * factor})

    def __hash__(self) -> int:
        # The parameters of a scipy law are a dict, which has no hash; equal laws have equal numbers here.
        return hash((self.family, self.value, self.mean, self.cv, self.name, self.values, self.factor))

    def __repr_args__(self) -> Any:
        return [(key, value) for key, value in super().__repr_args__() if key in self.model_fields_set]


class Delay(Part):
    """A wait for something outside: clock time, or the working time of a calendar. A plain law is clock time."""

    time: Distribution
    calendar: str | None = Field(None, description="Name or text of a calendar: the delay runs in its hours only.")

    @model_validator(mode="before")
    @classmethod
    def _from_a_law(cls, data: Any) -> Any:
        is_delay = isinstance(data, Delay) or (isinstance(data, dict) and "time" in data)
        return data if is_delay else {"time": data}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(core_schema), {"type": ["number", "string", "object"]}]}
