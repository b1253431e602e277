"""Waits that are nobody's queue: delays between activities, told apart from queueing.

A start at which the own worker had been idle and on duty was not queueing: the whole wait since the predecessor's end
is delay (a *point*). For the other starts the delay is bounded: from below by the last instant at which some member of
the role was idle and on duty, and by the arrival of items served before (first come, first served); from above by the
arrival of items served after, and by the start. Points and bounds enter one likelihood.
"""

from dataclasses import dataclass, replace

import numpy as np

from bko_mining.fit.families import Delay, fit_delay
from bko_mining.fit.instances import Instances, Mask, Seconds
from bko_mining.fit.queues import Queue

FREE = 0.9
"""Share of points without any wait from which a transition has no delay."""
FEW = 8
"""Points a transition needs to be judged on its own."""


@dataclass(frozen=True)
class Transition:
    """The wait between one activity and the next it enables.

    Attributes
    ----------
    before, after : int
        Codes of the activities; before is -1 for the first of a case.
    n, n_points : int
        Instances, and those seen with an idle worker.
    zero_share : float
        Share of the points that did not wait.
    delay : Delay or None
        The delay, None where there is none.
    """

    before: int
    after: int
    n: int
    n_points: int
    zero_share: float
    delay: Delay | None


def find_transitions(
    data: Instances, queues: list[Queue], usable: Mask, *, prompt_from: float = FREE, seed: int = 0
) -> list[Transition]:
    """Find the delay of every transition into the roles' queues.

    Parameters
    ----------
    data : Instances
        The log.
    queues : list of Queue
        One a role.
    usable : bool[n]
        Rows to learn from (the beginning of the log, with unseen work in progress, is left out).
    prompt_from : float
        Share of starts without a wait, among those by idle people, from which a transition has no delay.
    seed : int
        Chooses among too many observations.
    """
    found: list[Transition] = []
    queued = np.zeros(len(data), bool)
    for queue in queues:
        found += _of_queue(data, queue, usable, seed, prompt_from)
        queued[queue.rows] = True
    # Where nobody queues, the whole wait is delay.
    rest = np.flatnonzero(~queued & (data.enabler >= 0))
    open_to_all = Queue(rest, np.ones(len(rest), bool), data.start[rest])
    return found + _of_queue(data, open_to_all, usable, seed, FREE)


def _of_queue(data: Instances, queue: Queue, usable: Mask, seed: int, prompt_from: float) -> list[Transition]:
    rng = np.random.default_rng(seed)
    rows = queue.rows
    before = np.where(data.enabler[rows] >= 0, data.activity[data.enabler[rows]], -1)
    key = (before + 1) * len(data.activities) + data.activity[rows]
    tolerance = max(2.0, data.resolution)
    wait = data.start[rows] - data.enabled[rows]
    stats: dict[int, tuple[int, int, float]] = {}
    prompt: dict[int, bool | None] = {}
    for code in np.unique(key).tolist():
        mine = (key == code) & usable[rows]
        points = mine & queue.point
        zero = float((wait[points] <= tolerance).mean()) if points.any() else np.nan
        stats[code] = (int(mine.sum()), int(points.sum()), zero)
        prompt[code] = code < len(data.activities) or _is_prompt(zero, int(points.sum()), prompt_from)
    free = np.isin(key, [code for code, known in prompt.items() if known])
    # The commonest first: where nothing else is known to queue, it is what the others are held against.
    for code in sorted((code for code, known in prompt.items() if known is None), key=lambda code: -stats[code][0]):
        low, _ = _bounds(data, queue, free)
        if _is_explained(low[(key == code) & usable[rows]]):
            free |= key == code
    low, high = _bounds(data, queue, free)
    result = []
    for code, (n, n_points, zero) in stats.items():
        mine = (key == code) & usable[rows]
        delay = None
        if not free[key == code].any() and n >= FEW:
            exact = wait[mine & queue.point]
            censored = mine & ~queue.point
            delay = fit_delay(exact, low[censored], high[censored], tolerance=tolerance, rng=rng)
            delay = _no_longer_than(delay, float(wait[mine].mean()))
        a, b = divmod(code, len(data.activities))
        result.append(Transition(a - 1, b, n, n_points, zero, delay))
    return result


def _no_longer_than(delay: Delay | None, wait: float) -> Delay | None:
    """Hold a delay to the mean wait, of which it is a part: idle people may start the late items only."""
    if delay is None:
        return None
    mean = delay.mean * (1 - delay.zero_share)
    if mean <= wait or mean <= 0:
        return delay
    factor = max(wait, 0.0) / mean
    quantiles = tuple(value * factor for value in delay.quantiles)
    return replace(delay, mean=delay.mean * factor, deviation=delay.deviation * factor, quantiles=quantiles)


def _is_prompt(zero: float, n_points: int, prompt_from: float) -> bool | None:
    """Whether idle people start at once; None where too few starts of idle people tell."""
    if n_points < FEW:
        return True if n_points >= 3 and zero >= 0.5 else None
    # Some late starts of few may be chance: a standard error and a half below the limit.
    return bool(zero >= prompt_from - 0.45 / np.sqrt(n_points))


def _is_explained(low: Seconds) -> bool:
    """Without enough points: whether queueing alone explains most waits.

    It does not where somebody was idle long after most items should have come, or where those that came later had been
    served before them.
    """
    return float((low > 60).mean()) < 0.5 if len(low) else True


def _bounds(data: Instances, queue: Queue, free: Mask) -> tuple[Seconds, Seconds]:
    """Bounds of the delay of each item of a queue, in seconds."""
    rows, start = queue.rows, data.start[queue.rows]
    known = np.where(queue.point, start, np.where(free, data.enabled[rows], np.nan))
    earlier = np.fmax.accumulate(np.where(np.isnan(known), -np.inf, known))
    before = np.concatenate([[-np.inf], earlier[:-1]])
    later = np.fmin.accumulate(np.where(np.isnan(known), np.inf, known)[::-1])[::-1]
    after = np.concatenate([later[1:], [np.inf]])
    low = np.maximum(queue.floor, before) if _first_come(known) else queue.floor
    high = np.minimum(start, after) if _first_come(known) else start
    enabled = data.enabled[rows]
    low, high = np.maximum(low - enabled, 0), np.maximum(high - enabled, 0)
    crossed = low > high
    low = np.where(crossed, np.maximum(np.minimum(queue.floor - enabled, start - enabled), 0), low)
    high = np.where(crossed, np.maximum(start - enabled, 0), high)
    return low, high


def _first_come(known: Seconds) -> bool:
    """Whether items with known arrivals are served in that order, but for one in twenty."""
    seen = known[~np.isnan(known)]
    return len(seen) < 2 or bool((np.diff(seen) < -60).mean() < 0.05)
