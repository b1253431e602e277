"""The process map as a picture: activities as cards, paths as curves, what is hidden said at the foot."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.colors import Colormap, to_hex

from bko_mining.discover.steps import END, START
from bko_mining.present.figures import HEAT, SEQUENTIAL, house_style
from bko_mining.present.map_painter import map_axes, paint, paint_foot, paint_keys
from bko_mining.present.map_sketch import OUTER, QUIET, Card, Sketch, Way, card, path_words, sketch, way_width
from bko_mining.words import duration, number, say, share_words

if TYPE_CHECKING:
    import pandas as pd

    from bko_mining.discover.process_map import ProcessMap


def plot_process_map(found: "ProcessMap", *, ax: Axes | None = None) -> Axes:
    """Draw a process map.

    The darker a card, the more often its activity is done; the wider a path, the more often it is taken; the warmer its
    colour, the more hours pass on it. Numbers on cards: how often, and the median time from start to end. Numbers on
    paths: how often, and the median time that passes. Where the map is coloured by time or rework, cards and paths are
    the warmer the longer they take or the more often they do something again.
    """
    with house_style():
        drawn = map_sketch(found)
        width = drawn.places.width
        axes = map_axes(ax, width, drawn.places.height)
        paint(axes, drawn)
        paint_keys(axes, width, _keys(found))
        paint_foot(axes, width, coverage(found), _meaning(found))
    return axes


def map_sketch(found: "ProcessMap") -> Sketch:
    """Lay a process map out and give it the colours of its measure."""
    return sketch(_cards(found), _ways(found))


def coverage(found: "ProcessMap") -> str:
    """Say how much of the process is shown."""
    return say(
        "{share} of {cases} {cases:case|cases} run wholly along the paths shown · {nodes} of "
        "{all_nodes} {all_nodes:activity|activities} · {paths} of {all_paths} {all_paths:path|paths}",
        share=share_words(found.cases_shown_share),
        cases=number(found.n_cases),
        nodes=number(len(found.nodes)),
        all_nodes=number(found.n_activities),
        paths=number(len(found.table)),
        all_paths=number(found.n_paths),
    )


def _cards(found: "ProcessMap") -> dict[str, Card]:
    cool = _cool_cards(found)
    values = found.nodes["n"].astype(float) if cool else _warmth(found.nodes, found.colour)
    top = max(float(values.max()), 1e-9)
    return {
        row.activity: card(row.activity, _fact(row, found), shade=value / top, colours=SEQUENTIAL if cool else HEAT)
        for row, value in zip(_rows(found.nodes), values, strict=True)
    }


def _cool_cards(found: "ProcessMap") -> bool:
    """Whether cards say how often: always, but where their own time or rework is the measure."""
    return found.colour == "hours" or (found.colour == "time" and not found.starts_known)


def _fact(row: Any, found: "ProcessMap") -> str:
    often, time = f"{number(row.n)} ×", row.median_time.total_seconds()
    if found.colour == "rework":
        return often + (f"  ·  {say('{share} again', share=share_words(row.n_rework / row.n))}" if row.n_rework else "")
    return often + (f"  ·  {duration(time, brief=True)}" if found.starts_known and time > 0 else "")


def _ways(found: "ProcessMap") -> list[Way]:
    paths = found.table
    top, values = float(paths["n"].max()), _warmth(paths, found.colour)
    # No time passes at the markers: they have no part in the scale.
    inner = (paths["source_activity"] != START) & (paths["target_activity"] != END)
    warmest = max(float(values[inner].max()) if inner.any() else 0.0, 1e-9)
    ways = []
    for row, value in zip(_rows(paths), values, strict=True):
        outer = row.source_activity == START or row.target_activity == END
        width = way_width(row.n / top)
        colour = OUTER if outer else _warm(value / warmest)
        text = _path_text(row, found.colour)
        width = min(width, 2.4) if outer else width
        ways.append(Way(row.source_activity, row.target_activity, text, width, colour, 1 + round(60 * row.n / top)))
    return ways


def _path_text(row: Any, colour: str) -> str:
    if colour == "rework":
        return number(row.n) + (f" · {say('{n} again', n=number(row.n_rework))}" if row.n_rework else "")
    return path_words(row)


def _warmth(table: "pd.DataFrame", colour: str) -> "pd.Series[float]":
    if colour == "time":
        seconds: pd.Series[float] = table["median_time"].dt.total_seconds()
        return seconds
    warmth: pd.Series[float] = table["hours" if colour == "hours" else "n_rework"].astype(float)
    return warmth


def _warm(share: float) -> str:
    return to_hex(HEAT(0.3 + 0.7 * share)) if share > 0.02 else QUIET


def _keys(found: "ProcessMap") -> list[tuple[str, Colormap, str]]:
    paths, nodes = found.table, found.nodes
    often = (say("how often it is done"), SEQUENTIAL, f"0 – {number(float(nodes['n'].max()))}")
    if found.colour == "hours":
        return [often, (say("hours that pass"), HEAT, f"0 – {number(float(paths['hours'].max()))} h")]
    if found.colour == "time":
        work, between = (duration(float(_warmth(table, "time").max())) for table in (nodes, paths))
        cards = often if _cool_cards(found) else (say("median time of work"), HEAT, f"0 – {work}")
        return [cards, (say("median time between"), HEAT, f"0 – {between}")]
    again, back = (number(float(table["n_rework"].max())) for table in (nodes, paths))
    return [(say("done again"), HEAT, f"0 – {again}"), (say("steps to something done before"), HEAT, f"0 – {back}")]


def _meaning(found: "ProcessMap") -> str:
    if found.colour == "rework":
        return say("On cards: how often · share that is not the first time in its case. On paths: how often · how "
                   "often to an activity the case has seen before.")  # fmt: skip
    if not found.starts_known:
        return say("On cards: how often. On paths: how often · median time from end to end (the log has no starts).")
    return say("On cards: how often · median time. On paths: how often · median time between.")


def _rows(table: "pd.DataFrame") -> Iterator[Any]:
    return table.itertuples()
