"""What can be wrong with a law of chance: parameters that are missing, strange, or contradict one another."""

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bko_mining.twin.wording import nearest

if TYPE_CHECKING:
    from bko_mining.twin.values import Distribution

NEEDED: dict[str, tuple[str, ...]] = {
    "constant": ("value",),
    "exponential": ("mean",),
    "lognormal": ("mean", "cv"),
    "gamma": ("mean", "cv"),
    "weibull": ("mean", "cv"),
    "normal": ("mean", "cv"),
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "empirical": ("values",),
    "quantiles": ("values",),
    "mixture": ("components",),
    "scipy": ("name",),
}
"""The parameters that each family needs."""

_MAY: dict[str, tuple[str, ...]] = {
    "empirical": ("weights",),
    "quantiles": ("probabilities",),
    "scipy": ("parameters",),
}
_FOR_ALL = ("family", "zero_share", "minimum", "maximum", "factor")


def fault_of(law: "Distribution") -> str | None:
    """Say what is wrong with a law, if anything is."""
    checks = (_parameters, _order, _counts, _quantiles, _of_scipy)
    return next((fault for check in checks if (fault := check(law))), None)


def lowest(law: "Distribution") -> float:
    """The least value a law can draw, as far as it is written down (other families start at zero)."""
    if law.family == "constant":
        least = law.value or 0.0
    elif law.family in ("uniform", "triangular"):
        least = law.low or 0.0
    elif law.family in ("empirical", "quantiles"):
        least = min(law.values or (0.0,))
    elif law.family == "mixture":
        least = min(lowest(part.time) for part in law.components or ())
    else:
        least = min(law.mean or 0.0, 0.0)
    return least if law.minimum is None else max(least, law.minimum)


def moments(law: "Distribution") -> tuple[float, float]:
    """Mean and standard deviation of a law (before minimum and maximum cut it).

    Examples
    --------
    >>> from bko_mining.twin.values import Distribution
    >>> moments(Distribution(family="empirical", values=(1, 3), weights=(3, 1)))
    (1.5, 0.8660254037844386)
    """
    first, second = _moments(law)
    rest = 1 - law.zero_share
    mean, square = first * rest, second * rest
    return mean * law.factor, max(square - mean * mean, 0.0) ** 0.5 * law.factor


def _moments(law: "Distribution") -> tuple[float, float]:
    """Means of the values and of their squares."""
    if law.family in ("empirical", "quantiles"):
        return _moments_of_values(law)
    if law.family == "mixture":
        parts = [(part.weight, *moments(part.time)) for part in law.components or ()]
        total = sum(weight for weight, _, _ in parts)
        return (
            sum(weight * mean for weight, mean, _ in parts) / total,
            sum(weight * (mean * mean + spread * spread) for weight, mean, spread in parts) / total,
        )
    mean, spread = _mean_and_spread(law)
    return mean, mean * mean + spread * spread


def _moments_of_values(law: "Distribution") -> tuple[float, float]:
    values = law.values or ()
    if law.family == "empirical":
        weights = law.weights or (1.0,) * len(values)
        means = (sum(w * x**k for w, x in zip(weights, values, strict=True)) / sum(weights) for k in (1, 2))
        return next(means), next(means)
    steps = len(values) - 1
    edges = law.probabilities or tuple(i / steps for i in range(steps + 1))
    pieces = [(q - p, a, b) for (p, q), (a, b) in zip(pairwise(edges), pairwise(values), strict=True)]
    return (
        sum(share * (a + b) / 2 for share, a, b in pieces),
        sum(share * (a * a + a * b + b * b) / 3 for share, a, b in pieces),
    )


