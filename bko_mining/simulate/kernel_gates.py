"""What an item passes before its desk, in the compiled lane: batches, stock, room in the queue, patience."""

from bko_mining.simulate.kernel_basics import (
    free_item,
    length,
    new_item,
    plan,
    push,
    quantile_at,
    rang,
    ring,
    uniform_of,
)
from bko_mining.simulate.kernel_fits import free_for, leave_line
from bko_mining.simulate.kernel_memory import (
    act,
    amount,
    amount_of_case,
    batch,
    compiled,
    desk,
    group,
    group_code,
    hour,
    item,
    jump,
    kind_of,
    level,
    lost,
    reg,
    set_amount,
    set_batch,
    set_group,
    set_item,
    set_level,
    set_lost,
    set_reg,
    set_stack,
    set_stock,
    stack,
    stock,
    stock_key,
    use,
    use_amount,
)
from bko_mining.simulate.kernel_pool import offer, offer_at
from bko_mining.simulate.world import (
    ACT,
    AGE,
    AT,
    BASE,
    BATCH,
    BY_HAND,
    BY_HAND_DESK,
    CASE,
    CODES,
    COLUMN,
    DELIVER,
    DESK,
    ENTER,
    FIRST_GROUP,
    FIRST_HOUR,
    FIRST_USE,
    FLAGS,
    GROUP_AFTER,
    GROUP_BEFORE,
    GROUP_HEAD,
    GROUP_N,
    GROUP_TAIL,
    HOUR,
    IS_BOT,
    LAST_GROUP,
    LATE,
    LIVE,
    MATE,
    MATERIAL,
    MATES,
    N_ACTS,
    N_CASES,
    N_FINISHED,
    N_HOURS,
    N_STACK,
    N_USES,
    NEXT,
    NEXT_HOUR,
    NO_WAY,
    NOW,
    OLD,
    ON_HAND,
    ON_ORDER,
    ORDERS,
    PATIENCE,
    PATIENCE_LAW,
    PATIENCE_TO,
    POINT,
    QUEUED,
    REVIEW,
    REVIEW_EVERY,
    ROOM,
    ROOM_TO,
    ROUND,
    SHORT,
    SINCE,
    SIZE,
    STAGE,
    START,
    STATUS,
    STOCK_HEAD,
    STOCK_LAW,
    STOCK_RULES,
    STOCK_TAIL,
    TIMEOUT,
    TOGETHER,
    UP_TO,
    VISIT,
    WAITING,
    WHERE,
)


@compiled
def enter(m: int, i: int) -> None:
    """An item that is ready passes the gates it has not passed yet, and comes to its desk."""
    a = item(m, i, ACT)
    if item(m, i, STAGE) == 0:
        if act(m, a, BATCH) >= 0:
            _gather(m, act(m, a, BATCH), i)
            return
        set_item(m, i, STAGE, 1)
    n = act(m, a, N_USES)
    if n > 0 and item(m, i, STAGE) <= n:
        take(m, i)
    else:
        _come_in(m, i)


@compiled
def _come_in(m: int, i: int) -> None:
    """Room in the queue, patience, and the desk (before its go-live a bot leaves the work to people)."""
    a, now = item(m, i, ACT), reg(m, NOW)
    room = act(m, a, ROOM)
    if room >= 0:
        d = act(m, a, DESK)
        waiting = desk(m, d, WAITING)
        if waiting >= room and (waiting > 0 or free_for(m, d, i) < 0):
            _turn_away(m, i, 0, act(m, a, ROOM_TO))
            return
    if act(m, a, IS_BOT) == 1 and now < act(m, a, LIVE) and act(m, a, BY_HAND_DESK) >= 0:
        set_item(m, i, FLAGS, item(m, i, FLAGS) | BY_HAND)
        offer_at(m, act(m, a, BY_HAND_DESK), i)
    else:
        offer(m, i)
    if act(m, a, PATIENCE_LAW) >= 0 and item(m, i, START) < 0:
        lasts = length(m, act(m, a, PATIENCE_LAW), item(m, i, CASE), item(m, i, VISIT))
        push(m, now + lasts, PATIENCE, i, item(m, i, AGE))


@compiled
def _turn_away(m: int, i: int, what: int, to: int) -> None:
    """An item is turned away or gives up: it leaves no row, its case goes on elsewhere."""
    a, case = item(m, i, ACT), item(m, i, CASE)
    slot = what * reg(m, N_ACTS) + a
    set_lost(m, slot, lost(m, slot) + 1)
    leap(m, case, to, a)
    free_item(m, i)


@compiled
def leap(m: int, case: int, to: int, step: int) -> None:
    """A case goes on from another activity than the routing says."""
    target = jump(m, to + kind_of(m, case))
    if target < 0:
        set_reg(m, STATUS, NO_WAY)
        set_reg(m, WHERE, to + kind_of(m, case))
        return
    plan(m, AT, case, target, step)


