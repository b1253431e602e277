"""Which inputs of a twin the answer hangs on: one at a time (tornado), and all at once (Sobol indices)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from bko_mining.errors import BkoError
from bko_mining.results import Result
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.experiment import Crew, run_experiment
from bko_mining.whatif.kpis import MAIN, label
from bko_mining.whatif.runs import Setting
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.verdicts import signed
from bko_mining.words import percent, say

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity(Result):
    """How far a figure moves when one input after the other is off.

    Attributes
    ----------
    table : pandas.DataFrame
        One row an input, the most important first: ``input``, relative change of the figure when the input is lower
        (``down_share`` with ``down_low``, ``down_high``) and higher (``up_share`` with ``up_low``, ``up_high``),
        ``swing_share`` (larger minus smaller).
    """

    kpi: str
    spread: float
    comparison: Comparison
    picture: ClassVar[str] = "planning:plot_tornado"

    @property
    def summary(self) -> str:
        """The input that matters most."""
        first = self.table.iloc[0]
        return say(
            "What moves {kpi} most is {input}: {spread} lower or higher changes it by {down} or {up}.",
            kpi=label(self.kpi),
            input=first["input"],
            spread=percent(self.spread),
            down=signed(first["down_share"]),
            up=signed(first["up_share"]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class SobolIndices(Result):
    """Share of the variance of a figure that each input explains, alone and with all interactions.

    Attributes
    ----------
    table : pandas.DataFrame
        ``input``, ``first_share`` and ``total_share`` with the half-widths of their intervals.
    """

    kpi: str
    runs: int

    @property
    def summary(self) -> str:
        """The input that explains most."""
        first = self.table.iloc[0]
        return say(
            "{input} explains {share} of the variance of {kpi} ({n} runs).",
            input=first["input"],
            share=percent(first["total_share"]),
            kpi=label(self.kpi),
            n=self.runs,
        )


def sensitivity(
    twin: "Twin",
    *,
    spread: float = 0.1,
    kpi: str = MAIN,
    replications: int = 10,
    **run: Any,
) -> Sensitivity:
    """Move each input down and up by a share and see what a figure does, with common random numbers.

    Inputs: demand, the working time of each activity that people do, each delay. ``run``: further arguments of
    ``run_experiment`` (``n_cases``, ``seed``, ``store``, …).
    """
    inputs = _inputs(twin)
    scenarios = [make(1 + sign * spread).named(f"{name} {sign:+d}") for name, make in inputs for sign in (-1, 1)]
    comparison = run_experiment(twin, scenarios, replications=replications, **run)
    rows = []
    for name, _ in inputs:
        down, up = (comparison.change(f"{name} {sign:+d}", kpi) for sign in (-1, 1))
        rows.append(
            {
                "input": name,
                "down_share": down.estimate,
                "down_low": down.low,
                "down_high": down.high,
                "up_share": up.estimate,
                "up_low": up.low,
                "up_high": up.high,
                "swing_share": abs(up.estimate - down.estimate),
            }
        )
    table = pd.DataFrame(rows).sort_values("swing_share", ascending=False, kind="stable", ignore_index=True)
    return Sensitivity(table, kpi, spread, comparison)


def sobol(
    twin: "Twin", *, spread: float = 0.1, kpi: str = MAIN, n: int = 32, most: int = 6, **run: Any
) -> SobolIndices:
    """Estimate Sobol indices by Saltelli's design (SALib, extra ``plan``): ``n (inputs + 2)`` runs.

    All inputs move at once, uniformly within plus or minus ``spread``; every run has the same luck. Only the ``most``
    important inputs of ``sensitivity`` are looked at.
    """
    try:
        from SALib.analyze import sobol as analysis
        from SALib.sample import sobol as design
    except ImportError:
        raise BkoError("Sobol indices need SALib: pip install 'bko-mining[plan]'") from None
    known = dict(_inputs(twin))
    first = sensitivity(twin, spread=spread, kpi=kpi, replications=3, **run).table["input"][:most]
    names = list(first)
    problem = {"num_vars": len(names), "names": names, "bounds": [[1 - spread, 1 + spread]] * len(names)}
    seed = int(run.get("seed", 0))
    points = design.sample(problem, n, calc_second_order=False, seed=seed)
    about: dict[str, Any] = {} if "horizon" in run else {"n_cases": 1000}
    about |= {key: run[key] for key in ("n_cases", "horizon", "start", "warm_up", "cool_down", "seed") if key in run}
    setting = Setting(**about)
    twins = [setting.prepared(_moved(names, row, known).apply(twin)) for row in points]
    crew = Crew(twins, setting, [str(i) for i in range(len(twins))], workers=run.get("workers"))
    values = np.array([row[0].figures[kpi] for row in crew.run_until(1)])
    found = analysis.analyze(problem, values, calc_second_order=False, seed=seed)
    table = pd.DataFrame(
        {
            "input": names,
            "first_share": found["S1"],
            "first_half_width": found["S1_conf"],
            "total_share": found["ST"],
            "total_half_width": found["ST_conf"],
        }
    ).sort_values("total_share", ascending=False, kind="stable", ignore_index=True)
    return SobolIndices(table, kpi, len(points))


def _moved(names: Sequence[str], factors: Any, known: dict[str, Any]) -> Scenario:
    scenario = Scenario("point")
    for name, factor in zip(names, factors, strict=True):
        scenario = Scenario("point", (*scenario.changes, *known[name](float(factor)).changes))
    return scenario


def _inputs(twin: "Twin") -> list[tuple[str, Any]]:
    """Names of the inputs, and the scenario that multiplies each."""
    found: list[tuple[str, Any]] = [(say("demand"), lambda factor: Scenario("demand").demand(factor))]
    for name, activity in twin.activities.items():
        if activity.role is not None and not activity.automatic:
            found.append((say("time of {activity}", activity=name), _speed(name)))
    around = dict.fromkeys(delay.before or delay.after for delay in twin.delays)
    found += [(say("delay at {activity}", activity=name), _delay(name)) for name in around if name in twin.activities]
    return found


def _speed(activity: str) -> Any:
    return lambda factor: Scenario("time").speed(activity, factor)


def _delay(activity: Any) -> Any:
    return lambda factor: Scenario("delay").delay(activity, factor=factor)
