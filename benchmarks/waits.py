"""CPU seconds and peak memory of each measure of times and waits on a made-up log, each in a process of its own.

    python benchmarks/waits.py --instances 100000 1000000 10000000

The targets: waiting causes of a million instances below 20 CPU seconds, working time of 1e7 pairs below 3.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
from made_up import BEGIN, TWO_YEARS, made_up

import bko_mining as bko

OFFICE = "Mon-Fri 08:00-12:00 13:00-17:30, BR-SP"
TARGET = "14 d"
MEASURES = {
    "cycle_time": bko.cycle_time,
    "waiting_time": bko.waiting_time,
    "processing_time": bko.processing_time,
    "work_in_progress": bko.work_in_progress,
    "queue_length": bko.queue_length,
    "heatmap": lambda log: bko.heatmap(log, "waits"),
    "discover_calendars": bko.discover_calendars,
    "time_to_finish": bko.time_to_finish,
    "waiting_causes": bko.waiting_causes,
    "cycle_time_parts": bko.cycle_time_parts,
    "cause_map": bko.cause_map,
    "bottlenecks": bko.bottlenecks,
    "sla": lambda log: bko.sla(log, TARGET),
    "explain": lambda log: bko.explain(log, "late", target=TARGET),
    "before_after": lambda log: bko.before_after(*halves(log)),
}
"""Survival is told by ``time_to_finish``; before and after are the two halves of the log."""


def halves(log: bko.EventLog) -> tuple[bko.EventLog, bko.EventLog]:
    """The cases that arrived first, and the others."""
    first = np.arange(log.n_cases) < log.n_cases // 2
    return log.take_cases(first), log.take_cases(~first)


def working_time(n: int) -> None:
    """Working time between pairs of instants over two years."""
    instants = BEGIN + np.random.default_rng(0).integers(0, TWO_YEARS, (2, n))
    _told("working_time", n, lambda: bko.WorkCalendar.parse(OFFICE).working_time(*instants))


def _told(name, n, call) -> None:
    before, held = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call()
    spent, peak = time.process_time() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{name:18} {n:12,} {spent:8.2f} s {peak / 2**20:7.2f} GB (before: {held / 2**20:.2f})", flush=True)


def main() -> None:
    """Print a table: measure, instances, CPU seconds, peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--measures", nargs="+", default=["working_time", *MEASURES])
    parser.add_argument("--here", action="store_true", help="measure in this process")
    told = parser.parse_args()
    for n in told.instances:
        for name in told.measures:
            if not told.here:
                again = ["--instances", str(n), "--measures", name, "--here"]
                subprocess.run([sys.executable, __file__, *again], check=True)
            elif name == "working_time":
                working_time(n)
            else:
                log = made_up(n, office=bko.WorkCalendar.parse(OFFICE))
                _told(name, n, lambda log=log, name=name: MEASURES[name](log))


if __name__ == "__main__":
    main()
