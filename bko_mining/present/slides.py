"""Results as slides: the sentence to say aloud as the title, the picture below it, where it comes from at the foot."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from bko_mining.errors import BkoError
from bko_mining.present.figures import png_bytes
from bko_mining.results import Result, readable

WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.6
ROWS = 10


def write_slides(path: str | Path, title: str, subtitle: str, answers: Sequence[tuple[str, Result]]) -> Path:
    """Write titled results to a ``.pptx`` file, one slide each, and return its path.

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
    cover = deck.slides.add_slide(deck.slide_layouts[6])
    _text(cover, title, top=2.6, size=40, bold=True)
    _text(cover, subtitle, top=3.7, size=18)
    for name, result in answers:
        _answer_slide(deck.slides.add_slide(deck.slide_layouts[6]), name, result)
    target = Path(path)
    deck.save(str(target))
    return target


def _answer_slide(slide: Any, name: str, result: Result) -> None:
    _text(slide, name, top=0.35, size=14)
    _text(slide, result.summary, top=0.7, size=22, bold=True)
    if result.picture:
        _picture(slide, png_bytes(result.plot(), dpi=200))
    else:
        _table(slide, result)


def _text(slide: Any, words: str, *, top: float, size: int, bold: bool = False) -> None:
    from pptx.util import Inches, Pt

    box = slide.shapes.add_textbox(Inches(MARGIN), Inches(top), Inches(WIDTH - 2 * MARGIN), Inches(0.5))
    box.text_frame.word_wrap = True
    run = box.text_frame.paragraphs[0].add_run()
    run.text = words
    run.font.size, run.font.bold = Pt(size), bold


def _picture(slide: Any, png: bytes) -> None:
    from pptx.util import Inches

    room_width, room_height, top = WIDTH - 2 * MARGIN, HEIGHT - 2.4, 1.9
    picture = slide.shapes.add_picture(BytesIO(png), 0, 0)
    scale = min(Inches(room_width) / picture.width, Inches(room_height) / picture.height)
    picture.width, picture.height = int(picture.width * scale), int(picture.height * scale)
    picture.left, picture.top = int((Inches(WIDTH) - picture.width) / 2), Inches(top)


def _table(slide: Any, result: Result) -> None:
    from pptx.util import Inches, Pt

    words = readable(result.table.head(ROWS)).iloc[:, :8]
    size = (len(words) + 1, max(1, words.shape[1]))
    frame = slide.shapes.add_table(*size, Inches(MARGIN), Inches(2), Inches(WIDTH - 2 * MARGIN), Inches(0.35 * size[0]))
    rows = [list(words.columns), *words.itertuples(index=False, name=None)]
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            cell = frame.table.cell(r, c)
            cell.text = str(value)
            cell.text_frame.paragraphs[0].font.size = Pt(11)
