"""Twins made by chance, with the rest of the vocabulary on top: each addition is a change of plain data."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from bko_mining.twin.model import Twin
from tests.simulate.twins_by_chance import NAMES, ruled_twins, twins

Data = dict[str, Any]
Addition = Callable[[Any, Data], None]

STREAMS: tuple[Data, ...] = (
    {"kind": "interval", "interval": {"family": "gamma", "mean": "3 h", "cv": 0.5}, "calendar": "office"},
    {"kind": "grid", "every": "2 h", "calendar": "Mon-Fri 09:00-17:00"},
    {
        "kind": "batch",
        "at": ["08:00", "14:30"],
        "size": {"family": "uniform", "low": 1, "high": 6},
        "calendar": "office",
    },
    {"kind": "list", "at": ["2026-01-05T09:00", "2026-01-06T09:30", "2026-01-06T09:30", "2026-01-20T10:00"]},
    {"kind": "rate", "per_hour": 0.5, "calendar": "office", "holidays": "BR-SP", "holiday_factor": 0.3, "factor": 1.5},
    {
        "per_week": 30,
        "trend_per_year": 3,
        "trend_years": 0.1,
        "months": [2, *[1] * 10, 0.5],
        "month_end": [3, 2.0],
        "dispersion": 0.5,
    },
    {"table": {"Mon": [0.0] * 8 + [2.0] * 4 + [0.0] * 12, "Thu": [1.0] * 24}, "batch_size": "3", "name": "post"},
    {"per_week": 20, "peaks": [{"since": "2026-01-08", "until": "2026-01-10", "factor": 4}]},
)
MIXTURE: Data = {
    "family": "mixture",
    "components": [
        {"weight": 3, "time": "4 min"},
        {"weight": 1, "time": {"family": "weibull", "mean": "2 h", "cv": 0.7}},
    ],
}
LAWS: tuple[Data, ...] = (
    {"family": "triangular", "low": "1 min", "mode": "5 min", "high": "2 h"},
    {"family": "quantiles", "values": ["0 min", "10 min", "3 h"], "probabilities": [0, 0.8, 1]},
    MIXTURE,
    {"family": "scipy", "name": "invgauss", "parameters": {"mu": 0.5, "scale": 1200}},
    {"family": "normal", "mean": "20 min", "cv": 0.6, "minimum": "2 min", "maximum": "50 min", "factor": 1.3},
)  # fmt: skip
GRAPH: Data = {
    "kind": "graph",
    "nodes": {
        "s": {"kind": "start"}, "a": {"kind": "activity", "activity": "A"}, "x": {"kind": "xor"},
        "B": {"kind": "activity"}, "g": {"kind": "xor", "name": "again?"}, "f": {"kind": "or"},
        "C": {"kind": "activity"}, "D": {"kind": "activity"},
        "j": {"kind": "or"}, "w": {"kind": "delay", "delay": "3 h"}, "e": {"kind": "end"},
    },
    "flows": [
        {"from": "s", "to": "a"}, {"from": "a", "to": "x"}, {"from": "x", "to": "B"}, {"from": "B", "to": "g"},
        {"from": "g", "to": "x", "share": 0.5, "when": "visits(B) < 3"}, {"from": "g", "to": "f", "share": 1},
        {"from": "f", "to": "C", "share": 0.6}, {"from": "f", "to": "D", "share": 0.5, "when": "queue(R) in [0, 1, 3]"},
        {"from": "C", "to": "j"}, {"from": "D", "to": "j"}, {"from": "j", "to": "w"}, {"from": "w", "to": "e"},
    ],
}  # fmt: skip
HISTORY: Data = {
    "kind": "history",
    "contexts": [
        {"after": ["(start)"], "next": {"A": 8, "C": 2}},
        {"after": [], "next": {"B": 3, "(end)": 4}, "n": 5},
        {"after": ["A"], "next": {"B": 5, "both": 4, "(end)": 1}},
        {"after": ["A", "B"], "next": {"E": 3, "A": 1}},
    ],
    "blocks": {"both": {"branches": [["C"], ["D", "E"]]}},
    "backing": 1.5,
    "left_out": [{"activity": "B", "share": 0.7, "when": "visits(A) < 3"}],
}


def _streams(draw: Any, data: Data) -> None:
    first, size = draw(st.integers(0, len(STREAMS) - 1)), draw(st.integers(1, 3))
    chosen = [STREAMS[(first + 3 * k) % len(STREAMS)] for k in range(size)]
    mix = {key: data["arrivals"][0][key] for key in ("mix",) if key in data["arrivals"][0]}
    data["calendars"] = {"office": "Mon-Fri 08:00-18:00, America/Sao_Paulo"}
    data["arrivals"] = [{"name": f"stream {k}", "factor": 1.2} | stream | mix for k, stream in enumerate(chosen)]


def _kinds(draw: Any, data: Data) -> None:
    """Several processes in one run share their people; one of them is in no log."""
    own = draw(st.sampled_from([["B", "D"], GRAPH, HISTORY]))
    background = {"logged": False, "routing": ["C"]}
    data["case_types"] = {"usual": {"priority": 2, "due": "3 d"}, "urgent": {"priority": 1, "routing": own}}
    data["case_types"]["other"] = background
    of_one = draw(st.booleans())
    for stream in data["arrivals"]:
        stream.pop("mix", None)
        stream |= {"case_type": "urgent"} if of_one else {"mix": {"usual": 2, "urgent": 1}}
    data["arrivals"].append({"per_week": 10, "case_type": "other"})


def _carried(draw: Any, data: Data) -> None:
    """Numbers that move together, of other laws for some types."""
    law = {"distribution": {"family": "gamma", "mean": 700, "cv": 1}, "digits": 0}
    kinds = {kind: {"distribution": {"value": 90}} for kind in list(data.get("case_types", {}))[:1]}
    data["attributes"]["amount"] = law | {"by_type": kinds}
    data["attributes"]["pages"] = {"distribution": {"family": "uniform", "low": 1, "high": 30}}
    data["correlations"] = [{"between": ["amount", "pages"], "value": draw(st.sampled_from([-0.7, 0.5]))}]
    factor = {"when": draw(st.sampled_from(["pages > 12", "visits(A) not in [1, 2]"])), "factor": 1.7}
    data["activities"]["A"].setdefault("time_factors", []).append(factor)


def _ways(draw: Any, data: Data) -> None:
    """Another routing; a named parallel block with a delay before it, or a loop with something on the way back."""
    named = ["A", {"and": ["B", ["C", "D"]], "name": "both"}, "E"]
    back = ["A", {"loop": {"do": ["B", "C"], "again": 0.4, "redo": "D", "when": "age < 4 d"}}]
    data["routing"] = draw(st.sampled_from([named, back, GRAPH, HISTORY]))
    data["share_changes"] = []
    if data["routing"] == named:
        then = {"after": "both", "time": "30 min", "when": "date in [2026-01-07, 2026-01-09]"}
        data["delays"] = [{"before": "both", "time": "2 h"}, then]


def _laws(draw: Any, data: Data) -> None:
    first, name = draw(st.integers(0, len(LAWS) - 1)), draw(st.integers(0, len(NAMES) - 1))
    for k in range(3):
        data["activities"][NAMES[(name + k) % len(NAMES)]]["time"] = LAWS[(first + k) % len(LAWS)]


def _alone(draw: Any, data: Data) -> None:
    """Work that only names who does it."""
    activity = data["activities"]["D"]
    for key in ("bot", "same_as", "not_same_as", "patience", "queue_limit", "setup", "at_shift_end", "role"):
        activity.pop(key, None)
    activity |= {"automatic": True, "performers": {"System": 3, "Ana": 1}}


def _first(draw: Any, data: Data) -> None:
    """Urgent work, priced, in a queue whose order changes on a day."""
    data["activities"]["B"] |= {
        "due": draw(st.sampled_from(["1 h", "4 d"])),
        "priority": 0,
        "cost": 2,
        "cost_from": [{"since": "2026-01-10", "cost": 3}],
    }
    rules = [
        {"discipline": "priority", "classes": {"B": 3, "C": 1}},
        {"discipline": "value", "value_attribute": "amount"},
    ]
    rules += [{"discipline": each} for each in ("fifo", "lifo", "oldest_case", "due_date", "shortest")]
    first = draw(st.integers(0, len(rules) - 1))
    for k, role in enumerate(data["roles"].values()):
        role["later"] = rules[(first + 3 * k) % len(rules)] | {"since": "2026-01-08"}
        role |= {"preemptive": False, "cost_per_hour": 20, "cost_from": [{"since": "2026-01-10", "cost": 22}]}
        role["overtime_factor"] = 2.0


def _collected(draw: Any, data: Data) -> None:
    """Batches on days of the month, and batches whose rule changes."""
    monthly = {"at": ["11:00"], "month_days": [6, 15, -1], "calendar": "Mon-Fri 09:00-17:00"}
    then = draw(st.sampled_from([{}, {"size": 2}, {"timeout": "5 h", "per": "vendor"}, monthly]))
    data["activities"]["C"]["batch"] = {"size": 4, "done": draw(st.sampled_from(["together", "one_by_one"]))} | {
        "later": then | {"since": "2026-01-09"}
    }
    data["activities"]["E"]["batch"] = monthly | {"since": None}


def _staff(draw: Any, data: Data) -> None:
    """People who come, go and learn; four eyes."""
    for name, rule in (("E", "not_same_as"), ("D", "same_as")):
        activity = data["activities"][name]
        if activity.get("role") and not (activity.get("same_as") or activity.get("not_same_as")):
            activity[rule] = ["A"]
    people = data.setdefault("resources", {})
    own = {"since": "2026-01-07", "ramp_up": "20 d", "start_factor": 3, "cost_per_hour": 9, "availability": 0.7}
    people["Bruno"] = people.get("Bruno", {}) | draw(st.sampled_from([own, {"until": "2026-01-13"}]))
    if "turnover" not in data["roles"]["R"]:
        leaving = {"per_year": 10, "vacancy": "4 d", "ramp_up": "9 d", "since": "2026-01-12"}
        data["roles"]["R"]["turnover"] = leaving


def _software(draw: Any, data: Data) -> None:
    bot = {"licences": draw(st.integers(1, 3)), "time": "9 min", "speed": 1.5, "cost_per_run": 1, "cost_per_month": 90}
    data["bots"] = {"Helper": bot | {"exception_share": 0.3, "exception_role": "R"}}
    for name in NAMES:
        if data["activities"][name].get("bot"):
            data["activities"][name]["bot"] = "Helper"
    for name in ("C", "E"):
        for key in ("role", "same_as", "not_same_as", "automatic", "performers"):
            data["activities"][name].pop(key, None)
        data["activities"][name]["bot"] = "Helper"


def _store(draw: Any, data: Data) -> None:
    """Stock with another rule from a day on, and room in the queue behind it."""
    data["materials"] = data.get("materials", {}) | {
        "ink": {"initial": 3, "order_up_to": 9, "reorder_point": 2, "lead_time": "7 h", "cost": 4}
        | {"later": {"since": "2026-01-08", "order_up_to": 4, "reorder_point": 1}},
        "toner": {"initial": 2, "order_up_to": 5, "every": "9 h"},
    }
    for name in draw(st.sampled_from(["B", "BC", "E"])):
        activity = data["activities"][name]
        activity["uses"] = draw(st.sampled_from([{"ink": 1}, {"ink": 2, "toner": 1}]))
        if (activity.get("role") or activity.get("bot")) and not activity.get("automatic"):
            activity["queue_limit"] = {"size": draw(st.integers(0, 2)), "to": draw(st.sampled_from(["D", "(end)"]))}
    data["activities"]["D"].pop("queue_limit", None)


def _promises(draw: Any, data: Data) -> None:
    level = {"name": "in time", "since": "A", "until": "B", "within": "2 d", "calendar": "Mon-Fri 09:00-17:00"}
    kind = {"case_type": next(iter(data["case_types"]))} if data.get("case_types") else {}
    data["service_levels"] = [level | kind | {"share": 0.9, "penalty": 5}]
    data |= {"name": "office", "description": "made by chance", "currency": "BRL", "start": "2026-01-06"}


ADDITIONS: tuple[Addition, ...] = (
    _streams, _kinds, _carried, _ways, _laws, _first, _collected, _staff, _software, _alone, _store, _promises,
)  # fmt: skip


@st.composite
def richer_twins(draw: Any, number: int | None = None) -> Twin:
    """A twin by chance with one to four additions in their order, or with one of them."""
    twin: Twin = draw(st.one_of(twins(), ruled_twins()))
    data = twin.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    some = st.sets(st.integers(0, len(ADDITIONS) - 1), min_size=1, max_size=4)
    for each in sorted(draw(some) if number is None else {number}):
        ADDITIONS[each](draw, data)
    if draw(st.booleans()):
        data["roles"]["S"]["calendar"] = "Mon-Fri 09:00-17:00, Asia/Manila"
    return Twin.model_validate(data)