@compiled
def lose_patience(m: int, i: int, age: int) -> None:
    """An item has waited too long for its start."""
    if item(m, i, AGE) == age and item(m, i, START) < 0:
        leave_line(m, i)
        _turn_away(m, i, 1, act(m, item(m, i, ACT), PATIENCE_TO))


@compiled
def take(m: int, i: int) -> None:
    """An item takes its materials one after the other; what was taken from is ordered again afterwards, last first."""
    a = item(m, i, ACT)
    first, n, k = act(m, a, FIRST_USE), act(m, a, N_USES), item(m, i, STAGE) - 1
    began, passed = k, True
    while k < n and passed:
        passed = _take_one(m, i, first + k)
        k += 1
    if passed:
        set_item(m, i, STAGE, n + 1)
        _come_in(m, i)
    for j in range(k - 1, began - 1, -1):
        s = use(m, first + j, MATERIAL)
        if stock(m, s, REVIEW_EVERY) < 0:
            order(m, s)


@compiled
def _take_one(m: int, i: int, k: int) -> bool:
    """Take an amount if nobody waits for it and there is enough; else wait for it."""
    s = use(m, k, MATERIAL)
    units, mate = 0.0, i
    while mate >= 0:
        column = use(m, k, COLUMN)
        units += use_amount(m, k) if column < 0 else amount_of_case(m, column + item(m, mate, CASE))
        mate = item(m, mate, MATE) if item(m, i, MATES) > 0 else -1
    if stock(m, s, STOCK_HEAD) < 0 and units <= level(m, s, ON_HAND):
        set_level(m, s, ON_HAND, level(m, s, ON_HAND) - units)
        set_item(m, i, STAGE, item(m, i, STAGE) + 1)
        return True
    set_amount(m, i, units)
    set_item(m, i, SINCE, reg(m, NOW))
    set_item(m, i, NEXT, -1)
    if stock(m, s, STOCK_TAIL) >= 0:
        set_item(m, stock(m, s, STOCK_TAIL), NEXT, i)
    else:
        set_stock(m, s, STOCK_HEAD, i)
    set_stock(m, s, STOCK_TAIL, i)
    return False


@compiled
def order(m: int, s: int) -> None:
    """Order up to the level if the inventory position is at or below the reorder point."""
    rules, waiting = stock(m, s, STOCK_RULES), 0.0
    i = stock(m, s, STOCK_HEAD) if rules < 2 else -1
    while i >= 0:
        waiting += amount(m, i)
        i = item(m, i, NEXT)
    position = level(m, s, ON_HAND) + level(m, s, ON_ORDER) - waiting
    due = rules % 2 == 0 or position <= level(m, s, POINT)
    if due and position < level(m, s, UP_TO):
        units = level(m, s, UP_TO) - position
        set_level(m, s, ON_ORDER, level(m, s, ON_ORDER) + units)
        u = uniform_of(stock_key(m, s), stock(m, s, ORDERS))
        set_stock(m, s, ORDERS, stock(m, s, ORDERS) + 1)
        parcel = new_item(m)
        set_amount(m, parcel, units)
        push(m, reg(m, NOW) + quantile_at(m, stock(m, s, STOCK_LAW), u), DELIVER, parcel, s)


@compiled
def review(m: int, s: int) -> None:
    """The regular look at a stock."""
    if reg(m, N_FINISHED) < reg(m, N_CASES):
        order(m, s)
        rang(m)
        ring(m, reg(m, NOW) + stock(m, s, REVIEW_EVERY), REVIEW, s)


@compiled
def deliver(m: int, parcel: int, s: int) -> None:
    """Goods come in: those who wait for them go on, in their order."""
    now, units = reg(m, NOW), amount(m, parcel)
    free_item(m, parcel)
    set_level(m, s, ON_HAND, level(m, s, ON_HAND) + units)
    set_level(m, s, ON_ORDER, level(m, s, ON_ORDER) - units)
    i = stock(m, s, STOCK_HEAD)
    while i >= 0 and amount(m, i) <= level(m, s, ON_HAND):
        set_stock(m, s, STOCK_HEAD, item(m, i, NEXT))
        if item(m, i, NEXT) < 0:
            set_stock(m, s, STOCK_TAIL, -1)
        set_item(m, i, SHORT, item(m, i, SHORT) + now - item(m, i, SINCE))
        set_level(m, s, ON_HAND, level(m, s, ON_HAND) - amount(m, i))
        set_item(m, i, QUEUED, now)
        set_item(m, i, STAGE, item(m, i, STAGE) + 1)
        enter(m, i)
        i = stock(m, s, STOCK_HEAD)
    if stock(m, s, REVIEW_EVERY) < 0:
        order(m, s)


@compiled
def _gather(m: int, b: int, i: int) -> None:
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
