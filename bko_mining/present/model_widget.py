"""The model with a heat overlay, for JupyterLab and voila: bpmn-js draws the BPMN, our script colours it."""

from functools import cache
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import traitlets

from bko_mining.errors import LogError
from bko_mining.present.map_widget import asset, script
from bko_mining.present.model_atlas import conformance_atlas, model_atlas
from bko_mining.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bko_mining.discover.conformance import Conformance
    from bko_mining.discover.process_model import ProcessModel
    from bko_mining.log.event_log import EventLog


@cache
def model_script() -> str:
    """Return the script of the view with the viewer in it (unchanged, see ``assets/bpmn-js/ORIGIN.md``)."""
    viewer = asset("bpmn-js/viewer.min.js")
    wrapped = f"const bpmn = {{ exports: {{}} }};\n(function (module, exports) {{\n{viewer}\n}})(bpmn, bpmn.exports);"
    return f"{wrapped}\n{script('process_model.js')}"


class ModelWidget(anywidget.AnyWidget):
    """A process model to play with.

    Attributes
    ----------
    selected : list of str
        The activities that were clicked. It can be set from Python too.
    measure : str
        What colours and numbers say: ``n``, ``cases``, ``rework``, ``time``, ``wait``, ``waits``; of a conformance
        check also ``deviating`` and ``extra``.
    """

    _esm = model_script()
    _css = asset("process_map.css")

    atlas = traitlets.Dict().tag(sync=True)
    selected: Any = traitlets.List().tag(sync=True)
    measure = traitlets.Unicode().tag(sync=True)

    def __init__(self, log: "EventLog | None", cases: "Callable[[str], NDArray[np.bool_]]", **traits: Any) -> None:
        super().__init__(**traits)
        self._log, self._cases = log, cases

    def __repr__(self) -> str:
        return f"<ModelWidget: {self.atlas['summary']}>"

    @property
    def log(self) -> "EventLog":
        """The log of the cases that were picked (all of the activities, or deviate at all); the whole log if none was.

        Raises
        ------
        LogError
            If there is no log, an activity is not one of the model, or no case was picked.
        """
        if self._log is None:
            raise LogError("this model was not measured on a log; use model_quality(log, model).interactive()")
        if not self.selected:
            return self._log
        known = {activity["name"] for activity in self.atlas["activities"]}
        for name in self.selected:
            if name not in known:
                raise LogError(f"the model does not have {name!r}; pick an activity of it")
        mask = np.logical_and.reduce([self._cases(name) for name in self.selected])
        return self._log.take_cases(
            mask, because=say("cases of {picked} on the model", picked=", ".join(self.selected))
        )


def model_widget(model: "ProcessModel") -> ModelWidget:
    """Make the widget of a model; what is picked are the cases that do the activities."""
    atlas = model_atlas(model)
    return ModelWidget(model.log, lambda name: _doing(model.log, name), atlas=atlas, measure=_first(atlas))


def conformance_widget(found: "Conformance") -> ModelWidget:
    """Make the widget of a conformance check; what is picked are the cases that deviate at the activities."""
    atlas = conformance_atlas(found)
    return ModelWidget(found.log, found.cases_at, atlas=atlas, measure=_first(atlas))


def _first(atlas: dict[str, Any]) -> str:
    return str(atlas["measures"][0]["key"]) if atlas["measures"] else ""


def _doing(log: "EventLog | None", name: str) -> "NDArray[np.bool_]":
    assert log is not None
    done = np.zeros(log.n_cases, bool)
    if name in log.activities:
        done[log.case[log.activity == log.activities.index(name)]] = True
    return done
