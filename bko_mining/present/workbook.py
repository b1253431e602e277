"""Results as an Excel workbook: a first sheet that says everything in sentences, then one sheet a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bko_mining.results import Result, heading
from bko_mining.words import language, say

MAX_ROWS = 1_000_000
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def write_workbook(path: str | Path, title: str, answers: Sequence[tuple[str, Result]]) -> Path:
    """Write titled results to an ``.xlsx`` file and return its path.

    Durations are hours (numbers, so that they can be summed), shares are percentages, instants keep the clock of the
    log without its zone, which Excel does not know.
    """
    import xlsxwriter

    target = Path(path)
    with xlsxwriter.Workbook(target, {"nan_inf_to_errors": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        styles = _styles(book)
        names = _sheet_names([name for name, _ in answers])
        cover = book.add_worksheet(say("Summary"))
        _write_cover(
            cover, title, [(name, result.summary) for name, (_, result) in zip(names, answers, strict=True)], styles
        )
        for name, (_, result) in zip(names, answers, strict=True):
            _write_table(book.add_worksheet(name), result, styles)
    return target


def _styles(book: Any) -> dict[str, Any]:
    base = {"font_name": "Calibri", "valign": "top"}
    return {
        "title": book.add_format({**base, "bold": True, "font_size": 16}),
        "head": book.add_format({**base, "bold": True, "bottom": 1, "text_wrap": True, "font_color": "#667383"}),
        "text": book.add_format({**base, "text_wrap": True}),
        "hours": book.add_format({**base, "num_format": "#,##0.0"}),
        "share": book.add_format({**base, "num_format": "0.0%"}),
        "date": book.add_format(
            {**base, "num_format": "dd/mm/yyyy hh:mm" if language() == "pt_BR" else "yyyy-mm-dd hh:mm"}
        ),
        "plain": book.add_format(base),
        "link": book.add_format({**base, "font_color": "#0b6e99", "underline": 1}),
    }


def _write_cover(sheet: Any, title: str, lines: Sequence[tuple[str, str]], styles: dict[str, Any]) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 110)
    sheet.write(0, 0, title, styles["title"])
    for row, (name, sentence) in enumerate(lines, start=2):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", styles["link"], name)
        sheet.write(row, 1, sentence, styles["text"])


def _write_table(sheet: Any, result: Result, styles: dict[str, Any]) -> None:
    table = result.table.head(MAX_ROWS)
    sheet.write(0, 0, result.summary, styles["plain"])
    for position, name in enumerate(table.columns):
        label, style, cells = _column(str(name), table[name])
        sheet.write(2, position, label, styles["head"])
        sheet.set_column(position, position, min(48, max(11, len(label) + 2, *(len(str(c)) for c in cells[:50]), 0)))
        for row, cell in enumerate(cells, start=3):
            if cell is not None:
                sheet.write(row, position, cell, styles[style])
    sheet.freeze_panes(3, 1)
    if len(table):
        sheet.autofilter(2, 0, 2 + len(table), max(0, len(table.columns) - 1))


def _column(name: str, values: pd.Series) -> tuple[str, str, list[Any]]:
    label = heading(name)
    if pd.api.types.is_timedelta64_dtype(values):
        hours = values.dt.total_seconds() / 3600
        return f"{label} ({say('hours')})", "hours", _cells(hours)
    if isinstance(values.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(values):
        plain = values.dt.tz_localize(None) if isinstance(values.dtype, pd.DatetimeTZDtype) else values
        return label, "date", [None if pd.isna(v) else v.to_pydatetime() for v in plain]
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        share = name.endswith("_share") or name == "utilisation"
        return label, "share" if share else "plain", _cells(values)
    return label, "text", [None if v is None or v is pd.NaT or v != v else str(v) for v in values]


def _cells(values: pd.Series) -> list[Any]:
    return [None if value != value else value for value in values.tolist()]


def _sheet_names(titles: Sequence[str]) -> list[str]:
    names: list[str] = []
    for title in titles:
        short = title.translate(_FORBIDDEN).strip()[:28]
        twins = sum(name.startswith(short) for name in names)
        names.append(f"{short} {twins + 1}" if twins else short)
    return names
