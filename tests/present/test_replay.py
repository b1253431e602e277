"""The replay: dots are where their cases are, on both clocks; checked by hand and in a browser without a network."""

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from bko_mining.diagrams.layout import Point
from bko_mining.discover.replay import OTHER, replay
from bko_mining.discover.steps import END, START
from bko_mining.errors import BkoError, LogError
from bko_mining.present.map_svg import down
from bko_mining.present.replay import LEAD, _quiet_map, _Roads, flattened
from bko_mining.words import speaking
from tests.analyse.logs import log_of
from tests.present.browser import running

# One case works an hour on open, waits two hours, works an hour on pay; the other begins four hours later.
ROWS = [("A", "open", "Ana", 0, 1), ("A", "pay", "Rui", 3, 4), ("B", "open", "Eva", 4, 5), ("B", "pay", "Rui", 7, 8)]


def places(found: object) -> dict[str, Point]:
    """Where the activities stand, as SVG counts."""
    drawn = _quiet_map(found)  # type: ignore[arg-type]
    return {name: down(point, drawn.places) for name, point in drawn.places.nodes.items()}


def test_a_dot_stands_in_a_card_while_work_is_done_and_moves_while_it_waits() -> None:
    found = replay(log_of(ROWS), seconds=8)
    middle = places(found)
    corners, times = _Roads(_quiet_map(found)).walk(["open", "pay"], [1.0, 4.0], [2.0, 5.0])
    at = {round(time, 6): corner for corner, time in zip(corners, times, strict=True)}
    assert at[round(1.0 - LEAD, 6)] == middle[START]
    assert at[2.0] == middle["open"]
    assert at[5.0] == middle["pay"]
    assert at[round(5.0 + LEAD, 6)] == middle[END]
    # At the start of the work the dot is at the edge of the card.
    assert middle["pay"][1] - 30 < at[4.0][1] < middle["pay"][1]
    assert times == sorted(times)


def test_the_clock_of_the_office_and_the_own_beginning() -> None:
    begins = re.compile(r'begin="c\.begin\+([\d.]+)s" dur="([\d.]+)s" values')
    absolute = [(float(a), float(b)) for a, b in begins.findall(replay(log_of(ROWS), seconds=8).svg)]
    # Eight hours in eight seconds: the second case is born four seconds after the first; both last four and the leads.
    assert absolute == [(0.0, round(4 + 2 * LEAD, 2)), (4.0, round(4 + 2 * LEAD, 2))]
    relative = [float(a) for a, _ in begins.findall(replay(log_of(ROWS), seconds=8, relative=True).svg)]
    assert relative == [0.0, 0.0]


def test_colours_tell_an_attribute_apart_and_the_key_names_it() -> None:
    rows = [(f"C{i}", "open", f"R{i % 12}", float(i), i + 1.0) for i in range(60)]
    found = replay(log_of(rows), colour="resource")
    assert len(found.groups) == 8
    assert found.groups[-1] == OTHER
    svg = found.svg
    assert svg.count('class="g7"') == 1 + int((found.table["group"] == OTHER).sum())
    assert ">others<" in svg


def test_of_many_cases_every_so_many_is_taken_and_said() -> None:
    rows = [(f"C{i}", "open", None, float(i), i + 1.0) for i in range(50)]
    found = replay(log_of(rows), cases=20)
    assert found.table["case_id"].tolist() == [f"C{i}" for i in range(0, 50, 3)]
    assert found.summary.startswith("17 of 50 cases")


def test_the_same_replay_has_the_same_bytes_and_is_sound_xml() -> None:
    rows = [("A", 'R$ <b>&"x"', "Ana", 0.0, 1.0), ("A", "pay", "</svg>", 3.0, 4.0)]
    first, second = (replay(log_of(rows), colour="resource").svg for _ in range(2))
    assert first == second
    words = [element.text for element in ElementTree.fromstring(first).iter() if element.text]
    assert 'R$ <b>&"x"' in words
    assert "<script" not in first


def test_a_curve_is_cut_into_pieces_that_stay_close() -> None:
    straight = [(0.0, 0.0), (10.0, 0.0), (20.0, 0.0), (30.0, 0.0)]
    assert flattened(straight) == [(0.0, 0.0), (30.0, 0.0)]
    bent = flattened([(0.0, 0.0), (0.0, 60.0), (100.0, 60.0), (100.0, 0.0)])
    assert 3 < len(bent) <= 9
    assert max(y for _, y in bent) == pytest.approx(45, abs=1.2)


def test_it_is_saved_as_page_or_picture(tmp_path: Path) -> None:
    found = replay(log_of(ROWS))
    assert found.save(tmp_path / "replay.svg").read_text(encoding="utf-8") == found.svg
    assert "<animateTransform" in found.save(tmp_path / "replay.html").read_text(encoding="utf-8")
    with pytest.raises(BkoError, match=r"use \.html or \.svg"):
        found.save(tmp_path / "replay.gif")
    assert "data:image/svg+xml" in found._repr_mimebundle_()["text/html"]
    with speaking("pt_BR"):
        assert "no relógio do escritório" in found.svg


def test_what_shows_nothing_is_refused() -> None:
    with pytest.raises(LogError, match="shows nothing"):
        replay(log_of(ROWS), seconds=0)


@pytest.mark.browser
def test_dots_are_where_their_cases_are(tmp_path: Path) -> None:
    found = replay(log_of(ROWS), seconds=8)
    with running(tmp_path / "profile") as tab:
        tab.open(found.save(tmp_path / "replay.html"))
        tab.ask("document.querySelector('.bko-film svg').pauseAnimations()")
        where = """(() => { const film = document.querySelector('.bko-film svg');
            const dot = film.querySelectorAll('.g0')[AT];
            const m = film.getCTM().inverse().multiply(dot.getCTM());
            return [m.e, m.f]; })()"""
        middle = places(found)
        # Half an hour before the first case ends its first work, dots are between the edge and the middle of the card.
        for case, seconds, name in ((0, 1.0, "open"), (0, 4.0, "pay"), (1, 5.0, "open"), (1, 8.0, "pay")):
            tab.ask(f"document.querySelector('.bko-film svg').setCurrentTime({seconds + LEAD})")
            tab.ask("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            x, y = tab.ask(where.replace("AT", str(case)))
            assert np.hypot(x - middle[name][0], y - middle[name][1]) < 1.5, (case, seconds, name)
        # Before it is born and after it has left, a dot is nowhere to be seen.
        tab.ask("document.querySelector('.bko-film svg').setCurrentTime(1)")
        tab.ask("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert tab.ask(where.replace("AT", "1"))[0] < -900
        # The film begins anew by itself.
        tab.ask(f"document.querySelector('.bko-film svg').setCurrentTime({8 + 2 * LEAD + 1.0 + LEAD})")
        tab.ask("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        x, y = tab.ask(where.replace("AT", "0"))
        assert np.hypot(x - middle["open"][0], y - middle["open"][1]) < 1.5
        # The slider of time stops the film where it is put.
        tab.ask("(() => { const it = document.querySelector('.bko-time input'); it.value = 3;"
                "it.dispatchEvent(new Event('input')); })()")  # fmt: skip
        assert abs(tab.ask("document.querySelector('.bko-film svg').getCurrentTime()") - 3) < 0.06
        assert not tab.errors
