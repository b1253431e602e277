"""Experiments: every scenario run as often as the baseline, with the same luck, wherever joblib says."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bko_mining.errors import BkoError, ScenarioError
from bko_mining.fit.uncertainty import resample_twin
from bko_mining.progress import bar
from bko_mining.simulate import lanes
from bko_mining.simulate.arrivals import to_utc
from bko_mining.whatif.comparison import Comparison, compare
from bko_mining.whatif.controls import best_mean
from bko_mining.whatif.kpis import MAIN, OwnKpis
from bko_mining.whatif.period import Cut
from bko_mining.whatif.runs import Outcome, Setting, end_of, key_of, luck_of_runs, run_once
from bko_mining.whatif.scenario import Scenario
from bko_mining.whatif.store import Store

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin

Task = tuple[int, int]
QUICK = 6.0
"""Seconds of work below which neither other processes nor the compiled lane are worth their start."""

LONG = 90.0
"""Seconds of work for each process from which compiling that lane first, half a minute, pays."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many replications: a number, or until a precision is reached (relative half-width of the main figure)."""

    replications: int = 30
    precision: float | None = None
    cap: int = 400
    kpi: str = MAIN
    confidence: float = 0.95


def run_experiment(  # noqa: PLR0913  (the promised signature)
    twin: "Twin",
    scenarios: Scenario | Sequence[Scenario] = (),
    *,
    replications: int | None = None,
    precision: float | None = None,
    n_cases: int | None = None,
    horizon: float | str | timedelta | None = None,
    start: Literal["empty", "now"] | date | datetime | str = "empty",
    warm_up: Cut = 0,
    cool_down: Cut = 0,
    seed: int = 0,
    kpis: OwnKpis | None = None,
    confidence: float = 0.95,
    margin: float = 0.02,
    input_draws: int = 0,
    store: str | Path | None = None,
    workers: int | None = None,
    progress: bool | None = None,
) -> Comparison:
    """Run the twin as it is and under each scenario, and compare pair by pair.

    All of them share their luck (common random numbers): replication r of a scenario meets the same cases, the same
    service times and the same detours as replication r of the baseline, so that the difference is the scenario's.
    The same seed gives the same answer, wherever and in whichever order the runs are made.

    Parameters
    ----------
    twin : Twin
        The back office as it is. Memory of past cases (``twin.observed``) is left aside.
    scenarios : Scenario or sequence of Scenario
        What might be changed.
    replications : int, optional
        Independent runs of each; default 30, with ``precision`` the most there may be (default 400).
    precision : float, optional
        Instead: run until the half-width of the interval of the main figure, and of its difference for every scenario,
        is at most this share of the baseline's mean.
    n_cases, horizon : int; seconds, text such as ``90 d`` or timedelta, optional
        Length of a run: so many cases, worked to their end (default 1,000), or so much time.
    start : ``"empty"``, ``"now"``, or a day
        What a run begins with; see ``Setting``.
    warm_up, cool_down : int, or time
        Cases (int) or time (text, timedelta, seconds as float) at the beginning and the end of a run that do not count.
    seed : int
        Luck.
    kpis : mapping of str to function, optional
        More figures: functions of an event log of the cases that count.
    confidence : float
        Of the intervals.
    margin : float
        A difference below this share of the baseline's mean does not matter.
    input_draws : int
        Twins to draw that the same log might have given (from ``twin.evidence``): the replications are spread over
        them, two each at least, and the intervals also hold what the log leaves open. 20 is a good number.
    store : path, optional
        Folder in which outcomes are kept as they come. A run that was killed goes on where it was; nothing is run
        twice; what belongs to another twin, scenario, seed or version is not used.
    workers : int, optional
        Processes. Default: what a surrounding ``joblib.parallel_config`` says, else all cores.
    progress : bool, optional
        Show a bar with the time left. Default: where somebody watches (a terminal, JupyterLab).

    Returns
    -------
    Comparison
        Table of differences with intervals and verdicts, and one sentence.

    Raises
    ------
    ScenarioError
        If a scenario does not fit the twin.
    """
    given = [scenarios] if isinstance(scenarios, Scenario) else list(scenarios)
    if n_cases is None and horizon is None:
        n_cases = 1000
    setting = Setting(n_cases, horizon, start, warm_up, cool_down, seed, dict(kpis or {}))
    plan = _plan(replications, precision, confidence)
    _check_days(twin, given, setting)
    names = _names(given)
    bases = _drawn(twin, input_draws, seed)
    if len(bases) > 1:
        plan = Plan(replications=max(2, -(-plan.replications // len(bases))), confidence=confidence)
    twins = [setting.prepared(made) for base in bases for made in (base, *(each.apply(base) for each in given))]
    crew = Crew(twins, setting, names * len(bases), store=store, workers=workers, progress=progress)
    rows = crew.run_plan(plan)
    outcomes = [[outcome for row in rows[i :: len(names)] for outcome in row] for i in range(len(names))]
    return compare(
        outcomes,
        names=names,
        descriptions=("", *(scenario.describe() for scenario in given)),
        setting=setting,
        currency=twin.currency,
        confidence=confidence,
        margin=margin,
        groups=len(bases),
        given=given,
        unlogged=twin.unlogged,
    )


def _check_days(twin: "Twin", scenarios: Sequence[Scenario], setting: Setting) -> None:
    """Refuse changes that no run would see."""
    end = end_of(setting.prepared(twin), setting)
    for scenario in scenarios:
        for change in scenario.changes:
            if end is not None and change.since is not None and to_utc(change.since, twin.timezone) >= end:
                raise ScenarioError(
                    f"scenario {scenario.name!r}: {change.kind_name} begins on {change.since}, when the runs of "
                    f"{setting.horizon} have ended; let it begin earlier, or run longer (horizon)"
                )


def _drawn(twin: "Twin", n: int, seed: int) -> "list[Twin]":
    """The twin itself, or twins the same log might have given."""
    if n == 0:
        return [twin]
    if n < 2 or not twin.evidence:
        raise BkoError(
            f"input_draws={n} needs two draws at least and a twin that knows its evidence (made by fit_twin from a log)"
        )
    return [resample_twin(twin, np.random.default_rng((seed, k))) for k in range(n)]


class Crew:
    """Runs replications of prepared twins: from the store where they are kept, else through joblib."""

    def __init__(
        self,
        twins: "Sequence[Twin]",
        setting: Setting,
        names: Sequence[str],
        *,
        store: str | Path | None = None,
        workers: int | None = None,
        progress: bool | None = None,
    ) -> None:
        self.twins: list[Twin] = []
        self.names: list[str] = []
        self.stores: list[Store | None] = []
        self.outcomes: list[list[Outcome]] = []
        self.setting = setting
        self.workers = workers
        self.progress = progress
        self._folder = None if store is None else Path(store)
        self._pace: float | None = None
        self._tried = 0.0
        for twin, name in zip(twins, names, strict=True):
            self.take_on(twin, name)

    def run_plan(self, plan: Plan) -> list[list[Outcome]]:
        """Run so many replications of every twin, or until the precision is reached."""
        if plan.precision is None:
            return self.run_until(plan.replications)
        n = min(10, plan.cap)
        while True:
            self.run_until(n)
            if n >= plan.cap or self._widest(plan) <= plan.precision:
                return self.outcomes
            wanted = int(np.ceil(n * (self._widest(plan) / plan.precision) ** 2))
            # Small steps: the variance at hand is itself a guess.
            n = min(plan.cap, max(n + 5, min(wanted, 2 * n)))

    def take_on(self, twin: "Twin", name: str) -> int:
        """Have one more prepared twin to run; returns its place."""
        self.twins.append(twin)
        self.names.append(name)
        self.stores.append(None if self._folder is None else Store(self._folder, key_of(twin, self.setting)))
        self.outcomes.append([])
        return len(self.twins) - 1

    def run_until(self, n: int, *, only: Iterable[int] | None = None) -> list[list[Outcome]]:
        """Have ``n`` replications of every twin (or of ``only`` some)."""
        return self.have(dict.fromkeys(range(len(self.twins)) if only is None else only, n))

    def have(self, wanted: Mapping[int, int]) -> list[list[Outcome]]:
        """Have so many replications of each of some twins."""
        last = max(wanted.values(), default=0)
        tasks = [(i, r) for r in range(last) for i, n in wanted.items() if len(self.outcomes[i]) <= r < n]
        kept = {task: outcome for task in tasks if (outcome := self._kept(task)) is not None}
        fresh = [task for task in tasks if task not in kept]
        done = kept | dict(self._run(fresh))
        for i, r in tasks:
            self.outcomes[i].append(done[i, r])
        return self.outcomes

    def _kept(self, task: Task) -> Outcome | None:
        store = self.stores[task[0]]
        return None if store is None else store.read(task[1])

    def _run(self, tasks: list[Task]) -> list[tuple[Task, Outcome]]:
        done: list[tuple[Task, Outcome]] = []
        with bar(len(tasks), "run", shown=self.progress) as shown:

            def keep(task: Task, outcome: Outcome) -> None:
                store = self.stores[task[0]]
                if store is not None:
                    store.write(task[1], outcome)
                done.append((task, outcome))
                shown.update()

            rest = self._first(tasks, keep)
            self._others(rest, keep)
        return done

    def _first(self, tasks: list[Task], keep: Callable[[Task, Outcome], None]) -> list[Task]:
        """Run one here, to know whether other processes are worth it; and all of them if not."""
        if not tasks or (self._pace is not None and not self._goes_on_here(tasks, self._pace)):
            return tasks
        for place, task in enumerate(tasks):
            began = time.perf_counter()
            keep(task, self._one(task))
            self._pace = time.perf_counter() - began
            # The first run of a process also loads what runs need: ask a second one.
            cold = place == 0 and self._pace < QUICK
            if not cold and not self._goes_on_here(tasks[place + 1 :], self._pace):
                return tasks[place + 1 :]
        return []

    def _goes_on_here(self, tasks: list[Task], pace: float) -> bool:
        """Whether so little is left, only this process is wanted, or the pace is another from now on."""
        seconds = pace * len(tasks)
        return seconds <= QUICK or self._is_quickened(tasks[0], seconds) or self.workers == 1

    def _is_quickened(self, task: Task, seconds: float) -> bool:
        """Load the compiled lane if so much work pays for it; tells whether that was done now."""
        if lanes.is_loaded() or seconds < 2 * self._tried:
            return False
        self._tried = seconds
        compiling = seconds > LONG * _hands(self.workers)
        return self.twins[task[0]].observed is None and lanes.load(compiling=compiling)

    def _others(self, tasks: list[Task], keep: Callable[[Task, Outcome], None]) -> None:
        from joblib import Parallel, delayed, effective_n_jobs, parallel_config

        if not tasks:
            return
        quick = lanes.is_loaded()
        with parallel_config(n_jobs=_processes(self.workers)), Parallel(n_jobs=None) as pool:
            wave = 4 * int(effective_n_jobs(None))
            for place in range(0, len(tasks), wave):
                now = tasks[place : place + wave]
                work = (delayed(run_once)(*self._work(t), quick=quick) for t in now)
                for task, outcome in zip(now, pool(work), strict=True):
                    keep(task, outcome)

    def _work(self, task: Task) -> tuple[Any, Setting, int]:
        return self.twins[task[0]], self.setting, task[1]

    def _one(self, task: Task) -> Outcome:
        try:
            return run_once(*self._work(task))
        except BkoError as problem:
            raise type(problem)(f"{self.names[task[0]]!r}, replication {task[1]}: {problem}") from problem

    def _widest(self, plan: Plan) -> float:
        """Largest half-width, relative to the baseline's mean, of the baseline and of the differences."""
        x = np.array([[outcome.figures[plan.kpi] for outcome in row] for row in self.outcomes])
        mean = best_mean(x, luck_of_runs(self.outcomes[0]))
        base = mean(x[0], confidence=plan.confidence)
        widths = [mean(gap, confidence=plan.confidence).half_width for gap in x[1:] - x[0]]
        return max([base.half_width, *widths]) / abs(base.estimate)


def _processes(workers: int | None) -> int:
    """What the user asked for, here or by a surrounding parallel_config; else all cores."""
    from joblib.parallel import get_active_backend

    if workers is not None:
        return workers
    asked = get_active_backend()[1]
    return -1 if asked is None else int(asked)


def _hands(workers: int | None) -> int:
    """Processes that will share the work."""
    from joblib import effective_n_jobs, parallel_config

    with parallel_config(n_jobs=_processes(workers)):
        return int(effective_n_jobs(None))


def _plan(replications: int | None, precision: float | None, confidence: float) -> Plan:
    if replications is not None and replications < 1:
        raise BkoError(f"an experiment needs one replication at least, not {replications}")
    if precision is None:
        return Plan(replications=replications or 30, confidence=confidence)
    if not 0 < precision < 1:
        raise BkoError(f"precision is a share of the mean, such as 0.02, not {precision}")
    return Plan(precision=precision, cap=replications or 400, confidence=confidence)


def _names(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    names = ("baseline", *(scenario.name for scenario in scenarios))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BkoError(f"two scenarios are named {', '.join(map(repr, twice))}; give each its own name with .named(…)")
    return names
