"""The map at every level of detail as plain data: words, colours, places and curves, ready to be drawn in a browser.

Everything a person reads is written here, in the language in force; the browser only draws and moves.
"""

from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.colors import to_hex

from bko_mining.diagrams.layout import Layout
from bko_mining.discover.map_levels import MapLevel, MapLevels, MapView, map_levels
from bko_mining.discover.steps import END, START
from bko_mining.present.figures import HEAT, SEQUENTIAL
from bko_mining.present.lettering import text_width
from bko_mining.present.map_sketch import OUTER, QUIET, Card, Way, card, ink_on, sketch, way_width
from bko_mining.present.measures import (
    Measure,
    column,
    cost_column,
    fact_words,
    fills,
    hour_words,
    money_words,
    seconds,
    stops,
    time_words,
)
from bko_mining.words import duration, language, number, say, share_words

if TYPE_CHECKING:
    from bko_mining.discover.process_map import ProcessMap

Atlas = dict[str, Any]
TINY = 1e-9


def map_atlas(drawn: "ProcessMap", *, cost_per_hour: float | None = None, currency: str = "USD") -> Atlas:
    """Write the map of a log at every level of detail, the sliders near the map that was asked for."""
    log = drawn.log
    found = map_levels(log, with_stop=(len(drawn.nodes), len(drawn.table)))
    measures = list(_measures(log.has_starts, cost_per_hour, currency))
    cards = _cards(found, measures)
    return {
        "language": language(),
        "words": _words(),
        "markers": [START, END],
        "measures": [_key(measure, found) for measure in measures],
        "labels": {"activity": _labels(cost_per_hour, _ACTIVITY), "path": _labels(cost_per_hour, _PATH)},
        "activities": _activities(found, cards, measures, log.n_cases),
        "levels": [_level(level, found, cards, measures, log.n_cases) for level in found.levels],
        "start": list(_start(found, drawn)),
    }


def _start(found: MapLevels, drawn: "ProcessMap") -> tuple[int, int]:
    """The stops of the sliders that show what the map shows that was drawn."""
    sizes = [abs(len(level.activities) - len(drawn.nodes)) for level in found.levels]
    at = sizes.index(min(sizes))
    paths = [abs(view.n_paths - len(drawn.table)) for view in found.levels[at].views]
    return at, paths.index(min(paths))


def _measures(has_starts: bool, cost_per_hour: float | None, currency: str) -> list[Measure]:
    found = [
        Measure("n", say("How often"), SEQUENTIAL, column("n"), number),
        Measure("cases", say("Cases"), SEQUENTIAL, column("n_cases"), number),
        Measure("time", say("Median time"), HEAT, seconds("median_time"), time_words),
        Measure("hours", say("Hours in all"), HEAT, column("hours"), hour_words),
        Measure("rework", say("Done again"), HEAT, column("n_rework"), number),
    ]
    if cost_per_hour is not None and has_starts:
        found.append(Measure("cost", say("Cost of work"), HEAT, cost_column(cost_per_hour), money_words(currency)))
    return found


def _values(measure: Measure, table: pd.DataFrame) -> "tuple[pd.Series[float], float]":
    """The values of a table and the end of their scale; at the markers no time passes."""
    values = measure.column(table)
    if "source_activity" not in table:
        return values, max(float(values.max()), TINY)
    inner = (table["source_activity"] != START) & (table["target_activity"] != END)
    return values, max(float(values[inner].max()) if inner.any() else float(values.max()), TINY)


def _key(measure: Measure, found: MapLevels) -> Atlas:
    # Without starts activities have no time: then they have no scale.
    top = _values(measure, found.nodes)[1]
    return {
        "key": measure.key,
        "label": measure.label,
        "colours": stops(measure),
        "activity_end": measure.words(top) if top > TINY else "",
    }


def _cards(found: MapLevels, measures: list[Measure]) -> dict[str, Card]:
    """Cards wide enough for the words of every measure."""
    facts: dict[str, list[str]] = {name: [] for name in found.nodes["activity"]}
    for measure in measures:
        for name, value in zip(found.nodes["activity"], measure.column(found.nodes), strict=True):
            facts[name].append(fact_words(measure, value))
    return {name: card(name, max(texts, key=lambda text: text_width(text, 8.0))) for name, texts in facts.items()}


def _activities(found: MapLevels, cards: dict[str, Card], measures: list[Measure], n_cases: int) -> list[Atlas]:
    fills = {measure.key: _fills(measure, found.nodes) for measure in measures}
    rows = []
    for place, row in enumerate(found.nodes.to_dict("records")):
        shape, values = cards[row["activity"]], {m.key: float(m.column(found.nodes).iloc[place]) for m in measures}
        rows.append(
            {
                "name": row["activity"],
                "lines": shape.lines,
                "size": [round(shape.width, 1), round(shape.height, 1)],
                "facts": {m.key: fact_words(m, values[m.key]) for m in measures},
                "fills": {key: fill[place] for key, fill in fills.items()},
                "inks": {key: ink_on(fill[place]) for key, fill in fills.items()},
                "tip": _tip(row, n_cases, measures, values),
            }
        )
    return rows


def _fills(measure: Measure, table: pd.DataFrame) -> list[str]:
    return fills(measure, *_values(measure, table))


def _level(level: MapLevel, found: MapLevels, cards: dict[str, Card], measures: list[Measure], n_cases: int) -> Atlas:
    ways = _ways(level, measures)
    shown = {name: cards[name] for name in level.activities}
    return {
        "activities": level.activities,
        "paths": _paths(level, measures, n_cases),
        "path_ends": {measure.key: measure.words(_values(measure, level.paths)[1]) for measure in measures},
        "views": [_view(view, level, found, shown, ways, n_cases) for view in level.views],
    }


