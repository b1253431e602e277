"""Results as an Excel workbook: a first sheet that says everything in sentences, then one sheet a table."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bko_mining.present.comparison_book import comparison_sheets
from bko_mining.present.sheets import Sheet
from bko_mining.results import WORDS, Result, heading, readable
from bko_mining.whatif.comparison import Comparison
from bko_mining.words import language, say

MAX_ROWS = 1_000_000
WIDEST, NARROWEST = 60, 10
LONGEST = 31
"""Letters that Excel allows in the name of a sheet."""
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_BASE = {"font_name": "Calibri", "valign": "top"}


def write_workbook(path: str | Path, title: str, answers: Sequence[tuple[str, Result]]) -> Path:
    """Write titled results to an ``.xlsx`` file and return its path.

    Durations are hours (numbers, so that they can be summed), shares are percentages, instants keep the clock of the
    log without its zone, which Excel does not know. A comparison has sheets of its own, down to every single run.
    """
    import xlsxwriter

    target = Path(path)
    sheets = [sheet for name, result in answers for sheet in sheets_of(name, result)]
    names = _sheet_names([say("Summary"), *(sheet.title for sheet in sheets)])
    with xlsxwriter.Workbook(target, {"nan_inf_to_errors": True}) as book:
        pen = _Pen(book)
        cover = book.add_worksheet(names[0])
        _write_cover(cover, title, [(n, s.sentence) for n, s in zip(names[1:], sheets, strict=True)], pen)
        for name, sheet in zip(names[1:], sheets, strict=True):
            _write_sheet(book.add_worksheet(name), sheet, pen)
    return target


def sheets_of(name: str, result: Result) -> list[Sheet]:
    """The sheets of a result."""
    if isinstance(result, Comparison):
        return comparison_sheets(name, result)
    columns: dict[str, tuple[str, list[Any]]] = {}
    for column in result.table:
        label, style, cells = _column(str(column), result.table[column].head(MAX_ROWS))
        columns[f"{label} ({column})" if label in columns else label] = style, list(cells)
    table = pd.DataFrame({label: cells for label, (_, cells) in columns.items()})
    return [Sheet(name, result.summary, table, {label: style for label, (style, _) in columns.items() if style})]


class _Pen:
    """Formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book, self.made = book, dict[tuple[tuple[str, Any], ...], Any]()

    def __call__(self, **options: Any) -> Any:
        key = tuple(sorted(options.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(_BASE | options)
        return self.made[key]


def _write_cover(sheet: Any, title: str, lines: Sequence[tuple[str, str]], pen: _Pen) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 110)
    sheet.write(0, 0, title, pen(bold=True, font_size=16))
    for row, (name, sentence) in enumerate(lines, start=2):
        quoted = name.replace("'", "''")
        sheet.write_url(row, 0, f"internal:'{quoted}'!A1", pen(font_color="#0b6e99", underline=1), name)
        sheet.write(row, 1, sentence, pen(text_wrap=True))
    _for_print(sheet)


def _write_sheet(page: Any, sheet: Sheet, pen: _Pen) -> None:
    widths = [_width(sheet, name) for name in sheet.table]
    _write_sentence(page, sheet.sentence, widths, pen)
    head = pen(bold=True, bottom=1, text_wrap=True, font_color="#667383")
    for position, (name, width) in enumerate(zip(sheet.table, widths, strict=True)):
        page.write(2, position, str(name), head)
        page.set_column(position, position, width)
        for row, cell in enumerate(sheet.table[name].tolist()):
            if not pd.isna(cell):
                page.write(row + 3, position, cell, _style(sheet, str(name), row, cell, pen))
    page.freeze_panes(3, 1)
    if len(sheet.table):
        page.autofilter(2, 0, 2 + len(sheet.table), max(0, len(widths) - 1))
    page.repeat_rows(2)
    _for_print(page)


def _write_sentence(page: Any, sentence: str, widths: list[float], pen: _Pen) -> None:
    """The sentence above the table, in as many lines as it takes: merged cells do not find their height alone."""
    room = 0.0
    for last, width in enumerate(widths):  # noqa: B007  (the last column that the sentence needs)
        room += width
        if room >= 120:
            break
    if len(widths) < 2 or room < 40:
        page.write(0, 0, sentence, pen())
        return
    page.merge_range(0, 0, 0, last, sentence, pen(text_wrap=True))
    page.set_row(0, 15.5 * (1 + int(len(sentence) * 1.05 / room)))


def _style(sheet: Sheet, name: str, row: int, cell: Any, pen: _Pen) -> Any:
    shape = sheet.format_of(name, row)
    if isinstance(cell, str):
        return pen(text_wrap=True)
    if isinstance(cell, float) and not shape:
        shape = _decimals(cell)
    return pen(num_format=shape) if shape else pen()


def _decimals(value: float) -> str:
    size = abs(value)
    return "#,##0" if size >= 100 or value == int(value) else "#,##0.0" if size >= 10 else "#,##0.00"


def _width(sheet: Sheet, name: Any) -> float:
    """Wide enough for the longest cell and for the longest word of the heading, with its arrow."""
    label, cells = str(name), sheet.table[name].head(200).tolist()
    longest = max((len(_seen(cell)) for cell in cells), default=0)
    words = max((len(word) for word in label.split()), default=0)
    return float(min(WIDEST, max(NARROWEST, longest + 2, words + 3, len(label) / 2 + 3)))


def _seen(cell: Any) -> str:
    if isinstance(cell, float):
        return "" if cell != cell else f"{cell:,.2f}"
    return str(cell)[:16] if isinstance(cell, pd.Timestamp) else str(cell)


def _for_print(page: Any) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _column(name: str, values: pd.Series) -> tuple[str, str, Any]:
    """Label, number format and cells of a column of a result."""
    label = heading(name)
    if pd.api.types.is_timedelta64_dtype(values):
        return f"{label} ({say('hours')})", "#,##0.0", values.dt.total_seconds() / 3600
    if isinstance(values.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(values):
        plain = values.dt.tz_localize(None) if isinstance(values.dtype, pd.DatetimeTZDtype) else values
        return label, "dd/mm/yyyy hh:mm" if language() == "pt_BR" else "yyyy-mm-dd hh:mm", plain
    if pd.api.types.is_bool_dtype(values) or (pd.api.types.is_numeric_dtype(values) and name == "p_value"):
        return label, "", readable(values.to_frame(name)).iloc[:, 0]
    if pd.api.types.is_numeric_dtype(values):
        share = name.endswith("_share") or name == "utilisation"
        return label, "0.0%" if share else "#,##0" if pd.api.types.is_integer_dtype(values) else "", values
    return label, "", list(_texts(name, values))


def _texts(name: str, values: pd.Series) -> Iterator[Any]:
    """Cells of a column of words; ours are spoken, those of the log are left alone."""
    for value in values:
        if value is None or value is pd.NaT or value != value:
            yield None
        elif isinstance(value, pd.Timedelta):
            yield value.total_seconds() / 3600
        elif name in WORDS or isinstance(value, bool) or name == "calendar":
            yield readable(pd.DataFrame({name: [value]})).iloc[0, 0]
        else:
            yield value if isinstance(value, int | float) else str(value)


def _short(title: str, most: int) -> str:
    """A title that fits on the tab of a sheet, cut between words."""
    return title if len(title) <= most + 3 else f"{title[:most].rpartition(' ')[0] or title[:most]} …"


def _sheet_names(titles: Sequence[str]) -> list[str]:
    names: list[str] = []
    for title in titles:
        short = _short(title.translate(_FORBIDDEN).strip(" '"), LONGEST - 3)
        twins = sum(name.lower().startswith(short.lower()) for name in names)
        names.append(f"{short[: LONGEST - 3]} {twins + 1}" if twins else short)
    return names
