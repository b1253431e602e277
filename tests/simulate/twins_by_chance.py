"""Twins made by chance: small offices that use all the mechanisms of the vocabulary."""

from typing import Any

from hypothesis import strategies as st

from bko_mining.twin.model import Twin

NAMES = ("A", "B", "C", "D", "E")
HOURS = (None, "Mon-Fri 09:00-12:00 13:00-17:00", "Mon-Sat 08:00-14:00", "Tue,Thu 10:00-11:30")
LAWS: tuple[Any, ...] = (
    "5 min",
    {"family": "exponential", "mean": "20 min"},
    {"family": "lognormal", "mean": "40 min", "cv": 1.2, "zero_share": 0.2},
    {"family": "empirical", "values": ["7 min", "16 min", "0 min"], "weights": [3, 1, 1]},
    {"family": "uniform", "low": "1 min", "high": "30 min"},
    {"family": "gamma", "mean": "3 h", "cv": 0.7},
)
BATCHES: tuple[Any, ...] = (
    {"size": 3, "timeout": "2 d"},
    {"at": ["10:30", "15:00"], "done": "one_by_one", "calendar": "Mon-Fri 09:00-17:00"},
    {"size": 4, "timeout": "3 h", "per": "vendor", "time_per_item": {"family": "exponential", "mean": "4 min"}},
    {"at": ["16:00"], "weekdays": ["Wed"], "per": "vendor", "time_per_item": "2 min"},
)


def adding_up(branches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    total = sum(branch["share"] for branch in branches)
    return [branch | {"share": branch["share"] / total} for branch in branches]


def blocks() -> st.SearchStrategy[Any]:
    step = st.sampled_from(NAMES)

    def larger(block: Any) -> Any:
        share = st.sampled_from([0.1, 0.3, 0.5])
        branch = st.builds(lambda s, do: {"share": s, "do": do}, share, st.none() | block)
        by_amount = st.builds(
            lambda a, b: {"xor": [{"when": "amount > 500", "do": a}, {"when": "amount <= 500", "do": b}]}, block, block
        )
        return st.one_of(
            st.lists(block, min_size=1, max_size=3),
            st.builds(lambda branches: {"xor": adding_up(branches)}, st.lists(branch, min_size=2, max_size=3)),
            st.builds(lambda both: {"and": both}, st.lists(block, min_size=2, max_size=3)),
            st.builds(lambda do, again: {"loop": {"do": do, "again": again}}, step, share),
            by_amount,
        )

    return st.recursive(step, larger, max_leaves=8)


@st.composite
def twins(draw: Any) -> Twin:
    roles = {
        "R": {"size": draw(st.integers(1, 3)), "calendar": draw(st.sampled_from(HOURS))},
        "S": {"members": ["Ana", "Bruno"], "calendar": draw(st.sampled_from(HOURS))},
    }
    activities: dict[str, Any] = {}
    for name in NAMES:
        activities[name] = {"time": draw(st.sampled_from(LAWS)), "role": draw(st.sampled_from([None, "R", "S"]))}
        if draw(st.integers(0, 3)) == 0:
            activities[name]["batch"] = draw(st.sampled_from(BATCHES))
        if draw(st.booleans()):
            activities[name]["time_by_resource"] = {"Ana": 0.75, "R 1": 1.3}
    delays = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "after": st.sampled_from([None, "(start)", "A", "B"]),
                    "before": st.sampled_from(["C", "D", "E"]),
                    "time": st.sampled_from(LAWS),
                    "calendar": st.sampled_from(HOURS),
                }
            ),
            max_size=2,
        )
    )
    own = draw(st.sampled_from([None, "Mon-Fri 07:00-11:00", "Wed-Sun 12:00-18:00"]))
    return Twin.model_validate(
        {
            "arrivals": [{"per_week": draw(st.sampled_from([15, 60])), "dispersion": 0.2}],
            "attributes": {
                "amount": {"distribution": {"family": "exponential", "mean": 500}},
                "vendor": {"values": {"Acme": 2, "Delta": 1}},
            },
            "activities": activities,
            "routing": ["A", draw(blocks()), {"delay": "2 h"}, draw(blocks())],
            "delays": delays,
            "roles": roles,
            "resources": {"Ana": {"calendar": own}} if own else {},
            "timezone": draw(st.sampled_from(["UTC", "America/Sao_Paulo"])),
        }
    )


