"""Results as slides: the sentence to say aloud as the title, the picture below it, where it comes from at the foot."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any

import pandas as pd

from bko_mining.errors import BkoError
from bko_mining.present.comparison import plot_distributions, plot_figures
from bko_mining.present.comparison_page import nine_of_ten, told
from bko_mining.present.figures import png_bytes
from bko_mining.results import Result, readable
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.views import queue_over_time, scenario_utilisation, trade_off
from bko_mining.words import number, say

WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.6
BODY, FOOT = 2.05, 0.35
ROWS, COLUMNS = 12, 8
SIZES = (22, 20, 18, 16, 14, 12)
"""Sizes of the sentence in points: the largest with which it fits above the picture."""


@dataclass(frozen=True, slots=True)
class Slide:
    """A small heading, the sentence to say aloud, and below it a picture (PNG) or a table."""

    heading: str
    sentence: str
    picture: bytes = b""
    table: pd.DataFrame | None = None


def write_slides(path: str | Path, title: str, subtitle: str, answers: Sequence[tuple[str, Result]]) -> Path:
    """Write titled results to a ``.pptx`` file, one slide each (a comparison has several), and return its path.

    Raises
    ------
    BkoError
        If the ``present`` extra is not installed.
    """
    try:
        from pptx import Presentation
        from pptx.util import Inches
    except ImportError as missing:
        raise BkoError("slides need python-pptx: pip install 'bko-mining[present]'") from missing
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    cover = deck.slides.add_slide(deck.slide_layouts[5])
    _title(cover, title, top=2.2, size=40, height=1.5)
    _text(cover, subtitle, top=3.8, size=18)
    for name, result in answers:
        for slide in slides_of(name, result):
            _draw(deck.slides.add_slide(deck.slide_layouts[5]), slide)
    target = Path(path)
    deck.save(str(target))
    return target


def slides_of(name: str, result: Result) -> list[Slide]:
    """The slides of a result."""
    if isinstance(result, Comparison) and result.scenarios:
        return _comparison_slides(name, result)
    if result.picture:
        return [Slide(name, result.summary, png_bytes(result.plot(), dpi=200))]
    return [Slide(name, result.summary, table=result.table)]


def _comparison_slides(name: str, c: Comparison) -> list[Slide]:
    slides = [Slide(name, c.summary, png_bytes(c.plot(), dpi=200))]
    if len(c.scenarios) > 1:
        slides += [
            Slide(scenario, told(c, place), png_bytes(plot_figures(c, scenario=scenario), dpi=200))
            for place, scenario in enumerate(c.scenarios, start=1)
        ]
    slides.append(Slide(say("How long cases take"), nine_of_ten(c), png_bytes(plot_distributions(c), dpi=200)))
    load = say("Queues and workload")
    looks: list[tuple[str, Result]] = [(load, queue_over_time(c)), (load, scenario_utilisation(c))]
    if "cost_per_week" in c.kpis:
        looks.append((say("What it costs"), trade_off(c)))
    slides += [Slide(title, look.summary, png_bytes(look.plot(), dpi=200)) for title, look in looks]
    return slides


def _draw(page: Any, slide: Slide) -> None:
    size = fitting_size(slide.sentence)
    _title(page, slide.sentence, top=0.7, size=size, height=BODY - 0.8)
    _text(page, slide.heading, top=0.35, size=14)
    if slide.picture:
        _picture(page, slide.picture)
    elif slide.table is not None:
        _table(page, slide.table)


def fitting_size(sentence: str, *, width: float = WIDTH - 2 * MARGIN, height: float = BODY - 0.8) -> int:
    """The largest size in points with which a bold sentence fits into a box (inches).

    Examples
    --------
    >>> fitting_size("Cases wait."), fitting_size("Cases wait for the director. " * 10)
    (22, 18)
    """
    for size in SIZES:
        lines = ceil(len(sentence) * size * 0.55 / 72 / width)
        if lines * size * 1.2 / 72 <= height:
            return size
    return SIZES[-1]


def _title(page: Any, words: str, *, top: float, size: int, height: float) -> None:
    """The title of the slide, which is also what an outline or a screen reader tells."""
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Inches, Pt

    box = page.shapes.title
    box.left, box.top, box.width, box.height = (Inches(n) for n in (MARGIN, top, WIDTH - 2 * MARGIN, height))
    box.text_frame.word_wrap, box.text_frame.vertical_anchor = True, MSO_ANCHOR.TOP
    box.text_frame.text = words
    paragraph = box.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.LEFT
    paragraph.font.size, paragraph.font.bold = Pt(size), True


def _text(page: Any, words: str, *, top: float, size: int) -> None:
    from pptx.util import Inches, Pt

    box = page.shapes.add_textbox(Inches(MARGIN), Inches(top), Inches(WIDTH - 2 * MARGIN), Inches(0.4))
    box.text_frame.word_wrap = True
    run = box.text_frame.paragraphs[0].add_run()
    run.text = words
    run.font.size = Pt(size)


def _picture(page: Any, png: bytes) -> None:
    from pptx.util import Inches

    room_width, room_height = WIDTH - 2 * MARGIN, HEIGHT - BODY - FOOT
    picture = page.shapes.add_picture(BytesIO(png), 0, 0)
    scale = min(Inches(room_width) / picture.width, Inches(room_height) / picture.height)
    picture.width, picture.height = int(picture.width * scale), int(picture.height * scale)
    picture.left, picture.top = int((Inches(WIDTH) - picture.width) / 2), Inches(BODY)


def _table(page: Any, table: pd.DataFrame) -> None:
    from pptx.util import Inches, Pt

    words = readable(table.head(ROWS)).iloc[:, :COLUMNS]
    size = (len(words) + 1, max(1, words.shape[1]))
    room = Inches(WIDTH - 2 * MARGIN)
    frame = page.shapes.add_table(*size, Inches(MARGIN), Inches(BODY), room, Inches(0.34 * size[0]))
    rows = [list(words.columns), *words.itertuples(index=False, name=None)]
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            cell = frame.table.cell(r, c)
            cell.text = str(value)
            cell.text_frame.paragraphs[0].font.size = Pt(11)
    for column, share in zip(frame.table.columns, _shares(words), strict=False):
        column.width = int(room * share)
    if len(table) > ROWS:
        _text(page, say("{n} more {n:row|rows}", n=number(len(table) - ROWS)), top=HEIGHT - 0.5, size=11)


def _shares(words: pd.DataFrame) -> list[float]:
    """How the columns share the width: by the letters of their longest cell, within bounds."""
    letters = [min(40, max(8, len(str(name)), *(len(str(v)) for v in words[name]))) for name in words]
    return [n / sum(letters) for n in letters]
