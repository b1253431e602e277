"""Desks of the compiled lane: the same queues as in ``people``, as linked lists."""

import numpy as np

from bko_mining.simulate.kernel_basics import finish_at, is_open, length, opening_after, push
from bko_mining.simulate.kernel_memory import (
    act,
    alarm,
    compiled,
    desk,
    item,
    pace,
    person,
    place,
    reg,
    set_alarm,
    set_desk,
    set_item,
    set_person,
    set_place,
)
from bko_mining.simulate.world import (
    ACT,
    AFTER,
    ALARM,
    AT_DESK,
    BACK,
    BEFORE,
    CASE,
    DESK,
    DESK_HOURS,
    FINISH,
    FIRST_IDLE,
    HEAD,
    HOURS,
    IDLE,
    IN_HAND,
    LAST_IDLE,
    MATE,
    MATE_TIME,
    MATES,
    N_ACTS,
    N_HOURS_OF,
    NEXT,
    NOW,
    OF_PERSON,
    OPEN,
    PERSON,
    PLACE,
    PLAIN,
    SERVICE,
    SORT,
    START,
    TAIL,
    VERSION,
    VISIT,
    WAITING,
    WHO,
    WORK,
)


@compiled
def work_of(m: int, i: int, p: int) -> int:
    """Working time of an item in somebody's hands."""
    a = item(m, i, ACT)
    amount = np.float64(length(m, act(m, a, SERVICE), item(m, i, CASE), item(m, i, VISIT)))
    extra = act(m, a, MATE_TIME)
    if extra >= 0 and item(m, i, MATES) > 0:
        mate = i
        while mate >= 0:
            amount += np.float64(length(m, extra, item(m, mate, CASE), item(m, mate, VISIT)))
            mate = item(m, mate, MATE)
    if p >= 0:
        amount *= pace(m, p * reg(m, N_ACTS) + a)
    return int(amount)


@compiled
def begin(m: int, i: int, p: int) -> None:
    """A person whose hours are open starts an item."""
    now = reg(m, NOW)
    work = work_of(m, i, p)
    set_item(m, i, START, now)
    mate = item(m, i, MATE) if item(m, i, MATES) > 0 else -1
    while mate >= 0:
        set_item(m, mate, START, now)
        mate = item(m, mate, MATE)
    set_item(m, i, PERSON, p)
    set_item(m, i, WHO, p)
    set_person(m, p, IN_HAND, i)
    push(m, finish_at(m, person(m, p, WORK), now, work), FINISH, i, item(m, i, VERSION))


@compiled
def begin_alone(m: int, i: int) -> None:
    """An automatic activity starts at once and needs nobody."""
    now = reg(m, NOW)
    set_item(m, i, START, now)
    push(m, now + work_of(m, i, -1), FINISH, i, item(m, i, VERSION))


@compiled
def idle_last(m: int, k: int) -> None:
    """Somebody becomes idle at a desk: the last to be asked."""
    d = place(m, k, AT_DESK)
    last = desk(m, d, LAST_IDLE)
    set_place(m, k, BEFORE, last)
    set_place(m, k, AFTER, -1)
    set_place(m, k, IDLE, 1)
    if last >= 0:
        set_place(m, last, AFTER, k)
    else:
        set_desk(m, d, FIRST_IDLE, k)
    set_desk(m, d, LAST_IDLE, k)


@compiled
def not_idle(m: int, k: int) -> None:
    """Somebody is no longer idle at a desk."""
    d, back, on = place(m, k, AT_DESK), place(m, k, BEFORE), place(m, k, AFTER)
    if back >= 0:
        set_place(m, back, AFTER, on)
    else:
        set_desk(m, d, FIRST_IDLE, on)
    if on >= 0:
        set_place(m, on, BEFORE, back)
    else:
        set_desk(m, d, LAST_IDLE, back)
    set_place(m, k, IDLE, 0)


@compiled
def line_up(m: int, d: int, i: int) -> None:
    """An item joins the end of a queue."""
    last = desk(m, d, TAIL)
    set_item(m, i, NEXT, -1)
    set_item(m, i, BACK, last)
    if last >= 0:
        set_item(m, last, NEXT, i)
    else:
        set_desk(m, d, HEAD, i)
    set_desk(m, d, TAIL, i)
    set_desk(m, d, WAITING, desk(m, d, WAITING) + 1)


@compiled
def first_in_line(m: int, d: int) -> int:
    """Take the first item off a queue."""
    i = desk(m, d, HEAD)
    on = item(m, i, NEXT)
    set_desk(m, d, HEAD, on)
    if on >= 0:
        set_item(m, on, BACK, -1)
    else:
        set_desk(m, d, TAIL, -1)
    set_desk(m, d, WAITING, desk(m, d, WAITING) - 1)
    return i


