"""Cases on their way through the net, in the compiled lane: the same steps as ``Run`` takes, depth first."""

from bko_mining.simulate.kernel_basics import after, chance, free_item, length, new_item, plan, push
from bko_mining.simulate.kernel_gates import enter
from bko_mining.simulate.kernel_memory import (
    compiled,
    edge,
    item,
    joining,
    node,
    pause,
    pause_at,
    reg,
    scratch,
    set_finished,
    set_item,
    set_joining,
    set_reg,
    set_token,
    set_visits,
    settled,
    token,
    visits,
    way,
)
from bko_mining.simulate.kernel_rules import choose_by_rules, holds, pick_some
from bko_mining.simulate.world import (
    ACT,
    AT,
    CALENDAR,
    CASE,
    DELAY,
    ENABLED,
    ENDLESS,
    FATE,
    FIRST_WAY,
    FORK,
    HALT,
    INCOMING,
    INSIDE,
    JOIN,
    JOIN_SLOT,
    KIND,
    LABEL,
    LEAVE,
    N_CASES,
    N_FINISHED,
    N_JOINS,
    N_WAYS,
    NODE,
    NOW,
    ONLY,
    QUEUED,
    READY,
    READY_AT,
    SETTLED,
    SPLIT,
    STATUS,
    STREAM,
    VISIT,
    WAITED,
    WHEN,
    WHERE,
    WIDTH,
)

_ACTIVITY, _END, _JOIN, _PICK, _SOME, _WAIT = 0, 1, 3, 4, 5, 6
_MOST_VISITS = 65_535


@compiled
def leave(m: int, case: int, n: int, visit: int) -> None:
    """Go on from a node that is done."""
    target = node(m, n, ONLY)
    if target < 0:
        target = _choose(m, n, case, chance(m, node(m, n, FATE), case, visit))
    row = node(m, target, SETTLED)
    if row >= 0:
        certain = settled(m, row * reg(m, N_CASES) + case)
        if certain >= 0:
            target = certain
    arrive_at(m, case, target, node(m, n, LABEL))


@compiled
def _choose(m: int, n: int, case: int, u: float) -> int:
    """Where a case goes, by rules or by cumulative shares."""
    if node(m, n, FORK) >= 0:
        return choose_by_rules(m, node(m, n, FORK), case, u)
    i = node(m, n, FIRST_WAY)
    last = i + node(m, n, N_WAYS) - 1
    while i < last and u >= edge(m, i):
        i += 1
    return way(m, i)


@compiled
def arrive_at(m: int, case: int, n: int, step: int) -> None:
    """Come to a node: an activity begins, anything else is passed."""
    kind = node(m, n, KIND)
    if kind == _ACTIVITY:
        _enable(m, case, n, step)
    elif kind == _END:
        _end_token(m, case)
    elif kind == _JOIN:
        _join(m, case, n)
    elif kind == _PICK:
        _pick(m, case, n, step)
    elif kind == _WAIT:
        _wait(m, case, n)
    else:
        _split(m, case, n, step)


@compiled
def _enable(m: int, case: int, n: int, step: int) -> None:
    now, a = reg(m, NOW), node(m, n, LABEL)
    visit = _visit(m, case, n)
    i = _token(m, case, n, visit)
    set_item(m, i, ACT, a)
    set_item(m, i, ENABLED, now)
    set_item(m, i, READY_AT, now)
    set_item(m, i, QUEUED, now)
    ready = _paused(m, case, step * reg(m, WIDTH) + a, visit)
    if ready > now:
        push(m, ready, READY, i, 0)
    else:
        enter(m, i)


@compiled
def _paused(m: int, case: int, transition: int, visit: int) -> int:
    """When the delays of a transition are over."""
    ready, k = reg(m, NOW), pause_at(m, transition)
    if k >= 0:
        while pause(m, k, STREAM) >= 0:
            ready = _later(m, k, case, visit, ready)
            k += 1
    return ready


