"""The best plan: a search over levers for the Pareto front of several figures, and a check with fresh luck.

Proposals come in turn from optuna's multi-objective TPE sampler and from the neighbourhood of the front at hand
(Pareto local search); plans share their luck, and no run is made twice.
"""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from bko_mining.errors import BkoError, ScenarioError
from bko_mining.results import Result
from bko_mining.whatif.comparison import Comparison, compare
from bko_mining.whatif.experiment import Crew
from bko_mining.whatif.fronts import Figures, crowding, front_of, pareto, score_of, violation
from bko_mining.whatif.kpis import MAIN, label
from bko_mining.whatif.levers import Lever, Plan, neighbours, scenario_of
from bko_mining.whatif.runs import Setting
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.trials import Trials
from bko_mining.whatif.verdicts import signed
from bko_mining.words import number, say

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin

Evaluate = Callable[[list[Plan]], list[Figures]]


@dataclass(frozen=True, slots=True, eq=False)
class BestPlan(Result):
    """The Pareto front of a search, and its winner checked with fresh random numbers.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a plan of the front: ``plan``, one column a lever, the objectives (means; durations in seconds),
        ``winner``.
    tried : pandas.DataFrame
        The same for every plan that was run, with ``feasible`` and ``on_front``.
    scenario : Scenario
        The winner.
    check : Comparison
        Winner against baseline with luck that the search has not seen.
    """

    tried: pd.DataFrame
    scenario: Scenario
    check: Comparison
    objectives: tuple[str, ...]
    picture: ClassVar[str] = "planning:plot_front"

    @property
    def summary(self) -> str:
        """The winner, what it does to each objective, and how many plans were tried."""
        said = [
            f"{label(name)} {signed(self.check.change(self.scenario.name, name).estimate)}" for name in self.objectives
        ]
        return say(
            "Of {n} plans tried, {front} are on the front; best: {plan} ({changes}; checked with {runs} fresh "
            "replications).",
            n=number(len(self.tried)),
            front=number(len(self.table)),
            plan=self.scenario.name,
            changes=", ".join(said),
            runs=number(self.check.replications),
        )


def optimise(  # noqa: PLR0913  (one argument a question)
    twin: "Twin",
    levers: Sequence[Lever],
    *,
    objectives: Sequence[str] = ("cost_per_week", MAIN),
    constraints: Mapping[str, float] | None = None,
    budget: int = 80,
    replications: int = 4,
    n_cases: int | None = 1000,
    horizon: float | str | None = None,
    warm_up: int | str = 0,
    seed: int = 0,
    contest: int = 0,
    time_limit: float | None = None,
    check_replications: int = 20,
    workers: int | None = None,
    progress: bool | None = None,
) -> BestPlan:
    """Search the plans that levers allow for the best compromises of several figures.

    Parameters
    ----------
    twin : Twin
        The back office as it is.
    levers : sequence of Lever
        What may be set: ``Lever.staff``, ``Lever.hours``, ``Lever.either``.
    objectives : sequence of str
        Figures to make better (lower or higher as each demands). The first breaks ties.
    constraints : mapping of figure to limit, optional
        At most this (at least, for figures where more is better). Durations in seconds.
    budget : int
        Plans to run.
    replications : int
        Runs of each plan, with the same luck for all plans.
    contest : int
        Replications up to which the plans of the front are run before the winner is chosen; plans that others surely
        beat stop earlier (0: the winner is chosen by the runs of the search).
    time_limit : float, optional
        Seconds after which the search begins no more plans (the contest and the check come on top). Where it stops
        then depends on the machine; without it the same seed gives the same plans.
    check_replications : int
        Fresh runs of the winner and the baseline.

    Returns
    -------
    BestPlan
        The front, the winner (the feasible plan nearest to the best of all objectives at once), and its check.

    Raises
    ------
    BkoError
        If an objective is no figure of the twin, or no plan meets the constraints.
    """
    _check(levers, objectives, budget)
    setting = Setting(n_cases if horizon is None else None, horizon, "empty", warm_up, 0, seed)
    bounds = dict(constraints or {})

    crew = Crew([], setting, [], workers=workers, progress=progress)
    trials = Trials(
        crew, lambda plan: scenario_of(levers, plan).apply(twin), objectives, bounds, replications=replications
    )
    aims = {"objectives": objectives, "constraints": bounds}
    tried = search(levers, trials.evaluate, **aims, budget=budget, seed=seed, time_limit=time_limit)  # type: ignore[arg-type]
    if contest > replications:
        trials.contest(contest)
    tried = trials.figures()
    best = _winner(tried, objectives, bounds)
    scenario = scenario_of(levers, best)
    fresh = Setting(setting.n_cases, horizon, "empty", warm_up, 0, seed + 1_000_003)
    pair = [fresh.prepared(twin), fresh.prepared(scenario.apply(twin))]
    crew = Crew(pair, fresh, ["baseline", scenario.name], workers=workers, progress=progress)
    check = compare(
        crew.run_until(check_replications),
        names=("baseline", scenario.name),
        descriptions=("", scenario.describe()),
        setting=fresh,
        currency=twin.currency,
        given=[scenario],
    )
    everything = _table(levers, tried, objectives, bounds, best)
    front = everything[everything["on_front"]].drop(columns=["feasible", "on_front"])
    front = front.sort_values(list(objectives), kind="stable", ignore_index=True)
    return BestPlan(front, everything, scenario, check, tuple(objectives))


