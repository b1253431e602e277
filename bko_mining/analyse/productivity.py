"""How fast people work, fairly compared, and how newcomers learn.

Speed is compared within activities on a logarithmic scale (work times are skewed), adjusted for which activities each
person gets, and shrunk towards the average in proportion to how little is known of the person (a random-effects model),
so that three easy cases make no star. Days, not single instances, are the unit of luck: a bad day slows all its work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import bonferroni_z, p_together, people, people_only
from bko_mining.calendars import WorkCalendar
from bko_mining.log.event_log import MISSING, UNKNOWN, EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

DAY = 86_400_000_000
ENOUGH = 20
"""Timed instances of a person from which a speed is estimated."""
TRIM = 3.0
"""Residuals beyond so many robust standard deviations count as that many: work left open over lunch."""
SETTLED = 0.2
"""Who first appears within this share of the log may have been there before: not a newcomer."""


@dataclass(frozen=True, slots=True, eq=False)
class Productivity(Result):
    """Working time of each person against the average for the same activities.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a person, in order of first appearance: ``person``, ``n`` timed instances, ``n_days``, ``time_factor``
        (1.3 = 30 % longer than the average for the same mix), its interval ``low`` and ``high`` (simultaneous, 95 %
        for all persons together), ``raw_factor`` (not shrunk), ``verdict`` (``slower``, ``faster`` or
        ``no difference``) and ``p_value`` (all persons considered together).
    spread : float
        Standard deviation between persons of the logarithm of working time, chance removed; 0 if all are alike.
    n_left_out : int
        People with fewer than 20 timed instances.
    starts_known : bool
        Without starts no speed can be known and the table is empty.
    """

    spread: float
    n_left_out: int
    starts_known: bool

    picture: ClassVar[str] = "people:plot_productivity"

    @property
    def summary(self) -> str:
        """How much people differ."""
        if not self.starts_known:
            return say("The log has no start times or no resources: how fast people work cannot be known.")
        different = self.table[self.table["verdict"] != "no difference"]
        if not len(different):
            return say(
                "The {n} people compared work at the same speed as far as the log can tell.", n=number(len(self.table))
            )
        return say(
            "{halves}; {slower} of {n} are clearly slower than the average and {faster} clearly faster.",
            halves=self.halves.removesuffix("."),
            slower=number(int((different["verdict"] == "slower").sum())),
            n=number(len(self.table)),
            faster=number(int((different["verdict"] == "faster").sum())),
        )

    @property
    def ratio(self) -> float:
        """How many times as long the slower half of the people takes as the faster half (geometric means)."""
        factor = np.sort(self.table["time_factor"].to_numpy(float))
        half = len(factor) // 2
        return float(np.exp(np.log(factor[-half:]).mean() - np.log(factor[:half]).mean())) if half else 1.0

    @property
    def halves(self) -> str:
        """The slower half of the people against the faster half, as a sentence."""
        if self.ratio < 2:
            return say(
                "For the same activities the slower half of the people takes {share} longer than the faster half.",
                share=percent(self.ratio - 1),
            )
        return say(
            "For the same activities the slower half of the people takes {ratio} times as long as the faster half.",
            ratio=number(self.ratio, 1),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Learning(Result):
    """How the working time of newcomers falls with practice.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a newcomer: ``person``, ``n`` timed instances, ``learning_share`` (working time saved by each doubling
        of the instances done), ``first_month_factor`` (working time of the first 30 days against later).
    learning_share, low, high : float
        Mean over newcomers with its 95 % interval (t); NaN with fewer than three newcomers.
    starts_known : bool
        False where working times cannot be known.
    """

    learning_share: float
    low: float
    high: float
    starts_known: bool

    picture: ClassVar[str] = "people:plot_learning"

    @property
    def summary(self) -> str:
        """What a doubling of practice saves."""
        if not self.starts_known:
            return say("The log has no start times or no resources: how fast people work cannot be known.")
        if not len(self.table):
            return say("No newcomer has enough work in this log to see how people learn.")
        if self.learning_share != self.learning_share:
            return say(
                "Only {n} {n:newcomer has|newcomers have} enough work in this log: too few to see how people learn.",
                n=number(len(self.table)),
            )
        words = {
            "n": number(len(self.table)),
            "share": percent(self.learning_share, 1),
            "low": percent(self.low, 1),
            "high": percent(self.high, 1),
        }
        if self.low > 0:
            return say("Each doubling of practice saves newcomers {share} of working time ({low} to {high}).", **words)
        return say(
            "{n} {n:newcomer shows|newcomers show} no clear learning: {share} per doubling of practice "
            "({low} to {high}).",
            **words,
        )


def productivity(
    log: EventLog, *, names: bool = False, calendars: Mapping[str, WorkCalendar] | None = None
) -> Productivity:
    """Compare how long people take for the same work.

    Parameters
    ----------
    log : EventLog
        The log; needs starts and resources.
    names : bool
        Show people by name. Off by default: a ranking of persons made from a log is unfair where the log misses what
        else they do, and unlawful in many places without the works council. Pseudonyms stand in order of appearance.
    calendars : mapping of str to WorkCalendar, optional
        Count only working time of the person; clock time otherwise.

    Returns
    -------
    Productivity
        Factors with intervals and one sentence.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> ends = pd.date_range("2026-01-05", periods=60, freq="5h")
    >>> rows = pd.DataFrame({"case_id": range(60), "activity": "key in", "resource": ["Ana", "Rui"] * 30,
    ...     "start": ends - pd.to_timedelta([10, 20] * 30, "min"), "end": ends})
    >>> bko.productivity(bko.EventLog.from_frame(rows)).table["verdict"].tolist()
    ['faster', 'slower']
    """
    log = people_only(log)
    rows, residual = work_residuals(log, calendars)
    labels = people(log, names=names)
    who = log.resource[rows]
    n = np.bincount(who, minlength=len(labels)) if len(rows) else np.zeros(len(labels), int)
    shown = np.flatnonzero(n >= ENOUGH)
    empty = pd.DataFrame(columns=_COLUMNS)
    present = int((n > 0).sum())
    if len(shown) < 2:
        return Productivity(empty, spread=0.0, n_left_out=present, starts_known=bool(len(rows)))
    effect, error, days = _effects(log, rows, residual, len(labels))
    effect, error = effect[shown], error[shown]
    centre, tau = _between(effect, error)
    weight = tau**2 / (tau**2 + error**2)
    shrunk, half = weight * (effect - centre), bonferroni_z(len(shown)) * error * np.sqrt(weight)
    # Whether somebody differs is judged on what was seen; the shrunken estimate only says by how much.
    far = np.abs(effect - centre) > bonferroni_z(len(shown)) * error
    verdict = np.where(far & (tau > 0), np.where(effect > centre, "slower", "faster"), "no difference")
    table = pd.DataFrame(
        {
            "person": [labels[code] for code in shown],
            "n": n[shown],
            "n_days": days[shown],
            "time_factor": np.exp(shrunk),
            "low": np.exp(shrunk - half),
            "high": np.exp(shrunk + half),
            "raw_factor": np.exp(effect - centre),
            "verdict": verdict,
            "p_value": p_together(np.abs(effect - centre) / error, len(shown)),
        }
    )
    table = table.sort_values("person", kind="stable", ignore_index=True)
    return Productivity(table, spread=tau, n_left_out=present - len(shown), starts_known=True)


_COLUMNS = ["person", "n", "n_days", "time_factor", "low", "high", "raw_factor", "verdict", "p_value"]


def learning(log: EventLog, *, names: bool = False, calendars: Mapping[str, WorkCalendar] | None = None) -> Learning:
    """Measure how newcomers get faster with practice.

    A newcomer first appears after the first fifth of the log. For each, the logarithm of working time (adjusted for the
    activity) is regressed on the logarithm of how often the person has done the activity.

    Parameters
    ----------
    log : EventLog
        The log; needs starts and resources.
    names : bool
        Show people by name; pseudonyms otherwise.
    calendars : mapping of str to WorkCalendar, optional
        Count only working time of the person; clock time otherwise.
    """
    log = people_only(log)
    rows, residual = work_residuals(log, calendars)
    labels = people(log, names=names)
    begin = log.begin
    records = []
    for code in newcomers(log) if len(rows) else ():
        mine = np.flatnonzero(log.resource[rows] == code)
        if len(mine) < 2 * ENOUGH:
            continue
        mine = mine[np.argsort(begin[rows[mine]], kind="stable")]
        practice = np.log2(1.0 + _nth(log.activity[rows[mine]]))
        y = residual[mine] - residual[mine].mean()
        x = practice - practice.mean()
        slope = float((x * y).sum() / max(float((x * x).sum()), 1e-9))
        early = begin[rows[mine]] < begin[rows[mine[0]]] + 30 * DAY
        factor = float(np.exp(y[early].mean() - y[~early].mean())) if early.any() and not early.all() else float("nan")
        records.append((labels[code], len(mine), 1 - float(np.exp(slope)), factor))
    table = pd.DataFrame(records, columns=["person", "n", "learning_share", "first_month_factor"])
    mean, low, high = _t_interval(table["learning_share"].to_numpy(float))
    return Learning(table, learning_share=mean, low=low, high=high, starts_known=bool(len(rows)))


def newcomers(log: EventLog) -> NDArray[np.int64]:
    """Codes of the resources that first appear after the first fifth of the log, in that order."""
    rows = np.flatnonzero(log.resource != UNKNOWN)
    first = np.full(len(log.resources), np.iinfo(np.int64).max)
    np.minimum.at(first, log.resource[rows], log.begin[rows])
    edge = int(log.begin.min() + SETTLED * (log.finish.max() - log.begin.min()))
    late = np.flatnonzero((first > edge) & (first < np.iinfo(np.int64).max))
    return late[np.argsort(first[late], kind="stable")]


def work_residuals(
    log: EventLog, calendars: Mapping[str, WorkCalendar] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows with a known working time and person, and how far log working time lies from its activity's average.

    The average of an activity is freed of who does it (alternating between activities and persons until they settle).
    """
    known = (log.start != MISSING) & (log.end != MISSING) & (log.resource != UNKNOWN)
    time = work_times(log, calendars)
    rows = np.flatnonzero(known & (time >= 1_000_000))
    if not len(rows):
        return rows, np.zeros(0)
    y = np.log(time[rows].astype(float))
    activity, who = log.activity[rows], log.resource[rows]
    y = _trimmed(y, activity)
    person = np.zeros(len(log.resources))
    for _ in range(8):
        mean = _means(y - person[who], activity, len(log.activities))
        person = _means(y - mean[activity], who, len(log.resources))
    return rows, y - mean[activity]


