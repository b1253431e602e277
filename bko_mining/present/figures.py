"""How every picture looks: one typeface, one palette, one way to open and to save a figure.

The typeface (Inter, SIL Open Font Licence) travels with the package, so a picture has the same bytes on every machine.
Colours are told apart by people with the common colour-vision deficiencies; causes of waiting always wear the same one.
"""

import textwrap
from contextlib import contextmanager
from functools import wraps
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import matplotlib as mpl
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator

from bko_mining.words import day, number, percent, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)

INK = "#1f2a37"
MUTED = "#667383"
FAINT = "#dfe5ea"
PAPER = "#ffffff"
BLUE = "#0b6e99"
ORANGE = "#d9730d"
PALETTE = (BLUE, ORANGE, "#3d8b6e", "#b4462f", "#7a6bb0", "#5aa9c9", "#a8923a", "#8a8f98")
"""Categorical colours, in the order to use them."""

CAUSE_COLOURS = {
    "processing": "#0b6e99",
    "batching": "#7a6bb0",
    "prioritisation": "#a8923a",
    "contention": "#d9730d",
    "unavailability": "#8fb8cc",
    "extraneous": "#b9bfc7",
}
"""Working time and the causes of waiting, the same in every picture."""

SEQUENTIAL = LinearSegmentedColormap.from_list("bko_sequential", ["#eef4f7", "#9cc7da", "#3a8fb5", "#0b4f6c"])
HEAT = LinearSegmentedColormap.from_list("bko_heat", ["#fdf3e7", "#f6c38b", "#e38b3a", "#a8480a"])
DIVERGING = LinearSegmentedColormap.from_list("bko_diverging", ["#0b6e99", "#b7d6e3", "#f5f5f5", "#f4cfa4", "#c25e06"])

DPI = 144
_FONTS = Path(__file__).parent / "fonts"
_STYLE: Any = {
    "font.family": ["Inter", "DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.prop_cycle": cycler(color=PALETTE),
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": PAPER,
    "figure.dpi": DPI,
    "text.parse_math": False,  # names in a log may hold dollar signs
    "svg.hashsalt": "bko_mining",
    "svg.fonttype": "path",
}


class Plot(Protocol[R_contra]):
    """A finished plot function: draws a result on the given axes, or on new ones, and returns them."""

    def __call__(self, result: R_contra, *, ax: Axes | None = None) -> Axes:
        """Draw ``result``."""
        ...


def plot(width: float = 7.2, height: float = 3.6) -> "Callable[[Callable[[R, Axes], None]], Plot[R]]":
    """Make a plot function of one that only draws: it opens axes where none are given and sets the house style.

    The function decorated takes the result and the ``Axes``; the one it becomes is called as
    ``plot_x(result, *, ax=None)`` and returns the ``Axes``. Sizes are inches.
    """

    def decorate(draw: "Callable[[R, Axes], None]") -> "Plot[R]":
        @wraps(draw)
        def drawn(result: R, *, ax: Axes | None = None) -> Axes:
            with house_style():
                axes = new_axes(width, height) if ax is None else ax
                if _is_empty(result):
                    say_why_empty(result, axes)
                else:
                    draw(result, axes)
            return axes

        return drawn

    return decorate


def _is_empty(result: object) -> bool:
    table = getattr(result, "table", None)
    return isinstance(table, pd.DataFrame) and table.empty


def say_why_empty(result: object, axes: Axes) -> None:
    """An answer without rows has a sentence where its picture would be."""
    write_instead(getattr(result, "summary", "") or say("There is nothing to draw."), axes)


def write_instead(words: str, axes: Axes) -> None:
    """Write a sentence where there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, textwrap.fill(words, 60), ha="center", va="center", color=MUTED, fontsize=10.5)


@contextmanager
def house_style() -> "Iterator[None]":
    """Draw in the house style within a ``with`` block; the user's own matplotlib settings are left alone."""
    _register_fonts()
    with mpl.rc_context(_STYLE):
        yield


def new_axes(width: float = 7.2, height: float = 3.6) -> Axes:
    """Open a figure of its own, outside pyplot, so that nothing is shown twice or kept alive (inches)."""
    with house_style():
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        return figure.add_subplot()


def save_png(axes: Axes, target: str | Path | BytesIO, *, dpi: int = DPI) -> None:
    """Write the figure of an ``Axes`` as PNG; the same picture always has the same bytes."""
    _save(axes, target, format="png", dpi=dpi, metadata={"Software": None})


def save_svg(axes: Axes, target: str | Path | BytesIO) -> None:
    """Write the figure of an ``Axes`` as SVG; the same picture always has the same bytes."""
    _save(axes, target, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))


