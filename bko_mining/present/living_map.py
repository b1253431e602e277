"""The process map with sliders inside a page that travels: drawn by the same script, without a kernel, offline."""

from json import dumps
from typing import TYPE_CHECKING

from markupsafe import Markup

from bko_mining.present.figures import svg_text
from bko_mining.present.map_atlas import map_atlas
from bko_mining.present.map_widget import asset

if TYPE_CHECKING:
    from bko_mining.discover.process_map import ProcessMap

# Scripts run in the order of the page: each takes the next picture that nobody has taken.
_PLACE = 'const host = document.querySelector(".bko-living:not([data-drawn])"); host.dataset.drawn = "";'


def living_map(found: "ProcessMap") -> Markup:
    """Write the map as HTML: the picture, and the script that puts the map with sliders in its place.

    Where scripts are not run (some mail readers), the picture stays.
    """
    data = dumps(map_atlas(found), ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    script = asset("process_map.js").replace("export default { render };", "")
    return Markup(
        f'<style>{asset("process_map.css")}</style><div class="bko-living">{svg_text(found.plot())}</div>'
        f'<script type="module">{script}\n{_PLACE}\nnew ProcessMapView(host, {data});</script>'
    )
