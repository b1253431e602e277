"""Tables as people read them: durations, shares and numbers in the language in force, never a wall of decimals."""

from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from bko_mining.results import Result, readable
from bko_mining.words import language, number, say

ROWS = 15


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
