"""The model with a heat overlay inside a page that travels: bpmn-js and our script, without a kernel, offline."""

from typing import TYPE_CHECKING

from markupsafe import Markup

from bko_mining.present.living_map import living
from bko_mining.present.model_atlas import conformance_atlas, model_atlas
from bko_mining.present.model_widget import model_script

if TYPE_CHECKING:
    from bko_mining.discover.conformance import Conformance
    from bko_mining.discover.process_model import ProcessModel


def living_model(model: "ProcessModel") -> Markup:
    """Write a model as HTML: the picture, and the script that puts the diagram to play with in its place."""
    return living(model.plot(), model_atlas(model), model_script(), "ProcessModelView")


def living_conformance(found: "Conformance") -> Markup:
    """Write where cases leave a model as HTML, likewise."""
    return living(found.plot(), conformance_atlas(found), model_script(), "ProcessModelView")
