"""The first look at a log: how much of what there is, and what is wrong with it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from bko_mining.log.coding import MISSING, UNKNOWN, Instants
from bko_mining.log.findings import findings_table
from bko_mining.log.issues import find_issues
from bko_mining.results import Result
from bko_mining.words import day, duration, number, say

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog


@dataclass(frozen=True, slots=True, eq=False)
class Profile(Result):
    """What a log holds and what is wrong with it.

    Attributes
    ----------
    table : pandas.DataFrame
        One row an issue: what, n, share, example, distorts, repair, kind.
    facts : pandas.Series
        n_cases, n_instances, n_activities, n_resources, n_roles, first, last, median_cycle_time, instances_per_case,
        start_share, resource_share.
    coverage : pandas.DataFrame
        One row a week: week (its Monday), n_instances, n_cases_started, n_cases_in_progress.
    """

    facts: Any
    coverage: pd.DataFrame
    picture: ClassVar[str] = "data:plot_coverage"

    @property
    def summary(self) -> str:
        """Size, window and number of issues in one sentence."""
        fact = self.facts
        return say(
            "{cases} {cases:case|cases} with {instances} activity {instances:instance|instances} of "
            "{activities} {activities:activity|activities} by {resources} {resources:resource|resources}, "
            "{first} to {last}; half of the cases take {median} or less; {issues} {issues:kind|kinds} of "
            "issues found.",
            cases=number(float(fact["n_cases"])),
            instances=number(float(fact["n_instances"])),
            activities=number(float(fact["n_activities"])),
            resources=number(float(fact["n_resources"])),
            first=day(fact["first"]),
            last=day(fact["last"]),
            median=duration(fact["median_cycle_time"].total_seconds()),
            issues=number(len(self.table)),
        )


def profile(log: "EventLog") -> Profile:
    """Say what a log holds and what is wrong with it.

    Examples
    --------
    >>> from bko_mining import EventLog
    >>> frame = pd.DataFrame({"case": [1, 1], "activity": ["A", "B"], "time": pd.to_datetime(["2026-01-05"] * 2)})
    >>> int(profile(EventLog.from_frame(frame)).facts["n_cases"])
    1
    """
    first, last = log.window
    cycle = log.case_end - log.case_start
    facts = {
        "n_cases": log.n_cases,
        "n_instances": len(log),
        "n_activities": len(log.activities),
        "n_resources": len(np.unique(log.resource[log.resource != UNKNOWN])),
        "n_roles": len(log.roles),
        "first": first,
        "last": last,
        "median_cycle_time": pd.Timedelta(float(np.median(cycle)), unit="us"),
        "instances_per_case": len(log) / log.n_cases,
        "start_share": float((log.start != MISSING).mean()),
        "resource_share": float((log.resource != UNKNOWN).mean()),
    }
    return Profile(findings_table(find_issues(log)), pd.Series(facts, dtype=object), _coverage(log))


def _coverage(log: "EventLog") -> pd.DataFrame:
    return weekly(daily(log))


def daily(log: "EventLog") -> pd.DataFrame:
    """By day of the office (days since 1970): n_instances that ended, n_cases_started, n_cases_ended."""
    counted = {
        "n_instances": _by_day(log, log.finish),
        "n_cases_started": _by_day(log, log.case_start),
        "n_cases_ended": _by_day(log, log.case_end),
    }
    return pd.DataFrame(counted).fillna(0).astype(np.int64)


def weekly(days: pd.DataFrame) -> pd.DataFrame:
    """Add days up to weeks that begin on Monday, without a hole between the first and the last."""
    weeks = days.groupby((days.index.to_numpy() + 3) // 7).sum()
    weeks = weeks.reindex(np.arange(weeks.index.min(), weeks.index.max() + 1), fill_value=0)
    return pd.DataFrame(
        {
            "week": pd.to_datetime(weeks.index.to_numpy() * 7 - 3, unit="D"),
            "n_instances": weeks["n_instances"].to_numpy(),
            "n_cases_started": weeks["n_cases_started"].to_numpy(),
            "n_cases_in_progress": (weeks["n_cases_started"] - weeks["n_cases_ended"]).cumsum().to_numpy(),
        }
    )


def _by_day(log: "EventLog", instants: Instants) -> pd.Series:
    wall = log.local(instants).tz_localize(None).to_numpy("M8[D]").astype(np.int64)
    first = int(wall.min())
    counts = np.bincount(wall - first)
    used = np.flatnonzero(counts)
    return pd.Series(counts[used], index=used + first)
