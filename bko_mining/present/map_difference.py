"""Two maps compared as pictures: one map of differences, or both maps beside each other."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from bko_mining.diagrams.layout import Layout
from bko_mining.diagrams.wrapping import shrinks
from bko_mining.discover.steps import END, START
from bko_mining.present.figures import DIVERGING, INK, MUTED, SEQUENTIAL, house_style
from bko_mining.present.map_painter import map_axes, paint, paint_foot, paint_keys
from bko_mining.present.map_sketch import OUTER, QUIET, Card, Sketch, Way, card, ink_on, sketch, way_width
from bko_mining.words import duration, number, percent, say, share_words

if TYPE_CHECKING:
    from bko_mining.discover.map_difference import MapDifference

GAP, TITLE = 60.0, 26.0

Side = Literal["before", "after"]


def plot_map_difference(found: "MapDifference", *, ax: Axes | None = None) -> Axes:
    """Draw one map of differences: orange where it became more, blue where less, grey and dashed within chance."""
    if found.beside:
        return plot_side_by_side(found, ax=ax)
    with house_style():
        scale = _scale(found)
        drawn = sketch(
            {row.activity: _card(row, found, scale) for row in _rows(found.nodes)},
            [_way(row, found, scale) for row in _rows(found.table)],
        )
        width = drawn.places.width
        axes = map_axes(ax, width, drawn.places.height)
        paint(axes, drawn)
        # Where all is chance there is no scale.
        paint_keys(axes, width, [(_key(found), DIVERGING, _ends(found, scale))] if _any_clear(found) else [])
        paint_foot(axes, width, _chance(found), _shown(found))
    return axes


def plot_side_by_side(found: "MapDifference", *, ax: Axes | None = None) -> Axes:
    """Draw both maps beside or above each other, everything at the same place in both; what a log lacks is faint."""
    with house_style():
        left, right = (_side(found, "before"), _side(found, "after"))
        # One layout for both: the words of the two sides need the room of the wider.
        common = sketch(
            {name: _wider(left[0][name], right[0][name]) for name in left[0]},
            [max(pair, key=lambda way: len(way.text)) for pair in zip(left[1], right[1], strict=True)],
        )
        steps, width, height = _arranged(common.places)
        axes = map_axes(ax, width, height)
        for place, (cards, ways) in enumerate((left, right)):
            x, y = steps[place]
            paint(axes, Sketch(_fitted(cards, common.cards), tuple(ways), common.places.moved(x, y)))
            n = (found.n_before, found.n_after)[place]
            title = f"{found.names[place]} · {say('{cases} {cases:case|cases}', cases=number(n))}"
            axes.text(
                x, y + common.places.height + TITLE / 2, title, fontsize=11.5, weight="bold", color=INK, va="center"
            )
        paint_keys(axes, width, [(say("share of cases"), SEQUENTIAL, f"0 – {percent(1)}")])
        paint_foot(axes, width, _meaning(found), _shown(found))
    return axes


def _arranged(places: Layout) -> tuple[tuple[tuple[float, float], ...], float, float]:
    """Where the two maps go, and the size of both: beside each other, or one above the other where they are wide."""
    width, height = places.width, places.height + TITLE
    if shrinks(2 * width + GAP, height) <= shrinks(width, 2 * height + GAP):
        return ((0.0, 0.0), (width + GAP, 0.0)), 2 * width + GAP, height
    return ((0.0, height + GAP), (0.0, 0.0)), width, 2 * height + GAP


def _side(found: "MapDifference", side: Side) -> tuple[dict[str, Card], list[Way]]:
    cards, ways = {}, []
    for row in _rows(found.nodes):
        share = getattr(row, f"{side}_share")
        plain = card(row.activity, _level(row, side, found.shows), shade=share)
        cards[row.activity] = plain if share else replace(plain, fill="#f5f5f5", ink=MUTED)
    for row in _rows(found.table):
        share = getattr(row, f"{side}_share")
        colour = QUIET if share == 0 else OUTER if _outer(row) else to_hex(SEQUENTIAL(0.35 + 0.55 * share))
        text = _level(row, side, found.shows) if share else "–"
        ways.append(_sized(row, Way(row.source_activity, row.target_activity, text, 0, colour), share, share == 0))
    return cards, ways


def _level(row: Any, side: Side, shows: str) -> str:
    share = share_words(getattr(row, f"{side}_share"))
    time = getattr(row, f"{side}_mean_time")
    if shows == "cases" or pd.isna(time) or time.total_seconds() == 0:
        return share
    return f"{share} · {duration(time.total_seconds(), brief=True)}"


def _wider(one: Card, other: Card) -> Card:
    return one if one.width >= other.width else other


def _fitted(cards: dict[str, Card], common: dict[str, Card]) -> dict[str, Card]:
    return {name: replace(card, width=common[name].width, height=common[name].height) for name, card in cards.items()}


def _card(row: Any, found: "MapDifference", scale: float) -> Card:
    plain = card(row.activity, _change(row, found))
    value, clear = _difference(row, found)
    fill = to_hex(DIVERGING(0.5 + 0.5 * value / scale)) if clear else "#f5f5f5"
    return replace(plain, fill=fill, ink=ink_on(fill))


def _way(row: Any, found: "MapDifference", scale: float) -> Way:
    value, clear = _difference(row, found)
    colour = _strong(value / scale) if clear else QUIET
    share = max(row.before_share, row.after_share)
    way = Way(row.source_activity, row.target_activity, _change(row, found), 0, colour)
    return _sized(row, way, share, not clear)


def _sized(row: Any, way: Way, share: float, dashed: bool) -> Way:
    weight = 1 + round(60 * max(row.before_share, row.after_share))
    width = way_width(min(share, 1.0))
    return replace(way, width=min(width, 2.6) if dashed else width, weight=weight, dashed=dashed)


def _strong(share: float) -> str:
    """A colour of the diverging scale that can be seen as a line: never from its pale middle."""
    return to_hex(DIVERGING(0.5 + (0.22 + 0.28 * min(abs(share), 1.0)) * (1 if share > 0 else -1)))


def _difference(row: Any, found: "MapDifference") -> tuple[float, bool]:
    if found.shows == "cases":
        return float(row.difference_share), bool(row.clear)
    if pd.isna(row.before_mean_time) or pd.isna(row.after_mean_time):
        return 0.0, False
    return (row.after_mean_time - row.before_mean_time).total_seconds(), bool(row.time_clear)


def _change(row: Any, found: "MapDifference") -> str:
    if found.shows == "cases":
        old, new = share_words(row.before_share), share_words(row.after_share)
        return old if old == new else f"{old} → {new}"
    times = [row.before_mean_time, row.after_mean_time]
    if _outer(row) or all(pd.isna(time) or time.total_seconds() == 0 for time in times):
        return ""
    old, new = ("–" if pd.isna(time) else duration(time.total_seconds(), brief=True) for time in times)
    return old if old == new else f"{old} → {new}"


def _scale(found: "MapDifference") -> float:
    differences = [_difference(row, found) for table in (found.nodes, found.table) for row in _rows(table)]
    return max((abs(value) for value, clear in differences if clear), default=1.0) or 1.0


def _any_clear(found: "MapDifference") -> bool:
    return any(_difference(row, found)[1] for table in (found.nodes, found.table) for row in _rows(table))


def _ends(found: "MapDifference", scale: float) -> str:
    if found.shows == "cases":
        return say("−{n} … +{n} percentage points", n=number(100 * scale, 0 if scale >= 0.1 else 1))
    return f"−{duration(scale)} … +{duration(scale)}"


def _key(found: "MapDifference") -> str:
    if found.shows == "cases":
        return say("difference in the share of cases")
    return say("difference in the mean time")


def _chance(found: "MapDifference") -> str:
    return say(
        "{before} ({n_before} {n_before:case|cases}) → {after} ({n_after} {n_after:case|cases}). "
        "Coloured: more than chance, judged for all paths together (5 % false discoveries). Grey and "
        "dashed: within chance.",
        before=found.names[0],
        after=found.names[1],
        n_before=number(found.n_before),
        n_after=number(found.n_after),
    )


def _meaning(found: "MapDifference") -> str:
    if found.shows == "cases":
        return say("On cards and paths: share of the cases that come along there. Dashed: not in this log.")
    return say("On cards and paths: share of the cases that come along there · mean time. Dashed: not in this log.")


def _shown(found: "MapDifference") -> str:
    return say(
        "{nodes} of {all_nodes} {all_nodes:activity|activities} · {paths} of {all_paths} {all_paths:path|paths}",
        nodes=number(len(found.nodes)),
        all_nodes=number(found.n_activities),
        paths=number(len(found.table)),
        all_paths=number(found.n_paths),
    )


def _outer(row: Any) -> bool:
    return getattr(row, "source_activity", "") == START or getattr(row, "target_activity", "") == END


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    return table.itertuples()
