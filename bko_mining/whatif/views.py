"""Other looks at a comparison, each an answer with its own table and picture."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from bko_mining.results import Result
from bko_mining.whatif.comparison import BASELINE, Comparison
from bko_mining.whatif.kpis import MAIN, label
from bko_mining.whatif.warm_up import warm_up
from bko_mining.words import number, percent, say


@dataclass(frozen=True, slots=True, eq=False)
class QueueOverTime(Result):
    """Items waiting for a role (or open cases) day by day: ``scenario``, ``mean``, ``largest`` over the days."""

    comparison: Comparison
    role: str
    picture: ClassVar[str] = "comparison_time:plot_queue_view"

    @property
    def summary(self) -> str:
        """How many wait on the worst day as it is, and under the scenarios that make most and least of it."""
        worst = self.table.set_index("scenario")["largest"].round()
        facts = {"n": number(worst.iloc[0]), "role": self.role}
        if self.role:
            first = say("On the worst day {n} {n:item waits|items wait} for {role} as it is", **facts)
        else:
            first = say("On the worst day {n} {n:case is|cases are} open as it is", **facts)
        return f"{first}{ends(worst.iloc[1:], float(worst.iloc[0]), self.comparison.margin)}."


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioUtilisation(Result):
    """How busy each role is: one row a role, one column a scenario, shares in [0, 1]."""

    comparison: Comparison
    picture: ClassVar[str] = "comparison_time:plot_utilisation_view"

    @property
    def summary(self) -> str:
        """The busiest role as it is, and how busy it is under the scenarios that make most and least of it."""
        if self.table.empty:
            return say("No role works in this twin: there is no workload to show.")
        busiest = self.table.iloc[int(self.table[BASELINE].argmax())]
        share = percent(float(busiest[BASELINE]))
        first = say("{role} is the busiest role as it is ({share} of the hours)", role=busiest["role"], share=share)
        others = busiest.drop(["role", BASELINE])
        return f"{first}{ends(others, float(busiest[BASELINE]), self.comparison.margin, percent)}."


@dataclass(frozen=True, slots=True, eq=False)
class TradeOff(Result):
    """Two figures side by side: ``scenario`` and the means of both (durations in seconds)."""

    comparison: Comparison
    first: str
    second: str
    picture: ClassVar[str] = "comparison_time:plot_trade_off_view"

    @property
    def summary(self) -> str:
        """Which scenario is lowest in the one figure, which in the other."""
        c, means = self.comparison, self.table.set_index("scenario")
        if not np.isfinite(means.to_numpy()).all():
            return say(
                "A point a scenario: {first} against {second}.", first=label(self.second), second=label(self.first)
            )
        lowest = [str(means[figure].idxmin()) for figure in (self.second, self.first)]
        return say(
            "Lowest {first}: {name} ({value}); lowest {second}: {other} ({amount}).",
            first=label(self.second),
            second=label(self.first),
            name=_called(lowest[0]),
            other=_called(lowest[1]),
            value=c.written(float(means[self.second].min()), self.second),
            amount=c.written(float(means[self.first].min()), self.first),
        )


@dataclass(frozen=True, slots=True, eq=False)
class WarmUpPeriod(Result):
    """Cycle times by arrival: ``share`` of the run, ``mean`` over the replications; and where MSER would cut."""

    comparison: Comparison
    cut_share: float
    trusted: bool
    picture: ClassVar[str] = "comparison_time:plot_warm_up_view"

    @property
    def summary(self) -> str:
        """How much of the run MSER would leave out; advice, nothing is cut by it."""
        if not self.trusted:
            return say("MSER finds no end of the warm-up: run longer.")
        return say("MSER would leave out the first {share} of the run as warm-up.", share=percent(self.cut_share))


def ends(values: pd.Series, base: float, margin: float, write: Callable[[float], str] = number) -> str:
    """The scenarios at both ends of a figure, to follow what it is without them; what is too near is not told.

    Examples
    --------
    >>> ends(pd.Series({"More people": 8.0, "Hail": 19.0}), 10.0, 0.02)
    "; least with 'More people' (8), most with 'Hail' (19)"
    """
    values = values.astype(float)
    if values.empty or not np.isfinite(values).all():
        return ""
    far = values[(values - base).abs() >= margin * abs(base)]
    if far.empty or write(float(values.min())) == write(float(values.max())) == write(base):
        return say("; the scenarios change that by less than {share}", share=percent(margin))
    most, least = str(far.idxmax()), str(far.idxmin())
    facts = {"most": most, "least": least, "high": write(float(far.max())), "low": write(float(far.min()))}
    if len(far) == 1:
        return say("; with '{most}' {high}", **facts)
    return say("; least with '{least}' ({low}), most with '{most}' ({high})", **facts)


def _called(name: str) -> str:
    return say("as it is") if name == BASELINE else say("'{name}'", name=name)


def warm_up_period(comparison: Comparison) -> WarmUpPeriod:
    """How long runs of the baseline remember that they began empty (Welch's picture, MSER as advice).

    Examples
    --------
    >>> import bko_mining as bko
    >>> twin = bko.Twin.load("simulations/accounts_payable/twin.yaml")
    >>> runs = bko.run_experiment(twin, [], replications=2, n_cases=200)
    >>> len(bko.warm_up_period(runs).table)
    200
    """
    seen = warm_up(np.array([outcome.series["cycle by arrival"] for outcome in comparison.outcomes[0]]))
    n = len(seen.averages)
    table = pd.DataFrame({"share": np.arange(n) / n, "mean": pd.to_timedelta(seen.averages, unit="s")})
    return WarmUpPeriod(table, comparison, seen.advice / n, seen.trusted)


def queue_over_time(comparison: Comparison, role: str = "") -> QueueOverTime:
    """Items that wait for a role day by day, as it is and under each scenario (open cases if none is named)."""
    key = f"queue: {role}" if role else "open"
    rows = []
    for name, outcomes in zip(comparison.names, comparison.outcomes, strict=True):
        lines = [outcome.series[key] for outcome in outcomes if key in outcome.series]
        last = min((len(line) for line in lines), default=0)
        mean = np.mean([line[:last] for line in lines], axis=0) if last else np.zeros(1)
        rows.append({"scenario": name, "mean": float(mean.mean()), "largest": float(mean.max())})
    return QueueOverTime(pd.DataFrame(rows), comparison, role)


def scenario_utilisation(comparison: Comparison) -> ScenarioUtilisation:
    """How busy each role is, as it is and under each scenario."""
    roles = [name for name in comparison.kpis if name.startswith("utilisation: ")]
    busy = {name: [comparison.level(name, role).estimate for role in roles] for name in comparison.names}
    return ScenarioUtilisation(pd.DataFrame({"role": [r.partition(": ")[2] for r in roles], **busy}), comparison)


def trade_off(comparison: Comparison, x: str = "cost_per_week", y: str = MAIN) -> TradeOff:
    """One figure against another, a point a scenario."""
    values = {figure: [comparison.level(name, figure).estimate for name in comparison.names] for figure in (x, y)}
    return TradeOff(pd.DataFrame({"scenario": comparison.names, **values}), comparison, x, y)
