"""Waiting causes that are found, against the causes that the engine noted: all twins under simulations/, and offices in
which nothing waits for the outside, where whatever is found of it is a false alarm.

    python benchmarks/waiting_causes.py [--weeks 30] [--by-activity]

A log shows who did what and when; the engine knows why each item waited: for something outside (a delay or material),
for others of its batch, in the queue, or for opening hours. The share of waiting hours that are given to another cause
than the true one is the error; the split of all hours is shown beside it.
"""

import argparse
from datetime import timedelta
from pathlib import Path

import numpy as np

import bko_mining as bko
from bko_mining.analyse.waiting_causes import WaitingCauses

ROOT = Path(__file__).parent.parent
KINDS = ("outside", "batch", "queue", "closed")
NOTED = {
    "outside": ("wait_delay", "wait_stock"),
    "batch": ("wait_batch",),
    "queue": ("wait_queue",),
    "closed": ("wait_closed",),
}
FOUND = {"outside": (4,), "batch": (0,), "queue": (1, 2), "closed": (3,)}
HOURS = "Mon-Fri 08:00-12:00 13:00-17:00"
OFFICE = """
arrivals:
  - {{name: items, per_week: {items}, calendar: "{hours}", mix: {mix}}}
case_types: {types}
roles: {{Clerk: {{size: 2, calendar: "{hours}", discipline: {rule}}}}}
activities:
  Register: {{role: Clerk, time: {{family: lognormal, mean: 10 min, cv: 1}}}}
  Check: {{role: Clerk, time: {{family: lognormal, mean: 14 min, cv: 1}}}}
{more}
routing: [Register, Check]
"""
PLAIN = {"hours": HOURS, "items": 180, "mix": "{usual: 1}", "types": "{usual: {}}", "rule": "fifo", "more": ""}
URGENT = {"mix": "{urgent: 3, usual: 7}", "types": "{urgent: {priority: 1}, usual: {priority: 2}}", "rule": "priority"}
LEDGER = {
    "items": 165,
    "mix": "{ledger: 1, usual: 4}",
    "types": "{usual: {}, ledger: {routing: [Ledger], logged: false}}",
    "more": "  Ledger: {role: Clerk, time: {family: lognormal, mean: 40 min, cv: 1}}",
}
FALSE_ALARMS = {
    "a queue": OFFICE.format(**PLAIN),
    "urgent first": OFFICE.format(**PLAIN | URGENT),
    "last come, first served": OFFICE.format(**PLAIN | {"rule": "lifo"}),
    "shortest first": OFFICE.format(**PLAIN | {"rule": "shortest"}),
    "unlogged work": OFFICE.format(**PLAIN | LEDGER),
}


def noted(log: bko.EventLog) -> np.ndarray:
    """Seconds that each instance waited by kind, as the engine noted them."""
    frame = log.frame
    return np.column_stack(
        [
            sum((frame[name].dt.total_seconds().fillna(0) for name in NOTED[kind] if name in frame), np.zeros(len(log)))
            for kind in KINDS
        ]
    )


def found(causes: WaitingCauses) -> np.ndarray:
    """The same, as found in the log."""
    return np.column_stack([causes.causes[:, list(FOUND[kind])].sum(axis=1) / 1e6 for kind in KINDS])


def compare(name: str, log: bko.EventLog, *, by_activity: bool) -> None:
    """Print one line, and one an activity that holds a fiftieth of the wait."""
    true, said = noted(log), found(bko.waiting_causes(log))
    _line(name, true, said)
    for code, activity in enumerate(log.activities if by_activity else ()):
        rows = log.activity == code
        if true[rows].sum() > 0.02 * true.sum():
            _line(f"  {activity}", true[rows], said[rows])


def _line(name: str, true: np.ndarray, said: np.ndarray) -> None:
    wrong = np.abs(true - said).sum() / 2 / true.sum()
    pairs = zip(true.sum(axis=0) / true.sum(), said.sum(axis=0) / said.sum(), strict=True)
    print(
        f"{name:28} {true.sum() / 3600:9,.0f} h {wrong:6.1%}  ", *(f"{a:6.1%} {b:6.1%} " for a, b in pairs), flush=True
    )


def main() -> None:
    """Print a table: log, hours waited, share with another cause than the true one, true and found split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weeks", type=int, default=30)
    parser.add_argument("--unseen", action="store_true", help="only the offices that no method was made with")
    parser.add_argument("--by-activity", action="store_true")
    told = parser.parse_args()
    print(f"{'log':28} {'waited':>11} {'wrong':>6}  ", *(f"{kind:>6} {'found':>6} " for kind in KINDS))
    twins = {path.parent.name: bko.Twin.load(path) for path in sorted(ROOT.glob("simulations/*/twin.yaml"))}
    twins |= {name: bko.Twin.from_yaml(text) for name, text in FALSE_ALARMS.items()}
    if told.unseen:
        twins = {path.stem: bko.Twin.load(path) for path in sorted(ROOT.glob("benchmarks/unseen_offices/*.yaml"))}
    for name, twin in twins.items():
        log = bko.simulate(twin, horizon=timedelta(weeks=told.weeks), seed=1)
        compare(name, log, by_activity=told.by_activity)


if __name__ == "__main__":
    main()
