"""The model with a heat overlay: numbers worked out by hand, picks that filter, bpmn-js driven without a network."""

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from bko_mining.discover.conformance import conformance
from bko_mining.discover.process_model import ProcessModel, discover_model, model_quality, read_model
from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.present.living_model import living_conformance, living_model
from bko_mining.present.model_atlas import conformance_atlas, model_atlas
from bko_mining.present.model_widget import conformance_widget, model_script, model_widget
from bko_mining.words import speaking
from tests.analyse.logs import log_of
from tests.present.browser import Browser, widget_page

# Four cases as the model has it; one skips the check; one is paid before it is checked and waits a day longer.
ROWS = [
    row
    for i in range(4)
    for row in ((f"F{i}", "open", "Ana", 0, 1), (f"F{i}", "check", "Rui", 3, 4), (f"F{i}", "pay", "Eva", 5, 6))
]
ROWS += [("S", "open", "Ana", 0, 1), ("S", "pay", "Eva", 5, 6)]
ROWS += [("W", "open", "Ana", 0, 1), ("W", "pay", "Eva", 5, 6), ("W", "check", "Rui", 29, 30)]


def log() -> EventLog:
    return log_of(ROWS)


def model() -> ProcessModel:
    """Open, check, pay: discovered of the cases that have it so."""
    return discover_model(log_of([row for row in ROWS if row[0].startswith("F")]), noise=0)


def facts(atlas: dict[str, object], name: str) -> dict[str, str]:
    activities: list[dict[str, object]] = atlas["activities"]  # type: ignore[assignment]
    return next(one["facts"] for one in activities if one["name"] == name)  # type: ignore[return-value]


def test_activities_carry_what_the_log_shows() -> None:
    found = model_atlas(model_quality(log(), model()))
    assert facts(found, "check") == {
        "n": "5 ×", "cases": "5 cases", "rework": "–", "time": "1.0 h", "wait": "2.0 h", "waits": "31 h",
    }  # fmt: skip
    assert "<?xml" in str(found["xml"])
    ids = {one["id"] for one in found["activities"]}  # type: ignore[index]
    assert all(f'id="{key}"' in str(found["xml"]) for key in ids)


def test_deviations_are_measures_too() -> None:
    found = conformance_atlas(conformance(log(), model()))
    # The swap is named by what was done too early: the payment.
    assert facts(found, "check")["deviating"] == "1"
    assert facts(found, "pay")["deviating"] == "1"
    assert facts(found, "pay")["extra"] == "24 h"
    assert facts(found, "open")["deviating"] == "–"
    assert found["summary"] == conformance(log(), model()).summary


def test_what_is_picked_filters_the_log() -> None:
    it = model_widget(model_quality(log(), model()))
    assert it.log.n_cases == 6
    it.selected = ["check"]
    assert set(it.log.case_ids.to_pylist()) == {"F0", "F1", "F2", "F3", "W"}
    assert "check on the model" in it.log.history[-1]
    deviating = conformance_widget(conformance(log(), model()))
    deviating.selected = ["check"]
    assert deviating.log.case_ids.to_pylist() == ["S"]
    it.selected = ["fly"]
    with pytest.raises(LogError, match="does not have 'fly'"):
        _ = it.log


def test_a_model_without_a_log_can_be_shown(tmp_path: Path) -> None:
    drawn = read_model(model().save_bpmn(tmp_path / "m.bpmn"))
    it = drawn.interactive()
    assert it.atlas["measures"] == []
    with pytest.raises(LogError, match="model_quality"):
        _ = it.log


