"""Who does what, who does little else, and what hangs on one person."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.proportions import never_rests, people, people_only
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

ALIKE = 0.7
"""Squared overlap (Bhattacharyya) of two people's activity profiles from which they are taken to share a role."""
CONCENTRATED = 0.9
"""Share of an activity done by one person from which it hangs on that person."""
ENOUGH = 20


@dataclass(frozen=True, slots=True, eq=False)
class Roles(Result):
    """Groups of people who do the same work.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a role: ``role`` (of the log, or named after its main activity), ``n_people``, ``n`` instances,
        ``activities`` (those that make up nine tenths of its work).
    members : dict
        Role -> persons.
    concentration : pandas.DataFrame
        One row an activity: ``activity``, ``n``, ``n_people``, ``top_share`` (of the person who does most of it) and
        ``at_risk``: at least nine tenths by one person, in the second half of the log too;
        one who is seen at every hour of the week is software and no risk.
    people : pandas.DataFrame
        One row a person: ``person``, ``role``, ``n``, ``n_activities``, ``main_activity``, ``main_share`` of it and
        ``specialisation`` (1 - entropy of the activities done against an even mix of all: 1 does one thing only).
    """

    members: dict[str, tuple[str, ...]]
    concentration: pd.DataFrame
    people: pd.DataFrame

    picture: ClassVar[str] = "people:plot_roles"

    @property
    def summary(self) -> str:
        """How many roles, and what hangs on one person."""
        if not len(self.table):
            return say("The log does not say who did the work, so no roles can be seen.")
        risky = self.concentration[self.concentration["at_risk"]]
        sentence = say(
            "{people} {people:person works|people work} in {roles} {roles:group|groups}.",
            people=number(int(self.table["n_people"].sum())),
            roles=number(len(self.table)),
        )
        if not len(risky):
            return sentence + " " + say("No activity hangs on one person.")
        return (
            sentence
            + " "
            + say(
                "{n} {n:activity hangs|activities hang} on one person, above all “{name}” ({share} of {count}).",
                n=number(len(risky)),
                name=risky.iloc[0]["activity"],
                share=percent(risky.iloc[0]["top_share"]),
                count=number(risky.iloc[0]["n"]),
            )
        )


def roles(log: EventLog, *, names: bool = False) -> Roles:
    """Find who does the same work, and which activities hang on one person.

    Parameters
    ----------
    log : EventLog
        The log; its own roles are used where it has them.
    names : bool
        Show people by name; pseudonyms otherwise.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": range(80), "activity": ["key in", "approve"] * 40,
    ...     "resource": ["Ana", "Eva", "Rui", "Eva"] * 20, "end": pd.date_range("2026-01-05", periods=80, freq="h")})
    >>> found = bko.roles(bko.EventLog.from_frame(rows), names=True)
    >>> found.members
    {'key in': ('Ana', 'Rui'), 'approve': ('Eva',)}
    """
    log = people_only(log)
    known, profile = _profile(log)
    labels = people(log, names=names)
    group, titles = _given(log) if log.roles else _alike(profile, log.activities)
    rows, members = [], {}
    for place, title in enumerate(titles):
        mine = np.flatnonzero((group == place) & (profile.sum(axis=1) > 0))
        if len(mine):
            work = profile[mine].sum(axis=0)
            rows.append((title, len(mine), int(work.sum()), ", ".join(_main(work, log.activities))))
            members[title] = tuple(labels[person] for person in mine)
    table = pd.DataFrame(rows, columns=["role", "n_people", "n", "activities"])
    table = table.sort_values("n", ascending=False, kind="stable", ignore_index=True)
    return Roles(
        table,
        members=members,
        concentration=_concentration(log, known, profile),
        people=_specialisation(profile, labels, members, log.activities),
    )


def working_groups(log: EventLog) -> tuple[NDArray[np.int32], list[str]]:
    """The group of each instance (codes, -1 where nobody is known) of people who do the same work, and their names."""
    known, profile = _profile(log)
    group, titles = _alike(profile, log.activities)
    codes = np.full(len(log), UNKNOWN, np.int32)
    codes[known] = group[log.resource[known]]
    return codes, list(titles)


