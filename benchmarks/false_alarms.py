"""How often the findings about people and change are false alarms, and how often a planted effect is found.

    python benchmarks/false_alarms.py --seeds 100

Offices in which nothing is planted (people are alike, handovers harmless, nothing changes) must stay silent in 95 % of
seeds; the same offices with one effect must not. Office A writes cases of three steps by eight people; office B is a
simulated office with a queue, so that one week's backlog carries over to the next; office C has newcomers.
"""

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

import bko_mining as bko

DAY, MINUTE = 86_400_000_000, 60_000_000
QUEUE = """
arrivals: [{per_week: %s, calendar: Mon-Fri 08:00-18:00}]
roles: {Clerk: {members: [A, B, C, D, E], calendar: Mon-Fri 09:00-17:00}}
activities:
  Register: {role: Clerk, time: {family: lognormal, mean: %s min, cv: 0.7}}
  Check: {role: Clerk, time: {family: lognormal, mean: 30 min, cv: 0.7}}
  Pay: {role: Clerk, time: {family: lognormal, mean: 15 min, cv: 0.7}}
routing: [Register, {loop: {do: Check, again: 0.1}}, Pay]
"""


def office_a(seed: int, *, slow: float = 1.0, prone: bool = False, n: int = 1500) -> bko.EventLog:
    """Cases of three steps by eight people; the first may be slower, the handover 1 → 2 may bring a repeat."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        at, people = number * DAY // 8, rng.integers(0, 8, 3)
        risk = 0.5 if prone and people[0] == 1 and people[1] == 2 else 0.1
        course = [(0, people[0]), (1, people[1]), *([(0, people[2])] if rng.random() < risk else []), (2, people[2])]
        for what, person in course:
            work = int(rng.lognormal(3 + 0.3 * what, 0.6) * MINUTE * (slow if person == 0 else 1.0))
            at += int(rng.exponential(60) * MINUTE)
            rows.append((number, what, person, at, at + work))
            at += work
    return _log(rows, n)


def office_b(seed: int, *, per_week: float = 130, minutes: float = 20) -> bko.EventLog:
    """A year of an office of five that is busy most of the time."""
    twin = bko.Twin.from_yaml(QUEUE % (per_week, minutes))
    return bko.simulate(twin, n_cases=int(per_week * 52), seed=seed, start="2026-01-05")


def office_c(seed: int, *, learning: float = 0.0, n: int = 2400) -> bko.EventLog:
    """One activity by two old hands and six newcomers, each doubling of whose practice may save time."""
    rng = np.random.default_rng(seed)
    since = np.concatenate([[0, 0], rng.uniform(0.25, 0.5, 6) * n])
    done = np.zeros(8)
    rows = []
    for number in range(n):
        person = int(rng.choice(np.flatnonzero(since <= number)))
        done[person] += 1
        factor = (1 - learning) ** np.log2(done[person]) if person > 1 else 1.0
        at = number * DAY // 8
        rows.append((number, 0, person, at, at + int(rng.lognormal(3, 0.5) * MINUTE * factor)))
    return _log(rows, n)


def changed(seed: int, **after: float) -> bko.EventLog:
    """Office B that becomes another one after half a year."""
    first, second = office_b(seed).frame, office_b(seed + 5000, **after).frame
    edge = first["start"].min() + 26 * 7 * np.timedelta64(1, "D")
    begun = [frame.groupby("case_id")["start"].transform("min") for frame in (first, second)]
    second = second.assign(case_id="x" + second["case_id"])
    import pandas as pd

    both = pd.concat([first[begun[0] < edge], second[begun[1] >= edge]], ignore_index=True)
    return bko.EventLog.from_frame(both[["case_id", "activity", "resource", "start", "end"]])


def dated(log: bko.EventLog, aspect: str, what: str = "") -> bool:
    """Whether a change of an aspect is found, and the interval of its date holds the Monday on which it was planted."""
    import pandas as pd

    found = bko.drift(log).table
    found = found[(found["aspect"] == aspect) & (found["what"] == what)]
    planted = pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=26)
    return bool(((found["earliest"] <= planted) & (planted <= found["latest"])).any())


def told(log: bko.EventLog) -> bool:
    """Whether the insights hold a finding of chance against effect (not a plain amount of hours)."""
    return bool(bko.insights(log).table["p_value"].notna().any())


ALARMS: dict[str, Callable[[int], bool]] = {
    "drift": lambda s: bool(len(bko.drift(office_b(s)).table)),
    "compare_logs": lambda s: bool(bko.compare_logs(office_b(s), office_b(s + 1000)).table["changed"].any()),
    "productivity": lambda s: bool((bko.productivity(office_a(s)).table["verdict"] != "no difference").any()),
    "productivity, queue": lambda s: bool((bko.productivity(office_b(s)).table["verdict"] != "no difference").any()),
    "handovers, odds": lambda s: bko.handovers(office_a(s)).odds.p_value < 0.05,
    "handovers, odds, queue": lambda s: bko.handovers(office_b(s)).odds.p_value < 0.05,
    "handovers, pairs": lambda s: bool(bko.handovers(office_a(s)).table["error_prone"].any()),
    "learning": lambda s: bko.learning(office_c(s)).low > 0 or bko.learning(office_c(s)).high < 0,
    "insights": lambda s: told(office_a(s)),
    "insights, queue": lambda s: told(office_b(s)),
}
EFFECTS: dict[str, Callable[[int], bool]] = {
    "drift: 30 % more cases": lambda s: "arrivals" in set(bko.drift(changed(s, per_week=169)).table["aspect"]),
    "drift: 30 % more cases, and when": lambda s: dated(changed(s, per_week=169), "arrivals"),
    "drift: one activity 20 % slower, and when": lambda s: dated(changed(s, minutes=24), "work", "Register"),
    "compare_logs: work + 20 %": lambda s: bool(
        bko.compare_logs(office_b(s), office_b(s + 1000, minutes=33))
        .table.set_index("kpi")
        .loc["working time", "changed"]
    ),
    "productivity: person 30 % slower": lambda s: (
        bko.productivity(office_a(s, slow=1.3, n=3000), names=True)
        .table.query("verdict == 'slower'")["person"]
        .tolist()
        == ["P0"]
    ),
    "handovers: pair brings 5 × the repeats": lambda s: bool(
        bko.handovers(office_a(s, prone=True, n=4000), names=True)
        .table.query("error_prone and source == 'P1' and target == 'P2'")
        .shape[0]
    ),
    "learning: 10 % a doubling": lambda s: bko.learning(office_c(s, learning=0.1)).low > 0,
}


def _log(rows: list[tuple[int, int, int, int, int]], n: int) -> bko.EventLog:
    case, activity, who, start, end = (np.array(column) for column in zip(*rows, strict=True))
    return bko.EventLog.from_codes(
        case=case.astype(np.int32),
        case_ids=pa.array([f"{number:05d}" for number in range(n)]),
        activity=activity.astype(np.int32),
        activities=("a", "b", "c"),
        resource=who.astype(np.int32),
        resources=tuple(f"P{person}" for person in range(8)),
        start=start,
        end=end,
    )


def shares(questions: dict[str, Callable[[int], bool]], seeds: int, only: str) -> Iterator[str]:
    """For each question, in how many seeds it was answered with yes."""
    for name, asked in questions.items():
        if only in name:
            yes = sum(asked(seed) for seed in range(seeds))
            yield f"{name:40} {yes:4d} of {seeds}  {100 * yes / seeds:5.1f} %"


def main() -> None:
    """Print two tables: false alarms, and effects found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", default="", help="questions whose name holds this")
    options = parser.parse_args()
    print("nothing planted: alarms (5 % are allowed)")
    for line in shares(ALARMS, options.seeds, options.only):
        print(line, flush=True)
    print("planted: found")
    for line in shares(EFFECTS, max(options.seeds // 4, 1), options.only):
        print(line, flush=True)


if __name__ == "__main__":
    main()
