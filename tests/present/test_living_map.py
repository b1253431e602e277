"""The map with sliders: its levels and picks worked out by hand, and driven in a browser without a network."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bko_mining.discover.map_levels import cases_along, map_levels
from bko_mining.discover.process_map import END, START, process_map
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.present.living_map import living_map
from bko_mining.present.map_atlas import map_atlas
from bko_mining.words import speaking
from tests.analyse.logs import log_of
from tests.present.browser import Browser, widget_page

# Six cases open → pay; three open → check → pay; one open → check → ask → check → pay.
PLAIN = [row for i in range(6) for row in ((f"P{i}", "open", "Ana", 0, 1), (f"P{i}", "pay", "Rui", 2, 3))]
CHECKED = [
    row
    for i in range(3)
    for row in ((f"K{i}", "open", "Ana", 0, 1), (f"K{i}", "check", "Rui", 1, 2), (f"K{i}", "pay", "Rui", 4, 5))
]
LONG = [("L", name, "Ana", float(at), at + 1.0) for at, name in enumerate(("open", "check", "ask", "check", "pay"))]
ROWS = PLAIN + CHECKED + LONG


def test_every_level_says_what_it_shows() -> None:
    found = map_levels(log_of(ROWS))
    assert [len(level.activities) for level in found.levels] == [1, 2, 3, 4]
    assert [level.views[-1].cases_shown_share for level in found.levels] == [0.0, 0.6, 0.9, 1.0]
    whole = found.levels[-1]
    assert whole.n_paths == len(whole.paths) == 7
    # The same as the map that is drawn of the same paths.
    drawn = process_map(log_of(ROWS), detail=1).table.set_index(["source_activity", "target_activity"])
    levels = whole.paths.set_index(["source_activity", "target_activity"])
    assert levels["n"].to_dict() == drawn["n"].to_dict()
    # The work of the instances that a path leads to: all instances last an hour.
    inner = levels.drop(index=("pay", END))
    assert (inner["work_hours"] == inner["n"]).all()


def test_shares_of_views_agree_with_the_cases_that_can_be_walked() -> None:
    log = log_of(ROWS)
    for level in map_levels(log).levels:
        for view in level.views:
            paths = level.paths.head(view.n_paths)
            ways = set(zip(paths["source_activity"], paths["target_activity"], strict=True))
            whole = 0
            for _, names in log.frame.groupby("case_id", observed=True)["activity"]:
                walk = [START, *names, END]
                whole += set(pairwise(walk)) <= ways
            assert view.cases_shown_share == whole / log.n_cases


@pytest.mark.parametrize(
    ("shown", "picked", "cases"),
    [
        (("open", "check", "ask", "pay"), ["check"], {"K0", "K1", "K2", "L"}),
        (("open", "check", "ask", "pay"), [["open", "pay"]], {f"P{i}" for i in range(6)}),
        (("open", "check", "ask", "pay"), ["check", ["check", "pay"], "ask"], {"L"}),
        # What is hidden is passed over: without ask, the long case repeats the check at once.
        (("open", "check", "pay"), [["check", "check"]], {"L"}),
        (("open", "pay"), [["open", "pay"]], {f"P{i}" for i in range(6)} | {"K0", "K1", "K2", "L"}),
        (("open", "pay"), [[START, "open"], ["pay", END]], {f"P{i}" for i in range(6)} | {"K0", "K1", "K2", "L"}),
    ],
)
def test_picks_keep_the_cases_that_come_along(shown: tuple[str, ...], picked: list[object], cases: set[str]) -> None:
    found = cases_along(log_of(ROWS), shown, picked)  # type: ignore[arg-type]
    assert set(found.case_ids.to_pylist()) == cases
    assert "on the map" in found.history[-1]


def test_a_pick_that_is_not_on_the_map_is_refused() -> None:
    with pytest.raises(LogError, match="does not show 'fly'"):
        cases_along(log_of(ROWS), ("open", "pay"), ["fly"])


def test_the_widget_filters_what_is_picked() -> None:
    widget = process_map(log_of(ROWS)).interactive(cost_per_hour=40)
    assert widget.log.n_cases == 10
    assert repr(widget) == "<ProcessMapWidget: 100 % of 10 cases shown · 4 of 4 activities · 7 of 7 paths>"
    widget.selected = [["check", "pay"]]
    assert set(widget.log.case_ids.to_pylist()) == {"K0", "K1", "K2", "L"}
    assert [measure["key"] for measure in widget.atlas["measures"]][-1] == "cost"
    check = next(activity for activity in widget.atlas["activities"] if activity["name"] == "check")
    assert check["facts"]["cost"] == "$200"
    assert check["facts"]["rework"] == "1 again"


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_the_same_log_has_the_same_atlas(language: str) -> None:
    with speaking(language):
        atlas = map_atlas(process_map(log_of(ROWS)))
        assert json.dumps(atlas) == json.dumps(map_atlas(process_map(log_of(ROWS))))
    assert atlas["words"]["paths"] == ("Paths" if language == "en" else "Caminhos")


def test_names_cannot_break_out_of_the_page() -> None:
    name = "</script><b>$&'\""
    page = living_map(process_map(log_of([("A", name, None, 0, 1), ("A", "pay", None, 2, 3)])))
    assert page.count("</script>") == 1


@pytest.fixture
def page(tab: Browser, tmp_path: Path) -> Browser:
    process_map(busy()).to_html(tmp_path / "map.html")
    tab.open(tmp_path / "map.html")
    tab.until("document.querySelectorAll('.bko-card').length === 10")
    return tab


def busy() -> EventLog:
    """Ten activities, many ways."""
    random = np.random.default_rng(3)
    rows: list[tuple[str, str, str | None, float | None, float]] = []
    for i in range(200):
        names = [name for name in "ABCDEFGHIJ" if random.random() < 0.75 or name in "AJ"]
        if random.random() < 0.3:
            names.insert(2, names[1])
        rows += [(f"C{i}", f"Activity {name}", None, 2.0 * t, 2.0 * t + 1) for t, name in enumerate(names)]
    return log_of(rows)


STATUS = "document.querySelector('.bko-status').textContent"


@pytest.mark.browser
def test_sliders_move_the_map(page: Browser) -> None:
    before = page.ask(STATUS)
    assert "200 cases shown · 10 of 10 activities" in before
    page.ask("document.querySelector('.bko-slider input').focus()")
    page.press("ArrowLeft")
    page.until(f"!{STATUS}.includes('10 of 10')")
    shown = int(page.ask(f"{STATUS}.match(/(\\d+) of 10 activities/)[1]"))
    page.until(f"document.querySelectorAll('.bko-card').length === {shown}")
    ways = page.ask("document.querySelectorAll('.bko-way').length")
    page.ask("document.querySelectorAll('.bko-slider input')[1].focus()")
    page.press("ArrowLeft")
    page.until(f"document.querySelectorAll('.bko-way').length < {ways}")
    # Every card stands within the canvas when the movement has ended.
    page.ask("new Promise(done => setTimeout(done, 700))")
    outside = """[...document.querySelectorAll('.bko-card')].filter(card => {
        const box = card.getBoundingClientRect(), all = document.querySelector('.bko-canvas').getBoundingClientRect();
        return box.left < all.left - 1 || box.right > all.right + 1 || box.bottom > all.bottom + 1; }).length"""
    assert page.ask(outside) == 0
    assert not page.errors


@pytest.mark.browser
def test_the_map_can_be_enlarged_pushed_about_and_seen_whole(page: Browser) -> None:
    top, wide = (
        "document.querySelector('.bko-scroller').scrollTop",
        "document.querySelector('.bko-canvas').clientWidth",
    )
    plain = page.ask(wide)
    for _ in range(4):
        page.click(".bko-tools button:nth-of-type(2)")
    page.until(f"{wide} > 2 * {plain}")
    page.ask("document.querySelector('.bko-scroller').scrollIntoView({block: 'center'})")
    page.ask("document.querySelector('.bko-scroller').scrollTop = 100")
    # A place of the canvas where nothing is drawn.
    x, y = page.ask("""(() => {
        const box = document.querySelector('.bko-scroller').getBoundingClientRect();
        for (let y = Math.max(box.top, 0) + 90; y < Math.min(box.bottom, innerHeight) - 30; y += 15)
          for (let x = box.left + 80; x < box.right - 30; x += 15)
            if (document.elementFromPoint(x, y).classList.contains('bko-canvas')) return [x, y];
    })()""")
    about = {"button": "left", "clickCount": 1}
    page.send("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, **about)
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y - 60, button="left", buttons=1)
    page.send("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=y - 60, **about)
    assert page.ask(top) == 160
    page.click(".bko-tools button:nth-of-type(3)")
    page.until(f"{wide} <= document.querySelector('.bko-scroller').clientWidth")


@pytest.mark.browser
def test_measures_change_words_and_colours(page: Browser) -> None:
    fact = "document.querySelector('.bko-card .bko-fact').textContent"
    fill = "document.querySelector('.bko-card rect').getAttribute('fill')"
    often = page.ask(fact), page.ask(fill)
    page.click(".bko-measures label:nth-of-type(3) span")
    page.until(f"{fact} !== {json.dumps(often[0])}")
    assert page.ask(fact) == "1.0 h"
    assert page.ask(fill) != often[1]
    assert "1.0 h" in page.ask("document.querySelector('.bko-legend').textContent")


@pytest.mark.browser
def test_hover_tells_and_clicks_and_keys_pick(page: Browser) -> None:
    page.hover(".bko-card rect")
    page.until("!document.querySelector('.bko-tip').hidden")
    assert "200 (100 %)" in page.ask("document.querySelector('.bko-tip').textContent")
    page.click(".bko-card rect")
    page.until("document.querySelectorAll('.bko-picked').length === 1")
    assert "Picked: Activity A" in page.ask("document.querySelector('.bko-picks').textContent")
    page.ask("document.querySelector('.bko-way').focus()")
    page.press("Enter")
    page.until("document.querySelectorAll('.bko-picked').length === 2")
    page.click(".bko-picks button")
    page.until("document.querySelectorAll('.bko-picked').length === 0")


@pytest.mark.browser
def test_pictures_can_be_taken_away(page: Browser) -> None:
    page.ask(
        "HTMLAnchorElement.prototype.click = function () { (window.taken ??= []).push([this.download, this.href]); }"
    )
    page.click(".bko-tools button:nth-of-type(4)")
    page.click(".bko-tools button:nth-of-type(5)")
    page.until("window.taken?.length === 2")
    names = page.ask("window.taken.map(([name, href]) => `${name} ${href.slice(0, 14)}`)")
    assert names == ["process-map.svg data:image/svg", "process-map.png data:image/png"]
    svg = page.ask("decodeURIComponent(window.taken[0][1].split(',').slice(1).join(','))")
    assert "Activity A" in svg
    assert "200 cases shown" in svg


@pytest.mark.browser
def test_the_widget_s_script_talks_to_its_model(tab: Browser, tmp_path: Path) -> None:
    from bko_mining.present.map_widget import asset, script

    atlas = map_atlas(process_map(log_of(ROWS)))
    code = script("process_map.js").replace("export default { render };", "window.render = render;")
    (tmp_path / "widget.html").write_text(
        widget_page(
            code,
            f'{{ atlas: {json.dumps(atlas)}, level: {atlas["start"]}, measure: "n", selected: [] }}',
            head=f"<style>{asset('process_map.css')}</style>",
        ),
        encoding="utf-8",
    )
    tab.open(tmp_path / "widget.html")
    tab.until("document.querySelectorAll('.bko-card').length === 4")
    tab.click(".bko-card rect")
    tab.until("window.saved === 1")
    assert tab.ask("window.state.selected") == ["open"]
    tab.ask("window.set('selected', [['open', 'pay']])")
    assert tab.ask("document.querySelector('.bko-picks').textContent").startswith("Picked: open → pay")
    tab.ask("window.set('level', [1, 0])")
    tab.until("document.querySelectorAll('.bko-card').length === 2")
    tab.ask("window.set('measure', 'hours')")
    assert tab.ask("document.querySelector('.bko-measures input:checked').value") == "hours"
    # The dark theme: light ink on dark paper.
    assert tab.ask("getComputedStyle(document.querySelector('.bko-map')).backgroundColor") == "rgb(20, 25, 31)"


@pytest.mark.parametrize("share", [0.5, 0.8, 0.93])
def test_the_sliders_begin_at_exactly_the_map_that_was_drawn(share: float) -> None:
    drawn = process_map(log_of(ROWS), paths=share)
    atlas = map_atlas(drawn)
    at, view = atlas["start"]
    level = map_levels(log_of(ROWS), with_stop=(len(drawn.nodes), len(drawn.table))).levels[at]
    shown = level.paths.head(atlas["levels"][at]["views"][view]["n"])
    names = ["source_activity", "target_activity"]
    assert set(shown[names].itertuples(index=False, name=None)) == set(
        drawn.table[names].itertuples(index=False, name=None)
    )
    assert level.views[view].cases_shown_share == drawn.cases_shown_share
