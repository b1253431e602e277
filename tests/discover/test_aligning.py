"""Alignments of all variants together cost what r4pm finds for each alone, and are read off in the same order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bko_mining.discover import remaining_cost
from bko_mining.discover.aligning import Alignment, NoRunError, align, best_alignments, by_costs, by_search
from bko_mining.discover.petri_net import NetBuilder, PetriNet, net_of_tree
from bko_mining.discover.state_space import MOST_MARKINGS, StateSpace, state_space
from bko_mining.discover.tree import Step

Trace = tuple[str, ...]
leaf = st.builds(lambda name: Step("activity" if name else "silent", name), st.sampled_from(["", *"aabbcd"]))
trees = st.recursive(
    leaf,
    lambda inner: st.builds(
        lambda kind, children: Step(kind, "", tuple(children)),
        st.sampled_from(["sequence", "choice", "parallel", "loop"]),
        st.lists(inner, min_size=2, max_size=3),
    ),
    max_leaves=8,
)
traces = st.lists(st.lists(st.sampled_from("abcdx"), max_size=7).map(tuple), min_size=1, max_size=6, unique=True)


def written_out(net: PetriNet) -> StateSpace:
    found = state_space(net)
    assert found is not None
    return found


@settings(deadline=None, max_examples=60)
@given(trees, traces)
def test_costs_and_moves_are_those_of_a_search(tree: Step, some: list[Trace]) -> None:
    net = net_of_tree(tree)
    ours, shortest = by_costs(written_out(net), tuple(some))
    theirs, their_shortest = by_search(net, tuple(some))
    assert shortest == their_shortest
    for trace, one, other in zip(some, ours, theirs, strict=True):
        assert one.cost == other.cost, trace
        # Where everything fits r4pm's run is kept as it is: the net may allow several with the same activities.
        assert not one.cost or one == other, trace


@settings(deadline=None, max_examples=60)
@given(trees, traces)
def test_an_alignment_is_a_run_through_the_net(tree: Step, some: list[Trace]) -> None:
    net = net_of_tree(tree)
    for trace, one in zip(some, by_costs(written_out(net), tuple(some))[0], strict=True):
        marking = net.start
        for transition in one.fired:
            assert transition in set(net.enabled(marking))
            marking = net.fire(marking, transition)
        assert marking == net.end
        assert one.cost == len(one.inserted) + len(one.skipped)
        assert _with_what_was_missing(trace, one) == [net.labels[t] for t in one.fired if net.labels[t]]


def _with_what_was_missing(trace: Trace, one: Alignment) -> list[str]:
    found = []
    for place in range(len(trace) + 1):
        found += [name for before, name in one.skipped if before == place]
        found += [] if place in one.inserted else list(trace[place : place + 1])
    return found


def test_variants_in_groups_cost_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    net = net_of_tree(Step("parallel", "", tuple(Step("activity", name) for name in "abc")))
    some = (tuple("abc"), tuple("cab"), tuple("ab"), tuple("xabc"), ())
    whole = by_costs(written_out(net), some)
    monkeypatch.setattr(remaining_cost, "MOST_COSTS", 1)
    assert len(list(remaining_cost.groups(some, 10))) == len(some)
    assert by_costs(written_out(net), some) == whole


def test_a_net_with_too_many_markings_is_searched() -> None:
    names = "abcdefghijkl"
    net = net_of_tree(Step("parallel", "", tuple(Step("activity", name) for name in names)))
    assert 2 ** len(names) > MOST_MARKINGS
    assert state_space(net) is None
    aligned, shortest = align(net, [tuple(names[::-1]), tuple(names[1:])])
    assert [one.cost for one in aligned] == [0, 1]
    assert shortest == len(names)


def test_a_net_with_two_tokens_on_a_place_is_searched() -> None:
    made = NetBuilder()
    first, left, right, last = (made.place() for _ in range(4))
    made.transition((first,), (left, right), "a")
    made.transition((left,), (last,), "b")
    made.transition((right,), (last,), "c")
    assert state_space(made.net((first,), (last,))) is None


def test_a_net_that_never_ends_is_refused() -> None:
    made = NetBuilder()
    first, second, last = made.place(), made.place(), made.place()
    made.transition((first,), (second,), "a")
    with pytest.raises(NoRunError, match="no case can run through the model of 1 activities"):
        best_alignments(made.net((first,), (last,)), (("a",),))
