"""Where a run begins in the compiled lane: people go on with what is in their hands, the rest comes to its gates."""

from bko_mining.simulate.kernel_basics import after, new_item, push
from bko_mining.simulate.kernel_desks import not_idle
from bko_mining.simulate.kernel_gates import enter
from bko_mining.simulate.kernel_memory import (
    compiled,
    desk,
    item,
    opening,
    person,
    place,
    reg,
    set_item,
    set_person,
    set_reg,
)
from bko_mining.simulate.kernel_pool import home_of, take_in_hand, take_turn
from bko_mining.simulate.kernel_rules import work_by_rules
from bko_mining.simulate.world import (
    ACT,
    AT_DESK,
    CASE,
    ENABLED,
    FINISH,
    FLAGS,
    IN_HAND,
    LAST,
    LEFT,
    N_PLACED,
    NODE,
    NOW,
    PERSON,
    PLACE,
    POOL,
    QUEUED,
    READY_AT,
    RESUMED,
    SORT,
    START,
    VERSION,
    VISIT,
    WHO,
    WORK,
)


@compiled
def place_next(m: int) -> None:
    """Place the next item that was open when the run began."""
    k = reg(m, N_PLACED)
    set_reg(m, N_PLACED, k + 1)
    i = new_item(m)
    for column in (CASE, NODE, ACT, VISIT, ENABLED, READY_AT, QUEUED, START, PERSON, WHO, LEFT, FLAGS):
        set_item(m, i, column, opening(m, k, column))
    if item(m, i, START) < 0:
        enter(m, i)
    else:
        _resume(m, i, item(m, i, PERSON))


@compiled
def _resume(m: int, i: int, p: int) -> None:
    """Go on with an item, be the hours open or not."""
    now = reg(m, NOW)
    if p >= 0:
        _bind(m, i, p)
    work = work_by_rules(m, i, p)
    set_item(m, i, LEFT, work)
    set_item(m, i, RESUMED, now)
    end = now + work
    if p >= 0:
        set_person(m, p, LAST, item(m, i, ACT))
        end = after(m, person(m, p, WORK), now, work)
    push(m, end, FINISH, i, item(m, i, VERSION))


@compiled
def _bind(m: int, i: int, p: int) -> None:
    k = person(m, p, PLACE)
    if desk(m, place(m, k, AT_DESK), SORT) == POOL:
        take_in_hand(m, p, i)
        home = home_of(m, i)
        if home >= 0:
            take_turn(m, home, i)
    else:
        not_idle(m, k)
    set_person(m, p, IN_HAND, i)
