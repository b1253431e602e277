"""What the colours and numbers of living maps and models can say: a measure, its words and its scale of colours."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.colors import Colormap, to_hex

from bko_mining.words import duration, money, number, say

PALEST = 0.08
"""Where scales of colours begin: what is nothing can still be told from paper."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Something the colours and numbers of a map or a model can say."""

    key: str
    label: str
    colours: Colormap
    column: "Callable[[pd.DataFrame], pd.Series[float]]"
    words: Callable[[float], str]


def column(name: str) -> "Callable[[pd.DataFrame], pd.Series[float]]":
    """Read a column as numbers."""
    return lambda table: table[name].astype(float)


def seconds(name: str) -> "Callable[[pd.DataFrame], pd.Series[float]]":
    """Read a column of durations as seconds."""

    def of(table: pd.DataFrame) -> "pd.Series[float]":
        found: pd.Series[float] = table[name].dt.total_seconds()
        return found

    return of


def cost_column(rate: float) -> "Callable[[pd.DataFrame], pd.Series[float]]":
    """Read what the work costs: of an activity, or of the instances that a path leads to."""
    return lambda table: table["work_hours" if "work_hours" in table else "hours"] * rate


def money_words(currency: str) -> Callable[[float], str]:
    """Write amounts of a currency."""
    return lambda amount: money(amount, currency)


def hour_words(hours: float) -> str:
    """Write hours, with a decimal only where they are few."""
    return f"{number(hours, 1 if 0 < hours < 10 else 0)} h"


def time_words(seconds: float) -> str:
    """Write a time in few letters."""
    return duration(seconds, brief=True)


def fact_words(measure: Measure, value: float) -> str:
    """Write a value as it stands on a card."""
    if measure.key == "n":
        return f"{number(value)} ×"
    if measure.key == "cases":
        return say("{cases} {cases:case|cases}", cases=number(value))
    if value == 0:
        return "–"
    return say("{n} again", n=number(value)) if measure.key == "rework" else measure.words(value)


def fills(measure: Measure, values: "pd.Series[float]", end: float) -> list[str]:
    """Return the colours of values on a scale from nought to an end."""
    return [to_hex(measure.colours(PALEST + (1 - PALEST) * min(value / end, 1.0))) for value in values]


def stops(measure: Measure) -> list[str]:
    """Return the colours of a key, from nought to the end."""
    return [to_hex(measure.colours(low)) for low in np.linspace(PALEST, 1, 6)]
