"""What cases carry: words and numbers known at their arrival, as the fit reads them.

Left aside are attributes that hardly vary or are nearly different for every case (names, document numbers), that many
cases lack, that only count the cases up, or that follow from the way a case went, as a variant's number does.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bko_mining.fit.instances import Codes, Seconds
from bko_mining.log.event_log import EventLog
from bko_mining.twin.conditions import MOMENT

WORDS = 12
"""Different words told apart; rarer ones become one."""
OTHERS = "(other)"
NONE = "(none)"
RARE = 15
"""Cases below which a word is rare."""
MOST_OTHERS = 0.5
"""Share of cases with rare words from which an attribute is a name, not a kind."""
MOST_MISSING = 0.05
"""Share of cases without a number up to which the others stand for them."""
COUNTS_UP = 0.95
"""Rank correlation with the order of arrival from which a number counts the cases."""
LATE = 0.1
"""Share of cases in which an attribute may be noted after the first instance."""
FEW_CASES = 60

_PLAIN = re.compile(r"[A-Za-z_][\w ./%ºª-]*")


@dataclass(frozen=True, eq=False)
class CaseAttribute:
    """An attribute of the cases.

    Attributes
    ----------
    name : str
        Name of the column.
    values : float64[n_cases]
        The number of each case, or the code of its word.
    words : tuple of str
        The words behind the codes; empty for a number.
    """

    name: str
    values: Seconds
    words: tuple[str, ...] = ()

    @property
    def codes(self) -> Codes:
        """Codes of the words."""
        return self.values.astype(np.int64)

    @property
    def thing(self) -> str:
        """The name as conditions write it."""
        plain = _PLAIN.fullmatch(self.name) and not re.search(r"\b(in|and|or|not)\b", self.name, re.IGNORECASE)
        return self.name if plain else f'"{self.name}"'


def case_attributes(log: EventLog) -> tuple[CaseAttribute, ...]:
    """Read the attributes on which anything could depend."""
    if log.n_cases < FEW_CASES:
        return ()
    ways = _ways(log)
    found = (_read(log, name, ways) for name in log.attributes.column_names if _usable_name(name))
    return tuple(attribute for attribute in found if attribute is not None)


def _usable_name(name: str) -> bool:
    return name not in MOMENT and '"' not in name


def _ways(log: EventLog) -> Codes:
    """The way of each case through the activities, as a code."""
    steps = np.split(log.activity, log.offsets[1:-1])
    return np.asarray(pd.factorize(np.array([case.tobytes() for case in steps], object))[0], np.int64)


def _read(log: EventLog, name: str, ways: Codes) -> CaseAttribute | None:
    column = log.attributes[name]
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (is_number or pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind)):
        return None
    values = _at_arrival(log, column)
    if values is None or _follows(values, ways):
        return None
    return _number(name, values) if is_number else _words(name, values)


def _at_arrival(log: EventLog, column: pa.ChunkedArray) -> "pd.Series[Any] | None":
    """The one value of each case; None if cases have several, or if it is noted only in their course."""
    values = column.to_pandas()
    codes, names = pd.factorize(values)
    if len(names) < 2:
        return None
    begin = log.offsets[:-1]
    noted = np.minimum.reduceat(np.where(codes >= 0, np.arange(len(codes)), len(codes)), begin)
    has = noted < len(codes)
    own = np.where(has, codes[np.minimum(noted, len(codes) - 1)], -1)
    constant = (codes == np.repeat(own, np.diff(log.offsets))) | (codes < 0)
    late = (noted > begin) & has
    if has.mean() < 1 - MOST_OTHERS or not constant.all() or late.mean() > LATE:
        return None
    kept: pd.Series[Any] = values.iloc[np.where(has, noted, begin)].reset_index(drop=True)
    return kept


def _follows(values: "pd.Series[Any]", ways: Codes) -> bool:
    """Whether an attribute says no more than the way of a case did, with about as many values as ways."""
    codes, names = pd.factorize(values)
    ways_seen = len(np.unique(ways))
    pairs = len(np.unique(ways * (len(names) + 1) + codes))
    repeated = (np.bincount(ways) > 1).sum()
    return bool(len(names) > ways_seen / 2 and pairs <= 1.05 * ways_seen and repeated >= 3 and ways_seen > 3)


def _number(name: str, values: "pd.Series[Any]") -> CaseAttribute | None:
    numbers = values.astype(float).to_numpy()
    missing = ~np.isfinite(numbers)
    if missing.mean() > MOST_MISSING:
        return None
    numbers = np.where(missing, np.median(numbers[~missing]), numbers)
    order = pd.Series(numbers).rank().corr(pd.Series(np.arange(len(numbers), dtype=float)))
    return None if abs(order) > COUNTS_UP or np.ptp(numbers) == 0 else CaseAttribute(name, numbers.astype(np.float64))


def _words(name: str, values: "pd.Series[Any]") -> CaseAttribute | None:
    text = values.astype(object).where(values.notna(), NONE).astype(str).str.replace('"', "'")
    counts = text.value_counts()
    kept = counts[counts >= RARE].index[:WORDS]
    if len(counts) == len(kept) + 1:
        kept = counts.index
    text = text.where(text.isin(kept), OTHERS)
    if (text == OTHERS).mean() > MOST_OTHERS or text.nunique() < 2:
        return None
    codes, words = pd.factorize(text, sort=True)
    return CaseAttribute(name, codes.astype(float), tuple(map(str, words)))
