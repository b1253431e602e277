"""The replay in a notebook and as a page that travels; a slider of time where scripts run, none needed."""

from base64 import b64encode
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from bko_mining.present.pages import Section, page
from bko_mining.words import number, say

if TYPE_CHECKING:
    from bko_mining.discover.replay import Replay

_SCRIPT = """
const film = document.querySelector(".bko-film svg"), slider = document.querySelector(".bko-time input");
const button = document.querySelector(".bko-time button"), lasts = Number(slider.max);
document.querySelector(".bko-time").hidden = false;
const show = () => { button.textContent = film.animationsPaused() ? "▶" : "❚❚"; };
button.addEventListener("click", () => {
  film.animationsPaused() ? film.unpauseAnimations() : film.pauseAnimations();
  show();
});
slider.addEventListener("input", () => { film.pauseAnimations(); film.setCurrentTime(Number(slider.value)); show(); });
const follow = () => {
  if (!film.animationsPaused()) slider.value = film.getCurrentTime() % lasts;
  requestAnimationFrame(follow);
};
follow();
show();
"""
_STYLE = """
.bko-time { display: flex; gap: .8rem; align-items: center; margin: 0 0 .8rem; } .bko-time[hidden] { display: none; }
.bko-time input { flex: 1; accent-color: #0b6e99; } .bko-time button { font: inherit; min-width: 3rem;
  padding: .2rem .6rem;   border: 1px solid #dfe5ea; border-radius: .4rem; background: #fff; cursor: pointer; }
"""


def replay_page(found: "Replay") -> str:
    """Write the replay as a page of its own."""
    return page(say("Replay"), [Section(say("How cases travel"), lead=found.summary, pictures=(_film(found),),
                                        note=_note(found))])  # fmt: skip


def replay_image(found: "Replay") -> str:
    """Write the replay as an image that moves, for the output of a notebook cell."""
    data = b64encode(found.svg.encode("utf-8")).decode("ascii")
    return f'<img alt="{escape(found.summary)}" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'


def _film(found: "Replay") -> Markup:
    lasts = found.seconds + 1.8
    pause, time = escape(say("Pause or go on")), escape(say("Time"))
    return Markup(
        f'<style>{_STYLE}</style><div class="bko-time" hidden><button type="button" aria-label="{pause}">❚❚</button>'
        f'<input type="range" aria-label="{time}" min="0" max="{lasts:.2f}" step="0.05" value="0"></div>'
        f'<div class="bko-living-film bko-film">{found.svg}</div><script type="module">{_SCRIPT}</script>'
    )


def _note(found: "Replay") -> str:
    hidden = say(
        "Dots go along a path while the case waits and stand in a card while work is done. The map "
        "shows {nodes} of {all_nodes} {all_nodes:activity|activities}; where it does not show a path, "
        "dots cross it in a straight line.",
        nodes=number(len(found.map.nodes)),
        all_nodes=number(found.map.n_activities),
    )
    if not found.relative:
        return hidden
    longer = int((found.table["cycle_time"].dt.total_seconds() > found.span_seconds).sum())
    return (
        f"{hidden} {say('{n} {n:case takes|cases take} longer than the clock runs.', n=number(longer))}"
        if longer
        else hidden
    )
