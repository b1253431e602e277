"""Desks of the compiled lane: the same queues as in ``people``, as linked lists."""

from bko_mining.simulate.kernel_basics import after, chance, finish_at, is_open, opening_after, push
from bko_mining.simulate.kernel_memory import (
    act,
    alarm,
    compiled,
    desk,
    item,
    performer_code,
    performer_edge,
    person,
    place,
    reg,
    set_alarm,
    set_desk,
    set_item,
    set_person,
    set_place,
)
from bko_mining.simulate.kernel_rules import plain_work, work_by_rules
from bko_mining.simulate.world import (
    ACT,
    AFTER,
    ALARM,
    AT_DESK,
    BACK,
    BEFORE,
    BUSY,
    CARRIED_OVER,
    CASE,
    DESK_HOURS,
    FINISH,
    FIRST_IDLE,
    HEAD,
    HOURS,
    IDLE,
    IN_HAND,
    LAST,
    LAST_IDLE,
    LEFT,
    MATE,
    MATES,
    N_HOURS_OF,
    N_PERFORMERS,
    NEXT,
    NOW,
    OF_PERSON,
    OPEN,
    PERFORMER,
    PERFORMERS,
    PERSON,
    RESUMED,
    RULED,
    SHIFT_END,
    START,
    TAIL,
    VERSION,
    VISIT,
    WAITING,
    WHO,
    WORK,
)


@compiled
def begin(m: int, i: int, p: int, d: int) -> None:
    """A person whose hours are open starts (or goes on with) an item."""
    now = reg(m, NOW)
    if item(m, i, START) < 0:
        set_item(m, i, START, now)
    set_item(m, i, PERSON, p)
    set_item(m, i, WHO, p)
    set_person(m, p, IN_HAND, i)
    if desk(m, d, RULED) == 1:
        end = _begin_by_rules(m, i, p, now)
    else:
        end = finish_at(m, person(m, p, WORK), now, plain_work(m, i, p))
    push(m, end, FINISH, i, item(m, i, VERSION))


@compiled
def _begin_by_rules(m: int, i: int, p: int, now: int) -> int:
    work = work_by_rules(m, i, p)
    mate = item(m, i, MATE) if item(m, i, MATES) > 0 else -1
    while mate >= 0:
        set_item(m, mate, START, item(m, i, START))
        mate = item(m, mate, MATE)
    set_item(m, i, LEFT, work)
    set_item(m, i, RESUMED, now)
    set_person(m, p, LAST, item(m, i, ACT))
    set_person(m, p, BUSY, person(m, p, BUSY) + work)
    if act(m, item(m, i, ACT), SHIFT_END) == CARRIED_OVER:
        return now + work
    if person(m, p, WORK) == person(m, p, HOURS):
        return finish_at(m, person(m, p, WORK), now, work)
    return after(m, person(m, p, WORK), now, work)


@compiled
def begin_alone(m: int, i: int) -> None:
    """An automatic activity starts at once and needs nobody."""
    now, a = reg(m, NOW), item(m, i, ACT)
    set_item(m, i, START, now)
    n = act(m, a, N_PERFORMERS)
    if n > 0:
        low, u = act(m, a, PERFORMERS), chance(m, act(m, a, PERFORMER), item(m, i, CASE), item(m, i, VISIT))
        k = 0
        while k < n - 1 and u >= performer_edge(m, low + k):
            k += 1
        set_item(m, i, WHO, performer_code(m, low + k))
    push(m, now + work_by_rules(m, i, -1), FINISH, i, item(m, i, VERSION))


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
def offer_plain(m: int, d: int, i: int) -> None:
    """An item comes to a desk whose people share one calendar."""
    k = desk(m, d, FIRST_IDLE)
    if k < 0:
        line_up(m, d, i)
    elif desk(m, d, HEAD) < 0 and is_open(m, desk(m, d, DESK_HOURS), reg(m, NOW)):
        not_idle(m, k)
        begin(m, i, place(m, k, OF_PERSON), d)
    else:
        line_up(m, d, i)
        _alarm_plain(m, d)


@compiled
def release_plain(m: int, d: int, k: int) -> None:
    """Somebody of such a desk is free again."""
    if desk(m, d, HEAD) < 0:
        idle_last(m, k)
    elif is_open(m, desk(m, d, DESK_HOURS), reg(m, NOW)):
        begin(m, first_in_line(m, d), place(m, k, OF_PERSON), d)
    else:
        idle_last(m, k)
        _alarm_plain(m, d)


@compiled
def _alarm_plain(m: int, d: int) -> None:
    """One wake-up at the next opening, however many wait."""
    now, hours = reg(m, NOW), desk(m, d, DESK_HOURS)
    if is_open(m, hours, now):
        open_plain(m, d)
    elif desk(m, d, ALARM) <= now:
        at = opening_after(m, hours, now)
        set_desk(m, d, ALARM, at)
        push(m, at, OPEN, d, 0)


@compiled
def open_plain(m: int, d: int) -> None:
    """The doors of such a desk open."""
    if is_open(m, desk(m, d, DESK_HOURS), reg(m, NOW)):
        while desk(m, d, HEAD) >= 0 and desk(m, d, FIRST_IDLE) >= 0:
            k = desk(m, d, FIRST_IDLE)
            i = first_in_line(m, d)
            not_idle(m, k)
            begin(m, i, place(m, k, OF_PERSON), d)


@compiled
def offer_shifts(m: int, d: int, i: int) -> None:
    """An item comes to a desk whose people have their own calendars."""
    if desk(m, d, HEAD) >= 0:
        line_up(m, d, i)
        return
    k = desk(m, d, FIRST_IDLE)
    while k >= 0:
        p = place(m, k, OF_PERSON)
        if is_open(m, person(m, p, HOURS), reg(m, NOW)):
            not_idle(m, k)
            begin(m, i, p, d)
            return
        k = place(m, k, AFTER)
    line_up(m, d, i)
    _alarms_shifts(m, d)


@compiled
def release_shifts(m: int, d: int, k: int) -> None:
    """Somebody of such a desk is free again."""
    p = place(m, k, OF_PERSON)
    if desk(m, d, HEAD) >= 0:
        if is_open(m, person(m, p, HOURS), reg(m, NOW)):
            begin(m, first_in_line(m, d), p, d)
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
def open_shifts(m: int, d: int) -> None:
    """Somebody's hours begin at such a desk."""
    k = desk(m, d, FIRST_IDLE)
    while k >= 0 and desk(m, d, HEAD) >= 0:
        following = place(m, k, AFTER)
        p = place(m, k, OF_PERSON)
        if is_open(m, person(m, p, HOURS), reg(m, NOW)):
            not_idle(m, k)
            begin(m, first_in_line(m, d), p, d)
        k = following
    if desk(m, d, HEAD) >= 0:
        _alarms_shifts(m, d)
