"""The process tree of a diagram: the same runs as the tree it was drawn from, and none where there are no blocks."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bko_mining.diagrams.diagram import Diagram, Flow, Shape
from bko_mining.discover.blocks import tree_of_diagram
from bko_mining.discover.conformance import conformance
from bko_mining.discover.drawing import diagram_of_tree
from bko_mining.discover.petri_net import PetriNet, net_of_tree
from bko_mining.discover.process_model import discover_model, read_model
from bko_mining.discover.tree import Step
from tests.analyse.logs import log_of

NAMES = iter("abcdefghijklmnopqrstuvwxyz" * 400)
leaf = st.one_of(st.builds(lambda: Step("activity", next(NAMES))), st.just(Step("silent")))
trees = st.recursive(
    leaf,
    lambda inner: st.builds(
        lambda kind, children: Step(kind, "", tuple(children)),
        st.sampled_from(["sequence", "choice", "parallel", "loop"]),
        st.lists(inner, min_size=2, max_size=3),
    ),
    max_leaves=7,
)


def runs(net: PetriNet, longest: int = 4) -> set[tuple[str, ...]]:
    """All runs of up to so many activities."""
    found, seen = set(), set()
    todo: list[tuple[int, tuple[str, ...]]] = [(net.start, ())]
    while todo:
        state = todo.pop()
        if state in seen or len(state[1]) > longest:
            continue
        seen.add(state)
        marking, trace = state
        if marking == net.end:
            found.add(trace)
        for t in net.enabled(marking):
            name = net.labels[t]
            todo.append((net.fire(marking, t), (*trace, name) if name else trace))
    return found


@given(trees)
@settings(max_examples=60, deadline=None)
def test_a_tree_that_was_drawn_is_read_again(tree: Step) -> None:
    found = tree_of_diagram(diagram_of_tree(tree))
    assert found is not None
    assert runs(net_of_tree(found)) == runs(net_of_tree(tree))
    # What was read is in its shortest form: it is read the same again.
    assert tree_of_diagram(diagram_of_tree(found)) == found


KINDS = {
    "s": "start", "p": "and", **dict.fromkeys("xyzw", "xor"), **dict.fromkeys("ABC", "activity"),
    **dict.fromkeys("ef", "end"),
}  # fmt: skip


def drawn(*arrows: str) -> Diagram:
    used = {key for arrow in arrows for key in arrow.split(">")}
    shapes = {key: Shape(kind, key if kind == "activity" else "") for key, kind in KINDS.items() if key in used}
    return Diagram(shapes, tuple(Flow(*arrow.split(">")) for arrow in arrows))


def test_drawings_by_hand_are_read() -> None:
    # Two ends; an activity with two ways in (a choice) and one with two ways out (a parallel).
    several_in = tree_of_diagram(drawn("s>x", "x>A", "x>B", "A>C", "B>C", "C>e"))
    assert str(several_in) == "sequence(choice('A', 'B'), 'C')"
    assert str(tree_of_diagram(drawn("s>x", "x>A", "A>e", "x>B", "B>f"))) == "choice('A', 'B')"
    several_out = tree_of_diagram(drawn("s>A", "A>B", "A>C", "B>p", "C>p", "p>e"))
    assert str(several_out) == "sequence('A', parallel('B', 'C'))"
    again = tree_of_diagram(drawn("s>x", "x>A", "A>y", "y>B", "B>x", "y>C", "C>e"))
    assert str(again) == "sequence(loop('A', 'B'), 'C')"


@pytest.mark.parametrize(
    "arrows",
    [
        # A parallel that is closed by a choice; a branch that leaves its block; two loops that share a part.
        ("s>p", "p>A", "p>B", "A>x", "B>x", "x>e"),
        ("s>x", "x>A", "x>B", "A>y", "y>C", "y>z", "B>z", "C>w", "z>w", "w>e"),
    ],
)
def test_what_is_not_made_of_blocks_has_no_tree(arrows: tuple[str, ...]) -> None:
    assert tree_of_diagram(drawn(*arrows)) is None


@pytest.mark.parametrize("ending", ["bpmn", "pnml"])
def test_a_model_that_is_read_has_its_tree(tmp_path: Path, ending: str) -> None:
    rows = [(f"C{i}", name, None, t, t + 0.5) for i, case in enumerate(("abcd", "acbd", "ad", "abccd"))
            for t, name in enumerate(case)]  # fmt: skip
    made = discover_model(log_of(rows), noise=0)
    path = tmp_path / f"model.{ending}"
    (made.save_bpmn if ending == "bpmn" else made.save_pnml)(path)
    read = read_model(path)
    assert read.block_structured
    assert read.tree is not None
    assert runs(net_of_tree(read.tree), 6) == runs(made.net, 6)


def test_the_same_check_names_the_same_deviations_each_time() -> None:
    # "a" twice: which of the two is one too many could be said either way.
    made = discover_model(log_of([("M", name, None, t, t + 0.5) for t, name in enumerate("abcd")]), noise=0)
    cases = ("aabcd", "abcbcd", "acbd", "dcba", "abxcd", "badc")
    seen = log_of([(f"C{i}", name, None, t, t + 0.5) for i, case in enumerate(cases) for t, name in enumerate(case)])
    tables = {conformance(seen, made).table.to_csv() for _ in range(12)}
    assert len(tables) == 1
