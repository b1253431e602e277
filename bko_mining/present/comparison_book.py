"""A comparison as sheets of a workbook: numbers that can be summed, each in the format of its unit."""

from typing import Any

import pandas as pd

from bko_mining.present.sheets import Sheet
from bko_mining.whatif.comparison import BASELINE, Comparison
from bko_mining.whatif.kpis import HEADLINE, kpi, label
from bko_mining.whatif.verdicts import spoken
from bko_mining.words import currency_sign, percent, say

_FORMATS = {"time": "#,##0.0", "share": "0.0%", "number": "#,##0.0"}
_MEASURED = ("baseline", "value", "difference", "low", "high")


def comparison_sheets(name: str, comparison: Comparison) -> list[Sheet]:
    """The sheets of a comparison: scenarios, headline figures, all figures, and the figures of every single run."""
    numbers = [
        _figures(comparison, comparison.table, name, comparison.summary),
        _figures(
            comparison, comparison.all, say("All figures"), say("Every figure that was taken, with its interval.")
        ),
        _runs(comparison),
    ]
    return [_scenarios(comparison), *numbers] if comparison.scenarios else numbers


def _scenarios(c: Comparison) -> Sheet:
    described = [s.describe() for s in c.given] if c.given else c.descriptions[1:]
    table = pd.DataFrame(
        {
            say("scenario"): c.scenarios,
            say("what changes"): [text.removeprefix(f"{s}: ") for s, text in zip(c.scenarios, described, strict=True)],
            say("verdict"): [spoken(c.verdict(s)) for s in c.scenarios],
            say("in words"): [c.sentence(s) for s in c.scenarios],
        }
    )
    return Sheet(say("Scenarios"), c.footing + ".", table)


def _figures(c: Comparison, rows: pd.DataFrame, title: str, sentence: str) -> Sheet:
    """Rows of a table of the comparison: times in hours, a unit and a number format for each row."""
    formats = [_format(c, name) for name in rows["kpi"]]
    words: dict[str, Any] = {say("scenario"): rows["scenario"]} if "scenario" in rows else {}
    words |= {say("figure"): rows["kpi"].map(label), say("unit"): [_unit(c, name) for name in rows["kpi"]]}
    heads = _heads(c)
    measured = [column for column in _MEASURED if column in rows]
    words |= {heads[column]: rows[column].map(_plain) for column in measured}
    if "verdict" in rows:
        words |= {say("change"): rows["change_share"], say("verdict"): rows["verdict"].map(spoken)}
    words[say("replications")] = rows["replications"]
    table = pd.DataFrame(words)
    return Sheet(title, sentence, table, {**{heads[m]: formats for m in measured}, say("change"): "+0.0%;-0.0%;0.0%"})


def _heads(c: Comparison) -> dict[str, str]:
    bound = percent(c.confidence)
    return {
        "baseline": say("as it is"),
        "value": say("then") if c.scenarios else say("value"),
        "difference": say("difference"),
        "low": say("{confidence} interval, from", confidence=bound),
        "high": say("{confidence} interval, to", confidence=bound),
    }


def _runs(c: Comparison) -> Sheet:
    """One row a run, so that every mean can be taken again."""
    figures = [name for name in HEADLINE if name in c.kpis]
    heads = {name: label(name) + (f" ({_unit(c, name)})" if kpi(name).unit != "number" else "") for name in figures}
    runs = [(name, place) for name in c.names for place in range(c.replications)]
    words: dict[str, Any] = {
        say("scenario"): [say("as it is") if name == BASELINE else name for name, _ in runs],
        say("replication"): [place + 1 for _, place in runs],
    }
    words |= {heads[name]: c.samples(name).ravel() / (3600 if kpi(name).unit == "time" else 1) for name in figures}
    note = say("Runs of the same number met the same luck: {footing}.", footing=c.footing)
    if c.variance_left() < 1:
        note += " " + say("The other sheets take out what control variates explain: plain averages differ a little.")
    return Sheet(say("Every run"), note, pd.DataFrame(words), {heads[name]: _format(c, name) for name in figures})


def _unit(c: Comparison, name: str) -> str:
    unit = kpi(name).unit
    return {"time": say("hours"), "share": "%", "money": c.currency}.get(unit, say("number"))


def _format(c: Comparison, name: str) -> str:
    unit = kpi(name).unit
    if unit != "money":
        return _FORMATS[unit]
    return f'"{currency_sign(c.currency)} "#,##0{"" if name == "cost_per_week" else ".00"}'


def _plain(value: Any) -> float:
    if value is pd.NaT:
        return float("nan")
    return value.total_seconds() / 3600 if isinstance(value, pd.Timedelta) else float(value)
