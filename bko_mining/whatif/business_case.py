"""Money over the years: savings, investment, net present value, payback and return, each with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from bko_mining.errors import BkoError
from bko_mining.results import Result
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.statistics import Interval
from bko_mining.words import money, number, percent, say

WEEKS = 365.25 / 7
MONTHS = 12


@dataclass(frozen=True, slots=True, eq=False)
class BusinessCase(Result):
    """What scenarios cost and bring.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a scenario: ``investment`` (once), ``saving_per_year`` with ``low`` and ``high``,
        ``net_present_value`` with ``npv_low`` and ``npv_high``, ``payback_years`` (infinite where nothing is saved),
        ``payback_low`` and ``payback_high``, ``return_share`` ((savings - investment) / investment over the years; NaN
        without an investment).
    """

    currency: str
    years: float
    discount_rate: float
    confidence: float
    picture: ClassVar[str] = "money:plot_business_case"

    @property
    def summary(self) -> str:
        """The scenario with the largest net present value, or that none is worth its money."""
        best: dict[Any, Any] = self.table.iloc[int(self.table["net_present_value"].argmax())].to_dict()
        facts = {
            "name": best["scenario"],
            "npv": money(best["net_present_value"], self.currency),
            "years": number(self.years),
            "rate": percent(self.discount_rate),
            "confidence": percent(self.confidence),
            "low": money(best["npv_low"], self.currency),
            "high": money(best["npv_high"], self.currency),
        }
        if best["net_present_value"] <= 0:
            return say(
                "No scenario is worth its money over {years} years at {rate} a year; nearest is '{name}': net present "
                "value {npv} ({confidence} interval {low} to {high}).",
                **facts,
            )
        return say(
            "'{name}' is worth most: net present value {npv} over {years} years at {rate} a year "
            "({confidence} interval {low} to {high}), paid back after {payback} years.",
            payback=number(best["payback_years"], 1),
            **facts,
        )


def business_case(
    comparison: Comparison,
    *,
    years: float = 3,
    discount_rate: float = 0.1,
    value_of_a_day: float = 0.0,
    investments: Mapping[str, float] | None = None,
) -> BusinessCase:
    """Turn a comparison into money.

    Savings a year are the baseline's running cost (all people paid for all their hours, overtime, bots, activities,
    penalties) minus the scenario's, pair by pair; costs a month or a case that a scenario names (``.cost``) are taken
    off. Saved working time alone saves nothing: say in the scenario who leaves, or whom you need not hire.

    Parameters
    ----------
    comparison : Comparison
        Of an experiment whose twin knows wages or other prices.
    years : float
        How long savings count.
    discount_rate : float
        A year; savings come at the end of each year: ``NPV = -I + sum S / (1 + r)^t``.
    value_of_a_day : float
        What it is worth that one case is done one day earlier (discounts for early payment, interest, penalties).
    investments : mapping of scenario to money, optional
        Added to what the scenarios name themselves.

    Raises
    ------
    BkoError
        If there is no scenario, or no price.
    """
    if not comparison.scenarios or "cost_per_week" not in comparison.kpis:
        raise BkoError(
            "a business case needs a scenario and prices in the twin, such as roles: {Clerk: {cost_per_hour: 30}}"
        )
    extra = investments or {}
    rows = []
    for place, scenario in enumerate(comparison.given, start=1):
        saving = _saving(comparison, place, scenario, value_of_a_day)
        investment = _once(scenario) + extra.get(scenario.name, 0.0)
        rows.append({"scenario": scenario.name, **_worth(saving, investment, years, discount_rate)})
    return BusinessCase(pd.DataFrame(rows), comparison.currency, years, discount_rate, comparison.confidence)


def annuity(years: float, rate: float) -> float:
    """Present value of one unit at the end of each year (a broken year counts in proportion).

    Examples
    --------
    >>> round(annuity(3, 0.1), 6)  # 1/1.1 + 1/1.21 + 1/1.331
    2.486852
    """
    whole = int(years)
    value = sum((1 + rate) ** -t for t in range(1, whole + 1))
    return value + (years - whole) * (1 + rate) ** -(whole + 1)


def _saving(c: Comparison, place: int, scenario: Scenario, value_of_a_day: float) -> Interval:
    cost = c.samples("cost_per_week")
    cases = c.samples("throughput_per_week")
    days = c.samples("cycle_time_mean") / 86_400
    a_year = (cost[0] - cost[place]) * WEEKS
    a_year -= sum(_amount(change, "per_month") for change in scenario.changes) * MONTHS
    a_year -= sum(_amount(change, "per_case") for change in scenario.changes) * cases[place] * WEEKS
    a_year += value_of_a_day * (days[0] - days[place]) * cases[place] * WEEKS
    return c.mean_of("cost_per_week")(a_year, confidence=c.confidence)


def _once(scenario: Scenario) -> float:
    return float(sum(_amount(change, "investment") for change in scenario.changes))


def _amount(change: Any, name: str) -> float:
    return float(getattr(change, name, 0.0))


def _worth(saving: Interval, investment: float, years: float, rate: float) -> dict[str, float]:
    factor = annuity(years, rate)
    npv = [factor * value - investment for value in (saving.estimate, saving.low, saving.high)]
    back = [_payback(value, investment) for value in (saving.estimate, saving.high, saving.low)]
    gain = (years * saving.estimate - investment) / investment if investment else np.nan
    return {
        "investment": investment,
        "saving_per_year": saving.estimate,
        "low": saving.low,
        "high": saving.high,
        "net_present_value": npv[0],
        "npv_low": npv[1],
        "npv_high": npv[2],
        "payback_years": back[0],
        "payback_low": back[1],
        "payback_high": back[2],
        "return_share": gain,
    }


def _payback(saving: float, investment: float) -> float:
    if investment <= 0:
        return 0.0 if saving >= 0 else np.inf
    return investment / saving if saving > 0 else np.inf
