"""Desks with rules in the compiled lane: the same as ``pool``, and the way of an item to whatever desk it needs."""

from bko_mining.simulate.kernel_basics import is_open, opening_after, rang, ring, worked_until
from bko_mining.simulate.kernel_desks import (
    begin,
    begin_alone,
    idle_last,
    not_idle,
    offer_plain,
    offer_shifts,
    open_plain,
    open_shifts,
    release_plain,
    release_shifts,
)
from bko_mining.simulate.kernel_fits import fits, free_for, leave_line, next_for
from bko_mining.simulate.kernel_memory import (
    act,
    alarm,
    compiled,
    desk,
    item,
    kind_of,
    person,
    place,
    rank_of_case,
    rank_of_kind,
    reg,
    set_alarm,
    set_desk,
    set_item,
    set_person,
)
from bko_mining.simulate.timetable import FOREVER
from bko_mining.simulate.world import (
    ACT,
    AFTER,
    ALSO,
    AT_DESK,
    BACK,
    BUSY,
    BY_CASE,
    BY_DUE,
    BY_HAND,
    BY_HAND_DESK,
    BY_KIND,
    CASE,
    DESK,
    DUE,
    ENABLED,
    FIRST_IDLE,
    FIRST_PLACE,
    FLAGS,
    HAND,
    HAND_BACK,
    HANDS,
    HANDS_END,
    HEAD,
    HOURS,
    IDLE,
    IN_HAND,
    LATER_ORDER,
    LATER_ROW,
    LATEST,
    LEFT,
    N_ACTS,
    N_HOURS_OF,
    N_PLACES,
    NEXT,
    NOW,
    OF_PERSON,
    OPEN,
    ORDER,
    ORDER_ROW,
    PERSON,
    PLACE,
    PLAIN,
    POOL,
    PREEMPTIVE,
    QUEUED_AT,
    RANK,
    RESUMED,
    SHIFTS,
    SLOTS,
    SORT,
    START,
    SWITCH,
    TAIL,
    TURN,
    TURNS,
    VERSION,
    WAITING,
    WORK,
)

_BEHIND = 1 << 61
"""What is added to ranks of a rule that holds from a day on: what waited on that day stays ahead."""


@compiled
def offer(m: int, i: int) -> None:
    """An item comes to the desk of its activity."""
    d = act(m, item(m, i, ACT), DESK)
    if d < 0:
        begin_alone(m, i)
    else:
        offer_at(m, d, i)


@compiled
def offer_at(m: int, d: int, i: int) -> None:
    """An item comes to a desk."""
    if desk(m, d, SORT) == PLAIN:
        offer_plain(m, d, i)
    elif desk(m, d, SORT) == SHIFTS:
        offer_shifts(m, d, i)
    else:
        _offer_pool(m, d, i)


@compiled
def release(m: int, p: int, i: int) -> None:
    """Somebody puts an item down: the next item, or idle."""
    set_person(m, p, IN_HAND, -1)
    k = person(m, p, PLACE)
    d = place(m, k, AT_DESK)
    if desk(m, d, SORT) == PLAIN:
        release_plain(m, d, k)
    elif desk(m, d, SORT) == SHIFTS:
        release_shifts(m, d, k)
    else:
        _release_pools(m, p, i)


@compiled
def open_doors(m: int, d: int) -> None:
    """A wake-up of a desk."""
    if desk(m, d, SORT) == PLAIN:
        open_plain(m, d)
    elif desk(m, d, SORT) == SHIFTS:
        open_shifts(m, d)
    else:
        _open_pool(m, d)


