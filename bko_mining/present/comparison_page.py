"""The page of a comparison: what to tell the client, with the numbers behind it."""

import pandas as pd
from markupsafe import Markup

from bko_mining.present.comparison import plot_distributions, plot_figures, plot_forest
from bko_mining.present.comparison_time import plot_queue, plot_trade_off, plot_utilisation
from bko_mining.present.figures import svg_text
from bko_mining.present.pages import Fact, PageTable, Section, page
from bko_mining.present.tables import html_table
from bko_mining.whatif.comparison import BASELINE, Comparison
from bko_mining.whatif.kpis import label
from bko_mining.whatif.verdicts import signed, spoken
from bko_mining.words import number, percent, say


def comparison_page(comparison: Comparison) -> str:
    """Write a comparison as one HTML page in the language in force."""
    title = say("What if") if comparison.scenarios else say("As it is")
    # With scenarios the first section gives the answer.
    subtitle = f"{comparison.footing}." if comparison.scenarios else comparison.summary
    return page(title, comparison_sections(comparison), subtitle=subtitle, facts=_facts(comparison))


def comparison_sections(comparison: Comparison) -> list[Section]:
    """The sections of a comparison, for a page of its own or for a report."""
    sections = []
    if comparison.scenarios:
        sections.append(_answer(comparison))
        sections += [_scenario(comparison, place) for place in range(1, len(comparison.names))]
    sections.append(
        Section(
            title=say("How long cases take"),
            pictures=(Markup(svg_text(plot_distributions(comparison))),),
        )
    )
    sections.append(
        Section(
            title=say("Queues and workload"),
            pictures=tuple(Markup(svg_text(draw(comparison))) for draw in (plot_queue, plot_utilisation)),
        )
    )
    if comparison.scenarios and "cost_per_week" in comparison.kpis:
        sections.append(Section(title=say("What it costs"), pictures=(Markup(svg_text(plot_trade_off(comparison))),)))
    sections.append(_method(comparison))
    return sections


def readable_rows(comparison: Comparison, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of ``Comparison.table`` as words, each value with its unit."""
    words = {
        say("scenario"): rows["scenario"],
        say("figure"): rows["kpi"].map(label),
        say("as it is"): [comparison.written(comparison.level(BASELINE, k).estimate, k) for k in rows["kpi"]],
        say("then"): [
            comparison.written(comparison.level(s, k).estimate, k)
            for s, k in zip(rows["scenario"], rows["kpi"], strict=True)
        ],
        say("change"): [_change(comparison, s, k) for s, k in zip(rows["scenario"], rows["kpi"], strict=True)],
        say("verdict"): rows["verdict"].map(spoken),
    }
    return pd.DataFrame(words)


def _change(comparison: Comparison, scenario: str, figure: str) -> str:
    change = comparison.change(scenario, figure)
    if change.estimate != change.estimate:
        return "–"
    return f"{signed(change.estimate)} ({signed(change.low)} … {signed(change.high)})"


def _facts(comparison: Comparison) -> list[Fact]:
    base = comparison.level(BASELINE)
    return [
        Fact(comparison.written(base.estimate, "cycle_time_mean"), say("cycle time as it is")),
        Fact(number(len(comparison.scenarios)), say("scenarios")),
        Fact(number(comparison.replications), say("replications each")),
    ]


def _answer(comparison: Comparison) -> Section:
    return Section(
        title=say("The answer"),
        lead=comparison.summary,
        findings=tuple(comparison.sentence(name) for name in comparison.scenarios[1:] and comparison.scenarios),
        pictures=(Markup(svg_text(plot_forest(comparison))),),
    )


def _scenario(comparison: Comparison, place: int) -> Section:
    name = comparison.names[place]
    described = comparison.given[place - 1].describe() if comparison.given else comparison.descriptions[place]
    rows = comparison.table[comparison.table["scenario"] == name]
    everything = comparison.all[comparison.all["scenario"] == name]
    words = readable_rows(comparison, rows).drop(columns=say("scenario"))
    more = readable_rows(comparison, everything).drop(columns=say("scenario"))
    return Section(
        title=name,
        lead=described.removeprefix(f"{name}: "),
        pictures=(Markup(svg_text(plot_figures(comparison, scenario=name))),),
        tables=(
            PageTable(html_table(words, rows=40)),
            PageTable(html_table(more, rows=200), say("All figures"), folded=True),
        ),
    )


def _method(comparison: Comparison) -> Section:
    return Section(
        title=say("How the numbers were made"),
        lead=comparison.footing + ".",
        definitions=(
            (
                say("interval"),
                say(
                    "Each figure is the mean of {n} independent runs; the interval says where the true difference "
                    "lies with {confidence} confidence, given the twin.",
                    n=number(comparison.replications),
                    confidence=percent(comparison.confidence),
                ),
            ),
            (
                say("common random numbers"),
                say("All scenarios meet the same cases and the same luck as the baseline: only the change differs."),
            ),
            (
                say("verdict"),
                say(
                    "Better or worse where the whole interval lies on one side of zero and the change is at least "
                    "{share}; no difference that matters where it is surely smaller; else not clear yet.",
                    share=percent(comparison.margin),
                ),
            ),
            (
                say("cycle time"),
                say("From the arrival of a case to the end of its last activity, in clock time."),
            ),
        ),
    )
