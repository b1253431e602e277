"""Branches that run side by side although one nearly always begins last: told by what its wait counts from.

Where one branch waits long for the outside and another is quick, the log shows one order only, and the quick one reads
as what the slow one waits for. Then the wait would count from its end: the later it ended, the later the other starts.
Side by side, the wait counts from what came before both. Each way of counting has a likelihood on the starts by idle
people, given that they were seen idle then.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.delays import Transition
from bko_mining.fit.instances import DAY, WEEK, Codes, Instances, Mask, Seconds
from bko_mining.twin.model import Evidence

Floats = NDArray[np.float64]

FEW = 40
"""Starts by idle people needed."""
MOST = 400
"""Starts looked at."""
CLEAR = 8.0
"""Difference of the log-likelihoods that settles it alone."""
TURNED = 2
"""Cases in the other order with which any difference in favour will do."""
OFTEN = 0.1
"""Share of early waits above which both orders would be seen often, and the log would show them."""
BINS = 600
CLOSED = 1e-4
"""Chance of a start, as a share of the best hour's, below which an hour is closed."""
DOUBTFUL = 1.0
"""Standard errors within which a correlation may be chance."""


@dataclass(frozen=True)
class _Starts:
    """Starts after a wait: the wait since the activity before, how long that came after its own predecessor."""

    wait: Seconds
    lead: Seconds
    grid: Seconds
    chance: Floats


def hidden_branches(data: Instances, point: Mask, transitions: list[Transition]) -> list[tuple[int, int]]:
    """Find pairs of activities of which the second waits for the outside, but not for the first.

    Parameters
    ----------
    data : Instances
        The log.
    point : bool[n]
        Rows whose worker had been idle and on duty.
    transitions : list of Transition
        The waits between activities; those with a delay are asked.
    """
    found = []
    for step in transitions:
        if step.delay is None or step.before in (-1, step.after):
            continue
        rows = _rows(data, point, step)
        if len(rows) >= FEW and _is_beside(_starts(data, rows), turned=_turned(data, step) >= TURNED):
            found.append((step.before, step.after))
    return found


def _is_beside(starts: _Starts, *, turned: bool) -> bool:
    """Whether waits count from the common predecessor, though too few end early to show in the order."""
    if _falling(starts) > (DOUBTFUL if turned else -DOUBTFUL):
        return False
    gain, early = _gain(starts)
    return early < OFTEN and gain > (0.0 if turned else CLEAR)


def _falling(starts: _Starts) -> float:
    """Rank correlation of waits and leads in standard errors: clearly below 0 where waits count from before the lead.

    It is a glance that spares most pairs the likelihoods, which take hundreds of times as long.
    """
    wait, lead = (np.argsort(np.argsort(values, kind="stable")) for values in (starts.wait, starts.lead))
    if starts.lead.min() == starts.lead.max():
        return 0.0
    return float(np.corrcoef(wait, lead)[0, 1] * np.sqrt(len(starts.lead)))


def _turned(data: Instances, step: Transition) -> int:
    """Cases with one instance of each in which the second started before the first had ended."""
    n_cases = int(data.case.max()) + 1
    first, second = (np.flatnonzero(data.activity == code) for code in (step.before, step.after))
    once = np.logical_and.reduce([np.bincount(data.case[rows], minlength=n_cases) == 1 for rows in (first, second)])
    end, start = np.zeros(n_cases), np.zeros(n_cases)
    end[data.case[first]], start[data.case[second]] = data.end[first], data.start[second]
    return int((once & (start < end)).sum())


