"""The report that travels: what happens, where work waits, what is done twice, and what if; one page, book or deck."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bko_mining.analyse.bottlenecks import bottlenecks
from bko_mining.analyse.insights import insights
from bko_mining.analyse.rework import rework
from bko_mining.analyse.rule_suggestions import suggest_rules
from bko_mining.analyse.rules import RuleCheck, check_rules
from bko_mining.analyse.times import cycle_time
from bko_mining.analyse.waiting_causes import waiting_causes
from bko_mining.analyse.work_calendars import discover_calendars
from bko_mining.analyse.workload import workload
from bko_mining.discover.process_map import process_map
from bko_mining.discover.process_model import ProcessModel
from bko_mining.discover.variants import variants
from bko_mining.log.event_log import EventLog
from bko_mining.present.chapters import Chapter, model_chapters
from bko_mining.present.comparison_files import refuse_other_endings
from bko_mining.present.comparison_page import comparison_sections
from bko_mining.present.compliance_page import compliance_sections
from bko_mining.present.pages import Fact, Section, page, section_of
from bko_mining.present.slides import write_slides
from bko_mining.present.workbook import write_workbook
from bko_mining.progress import bar
from bko_mining.whatif.comparison import Comparison
from bko_mining.words import day, duration, number, percent, say

FAR = 0.1
"""Share by which a twin's own mean cycle time may miss the log's before the report warns."""


_USUAL = 12  # chapters of a log with starts and resources


@dataclass(frozen=True, slots=True)
class Report:
    """Chapters about one log, ready to be saved as a page, a workbook or slides.

    Attributes
    ----------
    title, subtitle : str
        What stands at its head.
    facts : tuple of Fact
        The numbers that stand large below it.
    chapters : tuple of Chapter
        In the order of the story.
    findings : tuple of str
        What is worth a manager's minute, most hours at stake first.
    """

    title: str
    subtitle: str
    facts: tuple[Fact, ...]
    chapters: tuple[Chapter, ...]
    findings: tuple[str, ...] = ()

    @property
    def html(self) -> str:
        """The report as one HTML document that needs nothing else."""
        return page(self.title, list(self._sections()), subtitle=self.subtitle, facts=self.facts)

    def save(self, path: str | Path) -> Path:
        """Write the report as ``.html``, ``.xlsx`` or ``.pptx`` by the ending of the path, and return the path.

        Raises
        ------
        BkoError
            If the ending is another one.
        """
        target = Path(path)
        refuse_other_endings(target)
        answers = [(chapter.title, chapter.answer) for chapter in self.chapters]
        if target.suffix == ".xlsx":
            return write_workbook(target, self.title, answers)
        if target.suffix == ".pptx":
            return write_slides(target, self.title, self.subtitle, answers)
        target.write_text(self.html, encoding="utf-8")
        return target

    def _sections(self) -> Iterator[Section]:
        yield Section(say("In short"), findings=tuple(chapter.answer.summary for chapter in self.chapters))
        if self.findings:
            yield Section(
                say("Worth a manager's minute"),
                findings=self.findings,
                note=say("Most hours at stake first; no hour is counted by two of them."),
            )
        for chapter in self.chapters:
            if isinstance(chapter.answer, Comparison):
                yield from _comparison(chapter)
            elif isinstance(chapter.answer, RuleCheck):
                yield from compliance_sections(chapter.answer, chapter.title)
            else:
                yield _plain(chapter)
        yield Section(say("What the words mean"), definitions=tuple(_definitions()))


def _plain(chapter: Chapter) -> Section:
    found = section_of(
        chapter.answer, chapter.title, folded=chapter.folded, note=chapter.note, drawn=chapter.drawn
    )  # fmt: skip
    return replace(found, warnings=chapter.warnings)


def report(
    log: EventLog,
    *,
    comparison: Comparison | None = None,
    title: str | None = None,
    rules: str | Path | Iterable[Any] | None = None,
    amount: str | None = None,
    model: ProcessModel | str | Path | Literal[False] | None = None,
) -> Report:
    """Tell the story of a log.

    Parameters
    ----------
    log : EventLog
        What happened.
    comparison : Comparison, optional
        What-ifs to add (``run_experiment``).
    title : str, optional
        At the head of the report.
    rules : path, str or iterable, optional
        Rules to check (``check_rules``): adds the compliance pages. Without them the rules are told that the log
        itself suggests.
    amount : str, optional
        Column whose sum over the cases that break a rule is given.
    model : ProcessModel, path, str or False, optional
        What the cases are held against: a model, or a drawing of one (``.bpmn``, ``.pnml``). Without it a model is
        discovered from the log, and the page says where cases leave the usual ways; ``False`` leaves these out.

    Returns
    -------
    Report
        In the language in force; ``.save("report.html")``, ``.xlsx`` or ``.pptx``.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A"], "activity": ["open", "pay"], "resource": ["Ana", "Rui"],
    ...     "start": pd.to_datetime(["2026-01-05 08:00", "2026-01-05 10:00"]),
    ...     "end": pd.to_datetime(["2026-01-05 09:00", "2026-01-05 11:00"])})
    >>> [chapter.title for chapter in bko.report(bko.EventLog.from_frame(rows)).chapters][:2]
    ['What happens', 'How long it takes']
    """
    first, last = log.window
    chapters = chain(_chapters(log), model_chapters(log, model), _asked(log, comparison), _rules(log, rules, amount))
    return Report(
        title=title or say("What happens, where it waits, and what if"),
        subtitle=say(
            "{cases} {cases:case|cases} from {first} to {last}, clock of {zone}",
            cases=number(log.n_cases),
            first=day(first),
            last=day(last),
            zone=log.timezone,
        ),
        facts=tuple(_facts(log)),
        chapters=tuple(_written(chapters)),
        findings=tuple(_findings(log)),
    )


def _written(chapters: Iterable[Chapter]) -> Iterator[Chapter]:
    with bar(_USUAL, "chapter", delay=3) as done:
        for chapter in chapters:
            yield chapter
            done.update()


def _findings(log: EventLog) -> Iterator[str]:
    for _, row in insights(log).table.iterrows():
        hours = float(row["hours_per_month"])
        stake = say("{hours} {hours:hour|hours} a month", hours=number(hours)) + "; " if hours == hours else ""
        yield f"{row['finding'].removesuffix('.')} ({stake}{row['evidence']})."


def _rules(log: EventLog, rules: str | Path | Iterable[Any] | None, amount: str | None) -> Iterator[Chapter]:
    if rules is not None:
        yield Chapter(say("Which rules are broken"), check_rules(log, rules, amount=amount))
    suggested = suggest_rules(log)
    if len(suggested.table):
        note = say("Rules that nearly every case keeps; whether they are meant, only the office knows.")
        yield Chapter(say("Rules that the log suggests"), suggested, folded=True, note=note)


def _facts(log: EventLog) -> Iterator[Fact]:
    times = cycle_time(log).values.astype(np.int64) / 1e6
    yield Fact(number(log.n_cases), say("cases"))
    yield Fact(number(len(log)), say("activity instances"))
    yield Fact(number(len(log.activities)), say("activities"))
    yield Fact(duration(float(np.median(times))), say("median cycle time"))
    yield Fact(percent(rework(log).first_time_right_share), say("right first time"))


def _chapters(log: EventLog) -> Iterator[Chapter]:
    yield Chapter(say("What happens"), process_map(log), folded=True, warnings=_limits(log))
    yield Chapter(say("How long it takes"), cycle_time(log), folded=True)
    yield Chapter(say("The ways cases take"), variants(log), folded=True)
    yield Chapter(say("Where work waits"), bottlenecks(log))
    if log.has_starts and log.has_resources:
        yield Chapter(say("Why it waits"), waiting_causes(log, by="activity"), folded=True)
        yield Chapter(say("When people work"), discover_calendars(log), folded=True)
    yield Chapter(say("What is done twice"), rework(log))
    if log.has_starts and log.has_resources:
        yield Chapter(say("How the work is shared"), workload(log), folded=True)


def _asked(log: EventLog, comparison: Comparison | None) -> Iterator[Chapter]:
    if comparison is not None:
        yield Chapter(say("What if"), comparison, warnings=_distance(log, comparison))


def _limits(log: EventLog) -> tuple[str, ...]:
    found = []
    if not log.has_starts:
        found.append(
            say(
                "This log has no start times. Work and waiting cannot be told apart, so times are counted from the end "
                "of one activity to the end of the next, and causes of waiting are left out."
            )
        )
    if log.starts_estimated:
        found.append(say("The start times of this log are estimated."))
    if not log.has_resources:
        found.append(say("This log does not say who did the work: nothing can be said about people and their queues."))
    return tuple(found)


def _distance(log: EventLog, comparison: Comparison) -> tuple[str, ...]:
    """Say so if the twin that was asked is not as slow or as fast as the log."""
    seen = float((log.case_end - log.case_start).mean()) / 1e6
    own = comparison.level().estimate
    if seen <= 0 or abs(own / seen - 1) <= FAR:
        return ()
    return (
        say(
            "The queues, hours and delays of the twin explain a mean cycle time of {own}; the log shows {seen}. "
            "Trust the direction and the size of a change more than the level.",
            own=duration(own),
            seen=duration(seen),
        ),
    )


def _comparison(chapter: Chapter) -> Iterator[Section]:
    assert isinstance(chapter.answer, Comparison)
    first, *others = comparison_sections(chapter.answer)
    yield replace(first, title=f"{chapter.title}: {first.title}", warnings=(*chapter.warnings, *first.warnings))
    yield from others


def _definitions() -> Iterator[tuple[str, str]]:
    yield say("case"), say("one run of the process: an invoice, a request, a ticket")
    yield say("activity instance"), say("one execution of an activity in a case")
    yield say("cycle time"), say("from the first start to the last end of a case, nights and weekends included")
    yield say("waiting time"), say("from the end of what had to come before until the start")
    yield say("hours per month"), say("hours that cases spend there, in a month of 30.4 days")
    yield say("rework"), say("an activity that occurs again in the same case")
    yield say("variant"), say("the sequence of activities that cases share")
    yield (
        say("deviation"),
        say("a step that the model has and the case lacks, or has at another place, or besides"),
    )
