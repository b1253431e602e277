"""Control variates: figures freed of luck whose expectation is known, where that makes them surer.

Draws are keyed, so the luck of a run can be told without running it: how much sooner than expected its cases came, and
how much longer than expected their work took. Both have expectation zero whatever the twin does (each draw is made
after it is settled that it is needed: Wald's equation), so regression on them moves no mean and takes variance away.

Sources: Lavenberg and Welch, *A perspective on the use of control variables to increase the efficiency of Monte Carlo
simulations* (1981). Bad luck makes waits not only longer but more varied, so the interval weighs each run's own
residual (MacKinnon and White 1985, HC3); that of plain regression covers 91 % on M/M/3 instead of 95. For the same
reason controls are chosen by what they explain, not by whose interval is shorter: that alone costs two percent.
"""

from functools import partial
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bko_mining.simulate.cases import Cases
from bko_mining.simulate.luck import stream_key, uniforms
from bko_mining.simulate.quantiles import law_of
from bko_mining.twin.arrivals import IntervalArrivals, RateArrivals
from bko_mining.whatif.statistics import Interval, Mean, Numbers, mean_interval, t_quantile

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog
    from bko_mining.twin.arrivals import Arrivals
    from bko_mining.twin.model import Twin

FEW = 20
"""Replications below which the luck of so few runs is not told from the figure itself."""

WORTH = 0.9
"""Controls are used where they leave at most this share of the variance."""


def luck_of(log: "EventLog", twin: "Twin", cases: Cases, luck: tuple[int, int]) -> Numbers:
    """Tell the luck of a run: cases that came too soon (in mean gaps), work that took too long (in seconds)."""
    streams = ((stream, (*luck, stream.name or i)) for i, stream in enumerate(twin.arrivals))
    return np.array([sum(_soon(stream, cases.keys, name) for stream, name in streams), _long(log, twin, cases, luck)])


def controlled_interval(sample: ArrayLike, controls: Numbers, *, confidence: float = 0.95) -> Interval:
    """Mean of replications at expected luck, by regression on controls of expectation zero, with its t interval.

    Examples
    --------
    >>> controls = np.array([[-1.0], [0.0], [1.0], [2.0]])  # these runs had bad luck: 0.5 each
    >>> controlled_interval([9.0, 10.0, 11.0, 12.0], controls).estimate
    10.0
    """
    y = np.asarray(sample, float)
    q, r = _design(controls)
    weight = np.linalg.solve(r, q.T)[0]
    residual = (y - q @ (q.T @ y)) / (1 - (q**2).sum(axis=1))
    level, degrees = float(weight @ y), len(y) - q.shape[1]
    half = t_quantile(confidence, degrees) * sqrt(float(((weight * residual) ** 2).sum()))
    return Interval(level, level - half, level + half, len(y), confidence)


def share_left(samples: Numbers, controls: Numbers) -> float:
    """Share of the variance of means (rows) that controls leave, on average; 1 where they are not worth their use.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> luck, other = rng.normal(size=(2, 40))
    >>> bool(share_left(np.array([luck + 0.5 * other]), luck[:, None]) < 0.5), share_left(other[None, :], luck[:, None])
    (True, 1.0)
    """
    moving = samples[np.ptp(samples, axis=1) > 1e-9 * np.abs(samples).max(axis=1)]
    n, controls = samples.shape[1], telling(controls)
    if not len(moving) or not controls.size or n < FEW or not np.isfinite(samples).all():
        return 1.0
    q, r = _design(controls)
    weight = float((np.linalg.inv(r)[0] ** 2).sum())
    rest = ((moving.T - q @ (q.T @ moving.T)) ** 2).sum(axis=0) / (n - q.shape[1])
    left = float(np.mean(rest * weight / (moving.var(axis=1, ddof=1) / n)))
    return left if left <= WORTH else 1.0


def telling(controls: Numbers) -> Numbers:
    """Leave out controls (columns) that are the same in every run, or that those before them tell already.

    Examples
    --------
    >>> telling(np.array([[1.0, 7.0, 2.0], [2.0, 7.0, 4.0], [4.0, 7.0, 8.0]])).tolist()
    [[1.0], [2.0], [4.0]]
    """
    kept: list[Numbers] = []
    known = np.ones((len(controls), 1))
    for column in controls.T:
        q, _ = np.linalg.qr(known)
        new = column - q @ (q.T @ column)
        if np.linalg.norm(new) > 1e-9 * np.linalg.norm(column):
            known = np.column_stack([known, column])
            kept.append(column)
    return np.column_stack(kept) if kept else controls[:, :0]


def _design(controls: Numbers) -> tuple[Numbers, Numbers]:
    """The regression on controls, as an orthogonal and a triangular matrix."""
    q, r = np.linalg.qr(np.column_stack([np.ones(len(controls)), controls]))
    return q, r


def best_mean(samples: Numbers, controls: Numbers | None) -> Mean:
    """How the mean of a figure is taken: by controls where they help its differences from the first row."""
    differences = samples[1:] - samples[0] if len(samples) > 1 else samples
    if controls is None or share_left(differences, controls) == 1:
        return mean_interval
    return partial(controlled_interval, controls=telling(controls))


def _soon(stream: "Arrivals", keys: NDArray[np.uint64], name: tuple[object, ...]) -> float:
    """Gaps of a stream that were shorter than expected, up to the first case that came too late for the run."""
    if isinstance(stream, RateArrivals) and stream.batch_size is None:
        law = None
    elif isinstance(stream, IntervalArrivals):
        law = law_of(stream.interval)
    else:
        return 0.0
    place = keys - np.uint64(stream_key(*name, "case"))
    n = int((place < np.uint64(1 << 40)).sum()) + 1
    u = uniforms(stream_key(*name, "arrival"), np.arange(n, dtype=np.uint64))
    gaps = -np.log(u) if law is None else law.at(u) / law.mean
    return float((1.0 - gaps).sum())


def _long(log: "EventLog", twin: "Twin", cases: Cases, luck: tuple[int, int]) -> float:
    """Seconds that the first instance of each activity of each case took more than expected."""
    place = {case_id: i for i, case_id in enumerate(cases.ids().to_pylist())}
    keys = cases.keys[[place[case_id] for case_id in log.case_ids.to_pylist()]]
    total = 0.0
    for code, name in enumerate(log.activities):
        law = law_of(twin.activities[name].time)
        if not law.constant:
            mine = keys[np.unique(log.case[log.activity == code])]
            total += float((law.at(uniforms(stream_key(*luck, "service", name, 0), mine)) - law.mean).sum())
    return total
