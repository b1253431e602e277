"""The page of a comparison: what to tell the client, with the numbers behind it."""

from functools import partial

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from bko_mining.present.comparison import plot_distributions, plot_figures, plot_forest
from bko_mining.present.figures import svg_text
from bko_mining.present.pages import Fact, PageTable, Section, page
from bko_mining.present.tables import html_table
from bko_mining.whatif.comparison import BASELINE, Comparison
from bko_mining.whatif.kpis import MAIN, label
from bko_mining.whatif.verdicts import OPEN, signed, spoken
from bko_mining.whatif.views import ends, queue_over_time, scenario_utilisation, trade_off
from bko_mining.words import number, percent, say

BESIDES = ("cycle_time_p90", "sla_breach_share", "cost_per_case", "cost_per_week")
"""Figures that stand beside the main one where all scenarios are seen at a glance."""


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
    sections.append(_drawn(say("How long cases take"), nine_of_ten(comparison), plot_distributions(comparison)))
    looks = (queue_over_time(comparison), scenario_utilisation(comparison))
    words = " ".join(look.summary for look in looks)
    sections.append(_drawn(say("Queues and workload"), words, *(look.plot() for look in looks)))
    if comparison.scenarios and "cost_per_week" in comparison.kpis:
        costs = trade_off(comparison)
        sections.append(_drawn(say("What it costs"), costs.summary, costs.plot()))
    sections.append(_method(comparison))
    return sections


def _drawn(title: str, lead: str, *drawn: Axes) -> Section:
    return Section(title=title, lead=lead, pictures=tuple(Markup(svg_text(axes)) for axes in drawn))


def nine_of_ten(comparison: Comparison) -> str:
    """Within what time nine of ten cases are done: as it is, and under the scenarios at both ends."""
    figure = "cycle_time_p90"
    base = comparison.level(BASELINE, figure).estimate
    times = pd.Series({name: comparison.level(name, figure).estimate for name in comparison.scenarios}, dtype=float)
    first = say("As it is, nine of ten cases are done within {time}", time=comparison.written(base, figure))
    return first + ends(times, base, comparison.margin, partial(comparison.written, figure=figure)) + "."


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


def overview(comparison: Comparison) -> pd.DataFrame:
    """One row a scenario: what becomes of the main figure, how sure that is, and how the other figures move."""
    names = comparison.scenarios
    others = [f for f in BESIDES if f in comparison.kpis and comparison.level(BASELINE, f).estimate]
    return pd.DataFrame(
        {
            say("scenario"): names,
            label(MAIN): [comparison.written(comparison.level(name).estimate, MAIN) for name in names],
            say("change"): [_change(comparison, name, MAIN) for name in names],
            say("verdict"): [spoken(comparison.verdict(name)) for name in names],
            **{label(f): [_briefly(comparison, name, f) for name in names] for f in others},
        }
    )


def _briefly(comparison: Comparison, scenario: str, figure: str) -> str:
    unclear = " ?" if comparison.verdict(scenario, figure) == OPEN else ""
    return _tied(signed(comparison.change(scenario, figure).estimate) + unclear)


def _change(comparison: Comparison, scenario: str, figure: str) -> str:
    change = comparison.change(scenario, figure)
    if change.estimate != change.estimate:
        return "–"
    between = _tied(f"({signed(change.low)} … {signed(change.high)})")
    return f"{_tied(signed(change.estimate))} {between}"


def _tied(words: str) -> str:
    """Words that no line may end between."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _facts(comparison: Comparison) -> list[Fact]:
    base, scenarios = comparison.level(BASELINE), len(comparison.scenarios)
    return [
        Fact(comparison.written(base.estimate, MAIN), say("mean cycle time as it is")),
        Fact(number(scenarios), say("{n:scenario|scenarios}", n=number(scenarios))),
        Fact(number(comparison.replications), say("replications each")),
    ]


def _answer(comparison: Comparison) -> Section:
    caption = say(
        "Each change beside the baseline, in brackets its {confidence} interval; ? = not clear yet.",
        confidence=percent(comparison.confidence),
    )
    several = len(comparison.scenarios) > 1
    return Section(
        title=say("The answer"),
        lead=comparison.summary,
        pictures=(Markup(svg_text(plot_forest(comparison))),),
        tables=(PageTable(html_table(overview(comparison), rows=40), caption),) if several else (),
    )


def told(comparison: Comparison, place: int) -> str:
    """What the scenario at a place changes, and what becomes of the main figure."""
    name = comparison.names[place]
    described = comparison.given[place - 1].describe() if comparison.given else comparison.descriptions[place]
    change = described.removeprefix(f"{name}: ")
    return f"{change[:1].upper()}{change[1:].removesuffix('.')}. {comparison.sentence(name)}"


def _scenario(comparison: Comparison, place: int) -> Section:
    name = comparison.names[place]
    rows = comparison.table[comparison.table["scenario"] == name]
    everything = comparison.all[comparison.all["scenario"] == name]
    words = readable_rows(comparison, rows).drop(columns=say("scenario"))
    more = readable_rows(comparison, everything).drop(columns=say("scenario"))
    return Section(
        title=name,
        lead=told(comparison, place),
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
            *_controls(comparison),
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


def _controls(comparison: Comparison) -> list[tuple[str, str]]:
    if comparison.variance_left() == 1:
        return []
    words = say(
        "How soon the cases of a run came and how long its work took is luck whose mean is known: what it explains is "
        "taken out, which makes intervals narrower. Plain averages of the runs differ a little."
    )
    return [(say("control variates"), words)]
