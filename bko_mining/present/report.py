"""The report that travels: what happens, where work waits, what is done twice, and what if – one file, three formats."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bko_mining.analyse.bottlenecks import bottlenecks
from bko_mining.analyse.rework import rework
from bko_mining.discover.process_map import process_map
from bko_mining.discover.variants import variants
from bko_mining.errors import BkoError
from bko_mining.log.event_log import EventLog
from bko_mining.log.profile import profile
from bko_mining.present.pages import Fact, Section, page, section_of
from bko_mining.present.slides import write_slides
from bko_mining.present.workbook import write_workbook
from bko_mining.results import Result
from bko_mining.words import day, number, say


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading and the answer below it."""

    title: str
    answer: Result
    warnings: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Chapters about one log, ready to be saved as a page, a workbook or slides."""

    title: str
    subtitle: str
    facts: tuple[Fact, ...]
    chapters: tuple[Chapter, ...]
    findings: tuple[str, ...] = ()
    definitions: tuple[tuple[str, str], ...] = ()

    @property
    def html(self) -> str:
        """The report as one HTML document that needs nothing else."""
        return page(self.title, self._sections(), subtitle=self.subtitle, facts=self.facts)

    def save(self, path: str | Path) -> Path:
        """Write the report as ``.html``, ``.xlsx`` or ``.pptx`` by the ending of the path, and return the path.

        Raises
        ------
        BkoError
            If the ending is another one.
        """
        target = Path(path)
        answers = [(chapter.title, chapter.answer) for chapter in self.chapters]
        if target.suffix in (".html", ".htm"):
            target.write_text(self.html, encoding="utf-8")
            return target
        if target.suffix == ".xlsx":
            return write_workbook(target, self.title, answers)
        if target.suffix == ".pptx":
            return write_slides(target, self.title, self.subtitle, answers)
        raise BkoError(f"cannot write {target.suffix or 'a file without an ending'}; use .html, .xlsx or .pptx")
