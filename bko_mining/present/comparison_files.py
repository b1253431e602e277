"""A comparison as a file that travels: page, workbook or slides by the ending of its name."""

from pathlib import Path

from bko_mining.errors import BkoError
from bko_mining.present.comparison_page import comparison_page
from bko_mining.present.slides import write_slides
from bko_mining.present.workbook import write_workbook
from bko_mining.whatif.comparison import Comparison
from bko_mining.words import say

ENDINGS = (".html", ".htm", ".xlsx", ".pptx")


def refuse_other_endings(path: Path) -> None:
    """Say before anything is run that a file cannot be written.

    Raises
    ------
    BkoError
        If the ending is none of ``ENDINGS``.
    """
    if path.suffix not in ENDINGS:
        raise BkoError(f"cannot write {path.suffix or 'a file without an ending'}; use .html, .xlsx or .pptx")


def save_comparison(comparison: Comparison, path: Path) -> Path:
    """Write a comparison in the language in force and return the path."""
    refuse_other_endings(path)
    title = say("What if") if comparison.scenarios else say("As it is")
    if path.suffix == ".xlsx":
        return write_workbook(path, title, [(title, comparison)])
    if path.suffix == ".pptx":
        return write_slides(path, title, f"{comparison.footing}.", [(title, comparison)])
    path.write_text(comparison_page(comparison), encoding="utf-8")
    return path
