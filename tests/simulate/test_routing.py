"""Where cases go: blocks, graphs and histories, conditions, and changes of shares."""

from collections import Counter
from textwrap import dedent

import pytest

from bko_mining.errors import SimulationError
from bko_mining.simulate.net import Kind, Net
from bko_mining.simulate.routes import build_net
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

HEAD = """
arrivals: [{per_hour: 60}]
attributes: {amount: {distribution: {family: uniform, low: 0, high: 100}}}
activities: {A: {time: 1}, B: {time: 1}, C: {time: 1}, D: {time: 1}}
"""


def twin(text: str) -> Twin:
    return Twin.from_yaml(HEAD + dedent(text))


def variants(text: str, n: int = 4000, seed: int = 0) -> dict[str, float]:
    log = simulate(twin(text), n_cases=n, seed=seed)
    names = [log.activities[code] for code in log.activity]
    found = Counter("".join(names[a:b]) for a, b in zip(log.offsets[:-1], log.offsets[1:], strict=True))
    return {variant: count / n for variant, count in found.items()}


def test_choices_and_loops() -> None:
    found = variants("""
    routing: [A, {xor: [{share: 0.75, do: B}, {share: 0.25, do: C}]}, {loop: {do: D, again: 0.5, at_most: 2}}]
    """)
    assert found["ABD"] == pytest.approx(0.75 * 0.5, abs=0.03)
    assert found["ACDD"] == pytest.approx(0.25 * 0.5, abs=0.03)
    assert set(found) == {"ABD", "ABDD", "ACD", "ACDD"}


def test_conditions_on_attributes_and_history() -> None:
    log = simulate(
        twin("""
        routing:
          - A
          - xor: [{when: amount > 70, do: B}, {share: 0.5, do: C, when: amount > 40}, {share: 0.5, do: D}]
          - xor: [{when: last == B and visits(A) < 3, do: A}, {share: 1}]
        """),
        n_cases=2000,
    ).frame
    amount = log.groupby("activity", observed=True)["amount"]
    assert amount.min()["B"] > 70
    assert amount.max()["C"] <= 70
    assert amount.min()["C"] > 40
    assert 0 <= amount.min()["D"] < 5
    assert (log["activity"] == "A").sum() == 2000 + (log["activity"] == "B").sum()


def test_blocks_in_parallel_and_some() -> None:
    found = variants("routing: [{or: [{share: 0.9, do: A}, {share: 0.3, do: B}]}, {and: [C, [D]]}]")
    chosen = Counter()
    for variant, share in found.items():
        chosen["".join(sorted(variant[:-2]))] += share
        assert sorted(variant[-2:]) == ["C", "D"]
    assert chosen["AB"] == pytest.approx(0.27, abs=0.03)
    assert chosen["A"] == pytest.approx(0.63 + 0.07, abs=0.03)


def test_a_graph_goes_like_its_blocks() -> None:
    graph = """
    routing:
      kind: graph
      nodes:
        s: {kind: start}
        a: {kind: activity, activity: A}
        x: {kind: xor}
        p: {kind: and}
        b: {kind: activity, activity: B}
        c: {kind: activity, activity: C}
        q: {kind: and}
        d: {kind: activity, activity: D}
        y: {kind: xor}
        e: {kind: end}
      flows:
        - {from: s, to: a}
        - {from: a, to: x}
        - {from: x, to: p, share: 0.25}
        - {from: x, to: y, share: 0.75}
        - {from: p, to: b}
        - {from: p, to: c}
        - {from: b, to: q}
        - {from: c, to: q}
        - {from: q, to: d}
        - {from: d, to: y}
        - {from: y, to: e}
    """
    found = variants(graph)
    assert found["A"] == pytest.approx(0.75, abs=0.03)
    assert set(found) - {"A"} <= {"ABCD", "ACBD"}


HISTORY = """
routing:
  kind: history
  backing: 2
  contexts:
    - {after: [], next: {A: 1, B: 1, (end): 2}}
    - {after: [(start)], next: {A: 8}}
    - {after: [A], next: {B: 6, C: 2}}
    - {after: [B], next: {(end): 9, A: 1}}
    - {after: [A, B], next: {A: 8}}
"""