def _profile(log: EventLog) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Instances whose resource is known, and how often each resource did each activity."""
    known = np.flatnonzero(log.resource != UNKNOWN)
    n_activities = len(log.activities)
    code = log.resource[known].astype(np.int64) * n_activities + log.activity[known]
    return known, np.bincount(code, minlength=len(log.resources) * n_activities).reshape(-1, n_activities)


def _specialisation(
    profile: NDArray[np.int64], labels: list[str], members: dict[str, tuple[str, ...]], activities: tuple[str, ...]
) -> pd.DataFrame:
    n = profile.sum(axis=1)
    p = profile / np.maximum(n[:, None], 1)
    entropy = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=1) / np.log(max(len(activities), 2))
    role = {person: title for title, people_of in members.items() for person in people_of}
    seen = np.flatnonzero(n)
    main = profile.argmax(axis=1) if profile.size else np.zeros(0, np.int64)
    table = pd.DataFrame(
        {
            "person": [labels[code] for code in seen],
            "role": [role.get(labels[code], "") for code in seen],
            "n": n[seen],
            "n_activities": (profile[seen] > 0).sum(axis=1),
            "main_activity": [activities[code] for code in main[seen]],
            "main_share": p[seen].max(axis=1, initial=0.0),
            "specialisation": 1 - entropy[seen],
        }
    )
    return table.sort_values("person", kind="stable", ignore_index=True)


def _given(log: EventLog) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The role in which each resource works most."""
    both = (log.resource != UNKNOWN) & (log.role != UNKNOWN)
    key = log.resource[both].astype(np.int64) * len(log.roles) + log.role[both]
    count = np.bincount(key, minlength=len(log.resources) * len(log.roles)).reshape(-1, len(log.roles))
    return np.where(count.sum(axis=1) > 0, count.argmax(axis=1), len(log.roles)), (*log.roles, "–")


def _alike(profile: NDArray[np.int64], activities: tuple[str, ...]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Connected groups of people with overlapping profiles; roots keep one frequent activity from deciding all."""
    from scipy.sparse.csgraph import connected_components

    root = np.sqrt(profile / np.maximum(profile.sum(axis=1, keepdims=True), 1))
    _, group = connected_components((root @ root.T) ** 2 >= ALIKE, directed=False)
    titles: list[str] = []
    for place in range(int(group.max()) + 1 if len(group) else 0):
        main = activities[int(profile[group == place].sum(axis=0).argmax())]
        taken = sum(title == main or title.startswith(f"{main} (") for title in titles)
        titles.append(f"{main} ({taken + 1})" if taken else main)
    return group.astype(np.int64), tuple(titles)


def _main(work: NDArray[np.int64], activities: tuple[str, ...]) -> list[str]:
    order = np.argsort(-work, kind="stable")
    enough = int(np.searchsorted(np.cumsum(work[order]), CONCENTRATED * work.sum())) + 1
    return [activities[code] for code in order[:enough]]


def _concentration(log: EventLog, known: NDArray[np.int64], profile: NDArray[np.int64]) -> pd.DataFrame:
    late = known[log.case[known] >= log.n_cases // 2]
    key = log.resource[late].astype(np.int64) * len(log.activities) + log.activity[late]
    second = np.bincount(key, minlength=profile.size).reshape(profile.shape) if profile.size else profile
    n = profile.sum(axis=0)
    top = profile.max(axis=0, initial=0) / np.maximum(n, 1)
    top_late = second.max(axis=0, initial=0) / np.maximum(second.sum(axis=0), 1)
    software = never_rests(log)[profile.argmax(axis=0)] if profile.size else np.zeros(len(n), bool)
    # In a team of one everything hangs on one person; that is known without a log.
    several = (profile.sum(axis=1) > 0).sum() > 1
    table = pd.DataFrame(
        {
            "activity": list(log.activities),
            "n": n,
            "n_people": (profile > 0).sum(axis=0),
            "top_share": top,
            "at_risk": (top >= CONCENTRATED) & (top_late >= CONCENTRATED) & (n >= ENOUGH) & several & ~software,
        }
    )
    seen: pd.DataFrame = table[n > 0]
    return seen.sort_values(["at_risk", "n"], ascending=False, kind="stable", ignore_index=True)
