"""Who hands work to whom, how long it waits for the next pair of hands, and whether each new pair brings errors.

A handover is two consecutive instances of a case done by different resources (roles, departments). What each further
pair of hands does to the risk of rework is estimated in ``analyse.rework_risk``; people who come *because* of the
rework are not counted before it.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.handover_network import HandoverNetwork, network_of
from bko_mining.analyse.proportions import bonferroni_z, holders, p_together, people_only
from bko_mining.analyse.rework import previous_occurrence
from bko_mining.analyse.rework_risk import Odds, odds_by_hands, rework_steps, table_by_hands
from bko_mining.analyse.teams import working_groups
from bko_mining.analyse.times import HOUR, enabled_instants, months
from bko_mining.discover.steps import changes, order_of
from bko_mining.log.counting import without_gaps
from bko_mining.log.event_log import UNKNOWN, EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.results import Result
from bko_mining.words import duration, money, number, percent, say

OFTEN_BACK = 0.1
"""Share of handovers that come back from which the summary says so."""
ENOUGH_EXPECTED = 5.0
"""Reworked cases expected of a pair from which its excess is tested."""


@dataclass(frozen=True, slots=True, eq=False)
class Handovers(Result):
    """Handovers from one to another, the most frequent first.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a pair: ``source``, ``target``, ``n``, ``n_cases``, ``n_returned`` (the next change of hands gave it
        back: ping-pong), ``waiting_time`` (in all), ``mean_waiting_time``, ``hours_per_month``, ``rework_share`` (cases
        reworked after the first such handover), ``expected_rework_share`` (of cases between the same two activities),
        ``error_prone`` (more than chance, all pairs considered together at 5 %) and its ``p_value`` and, with a price,
        ``cost_per_month`` of the waits.
    by : str
        Between what: ``resource``, ``role`` or an attribute.
    handover_share : float
        Of consecutive instances whose two resources are known.
    hands : pandas.DataFrame
        By ``n_hands`` so far: ``n`` next instances, ``n_reworked``, ``expected`` (what the same activities and places
        see on average) and ``relative_risk`` with its 95 % interval (``low``, ``high``).
    odds : Odds
        How the odds of rework change with each further pair of hands, adjusted for place and activity: ``ratio``, 95 %
        interval ``low`` to ``high``, ``p_value``; NaN where the log cannot tell.
    mean_waiting_time, mean_waiting_time_same : pandas.Timedelta
        Before instances after a handover, and before those done by the same resource as the one before.
    months : float
        Length of the log.
    holders : pandas.DataFrame
        Between whom: ``holder``, ``n`` instances and ``hours`` of work (missing without starts).
    starts_known : bool
        Without starts a wait reaches from the end of one instance to the end of the next.
    currency : str
        Of ``cost_per_month``, empty where no price was given.
    """

    by: str
    handover_share: float
    hands: pd.DataFrame
    odds: Odds
    mean_waiting_time: pd.Timedelta
    mean_waiting_time_same: pd.Timedelta
    months: float
    holders: pd.DataFrame
    starts_known: bool = True
    currency: str = ""

    picture: ClassVar[str] = "people:plot_handovers"
    page: ClassVar[str] = "handover_network:handovers_page"

    @property
    def network(self) -> HandoverNetwork:
        """The same as a network that can be read: nodes sized by work, the strongest ties, coloured by waiting."""
        return network_of(self.table, self.holders, by=self.by, starts_known=self.starts_known)

    @property
    def summary(self) -> str:
        """How often work changes hands and whether that brings errors."""
        if self.handover_share != self.handover_share:
            return say("The log does not say who did the work, so handovers cannot be seen.")
        words = {
            "share": percent(self.handover_share),
            "handed": duration(self.mean_waiting_time.total_seconds()),
            "same": duration(self.mean_waiting_time_same.total_seconds()),
        }
        sentence = say(_WAITS if self.starts_known else _PASSES, **words)
        back = int(self.table["n_returned"].sum()) / max(int(self.table["n"].sum()), 1)
        if back >= OFTEN_BACK:
            sentence += " " + say("{share} of what is handed on is handed back next (ping-pong).", share=percent(back))
        if self.currency:
            total, n = float(self.table["cost_per_month"].sum()), int(self.table["n"].sum())
            each = total * self.months / max(n, 1)
            sentence += " " + say(
                "These waits cost {cost} a month, {each} a handover.",
                cost=money(total, self.currency),
                each=money(each, self.currency),
            )
        return f"{sentence} {self._risk()}"

    def _risk(self) -> str:
        odds = self.odds
        words = {"ratio": number(odds.ratio, 2), "low": number(odds.low, 2), "high": number(odds.high, 2)}
        if odds.ratio != odds.ratio:
            return say("Whether more hands bring more errors cannot be told from this log.")
        if odds.low > 1:
            return say(
                "Each further pair of hands multiplies the odds of rework by {ratio} ({low} to {high}).", **words
            )
        if odds.high < 1:
            return say("Further hands go with less rework: odds × {ratio} ({low} to {high}).", **words)
        return say("Further hands do not clearly change the risk of rework: odds × {ratio} ({low} to {high}).", **words)


_WAITS = (
    "Work changes hands in {share} of its steps and then waits {handed} on average ({same} where the same hands go on)."
)
_PASSES = (
    "Work changes hands in {share} of its steps; the next is then done after {handed} on average ({same} where the "
    "same hands go on)."
)


def handovers(
    log: EventLog,
    *,
    by: str = "resource",
    names: bool = False,
    cost_per_hour: float | None = None,
    currency: str = "USD",
) -> Handovers:
    """Measure handovers, their waits and whether each new pair of hands raises the risk of rework.

    ``.plot()`` draws the matrix, ``.network.plot()`` the network, ``.to_html(path)`` writes both.

    Parameters
    ----------
    log : EventLog
        The log.
    by : str
        ``resource``, ``role`` (where the log has none, the groups of people who do the same work, see ``roles``) or
        an attribute of the instances (department, plant).
    names : bool
        Show people by name; pseudonyms otherwise, since a table of persons invites judgement that the log alone cannot
        carry. Roles and departments are always named.
    cost_per_hour : float, optional
        What an hour of a waiting case costs.
    currency : str
        ISO code of that price.

    Returns
    -------
    Handovers
        Pairs, hands and one sentence.

    Raises
    ------
    LogError
        If the log has nothing of that name to be handed between.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A"] * 3, "activity": ["a", "b", "c"], "resource": ["Ana", "Rui", "Ana"],
    ...     "end": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00", "2026-01-05 12:00"])})
    >>> found = bko.handovers(bko.EventLog.from_frame(rows), names=True)
    >>> found.table[["source", "target", "n_returned"]].values.tolist()
    [['Ana', 'Rui', 1], ['Rui', 'Ana', 0]]
    """
    log = people_only(log)
    who, labels = working_groups(log) if by == "role" and not log.roles else holders(log, by, names=names)
    rows = np.flatnonzero(log.follows)
    rows = rows[(who[rows] != UNKNOWN) & (who[rows - 1] != UNKNOWN)]
    handed = who[rows] != who[rows - 1]
    wait = (log.begin - enabled_instants(log))[rows]
    steps = rework_steps(log, who)
    table = _pairs(log, who, rows[handed], labels, wait[handed])
    if cost_per_hour is not None:
        table["cost_per_month"] = table["hours_per_month"] * cost_per_hour
    return Handovers(
        table=table,
        by=by,
        handover_share=float(handed.mean()) if len(rows) else float("nan"),
        hands=table_by_hands(steps),
        odds=odds_by_hands(steps),
        mean_waiting_time=_mean(wait[handed]),
        mean_waiting_time_same=_mean(wait[~handed]),
        months=months(log),
        holders=_holders(log, who, labels),
        starts_known=log.has_starts,
        currency=currency if cost_per_hour is not None else "",
    )


def _mean(values: NDArray[np.int64]) -> pd.Timedelta:
    return pd.Timedelta(int(values.mean()) if len(values) else 0, "us")


def _holders(log: EventLog, who: NDArray[np.int32], labels: list[str]) -> pd.DataFrame:
    known = who != UNKNOWN
    n = np.bincount(who[known], minlength=len(labels))
    hours = np.bincount(who[known], weights=(log.finish - log.begin)[known], minlength=len(labels)) / HOUR
    table = pd.DataFrame({"holder": labels, "n": n, "hours": hours if log.has_starts else np.nan})
    return table[n > 0].reset_index(drop=True)


def _pairs(
    log: EventLog, who: NDArray[np.int32], rows: NDArray[np.int64], labels: list[str], wait: NDArray[np.int64]
) -> pd.DataFrame:
    size = max(len(labels), 1)
    pair = who[rows - 1].astype(np.int64) * size + who[rows]
    place, counted = without_gaps(pair), np.bincount(pair, minlength=size * size)
    codes = np.flatnonzero(counted)
    n = counted[codes]
    # Given back: the next change of hands of the case returns it to whom it came from.
    again = (log.case[rows[1:]] == log.case[rows[:-1]]) & (who[rows[1:]] == who[rows[:-1] - 1])
    given_back = np.concatenate([again, [False]])[: len(rows)]
    total = np.bincount(place, weights=wait.astype(float), minlength=len(codes))
    table = pd.DataFrame(
        {
            "source": [labels[code // size] for code in codes],
            "target": [labels[code % size] for code in codes],
            "n": n,
            **_excess(log, rows, place, len(codes)),
            "n_returned": np.bincount(place, weights=given_back, minlength=len(codes)).astype(int),
            "waiting_time": total.astype(np.int64).astype(MICROSECOND),
            "mean_waiting_time": (total / np.maximum(n, 1)).astype(np.int64).astype(MICROSECOND),
            "hours_per_month": total / HOUR / months(log),
        }
    )
    return table.sort_values("n", ascending=False, kind="stable", ignore_index=True)


def _excess(
    log: EventLog, rows: NDArray[np.int64], place: NDArray[np.int64], size: int
) -> dict[str, NDArray[np.generic]]:
    """Rework after the first handover of each pair in a case, against all handovers between the same activities."""
    last_repeat = np.full(log.n_cases, -1, np.int64)
    again = np.flatnonzero(previous_occurrence(log) >= 0)
    last_repeat[log.case[again]] = again
    case = log.case[rows]
    order = order_of(place, size)
    first = order[changes(place[order], case[order])]
    rows, place = rows[first], place[first]
    reworked = (last_repeat[log.case[rows]] > rows).astype(float)
    stratum = without_gaps(log.activity[rows - 1].astype(np.int64) * len(log.activities) + log.activity[rows])
    weight = np.bincount(stratum)
    p = (np.bincount(stratum, weights=reworked) / np.maximum(weight, 1))[stratum] if len(rows) else reworked
    n = np.bincount(place, minlength=size)
    seen = np.bincount(place, weights=reworked, minlength=size)
    expected = np.bincount(place, weights=p, minlength=size)
    spread = np.sqrt(np.bincount(place, weights=p * (1 - p), minlength=size))
    tested = (expected >= ENOUGH_EXPECTED) & (spread > 0)
    z = np.divide(seen - expected, spread, out=np.zeros(size), where=tested)
    return {
        "n_cases": n,
        "rework_share": seen / np.maximum(n, 1),
        "expected_rework_share": expected / np.maximum(n, 1),
        "error_prone": z > bonferroni_z(int(tested.sum())),
        "p_value": np.where(tested, p_together(z, int(tested.sum())), np.nan),
    }
