"""Tables as people read them: durations, shares and numbers in the language in force, never a wall of decimals."""

from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from bko_mining.results import Result
from bko_mining.words import day, duration, language, number, percent, say

ROWS = 15


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a table whose cells are the words a person would write.

    Timedeltas become durations, columns that end in ``_share`` or are named ``utilisation`` percentages, instants
    dates, and column names lose their underscores and speak the language in force.
    """
    columns = {name: [_cell(str(name), value) for value in table[name]] for name in table.columns}
    return pd.DataFrame(columns, index=table.index).rename(columns=lambda name: heading(str(name)))


def heading(name: str) -> str:
    """Return the words for a column name."""
    plain = name.replace("n_", "", 1) if name.startswith("n_") else name
    return say(plain.removesuffix("_share").replace("_", " "))


def html_table(table: pd.DataFrame, *, rows: int = ROWS) -> Markup:
    """Write the first rows of a table as HTML, numbers flush right, with a line that says what is left out."""
    shown = table.head(rows)
    words = readable(shown)
    right = [pd.api.types.is_numeric_dtype(d) or pd.api.types.is_timedelta64_dtype(d) for d in shown.dtypes]
    head = "".join(
        f'<th class="{"r" if r else "l"}">{escape(c)}</th>' for c, r in zip(words.columns, right, strict=True)
    )
    body = "".join(_row(row, right) for row in words.itertuples(index=False))
    left_out = len(table) - len(shown)
    note = f'<p class="bko-note">{escape(say("{n} more rows", n=number(left_out)))}</p>' if left_out else ""
    return Markup(f'<table class="bko"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}')


def result_html(result: Result) -> str:
    """Return a result without a picture as HTML for a notebook: its sentence and its table."""
    style = (
        "<style>table.bko td.l,table.bko th.l{text-align:left}table.bko td.r,table.bko th.r{text-align:right}</style>"
    )
    return f'{style}<p lang="{language()}">{escape(result.summary)}</p>{html_table(result.table)}'


def _row(row: tuple[Any, ...], right: list[bool]) -> str:
    cells = zip(row, right, strict=True)
    return "<tr>" + "".join(f'<td class="{"r" if r else "l"}">{escape(v)}</td>' for v, r in cells) + "</tr>"


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
    if isinstance(value, float):
        return percent(value, 1) if name.endswith("_share") or name == "utilisation" else _decimal(value)
    return str(value)


def _decimal(value: float) -> str:
    size = abs(value)
    return number(value, 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2)
