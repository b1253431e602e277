"""Give a twin the memory with which it writes logs like the observed one, and say what was found on the way."""

from dataclasses import replace

import numpy as np

from bko_mining.fit.choosing import Habits, Trial, choose_habits, learn
from bko_mining.fit.courses import Courses, courses
from bko_mining.fit.free_days import public_holidays
from bko_mining.fit.priorities import with_mix
from bko_mining.fit.rhythms import Rhythm
from bko_mining.fit.seasons import choose_rhythm
from bko_mining.fit.slices import Slice, between_edges
from bko_mining.fit.streams import Grid, days_left_out, grid_stream
from bko_mining.fit.window import Weights, window_weights
from bko_mining.log.event_log import EventLog
from bko_mining.twin.arrivals import Arrivals
from bko_mining.twin.model import Evidence, Twin

_UNSEEN = 0.02
"""Share of arrivals that must be missing at the end of the log before their level is put right."""


def with_memory(twin: Twin, log: EventLog, *, seed: int = 0) -> Twin:
    """Return the twin with a memory of the log's finished cases.

    What the memory holds on to (how much recent cases and weeks count, whether cases may change course) is chosen by
    trying it on the end of the log. Arrivals follow the weekly table of the twin, unless the log shows a fixed grid, a
    level that moved, month ends, a season, growth, or an end that hides cases: then they are put right.
    """
    whole = courses(log)
    piece = between_edges(whole, float(max(whole.rows.end.max(), whole.arrival.max())))
    found, until = piece.inner, piece.until
    known = Rhythm(holidays=public_holidays(found.arrival, found.rows.start))
    habits, trials = choose_habits(found, until, rhythm=known, seed=seed)
    habits = replace(habits, rhythm=choose_rhythm(found, until, known, habits.arrivals_half_life))
    memory, stream = learn(found, until, habits)
    if piece.edges:
        memory = memory.model_copy(update={"sliced": True})
    weights = window_weights(found.arrival, found.cycle, until, half_life=habits.cases_half_life)
    unseen = 1 - found.n / float(weights.arrivals.sum())
    moved = isinstance(stream, Grid) or habits.arrivals_half_life is not None or unseen > _UNSEEN
    moved = moved or habits.rhythm.is_moving
    arrivals: tuple[Arrivals, ...] = twin.arrivals
    if moved:
        put_right = grid_stream(stream) if isinstance(stream, Grid) else stream
        background = [each for each in twin.arrivals if not twin.is_logged(each)]
        arrivals = (with_mix(put_right, twin.arrivals[0].mix), *background)
    evidence = [item for item in twin.evidence if not (moved and item.part == "arrivals")]
    evidence += [_memory_evidence(found, weights, habits, trials), *_edges_evidence(piece)]
    if moved:
        quiet = days_left_out(found.arrival, weights, until, habits.rhythm)
        evidence.append(_arrivals_evidence(found, stream, (habits, unseen, quiet)))
    return twin.replace(arrivals=arrivals, observed=memory, evidence=tuple(evidence))


def _arrivals_evidence(found: Courses, stream: object, learned: tuple[Habits, float, tuple[str, ...]]) -> Evidence:
    habits, unseen, quiet = learned
    if isinstance(stream, Grid):
        return Evidence(
            part="arrivals",
            found=f"one case every {stream.every / 60:g} min on {len(stream.hours)} days a week, without chance",
            n=found.n,
            assumption="the grid goes on",
            numbers={"every_seconds": stream.every},
        )
    span = float(np.ptp(found.arrival)) / 604_800
    level = "all weeks count alike"
    if habits.rhythm.growth is None and habits.arrivals_half_life is not None:
        level = f"the level moved: weeks count half every {habits.arrivals_half_life * span:.1f} weeks back"
    level = "; ".join([level, *habits.rhythm.said])
    if quiet:
        level += f"; far fewer cases than usual, and so left out: {', '.join(quiet)}"
    return Evidence(
        part="arrivals",
        found=f"weekly table; {level}; {unseen:.0%} of the arrivals had not finished when the log ended",
        n=found.n,
        assumption="unseen cases take as long as seen ones (right truncation, Lynden-Bell)",
        numbers={"unseen_share": unseen},
    )


def _edges_evidence(piece: Slice) -> list[Evidence]:
    if not piece.edges:
        return []
    return [
        Evidence(
            part="observed.edges",
            found=f"the log is a slice of time: cases are cut at its {' and its '.join(piece.edges)}",
            n=piece.left_aside,
            assumption="cases that an edge may have cut are left aside; logs like it are cut at both edges",
        )
    ]


def _memory_evidence(found: Courses, weights: Weights, habits: Habits, trials: list[Trial]) -> Evidence:
    kept = "all cases count alike"
    if habits.cases_half_life is not None:
        kept = f"cases count half every {habits.cases_half_life:.0%} of the log back"
    course = "follow one past case to its end"
    if habits.faithfulness < 1:
        course = f"change to another past case with a like history at {1 - habits.faithfulness:.0%} of the steps"
    numbers = {"mean_cycle_seconds": float(np.average(found.cycle, weights=weights.cases))}
    if trials:
        best = min(trials, key=lambda trial: trial.score)
        numbers |= {f"tried.{name}": float(np.exp(value)) for name, value in best.scores.items()}
    return Evidence(
        part="observed",
        found=f"{found.n} past cases; {kept}; new cases {course}",
        n=found.n,
        assumption=f"chosen among {len(trials)} ways by trying them on the end of the log"
        if trials
        else "too few cases to try anything; defaults",
        numbers=numbers,
    )