@compiled
def offer(m: int, i: int) -> None:
    """An item comes to the desk of its activity."""
    d = act(m, item(m, i, ACT), DESK)
    if d < 0:
        begin_alone(m, i)
    elif desk(m, d, SORT) == PLAIN:
        _offer_plain(m, d, i)
    else:
        _offer_shifts(m, d, i)


@compiled
def release(m: int, p: int) -> None:
    """Somebody is free again: the next item, or idle."""
    set_person(m, p, IN_HAND, -1)
    k = person(m, p, PLACE)
    d = place(m, k, AT_DESK)
    if desk(m, d, SORT) == PLAIN:
        _release_plain(m, d, k)
    else:
        _release_shifts(m, d, k)


@compiled
def open_doors(m: int, d: int) -> None:
    """A wake-up of a desk."""
    if desk(m, d, SORT) == PLAIN:
        _open_plain(m, d)
    else:
        _open_shifts(m, d)


@compiled
def _offer_plain(m: int, d: int, i: int) -> None:
    k = desk(m, d, FIRST_IDLE)
    if k < 0:
        line_up(m, d, i)
    elif desk(m, d, HEAD) < 0 and is_open(m, desk(m, d, DESK_HOURS), reg(m, NOW)):
        not_idle(m, k)
        begin(m, i, place(m, k, OF_PERSON))
    else:
        line_up(m, d, i)
        _alarm_plain(m, d)


@compiled
def _release_plain(m: int, d: int, k: int) -> None:
    if desk(m, d, HEAD) < 0:
        idle_last(m, k)
    elif is_open(m, desk(m, d, DESK_HOURS), reg(m, NOW)):
        begin(m, first_in_line(m, d), place(m, k, OF_PERSON))
    else:
        idle_last(m, k)
        _alarm_plain(m, d)


@compiled
def _alarm_plain(m: int, d: int) -> None:
    """One wake-up at the next opening, however many wait."""
    now, hours = reg(m, NOW), desk(m, d, DESK_HOURS)
    if is_open(m, hours, now):
        _open_plain(m, d)
    elif desk(m, d, ALARM) <= now:
        at = opening_after(m, hours, now)
        set_desk(m, d, ALARM, at)
        push(m, at, OPEN, d, 0)


@compiled
def _open_plain(m: int, d: int) -> None:
    if is_open(m, desk(m, d, DESK_HOURS), reg(m, NOW)):
        while desk(m, d, HEAD) >= 0 and desk(m, d, FIRST_IDLE) >= 0:
            k = desk(m, d, FIRST_IDLE)
            i = first_in_line(m, d)
            not_idle(m, k)
            begin(m, i, place(m, k, OF_PERSON))


@compiled
def _offer_shifts(m: int, d: int, i: int) -> None:
    if desk(m, d, HEAD) >= 0:
        line_up(m, d, i)
        return
    k = desk(m, d, FIRST_IDLE)
    while k >= 0:
        p = place(m, k, OF_PERSON)
        if is_open(m, person(m, p, HOURS), reg(m, NOW)):
            not_idle(m, k)
            begin(m, i, p)
            return
        k = place(m, k, AFTER)
    line_up(m, d, i)
    _alarms_shifts(m, d)


@compiled
def _release_shifts(m: int, d: int, k: int) -> None:
    p = place(m, k, OF_PERSON)
    if desk(m, d, HEAD) >= 0:
        if is_open(m, person(m, p, HOURS), reg(m, NOW)):
            begin(m, first_in_line(m, d), p)
            return
        wake(m, d, person(m, p, HOURS))
    idle_last(m, k)


@compiled
def _alarms_shifts(m: int, d: int) -> None:
    k = desk(m, d, FIRST_IDLE)
    while k >= 0:
        wake(m, d, person(m, place(m, k, OF_PERSON), HOURS))
        k = place(m, k, AFTER)


@compiled
def wake(m: int, d: int, hours: int) -> None:
    """One wake-up of a desk for each calendar, at its next opening."""
    now, slot = reg(m, NOW), d * reg(m, N_HOURS_OF) + hours
    if alarm(m, slot) <= now:
        at = opening_after(m, hours, now)
        set_alarm(m, slot, at)
        push(m, at, OPEN, d, 0)


@compiled
def _open_shifts(m: int, d: int) -> None:
    k = desk(m, d, FIRST_IDLE)
    while k >= 0 and desk(m, d, HEAD) >= 0:
        following = place(m, k, AFTER)
        p = place(m, k, OF_PERSON)
        if is_open(m, person(m, p, HOURS), reg(m, NOW)):
            not_idle(m, k)
            begin(m, first_in_line(m, d), p)
        k = following
    if desk(m, d, HEAD) >= 0:
        _alarms_shifts(m, d)
