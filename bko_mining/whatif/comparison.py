"""What an experiment answers: differences with intervals and verdicts, never a bare mean."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
import pandas as pd

from bko_mining.errors import BkoError
from bko_mining.results import Result
from bko_mining.whatif.controls import best_mean, share_left
from bko_mining.whatif.kpis import HEADLINE, MAIN, Kpi, kpi, label
from bko_mining.whatif.runs import Outcome, Setting, luck_of_runs
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.selection import Selection, select_best
from bko_mining.whatif.statistics import (
    Interval,
    Mean,
    Numbers,
    bonferroni,
    bootstrap_interval,
    ratio_interval,
    two_stage_interval,
)
from bko_mining.whatif.verdicts import caution, doubt, headline, judge, late, sentence
from bko_mining.words import duration, money, number, percent, say, small_money

BASELINE = "baseline"
C = TypeVar("C", bound="Comparison")


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Result):
    """Scenarios beside the baseline.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a scenario and headline figure: ``scenario``, ``kpi``, ``baseline``, ``value`` (means), ``difference``
        with its interval ``low`` to ``high``, ``change_share`` (difference / baseline), ``replications``, ``verdict``.
        Durations are Timedelta; shares in [0, 1]; money in ``currency``.
    all : pandas.DataFrame
        The same for every figure.
    names, descriptions : tuple of str
        The baseline and the scenarios, and what each changes.
    outcomes : tuple of tuple of Outcome
        What is kept of each replication, by scenario.
    setting : Setting
        How the runs were made.
    together : bool
        Whether the intervals hold for all scenarios at once (Bonferroni), or each for itself.
    groups : int
        Twins that were run: above 1 the intervals also hold what the log leaves open about the twin.
    given : tuple of Scenario
        The scenarios themselves.
    unlogged : float
        Share of all work that the twin's log seems not to show.

    Notes
    -----
    A verdict is *better* or *worse* where the whole interval lies on one side of zero and the difference is at least
    ``margin`` of the baseline; *no difference that matters* where the interval lies within the margin, or the
    difference is sure but smaller; else *not clear yet*: more replications would tell.

    From 20 replications on, figures are freed of luck by control variates where that helps (``variance_left``).
    """

    all: pd.DataFrame
    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    outcomes: tuple[tuple[Outcome, ...], ...]
    setting: Setting
    currency: str = "USD"
    confidence: float = 0.95
    margin: float = 0.02
    together: bool = False
    groups: int = 1
    given: tuple[Scenario, ...] = ()
    unlogged: float = 0.0
    picture: ClassVar[str] = "comparison:plot_comparison"
    page: ClassVar[str] = "comparison_page:comparison_page"

    @property
    def replications(self) -> int:
        """Independent runs of each scenario."""
        return len(self.outcomes[0])

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios, without the baseline."""
        return self.names[1:]

    @property
    def kpis(self) -> tuple[str, ...]:
        """Names of all figures."""
        return tuple(dict.fromkeys(name for row in self.outcomes for outcome in row for name in outcome.figures))

    @property
    def summary(self) -> str:
        """The scenario that moves the main figure most to the good, or that none does; with its interval."""
        if not self.scenarios:
            level = self.level(BASELINE)
            return say(
                "As it is, {kpi} is {value} ({confidence} interval {low} to {high}, {n} replications).",
                kpi=label(MAIN),
                n=number(level.n),
                confidence=percent(self.confidence),
                value=duration(level.estimate),
                low=duration(level.low),
                high=duration(level.high),
            )
        return " ".join(filter(None, (headline(self), caution(self), late(self), doubt(self))))

    def sentence(self, scenario: str, figure: str = MAIN) -> str:
        """Say what a scenario does to a figure, with the interval, the replications and the verdict."""
        return sentence(self, scenario, figure)

    def samples(self, figure: str = MAIN) -> Numbers:
        """The figure of each replication (columns) of the baseline and each scenario (rows); NaN where it has none."""
        if figure not in self.kpis:
            raise BkoError(f"there is no figure {figure!r}; there are: {', '.join(self.kpis)}")
        return np.array([[outcome.figures.get(figure, np.nan) for outcome in row] for row in self.outcomes])

    def level(self, scenario: str = BASELINE, figure: str = MAIN) -> Interval:
        """Mean of a figure with its interval (durations in seconds)."""
        return self.mean_of(figure)(self.samples(figure)[self._place(scenario)], confidence=self.confidence)

    def difference(self, scenario: str, figure: str = MAIN, *, bootstrap: bool = False) -> Interval:
        """Scenario minus baseline, paired, with its interval (durations in seconds).

        The interval is Student's t; with ``bootstrap`` BCa, for lopsided figures (refused where twins were drawn, whose
        runs hang together).
        """
        x = self.samples(figure)
        gap = x[self._place(scenario)] - x[0]
        if not bootstrap:
            return self.mean_of(figure)(gap, confidence=self._each)
        if self.groups > 1:
            raise BkoError(
                "the bootstrap takes runs as independent, those of drawn twins are not: leave input_draws out"
            )
        return bootstrap_interval(gap, confidence=self._each)

    def change(self, scenario: str, figure: str = MAIN) -> Interval:
        """Relative change (0.1: ten percent more), paired, with its interval.

        Where the intervals of the ratio and of the difference do not agree whether there is a change, that of the
        difference is told, as the verdict is.
        """
        x = self.samples(figure)
        r = ratio_interval(x[self._place(scenario)], x[0], confidence=self._each, mean=self.mean_of(figure))
        change = Interval(r.estimate - 1, r.low - 1, r.high - 1, r.n, self.confidence)
        gap, base = self.difference(scenario, figure), abs(self.level(BASELINE, figure).estimate)
        if change.excludes_zero == gap.excludes_zero or not base:
            return change
        return Interval(gap.estimate / base, gap.low / base, gap.high / base, gap.n, self.confidence)

    def verdict(self, scenario: str, figure: str = MAIN) -> str:
        """``better``, ``worse``, ``no difference that matters`` or ``not clear yet`` (see the notes)."""
        base = abs(self.level(BASELINE, figure).estimate)
        return judge(self.difference(scenario, figure), kpi(figure), self.margin * base)

    def simultaneous(self) -> Self:
        """Return the comparison with wider intervals that hold for all scenarios at once (Bonferroni)."""
        wider = replace(self, together=True)
        return _with_tables(wider)

    def best(self, figure: str = MAIN, *, indifference: float | None = None) -> Selection:
        """Select the best of baseline and scenarios with an indifference zone (Kim and Nelson).

        ``indifference`` is in the unit of the figure (seconds); default: ``margin`` of the baseline. Positions of the
        result are those of ``names``.
        """
        zone = indifference or self.margin * abs(self.level(BASELINE, figure).estimate)
        lower = kpi(figure).better != "higher"
        return select_best(self.samples(figure), indifference=zone, confidence=self.confidence, lower=lower)

    def written(self, value: float, figure: str) -> str:
        """Write a value of a figure with its unit, in the language in force."""
        return written(value, kpi(figure), self.currency)

    @property
    def footing(self) -> str:
        """What stands below every picture: replications, length of a run, seed."""
        twins = say(" of {n} twins that the log might have given", n=number(self.groups)) if self.groups > 1 else ""
        controls = say(" and control variates") if self.variance_left() < 1 else ""
        return say(
            "{n} replications of {length}{twins}, common random numbers{controls}, seed {seed}",
            n=number(self.replications),
            twins=twins,
            controls=controls,
            length=self.setting.describe(),
            seed=self.setting.seed,
        )

    def variance_left(self, figure: str = MAIN) -> float:
        """Share of the variance that control variates leave in a figure; 1 where they do not help and are not used.

        The controls are the luck of each run of the baseline, whose expectation is known: how soon its cases came, how
        long its work took. They are used, for all scenarios alike, from 20 replications on and where they take away a
        tenth of the variance of the differences at least (on average).
        """
        x, controls = self.samples(figure), self._luck
        return 1.0 if controls is None else share_left(x[1:] - x[0] if len(x) > 1 else x, controls)

    def mean_of(self, figure: str = MAIN) -> Mean:
        """How means of a figure are taken: over twins where several were drawn, by control variates where they help."""
        if self.groups > 1:
            return partial(two_stage_interval, groups=self.groups)
        return best_mean(self.samples(figure), self._luck)

    @property
    def _luck(self) -> Numbers | None:
        return luck_of_runs(self.outcomes[0]) if self.groups == 1 else None

    @property
    def _each(self) -> float:
        return bonferroni(self.confidence, len(self.scenarios)) if self.together else self.confidence

    def _place(self, scenario: str) -> int:
        if scenario not in self.names:
            raise BkoError(f"there is no scenario {scenario!r}; there are: {', '.join(self.names)}")
        return self.names.index(scenario)