def test_history_mixes_long_and_short_memory() -> None:
    net: Net = build_net(twin(HISTORY))
    by_context = {}
    for node in net.nodes:
        if node.kind == Kind.ACTIVITY:
            ways = {net.nodes[way.to].label or "(end)": round(way.share or 0, 6) for way in node.ways}
            by_context.setdefault(node.label, []).append(ways)
    # After A: 8 donors → 8/10 of {B: .75, C: .25} plus 2/10 of the empty context {A: .25, B: .25, end: .5}.
    assert {"A": 0.05, "B": 0.65, "(end)": 0.1, "C": 0.2} in by_context["A"]
    # After A, B: 8/10 of {A: 1} plus 2/10 of what follows B alone (10/12 of {end .9, A .1} plus 2/12 of the empty one).
    long = 0.8 + 0.2 * (10 / 12 * 0.1 + 2 / 12 * 0.25)
    assert max(ways["A"] for ways in by_context["B"]) == pytest.approx(long, abs=1e-6)


def test_history_with_a_parallel_block() -> None:
    found = variants("""
    routing:
      kind: history
      contexts:
        - {after: [], next: {A: 1}}
        - {after: [(start)], next: {A: 1}, n: 1000000}
        - {after: [A], next: {both: 1}, n: 1000000}
        - {after: [both], next: {D: 1}, n: 1000000}
        - {after: [D], next: {(end): 1}, n: 1000000}
      blocks:
        both:
          branches:
            - [B]
            - kind: history
              contexts: [{after: [(start)], next: {C: 1}}, {after: [C], next: {(end): 1}}]
              backing: 0
    """)
    assert set(found) <= {"ABCD", "ACBD"}


@pytest.mark.parametrize(
    "text",
    [
        "routing: [A, {xor: [{share: 0.4, do: B}, {share: 0.4, do: C}, {share: 0.2, do: D}]}]",
        """
        routing:
          kind: history
          backing: 0
          contexts:
            - {after: [], next: {(end): 1}}
            - {after: [(start)], next: {A: 1}}
            - {after: [A], next: {B: 4, C: 4, D: 2}}
            - {after: [B], next: {(end): 1}}
        """,
    ],
)
def test_share_changes_free_the_others_in_proportion(text: str) -> None:
    base = variants(text)
    changed = variants(dedent(text) + "\nshare_changes: [{after: A, to: B, factor: 0.5}]\n")
    assert changed["AB"] == pytest.approx(base["AB"] / 2, abs=0.03)
    assert changed["AC"] == pytest.approx(0.4 + 0.2 * 2 / 3, abs=0.03)
    assert changed["AD"] == pytest.approx(0.2 + 0.2 / 3, abs=0.03)


def test_share_changes_under_a_condition_or_nowhere() -> None:
    changed = variants("""
    routing: [A, {xor: [{share: 0.5, do: B}, {share: 0.5, do: C}]}]
    share_changes: [{after: A, to: B, factor: 0, when: amount > 50}]
    """)
    assert changed["AB"] == pytest.approx(0.25, abs=0.03)
    with pytest.raises(SimulationError, match="no choice after 'A' leads to 'D'"):
        variants("routing: [A, B]\nshare_changes: [{after: A, to: D, factor: 0.5}]")


def test_a_loop_without_an_activity_is_refused() -> None:
    with pytest.raises(SimulationError, match="turn in it for ever"):
        variants("routing: [A, {loop: {do: null, again: 0.5}}]")


def test_a_share_change_tells_the_end_from_a_block_that_may_be_empty() -> None:
    text = """
    routing:
      kind: history
      backing: 0
      contexts:
        - {after: [], next: {(end): 1}}
        - {after: [(start)], next: {A: 1}}
        - {after: [A], next: {both: 1, (end): 1}}
        - {after: [both], next: {(end): 1}}
      blocks:
        both:
          branches:
            - [{xor: [{share: 0.5, do: B}, {share: 0.5}]}]
            - [{xor: [{share: 0.5, do: C}, {share: 0.5}]}]
    """
    assert variants(text)["A"] == pytest.approx(0.5 + 0.5 * 0.25, abs=0.03)
    changed = dedent(text) + "\nshare_changes: [{after: A, to: (end), factor: 0}]\n"
    assert variants(changed)["A"] == pytest.approx(0.25, abs=0.03)