def work_times(log: EventLog, calendars: Mapping[str, WorkCalendar] | None) -> NDArray[np.int64]:
    """Time from start to end of each instance: clock time, or working time of its resource's calendar."""
    time = log.finish - log.begin
    if calendars is None:
        return time
    time = time.copy()
    for code, name in enumerate(log.resources):
        if name in calendars:
            rows = np.flatnonzero(log.resource == code)
            time[rows] = calendars[name].working_time(log.begin[rows], log.finish[rows])
    return time


def _trimmed(y: NDArray[np.float64], activity: NDArray[np.int32]) -> NDArray[np.float64]:
    grouped = pd.Series(y).groupby(activity)
    centre = grouped.transform("median").to_numpy()
    width = 1.4826 * pd.Series(np.abs(y - centre)).groupby(activity).transform("median").to_numpy()
    return np.clip(y, centre - TRIM * np.maximum(width, 0.05), centre + TRIM * np.maximum(width, 0.05))


def _means(values: NDArray[np.float64], codes: NDArray[np.int32], size: int) -> NDArray[np.float64]:
    n = np.bincount(codes, minlength=size)
    total = np.bincount(codes, weights=values, minlength=size)
    return np.asarray(np.divide(total, n, out=np.zeros(size), where=n > 0))


def _effects(
    log: EventLog, rows: NDArray[np.int64], residual: NDArray[np.float64], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Mean residual of each person, its standard error with days as clusters, and the number of days."""
    who = log.resource[rows]
    effect = _means(residual, who, size)
    n = np.bincount(who, minlength=size)
    day = log.begin[rows] // DAY
    codes, place = np.unique(who.astype(np.int64) * 1_000_000 + (day - day.min()), return_inverse=True)
    total = np.bincount(place, weights=residual - effect[who])
    person = codes // 1_000_000
    days = np.bincount(person, minlength=size)
    meat = np.bincount(person, weights=total**2, minlength=size)
    small = np.divide(days, days - 1, out=np.ones(size), where=days > 1)
    clustered = np.sqrt(meat * small) / np.maximum(n, 1)
    single = np.bincount(who, weights=(residual - effect[who]) ** 2, minlength=size)
    # Few days make the clustered error too small by chance: the plain one is a floor.
    return effect, np.maximum(clustered, np.sqrt(single) / np.maximum(n, 1)) + 1e-9, days


def _between(effect: NDArray[np.float64], error: NDArray[np.float64]) -> tuple[float, float]:
    """Mean over persons and standard deviation between them (DerSimonian and Laird 1986)."""
    w = 1 / error**2
    fixed = float((w * effect).sum() / w.sum())
    q = float((w * (effect - fixed) ** 2).sum())
    tau2 = max(0.0, (q - (len(effect) - 1)) / float(w.sum() - (w**2).sum() / w.sum()))
    w = 1 / (error**2 + tau2)
    return float((w * effect).sum() / w.sum()), tau2**0.5


def _nth(codes: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.asarray(pd.Series(codes).groupby(codes).cumcount(), np.int64)


def _t_interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    from scipy.special import stdtrit

    if len(values) < 3:
        return (float("nan"),) * 3
    half = float(stdtrit(len(values) - 1, 0.975)) * float(values.std(ddof=1)) / len(values) ** 0.5
    return float(values.mean()), float(values.mean()) - half, float(values.mean()) + half
