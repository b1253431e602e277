"""Scenarios made from candidates for robots and providers, ready to be run."""

from typing import Any

from bko_mining.analyse.candidates import Candidates
from bko_mining.errors import ScenarioError
from bko_mining.whatif.scenario import Scenario
from bko_mining.words import say

ROBOT_SPEED = 3
"""A robot is taken to need a third of the median time by hand; give ``minutes`` where it is known better."""


def scenario_of(
    candidates: Candidates, activity: str | None = None, *, minutes: float | None = None, price: float = 0.0
) -> Scenario:
    """Make a scenario in which a candidate is handed to a robot or a provider.

    Parameters
    ----------
    candidates : Candidates
        Of ``automation_candidates`` or ``outsourcing_candidates``.
    activity : str, optional
        Which one; the best if not given.
    minutes : float, optional
        Time of a robot's run (a third of the median time by hand otherwise) or the provider's turnaround (a day of
        24 hours otherwise).
    price : float
        Of one run of the robot, or of one case at the provider.

    Returns
    -------
    Scenario
        Ready for ``run_experiment`` with a twin of the same log.

    Raises
    ------
    ScenarioError
        If the activity is no candidate.
    """
    names = list(candidates.table["activity"])
    if not names or (activity is not None and activity not in names):
        raise ScenarioError(f"{activity!r} is no candidate; the candidates are {', '.join(names) or 'none'}")
    row: Any = candidates.table.iloc[names.index(activity or names[0])]
    name = str(row["activity"])
    share = round(float(row["exception_share"]), 3)
    if candidates.kind == "automate":
        by_hand = row["median_time"].total_seconds() if "median_time" in row.index else 180.0
        seconds = 60 * minutes if minutes is not None else by_hand / ROBOT_SPEED
        robot = {"activity": name, "service_time": {"value": seconds}, "exception_share": share, "cost_per_run": price}
        change: dict[str, Any] = {"automate": robot}
        return Scenario(say("A robot does “{name}”", name=name), [change])
    seconds = 60 * minutes if minutes is not None else 86_400.0
    error = round(1 - float(row["few_errors"]), 3)
    terms = {"turnaround": {"value": seconds}, "error_share": error, "price_per_case": price}
    change = {"outsource": {"activities": [name], **terms}}
    return Scenario(say("A provider does “{name}”", name=name), [change])
