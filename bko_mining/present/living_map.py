"""The process map with sliders inside a page that travels: drawn by the same script, without a kernel, offline."""

from json import dumps
from typing import TYPE_CHECKING

from markupsafe import Markup
from matplotlib.axes import Axes

from bko_mining.present.figures import svg_text
from bko_mining.present.map_atlas import Atlas, map_atlas
from bko_mining.present.map_widget import asset, script

if TYPE_CHECKING:
    from bko_mining.discover.process_map import ProcessMap

# Scripts run in the order of the page: each takes the next picture that nobody has taken.
_PLACE = 'const host = document.querySelector(".bko-living:not([data-drawn])"); host.dataset.drawn = "";'
_EXPORT = "export default { render };"


def living_map(found: "ProcessMap") -> Markup:
    """Write the map as HTML: the picture, and the script that puts the map with sliders in its place.

    Where scripts are not run (some mail readers), the picture stays.
    """
    return living(found.plot(), map_atlas(found), script("process_map.js"), "ProcessMapView")


def living(picture: Axes, atlas: Atlas, code: str, view: str) -> Markup:
    """Write a picture, and the script that puts a living view of an atlas in its place."""
    data = dumps(atlas, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return Markup(
        f'<style>{asset("process_map.css")}</style><div class="bko-living">{svg_text(picture)}</div>'
        f'<script type="module">{code.replace(_EXPORT, "")}\n{_PLACE}\nnew {view}(host, {data});</script>'
    )
