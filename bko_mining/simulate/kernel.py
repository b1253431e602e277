"""The compiled lane: the event loop of a run over arrays, bit for bit what the SimPy lane does."""

from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from numba import njit, types

from bko_mining.simulate.kernel_basics import chance, free_item, new_item, plan, pop, push
from bko_mining.simulate.kernel_batches import release_group, release_hour, turn_round
from bko_mining.simulate.kernel_flow import arrive_at, leave, split_later, waited
from bko_mining.simulate.kernel_gates import (
    deliver,
    enter,
    leap,
    lose_patience,
    review,
)
from bko_mining.simulate.kernel_memory import (
    act,
    arrival,
    begins_at,
    compiled,
    error_share,
    fail_share,
    group,
    heap,
    item,
    mark,
    node,
    reg,
    set_activity,
    set_case,
    set_did,
    set_doer,
    set_enabled,
    set_end,
    set_item,
    set_last,
    set_mark,
    set_queued,
    set_ready,
    set_reg,
    set_short,
    set_start,
    set_token,
    set_who,
    stack,
)
from bko_mining.simulate.kernel_opening import place_next
from bko_mining.simulate.kernel_pool import offer_at, open_doors, release
from bko_mining.simulate.kernel_rules import multiplied
from bko_mining.simulate.world import (
    ACT,
    ARRIVE,
    AT,
    BOT_EXCEPTION,
    BOT_FAILS,
    BY_HAND,
    BY_HAND_DESK,
    CASE,
    DELIVER,
    DONE,
    ENABLED,
    ERROR,
    ERROR_FACTORS,
    ERROR_MADE,
    ERROR_TO,
    EYE,
    FINISH,
    FLAGS,
    HOUR,
    IN_USE,
    LABEL,
    LEAVE,
    MATE,
    MATES,
    MORE_ROWS,
    N_ACTS,
    N_CASES,
    N_HEAP,
    N_PLACED,
    N_ROWS,
    N_STACK,
    N_TO_PLACE,
    NODE,
    NOW,
    OLD,
    OPEN,
    PATIENCE,
    PERSON,
    QUEUED,
    READY,
    READY_AT,
    REMEMBERS,
    REVIEW,
    ROOM_ROWS,
    ROUND,
    RUNNING,
    SHORT,
    SPLIT,
    START,
    STATUS,
    STOP,
    VERSION,
    VISIT,
    WAITED,
    WHO,
)

_PARTS = ("memory", "basics", "rules", "desks", "fits", "pool", "batches", "gates", "flow", "opening")


def _digest() -> bytes:
    """What the compiled code was made from: the cache of another version must not be taken for this one."""
    room = Path(__file__).parent
    names = ("world", "timetable", "kernel", *(f"kernel_{part}" for part in _PARTS))
    return sha256(b"".join((room / f"{name}.py").read_bytes() for name in names)).digest()


@compiled
def _check(m: int) -> None:
    """Whether there is something to do, and room for it."""
    if reg(m, N_HEAP) == 0 or heap(m, 0, 0) >= reg(m, STOP):
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
    elif what == PATIENCE:
        lose_patience(m, a, b)
    elif what == DELIVER:
        deliver(m, a, b)
    elif what == REVIEW:
        review(m, a)
    elif what == OLD:
        if group(m, a >> 16, ROUND) == b:
            release_group(m, a & 0xFFFF, a >> 16)
    else:
        set_reg(m, STATUS, DONE)


@compiled
def _catch_up(m: int) -> None:
    """Do what is planned for this instant, the latest plan first."""
    while reg(m, N_STACK) > 0 and reg(m, STATUS) == RUNNING:
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
        _write(m, each, who, i)
        each = item(m, each, MATE) if together else -1
    if act(m, item(m, i, ACT), BOT_FAILS) >= 0 and _bot_failed(m, i, p):
        return
    if reg(m, REMEMBERS) == 1:
        _remember(m, i, p)
    if p >= 0:
        release(m, p, i)
    low, each, row = reg(m, N_STACK), i, reg(m, N_ROWS) - max(item(m, i, MATES), 1)
    while each >= 0:
        following = item(m, each, MATE) if together else -1
        _go_on(m, each, p, row)
        free_item(m, each)
        each = following
        row += 1
    if together:
        turn_round(m, low)


