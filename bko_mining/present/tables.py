"""Tables as people read them: durations, shares and numbers in the language in force, never a wall of decimals."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from bko_mining.results import Result, readable
from bko_mining.words import day, language, number, say

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog

ROWS = 15
LOG_ROWS = 5
_STYLE = (
    "<style>table.bko td.l,table.bko th.l{text-align:left}table.bko td.r,table.bko th.r{text-align:right}"
    "table.bko td{white-space:nowrap}</style>"
)


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
    note = f'<p class="bko-note">{escape(say("{n} more {n:row|rows}", n=number(left_out)))}</p>' if left_out else ""
    return Markup(f'<table class="bko"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}')


def result_html(result: Result) -> str:
    """Return a result without a picture as HTML for a notebook: its sentence and its table."""
    return f'{_STYLE}<p lang="{language()}">{escape(result.summary)}</p>{html_table(result.table)}'


def log_html(log: "EventLog") -> str:
    """Return an event log as HTML for a notebook: what it holds, its first cases, and what was done to it."""
    first, last = log.window
    holds = say(
        "{cases} {cases:case|cases}, {n} activity {n:instance|instances}, {activities} "
        "{activities:activity|activities}, {resources} {resources:resource|resources}; {first} to "
        "{last}, clock of {zone}",
        cases=number(log.n_cases),
        n=number(len(log)),
        activities=number(len(log.activities)),
        resources=number(len(log.resources)),
        first=day(first),
        last=day(last),
        zone=log.timezone,
    )
    shown = log.take_cases(np.arange(min(log.n_cases, LOG_ROWS))).frame.head(LOG_ROWS)
    moments = shown.select_dtypes("datetimetz").columns
    shown = shown.assign(**{name: [_moment(at) for at in shown[name]] for name in moments})
    left_out = len(log) - len(shown)
    more = say("{n} more {n:row|rows}", n=number(left_out)) if left_out else ""
    notes = "".join(f'<p class="bko-note">{escape(note)}</p>' for note in (more, *log.history) if note)
    return f'{_STYLE}<p lang="{language()}">{escape(holds)}</p>{html_table(shown)}{notes}'


def _moment(at: Any) -> str:
    return "–" if at is pd.NaT else f"{day(at)} {at:%H:%M}"


def _row(row: tuple[Any, ...], right: list[bool]) -> str:
    cells = zip(row, right, strict=True)
    return "<tr>" + "".join(f'<td class="{"r" if r else "l"}">{escape(v)}</td>' for v, r in cells) + "</tr>"