def _ways(level: MapLevel, measures: list[Measure]) -> list[Way]:
    """The ways with the widest of the words that will stand on them."""
    top = max(float(level.paths["n"].max()), 1.0)
    texts = [_path_words(measure, level.paths) for measure in measures]
    ways = []
    for place, row in enumerate(level.paths.to_dict("records")):
        words = max((text[place] for text in texts), key=lambda text: text_width(text, 7.6) if text else 0.0)
        width, weight = way_width(row["n"] / top), 1 + round(60 * row["n"] / top)
        ways.append(Way(row["source_activity"], row["target_activity"], words, width, QUIET, weight))
    return ways


def _path_words(measure: Measure, paths: pd.DataFrame) -> list[str]:
    """What stands on the paths: nothing where a time, a cost or a repeat is nothing."""
    return [measure.words(value) if value > 0 else "" for value in measure.column(paths)]


def _paths(level: MapLevel, measures: list[Measure], n_cases: int) -> list[Atlas]:
    paths, top = level.paths, max(float(level.paths["n"].max()), 1.0)
    texts = {measure.key: _path_words(measure, paths) for measure in measures}
    colours = {measure.key: _colours(measure, paths) for measure in measures}
    rows = []
    for place, row in enumerate(paths.to_dict("records")):
        outer = row["source_activity"] == START or row["target_activity"] == END
        width = way_width(row["n"] / top)
        values = {m.key: float(m.column(paths).iloc[place]) for m in measures}
        rows.append(
            {
                "ends": [row["source_activity"], row["target_activity"]],
                "width": round(min(width, 2.4) if outer else width, 2),
                "texts": {key: text[place] for key, text in texts.items()},
                "colours": {key: OUTER if outer else colour[place] for key, colour in colours.items()},
                "tip": _tip(row, n_cases, measures, values),
            }
        )
    return rows


def _colours(measure: Measure, paths: pd.DataFrame) -> list[str]:
    """Colours that can be seen as lines: never from the pale end of the scale."""
    values, end = _values(measure, paths)
    shares = [min(value / end, 1.0) for value in values]
    return [to_hex(measure.colours(0.3 + 0.7 * share)) if share > 0.02 else QUIET for share in shares]


def _view(
    view: MapView, level: MapLevel, found: MapLevels, cards: dict[str, Card], ways: list[Way], n_cases: int
) -> Atlas:
    places = sketch(cards, ways[: view.n_paths]).places
    return {
        "n": view.n_paths,
        "size": [_round(places.width), _round(places.height)],
        "nodes": {name: _flipped(point, places) for name, point in places.nodes.items()},
        "curves": [[v for point in spline for v in _flipped(point, places)] for spline in places.splines],
        "labels": [None if point is None else _flipped(point, places) for point in places.labels],
        "coverage": say("{share} of {cases} cases shown", share=share_words(view.cases_shown_share),
                        cases=number(n_cases)),
        "shown": say("{nodes} of {all_nodes} {all_nodes:activity|activities} · {paths} of {all_paths} "
                     "{all_paths:path|paths}",
                     nodes=number(len(level.activities)), all_nodes=number(found.n_activities),
                     paths=number(view.n_paths), all_paths=number(level.n_paths)),
    }  # fmt: skip


def _flipped(point: tuple[float, float], places: Layout) -> list[float]:
    """Browsers count downward."""
    return [_round(point[0]), _round(places.height - point[1])]


def _round(value: float) -> float:
    return round(value, 1)


_ACTIVITY = ("times done", "cases", "median time", "mean time", "90 of 100 take at most", "hours in all", "done again")
_PATH = (
    "times taken",
    "cases",
    "median time between",
    "mean time between",
    "90 of 100 take at most",
    "hours in all",
    "leads to something done before",
)


def _labels(cost_per_hour: float | None, names: tuple[str, ...]) -> list[str]:
    cost = [say("cost of the work")] if cost_per_hour is not None else []
    return [say(name) for name in names] + cost


def _tip(row: dict[Any, Any], n_cases: int, measures: list[Measure], values: dict[str, float]) -> list[str]:
    # Where no start is known, an activity has no time of its own.
    timed = "activity" not in row or row["hours"] > 0
    times = [duration(row[name].total_seconds()) if timed else "–" for name in ("median_time", "mean_time", "p90_time")]
    again = f"{number(row['n_rework'])} ({share_words(row['n_rework'] / row['n'])})"
    shown = [number(row["n"]), f"{number(row['n_cases'])} ({share_words(row['n_cases'] / n_cases)})", *times]
    cost = [measure.words(values["cost"]) for measure in measures if measure.key == "cost"]
    return [*shown, hour_words(row["hours"]) if timed else "–", again, *cost]


def _words() -> dict[str, str]:
    return {
        "activities": say("Activities"),
        "paths": say("Paths"),
        "show": say("Show"),
        "selected": say("Picked"),
        "clear": say("Clear"),
        "pick": say("Click an activity or a path to pick the cases that come along there."),
        "on_cards": say("activities"),
        "on_paths": say("paths"),
        "start": say("start"),
        "end": say("end"),
        "map": say("Process map"),
        "larger": say("Larger"),
        "smaller": say("Smaller"),
        "whole": say("Whole map"),
        "width": say("Width of a path: how often it is taken."),
    }
