"""What every part of the compiled lane needs: the heap of events, luck, timetables, places for items."""

import numpy as np

from bko_mining.simulate.kernel_memory import (
    closes,
    compiled,
    heap,
    item,
    key,
    law,
    law_of,
    opens,
    probability,
    quantile,
    reg,
    set_heap,
    set_item,
    set_reg,
    set_stack,
    set_timetable,
    stream_key,
    timetable,
    worked,
)
from bko_mining.simulate.timetable import FOREVER, IN_VAIN
from bko_mining.simulate.world import (
    AGE,
    BACK,
    FLAGS,
    FREE,
    GAVE_UP,
    GUIDES,
    IN_USE,
    KNOTS,
    LATE,
    LEFT,
    LENGTH,
    MATE,
    MATES,
    MORE_KEYS,
    MORE_ROOM,
    N_HEAP,
    N_ITEMS,
    N_KNOTS,
    N_STACK,
    N_VISITS,
    NEXT,
    NOW,
    OFFSET,
    ORDINAL,
    PERSON,
    POINTER,
    QUEUED_AT,
    QUIET_SINCE,
    ROOM_ITEMS,
    SHORT,
    STAGE,
    START,
    STATUS,
    TIMERS,
    TURN,
    VERSION,
    WHO,
)

_GOLDEN, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_11, _27, _30, _31 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31)


@compiled
def push(m: int, at: int, what: int, a: int, b: int) -> None:
    """Let something happen at an instant, after all that is due then already."""
    i = reg(m, N_HEAP)
    if i >= reg(m, ROOM_ITEMS):
        set_reg(m, STATUS, MORE_ROOM)
        return
    set_reg(m, N_HEAP, i + 1)
    while i > 0:
        parent = (i - 1) >> 1
        if heap(m, parent, 0) <= at:
            break
        _move(m, parent, i)
        i = parent
    set_heap(m, i, 0, at)
    set_heap(m, i, 1, reg(m, ORDINAL))
    set_heap(m, i, 2, (a << 4) | what)
    set_heap(m, i, 3, b)
    set_reg(m, ORDINAL, reg(m, ORDINAL) + 1)


@compiled
def ring(m: int, at: int, what: int, a: int) -> None:
    """Let something happen that may set itself anew for ever; it tells ``rang``."""
    set_reg(m, TIMERS, reg(m, TIMERS) + 1)
    push(m, at, what, a, 0)


@compiled
def rang(m: int) -> None:
    """Stop if nothing but timers has rung for years."""
    set_reg(m, TIMERS, reg(m, TIMERS) - 1)
    if reg(m, N_HEAP) > reg(m, TIMERS):
        set_reg(m, QUIET_SINCE, -1)
    elif reg(m, QUIET_SINCE) < 0:
        set_reg(m, QUIET_SINCE, reg(m, NOW))
    elif reg(m, NOW) - reg(m, QUIET_SINCE) > IN_VAIN:
        set_reg(m, STATUS, GAVE_UP)


@compiled
def _move(m: int, source: int, target: int) -> None:
    for column in range(4):
        set_heap(m, target, column, heap(m, source, column))


@compiled
def pop(m: int) -> tuple[int, int]:
    """Take the next event off the heap and move the clock; returns what and about which."""
    set_reg(m, NOW, heap(m, 0, 0))
    what, b = heap(m, 0, 2), heap(m, 0, 3)
    n = reg(m, N_HEAP) - 1
    set_reg(m, N_HEAP, n)
    at, ordinal = heap(m, n, 0), heap(m, n, 1)
    i, child = 0, 1
    while child < n:
        if child + 1 < n and _before(m, child + 1, heap(m, child, 0), heap(m, child, 1)):
            child += 1
        if not _before(m, child, at, ordinal):
            break
        _move(m, child, i)
        i, child = child, 2 * child + 1
    _move(m, n, i)
    return what, b


@compiled
def _before(m: int, i: int, at: int, ordinal: int) -> bool:
    return heap(m, i, 0) < at or (heap(m, i, 0) == at and heap(m, i, 1) < ordinal)


@compiled
def plan(m: int, what: int, a: int, b: int, c: int) -> None:
    """Do something at this instant, before what was planned earlier (the depth first order of calls)."""
    n = reg(m, N_STACK)
    if n >= reg(m, ROOM_ITEMS):
        set_reg(m, STATUS, MORE_ROOM)
        return
    set_stack(m, n, 0, what)
    set_stack(m, n, 1, a)
    set_stack(m, n, 2, b)
    set_stack(m, n, 3, c)
    set_reg(m, N_STACK, n + 1)


@compiled
def chance(m: int, stream: int, case: int, visit: int) -> float:
    """A uniform number: the same bits as ``luck.uniform``."""
    if visit >= reg(m, N_VISITS):
        set_reg(m, STATUS, MORE_KEYS)
        return 0.5
    return uniform_of(stream_key(m, stream * reg(m, N_VISITS) + visit), key(m, case))


@compiled
def uniform_of(first: int, second: int) -> float:
    """SplitMix64 of two keys, as a number in (0, 1)."""
    z = first + np.uint64(second) * _GOLDEN
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    z = z ^ (z >> _31)
    return (np.float64(z >> _11) + 0.5) * 2.0**-53