def compare(  # noqa: PLR0913  (what a comparison consists of)
    outcomes: Sequence[Sequence[Outcome]],
    *,
    names: Sequence[str],
    descriptions: Sequence[str],
    setting: Setting,
    currency: str = "USD",
    confidence: float = 0.95,
    margin: float = 0.02,
    groups: int = 1,
    given: Sequence[Scenario] = (),
    unlogged: float = 0.0,
) -> Comparison:
    """Make a comparison of the outcomes of baseline (first) and scenarios."""
    empty = pd.DataFrame()
    bare = Comparison(
        table=empty,
        all=empty,
        names=tuple(names),
        descriptions=tuple(descriptions),
        outcomes=tuple(tuple(row) for row in outcomes),
        setting=setting,
        currency=currency,
        confidence=confidence,
        margin=margin,
        groups=groups,
        given=tuple(given),
        unlogged=unlogged,
    )
    return _with_tables(bare)


def written(value: float, what: Kpi, currency: str) -> str:
    """Write a value with its unit; money a case always to the cent, money a week never."""
    if what.unit == "time":
        return duration(value)
    if what.unit == "share":
        return percent(value, 1)
    if what.unit == "money":
        exact = what.name.endswith("_per_case") or (what.name != "cost_per_week" and abs(value) < 100)
        return small_money(value, currency) if exact else money(value, currency)
    return number(value, 0 if abs(value) >= 100 else 1)


