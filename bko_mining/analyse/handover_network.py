"""Who hands work to whom as a network small enough to be read: the strongest ties, the rest as one, and what is hidden.

Between eighty people there are thousands of pairs. Those through whose hands most goes stay, all others become one
node; of the pairs the strongest stay until they carry nine tenths of the handovers, or until a picture is full. What is
left out is counted and told.
"""

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from bko_mining.results import Result
from bko_mining.words import duration, number, percent, say

MOST_NODES = 20
"""Nodes that can be told apart on a ring, besides the one for all others."""
MOST_PAIRS = 50
ENOUGH_SHARE = 0.9
"""Share of the handovers from which weaker pairs only blur the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class HandoverNetwork(Result):
    """The handovers that are shown, and between whom.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a pair that is shown, the strongest first: ``source``, ``target``, ``n`` handovers, ``n_returned``,
        ``waiting_time`` (in all) and ``mean_waiting_time``.
    nodes : pandas.DataFrame
        One row a node: ``holder``, ``n`` instances, ``hours`` of work (missing without starts), ``n_given``,
        ``n_taken``, ``mean_waiting_time`` of what it was handed, and ``n_holders`` behind the node (1, or all others).
    by : str
        Between what: ``resource``, ``role`` or an attribute.
    n_holders, n_pairs : int
        In all.
    shown_share : float
        Of all handovers, carried by the pairs that are shown.
    starts_known : bool
        Without starts a wait reaches from the end of one instance to the end of the next.
    """

    nodes: pd.DataFrame
    by: str
    n_holders: int
    n_pairs: int
    shown_share: float
    starts_known: bool = True

    picture: ClassVar[str] = "handover_network:plot_handover_network"

    @property
    def summary(self) -> str:
        """The strongest tie, and how much of all is shown."""
        if not len(self.table):
            return say("Nothing is handed from one to another in this log.")
        strongest = self.table.iloc[0]
        tie = say(
            "Most is handed from {source} to {target}: {n}, after {wait} on average.",
            source=strongest["source"],
            target=strongest["target"],
            n=number(strongest["n"]),
            wait=duration(strongest["mean_waiting_time"].total_seconds()),
        )
        return f"{tie} {self.hidden}"

    @property
    def hidden(self) -> str:
        """How much of all is shown."""
        words = {"pairs": number(len(self.table)), "all": number(self.n_pairs), "share": percent(self.shown_share)}
        others = self.nodes["n_holders"].max()
        if others > 1:
            return say(
                "Shown: {nodes} of {holders}, the others as one; {pairs} of {all} pairs, {share} of all handovers.",
                nodes=number(len(self.nodes) - 1),
                holders=number(self.n_holders),
                **words,
            )
        return say("Shown: {pairs} of {all} pairs, {share} of all handovers.", **words)


def network_of(pairs: pd.DataFrame, holders: pd.DataFrame, *, by: str, starts_known: bool) -> HandoverNetwork:
    """Make the network of all pairs (``Handovers.table``) and holders (``Handovers.holders``).

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A"] * 3, "activity": ["a", "b", "c"], "resource": ["Ana", "Rui", "Ana"],
    ...     "end": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 09:00", "2026-01-05 12:00"])})
    >>> bko.handovers(bko.EventLog.from_frame(rows), names=True).network.nodes["holder"].tolist()
    ['Ana', 'Rui']
    """
    shown = _shown(pairs, holders)
    others = say("{n} {n:other|others}", n=number(len(holders) - len(shown)))
    name = {label: label if label in shown else others for label in holders["holder"]}
    nodes = holders.assign(holder=holders["holder"].map(name), n_holders=1)
    nodes = nodes.groupby("holder", sort=False).sum(min_count=1).reset_index()
    between = pairs.assign(source=pairs["source"].map(name), target=pairs["target"].map(name))
    between = between.groupby(["source", "target"], sort=False)[["n", "n_returned", "waiting_time"]].sum().reset_index()
    between = between[between["source"] != between["target"]].sort_values("n", ascending=False, kind="stable")
    total = int(pairs["n"].sum())
    enough = int((between["n"].cumsum() < ENOUGH_SHARE * total).sum()) + 1
    table = between.head(min(enough, MOST_PAIRS)).reset_index(drop=True)
    return HandoverNetwork(
        table.assign(mean_waiting_time=table["waiting_time"] // table["n"]),
        nodes=_with_ties(nodes, between),
        by=by,
        n_holders=len(holders),
        n_pairs=len(pairs),
        shown_share=float(table["n"].sum()) / max(total, 1),
        starts_known=starts_known,
    )


def _shown(pairs: pd.DataFrame, holders: pd.DataFrame) -> frozenset[str]:
    """Those through whose hands most goes; nobody is alone among the others."""
    ties = sum(pairs.groupby(side)["n"].sum().reindex(holders["holder"], fill_value=0) for side in ("source", "target"))
    most = MOST_NODES if len(holders) > MOST_NODES + 1 else len(holders)
    return frozenset(pd.Series(ties).sort_values(ascending=False, kind="stable").index[:most])


def _with_ties(nodes: pd.DataFrame, between: pd.DataFrame) -> pd.DataFrame:
    given, taken = (between.groupby(side)["n"].sum() for side in ("source", "target"))
    wait = between.groupby("target")["waiting_time"].sum() // taken
    at = nodes["holder"]
    return nodes.assign(
        n_given=at.map(given).fillna(0).astype(int),
        n_taken=at.map(taken).fillna(0).astype(int),
        mean_waiting_time=at.map(wait),
    )
