"""Items that wait for one another, in the compiled lane: groups of a batch, and how they are released."""

from bko_mining.simulate.kernel_basics import plan, push
from bko_mining.simulate.kernel_memory import (
    batch,
    compiled,
    group,
    group_code,
    hour,
    item,
    reg,
    set_batch,
    set_group,
    set_item,
    set_reg,
    set_stack,
    stack,
)
from bko_mining.simulate.world import (
    BASE,
    BATCH_ENDS,
    CASE,
    CODES,
    ENTER,
    FIRST_GROUP,
    FIRST_HOUR,
    GROUP_AFTER,
    GROUP_BEFORE,
    GROUP_HEAD,
    GROUP_N,
    GROUP_TAIL,
    HOUR,
    LAST_GROUP,
    LATE,
    LATER_BATCH,
    MATE,
    MATES,
    N_HOURS,
    N_STACK,
    NEXT_HOUR,
    NOW,
    OLD,
    QUEUED,
    ROUND,
    SIZE,
    STAGE,
    STATUS,
    TIMEOUT,
    TOGETHER,
)


@compiled
def rule_now(m: int, b: int) -> int:
    """The rule by which a batch is collected now; -1 where there is none."""
    while b >= 0 and 0 <= batch(m, b, BATCH_ENDS) <= reg(m, NOW):
        b = batch(m, b, LATER_BATCH)
    if b >= 0 and batch(m, b, SIZE) == 0 and batch(m, b, TIMEOUT) < 0 and batch(m, b, N_HOURS) == 0:
        return -1
    return b


@compiled
def gather(m: int, b: int, i: int) -> None:
    """An item waits for the others of its batch."""
    now, g = reg(m, NOW), batch(m, b, BASE)
    if batch(m, b, CODES) >= 0:
        g += group_code(m, batch(m, b, CODES) + item(m, i, CASE))
    n = group(m, g, GROUP_N) + 1
    if n == 1:
        _begin_group(m, b, g)
        set_group(m, g, GROUP_HEAD, i)
    else:
        set_item(m, group(m, g, GROUP_TAIL), MATE, i)
    set_group(m, g, GROUP_TAIL, i)
    set_group(m, g, GROUP_N, n)
    if 0 < batch(m, b, SIZE) <= n:
        release_group(m, b, g)
        return
    if batch(m, b, TIMEOUT) >= 0 and n == 1:
        push(m, now + batch(m, b, TIMEOUT), OLD, (g << 16) | b, group(m, g, ROUND))
    if batch(m, b, BATCH_ENDS) >= 0 and n == 1:
        push(m, batch(m, b, BATCH_ENDS), OLD, (g << 16) | b, group(m, g, ROUND))
    if batch(m, b, N_HOURS) > 0 and batch(m, b, NEXT_HOUR) <= now:
        at = _next_hour(m, b)
        set_batch(m, b, NEXT_HOUR, at)
        push(m, at, HOUR, b, 0)


@compiled
def _begin_group(m: int, b: int, g: int) -> None:
    last = batch(m, b, LAST_GROUP)
    set_group(m, g, GROUP_BEFORE, last)
    set_group(m, g, GROUP_AFTER, -1)
    if last >= 0:
        set_group(m, last, GROUP_AFTER, g)
    else:
        set_batch(m, b, FIRST_GROUP, g)
    set_batch(m, b, LAST_GROUP, g)


@compiled
def _end_group(m: int, b: int, g: int) -> None:
    back, on = group(m, g, GROUP_BEFORE), group(m, g, GROUP_AFTER)
    if back >= 0:
        set_group(m, back, GROUP_AFTER, on)
    else:
        set_batch(m, b, FIRST_GROUP, on)
    if on >= 0:
        set_group(m, on, GROUP_BEFORE, back)
    else:
        set_batch(m, b, LAST_GROUP, back)
    set_group(m, g, GROUP_N, 0)
    set_group(m, g, ROUND, group(m, g, ROUND) + 1)


@compiled
def _next_hour(m: int, b: int) -> int:
    """The next time of day at which a batch leaves."""
    low, now = batch(m, b, FIRST_HOUR), reg(m, NOW)
    end = low + batch(m, b, N_HOURS)
    high = end
    while low < high:
        middle = (low + high) >> 1
        if hour(m, middle) <= now:
            low = middle + 1
        else:
            high = middle
    if low >= end:
        set_reg(m, STATUS, LATE)
        return now
    return hour(m, low)


@compiled
def release_group(m: int, b: int, g: int) -> None:
    """A batch is complete: one piece of work for all, or into the queue one by one."""
    head, n = group(m, g, GROUP_HEAD), group(m, g, GROUP_N)
    _end_group(m, b, g)
    i = head
    while i >= 0:
        set_item(m, i, QUEUED, reg(m, NOW))
        set_item(m, i, STAGE, 1)
        i = item(m, i, MATE)
    if batch(m, b, TOGETHER) == 1:
        set_item(m, head, MATES, n)
        plan(m, ENTER, head, 0, 0)
        return
    low, i = reg(m, N_STACK), head
    for _ in range(n):
        plan(m, ENTER, i, 0, 0)
        following = item(m, i, MATE)
        set_item(m, i, MATE, -1)
        i = following
    turn_round(m, low)


@compiled
def turn_round(m: int, low: int) -> None:
    """What was planned last is done last: turn the top of the stack round."""
    high = reg(m, N_STACK) - 1
    while low < high:
        for column in range(4):
            kept = stack(m, low, column)
            set_stack(m, low, column, stack(m, high, column))
            set_stack(m, high, column, kept)
        low += 1
        high -= 1


@compiled
def release_hour(m: int, b: int) -> None:
    """The hour has come: every batch that waits leaves, the one begun first first (planned backwards)."""
    g = batch(m, b, LAST_GROUP)
    while g >= 0:
        back = group(m, g, GROUP_BEFORE)
        release_group(m, b, g)
        g = back