def test_the_viewer_travels_unchanged_and_its_mark_is_left_alone() -> None:
    folder = files("bko_mining.present").joinpath("assets", "bpmn-js")
    origin, code = folder.joinpath("ORIGIN.md").read_text("utf-8"), folder.joinpath("viewer.min.js").read_bytes()
    assert hashlib.sha256(code).hexdigest() in origin
    assert "bpmn.io" in folder.joinpath("LICENSE").read_text("utf-8")
    assert "powered-by" not in model_script().replace(code.decode("utf-8"), "")
    # Nothing is fetched: the only addresses are names of XML spaces and the link of the mark.
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(", model_script())


def test_names_cannot_break_out_of_the_page() -> None:
    name = "</script><b>$&'\""
    page = living_model(discover_model(log_of([("A", name, None, 0, 1), ("A", "pay", None, 2, 3)])))
    assert page.count("</script>") == 1


@pytest.fixture
def page(tab: Browser, tmp_path: Path) -> Browser:
    conformance(log(), model()).to_html(tmp_path / "model.html")
    tab.open(tmp_path / "model.html")
    tab.until("document.querySelector('.bko-map[data-drawn]')")
    return tab


CHECK = "[...document.querySelectorAll('.djs-element[data-pick]')].find(it => it.dataset.pick === '\"pay\"')"


@pytest.mark.browser
def test_bpmn_js_draws_and_measures_colour(page: Browser) -> None:
    fact, fill = f"{CHECK}.querySelector('.bko-heat').textContent", f"{CHECK}.querySelector('rect').style.fill"
    assert page.ask(fact) == "1"
    before = page.ask(fill)
    page.click(".bko-measures label:nth-of-type(2) span")
    page.until(f"{fact} === '24 h'")
    page.click(".bko-measures label:nth-of-type(3) span")
    page.until(f"{fact} === '6 ×'")
    assert page.ask(fill) != before
    # The mark of bpmn.io is there and nothing lies on it.
    mark = page.ask("""(() => { const it = document.querySelector('.bjs-powered-by');
        it.scrollIntoView({ block: 'center' });
        const box = it.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return box.width > 20 && it.contains(top); })()""")
    assert mark
    assert not page.errors


@pytest.mark.browser
def test_hover_tells_and_clicks_and_keys_pick(page: Browser) -> None:
    page.hover(".djs-element[data-pick='\"pay\"'] .djs-visual rect")
    page.until("!document.querySelector('.bko-tip').hidden")
    assert "1 (17 %)" in page.ask("document.querySelector('.bko-tip').textContent")
    page.click(".djs-element[data-pick='\"pay\"'] .djs-visual rect")
    page.until("document.querySelectorAll('.bko-picked').length === 1")
    page.ask("document.querySelector('.djs-element[data-pick=\\'\"open\"\\']').focus()")
    page.press("Enter")
    page.until("document.querySelectorAll('.bko-picked').length === 2")
    page.click(".bko-picks button")
    page.until("document.querySelectorAll('.bko-picked').length === 0")


@pytest.mark.browser
def test_diagram_and_pictures_can_be_taken_away(page: Browser) -> None:
    page.ask(
        "HTMLAnchorElement.prototype.click = function () { (window.taken ??= []).push([this.download, this.href]); }"
    )
    for place in (4, 5, 6):
        page.click(f".bko-tools button:nth-of-type({place})")
    page.until("window.taken?.length === 3")
    names = sorted(page.ask("window.taken.map(([name, href]) => `${name} ${href.slice(0, 14)}`)"))
    assert names == [
        "process-model.bpmn data:applicati",
        "process-model.png data:image/png",
        "process-model.svg data:image/svg",
    ]
    svg = page.ask("decodeURIComponent(window.taken.find(([name]) => name.endsWith('svg'))[1])")
    assert "check" in svg
    assert "deviate" in svg


@pytest.mark.browser
def test_the_widget_s_script_talks_to_its_model(tab: Browser, tmp_path: Path) -> None:
    with speaking("pt_BR"):
        atlas = model_atlas(model_quality(log(), model()))
    code = model_script().replace("export default { render };", "window.render = render;")
    (tmp_path / "widget.html").write_text(
        widget_page(code, f'{{ atlas: {json.dumps(atlas)}, measure: "n", selected: [] }}'),
        encoding="utf-8",
    )
    tab.open(tmp_path / "widget.html")
    tab.until("document.querySelector('.bko-map[data-drawn]')")
    assert "Espera mediana antes" in tab.ask("document.querySelector('.bko-measures').textContent")
    tab.click(".djs-element[data-pick='\"check\"'] .djs-visual rect")
    tab.until("window.saved === 1")
    assert tab.ask("window.state.selected") == ["check"]
    tab.ask("window.set('measure', 'wait')")
    assert tab.ask("document.querySelector('.bko-measures input:checked').value") == "wait"
    tab.ask("window.set('selected', [])")
    assert tab.ask("document.querySelectorAll('.bko-picked').length") == 0
    assert not tab.errors


def test_a_check_is_living_in_pages() -> None:
    text = living_conformance(conformance(log(), model()))
    assert "ProcessModelView" in text
    assert "<svg" in text


def test_flows_carry_how_often_cases_run_along_them() -> None:
    atlas = model_atlas(model_quality(log(), model()))
    # All six run along each flow: what the model asks for and a case skips is run along all the same.
    assert [flow["facts"] for flow in atlas["flows"]] == [{"n": "6", "cases": "6"}] * 4
    assert all(f'id="{flow["id"]}"' in atlas["xml"] for flow in atlas["flows"])


@pytest.mark.browser
def test_flows_are_drawn_as_wide_as_they_are_run_along_often(page: Browser) -> None:
    flows = "[...document.querySelectorAll('.djs-connection')]"
    assert page.ask(f"{flows}.map(it => it.querySelectorAll('.djs-visual > path').length)") == [2, 2, 2, 2]
    page.click(".bko-measures label:nth-of-type(3) span")
    page.until(f"{flows}.every(it => it.querySelector('.bko-heat').textContent === '6')")
    page.hover(".djs-connection .djs-hit")
    page.until("!document.querySelector('.bko-tip').hidden")
    assert "6 (100 %)" in page.ask("document.querySelector('.bko-tip').textContent")
    assert not page.errors
