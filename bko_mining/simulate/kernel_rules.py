"""Rules of the compiled lane: conditions, choices with conditions, working times with everything that bears on them."""

import math

import numpy as np

from bko_mining.simulate.kernel_basics import chance, length
from bko_mining.simulate.kernel_memory import (
    act,
    arrival,
    change_factor,
    change_when,
    compared,
    comparison,
    compiled,
    concerned,
    desk,
    doer,
    factor,
    factor_when,
    fork,
    fork_way,
    item,
    known,
    last,
    novice,
    novice_factor,
    offset,
    offset_from,
    pace,
    person,
    reg,
    scratch,
    set_scratch,
    share,
    visits,
)
from bko_mining.simulate.world import (
    ABOVE,
    ACT,
    AGED,
    ALTERNATIVE,
    AMONG,
    ARGUMENT,
    AT_LEAST,
    AT_MOST,
    BELOW,
    BOT_TIME,
    BY_HAND,
    CASE,
    CHANGES,
    CLOCK_HOUR,
    DATE,
    DOER,
    EQUAL,
    FACTORS,
    FIXED,
    FLAGS,
    FORK_WAYS,
    LAST,
    LAST_DONE,
    LEFT,
    MATE,
    MATE_TIME,
    MATES,
    MOST_WAYS,
    N_ACTS,
    N_CHANGES,
    N_FORK_WAYS,
    N_NOVICES,
    N_OFFSETS,
    NOTHING,
    NOVICES,
    NOW,
    OPERATOR,
    QUEUE,
    SERVICE,
    SETUP,
    THING,
    UNEQUAL,
    VISIT,
    VISITS,
    WAITING,
    WAY_CERTAIN,
    WAY_LUCK,
    WAY_TO,
    WAY_WHEN,
    WIDTH,
)

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND


@compiled
def holds(m: int, c: int, case: int, now: int) -> bool:
    """Whether all comparisons of a condition hold for a case at an instant."""
    if c < 0:
        return True
    while comparison(m, c, THING) != NOTHING:
        if not _holds_one(m, c, case, now):
            return False
        c += 1
    return True


@compiled
def _holds_one(m: int, c: int, case: int, now: int) -> bool:
    thing, argument = comparison(m, c, THING), comparison(m, c, ARGUMENT)
    if thing == FIXED:
        return known(m, argument + case) == 1
    if thing == VISITS:
        return _compare(m, c, float(visits(m, case * reg(m, WIDTH) + argument)))
    if thing == QUEUE:
        return _compare(m, c, float(desk(m, argument, WAITING)))
    if thing == AGED:
        return _compare(m, c, (now - arrival(m, case)) / 1e6)
    if thing == LAST_DONE:
        return known(m, argument + last(m, case) + 1) == 1
    if thing == DOER:
        return known(m, argument + doer(m, case) + 1) == 1
    return thing == ALTERNATIVE or _holds_moment(m, c, _local(m, now))


@compiled
def _local(m: int, now: int) -> int:
    """The clock of the twin, whole seconds in microseconds."""
    now = now // _SECOND * _SECOND
    i, high = 0, reg(m, N_OFFSETS)
    while high - i > 1:
        middle = (i + high) >> 1
        if offset_from(m, middle) <= now:
            i = middle
        else:
            high = middle
    return now + offset(m, i)


