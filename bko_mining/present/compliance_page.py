"""The compliance page: which rules are broken, how often, by whose hands, for how much, and whether it gets better."""

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from bko_mining.analyse.rules import RuleCheck
from bko_mining.present.figures import svg_text
from bko_mining.present.pages import PageTable, Section, section_of
from bko_mining.present.rules import plot_rule_trend
from bko_mining.present.tables import html_table
from bko_mining.words import number, percent, say

EACH = 8
"""Violations shown of each rule."""


def compliance_sections(found: RuleCheck, title: str) -> Iterator[Section]:
    """Sections about rules: the check, by month, and by whose hands."""
    check = section_of(found, title)
    trend = Markup(svg_text(plot_rule_trend(found)))
    yield Section(
        title=check.title,
        lead=check.lead,
        warnings=tuple(say("Not checked: {rule}.", rule=rule) for rule in found.not_checked),
        pictures=(*check.pictures, trend),
        tables=check.tables,
    )
    if len(found.violations):
        yield _violations(found)


def _violations(found: RuleCheck) -> Section:
    first = found.violations.groupby("rule", sort=False).head(EACH)
    left_out = len(found.violations) - len(first)
    tables = [
        PageTable(html_table(first, rows=len(first)), say("Cases, at most {n} of each rule", n=EACH), folded=True)
    ]
    if len(found.people):
        caption = say("By whose hands; pseudonyms unless names were asked for")
        tables.insert(0, PageTable(html_table(found.people, rows=20), caption))
    note = say("{n} more {n:violation is|violations are} in .violations.", n=number(left_out)) if left_out else ""
    return Section(title=say("What breaks the rules"), lead=_people(found.people), tables=tuple(tables), note=note)


def _people(people: pd.DataFrame) -> str:
    if not len(people):
        return say("What breaks the rules is something left undone: no single step shows it.")
    m = max(1, len(people) // 5)
    top = float(people["n_violations"].nlargest(m).sum() / people["n_violations"].sum())
    return say(
        "{n} {n:person|people} did the steps that break a rule; {m} of them did {share} of these steps.",
        n=number(len(people)),
        m=number(m),
        share=percent(top),
    )