@compiled
def length(m: int, stream: int, case: int, visit: int) -> int:
    """Microseconds of a stream's law: the same bits as ``Law.at``."""
    which = law_of(m, stream)
    low = law(m, which, KNOTS)
    if law(m, which, N_KNOTS) == 2 and quantile(m, low) == quantile(m, low + 1):
        return int(np.rint(quantile(m, low) * 1e6))
    return quantile_at(m, which, chance(m, stream, case, visit))


@compiled
def quantile_at(m: int, which: int, u: float) -> int:
    """Microseconds of a law at a uniform number."""
    low = law(m, which, KNOTS)
    if law(m, which, N_KNOTS) == 2 and quantile(m, low) == quantile(m, low + 1):
        return int(np.rint(quantile(m, low) * 1e6))
    guide = GUIDES + int(u * 64.0)
    # The last knot with p <= u lies between two of the guide.
    i, high = low + law(m, which, guide), low + law(m, which, guide + 1) + 1
    while high - i > 1:
        middle = (i + high) >> 1
        if probability(m, middle) <= u:
            i = middle
        else:
            high = middle
    p, x = probability(m, i), quantile(m, i)
    return int(np.rint((x + (u - p) / (probability(m, i + 1) - p) * (quantile(m, i + 1) - x)) * 1e6))


@compiled
def is_open(m: int, t: int, now: int) -> bool:
    """Whether a timetable is open; instants never go back."""
    low, i = timetable(m, t, OFFSET), timetable(m, t, POINTER)
    while closes(m, low + i) <= now:
        i += 1
        if i >= timetable(m, t, LENGTH):
            set_reg(m, STATUS, LATE)
            return False
    set_timetable(m, t, POINTER, i)
    return opens(m, low + i) <= now


@compiled
def finish_at(m: int, t: int, now: int, work: int) -> int:
    """When work begun now is done; right after ``is_open``."""
    low, i = timetable(m, t, OFFSET), timetable(m, t, POINTER)
    if now + work <= closes(m, low + i):
        return now + work
    return _instant_of(m, t, worked(m, low + i) + now - opens(m, low + i) + work, i)


@compiled
def _instant_of(m: int, t: int, target: int, first: int) -> int:
    low = timetable(m, t, OFFSET)
    i, high = low + first, low + timetable(m, t, LENGTH)
    if worked(m, high - 1) + closes(m, high - 1) - opens(m, high - 1) < target:
        set_reg(m, STATUS, LATE)
        return reg(m, NOW)
    # The last opening before which less than the target was done.
    while high - i > 1:
        middle = (i + high) >> 1
        if worked(m, middle) < target:
            i = middle
        else:
            high = middle
    return opens(m, i) + target - worked(m, i)


@compiled
def worked_until(m: int, t: int, at: int) -> int:
    """Work done in a timetable until an instant."""
    i = timetable(m, t, OFFSET)
    high = i + timetable(m, t, LENGTH)
    if closes(m, high - 1) < at < FOREVER:
        set_reg(m, STATUS, LATE)
        return 0
    while high - i > 1:
        middle = (i + high) >> 1
        if opens(m, middle) <= at:
            i = middle
        else:
            high = middle
    return worked(m, i) + max(min(at, closes(m, i)) - opens(m, i), 0)


@compiled
def after(m: int, t: int, at: int, work: int) -> int:
    """The instant by which that much open time has passed since any instant."""
    if work <= 0:
        return at
    return _instant_of(m, t, worked_until(m, t, at) + work, 0)


@compiled
def opening_after(m: int, t: int, now: int) -> int:
    """The first opening later than now."""
    is_open(m, t, now)
    low, i = timetable(m, t, OFFSET), timetable(m, t, POINTER)
    if opens(m, low + i) <= now:
        i += 1
    if i >= timetable(m, t, LENGTH):
        if closes(m, low + i - 1) < FOREVER:
            set_reg(m, STATUS, LATE)
        return FOREVER
    return opens(m, low + i)


@compiled
def new_item(m: int) -> int:
    """A free place for an item."""
    i = reg(m, FREE)
    if i >= 0:
        set_reg(m, FREE, item(m, i, NEXT))
    else:
        i = reg(m, N_ITEMS)
        if i + 1 >= reg(m, ROOM_ITEMS):
            # The run begins anew with more room; until it stops, the item must be one that can be looked at.
            set_reg(m, STATUS, MORE_ROOM)
            _clear(m, i)
            return i
        set_reg(m, N_ITEMS, i + 1)
        set_item(m, i, AGE, 0)
        set_item(m, i, VERSION, 0)
    set_reg(m, IN_USE, reg(m, IN_USE) + 1)
    _clear(m, i)
    return i


@compiled
def _clear(m: int, i: int) -> None:
    for column in (PERSON, WHO, START, LEFT, TURN, MATE, NEXT, BACK, QUEUED_AT):
        set_item(m, i, column, -1)
    for column in (MATES, FLAGS, SHORT, STAGE):
        set_item(m, i, column, 0)
    set_item(m, i, AGE, item(m, i, AGE) + 1)


@compiled
def free_item(m: int, i: int) -> None:
    """Give a place back."""
    set_item(m, i, NEXT, reg(m, FREE))
    set_reg(m, FREE, i)
    set_reg(m, IN_USE, reg(m, IN_USE) - 1)
