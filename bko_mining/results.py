"""What every answer has in common: a table, a sentence, and a way to show itself.

A result does not know how it is drawn. At first display it asks for its renderer *by name*, the way pandas finds its
plotting backend, so nothing below ``present`` imports matplotlib and a result travels to a worker without it.
"""

from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from bko_mining.errors import BkoError
from bko_mining.words import day, duration, in_own_days, number, percent, say

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """An answer: a tidy table and one sentence that can be quoted.

    Subclasses give ``summary`` and, where a picture says more, name the functions of ``present`` that draw it: the
    ``picture``, the ``widget`` for notebooks, and what is ``living`` in a page; ``untold`` names the
    columns for which a page has no room.

    Attributes
    ----------
    table : pandas.DataFrame
        Tidy; durations are Timedelta, shares are in [0, 1].
    """

    table: pd.DataFrame
    untold: ClassVar[tuple[str, ...]] = ()
    picture: ClassVar[str] = ""
    widget: ClassVar[str] = ""
    living: ClassVar[str] = ""
    page: ClassVar[str] = "pages:result_page"

    def __init_subclass__(cls) -> None:
        # A dataclass keeps the __repr__ it finds: without this every answer would print its whole table.
        cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    @property
    def summary(self) -> str:
        """One sentence in the language in force."""
        return say("{rows} {rows:row|rows}", rows=len(self.table))

    def plot(self, *, ax: Any = None) -> Any:
        """Draw the answer on a matplotlib ``Axes`` (a new one if None) and return it.

        Raises
        ------
        BkoError
            If this kind of answer has no picture.
        """
        if not self.picture:
            raise BkoError(f"{type(self).__name__} has no picture; its answer is in .table and .summary")
        return presenter(self.picture)(self, ax=ax)

    def interactive(self) -> Any:
        """Return a widget for JupyterLab and voila.

        Raises
        ------
        BkoError
            If this kind of answer has no widget.
        """
        if not self.widget:
            raise BkoError(f"{type(self).__name__} has no interactive view; use .plot() or .table")
        return presenter(self.widget)(self)

    def to_html(self, path: str | Path) -> Path:
        """Write a page that needs nothing else and return its path."""
        target = Path(path)
        target.write_text(presenter(self.page)(self), encoding="utf-8")
        return target

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": f"{self.summary}\n\n{as_text(self.table)}"}
        if self.picture:
            bundle["image/png"] = _png(self)
        else:
            bundle["text/html"] = presenter("tables:result_html")(self)
        return bundle


def as_text(table: pd.DataFrame, rows: int = 20) -> str:
    """Write the first rows of a table as text that is the same on every machine."""
    if table.empty:
        return say("no rows")
    words = readable(table.head(rows))
    words.columns = pd.Index(table.columns)
    text = words.to_string(index=False, max_colwidth=100)
    return text if len(table) <= rows else f"{text}\n… {say('{n} more {n:row|rows}', n=number(len(table) - rows))}"


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a table whose cells are the words a person would write.

    Timedeltas become durations, columns that end in ``_share`` or are named ``utilisation`` percentages, instants
    dates, calendars have the days of the language in force, and column names lose their underscores and speak it.
    """
    cell = _cell_in_hours if table.attrs.get(IN_HOURS) else _cell
    columns = {name: [cell(str(name), value) for value in table[name]] for name in table.columns}
    return pd.DataFrame(columns, index=table.index).rename(columns=lambda name: heading(str(name)))


def heading(name: str) -> str:
    """Return the words for a column name; a share says that it is one, for a count may have the same words."""
    plain = name.replace("n_", "", 1) if name.startswith("n_") else name
    words = say(_OF_SHARES.get(name) or plain.removesuffix("_share").replace("_", " "))
    return f"{words} %" if name.endswith("_share") else words


_TIMES = ("_time_mean", "_time_median", "_time_p90")
"""Figures of a run that are times; as numbers they are seconds."""
_CHANGES = frozenset({"trend_share", "change_share"})
_OF_SHARES = {"case_share": "cases"}

IN_HOURS = "durations_in_hours"
"""An entry of ``DataFrame.attrs``: long durations are written in hours, for working days do not have 24 of them."""

WORDS = frozenset({"verdict", "kind", "status", "kpi", "aspect", "measure", "deviation", "main_cause", "taken_from"})
"""Columns whose values are words of ours, not of the log."""


def _cell(name: str, value: Any) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return "–"
    if isinstance(value, pd.Timedelta):
        return duration(value.total_seconds())
    if isinstance(value, pd.Timestamp):
        return day(value)
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, int):
        return number(value)
    if isinstance(value, float) and name.endswith(_TIMES):
        return duration(value)
    if isinstance(value, float) and name == "p_value":
        return number(value, 3) if value >= 0.001 else f"< {number(0.001, 3)}"
    if isinstance(value, float):
        return _share(name, value) if name.endswith("_share") or name == "utilisation" else _decimal(value)
    if name == "calendar":
        return in_own_days(str(value))
    return say(str(value)) if name in WORDS else str(value)


def _share(name: str, value: float) -> str:
    """A percentage; a change to more than tenfold says how many times as much it is."""
    return f"× {number(1 + value)}" if name in _CHANGES and value >= 9 else percent(value, 1)


def _cell_in_hours(name: str, value: Any) -> str:
    if isinstance(value, pd.Timedelta) and abs(value.total_seconds()) >= 48 * 3600:
        return f"{number(value.total_seconds() / 3600, 1)} h"
    return _cell(name, value)


def _decimal(value: float) -> str:
    size = abs(value)
    return number(value, 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2)


def _png(result: Result) -> bytes:
    buffer = BytesIO()
    presenter("figures:save_png")(result.plot(), buffer)
    return buffer.getvalue()


def presenter(name: str) -> "Callable[..., Any]":
    """Find a function of ``present`` by its name, ``module:function``, when something is shown."""
    module, function = name.split(":")
    presenter: Callable[..., Any] = getattr(import_module(f"bko_mining.present.{module}"), function)
    return presenter
