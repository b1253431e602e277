"""Who may start which item, and who of the free takes it, in the compiled lane."""

import numpy as np

from bko_mining.simulate.kernel_basics import chance, is_open
from bko_mining.simulate.kernel_memory import (
    act,
    closes,
    compiled,
    desk,
    did,
    eye,
    item,
    opens,
    pace,
    person,
    place,
    reg,
    set_desk,
    set_item,
    set_reg,
    timetable,
)
from bko_mining.simulate.kernel_rules import work_by_rules
from bko_mining.simulate.timetable import FOREVER
from bko_mining.simulate.world import (
    ACT,
    AFTER,
    ALSO,
    ANY_WORK,
    AT_DESK,
    BACK,
    BUSY,
    BY_CHANCE,
    CASE,
    CHOICE,
    CHOICE_LUCK,
    FIRST_IDLE,
    FITS,
    HEAD,
    HOURS,
    LATE,
    LEAST_LOADED,
    LEAVES,
    LENGTH,
    LONGEST_IDLE,
    N_ACTS,
    NEXT,
    NOT_SAME,
    NOW,
    OF_PERSON,
    OFFSET,
    OVERTIME,
    PLACE,
    POINTER,
    QUEUED,
    QUEUED_AT,
    REGULAR,
    SAME,
    SHIFT_END,
    STATUS,
    TAIL,
    TURN,
    VISIT,
    WAITING,
)


@compiled
def leave_line(m: int, i: int) -> None:
    """An item leaves the queue it stands in."""
    d, back, on = item(m, i, QUEUED_AT), item(m, i, BACK), item(m, i, NEXT)
    if d < 0:
        return
    if back >= 0:
        set_item(m, back, NEXT, on)
    else:
        set_desk(m, d, HEAD, on)
    if on >= 0:
        set_item(m, on, BACK, back)
    else:
        set_desk(m, d, TAIL, back)
    set_desk(m, d, WAITING, desk(m, d, WAITING) - 1)
    set_item(m, i, QUEUED_AT, -1)


@compiled
def fits(m: int, i: int, p: int, d: int) -> bool:
    """Whether a person may start an item now, apart from the hours."""
    if desk(m, d, ANY_WORK) == 1:
        return True
    now, a = reg(m, NOW), item(m, i, ACT)
    if np.isnan(pace(m, p * reg(m, N_ACTS) + a)):
        return False
    if person(m, p, OVERTIME) > 0 and not is_open(m, person(m, p, REGULAR), now) and not _stays(m, i, p):
        return False
    if (act(m, a, SAME) >= 0 or act(m, a, NOT_SAME) >= 0) and not _four_eyes(m, i, p):
        return False
    if act(m, a, SHIFT_END) == FITS and is_open(m, person(m, p, HOURS), now):
        return _fits_in(m, i, p)
    return True


@compiled
def _fits_in(m: int, i: int, p: int) -> bool:
    t, now = person(m, p, HOURS), reg(m, NOW)
    k = timetable(m, t, OFFSET) + timetable(m, t, POINTER)
    if timetable(m, t, POINTER) == timetable(m, t, LENGTH) - 1 and closes(m, k) < FOREVER:
        set_reg(m, STATUS, LATE)
    return work_by_rules(m, i, p) <= closes(m, k) - now or opens(m, k) == now


@compiled
def _stays(m: int, i: int, p: int) -> bool:
    """Whether so many items wait that one is begun after hours; an item on its way to the queue counts."""
    waiting = 0 if item(m, i, QUEUED_AT) >= 0 else 1
    k = person(m, p, PLACE)
    while k >= 0:
        waiting += desk(m, place(m, k, AT_DESK), WAITING)
        k = place(m, k, ALSO)
    return waiting >= person(m, p, OVERTIME)


@compiled
def _four_eyes(m: int, i: int, p: int) -> bool:
    a, case = item(m, i, ACT), item(m, i, CASE)
    k = act(m, a, SAME)
    while k >= 0 and eye(m, k) >= 0:
        other = did(m, eye(m, k) + case)
        if other >= 0 and other != p and reg(m, NOW) < person(m, other, LEAVES):
            return False
        k += 1
    k = act(m, a, NOT_SAME)
    while k >= 0 and eye(m, k) >= 0:
        if did(m, eye(m, k) + case) == p:
            return False
        k += 1
    return True


@compiled
def free_for(m: int, d: int, i: int) -> int:
    """Who of the idle takes an item now; -1 if nobody may."""
    choice, best, found, n = desk(m, d, CHOICE), 0.0, -1, 0
    k = desk(m, d, FIRST_IDLE)
    while k >= 0:
        p = place(m, k, OF_PERSON)
        if is_open(m, person(m, p, HOURS), reg(m, NOW)) and fits(m, i, p, d):
            if choice == LONGEST_IDLE:
                return p
            value = _value_of(m, choice, i, p)
            if n == 0 or value < best:
                best, found = value, p
            n += 1
        k = place(m, k, AFTER)
    if choice == BY_CHANCE and n > 0:
        return _by_chance(m, d, i, n)
    return found


@compiled
def _value_of(m: int, choice: int, i: int, p: int) -> float:
    if choice == LEAST_LOADED:
        return float(person(m, p, BUSY))
    factor = pace(m, p * reg(m, N_ACTS) + item(m, i, ACT))
    return factor if factor != 0.0 else 1.0


@compiled
def _by_chance(m: int, d: int, i: int, n: int) -> int:
    left = int(chance(m, desk(m, d, CHOICE_LUCK), item(m, i, CASE), item(m, i, VISIT)) * n)
    k = desk(m, d, FIRST_IDLE)
    while k >= 0:
        p = place(m, k, OF_PERSON)
        if is_open(m, person(m, p, HOURS), reg(m, NOW)) and fits(m, i, p, d):
            if left == 0:
                return p
            left -= 1
        k = place(m, k, AFTER)
    return -1


@compiled
def next_for(m: int, p: int) -> int:
    """The longest waiting item of all desks of a person; -1 if there is none for them."""
    found = -1
    k = person(m, p, PLACE)
    while k >= 0:
        d = place(m, k, AT_DESK)
        i = desk(m, d, HEAD)
        while i >= 0 and not fits(m, i, p, d):
            i = item(m, i, NEXT)
        if i >= 0 and (found < 0 or _waits_longer(m, i, found)):
            found = i
        k = place(m, k, ALSO)
    return found


@compiled
def _waits_longer(m: int, i: int, other: int) -> bool:
    since, since_other = item(m, i, QUEUED), item(m, other, QUEUED)
    return since < since_other or (since == since_other and item(m, i, TURN) < item(m, other, TURN))
