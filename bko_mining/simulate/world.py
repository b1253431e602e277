"""A run as arrays: what the compiled lane knows, changes and writes.

Every table of the SimPy lane has its array here; columns are named by the constants. The kernel finds the arrays by
the addresses in the registers, so that it hands on one number from function to function instead of forty arrays.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Registers: single numbers of the run, then the addresses of the arrays.
STATUS, NOW, ORDINAL, N_HEAP, N_STACK, FREE, N_ITEMS, N_ROWS, N_FINISHED, STOP, WIDTH, N_JOINS, WHERE = range(13)
IN_USE, ROOM_ROWS, ROOM_ITEMS, N_CASES, N_VISITS, N_HOURS_OF, N_ACTS, REMEMBERS, N_KINDS, N_OFFSETS = range(13, 23)
TIMERS, QUIET_SINCE, N_PLACED, N_TO_PLACE, MOST_WAYS = range(23, 28)
ADDRESSES = 32

# Why the kernel came back.
RUNNING, DONE, GAVE_UP, MORE_ROWS, MORE_KEYS, MORE_ROOM, LATE, ENDLESS, NO_WAY = range(9)

# What an entry of the heap is about.
ARRIVE, READY, FINISH, WAITED, SPLIT, OPEN, HALT, OLD, HOUR, REVIEW, DELIVER, PATIENCE = range(12)

# What is still to do at this instant.
LEAVE, AT, ENTER = range(3)

# Columns of items: activity instances on their way, and tokens that wait.
CASE, NODE, ACT, VISIT, ENABLED, READY_AT, QUEUED, START, PERSON, WHO = range(10)
LEFT, VERSION, RESUMED, TURN, RANK, NEXT, BACK, MATE, MATES, FLAGS, SHORT, AGE, STAGE, HAND, HAND_BACK = range(10, 25)
QUEUED_AT, SINCE = 25, 26
N_ITEM = 27

# Columns of nodes.
KIND, LABEL, ONLY, JOIN, JOIN_SLOT, INCOMING, INSIDE, FIRST_WAY, N_WAYS, FATE, SETTLED, DELAY, FORK = range(13)
N_NODE = 13

# Columns of activities.
DESK, SERVICE, BATCH, MATE_TIME, FACTORS, SETUP, SHIFT_END, EYE, SAME, NOT_SAME, FIRST_USE, N_USES = range(12)
ROOM, ROOM_TO, PATIENCE_LAW, PATIENCE_TO, ERROR, ERROR_TO, BOT_TIME, BOT_FAILS, BY_HAND_DESK, LIVE = range(12, 22)
PERFORMERS, N_PERFORMERS, PERFORMER, IS_BOT, ERROR_FACTORS, DUE = range(22, 28)
N_ACT = 28
SUSPENDED, CARRIED_OVER, FITS = range(3)

# Columns of people, of their places at desks, and of desks.
HOURS, WORK, IN_HAND, PLACE, SLOTS, BUSY, LAST, REGULAR, OVERTIME, HANDS, HANDS_END, NOVICES, N_NOVICES = range(13)
LEAVES = 13
N_PERSON = 14
AT_DESK, OF_PERSON, AFTER, BEFORE, IDLE, ALSO = range(6)
N_PLACE = 6
SORT, DESK_HOURS, FIRST_IDLE, LAST_IDLE, HEAD, TAIL, WAITING, ALARM, TURNS, ORDER, ORDER_ROW, CHOICE = range(12)
CHOICE_LUCK, PREEMPTIVE, RULED, ANY_WORK, FIRST_PLACE, N_PLACES = range(12, 18)
SWITCH, LATER_ORDER, LATER_ROW = range(18, 21)
N_DESK = 21
PLAIN, SHIFTS, POOL = range(3)
COMING, LATEST, BY_CASE, BY_KIND, BY_DUE = range(5)
LONGEST_IDLE, LEAST_LOADED, FASTEST, BY_CHANCE = range(4)

# Columns of comparisons (a condition is a row of them up to one without a thing;
# what a list allows stands behind the comparison as alternatives), of forks and changes, of stocks.
THING, ARGUMENT, OPERATOR = range(3)
N_COMPARISON = 3
NOTHING, FIXED, VISITS, QUEUE, AGED, LAST_DONE, DOER, DATE, WEEKDAY, CLOCK_HOUR, ALTERNATIVE = range(11)
EQUAL, UNEQUAL, BELOW, AT_MOST, ABOVE, AT_LEAST, AMONG, NOT_AMONG = range(8)
FORK_WAYS, N_FORK_WAYS, CHANGES, N_CHANGES = range(4)
N_FORK = 4
WAY_TO, WAY_WHEN, WAY_LUCK, WAY_CERTAIN = range(4)
N_FORK_WAY = 4
STOCK_LAW, ORDERS, REVIEW_EVERY, IS_LIMIT, STOCK_HEAD, STOCK_TAIL = range(6)
N_STOCK = 6
ON_HAND, ON_ORDER, POINT, UP_TO, STOCK_SWITCH, LATER_POINT, LATER_UP_TO = range(7)
N_LEVEL = 7
MATERIAL, COLUMN = range(2)
N_USE = 2
BY_HAND, BOT_EXCEPTION, ERROR_MADE = 1, 2, 4

# Columns of timetables, pauses, batches and their groups, and of laws.
OFFSET, LENGTH, POINTER = range(3)
N_TIMETABLE = 3
STREAM, CALENDAR, WHEN = range(3)
N_PAUSE = 3
SIZE, TIMEOUT, FIRST_HOUR, N_HOURS, NEXT_HOUR, TOGETHER, FIRST_GROUP, LAST_GROUP, BASE, CODES, N_CODES = range(11)
BATCH_ENDS, LATER_BATCH = range(11, 13)
N_BATCH = 13
GROUP_HEAD, GROUP_TAIL, GROUP_N, ROUND, GROUP_AFTER, GROUP_BEFORE = range(6)
N_GROUP = 6
GUIDE = 64
KNOTS, N_KNOTS, GUIDES = range(3)
N_LAW = GUIDE + 3

ARRAYS: dict[str, tuple[str, int]] = {
    "heap": ("i8", 4), "stack": ("i8", 4), "item": ("i8", N_ITEM), "token": ("u2", 1), "finished": ("u1", 1),
    "visits": ("u2", 1), "joining": ("u2", 1), "person": ("i8", N_PERSON), "place": ("i8", N_PLACE),
    "desk": ("i8", N_DESK), "alarm": ("i8", 1), "timetable": ("i8", N_TIMETABLE), "batch": ("i8", N_BATCH),
    "group": ("i8", N_GROUP), "key": ("u8", 1), "arrival": ("i8", 1),
    "begins_at": ("i8", 1), "node": ("i8", N_NODE), "way": ("i8", 1), "edge": ("f8", 1), "settled": ("i4", 1),
    "act": ("i8", N_ACT), "pace": ("f8", 1), "pause_at": ("i4", 1), "pause": ("i8", N_PAUSE), "stream_key": ("u8", 1),
    "law_of": ("i8", 1), "law": ("i8", N_LAW), "probability": ("f8", 1), "value": ("f8", 1), "opens": ("i8", 1),
    "closes": ("i8", 1), "worked": ("i8", 1), "hour": ("i8", 1), "group_code": ("i8", 1),
    "kind_of": ("i4", 1), "comparison": ("i8", N_COMPARISON),
    "compared": ("f8", 1), "known": ("u1", 1), "fork": ("i8", N_FORK), "fork_way": ("i8", N_FORK_WAY),
    "share": ("f8", 1), "scratch": ("f8", 1), "change_when": ("i8", 1), "change_factor": ("f8", 1),
    "concerned": ("u1", 1), "offset_from": ("i8", 1), "offset": ("i8", 1), "last": ("i4", 1), "doer": ("i4", 1),
    "did": ("i4", 1), "eye": ("i8", 1), "factor_when": ("i8", 1), "factor": ("f8", 1), "novice": ("i8", 2),
    "novice_factor": ("f8", 1), "rank_of_case": ("i8", 1), "rank_of_kind": ("i8", 1), "jump": ("i8", 1),
    "error_share": ("f8", 1), "fail_share": ("f8", 1), "performer_edge": ("f8", 1), "performer_code": ("i8", 1),
    "lost": ("i8", 1), "mark": ("u1", 1), "short": ("i8", 1), "stock": ("i8", N_STOCK), "level": ("f8", N_LEVEL),
    "stock_key": ("u8", 1), "use": ("i8", N_USE), "use_amount": ("f8", 1), "amount": ("f8", 1),
    "amount_of_case": ("f8", 1), "opening": ("i8", N_ITEM), "enabled": ("i8", 1), "ready": ("i8", 1),
    "queued": ("i8", 1), "start": ("i8", 1), "end": ("i8", 1), "case": ("i4", 1), "activity": ("i4", 1),
    "who": ("i4", 1),
}  # fmt: skip
"""Element type and number of columns of each array; those with one column are vectors."""

PLACE_OF = {name: ADDRESSES + i for i, name in enumerate(ARRAYS)}
"""The register that holds the address of each array."""


@dataclass(slots=True)
class World:
    """The arrays of one run, and the registers that tell the kernel where they are."""

    registers: NDArray[np.int64]
    arrays: dict[str, NDArray[Any]]
    jumps: list[tuple[str, int]]

    def put(self, name: str, array: Any) -> None:
        """Give an array its place.

        Raises
        ------
        TypeError
            If it is not laid out as the kernel expects.
        """
        kind, width = ARRAYS[name]
        array = np.ascontiguousarray(array)
        if array.dtype.str[1:] != kind or (width > 1 and array.shape[-1] != width):
            raise TypeError(f"{name} must be {kind} with {width} columns, not {array.dtype} of shape {array.shape}")
        self.arrays[name] = array
        self.registers[PLACE_OF[name]] = array.ctypes.data
