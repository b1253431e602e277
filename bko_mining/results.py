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
from bko_mining.words import say

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """An answer: a tidy table and one sentence that can be quoted.

    Subclasses give ``summary`` and, where a picture says more, name the function of ``present`` that draws it.

    Attributes
    ----------
    table : pandas.DataFrame
        Tidy; durations are Timedelta, shares are in [0, 1].
    """

    table: pd.DataFrame
    picture: ClassVar[str] = ""
    widget: ClassVar[str] = ""
    page: ClassVar[str] = "pages:result_page"

    def __init_subclass__(cls) -> None:
        # A dataclass keeps the __repr__ it finds: without this every answer would print its whole table.
        cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    @property
    def summary(self) -> str:
        """One sentence in the language in force."""
        return say("{rows} rows", rows=len(self.table))

    def plot(self, *, ax: Any = None) -> Any:
        """Draw the answer on a matplotlib ``Axes`` (a new one if None) and return it.

        Raises
        ------
        BkoError
            If this kind of answer has no picture.
        """
        if not self.picture:
            raise BkoError(f"{type(self).__name__} has no picture; its answer is in .table and .summary")
        return _presenter(self.picture)(self, ax=ax)

    def interactive(self) -> Any:
        """Return a widget for JupyterLab and voila.

        Raises
        ------
        BkoError
            If this kind of answer has no widget.
        """
        if not self.widget:
            raise BkoError(f"{type(self).__name__} has no interactive view; use .plot() or .table")
        return _presenter(self.widget)(self)

    def to_html(self, path: str | Path) -> Path:
        """Write a page that needs nothing else and return its path."""
        target = Path(path)
        target.write_text(_presenter(self.page)(self), encoding="utf-8")
        return target

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": f"{self.summary}\n\n{as_text(self.table)}"}
        if self.picture:
            bundle["image/png"] = _png(self)
        else:
            bundle["text/html"] = _presenter("tables:result_html")(self)
        return bundle


def as_text(table: pd.DataFrame, rows: int = 20) -> str:
    """Write the first rows of a table as text that is the same on every machine."""
    shown = table.head(rows)
    text = shown.to_string(index=False, max_colwidth=48, float_format=lambda value: f"{value:,.3g}")
    return text if len(table) <= rows else f"{text}\n… {len(table) - rows} more rows in .table"


def _png(result: Result) -> bytes:
    buffer = BytesIO()
    _presenter("figures:save_png")(result.plot(), buffer)
    return buffer.getvalue()


def _presenter(name: str) -> "Callable[..., Any]":
    module, function = name.split(":")
    presenter: Callable[..., Any] = getattr(import_module(f"bko_mining.present.{module}"), function)
    return presenter
