"""Before and after as one page: what changed, where on the map, and which ways of cases came and went."""

from typing import TYPE_CHECKING

import pandas as pd

from bko_mining.analyse.comparing import level
from bko_mining.present.pages import PageTable, Section, page, picture_of
from bko_mining.present.tables import html_table
from bko_mining.words import percent, say

if TYPE_CHECKING:
    from bko_mining.analyse.comparing import LogComparison

MOST = 15


def before_after_page(found: "LogComparison") -> str:
    """Write the figures with their intervals, the map of differences and the variants as one page."""
    return page(say("Before and after"), [_figures(found), _map(found), _variants(found)])


def _figures(found: "LogComparison") -> Section:
    table = found.table
    words = pd.DataFrame(
        {
            "kpi": table["kpi"],
            **{
                side: [level(kpi, value, found.currency) for kpi, value in zip(table["kpi"], table[side], strict=True)]
                for side in ("before", "after")
            },
            "change_share": table["change_share"],
            "95 % interval": [
                say("{low} to {high}", low=percent(low), high=percent(high)) if low == low else "–"
                for low, high in zip(table["low_share"], table["high_share"], strict=True)
            ],
            "changed": table["changed"].astype(bool),
        }
    )
    return Section(
        say("What changed"),
        lead=found.summary,
        pictures=(picture_of(found),),
        tables=(PageTable(html_table(words, rows=len(words))),),
        note=say("Changed: clear when all figures are judged together (95 %)."),
    )


def _map(found: "LogComparison") -> Section:
    drawn = found.difference_map
    return Section(say("Where cases go another way"), lead=drawn.summary, pictures=(picture_of(drawn),))


def _variants(found: "LogComparison") -> Section:
    columns = ["variant", "status", "n_before", "n_after", "before_share", "after_share", "changed"]
    counts = found.variants["status"].value_counts()
    lead = say(
        "{new} {new:variant is|variants are} only in the log after, {gone} only in the log before.",
        new=int(counts.get("appeared", 0)),
        gone=int(counts.get("vanished", 0)),
    )
    table = html_table(found.variants[columns], rows=MOST)
    return Section(
        say("Ways of cases that came and went"),
        lead=" ".join((lead, *found.variants_words)),
        tables=(PageTable(table, say("The largest differences first")),),
    )
