"""Choose what the memory remembers by trying it on the end of the log, from several origins.

How fast cases lose their say is read from how well they foretold others (see ``forgetting``); the rest is tried: for
each origin the cases that had finished by then are remembered, as many cases as really followed are written, and
the six distances to what followed are taken. One factor after the other is tried; a choice must win by more than noise.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.courses import Courses, plain_log, remember
from bko_mining.fit.forgetting import gains, half_life_of_cases, left_open
from bko_mining.fit.rhythms import PLAIN, Rhythm
from bko_mining.fit.streams import Grid, drifting_half_lives, find_grid, weekly_stream
from bko_mining.fit.window import window_weights
from bko_mining.simulate.following import DAY, Course, even_arrivals, follow_all
from bko_mining.simulate.luck import stream_key
from bko_mining.simulate.memory import Memory
from bko_mining.twin.arrivals import RateArrivals
from bko_mining.twin.observed import ObservedCases
from bko_mining.validate.distances import MEASURES, distances

ORIGINS = (0.5, 0.6, 0.7, 0.75, 0.8)
NOISE = 0.03
"""A choice must lower the mean log distance by so much; of those within so much, the mildest, named first, is taken."""
LEAST = {"NGD": 1e-3}
"""Distances below these (hours: 0.05) do not count as smaller."""

MOST = 5
"""A trial may write so many times the cases that followed: where cases take long, many begin that do not finish."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Habits:
    """What is chosen: recency of the arrivals' level and of the cases (half-lives as shares of the span), faith.

    The rhythm of the arrivals is found elsewhere and goes with every choice.
    """

    arrivals_half_life: float | None = None
    cases_half_life: float | None = None
    faithfulness: float = 1.0
    same_kind_of_day: bool = False
    rhythm: Rhythm = PLAIN


ARRIVALS_HALF_LIVES = 0.5, 0.25, 0.12, 0.06, 0.03, 0.015
FACTORS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("faithfulness", (0.9,)),
    ("same_kind_of_day", (True,)),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """A choice that was tried: mean log distance by measure, over origins and seeds."""

    habits: Habits
    scores: dict[str, float]

    @property
    def score(self) -> float:
        """Mean over the measures."""
        return float(np.mean(list(self.scores.values())))


def choose_habits(
    found: Courses, until: float, *, rhythm: Rhythm = PLAIN, seed: int = 0, budget: int = 2_000_000
) -> tuple[Habits, list[Trial]]:
    """Try the factors one after the other on the end of the log.

    Parameters
    ----------
    rhythm : Rhythm
        Holidays that the log keeps.
    budget : int
        Instances that may be simulated; more replications are run where cases are few.
    """
    brought = gains(found, until)
    begin = Habits(cases_half_life=half_life_of_cases(brought), rhythm=rhythm)
    origins = found.origins(ORIGINS)
    if not origins:
        return begin, []
    size = sum(len(after.rows.case) * _begun(before, after) for before, after, _ in origins)
    replications = int(np.clip(budget / (10 * size), 1, 6))
    best = try_habits(begin, origins, seed, replications)
    trials = [best]
    weights = window_weights(found.arrival, found.cycle, until)
    drifting = drifting_half_lives(found.arrival, weights, until, ARRIVALS_HALF_LIVES)
    for name, values in (("arrivals_half_life", drifting), ("cases_half_life", left_open(brought)), *FACTORS):
        tried = [try_habits(replace(best.habits, **{name: value}), origins, seed, replications) for value in values]
        trials += tried
        best = _mildest(best, tried)
    return best.habits, trials


def _mildest(best: Trial, tried: list[Trial]) -> Trial:
    """Return the mildest choice that is better by more than noise and no worse than the winner by more than that."""
    better = [trial for trial in tried if trial.score < best.score - NOISE]
    least = min((trial.score for trial in better), default=0.0)
    return next((trial for trial in better if trial.score <= least + NOISE), best)


def _begun(before: Courses, after: Courses) -> float:
    """Cases that must begin for one of them to finish in a trial: those in progress come on top (Little's law)."""
    return min(1 + float(before.cycle.mean() / max(np.ptp(after.arrival), 1.0)), MOST)


def try_habits(
    habits: Habits, origins: Iterable[tuple[Courses, Courses, float]], seed: int, replications: int
) -> Trial:
    """Take the mean log distances of one choice."""
    logs = []
    for before, after, cut in origins:
        learned, arrivals = learn(before, cut, habits)
        memory = Memory(learned)
        truth = plain_log(after.rows, (after.activities, after.resources))
        names = before.activities, before.resources
        for replication in range(replications):
            rows = write_like(memory, arrivals, (float(after.arrival.min()), after.n), ("try", seed, replication))
            far = distances(truth, plain_log(rows, names))
            logs.append([np.log(max(far[name], LEAST.get(name, 0.05))) for name in MEASURES])
    return Trial(habits, dict(zip(MEASURES, np.mean(logs, axis=0).tolist(), strict=True)))


def learn(found: Courses, until: float, habits: Habits) -> tuple[ObservedCases, RateArrivals | Grid]:
    """Learn a memory and its arrivals from finished cases."""
    weights = window_weights(found.arrival, found.cycle, until, half_life=habits.cases_half_life)
    free = habits.rhythm.holidays
    memory = remember(
        found,
        weights,
        until,
        faithfulness=habits.faithfulness,
        same_kind_of_day=habits.same_kind_of_day,
        holidays=free.region if free is not None and free.at_rest else None,
    )
    stream = find_grid(found.arrival) or weekly_stream(
        found.arrival, weights, until, half_life=habits.arrivals_half_life, rhythm=habits.rhythm
    )
    return memory, stream


def write_like(
    memory: Memory, stream: RateArrivals | Grid, asked: tuple[float, int], luck: tuple[object, ...]
) -> Course:
    """Write the first n cases to finish of all that arrive since an instant: what a log of finished cases holds."""
    since, n = asked
    many = n + max(20, n // 4)
    while True:
        arrivals = arrive(stream, since, many, luck)
        rows = follow_all(memory, arrivals, luck)
        finish = np.maximum.reduceat(rows.end, np.flatnonzero(np.diff(rows.case, prepend=-1)))
        in_time = int((finish <= arrivals[-1]).sum())
        if in_time >= n or many >= MOST * n + 200:
            break
        many = min(int(many * max(1.6, 1.1 * n / max(in_time, 1))), MOST * n + 200)
    keep = np.zeros(len(finish), bool)
    keep[np.argsort(finish, kind="stable")[:n]] = True
    inside = keep[rows.case]
    number = np.cumsum(keep) - 1
    columns = {name: getattr(rows, name)[inside] for name in Course.__slots__}
    return Course(**(columns | {"case": number[columns["case"]]}))


def arrive(stream: RateArrivals | Grid, since: float, n: int, luck: tuple[object, ...]) -> Numbers:
    """Return the first arrivals since an instant."""
    if isinstance(stream, Grid):
        return _on_grid(stream, since, n)
    shift = np.random.default_rng(stream_key(*luck, "arrivals")).random()
    return even_arrivals(stream, since, lambda found: len(found) >= n, shift)[:n]


def _on_grid(grid: Grid, since: float, n: int) -> Numbers:
    found: list[Numbers] = []
    day = int(since // DAY)
    while sum(map(len, found)) < n:
        low, high = grid.hours.get(day % 7, (0.0, -1.0))
        at = day * DAY + np.arange(low, high + 1, grid.every)
        found.append(at[at >= since])
        day += 1
    return np.concatenate(found)[:n]