@compiled
def _later(m: int, k: int, case: int, visit: int, at: int) -> int:
    if not holds(m, pause(m, k, WHEN), case, at):
        return at
    passes = length(m, pause(m, k, STREAM), case, visit)
    if pause(m, k, CALENDAR) >= 0:
        return after(m, pause(m, k, CALENDAR), at, passes)
    return at + passes


@compiled
def _visit(m: int, case: int, n: int) -> int:
    slot = case * reg(m, WIDTH) + node(m, n, LABEL)
    visit = visits(m, slot)
    if visit >= _MOST_VISITS:
        set_reg(m, STATUS, ENDLESS)
        set_reg(m, WHERE, (case << 24) | n)
        return 0
    set_visits(m, slot, visit + 1)
    return visit


@compiled
def _end_token(m: int, case: int) -> None:
    left = token(m, case) - 1
    set_token(m, case, left)
    if left == 0:
        set_finished(m, case, 1)
        set_reg(m, N_FINISHED, reg(m, N_FINISHED) + 1)
        if reg(m, N_FINISHED) == reg(m, N_CASES):
            push(m, reg(m, NOW), HALT, 0, 0)


@compiled
def _join(m: int, case: int, n: int) -> None:
    slot = case * reg(m, N_JOINS) + node(m, n, JOIN_SLOT)
    expected = joining(m, slot)
    if expected == 0:
        expected = node(m, n, INCOMING)
    if expected > 1:
        set_joining(m, slot, expected - 1)
        set_token(m, case, token(m, case) - 1)
        return
    set_joining(m, slot, 0)
    plan(m, LEAVE, case, n, _visit(m, case, n))


@compiled
def _pick(m: int, case: int, n: int, step: int) -> None:
    row = node(m, n, SETTLED)
    target = node(m, n, ONLY) if row < 0 else settled(m, row * reg(m, N_CASES) + case)
    if target < 0:
        target = _choose(m, n, case, chance(m, node(m, n, FATE), case, _visit(m, case, n)))
    plan(m, AT, case, target, step)


@compiled
def _wait(m: int, case: int, n: int) -> None:
    visit = _visit(m, case, n)
    push(m, _later(m, node(m, n, DELAY), case, visit, reg(m, NOW)), WAITED, _token(m, case, n, visit), 0)


@compiled
def _token(m: int, case: int, n: int, visit: int) -> int:
    i = new_item(m)
    set_item(m, i, CASE, case)
    set_item(m, i, NODE, n)
    set_item(m, i, VISIT, visit)
    return i


@compiled
def _split(m: int, case: int, n: int, step: int) -> None:
    visit = _visit(m, case, n)
    ready = _paused(m, case, step * reg(m, WIDTH) + node(m, n, LABEL), visit)
    if ready > reg(m, NOW):
        push(m, ready, SPLIT, _token(m, case, n, visit), 0)
    else:
        _spread(m, case, n, visit)


@compiled
def _spread(m: int, case: int, n: int, visit: int) -> None:
    """The branches of a split begin, in their order."""
    some = node(m, n, KIND) == _SOME
    all_ways, first = node(m, n, N_WAYS), node(m, n, FIRST_WAY)
    many = pick_some(m, node(m, n, FORK), case, visit) if some else all_ways
    set_token(m, case, token(m, case) + many - 1)
    join = node(m, n, JOIN)
    if join >= 0:
        set_joining(m, case * reg(m, N_JOINS) + node(m, join, JOIN_SLOT), many)
    for k in range(all_ways - 1, -1, -1):
        if not some or scratch(m, k) == 1.0:
            plan(m, AT, case, way(m, first + k), node(m, n, INSIDE))


@compiled
def waited(m: int, i: int) -> None:
    """A delay of its own is over."""
    plan(m, LEAVE, item(m, i, CASE), item(m, i, NODE), item(m, i, VISIT))
    free_item(m, i)


@compiled
def split_later(m: int, i: int) -> None:
    """The delay before a split is over."""
    _spread(m, item(m, i, CASE), item(m, i, NODE), item(m, i, VISIT))
    free_item(m, i)
