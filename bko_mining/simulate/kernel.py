"""The compiled lane: the event loop of a run over arrays, bit for bit what the SimPy lane does."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from numba import njit

from bko_mining.simulate.kernel_basics import free_item, plan, pop, push
from bko_mining.simulate.kernel_desks import open_doors, release
from bko_mining.simulate.kernel_flow import arrive_at, leave, split_later, waited
from bko_mining.simulate.kernel_gates import enter, release_group, release_hour, turn_round
from bko_mining.simulate.kernel_memory import (
    arrival,
    begins_at,
    compiled,
    group,
    heap,
    item,
    reg,
    set_codes,
    set_item,
    set_reg,
    set_times,
    set_token,
    stack,
)
from bko_mining.simulate.world import (
    ACT,
    ARRIVE,
    AT,
    CASE,
    DONE,
    ENABLED,
    FINISH,
    FOREVER,
    HOUR,
    IN_USE,
    LEAVE,
    MATE,
    MATES,
    MORE_ROWS,
    N_CASES,
    N_HEAP,
    N_ROWS,
    N_STACK,
    NODE,
    NOW,
    OLD,
    OPEN,
    PERSON,
    QUEUED,
    READY,
    READY_AT,
    ROOM_ROWS,
    ROUND,
    RUNNING,
    SPLIT,
    START,
    STATUS,
    STOP,
    STUCK,
    VERSION,
    VISIT,
    WAITED,
    WHO,
)

_PARTS = ("world", "kernel_memory", "kernel_basics", "kernel_desks", "kernel_gates", "kernel_flow", "kernel")


def _digest() -> bytes:
    """What the compiled code was made from: the cache of another version must not be taken for this one."""
    room = Path(__file__).parent
    return sha256(b"".join((room / f"{name}.py").read_bytes() for name in _PARTS)).digest()


@compiled
def _check(m: int) -> None:
    """Whether there is something to do, and room for it."""
    if reg(m, N_HEAP) == 0:
        set_reg(m, STATUS, STUCK if reg(m, STOP) == FOREVER else DONE)
    elif heap(m, 0, 0) >= reg(m, STOP):
        set_reg(m, STATUS, DONE)
    elif reg(m, N_ROWS) + reg(m, IN_USE) + 8 > reg(m, ROOM_ROWS):
        set_reg(m, STATUS, MORE_ROWS)


@compiled
def _happen(m: int, what: int, a: int, b: int) -> None:
    if what == FINISH:
        if item(m, a, VERSION) == b:
            _finish(m, a)
    elif what == READY:
        set_item(m, a, READY_AT, reg(m, NOW))
        set_item(m, a, QUEUED, reg(m, NOW))
        enter(m, a)
    elif what == ARRIVE:
        _arrive(m, a)
    elif what == OPEN:
        open_doors(m, a)
    else:
        _happen_seldom(m, what, a, b)


@compiled
def _happen_seldom(m: int, what: int, a: int, b: int) -> None:
    if what == WAITED:
        waited(m, a)
    elif what == SPLIT:
        split_later(m, a)
    elif what == HOUR:
        release_hour(m, a)
    elif what == OLD:
        if group(m, a >> 16, ROUND) == b:
            release_group(m, a & 0xFFFF, a >> 16)
    else:
        set_reg(m, STATUS, DONE)


@compiled
def _catch_up(m: int) -> None:
    """Do what is planned for this instant, the latest plan first."""
    while reg(m, N_STACK) > 0:
        n = reg(m, N_STACK) - 1
        set_reg(m, N_STACK, n)
        what, a, b, c = stack(m, n, 0), stack(m, n, 1), stack(m, n, 2), stack(m, n, 3)
        if what == LEAVE:
            leave(m, a, b, c)
        elif what == AT:
            arrive_at(m, a, b, c)
        else:
            enter(m, a)


@compiled
def _arrive(m: int, case: int) -> None:
    if case + 1 < reg(m, N_CASES):
        push(m, arrival(m, case + 1), ARRIVE, case + 1, 0)
    set_token(m, case, 1)
    plan(m, LEAVE, case, begins_at(m, case), 0)


@compiled
def _finish(m: int, i: int) -> None:
    """The end of an item and of those done together with it."""
    p, who, together = item(m, i, PERSON), item(m, i, WHO), item(m, i, MATES) > 0
    each = i
    while each >= 0:
        _write(m, each, who)
        each = item(m, each, MATE) if together else -1
    if p >= 0:
        release(m, p)
    low, each = reg(m, N_STACK), i
    while each >= 0:
        following = item(m, each, MATE) if together else -1
        plan(m, LEAVE, item(m, each, CASE), item(m, each, NODE), item(m, each, VISIT))
        free_item(m, each)
        each = following
    if together:
        turn_round(m, low)


@compiled
def _write(m: int, i: int, who: int) -> None:
    n, room = reg(m, N_ROWS), reg(m, ROOM_ROWS)
    set_times(m, n, item(m, i, ENABLED))
    set_times(m, room + n, item(m, i, READY_AT))
    set_times(m, 2 * room + n, item(m, i, QUEUED))
    set_times(m, 3 * room + n, item(m, i, START))
    set_times(m, 4 * room + n, reg(m, NOW))
    set_codes(m, n, item(m, i, CASE))
    set_codes(m, room + n, item(m, i, ACT))
    set_codes(m, 2 * room + n, who)
    set_reg(m, N_ROWS, n + 1)


def _make_go(digest: bytes) -> Callable[[int, int], int]:
    @njit(nogil=True, error_model="numpy", cache=True)
    def go(m: int, most: int) -> int:
        """Let events happen until the run is done, needs something, or so many have happened; returns the status."""
        if len(digest) == 0:
            return STUCK
        set_reg(m, STATUS, RUNNING)
        for _ in range(most):
            _check(m)
            if reg(m, STATUS) != RUNNING:
                break
            what, b = pop(m)
            _happen(m, what & 15, what >> 4, b)
            _catch_up(m)
            if reg(m, STATUS) != RUNNING:
                break
        return reg(m, STATUS)

    return go


go = _make_go(_digest())
