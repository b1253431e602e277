"""Laws of chance and calendars as Prosimos writes them."""

from typing import Any

from bko_mining.calendars import DAYS, WorkCalendar
from bko_mining.errors import TwinError
from bko_mining.twin.laws import moments
from bko_mining.twin.values import Distribution

_LONG_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_NAMES = {"norm": "normal", "lognorm": "lognormal", "gamma": "gamma"}
_NO_LIMIT = 1e9
_NATIVE = ("constant", "exponential", "lognormal", "gamma", "normal", "uniform", "triangular")


def read_law(entry: dict[str, Any]) -> Distribution:
    """Read a law: its name and its parameters in the order of Prosimos (mean, variance, minimum, maximum).

    Raises
    ------
    TwinError
        If the law is not known.
    """
    name = entry["distribution_name"]
    p = [float(value["value"]) for value in entry.get("distribution_params", ())]
    if name == "fix":
        return Distribution(value=p[0])
    if name == "uniform":
        return Distribution(family="uniform", low=p[0], high=p[1])
    if name == "triang":
        return Distribution(family="triangular", mode=p[0], low=p[1], high=p[2])
    if name == "expon":
        return _exponential(p)
    if name == "exponnorm":
        shape = {"K": p[0], "loc": p[1], "scale": p[2]}
        return Distribution(family="scipy", name=name, parameters=shape, **_limits(p[3:]))
    if name not in _NAMES:
        known = ("fix", "uniform", "triang", "expon", "exponnorm", *_NAMES)
        raise TwinError(f"the law {name!r} is not known; known: {', '.join(known)}")
    spread = p[1] if name == "norm" else p[1] ** 0.5
    cv = spread / p[0] if p[0] else 0.0
    return Distribution.model_validate({"family": _NAMES[name], "mean": p[0], "cv": cv, **_limits(p[2:])})


def _exponential(p: list[float]) -> Distribution:
    """Mean, minimum, maximum; older files write loc and scale before the limits."""
    if len(p) > 3:
        law = {"family": "scipy", "name": "expon", "parameters": {"loc": p[0], "scale": p[1]}, **_limits(p[2:])}
        return Distribution.model_validate(law)
    return Distribution.model_validate({"family": "exponential", "mean": p[0], **_limits(p[1:])})


def _limits(p: list[float]) -> dict[str, Any]:
    """Minimum and maximum, where they limit anything."""
    given = dict(zip(("minimum", "maximum"), p, strict=False))
    return {key: x for key, x in given.items() if (x > 0 if key == "minimum" else x < _NO_LIMIT)}


def is_native(law: Distribution) -> bool:
    """Whether Prosimos has this law; others are written as a gamma law of the same mean and spread."""
    return law.family in _NATIVE and law.zero_share == 0


def write_law(law: Distribution) -> dict[str, Any]:
    """Write a law with its parameters."""
    mean, spread = moments(law)
    top = _NO_LIMIT if law.maximum is None else law.maximum * law.factor
    limits = [(law.minimum or 0.0) * law.factor, top]
    low, mode, high = ((x or 0.0) * law.factor for x in (law.low, law.mode, law.high))
    forms: dict[str, tuple[str, list[float]]] = {
        "constant": ("fix", [mean]),
        "exponential": ("expon", [mean, *limits]),
        "lognormal": ("lognorm", [mean, spread**2, *limits]),
        "normal": ("norm", [mean, spread, *limits]),
        "uniform": ("uniform", [low, high]),
        "triangular": ("triang", [mode, low, high]),
    }
    name, values = forms.get(law.family if is_native(law) else "gamma", ("gamma", [mean, spread**2, *limits]))
    if spread == 0 or mean == 0:
        name, values = "fix", [mean]
    return {"distribution_name": name, "distribution_params": [{"value": value} for value in values]}


def read_calendar(periods: list[dict[str, str]]) -> str:
    """Read the periods of a calendar as one line."""
    parts = []
    for period in periods:
        first, last = (_LONG_DAYS.index(period[key].upper()) for key in ("from", "to"))
        begin, end = period["beginTime"][:8], period["endTime"][:8]
        if end.startswith(("23:59", "00:00")):
            end = "24:00"
        days = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
        parts.append(f"{days} {begin}-{end}")
    return str(WorkCalendar.parse(", ".join(parts)))


def write_calendar(calendar: WorkCalendar) -> list[dict[str, str]]:
    """Write the weekly shifts of a calendar; holidays have no place."""
    return [
        {
            "from": _LONG_DAYS[shift.weekday],
            "to": _LONG_DAYS[shift.weekday],
            "beginTime": _clock(shift.start),
            "endTime": _clock(min(shift.end, 86_399)),
        }
        for shift in calendar.shifts
    ]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
