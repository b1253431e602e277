"""Figures, tables, workbook and slides: same bytes twice, nothing clipped, nothing lost."""

from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.axes import Axes
from openpyxl import load_workbook
from pptx import Presentation

from bko_mining.log.event_log import EventLog
from bko_mining.present.figures import house_style, new_axes, plot, png_bytes, svg_text
from bko_mining.present.slides import write_slides
from bko_mining.present.tables import html_table
from bko_mining.present.workbook import write_workbook
from bko_mining.results import Result, readable
from bko_mining.words import speaking


@plot(width=4, height=2)
def plot_line(values: list[int], ax: Axes) -> None:
    """Draw a line."""
    ax.plot(values)
    ax.set_title("Aprovação")


TABLE = pd.DataFrame(
    {
        "activity": ["Approve", "Pay"],
        "waiting_time": [pd.Timedelta(hours=30), pd.NaT],
        "n_cases": [1200, 3],
        "wait_share": [0.415, float("nan")],
        "start": [pd.Timestamp("2026-11-24 15:30", tz="America/Sao_Paulo"), pd.NaT],
    }
)


def test_the_same_picture_has_the_same_bytes() -> None:
    assert png_bytes(plot_line([1, 2])) == png_bytes(plot_line([1, 2]))
    assert svg_text(plot_line([1, 2])) == svg_text(plot_line([1, 2]))
    assert svg_text(plot_line([1, 2])).startswith("<svg")


def test_a_plot_draws_on_the_axes_given() -> None:
    axes = new_axes()
    assert plot_line([1, 2], ax=axes) is axes


def test_cells_read_as_a_person_writes_them() -> None:
    words = readable(TABLE)
    assert words.iloc[0].tolist() == ["Approve", "30.0 h", "1,200", "41.5 %", "24 Nov 2026"]
    assert words.iloc[1].tolist() == ["Pay", "–", "3", "–", "–"]
    with speaking("pt_BR"):
        assert readable(TABLE).iloc[0, 1:].tolist() == ["30,0 h", "1.200", "41,5 %", "24/11/2026"]


def test_html_escapes_and_counts_what_it_leaves_out() -> None:
    html = html_table(pd.DataFrame({"name": ["<x>"] * 5}), rows=2)
    assert "&lt;x&gt;" in html
    assert "3 more rows" in html


def test_the_workbook_keeps_every_number(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "w.xlsx", "Accounts payable", [("Waits: A/B", Result(TABLE)), ("Waits: A/B", Result(TABLE))]
    )
    book = load_workbook(path)
    assert book.sheetnames == ["Summary", "Waits  A B", "Waits  A B 2"]
    rows = list(book["Waits  A B"].iter_rows(min_row=3, values_only=True))
    assert rows[0] == ("activity", "waiting time (hours)", "cases", "wait %", "start")
    assert rows[1][:4] == ("Approve", 30, 1200, 0.415)
    assert rows[2][:4] == ("Pay", None, 3, None)


def test_slides_carry_one_answer_each(tmp_path: Path) -> None:
    path = write_slides(tmp_path / "s.pptx", "Accounts payable", "2026", [("Waits", Result(TABLE))])
    deck = Presentation(str(path))
    assert len(deck.slides) == 2
    texts = [shape.text_frame.text for shape in deck.slides[1].shapes if shape.has_text_frame]
    assert texts == ["2 rows", "Waits"]
    assert deck.slides[1].shapes.title.text_frame.text == "2 rows"
    assert deck.slides[1].shapes[2].table.cell(1, 1).text == "30.0 h"


def test_saving_to_a_stream_and_to_a_file_is_the_same(tmp_path: Path) -> None:
    from bko_mining.present.figures import save_png

    buffer, file = BytesIO(), tmp_path / "p.png"
    save_png(plot_line([3, 1]), buffer)
    save_png(plot_line([3, 1]), file)
    assert buffer.getvalue() == file.read_bytes()


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_headings_speak(language: str) -> None:
    with speaking(language):
        assert "n_" not in " ".join(readable(TABLE).columns)


def test_names_with_dollar_signs_are_drawn_as_they_are() -> None:
    axes = new_axes()
    with house_style():
        assert axes.set_title("from $5 to $6").get_parse_math() is False


def test_a_log_shows_what_it_holds_and_what_was_done_to_it() -> None:
    frame = pd.DataFrame(
        {
            "case_id": ["<1>"] * 9,
            "activity": ["Enter"] * 9,
            "end_time": pd.date_range("2026-01-05 08:30", periods=9, freq="h", tz="UTC"),
        }
    )
    log = EventLog.from_frame(frame)
    with speaking("pt_BR"):
        shown = log.take_cases(log.n_instances > 1, because="one was dropped")._repr_mimebundle_()["text/html"]
    assert "1 caso, 9 execuções de atividades" in shown
    assert '<td class="l">&lt;1&gt;</td>' in shown
    assert "05/01/2026 08:30" in shown
    assert "05/01/2026 13:30" not in shown  # five rows are enough
    assert shown.index("one was dropped") > shown.index("4 ")