def search(
    levers: Sequence[Lever],
    evaluate: Evaluate,
    *,
    objectives: Sequence[str],
    constraints: Mapping[str, float],
    budget: int,
    seed: int = 0,
    time_limit: float | None = None,
) -> dict[Plan, Figures]:
    """Run up to ``budget`` different plans, chosen as the search goes; returns all of them with their figures."""
    until = np.inf if time_limit is None else time.monotonic() + time_limit
    sampler = _Sampler(levers, objectives, constraints, seed)
    tried: dict[Plan, Figures] = {}
    n_plans = int(np.prod([len(lever.options) for lever in levers]))
    rng = np.random.default_rng(seed)
    while len(tried) < min(budget, n_plans) and (not tried or time.monotonic() < until):
        wanted = min(6, budget - len(tried), n_plans - len(tried))
        batch = _beside(levers, tried, objectives, constraints, rng) if tried else _ends(levers)
        batch = batch[: max(1, wanted // 2)]
        batch += sampler.propose(wanted - len(batch), {*tried, *batch})
        for plan, figures in zip(batch, evaluate(batch), strict=True):
            tried[plan] = figures
            sampler.learn(plan, figures)
    return tried


class _Sampler:
    """Optuna's TPE over the positions of the levers."""

    def __init__(
        self, levers: Sequence[Lever], objectives: Sequence[str], constraints: Mapping[str, float], seed: int
    ) -> None:
        try:
            import optuna
        except ImportError:
            raise BkoError("the search needs optuna: pip install 'bko-mining[plan]'") from None
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._optuna = optuna
        self._names = [lever.name for lever in levers]
        last = {lever.name: len(lever.options) - 1 for lever in levers}
        self._space: dict[str, Any] = {
            name: optuna.distributions.IntDistribution(0, high) for name, high in last.items()
        }
        self._objectives, self._constraints = objectives, constraints
        self._rng = np.random.default_rng((seed, 1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, n_startup_trials=12)
            self.study = optuna.create_study(directions=["minimize"] * len(objectives), sampler=sampler)

    def propose(self, n: int, known: set[Plan]) -> list[Plan]:
        """New plans; by chance where the sampler only repeats itself."""
        found: list[Plan] = []
        for _ in range(8 * n):
            if len(found) == n:
                return found
            trial = self.study.ask(self._space)
            plan = tuple(int(trial.params[name]) for name in self._names)
            self.study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            if plan not in known and plan not in found:
                found.append(plan)
        sizes = [space.high + 1 for space in self._space.values()]
        while len(found) < n:
            plan = tuple(int(self._rng.integers(size)) for size in sizes)
            if plan not in known and plan not in found:
                found.append(plan)
        return found

    def learn(self, plan: Plan, figures: Figures) -> None:
        """Tell the sampler what a plan gave; a plan that breaks a constraint looks as bad as it is far off."""
        worse = 1 + violation(figures, self._constraints)
        values = [value * worse if value > 0 else value / worse for value in score_of(figures, self._objectives)]
        params = dict(zip(self._names, plan, strict=True))
        trial = self._optuna.trial.create_trial(params=params, distributions=self._space, values=values)
        self.study.add_trial(trial)


def _beside(
    levers: Sequence[Lever],
    tried: dict[Plan, Figures],
    objectives: Sequence[str],
    constraints: Mapping[str, float],
    rng: np.random.Generator,
) -> list[Plan]:
    """Plans next to the front that were not run yet: where the front has the widest gaps first."""
    front = front_of(tried, objectives, constraints)
    room = crowding([score_of(tried[plan], objectives) for plan in front])
    worth: dict[Plan, float] = {}
    for each, alone in zip(front, room, strict=True):
        for plan in neighbours(levers, each):
            if plan not in tried:
                worth[plan] = max(alone, worth.get(plan, 0.0))
    chance = dict(zip(worth, rng.permutation(len(worth)), strict=True))
    return sorted(worth, key=lambda plan: (-worth[plan], chance[plan]))


def _ends(levers: Sequence[Lever]) -> list[Plan]:
    """The plans at both ends and in the middle of all levers, to begin with."""
    sizes = [len(lever.options) for lever in levers]
    return list(dict.fromkeys(tuple(int(share * (n - 1)) for n in sizes) for share in (0.0, 1.0, 0.5)))


def _winner(tried: dict[Plan, Figures], objectives: Sequence[str], constraints: Mapping[str, float]) -> Plan:
    """The feasible plan of the front nearest to the best of everything, each objective scaled to the front's range."""
    allowed = [plan for plan in tried if violation(tried[plan], constraints) == 0]
    if not allowed:
        near = min(tried.values(), key=lambda figures: violation(figures, constraints))
        got = ", ".join(f"{name} {near[name]:.4g} (limit {limit:.4g})" for name, limit in constraints.items())
        raise BkoError(f"none of {len(tried)} plans meets the constraints; nearest: {got}; give more room or levers")
    scores = np.array([score_of(tried[plan], objectives) for plan in allowed])
    front = pareto([tuple(row) for row in scores])
    low, high = scores[front].min(axis=0), scores[front].max(axis=0)
    far = ((scores[front] - low) / np.where(high > low, high - low, 1.0)) ** 2
    return allowed[front[int(np.argmin(far.sum(axis=1)))]]


def _check(levers: Sequence[Lever], objectives: Sequence[str], budget: int) -> None:
    if not levers or budget < 1 or not objectives:
        raise BkoError("optimise needs levers, objectives and a budget of one plan at least")
    names = [lever.name for lever in levers]
    if len(set(names)) < len(names):
        raise ScenarioError(f"two levers have one name: {', '.join(names)}")


def _table(
    levers: Sequence[Lever],
    tried: dict[Plan, Figures],
    objectives: Sequence[str],
    constraints: Mapping[str, float],
    best: Plan,
) -> pd.DataFrame:
    plans = list(tried)
    feasible = [violation(tried[plan], constraints) == 0 for plan in plans]
    places = [i for i, ok in enumerate(feasible) if ok]
    front = {places[i] for i in pareto([score_of(tried[plans[i]], objectives) for i in places])}
    rows: list[dict[str, Any]] = []
    for i, plan in enumerate(plans):
        row: dict[str, Any] = {"plan": scenario_of(levers, plan).name}
        row |= {lever.name: lever.options[at].name for lever, at in zip(levers, plan, strict=True)}
        row |= {name: tried[plan][name] for name in (*objectives, *constraints)}
        rows.append(row | {"winner": plan == best, "feasible": feasible[i], "on_front": i in front})
    return pd.DataFrame(rows)
