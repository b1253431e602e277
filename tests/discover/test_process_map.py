"""The map and the variants on logs worked out by hand, and the picture of them."""

import numpy as np
import pandas as pd
import pytest

from bko_mining.diagrams.layout import Edge, layout
from bko_mining.discover.process_map import END, START, ProcessMap, process_map
from bko_mining.discover.variants import variants
from bko_mining.errors import LogError
from bko_mining.present.figures import png_bytes, svg_text
from bko_mining.present.lettering import lines_of
from bko_mining.words import speaking
from tests.analyse.logs import log_of

# Nine cases open → pay, one open → check → check → pay that takes 3 h from the first check to the second.
ROWS = [row for i in range(9) for row in ((f"C{i}", "open", None, 0, 1), (f"C{i}", "pay", None, 2, 3))]
ROWS += [("X", "open", None, 0, 1), ("X", "check", None, 1, 2), ("X", "check", None, 5, 6), ("X", "pay", None, 6, 7)]
H = pd.Timedelta(hours=1)


def test_paths_with_their_frequency_and_times() -> None:
    table = process_map(log_of(ROWS), detail=1).table.set_index(["source_activity", "target_activity"])
    assert table["n"].to_dict() == {
        (START, "open"): 10,
        ("pay", END): 10,
        ("open", "pay"): 9,
        ("open", "check"): 1,
        ("check", "check"): 1,
        ("check", "pay"): 1,
    }
    assert table.loc[("open", "pay"), "median_time"] == H
    assert table.loc[("check", "check"), ["median_time", "hours", "n_cases"]].tolist() == [3 * H, 3.0, 1]


def test_nodes_stand_in_process_order() -> None:
    nodes = process_map(log_of(ROWS), detail=1).nodes
    assert nodes["activity"].tolist() == ["open", "check", "pay"]
    assert nodes.set_index("activity").loc["check", ["n", "n_cases"]].tolist() == [2, 1]


def test_what_is_hidden_is_said() -> None:
    found = process_map(log_of(ROWS), activities=0.9, paths=1)
    assert set(found.nodes["activity"]) == {"open", "pay"}
    assert found.cases_shown_share == 0.9
    assert found.instances_shown_share == 20 / 22
    assert "2 of 3 activities" in found.summary
    # The neighbours of the hidden activity are linked.
    assert found.table.set_index(["source_activity", "target_activity"]).loc[("open", "pay"), "n"] == 10


def test_every_activity_keeps_a_way_in_and_out() -> None:
    found = process_map(log_of(ROWS), activities=1, paths=0.1)
    assert {"check"} <= set(found.table["source_activity"])
    assert {"check"} <= set(found.table["target_activity"])
    assert found.cases_shown_share == 0.9


def test_a_share_outside_its_range_is_refused() -> None:
    with pytest.raises(LogError, match="above 0 and up to 1"):
        process_map(log_of(ROWS), detail=0)


def test_variants_most_frequent_first() -> None:
    found = variants(log_of(ROWS))
    assert found.table["n_cases"].tolist() == [9, 1]
    assert found.sequences == (("open", "pay"), ("open", "check", "check", "pay"))
    assert found.table["coverage_share"].tolist() == [0.9, 1.0]
    assert found.of_case.tolist().count(1) == 1


def test_variants_agree_with_a_plain_count() -> None:
    rng = np.random.default_rng(5)
    rows = [
        (f"C{i}", "abcd"[rng.integers(4)], None, float(t), float(t) + 0.5)
        for i in range(300)
        for t in range(rng.integers(1, 6))
    ]
    log = log_of(rows)
    plain = log.frame.groupby("case_id", observed=True)["activity"].agg(tuple).value_counts()
    assert sorted(variants(log).table["n_cases"]) == sorted(plain)


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_the_same_map_has_the_same_bytes(language: str) -> None:
    with speaking(language):
        found = process_map(log_of(ROWS))
        assert png_bytes(found.plot()) == png_bytes(found.plot())
        assert svg_text(found.plot()) == svg_text(found.plot())


def test_variants_are_drawn() -> None:
    assert png_bytes(variants(log_of(ROWS)).plot()).startswith(b"\x89PNG")


def test_a_layout_keeps_parallel_edges_apart() -> None:
    sizes = {"a": (60.0, 20.0), "b": (60.0, 20.0)}
    edges = [Edge("a", "b"), Edge("b", "a", back=True), Edge("a", "a")]
    found = layout(sizes, edges, first="a")
    assert found.nodes["a"][1] > found.nodes["b"][1]
    there, back = found.splines[0], found.splines[1]
    assert there[0][1] > there[-1][1]
    assert back[0][1] < back[-1][1]
    assert there != back[::-1]


def test_rework_is_a_measure_of_the_map() -> None:
    found = process_map(log_of(ROWS), detail=1, colour="rework")
    assert found.nodes.set_index("activity")["n_rework"].to_dict() == {"open": 0, "check": 1, "pay": 0}
    again = found.table.set_index(["source_activity", "target_activity"])["n_rework"]
    assert again[again > 0].to_dict() == {("check", "check"): 1}
    assert "50 % again" in svg_texts(found)
    with pytest.raises(LogError, match="use one of hours, time, rework"):
        process_map(log_of(ROWS), colour="mood")


@pytest.mark.parametrize("name", ["W" * 200, "Conferência de documentação do fornecedor " * 5, "a", "R$ $x$ <&> ação"])
def test_no_letter_of_a_name_is_lost(name: str) -> None:
    lines = lines_of(name)
    assert "".join(lines).replace(" ", "") == name.replace(" ", "")


def test_what_is_nearly_everything_is_not_called_everything() -> None:
    rows = [row for i in range(999) for row in ((f"C{i}", "open", None, 0, 1), (f"C{i}", "pay", None, 2, 3))]
    rows += [("X", "pay", None, 0, 1), ("X", "open", None, 2, 3)]
    assert "99.9 % of 1,000 cases" in process_map(log_of(rows), paths=0.99).summary


def svg_texts(found: ProcessMap) -> str:
    """All words of the picture."""
    return " | ".join(text.get_text() for text in found.plot().texts)
