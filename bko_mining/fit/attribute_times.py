"""How long work takes by what the case carries: classes of cases whose service times clearly differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bko_mining.fit.case_attributes import CaseAttribute
from bko_mining.fit.classes import LEAF, CaseClass, classes_of
from bko_mining.fit.findings import Findings
from bko_mining.fit.instances import Codes, Seconds
from bko_mining.fit.service import Service, service_times
from bko_mining.twin.model import Evidence
from bko_mining.twin.work import Factor
from bko_mining.words import number, percent, say

LEAST = 0.1
"""Difference of the mean times, as a share, before two classes are worth telling apart."""
POSITIVE = 0.95
"""Share of instances that must take any time at all."""


@dataclass(frozen=True, eq=False)
class TimeClasses:
    """The service time of an activity by classes of cases.

    Attributes
    ----------
    activity : int
        Its code.
    classes : tuple of CaseClass
        Which cases differ.
    factors : float64[n_classes]
        Mean time of each class over the mean of all, people's pace taken out.
    service : Service
        The service time with the classes' factors taken out.
    n : int
        Instances.
    """

    activity: int
    classes: tuple[CaseClass, ...]
    factors: Seconds
    service: Service
    n: int


def find_time_classes(found: Findings, attributes: Sequence[CaseAttribute]) -> list[TimeClasses]:
    """Find the activities whose service times hang on attributes."""
    data = found.data
    candidates = []
    for activity in range(len(data.activities)):
        rows = np.flatnonzero(data.activity == activity)
        if activity not in found.batches and len(rows) >= 2 * LEAF and (found.work[rows] > 0).mean() >= POSITIVE:
            candidates.append((activity, rows[found.work[rows] > 0]))
    classes = (_of_activity(found, activity, rows, attributes, len(candidates)) for activity, rows in candidates)
    return [each for each in classes if each is not None]


def _of_activity(
    found: Findings, activity: int, rows: Codes, attributes: Sequence[CaseAttribute], places: int
) -> TimeClasses | None:
    from scipy.stats import rankdata

    data, service = found.data, found.services[activity]
    case = (np.cumsum(data.first) - 1)[rows]
    pace = np.array([service.by_resource.get(who, service.mean) for who in data.resource[rows].tolist()])
    relative = found.work[rows] / np.where(pace > 0, pace, service.mean)
    first = np.diff(case, prepend=-1) > 0
    tested, cases = relative[first], case[first]

    def matters(left: Codes, right: Codes) -> bool:
        means = tested[left].mean(), tested[right].mean()
        return bool(max(means) >= (1 + LEAST) * min(means))

    classes = classes_of(rankdata(tested)[:, None], cases, attributes, places=places, matters=matters)
    if len(classes) < 2:
        return None
    place = np.full(len(attributes[0].values), -1)
    for k, each in enumerate(classes):
        place[cases[each.cases]] = k
    factors = _shrunk(relative, place[case], len(classes))
    if factors.max() < (1 + LEAST) * factors.min():
        return None
    own = np.ones(len(data))
    own[rows] = factors[place[case]]
    adjusted = service_times(data, found.work / own, activity, np.flatnonzero(data.activity == activity))
    return TimeClasses(activity, tuple(classes), factors, adjusted, len(rows))


def _shrunk(relative: Seconds, place: Codes, n_classes: int) -> Seconds:
    """Mean of each class, drawn towards 1 by its error; the mean over all instances stays 1."""
    n = np.bincount(place, minlength=n_classes)
    means = np.bincount(place, relative, minlength=n_classes) / n
    noise = np.var(relative / means[place]) / n
    level = np.log(means)
    between = max(float(np.average((level - np.average(level, weights=n)) ** 2, weights=n)), 1e-12)
    factors = np.exp(level * between / (between + noise))
    return np.asarray(factors * len(relative) / (factors * n).sum())


def time_factors(times: TimeClasses, attributes: Sequence[CaseAttribute]) -> tuple[Factor, ...]:
    """Write the classes as factors on the activity's time."""
    return tuple(
        Factor(when=each.condition(attributes), factor=round(float(factor), 4))
        for each, factor in zip(times.classes, times.factors, strict=True)
    )


def said_of_times(times: TimeClasses, attributes: Sequence[CaseAttribute], name: str) -> Evidence:
    """What was found, class by class."""
    classes = "; ".join(
        say(
            "{condition}: {share} of the usual time ({n} {n:case|cases})",
            condition=each.condition(attributes),
            share=percent(float(factor)),
            n=number(len(each.cases)),
        )
        for each, factor in zip(times.classes, times.factors, strict=True)
    )
    return Evidence(
        part=f"activities.{name}.time_factors",
        found=say("the time hangs on what the case carries: {classes}", classes=classes),
        n=times.n,
        assumption=say("the same factor for everybody, whatever their pace"),
        numbers={
            "chance": min(each.chance for each in times.classes),
            "lowest": float(times.factors.min()),
            "highest": float(times.factors.max()),
        },
    )
