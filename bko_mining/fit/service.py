"""How long work takes: net service times per activity and resource, shrunk towards what all do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bko_mining.fit.families import Shape, fit_shape
from bko_mining.fit.instances import Codes, Instances, Seconds

GRID = 61
"""Points of a pooled quantile function."""


@dataclass(frozen=True)
class Service:
    """Service time of one activity.

    Attributes
    ----------
    activity : int
        Its code.
    mean : float
        Mean over the resources' instances, in seconds of working time.
    by_resource : dict of int to float
        Mean of each resource that was seen doing it, after shrinkage.
    error : dict of int to float
        Relative standard error of each of those means.
    shape : float64[n]
        Quantiles of time / mean of the resource, with mean 1: the pooled shape.
    law : Shape or None
        The parametric law of the shape, None where none fits.
    cv : float
        Coefficient of variation of the shape.
    n : int
        Instances.
    """

    activity: int
    mean: float
    by_resource: dict[int, float]
    error: dict[int, float]
    shape: Seconds
    law: Shape | None
    cv: float
    n: int

    @property
    def typical(self) -> float:
        """Unweighted mean over the resources: what a new colleague would take."""
        return float(np.mean(list(self.by_resource.values()))) if self.by_resource else self.mean


def service_times(data: Instances, work: Seconds, activity: int, rows: Codes) -> Service:
    """Estimate the service time of one activity from the net working time of some rows.

    The log mean of each resource is shrunk towards the mean of all by empirical Bayes: the weight of the own mean is
    v / (v + cv²/n), where v is the variance between resources beyond chance.
    """
    time, who = work[rows], data.resource[rows]
    if not len(rows) or time.sum() <= 0:
        return Service(activity, 0.0, {}, {}, np.zeros(GRID), None, 0.0, len(rows))
    people, place = np.unique(who, return_inverse=True)
    n = np.bincount(place)
    means = np.bincount(place, time) / n
    overall = float(time.mean())
    usable = means > 0
    level = np.log(np.where(usable, means, overall) / overall)
    ratio = time / np.where(usable, means, overall)[place]
    cv = float(np.sqrt(((ratio - 1) ** 2).sum() / max(1, len(time) - len(people))))
    noise = np.maximum(cv, 0.05) ** 2 / n
    between = _variance_between(level, noise)
    centre = float(np.average(level, weights=1 / (noise + between)))
    weight = between / (between + noise) if between > 0 else np.zeros(len(n))
    shrunk = overall * np.exp(centre + weight * (level - centre))
    # Shrinking must not move the mean that the log shows for all.
    shrunk *= time.sum() / (shrunk * n).sum()
    error = np.sqrt(np.where(between > 0, weight * noise, cv**2 / n.sum()))
    return Service(
        activity=activity,
        mean=overall,
        by_resource=dict(zip(people.tolist(), shrunk.tolist(), strict=True)),
        error=dict(zip(people.tolist(), error.tolist(), strict=True)),
        shape=_shape(time / shrunk[place]),
        law=_law(time / shrunk[place]),
        cv=cv,
        n=len(rows),
    )


def _variance_between(level: NDArray[np.float64], noise: NDArray[np.float64]) -> float:
    """Variance of the true levels by the method of moments of DerSimonian and Laird (1986)."""
    if len(level) < 2:
        return 0.0
    weight = 1 / noise
    centre = np.average(level, weights=weight)
    surplus = (weight * (level - centre) ** 2).sum() - (len(level) - 1)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return float(max(0.0, surplus / scale))


def _law(ratio: Seconds) -> Shape | None:
    """The parametric law of a shape if it comes close: within 0.03, or what chance allows."""
    if len(ratio) < 5 or (ratio <= 0).any() or ratio.std() < 1e-6:
        return None
    law = fit_shape(ratio, np.random.default_rng(0))
    return law if law.misfit <= max(0.03, 0.9 / np.sqrt(len(ratio))) and law.cv < 4 else None


def _shape(ratio: Seconds) -> Seconds:
    """Quantiles at the middles of equal steps, scaled to mean 1."""
    points = (np.arange(GRID) + 0.5) / GRID
    shape = np.quantile(ratio, points)
    return np.asarray(shape / shape.mean() if shape.mean() > 0 else shape)