@compiled
def _rank(m: int, d: int, i: int) -> int:
    order, row, behind = desk(m, d, ORDER), desk(m, d, ORDER_ROW), 0
    if 0 <= desk(m, d, SWITCH) <= reg(m, NOW):
        order, row, behind = desk(m, d, LATER_ORDER), desk(m, d, LATER_ROW), _BEHIND
    if order == LATEST:
        return behind - item(m, i, TURN)
    if order == BY_CASE:
        return behind + rank_of_case(m, row + item(m, i, CASE))
    if order == BY_KIND:
        return behind + rank_of_kind(m, row + kind_of(m, item(m, i, CASE)) * reg(m, N_ACTS) + item(m, i, ACT))
    if order == BY_DUE:
        own = act(m, item(m, i, ACT), DUE)
        return behind + (item(m, i, ENABLED) + own if own >= 0 else rank_of_case(m, row + item(m, i, CASE)))
    return behind


@compiled
def _line_up(m: int, d: int, i: int) -> None:
    """An item takes its place in the queue, sorted by rank and turn."""
    rank, turn = _rank(m, d, i), item(m, i, TURN)
    set_item(m, i, RANK, rank)
    set_item(m, i, QUEUED_AT, d)
    back = desk(m, d, TAIL)
    while back >= 0 and (item(m, back, RANK) > rank or (item(m, back, RANK) == rank and item(m, back, TURN) > turn)):
        back = item(m, back, BACK)
    on = item(m, back, NEXT) if back >= 0 else desk(m, d, HEAD)
    set_item(m, i, BACK, back)
    set_item(m, i, NEXT, on)
    if back >= 0:
        set_item(m, back, NEXT, i)
    else:
        set_desk(m, d, HEAD, i)
    if on >= 0:
        set_item(m, on, BACK, i)
    else:
        set_desk(m, d, TAIL, i)
    set_desk(m, d, WAITING, desk(m, d, WAITING) + 1)


@compiled
def _start(m: int, d: int, i: int, p: int) -> None:
    take_in_hand(m, p, i)
    begin(m, i, p, d)


@compiled
def take_in_hand(m: int, p: int, i: int) -> None:
    """Somebody has one item more in hand; with no hand left they are idle nowhere."""
    set_person(m, p, SLOTS, person(m, p, SLOTS) - 1)
    if person(m, p, SLOTS) == 0:
        k = person(m, p, PLACE)
        while k >= 0:
            if place(m, k, IDLE) == 1:
                not_idle(m, k)
            k = place(m, k, ALSO)
    tail = person(m, p, HANDS_END)
    set_item(m, i, HAND, -1)
    set_item(m, i, HAND_BACK, tail)
    if tail >= 0:
        set_item(m, tail, HAND, i)
    else:
        set_person(m, p, HANDS, i)
    set_person(m, p, HANDS_END, i)


@compiled
def _put_down(m: int, p: int, i: int) -> None:
    back, on = item(m, i, HAND_BACK), item(m, i, HAND)
    if back >= 0:
        set_item(m, back, HAND, on)
    else:
        set_person(m, p, HANDS, on)
    if on >= 0:
        set_item(m, on, HAND_BACK, back)
    else:
        set_person(m, p, HANDS_END, back)
    set_person(m, p, SLOTS, person(m, p, SLOTS) + 1)


@compiled
def _offer_pool(m: int, d: int, i: int) -> None:
    if item(m, i, TURN) < 0:
        take_turn(m, d, i)
    if desk(m, d, HEAD) >= 0:
        _line_up(m, d, i)
        _serve(m, d)
    else:
        p = free_for(m, d, i)
        if p >= 0:
            _start(m, d, i, p)
            return
        _line_up(m, d, i)
    if item(m, i, PERSON) < 0 and desk(m, d, PREEMPTIVE) == 1:
        _preempt(m, d, i)
    _set_alarms(m, d)


@compiled
def _any_open(m: int, d: int) -> bool:
    k = desk(m, d, FIRST_IDLE)
    while k >= 0:
        if is_open(m, person(m, place(m, k, OF_PERSON), HOURS), reg(m, NOW)):
            return True
        k = place(m, k, AFTER)
    return False


@compiled
def _serve(m: int, d: int) -> None:
    """Give waiting items to free people, in the order of the queue."""
    if not _any_open(m, d):
        return
    i = desk(m, d, HEAD)
    while i >= 0:
        following = item(m, i, NEXT)
        p = free_for(m, d, i)
        if p >= 0:
            leave_line(m, i)
            _start(m, d, i, p)
            if not _any_open(m, d):
                return
        i = following