def _rows(data: Instances, point: Mask, step: Transition) -> Codes:
    """Starts by idle people after the step, in cases that have no other way back to either activity."""
    rows = np.flatnonzero((data.activity == step.after) & point & (data.enabler >= 0))
    before = data.enabler[rows]
    rows = rows[(data.activity[before] == step.before) & (data.enabler[before] >= 0)]
    origin = data.activity[data.enabler[data.enabler[rows]]]
    rows = rows[(origin != step.after) & (origin != step.before)]
    kept: Codes = rows[:: max(1, len(rows) // MOST)]
    return kept


def _starts(data: Instances, rows: Codes) -> _Starts:
    before = data.enabler[rows]
    since, origin = data.end[before], data.end[data.enabler[before]]
    wait = data.start[rows] - since
    grid = (np.arange(BINS) + 0.5) * max(900.0, 1.5 * wait.max()) / BINS
    instant = since[:, None] + grid
    day = np.bincount((data.start[rows] % WEEK // DAY).astype(int), minlength=7) + 1e-3
    hour = np.bincount((data.start[rows] % DAY // 3600).astype(int), minlength=24) + 1e-3
    chance = day[(instant % WEEK // DAY).astype(int)] * hour[(instant % DAY // 3600).astype(int)]
    return _Starts(np.maximum(wait, 1.0), np.maximum(since - origin, 0.0), grid, chance)


def _gain(starts: _Starts) -> tuple[float, float]:
    """How much likelier waits from the common predecessor are; and how often they would then have ended too early."""
    none = np.zeros_like(starts.lead)
    together, early = max(_likelihood(starts, starts.lead, law) for law in LAWS)
    alone, _ = max(_likelihood(starts, none, law) for law in LAWS)
    return together - alone, early


def _scaled(log_time: Floats, theta: Floats) -> Floats:
    return np.asarray((log_time - theta[0]) * np.exp(-theta[1]))


def _lognormal(z: Floats) -> Floats:
    """Log density over the logarithm of time, but for a constant."""
    return z * z * -0.5


def _weibull(z: Floats) -> Floats:
    """The same for waits with a long beginning: exponential where the scale is 1."""
    z = np.minimum(z, 50.0)
    return np.asarray(z - np.exp(z))


def _lognormal_over(z: Floats) -> Floats:
    """Share that is over by then."""
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def _weibull_over(z: Floats) -> Floats:
    return np.asarray(-np.expm1(-np.exp(np.minimum(z, 50.0))))


Law = Callable[[Floats], Floats]
LAWS = (_lognormal, _lognormal_over), (_weibull, _weibull_over)
"""A wait is held against each of them both ways, so that its form is not taken for where it counts from."""


def _likelihood(starts: _Starts, lead: Seconds, law: tuple[Law, Law]) -> tuple[float, float]:
    """Largest log-likelihood of a wait that began so long before, where only some instants can be seen.

    And the share of such waits that are shorter than the time the other branch took.
    """
    from scipy.optimize import minimize

    density, over = law
    seen = np.log(starts.wait + lead)
    open_then = starts.chance > CLOSED * starts.chance.max(axis=1, keepdims=True)
    time = (starts.grid + lead[:, None])[open_then]
    there, chance = np.log(time), starts.chance[open_then] / time
    begin_of = np.concatenate([[0], np.cumsum(open_then.sum(axis=1))[:-1]])

    def loss(theta: Floats) -> float:
        all_seen = np.add.reduceat(np.exp(density(_scaled(there, theta))) * chance, begin_of)
        return float((np.log(all_seen + 1e-300) - density(_scaled(seen, theta)) + seen).sum())

    begin = np.array([seen.mean(), np.log(max(seen.std(), 0.1))])
    found = minimize(loss, begin, method="Nelder-Mead", options={"xatol": 1e-2, "fatol": 1e-2})
    early = over(_scaled(np.log(np.maximum(starts.lead, 1.0)), found.x))
    return -float(found.fun), float(early.mean())


def said_beside(data: Instances, first: int, second: int) -> Evidence:
    """Say which two activities run side by side although their order hardly shows it."""
    one, other = data.activities[first], data.activities[second]
    return Evidence(
        part=f"routing.{one} ∥ {other}",
        found=f"side by side, though {other} hardly ever begins first",
        n=int((data.activity == second).sum()),
        assumption=f"its wait counts from what came before both, not from the end of {one}",
    )
