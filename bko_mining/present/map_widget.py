"""The process map with sliders, for JupyterLab and voila; its script and styles travel with the package."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from bko_mining.discover.map_levels import cases_along
from bko_mining.present.map_atlas import map_atlas

if TYPE_CHECKING:
    from bko_mining.discover.process_map import ProcessMap
    from bko_mining.log.event_log import EventLog


@cache
def asset(name: str) -> str:
    """Return a script or a style sheet of the package as text."""
    return files("bko_mining.present").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def script(name: str) -> str:
    """Return the script of a living view with what all of them share, as one module."""
    return f"{asset('living.js')}\n{asset(name)}"


class ProcessMapWidget(anywidget.AnyWidget):
    """A process map to play with.

    Attributes
    ----------
    selected : list
        What was clicked: names of activities, and paths as pairs of names. It can be set from Python too.
    level : list of int
        Where the sliders of activities and paths stand.
    measure : str
        What colours and numbers say: ``n``, ``cases``, ``time``, ``hours``, ``rework`` or ``cost``.
    """

    _esm = script("process_map.js")
    _css = asset("process_map.css")

    atlas = traitlets.Dict().tag(sync=True)
    selected: Any = traitlets.List().tag(sync=True)
    level: Any = traitlets.List().tag(sync=True)
    measure = traitlets.Unicode("n").tag(sync=True)

    def __init__(self, log: "EventLog", **traits: Any) -> None:
        super().__init__(**traits)
        self._log = log

    def __repr__(self) -> str:
        level, view = self.level
        shown = self.atlas["levels"][level]["views"][view]
        return f"<ProcessMapWidget: {shown['coverage']} · {shown['shown']}>"

    @property
    def log(self) -> "EventLog":
        """The log of the cases that come along everything picked; the whole log where nothing is.

        Raises
        ------
        LogError
            If no case comes along all of it.
        """
        if not self.selected:
            return self._log
        activities = self.atlas["levels"][self.level[0]]["activities"]
        return cases_along(self._log, activities, self.selected)


def map_widget(found: "ProcessMap", *, cost_per_hour: float | None = None, currency: str = "USD") -> ProcessMapWidget:
    """Make the widget of a map, the sliders where it stands."""
    atlas = map_atlas(found, cost_per_hour=cost_per_hour, currency=currency)
    return ProcessMapWidget(found.log, atlas=atlas, level=atlas["start"])
