"""Intervals of shares and the names under which people appear in tables."""

import re
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import NOBODY, by_instance, distinct
from bko_mining.words import say

Z95 = 1.959964


def wilson(successes: ArrayLike, n: ArrayLike, *, z: float = Z95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score interval of shares (Wilson 1927), which behaves at 0 and 1.

    Examples
    --------
    >>> low, high = wilson([0, 5], [10, 10])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.237], [0.278, 0.763])
    """
    k, size = np.asarray(successes, float), np.maximum(np.asarray(n, float), 1.0)
    share = k / size
    centre = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def bonferroni_z(n: int, *, alpha: float = 0.05) -> float:
    """Two-sided normal quantile for ``n`` questions asked at once."""
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / (2 * max(n, 1))))


def p_together(z: ArrayLike, n: int) -> NDArray[np.float64]:
    """Two-sided p-values of standardised differences when ``n`` questions are asked at once (Bonferroni).

    Examples
    --------
    >>> p_together([1.96, 5.0], 10).round(4).tolist()
    [0.5, 0.0]
    """
    from scipy.special import ndtr

    return np.asarray(np.minimum(1.0, 2 * n * ndtr(-np.abs(np.asarray(z, float)))))


def people_only(log: EventLog) -> EventLog:
    """The log with resources that are no persons (systems, bots, placeholders such as STAFF MEMBER) made unknown.

    One label for a whole staff would otherwise pass for a person on whom everything hangs.
    """
    placeholders = [code for code, name in enumerate(log.resources) if _NOBODY.fullmatch(name.strip())]
    if not placeholders:
        return log
    masked = np.where(np.isin(log.resource, placeholders), np.int32(UNKNOWN), log.resource)
    return replace(log, resource=masked.astype(np.int32))


_NOBODY = re.compile(
    r"(the )?(system|sistema|bot|rob[oô]t?|robot|portal|automatic|autom[aá]tico|batch|interface|workflow|start|end|"
    r"staff( member)?|employee|user|unknown|undefined|missing|none|null|nan|n/?a|-|external|server|"
    r"desconhecido|usu[aá]rio|funcion[aá]rio)([ _#-]*\d*)|.*\b(bot|robot|rob[oô]|system|sistema)\b.*",
    re.IGNORECASE,
)


def never_rests(log: EventLog) -> NDArray[np.bool_]:
    """Resources seen at every hour of the day on every day of the week, which no person is: software in disguise."""
    size, known = len(log.resources), np.flatnonzero(log.resource != UNKNOWN)
    at = log.local(log.finish[known])
    hours = distinct(log.resource[known].astype(np.int64) * 168 + at.weekday.to_numpy() * 24 + at.hour.to_numpy())
    return np.asarray(np.bincount(hours // 168, minlength=size) >= NEVER_RESTS)


NEVER_RESTS = 160
"""Hours of the week, of 168, at which somebody was seen."""


def people(log: EventLog, *, names: bool) -> list[str]:
    """A label for each resource code: its name, or a pseudonym in the order in which people first appear.

    The order of appearance says nothing about how good somebody is, which an order by work would.
    """
    if names:
        return list(log.resources)
    rows = np.flatnonzero(log.resource != UNKNOWN)
    first = np.full(len(log.resources), np.iinfo(np.int64).max)
    np.minimum.at(first, log.resource[rows], log.begin[rows])
    place = np.empty(len(first), np.int64)
    place[np.argsort(first, kind="stable")] = np.arange(len(first))
    width = len(str(len(first)))
    return [say("person {number}", number=f"{rank + 1:0{width}d}") for rank in place]


def holders(log: EventLog, by: str, *, names: bool) -> tuple[NDArray[np.int32], list[str]]:
    """Who has the case in hand at each instance (codes, -1 where not known), and what to call them.

    Parameters
    ----------
    log : EventLog
        The log.
    by : str
        ``resource``, ``role`` or an attribute.
    names : bool
        Show people by name; pseudonyms otherwise.
    """
    if by == "resource":
        return log.resource, people(log, names=names)
    if by == "role":
        return log.role, list(log.roles)
    group = by_instance(log, by)
    labels = [str(label) for label in group.labels.iloc[:, 0]]
    unknown = [code for code, label in enumerate(labels) if label == NOBODY]
    return np.where(np.isin(group.codes, unknown), UNKNOWN, group.codes).astype(np.int32), labels
