"""Pages that need nothing else: one HTML file with styles, typeface and pictures inside, good offline and by mail."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bko_mining._version import __version__
from bko_mining.present.figures import svg_text
from bko_mining.present.tables import html_table
from bko_mining.results import Result, presenter
from bko_mining.words import language, say

_UNIT = re.compile(r"(?<=\d) (?=%|(?:s|min|h|d)\b)")


@dataclass(frozen=True, slots=True)
class Fact:
    """One number that stands large at the head of a page."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table of a page; folded ones open with a click."""

    html: Markup
    caption: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: a heading, the sentence to say aloud, pictures, tables and what the words mean."""

    title: str
    lead: str = ""
    warnings: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    pictures: tuple[Markup, ...] = ()
    tables: tuple[PageTable, ...] = ()
    definitions: tuple[tuple[str, str], ...] = ()
    note: str = ""


def page(title: str, sections: Sequence[Section], *, subtitle: str = "", facts: Sequence[Fact] = ()) -> str:
    """Write a page of sections as one HTML document in the language in force."""
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            subtitle=subtitle,
            facts=facts,
            sections=sections,
            lang=language().replace("_", "-"),
            version=__version__,
            footer=say("Made with bko_mining {version}.", version=__version__),
            font_regular=_font("Inter-Regular.ttf"),
            font_bold=_font("Inter-SemiBold.ttf"),
        )
    )


def section_of(
    result: Result, title: str, *, rows: int = 12, folded: bool = False, note: str = "", drawn: bool = True
) -> Section:
    """Make a section of a result: its sentence, its picture where it has one and may be drawn, and its table.

    An answer without rows is its sentence.
    """
    caption = say("The numbers behind it") if folded else ""
    columns = [name for name in result.table if name not in result.untold and result.table[name].notna().any()]
    return Section(
        title=title,
        lead=result.summary,
        pictures=(picture_of(result),) if result.picture and drawn and len(result.table) else (),
        tables=(PageTable(html_table(result.table[columns], rows=rows), caption, folded),) if len(result.table) else (),
        note=note,
    )


def picture_of(result: Result) -> Markup:
    """Draw a result as SVG text that can stand in a page; what can be played with there is."""
    return Markup(presenter(result.living)(result) if result.living else svg_text(result.plot()))


def result_page(result: Result) -> str:
    """Write one result as a page of its own."""
    section = section_of(result, say("The answer"), rows=200)
    return page(result.summary, [replace(section, lead="")])


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bko_mining.present"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_tied,
    )


def _tied(value: Any) -> Any:
    # No line ends between a number and its unit; what is Markup (pictures, scripts) stays as it is.
    return _UNIT.sub("\u00a0", value) if type(value) is str else value


@cache
def _font(name: str) -> str:
    data: Any = files("bko_mining.present").joinpath("fonts", name).read_bytes()
    return b64encode(data).decode("ascii")
