"""A model with the heat of a log as plain data: its BPMN, and words and colours for each of its activities."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bko_mining.analyse.times import waiting_time
from bko_mining.diagrams.bpmn_file import diagram_xml, identifiers
from bko_mining.diagrams.paging import paged
from bko_mining.diagrams.placing import place
from bko_mining.discover.flow_counts import flow_counts
from bko_mining.discover.process_map import node_table
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.present.figures import HEAT, SEQUENTIAL
from bko_mining.present.map_atlas import Atlas
from bko_mining.present.map_sketch import QUIET, ink_on, way_width
from bko_mining.present.measures import Measure, column, fact_words, fills, hour_words, seconds, stops, time_words
from bko_mining.words import duration, language, number, say, share_words

if TYPE_CHECKING:
    from bko_mining.discover.conformance import Conformance
    from bko_mining.discover.process_model import ProcessModel

TINY = 1e-9
SCREEN = (1240.0, 900.0)
"""Room for a diagram on a page that is read on a screen, at three quarters of its size."""


def model_atlas(model: "ProcessModel") -> Atlas:
    """Write a model with what the log it was measured on shows at its activities."""
    if model.log is None:
        return _atlas(model, _without_log(model), [], {})
    measures = [*_often(), *_times(model.log)]
    atlas = _atlas(model, _facts(model.log, model.activities), measures, _rows(model.log))
    return atlas | _flows(model.log, model, measures)


def conformance_atlas(found: "Conformance") -> Atlas:
    """Write a model with where cases leave it, and what else the log shows at its activities."""
    log = found.log
    table = _facts(log, found.model.activities)
    table["n_deviating"] = [int(found.cases_at(name).sum()) for name in table.index]
    kinds = found.table.groupby(["activity", "deviation"])["n_cases"].max()
    for kind in ("skipped", "inserted", "swapped"):
        table[kind] = [int(kinds.get((name, kind), 0)) for name in table.index]
    table["extra_hours"] = [_extra_hours(found, name) for name in table.index]
    measures = [
        Measure("deviating", say("Cases that deviate"), HEAT, column("n_deviating"), number),
        Measure("extra", say("Extra hours of these cases"), HEAT, column("extra_hours"), hour_words),
        *_often(),
        *_times(log),
    ]
    rows = {
        say("cases that deviate here"): lambda row: _of(row["n_deviating"], log.n_cases),
        say("skipped in"): lambda row: number(row["skipped"]),
        say("out of place in"): lambda row: number(row["inserted"]),
        say("too early in"): lambda row: number(row["swapped"]),
    }
    atlas = _atlas(found.model, table, measures, rows | _rows(log)) | _flows(log, found.model, measures)
    return atlas | {"summary": found.summary}


def _flows(log: EventLog, model: "ProcessModel", measures: list[Measure]) -> Atlas:
    """What the log shows at each flow; nothing where the model cannot be replayed."""
    try:
        table = flow_counts(log, model)
    except LogError:
        return {}
    counts, n_cases = table["n"].tolist(), table["n_cases"].tolist()
    top = max(*counts, 1)
    often = {m.key: m for m in measures if m.key in ("n", "cases")}
    values = {key: measure.column(table) for key, measure in often.items()}
    colours = {key: fills(often[key], found, max(float(found.max()), 1.0)) for key, found in values.items()}
    flows = [
        {
            "id": f"flow_{at}",
            "width": round(way_width(n / top), 2) if n else 0,
            "facts": {key: number(float(found[at])) for key, found in values.items()},
            "fills": {m.key: colours[m.key][at] if m.key in colours else QUIET for m in measures},
            "tip": [number(n), _of(n_cases[at], log.n_cases)],
        }
        for at, n in enumerate(counts)
    ]
    return {"flows": flows}


def _extra_hours(found: "Conformance", activity: str) -> float:
    """Mean cycle time of the cases that deviate there less that of the others, over all of them; never below nought."""
    inside, times = found.cases_at(activity), found.log.case_end - found.log.case_start
    if not inside.any() or inside.all():
        return 0.0
    return max(0.0, float(times[inside].mean() - times[~inside].mean()) * int(inside.sum()) / 3.6e9)


def _without_log(model: "ProcessModel") -> pd.DataFrame:
    return pd.DataFrame({"n": 0}, index=list(model.activities))


def _facts(log: EventLog, activities: tuple[str, ...]) -> pd.DataFrame:
    """What the log shows at each activity; nothing where the log does not have it."""
    waits = waiting_time(log).table.set_index("activity").drop(columns="n")
    table = node_table(log).set_index("activity").join(waits)
    numbers = table.select_dtypes("number").columns
    table = table.reindex(list(dict.fromkeys(activities)))
    table[numbers] = table[numbers].fillna(0)
    return table.fillna(pd.Timedelta(0))


def _often() -> list[Measure]:
    return [
        Measure("n", say("How often"), SEQUENTIAL, column("n"), number),
        Measure("cases", say("Cases"), SEQUENTIAL, column("n_cases"), number),
        Measure("rework", say("Done again"), HEAT, column("n_rework"), number),
    ]


def _times(log: EventLog) -> list[Measure]:
    before = say("Median wait before") if log.has_starts else say("Median time before")
    total = say("Hours waited before") if log.has_starts else say("Hours before")
    work = [Measure("time", say("Median time of work"), HEAT, seconds("median_time"), time_words)]
    return [
        *(work if log.has_starts else []),
        Measure("wait", before, HEAT, seconds("median_waiting_time"), time_words),
        Measure("waits", total, HEAT, _hours("total_waiting_time"), hour_words),
    ]


def _hours(name: str) -> "Callable[[pd.DataFrame], pd.Series[float]]":
    return lambda table: table[name].dt.total_seconds() / 3600


def _of(n: float, whole: int) -> str:
    return f"{number(n)} ({share_words(n / whole)})"


def _rows(log: EventLog) -> dict[str, Callable[[Any], str]]:
    """What hovering over an activity tells: the words, and how each is read from its row."""

    def time(name: str) -> Callable[[Any], str]:
        return lambda row: duration(row[name].total_seconds())

    before = say("median wait before") if log.has_starts else say("median time before")
    return {
        say("times done"): lambda row: number(row["n"]),
        say("cases"): lambda row: _of(row["n_cases"], log.n_cases),
        **({say("median time of work"): time("median_time")} if log.has_starts else {}),
        before: time("median_waiting_time"),
        say("90 of 100 after at most"): time("p90_waiting_time"),
        say("done again"): lambda row: number(row["n_rework"]),
    }


def _atlas(
    model: "ProcessModel", table: pd.DataFrame, measures: list[Measure], rows: dict[str, Callable[[Any], str]]
) -> Atlas:
    values = {measure.key: measure.column(table) for measure in measures}
    ends = {key: max(float(found.max()), TINY) for key, found in values.items()}
    colours = {m.key: dict(zip(table.index, fills(m, values[m.key], ends[m.key]), strict=True)) for m in measures}
    ids = identifiers(model.diagram)
    activities = [
        {
            "id": ids[key],
            "name": shape.name,
            "facts": {m.key: fact_words(m, float(values[m.key][shape.name])) for m in measures},
            "fills": {m.key: colours[m.key][shape.name] for m in measures},
            "inks": {m.key: ink_on(colours[m.key][shape.name]) for m in measures},
            "tip": [write(table.loc[shape.name]) for write in rows.values()],
        }
        for key, shape in model.diagram.shapes.items()
        if shape.kind == "activity"
    ]
    return {
        "language": language(),
        "words": _words(),
        "summary": model.summary,
        "xml": diagram_xml(model.diagram, placed=paged(place(model.diagram), page=SCREEN)).decode("utf-8"),
        "measures": [_key(measure, ends[measure.key]) for measure in measures],
        "labels": {"activity": list(rows), "flow": [say("times"), say("cases")]},
        "activities": activities,
        "flows": [],
    }


def _key(measure: Measure, end: float) -> Atlas:
    shown = measure.words(end) if end > TINY and np.isfinite(end) else ""
    return {"key": measure.key, "label": measure.label, "colours": stops(measure), "activity_end": shown}


def _words() -> dict[str, str]:
    return {
        "show": say("Show"),
        "selected": say("Picked"),
        "clear": say("Clear"),
        "pick": say("Click activities to pick the cases."),
        "on_cards": say("activities"),
        "on_flows": say("lines: how often, in the run of the model that fits each case best"),
        "map": say("Process model"),
        "larger": say("Larger"),
        "smaller": say("Smaller"),
        "whole": say("Whole model"),
        "broken": say("This diagram cannot be drawn here."),
    }