def _with_tables(c: C) -> C:
    everything = pd.DataFrame([_row(c, scenario, name) for scenario in c.scenarios for name in c.kpis])
    if not c.scenarios:
        everything = pd.DataFrame([_level_row(c, name) for name in c.kpis])
    shown = [*HEADLINE, *c.setting.kpis]
    table = everything[everything["kpi"].isin(shown)].reset_index(drop=True)
    return replace(c, table=table, all=everything)


def _row(c: Comparison, scenario: str, name: str) -> dict[str, Any]:
    difference, base = c.difference(scenario, name), c.level(BASELINE, name).estimate
    change = difference.estimate / base if base else np.nan
    return {
        "scenario": scenario,
        "kpi": name,
        "baseline": _cell(base, name),
        "value": _cell(c.level(scenario, name).estimate, name),
        "difference": _cell(difference.estimate, name),
        "low": _cell(difference.low, name),
        "high": _cell(difference.high, name),
        "change_share": change,
        "replications": difference.n,
        "verdict": c.verdict(scenario, name),
    }


def _level_row(c: Comparison, name: str) -> dict[str, Any]:
    level = c.level(BASELINE, name)
    cells = {"value": level.estimate, "low": level.low, "high": level.high}
    return {"kpi": name, **{key: _cell(value, name) for key, value in cells.items()}, "replications": level.n}


def _cell(value: float, name: str) -> Any:
    if kpi(name).unit != "time":
        return float(value)
    return pd.Timedelta(seconds=round(value)) if np.isfinite(value) else pd.NaT
