"""The network of handovers: what is shown, what is told to be hidden, and its picture."""

import numpy as np
import pandas as pd
import pytest

import bko_mining as bko
from bko_mining.analyse.handover_network import MOST_NODES, MOST_PAIRS
from bko_mining.present.figures import png_bytes
from bko_mining.words import speaking


def office(n_people: int, *, n: int = 3000, seed: int = 0, starts: bool = True) -> bko.EventLog:
    """Cases of four steps, each done by somebody drawn at random, the low numbers more often."""
    rng = np.random.default_rng(seed)
    who = rng.geometric(3 / (n_people + 3), 4 * n) % n_people
    end = pd.Timestamp("2026-01-05 08:00") + pd.to_timedelta(np.arange(4 * n), unit="h")
    rows = pd.DataFrame({"case_id": np.repeat(np.arange(n), 4), "activity": list("abcd") * n, "end": end})
    rows["resource"] = [f"P{k:02d}" for k in who]
    return bko.EventLog.from_frame(rows.assign(start=end - pd.Timedelta("20min")) if starts else rows)


def test_a_small_network_by_hand() -> None:
    # A: Ana (1 h) → Rui (after 2 h, 1 h) → Ana (at once); B: Ana → Rui after 4 h: Ana → Rui twice, 3 h on average.
    rows = pd.DataFrame(
        {
            "case_id": ["A", "A", "A", "B", "B"],
            "activity": ["a", "b", "c", "a", "b"],
            "resource": ["Ana", "Rui", "Ana", "Ana", "Rui"],
            "start": pd.to_datetime([f"2026-01-05 {h:02d}:00" for h in (8, 11, 12, 8, 13)]),
            "end": pd.to_datetime([f"2026-01-05 {h:02d}:00" for h in (9, 12, 13, 9, 14)]),
        }
    )
    net = bko.handovers(bko.EventLog.from_frame(rows), names=True).network
    assert net.table[["source", "target", "n"]].values.tolist() == [["Ana", "Rui", 2], ["Rui", "Ana", 1]]
    assert net.table["mean_waiting_time"].tolist() == [pd.Timedelta("3h"), pd.Timedelta(0)]
    nodes = net.nodes.set_index("holder")
    assert nodes.loc["Ana", ["n", "hours", "n_given", "n_taken"]].tolist() == [3, 3.0, 2, 1]
    assert nodes.loc["Rui", "mean_waiting_time"] == pd.Timedelta("3h")
    assert (net.n_holders, net.n_pairs, net.shown_share) == (2, 2, 1.0)


@pytest.mark.parametrize("n_people", [8, 21, 80])
def test_what_is_not_shown_is_counted(n_people: int) -> None:
    found = bko.handovers(office(n_people))
    net = found.network
    pairs, nodes = found.table, net.nodes
    assert len(net.table) <= MOST_PAIRS
    assert len(nodes) <= MOST_NODES + 1
    assert nodes["n_holders"].sum() == net.n_holders == n_people
    assert net.n_pairs == len(pairs)
    assert nodes["n"].sum() == found.holders["n"].sum()
    assert net.shown_share == pytest.approx(net.table["n"].sum() / pairs["n"].sum())
    assert net.shown_share <= 1
    assert (net.table["source"] != net.table["target"]).all()
    assert set(net.table["source"]) | set(net.table["target"]) <= set(nodes["holder"])
    one_for_all = nodes["n_holders"].max() > 1
    assert one_for_all == (n_people > MOST_NODES + 1)
    assert ("the others as one" in net.hidden) == one_for_all


def test_nobody_hands_on_where_one_does_all() -> None:
    net = bko.handovers(office(1, n=5)).network
    assert net.summary == "Nothing is handed from one to another in this log."
    assert len(png_bytes(net.plot())) > 1000


@pytest.mark.parametrize(("n_people", "starts"), [(8, True), (80, False)])
def test_the_picture_has_the_same_bytes_again(n_people: int, starts: bool) -> None:
    first, again = (
        png_bytes(bko.handovers(office(n_people, n=400, starts=starts)).network.plot(), dpi=50) for _ in range(2)
    )
    assert first == again


def test_the_page_has_the_network_and_the_matrix() -> None:
    with speaking("pt_BR"):
        from bko_mining.results import presenter

        found = bko.handovers(office(8, n=50))
        html = presenter(found.page)(found)
    assert html.count("<svg") >= 2
    assert "Quem passa o trabalho a quem" in html


def test_without_roles_groups_of_like_work_stand_for_them() -> None:
    rows = pd.DataFrame({"case_id": np.repeat(np.arange(60), 2), "activity": ["key in", "approve"] * 60})
    rows["resource"] = ["Ana", "Eva", "Rui", "Eva"] * 30
    rows["end"] = pd.date_range("2026-01-05", periods=120, freq="h")
    found = bko.handovers(bko.EventLog.from_frame(rows), by="role")
    assert found.table[["source", "target", "n"]].values.tolist() == [["key in", "approve", 60]]
