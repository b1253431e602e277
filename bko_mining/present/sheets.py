"""A sheet of a workbook before it is written: its words, its table, and how the numbers of its columns look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with the sentence above it.

    Attributes
    ----------
    title, sentence : str
        The name of the sheet, and what stands above its table.
    table : pandas.DataFrame
        Columns are named as people read them.
    formats : mapping of str to str or sequence of str
        Number formats of Excel by column; a sequence has one for each row, where units differ.
    """

    title: str
    sentence: str
    table: pd.DataFrame
    formats: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def format_of(self, column: str, row: int) -> str:
        """The number format of a cell; empty where none is given."""
        given = self.formats.get(column, "")
        return given if isinstance(given, str) else given[row]