CONDITIONS = (
    "visits(A) >= 2",
    "queue(R) > 1",
    "age > 86400",
    "date >= 2026-01-14",
    "weekday in [Mon, Thu]",
    "hour < 12",
    "last == A",
    "resource != Ana",
    "vendor == Acme and visits(B) < 3",
    "type == urgent",
    "queue(S) in [1, 2, 4]",
    "visits(D) not in [1, 3]",
    "date in [2026-01-08, 2026-01-12, 2026-01-13]",
)
DISCIPLINES = ("fifo", "lifo", "oldest_case", "due_date", "priority", "value", "shortest")


@st.composite
def roles_with_rules(draw: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, members in (("R", ["Ana", "Bruno", "Carla"]), ("S", ["Carla", "Dora"])):
        discipline = draw(st.sampled_from(DISCIPLINES))
        role: dict[str, Any] = {"members": members, "discipline": discipline, "value_attribute": "amount"}
        role["calendar"] = draw(st.sampled_from(HOURS))
        role["choice"] = draw(st.sampled_from(["longest_idle", "least_loaded", "fastest", "random"]))
        role["preemptive"] = discipline == "priority" and draw(st.booleans())
        role["availability"] = draw(st.sampled_from([1.0, 0.8]))
        if role["calendar"] is not None and draw(st.integers(0, 2)) == 0:
            role["overtime"] = {"queue": 2, "at_most": "2 h"}
        if draw(st.integers(0, 2)) == 0:
            role["turnover"] = {"per_year": 8, "vacancy": "6 d", "ramp_up": "20 d", "start_factor": 1.8}
        found[name] = role
    return found


@st.composite
def activity_with_rules(draw: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"time": draw(st.sampled_from(LAWS)), "role": draw(st.sampled_from(["R", "S", None]))}
    staffed = found["role"] is not None
    extras = draw(
        st.sets(
            st.sampled_from(["setup", "factors", "errors", "end", "eyes", "gate", "bot", "uses", "batch"]), max_size=3
        )
    )
    if "setup" in extras:
        found["setup"] = "4 min"
    if "factors" in extras:
        found["time_factors"] = [{"when": draw(st.sampled_from(CONDITIONS)), "factor": 1.6}]
    if "errors" in extras:
        factors = [{"when": draw(st.sampled_from(CONDITIONS)), "factor": 3}]
        found["errors"] = {"share": 0.15, "to": "A", "by_resource": {"Ana": 0.5}, "factors": factors}
    if "end" in extras:
        found["at_shift_end"] = draw(st.sampled_from(["suspended", "carried_over", "fits"]))
    if "eyes" in extras and staffed and name != "A" and "bot" not in extras:
        found[draw(st.sampled_from(["same_as", "not_same_as"]))] = ["A"]
    if "bot" in extras:
        found |= {"role": None, "bot": "Robo"}
    if "batch" in extras:
        found["batch"] = draw(st.sampled_from(BATCHES))
    if "gate" in extras and (staffed or "bot" in extras):
        found |= draw(gates(name))
    return found | draw(materials()) if "uses" in extras else found


def gates(name: str) -> st.SearchStrategy[dict[str, Any]]:
    # Who finds the first queue full must not be sent back to it in no time.
    back = st.sampled_from(["(end)"] if name == "A" else ["A", "(end)"])
    patience = st.builds(lambda to: {"patience": {"time": "9 h", "to": to}}, back)
    return st.one_of(patience, st.builds(lambda to: {"queue_limit": {"size": 2, "to": to}}, back))


def materials() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from([{"uses": {"paper": 2}}, {"uses": {"cash": "amount", "paper": 1}}])


@st.composite
def ruled_twins(draw: Any) -> Twin:
    limits = st.sampled_from(["stock", "limit"])
    branch = {"share": draw(st.sampled_from([0.2, 0.6])), "when": draw(st.sampled_from(CONDITIONS)), "do": "B"}
    some = {"or": [{"share": 0.5, "do": "C"}, {"share": 0.7, "do": "D", "when": draw(st.sampled_from(CONDITIONS))}]}
    again = {"loop": {"do": "D", "again": 0.4, "when": draw(st.sampled_from(CONDITIONS)), "at_most": 3}}
    steps = draw(st.permutations([{"xor": [branch, {"share": 0.3, "do": "E"}, {"share": 0.2}]}, some, again, "B"]))
    return Twin.model_validate(
        {
            "arrivals": [{"per_week": draw(st.sampled_from([20, 90])), "mix": {"usual": 3, "urgent": 1}}],
            "case_types": {"usual": {"priority": 2, "due": "3 d"}, "urgent": {"priority": 1}},
            "attributes": {
                "amount": {"distribution": {"family": "exponential", "mean": 500}},
                "vendor": {"values": {"Acme": 2, "Delta": 1}},
            },
            "activities": {name: draw(activity_with_rules(name)) for name in NAMES},
            "routing": ["A", *steps, {"and": ["E", "C"]}],
            "share_changes": [{"after": "A", "to": "B", "factor": 0.5, "when": "hour >= 12"}]
            if steps[0] != "B" and "xor" in steps[0]
            else [],
            "delays": [{"after": "A", "when": draw(st.sampled_from(CONDITIONS)), "time": "70 min"}],
            "roles": draw(roles_with_rules()),
            "bots": {
                "Robo": {
                    "licences": 2,
                    "calendar": draw(st.sampled_from(HOURS)),
                    "exception_share": 0.2,
                    "exception_role": "R",
                    "failures": draw(st.sampled_from([None, {"every": "3 d", "repair": "5 h"}])),
                    "since": draw(st.sampled_from([None, "2026-01-09"])),
                }
            },
            "resources": {
                "Ana": {"capacity": draw(st.sampled_from([1, 2])), "speed": 1.4},
                "Bruno": {"skills": {"A": 1, "B": 0.8}},
                "Carla": {"absences": [{"since": "2026-01-12", "until": "2026-01-14"}]},
            },
            "materials": {
                "paper": {"initial": 20, "order_up_to": 40, "reorder_point": 10, "lead_time": "1 d"},
                "cash": {"initial": 900, "order_up_to": 4000, "every": "2 d", "kind": draw(limits)},
            },
            "timezone": draw(st.sampled_from(["UTC", "America/Santiago"])),
        }
    )


@st.composite
def under_way(draw: Any) -> dict[str, Any]:
    """Cases that are open at the start: some waiting, some in somebody's hands, some in two branches at once."""
    moment = st.sampled_from(["2026-01-06T09:10", "2026-01-06T10:00", "2026-01-05T16:59", "2026-01-06T07:30"])

    def item(name: str) -> st.SearchStrategy[dict[str, Any]]:
        work = {"activity": st.just(name), "enabled": moment}
        hand = {
            "start": moment,
            "resource": st.sampled_from([None, "Ana", "Bruno", "Carla", "Dora", "R 1", "Robo", "Somebody"]),
            "remaining": st.sampled_from([None, "0 min", "25 min", "5 h"]),
        }
        return st.one_of(st.fixed_dictionaries(work), st.fixed_dictionaries(work | hand))

    done = st.lists(st.sampled_from(["A", "B", "D"]), max_size=2)
    by = st.lists(st.sampled_from(["Ana", "Carla", None, "Nobody"]), max_size=2)
    items = st.one_of(
        *(st.tuples(item(name)) for name in NAMES), st.tuples(item("E"), item("C")), st.tuples(item("A"), item("A"))
    )
    carried = st.sampled_from([{}, {"amount": 700.0}, {"vendor": "Delta"}])
    case = st.fixed_dictionaries({"arrived": moment, "history": done, "by": by, "items": items, "attributes": carried})
    cases = draw(st.lists(case, min_size=1, max_size=9))
    return {"at": "2026-01-06T10:00", "cases": [{"case_id": f"open {i}"} | each for i, each in enumerate(cases)]}


def begun(twin: Twin, state: dict[str, Any]) -> Twin:
    kinds = [name for name, kind in twin.all_case_types.items() if kind.routing is None]
    cases = [case | {"case_type": kinds[i % len(kinds)]} for i, case in enumerate(state["cases"])]
    return Twin.model_validate(twin.model_dump(mode="json") | {"initial_state": state | {"cases": cases}})
