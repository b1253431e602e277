"""How the compiled lane reads and writes the arrays of a run: by their addresses, which the registers hold.

``m`` is the address of the registers. ``item(m, i, CASE)`` reads a cell, ``set_item(m, i, CASE, value)`` writes it;
both become one or two machine instructions.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

from bko_mining.simulate.world import ARRAYS, PLACE_OF

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}
compiled: Callable[[Function], Function] = njit(**_OPTIONS)
"""Parts of the kernel are not cached one by one: they are parts of the one function that is."""

_WORD = ir.IntType(64)
_LAYOUT = {
    "i8": (_WORD, types.int64), "u8": (_WORD, types.uint64), "i4": (ir.IntType(32), types.int64),
    "u2": (ir.IntType(16), types.int64), "u1": (ir.IntType(8), types.int64), "f8": (ir.DoubleType(), types.float64),
}  # fmt: skip


def _pointer(builder: Any, m: Any, place: int | None, index: Any, cell: Any) -> Any:
    base = m
    if place is not None:
        registers = builder.inttoptr(m, _WORD.as_pointer())
        base = builder.load(builder.gep(registers, [ir.Constant(_WORD, place)]))
    return builder.gep(builder.inttoptr(base, cell.as_pointer()), [index])


def _index(builder: Any, args: Any, width: int) -> Any:
    if width == 1:
        return args[1]
    return builder.add(builder.mul(args[1], ir.Constant(_WORD, width)), args[2])


def _reader(kind: str, place: int | None, width: int) -> Callable[..., int]:
    cell, number = _LAYOUT[kind]

    def codegen(_: Any, builder: Any, __: Any, args: Any) -> Any:
        value = builder.load(_pointer(builder, args[0], place, _index(builder, args, width), cell))
        if kind == "i4":
            return builder.sext(value, _WORD)
        return builder.zext(value, _WORD) if kind in ("u2", "u1") else value

    if width == 1:

        def read(_: Any, m: Any, i: Any) -> Any:
            return number(types.int64, types.int64), codegen
    else:

        def read(_: Any, m: Any, i: Any, column: Any) -> Any:  # type: ignore[misc]
            return number(types.int64, types.int64, types.int64), codegen

    return intrinsic(read)


def _writer(kind: str, place: int | None, width: int) -> Callable[..., Any]:
    cell, number = _LAYOUT[kind]

    def codegen(context: Any, builder: Any, _: Any, args: Any) -> Any:
        value = args[-1]
        if kind in ("i4", "u2", "u1"):
            value = builder.trunc(value, cell)
        builder.store(value, _pointer(builder, args[0], place, _index(builder, args, width), cell))
        return context.get_dummy_value()

    if width == 1:

        def write(_: Any, m: Any, i: Any, value: Any) -> Any:
            return types.void(types.int64, types.int64, number), codegen
    else:

        def write(_: Any, m: Any, i: Any, column: Any, value: Any) -> Any:  # type: ignore[misc]
            return types.void(types.int64, types.int64, types.int64, number), codegen

    return intrinsic(write)


_READ = {name: _reader(kind, PLACE_OF[name], width) for name, (kind, width) in ARRAYS.items()}
_WRITE = {name: _writer(kind, PLACE_OF[name], width) for name, (kind, width) in ARRAYS.items()}

reg, set_reg = _reader("i8", None, 1), _writer("i8", None, 1)
heap, set_heap = _READ["heap"], _WRITE["heap"]
stack, set_stack = _READ["stack"], _WRITE["stack"]
item, set_item = _READ["item"], _WRITE["item"]
person, set_person = _READ["person"], _WRITE["person"]
place, set_place = _READ["place"], _WRITE["place"]
desk, set_desk = _READ["desk"], _WRITE["desk"]
batch, set_batch = _READ["batch"], _WRITE["batch"]
group, set_group = _READ["group"], _WRITE["group"]
timetable, set_timetable = _READ["timetable"], _WRITE["timetable"]
alarm, set_alarm = _READ["alarm"], _WRITE["alarm"]
token, set_token = _READ["token"], _WRITE["token"]
visits, set_visits = _READ["visits"], _WRITE["visits"]
joining, set_joining = _READ["joining"], _WRITE["joining"]
set_finished = _WRITE["finished"]
set_enabled, set_ready, set_queued = _WRITE["enabled"], _WRITE["ready"], _WRITE["queued"]
set_start, set_end = _WRITE["start"], _WRITE["end"]
set_case, set_activity, set_who = _WRITE["case"], _WRITE["activity"], _WRITE["who"]
node, act, pause, law = _READ["node"], _READ["act"], _READ["pause"], _READ["law"]
arrival, begins_at, way, settled, kind_of = (_READ[n] for n in ("arrival", "begins_at", "way", "settled", "kind_of"))
key, law_of, pause_at, jump = _READ["key"], _READ["law_of"], _READ["pause_at"], _READ["jump"]
stream_key, stock_key = _READ["stream_key"], _READ["stock_key"]
opens, closes, worked, hour, group_code = (_READ[n] for n in ("opens", "closes", "worked", "hour", "group_code"))
edge, probability, quantile, pace = (_READ[n] for n in ("edge", "probability", "value", "pace"))
comparison, compared, known = (_READ[n] for n in ("comparison", "compared", "known"))
fork, fork_way, share, concerned = (_READ[n] for n in ("fork", "fork_way", "share", "concerned"))
change_when, change_factor = _READ["change_when"], _READ["change_factor"]
scratch, set_scratch = _READ["scratch"], _WRITE["scratch"]
offset_from, offset = _READ["offset_from"], _READ["offset"]
last, set_last = _READ["last"], _WRITE["last"]
doer, set_doer = _READ["doer"], _WRITE["doer"]
did, set_did, eye = _READ["did"], _WRITE["did"], _READ["eye"]
factor_when, factor = _READ["factor_when"], _READ["factor"]
novice, novice_factor = _READ["novice"], _READ["novice_factor"]
rank_of_case, rank_of_kind = _READ["rank_of_case"], _READ["rank_of_kind"]
error_share, fail_share = _READ["error_share"], _READ["fail_share"]
performer_edge, performer_code = _READ["performer_edge"], _READ["performer_code"]
lost, set_lost = _READ["lost"], _WRITE["lost"]
mark, set_mark, set_short = _READ["mark"], _WRITE["mark"], _WRITE["short"]
stock, set_stock = _READ["stock"], _WRITE["stock"]
level, set_level = _READ["level"], _WRITE["level"]
use, use_amount, amount_of_case = _READ["use"], _READ["use_amount"], _READ["amount_of_case"]
opening = _READ["opening"]
amount, set_amount = _READ["amount"], _WRITE["amount"]
