"""Variants: the sequences of activities that cases share, the most frequent first."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.log.counting import variant_numbers, written_variants
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import number, percent, say

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Variants(Result):
    """The variants of a log.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a variant: ``variant`` (its activities), ``n_activities``, ``n_cases``, ``case_share``,
        ``coverage_share`` (of this and all more frequent ones), ``median_cycle_time``, ``mean_cycle_time``.
    of_case : int64[n_cases]
        The row of each case's variant.
    sequences : tuple of tuple of str
        The activities of each variant, in the order of the table.
    """

    of_case: Codes
    sequences: tuple[tuple[str, ...], ...]

    picture: ClassVar[str] = "variants:plot_variants"

    def cases_of(self, *rows: int) -> NDArray[np.bool_]:
        """Say which cases are of the variants in some rows of the table.

        Raises
        ------
        IndexError
            If the table has no such row.

        Examples
        --------
        >>> import pandas as pd, bko_mining as bko
        >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["open", "pay", "open"],
        ...     "end": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-05"])})
        >>> log = bko.EventLog.from_frame(rows)
        >>> log.take_cases(bko.variants(log).cases_of(1)).case_ids.to_pylist()
        ['B']
        """
        for row in rows:
            if not 0 <= row < len(self.table):
                raise IndexError(f"row {row} is not one of the {len(self.table)} variants")
        return np.isin(self.of_case, rows)

    @property
    def summary(self) -> str:
        """How many variants there are and how much the most frequent ones cover."""
        n = len(self.table)
        enough = int(np.searchsorted(self.table["coverage_share"].to_numpy(), 0.8 - 1e-12)) + 1
        return say(
            "{n} {n:variant|variants} in {cases} {cases:case|cases}; the most frequent {enough} of them "
            "cover {share} of the cases.",
            n=number(n),
            cases=number(len(self.of_case)),
            enough=number(enough),
            share=percent(self.table["coverage_share"].iloc[enough - 1]),
        )


def variants(log: EventLog) -> Variants:
    """Group the cases by their sequence of activities.

    Parameters
    ----------
    log : EventLog
        The log.

    Returns
    -------
    Variants
        The most frequent first; ties go to the variant seen first.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B", "B", "C"], "activity": ["open", "pay", "open", "pay", "open"],
    ...     "end": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-05", "2026-01-07", "2026-01-08"])})
    >>> bko.variants(bko.EventLog.from_frame(rows)).table[["variant", "n_cases"]].values.tolist()
    [['open → pay', 2], ['open', 1]]
    """
    of_case, examples = variant_numbers(log)
    counts = np.bincount(of_case)
    order = np.lexsort((examples, -counts))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    of_case = rank[of_case]
    sequences = _sequences(log, examples[order])
    texts = written_variants(log, examples[order]).to_pylist()
    return Variants(table=_table(log, of_case, sequences, texts), of_case=of_case, sequences=sequences)


def _sequences(log: EventLog, cases: Codes) -> tuple[tuple[str, ...], ...]:
    """The names of the activities of some cases."""
    counts = log.n_instances[cases]
    bounds = np.concatenate([[0], np.cumsum(counts)])
    rows = np.arange(bounds[-1]) + np.repeat(log.offsets[cases] - bounds[:-1], counts)
    names = np.array(log.activities, object)[log.activity[rows]].tolist()
    return tuple(tuple(names[a:b]) for a, b in pairwise(bounds.tolist()))


def _table(log: EventLog, of_case: Codes, sequences: tuple[tuple[str, ...], ...], texts: list[str]) -> pd.DataFrame:
    counts = np.bincount(of_case, minlength=len(sequences))
    cycle = pd.Series((log.case_end - log.case_start).astype("timedelta64[us]")).groupby(of_case)
    return pd.DataFrame(
        {
            "variant": texts,
            "n_activities": [len(sequence) for sequence in sequences],
            "n_cases": counts,
            "case_share": counts / log.n_cases,
            "coverage_share": np.cumsum(counts) / log.n_cases,
            "median_cycle_time": cycle.median().to_numpy(),
            "mean_cycle_time": cycle.mean().to_numpy(),
        }
    )