def _mean_and_spread(law: "Distribution") -> tuple[float, float]:
    low, mode, high = law.low or 0.0, law.mode or 0.0, law.high or 0.0
    if law.family == "constant":
        return law.value or 0.0, 0.0
    if law.family == "uniform":
        return (low + high) / 2, (high - low) / 12**0.5
    if law.family == "triangular":
        square = low * low + mode * mode + high * high - low * mode - low * high - mode * high
        return (low + mode + high) / 3, (square / 18) ** 0.5
    if law.family == "scipy":
        from scipy import stats

        frozen = getattr(stats, str(law.name))(**(law.parameters or {}))
        return float(frozen.mean()), float(frozen.std())
    mean = law.mean or 0.0
    return mean, mean * (1.0 if law.family == "exponential" else law.cv or 0.0)


def _parameters(law: "Distribution") -> str | None:
    needed = NEEDED[law.family]
    missing = [name for name in needed if getattr(law, name) in (None, ())]
    if missing:
        return f"a {law.family} law needs {' and '.join(missing)}"
    known = (*needed, *_MAY.get(law.family, ()))
    given = (name for names in (*NEEDED.values(), *_MAY.values()) for name in names if getattr(law, name) is not None)
    if law.family == "exponential" and law.cv is not None:
        return None if law.cv == 1 else f"an exponential law has a cv of 1, not {law.cv:g}; take gamma or lognormal"
    strange = next((name for name in given if name not in known), None)
    return f"a {law.family} law has no {strange}; it takes {', '.join((*known, *_FOR_ALL[1:]))}" if strange else None


def _order(law: "Distribution") -> str | None:
    if law.family in ("exponential", "lognormal", "gamma", "weibull") and (law.mean or 0) < 0:
        return f"a {law.family} law needs a mean that is not negative"
    for names in (("low", "mode", "high"), ("minimum", "maximum")):
        given = [(name, value) for name in names if (value := getattr(law, name)) is not None]
        for (name, value), (after, larger) in pairwise(given):
            if value > larger:
                return f"{name} ({value:g}) must not be larger than {after} ({larger:g})"
    return None


def _counts(law: "Distribution") -> str | None:
    for other in ("weights", "probabilities"):
        given = getattr(law, other)
        if given is not None and len(given) != len(law.values or ()):
            return f"there are {len(law.values or ())} values but {len(given)} {other}"
    return weights_fault(law.weights) if law.weights is not None else None


def weights_fault(weights: Any) -> str | None:
    """Say what is wrong with weights: none may be negative, and not all of them zero."""
    if min(weights, default=0) < 0:
        return f"a weight must not be negative, as {min(weights):g} is"
    return None if sum(weights) > 0 else "at least one weight must be more than 0"


def _quantiles(law: "Distribution") -> str | None:
    if law.family != "quantiles":
        return None
    if list(law.values or ()) != sorted(law.values or ()):
        return "the values of a quantiles law must ascend"
    if len(law.values or ()) < 2:
        return "a quantiles law needs at least two values"
    p = law.probabilities
    if p is not None and (p[0] != 0 or p[-1] != 1 or list(p) != sorted(p)):
        return "the probabilities of a quantiles law must ascend from 0 to 1"
    return None


def _of_scipy(law: "Distribution") -> str | None:
    if law.family != "scipy":
        return None
    return _known_to_scipy(str(law.name), tuple(sorted((law.parameters or {}).items())))


@lru_cache(maxsize=1024)
def _known_to_scipy(name: str, parameters: tuple[tuple[str, float], ...]) -> str | None:
    import numpy as np
    from scipy import stats

    law = getattr(stats, name, None)
    if not isinstance(law, stats.rv_continuous):
        names = [each for each in dir(stats) if isinstance(getattr(stats, each), stats.rv_continuous)]
        return f"scipy.stats has no law {name!r}; {nearest(name, names)}known: beta, invgauss, pareto, …"
    given = dict(parameters)
    try:
        mean = law.mean(**given)
    except TypeError:
        return f"the parameters of {name} are {law.shapes or 'no shapes'}, loc and scale; given: {', '.join(given)}"
    if not np.isfinite(mean):
        return f"the law {name} with {given} has no finite mean; check the parameters"
    return None
