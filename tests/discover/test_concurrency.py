import numpy as np
import pyarrow as pa

from bko_mining.discover.concurrency import concurrency, enabling
from bko_mining.log.event_log import EventLog

HOUR = 3_600_000_000


def make(cases):
    """A log from [[(activity, start hour, end hour), …], …]."""
    rows = [(k, *row) for k, case in enumerate(cases) for row in case]
    names = tuple(sorted({row[1] for row in rows}))
    return EventLog.from_codes(
        case=np.array([row[0] for row in rows], np.int32),
        case_ids=pa.array([f"A{k:03d}" for k in range(len(cases))]),
        activity=np.array([names.index(row[1]) for row in rows], np.int32),
        activities=names,
        start=(np.array([row[2] for row in rows]) * HOUR).astype(np.int64),
        end=(np.array([row[3] for row in rows]) * HOUR).astype(np.int64),
    )


def sequence(letters):
    return [(letter, place, place + 1) for place, letter in enumerate(letters)]


def named(found):
    return [[[found.activities[a] for a in branch] for branch in block] for block in found.blocks]


def test_both_orders_are_a_block_and_a_rework_loop_is_not():
    found = concurrency(make([sequence("rabxj"), sequence("raxbj"), sequence("rxabj")] * 10))
    assert named(found) == [[["a", "b"], ["x"]]]
    # p follows q only because the case comes back to it
    assert not concurrency(make([sequence("rpqj"), sequence("rpqpqj")] * 10)).pairs.any()


def test_two_ways_of_a_loop_are_not_a_block():
    # m sends the case to p or to q and back; in cases with one of each, m always lies between them
    cases = [sequence(word) for word in ("mj", "mpmj", "mqmj", "mpmqmj", "mqmpmj")] * 10
    assert not concurrency(make(cases)).pairs.any()


def test_overlap_alone_shows_concurrency():
    found = concurrency(make([[("r", 0, 1), ("a", 1, 5), ("b", 2, 3), ("j", 5, 6)]] * 10))
    assert named(found) == [[["a"], ["b"]]]


def test_the_order_in_four_cases_of_a_hundred_is_not_enough():
    assert not concurrency(make([sequence("rabj")] * 96 + [sequence("rbaj")] * 4)).pairs.any()
    assert concurrency(make([sequence("rabj")] * 95 + [sequence("rbaj")] * 5)).pairs.any()


def test_a_rare_activity_follows_its_branch():
    # z is done in 4 cases, always right after a: too few to test against x, yet x does not enable it.
    cases = [sequence("raxj"), sequence("rxaj")] * 20 + [sequence("razxj"), sequence("rxazj")] * 11
    assert named(concurrency(make(cases))) == [[["a", "z"], ["x"]]]


def test_the_two_ends_of_a_choice_share_a_branch():
    cases = [sequence(word) for word in ("raxj", "rxaj", "rbxj", "rxbj")] * 15
    assert named(concurrency(make(cases))) == [[["a", "b"], ["x"]]]


def test_a_branch_is_lengthened_where_the_other_goes_on_beyond():
    # r, then b ∥ (x, y); y always comes after b, but the rework of b (b c b) is seen to go on after y.
    cases = [sequence(word) for word in ("rbxyj", "rxbyj")] * 20 + [sequence("rbcbxyj"), sequence("rxbcybj")] * 8
    assert named(concurrency(make(cases))) == [[["b", "c"], ["x", "y"]]]
    # y sends the case back to b: a loop, not a branch
    back = [sequence(word) for word in ("rbxyj", "rxbyj")] * 20 + [sequence("rbxybj"), sequence("rxbybj")] * 5
    assert named(concurrency(make(back))) == [[["b"], ["x"]]]


def test_enabling_looks_past_the_other_branch():
    log = make([[("r", 0, 1), ("a", 1, 2), ("x", 1.5, 4), ("b", 3, 3.5), ("j", 5, 6)]] * 30)
    # r, a, x, b, j: x runs beside a and b, so r enables x, a enables b, and the later of the branches enables j
    assert enabling(log)[:5].tolist() == [-1, 0, 0, 1, 2]


def test_enabling_of_a_plain_sequence_is_the_row_before():
    log = make([sequence("abc"), sequence("ab")])
    assert enabling(log).tolist() == [-1, 0, 1, -1, 3]


def test_summary_speaks_portuguese():
    import bko_mining as bko

    found = concurrency(make([sequence("abc")] * 3))
    with bko.speaking("pt_BR"):
        assert "paralelo" in found.summary