def png_bytes(axes: Axes, *, dpi: int = DPI) -> bytes:
    """Return the figure of an ``Axes`` as PNG."""
    buffer = BytesIO()
    save_png(axes, buffer, dpi=dpi)
    return buffer.getvalue()


def svg_text(axes: Axes) -> str:
    """Return the figure of an ``Axes`` as SVG text without the XML prologue, ready to stand in a page."""
    buffer = BytesIO()
    save_svg(axes, buffer)
    text = buffer.getvalue().decode("utf-8")
    return text[text.index("<svg") :]


def number_ticks(axis: Any, digits: int = 0) -> None:
    """Write the ticks of an axis as numbers of the language in force."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, digits)))


def percent_ticks(axis: Any, *, exact: bool = False) -> None:
    """Write the ticks of an axis (shares of one) as percentages; ``exact``: with a decimal where a tick needs it."""

    def text(value: float, _: int) -> str:
        whole = abs(100 * value - round(100 * value)) < 0.01
        return percent(value, 0 if whole or not exact else 1)

    axis.set_major_formatter(FuncFormatter(text))


def duration_ticks(axis: Any, *, most: int = 86_400) -> None:
    """Put the ticks of an axis (seconds) at whole minutes, hours or days and write all of them in that unit.

    ``most`` is the largest unit, in seconds: 3600 for working time, whose days do not have 24 hours.
    """
    axis.set_major_locator(WholeUnits(most, nbins=6, steps=[1, 2, 5, 10]))

    def text(value: float, _: int) -> str:
        size, name = _unit(max(axis.get_view_interval()), most)
        return f"{number(value / size, 0 if value % size == 0 else 1)} {name}"

    axis.set_major_formatter(FuncFormatter(text))


def _unit(longest: float, most: int) -> tuple[int, str]:
    """The unit in which a duration reads best."""
    units = ((86400, "d"), (3600, "h"), (60, "min"))
    return next(((size, name) for size, name in units if size <= most and longest >= 2 * size), (1, "s"))


class WholeUnits(MaxNLocator):
    """Ticks at round numbers of the unit in which the durations will be written."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.most = most

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Ticks between two durations in seconds."""
        unit, _ = _unit(vmax, self.most)
        return np.asarray(super().tick_values(vmin / unit, vmax / unit)) * unit


def date_ticks(axis: Any, timezone: str) -> None:
    """Put the ticks of an axis (seconds since 1970 UTC) at beginnings of days, months or years on a clock."""
    axis.set_major_locator(WholeDays(timezone))
    axis.set_major_formatter(
        FuncFormatter(lambda at, _: day(pd.Timestamp(at, unit="s", tz="UTC").tz_convert(timezone)))
    )


class WholeDays(Locator):
    """Ticks at midnight: of every so many days, of Mondays, of first days of months or of years."""

    STEPS = ("D", "2D", "W-MON", "2W-MON", "MS", "2MS", "QS", "2QS", "YS", "2YS", "5YS", "10YS")

    def __init__(self, timezone: str, most: int = 7) -> None:
        self.timezone, self.most = timezone, most

    def __call__(self) -> Any:
        """Ticks between the limits of the axis."""
        low, high = self.axis.get_view_interval() if self.axis is not None else (0.0, 86_400.0)
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Ticks between two instants in seconds."""
        first, last = (pd.Timestamp(at, unit="s", tz="UTC").tz_convert(self.timezone) for at in sorted((vmin, vmax)))
        days = max((last - first).days, 1)
        lengths = (1, 2, 7, 14, 30.4, 61, 91, 183, 365, 731, 1826, 3653)
        step = next((step for step, size in zip(self.STEPS, lengths, strict=True) if days / size <= self.most), "10YS")
        at = pd.date_range(first.tz_localize(None).normalize(), last.tz_localize(None), freq=step)
        at = at.tz_localize(self.timezone, nonexistent="shift_forward", ambiguous="NaT").dropna()
        seconds = at.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        return seconds[(seconds >= min(vmin, vmax)) & (seconds <= max(vmin, vmax))]


def footnote(axes: Axes, text: str) -> None:
    """Put what a reader must know (n, seed, what is hidden) below a picture in small type."""
    axes.annotate(
        text,
        xy=(0, 0),
        xycoords="axes fraction",
        xytext=(0, -34),
        textcoords="offset points",
        fontsize=7.5,
        color=MUTED,
        va="top",
    )


def _save(axes: Axes, target: str | Path | BytesIO, **options: Any) -> None:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("the axes belong to no figure; draw again and save the axes that the plot returns")
    with house_style():
        figure.savefig(target, bbox_inches="tight", pad_inches=0.12, **options)


def _register_fonts() -> None:
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for file in sorted(_FONTS.glob("*.ttf")):
        if str(file) not in known:
            font_manager.fontManager.addfont(str(file))