@compiled
def _preempt(m: int, d: int, i: int) -> None:
    """The worst item in hand gives way if the new one goes before it."""
    rank, worst, worst_rank, worst_start = item(m, i, RANK), -1, 0, 0
    low = desk(m, d, FIRST_PLACE)
    for k in range(low, low + desk(m, d, N_PLACES)):
        p = place(m, k, OF_PERSON)
        held = person(m, p, HANDS) if is_open(m, person(m, p, HOURS), reg(m, NOW)) else -1
        while held >= 0:
            other, start = _rank(m, d, held), item(m, held, START)
            worse = worst < 0 or other > worst_rank or (other == worst_rank and start > worst_start)
            if other > rank and worse and home_of(m, held) >= 0:
                worst, worst_rank, worst_start = held, other, start
            held = item(m, held, HAND)
    if worst >= 0:
        p = item(m, worst, PERSON)
        if fits(m, i, p, d):
            _interrupt(m, p, worst)
            home = home_of(m, worst)
            _line_up(m, home, worst)
            leave_line(m, i)
            _start(m, d, i, p)
            if home != d:
                _serve(m, home)
                _set_alarms(m, home)


@compiled
def home_of(m: int, i: int) -> int:
    """The desk with rules whose queue an item goes back to when it is put down; -1 if it has none."""
    d = act(m, item(m, i, ACT), BY_HAND_DESK if item(m, i, FLAGS) & BY_HAND != 0 else DESK)
    return d if d >= 0 and desk(m, d, SORT) == POOL else -1


@compiled
def take_turn(m: int, d: int, i: int) -> None:
    """An item comes after all that have come to a desk so far."""
    set_desk(m, d, TURNS, desk(m, d, TURNS) + 1)
    set_item(m, i, TURN, desk(m, d, TURNS))


@compiled
def _interrupt(m: int, p: int, i: int) -> None:
    """Put an item down: what is left of it waits again."""
    t = person(m, p, WORK)
    done = worked_until(m, t, reg(m, NOW)) - worked_until(m, t, item(m, i, RESUMED))
    left = max(item(m, i, LEFT) - done, 0)
    set_item(m, i, LEFT, left)
    set_item(m, i, VERSION, item(m, i, VERSION) + 1)
    set_item(m, i, PERSON, -1)
    set_person(m, p, BUSY, person(m, p, BUSY) - left)
    _put_down(m, p, i)


@compiled
def _set_alarms(m: int, d: int) -> None:
    """One wake-up for each calendar of idle people at its next opening, while something waits."""
    if desk(m, d, HEAD) < 0:
        return
    now, k = reg(m, NOW), desk(m, d, FIRST_IDLE)
    while k >= 0:
        hours = person(m, place(m, k, OF_PERSON), HOURS)
        slot = d * reg(m, N_HOURS_OF) + hours
        if alarm(m, slot) <= now:
            at = opening_after(m, hours, now)
            if at < FOREVER:
                set_alarm(m, slot, at)
                ring(m, at, OPEN, d)
        k = place(m, k, AFTER)


@compiled
def _open_pool(m: int, d: int) -> None:
    _serve(m, d)
    rang(m)
    _set_alarms(m, d)


@compiled
def _release_pools(m: int, p: int, i: int) -> None:
    """The longest waiting item of all desks of a person, or idle."""
    _put_down(m, p, i)
    if is_open(m, person(m, p, HOURS), reg(m, NOW)):
        found = next_for(m, p)
        if found >= 0:
            d = item(m, found, QUEUED_AT)
            leave_line(m, found)
            _start(m, d, found, p)
    k = person(m, p, PLACE)
    while k >= 0:
        if person(m, p, SLOTS) > 0:
            if place(m, k, IDLE) == 1:
                not_idle(m, k)
            idle_last(m, k)
            _set_alarms(m, place(m, k, AT_DESK))
        k = place(m, k, ALSO)