@compiled
def _holds_moment(m: int, c: int, local: int) -> bool:
    thing, argument = comparison(m, c, THING), comparison(m, c, ARGUMENT)
    if thing == DATE:
        return _compare(m, c, float(local if argument == 0 else local // _DAY * _DAY))
    if thing == CLOCK_HOUR:
        return known(m, argument + local // (3600 * _SECOND) % 24) == 1
    return known(m, argument + (local // _DAY + 3) % 7) == 1


@compiled
def _compare(m: int, c: int, value: float) -> bool:
    operator, wanted = comparison(m, c, OPERATOR), compared(m, c)
    if operator == EQUAL:
        return value == wanted
    if operator == UNEQUAL:
        return value != wanted
    if operator == BELOW:
        return value < wanted
    if operator == AT_MOST:
        return value <= wanted
    if operator == ABOVE:
        return value > wanted
    if operator == AT_LEAST:
        return value >= wanted
    return _is_among(m, c, value) == (operator == AMONG)


@compiled
def _is_among(m: int, c: int, value: float) -> bool:
    """Whether a value is the wanted one or one of the alternatives behind it."""
    found = value == compared(m, c)
    while comparison(m, c + 1, THING) == ALTERNATIVE:
        c += 1
        found = found or value == compared(m, c)
    return found


@compiled
def choose_by_rules(m: int, f: int, case: int, u: float) -> int:
    """Where a case goes: certain ways first, else by the shares that count now."""
    low, n, now = fork(m, f, FORK_WAYS), fork(m, f, N_FORK_WAYS), reg(m, NOW)
    for i in range(low, low + n):
        if fork_way(m, i, WAY_CERTAIN) == 1 and holds(m, fork_way(m, i, WAY_WHEN), case, now):
            return fork_way(m, i, WAY_TO)
    for k in range(n):
        counts = fork_way(m, low + k, WAY_CERTAIN) == 0 and holds(m, fork_way(m, low + k, WAY_WHEN), case, now)
        set_scratch(m, k, share(m, low + k) if counts else 0.0)
    first = fork(m, f, CHANGES)
    for change in range(first, first + fork(m, f, N_CHANGES)):
        if holds(m, change_when(m, change), case, now):
            _scale(m, n, change)
    u *= _total(m, n)
    reached = 0.0
    for k in range(n):
        reached += scratch(m, k)
        if u < reached:
            return fork_way(m, low + k, WAY_TO)
    return fork_way(m, low + n - 1, WAY_TO)


@compiled
def _total(m: int, n: int) -> float:
    total = 0.0
    for k in range(n):
        total += scratch(m, k)
    return total


@compiled
def _scale(m: int, n: int, change: int) -> None:
    """Multiply the marked shares; the others take up the difference in proportion (``net.scaled_shares``)."""
    total, marked = _total(m, n), 0.0
    for k in range(n):
        if concerned(m, change * reg(m, MOST_WAYS) + k) == 1:
            marked += scratch(m, k)
    others = total - marked
    if others <= 0 or marked <= 0:
        return
    wanted = min(marked * change_factor(m, change), total)
    grow, keep = wanted / marked, (total - wanted) / others
    for k in range(n):
        set_scratch(m, k, scratch(m, k) * (grow if concerned(m, change * reg(m, MOST_WAYS) + k) == 1 else keep))


@compiled
def pick_some(m: int, f: int, case: int, visit: int) -> int:
    """Mark the ways that are taken, each by its own chance (the likeliest if none); returns how many."""
    low, n, now = fork(m, f, FORK_WAYS), fork(m, f, N_FORK_WAYS), reg(m, NOW)
    picked, best, likely = 0, -1.0, 0
    for k in range(n):
        i = low + k
        odds = 1.0 if fork_way(m, i, WAY_CERTAIN) == 1 else share(m, i)
        if not holds(m, fork_way(m, i, WAY_WHEN), case, now):
            odds = 0.0
        taken = chance(m, fork_way(m, i, WAY_LUCK), case, visit) < odds
        set_scratch(m, k, 1.0 if taken else 0.0)
        picked += 1 if taken else 0
        if odds > best:
            best, likely = odds, k
    if picked == 0:
        set_scratch(m, likely, 1.0)
        picked = 1
    return picked


@compiled
def plain_work(m: int, i: int, p: int) -> int:
    """Working time where no rule bears on it."""
    a = item(m, i, ACT)
    work = length(m, act(m, a, SERVICE), item(m, i, CASE), item(m, i, VISIT))
    if p < 0:
        return work
    return int(np.float64(work) * pace(m, p * reg(m, N_ACTS) + a))


@compiled
def multiplied(m: int, k: int, value: float, case: int, now: int) -> float:
    """A time or a share under the factors that begin at k."""
    while k >= 0 and factor_when(m, k) != -2:
        if holds(m, factor_when(m, k), case, now):
            value *= factor(m, k)
        k += 1
    return value


@compiled
def _pace_in_hand(m: int, p: int, a: int) -> float:
    """Who was handed work without the skill (a run may begin so) takes the usual time."""
    found = pace(m, p * reg(m, N_ACTS) + a)
    return 1.0 if np.isnan(found) else found


@compiled
def work_by_rules(m: int, i: int, p: int) -> int:
    """Working time of an item in somebody's hands under all rules."""
    if item(m, i, LEFT) >= 0:
        return item(m, i, LEFT)
    a, case, visit, now = item(m, i, ACT), item(m, i, CASE), item(m, i, VISIT), reg(m, NOW)
    stream = act(m, a, SERVICE)
    if p >= 0 and act(m, a, BOT_TIME) >= 0 and item(m, i, FLAGS) & BY_HAND == 0:
        stream = act(m, a, BOT_TIME)
    took: float = np.float64(length(m, stream, case, visit))
    if act(m, a, MATE_TIME) >= 0 and item(m, i, MATES) > 0:
        took = _with_mates(m, i, took)
    took = multiplied(m, act(m, a, FACTORS), took, case, now)
    if p >= 0:
        took *= _pace_in_hand(m, p, a) * _learning(m, p, now)
        before = person(m, p, LAST)
        if act(m, a, SETUP) >= 0 and before != a and before != -1:
            took += length(m, act(m, a, SETUP), case, visit)
    return int(took)


@compiled
def _with_mates(m: int, i: int, took: float) -> float:
    extra, mate = act(m, item(m, i, ACT), MATE_TIME), i
    while mate >= 0:
        took += np.float64(length(m, extra, item(m, mate, CASE), item(m, mate, VISIT)))
        mate = item(m, mate, MATE)
    return took


@compiled
def _learning(m: int, p: int, now: int) -> float:
    """A newcomer's factor since the latest start in the place."""
    low = person(m, p, NOVICES)
    for k in range(low + person(m, p, N_NOVICES) - 1, low - 1, -1):
        since, ramp = novice(m, k, 0), novice(m, k, 1)
        if since <= now:
            return 1.0 + (novice_factor(m, k) - 1.0) * math.exp(-3 * (now - since) / ramp) if ramp > 0 else 1.0
    return 1.0