@compiled
def _go_on(m: int, i: int, p: int, row: int) -> None:
    """The case of an item goes on, or back after a mistake (its row says so)."""
    a, case, n = item(m, i, ACT), item(m, i, CASE), item(m, i, NODE)
    if act(m, a, ERROR) >= 0:
        usual = error_share(m, (p + 1) * reg(m, N_ACTS) + a)
        share = multiplied(m, act(m, a, ERROR_FACTORS), usual, case, reg(m, NOW))
        if chance(m, act(m, a, ERROR), case, item(m, i, VISIT)) < share:
            set_mark(m, row, mark(m, row) | ERROR_MADE)
            leap(m, case, act(m, a, ERROR_TO), node(m, n, LABEL))
            return
    plan(m, LEAVE, case, n, item(m, i, VISIT))


@compiled
def _bot_failed(m: int, i: int, p: int) -> bool:
    """An exception of the bot: its row stays, a person does it again."""
    a = item(m, i, ACT)
    if item(m, i, FLAGS) & BY_HAND != 0:
        return False
    if chance(m, act(m, a, BOT_FAILS), item(m, i, CASE), item(m, i, VISIT)) >= fail_share(m, a):
        return False
    n = max(item(m, i, MATES), 1)
    for row in range(reg(m, N_ROWS) - n, reg(m, N_ROWS)):
        set_mark(m, row, mark(m, row) | BOT_EXCEPTION)
    release(m, p, i)
    offer_at(m, act(m, a, BY_HAND_DESK), _again(m, i, n))
    return True


@compiled
def _again(m: int, i: int, n: int) -> int:
    """New items for those that are to be done anew by hand, together if they were together; returns the first."""
    head, tail, each, mates = -1, -1, i, item(m, i, MATES)
    for _ in range(n):
        made = new_item(m)
        for column in (CASE, NODE, ACT, VISIT):
            set_item(m, made, column, item(m, each, column))
        for column in (ENABLED, READY_AT, QUEUED):
            set_item(m, made, column, reg(m, NOW))
        if head < 0:
            head = made
        else:
            set_item(m, tail, MATE, made)
        tail = made
        following = item(m, each, MATE)
        free_item(m, each)
        each = following
    set_item(m, head, MATES, mates)
    set_item(m, head, FLAGS, BY_HAND)
    return head


@compiled
def _remember(m: int, i: int, p: int) -> None:
    """Who did what in a case, for conditions and four eyes."""
    a, together = item(m, i, ACT), item(m, i, MATES) > 0
    each = i
    while each >= 0:
        case = item(m, each, CASE)
        set_last(m, case, a)
        if p >= 0:
            set_doer(m, case, p)
            if act(m, a, EYE) >= 0:
                set_did(m, act(m, a, EYE) + case, p)
        each = item(m, each, MATE) if together else -1


@compiled
def _write(m: int, i: int, who: int, head: int) -> None:
    n = reg(m, N_ROWS)
    set_enabled(m, n, item(m, i, ENABLED))
    set_ready(m, n, item(m, i, READY_AT))
    set_queued(m, n, item(m, i, QUEUED))
    set_start(m, n, item(m, i, START))
    set_end(m, n, reg(m, NOW))
    set_case(m, n, item(m, i, CASE))
    set_activity(m, n, item(m, i, ACT))
    set_who(m, n, who)
    if item(m, head, FLAGS) & BY_HAND != 0:
        set_mark(m, n, BY_HAND)
    if item(m, head, SHORT) > 0:
        set_short(m, n, item(m, head, SHORT))
    set_reg(m, N_ROWS, n + 1)


def _make_go(digest: bytes) -> Any:
    @njit(nogil=True, error_model="numpy")
    def go(m: int, most: int) -> int:
        """Let events happen until the run is done, needs something, or so many have happened; returns the status."""
        if len(digest) == 0:
            return DONE
        set_reg(m, STATUS, RUNNING)
        while reg(m, N_PLACED) < reg(m, N_TO_PLACE):
            place_next(m)
            _catch_up(m)
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

    try:
        go.enable_caching()
    except RuntimeError:
        # No folder may be written to: each process that wants the kernel compiles it.
        return go
    return go


go = _make_go(_digest())
_SIGNATURE = (types.int64, types.int64)
_LOCK = Lock()


def ready(*, compiling: bool) -> bool:
    """Take ``go`` from the cache, or compile it if that is wanted; tells whether it can be called at once."""
    with _LOCK:
        if not go.signatures:
            kept = go._cache.load_overload(_SIGNATURE, go.targetctx)  # numba has no public way to ask its cache
            if kept is not None:
                go.targetctx.insert_user_function(kept.entry_point, kept.fndesc, [kept.library])
                go.add_overload(kept)
            elif compiling:
                go.compile(_SIGNATURE)
        return bool(go.signatures)
