"""The process map with sliders inside a page that travels: drawn by the same script, without a kernel, offline."""

from json import dumps
from typing import TYPE_CHECKING

from markupsafe import Markup

from bko_mining.present.figures import svg_text
from bko_mining.present.map_atlas import map_atlas
from bko_mining.present.map_widget import asset
from bko_mining.present.pages import PageTable, Section, page
from bko_mining.present.tables import html_table
from bko_mining.words import say

if TYPE_CHECKING:
    from bko_mining.discover.process_map import ProcessMap


def map_page(found: "ProcessMap") -> str:
    """Write the map as a page of its own."""
    return page(found.summary, [map_section(found, say("The answer"), rows=200)])


def map_section(found: "ProcessMap", title: str, *, rows: int = 12, folded: bool = False) -> Section:
    """Make a section of a map: its sentence, the map with sliders, and its table."""
    caption = say("The numbers behind it") if folded else ""
    return Section(
        title=title,
        lead=found.summary,
        pictures=(living_map(found),),
        tables=(PageTable(html_table(found.table, rows=rows), caption, folded),),
    )


def living_map(found: "ProcessMap") -> Markup:
    """Write the map as HTML: the picture, and the script that puts the map with sliders in its place.

    Where scripts are not run (some mail readers), the picture stays.
    """
    data = dumps(map_atlas(found.log), ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    script = asset("process_map.js").replace("export default { render };", "")
    return Markup(
        f'<style>{asset("process_map.css")}</style><div class="bko-living-map">{svg_text(found.plot())}</div>'
        f'<script type="module">{script}\n'
        f'new ProcessMapView(document.querySelector(".bko-living-map"), {data});</script>'
    )
