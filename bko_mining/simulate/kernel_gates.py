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
from bko_mining.simulate.kernel_batches import gather, rule_now, turn_round
from bko_mining.simulate.kernel_fits import free_for, leave_line
from bko_mining.simulate.kernel_memory import (
    act,
    amount,
    amount_of_case,
    compiled,
    desk,
    item,
    jump,
    kind_of,
    level,
    lost,
    reg,
    set_amount,
    set_item,
    set_level,
    set_lost,
    set_reg,
    set_stock,
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
    BATCH,
    BY_HAND,
    BY_HAND_DESK,
    CASE,
    COLUMN,
    DELIVER,
    DESK,
    FIRST_USE,
    FLAGS,
    IS_BOT,
    IS_LIMIT,
    LATER_POINT,
    LATER_UP_TO,
    LIVE,
    MATE,
    MATERIAL,
    MATES,
    N_ACTS,
    N_CASES,
    N_FINISHED,
    N_STACK,
    N_USES,
    NEXT,
    NO_WAY,
    NOW,
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
    SHORT,
    SINCE,
    STAGE,
    START,
    STATUS,
    STOCK_HEAD,
    STOCK_LAW,
    STOCK_SWITCH,
    STOCK_TAIL,
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
        b = rule_now(m, act(m, a, BATCH))
        if b >= 0:
            gather(m, b, i)
            return
        set_item(m, i, STAGE, 1)
    low = reg(m, N_STACK)
    _pass_on(m, i)
    turn_round(m, low)


@compiled
def _pass_on(m: int, i: int) -> None:
    """Stock and room; who is turned away is planned, the first first: the caller turns the plans round."""
    n = act(m, item(m, i, ACT), N_USES)
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
    """Items are turned away or give up: they leave no row, their cases go on elsewhere."""
    a, together = item(m, i, ACT), item(m, i, MATES) > 0
    slot, each = what * reg(m, N_ACTS) + a, i
    while each >= 0:
        following = item(m, each, MATE) if together else -1
        set_lost(m, slot, lost(m, slot) + 1)
        leap(m, item(m, each, CASE), to, a)
        free_item(m, each)
        each = following


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
        low = reg(m, N_STACK)
        _turn_away(m, i, 1, act(m, item(m, i, ACT), PATIENCE_TO))
        turn_round(m, low)


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
    waiting = 0.0
    i = stock(m, s, STOCK_HEAD) if stock(m, s, IS_LIMIT) == 0 else -1
    while i >= 0:
        waiting += amount(m, i)
        i = item(m, i, NEXT)
    position = level(m, s, ON_HAND) + level(m, s, ON_ORDER) - waiting
    later = reg(m, NOW) >= level(m, s, STOCK_SWITCH)
    point = level(m, s, LATER_POINT) if later else level(m, s, POINT)
    up_to = level(m, s, LATER_UP_TO) if later else level(m, s, UP_TO)
    if position <= point and position < up_to:
        units = up_to - position
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
    now, units, low = reg(m, NOW), amount(m, parcel), reg(m, N_STACK)
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
        _pass_on(m, i)
        i = stock(m, s, STOCK_HEAD)
    if stock(m, s, REVIEW_EVERY) < 0:
        order(m, s)
    turn_round(m, low)
