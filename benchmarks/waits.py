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
import pyarrow as pa

import bko_mining as bko

MEASURES = "cycle_time waiting_time processing_time work_in_progress time_to_finish bottlenecks waiting_causes"
OFFICE = "Mon-Fri 08:00-12:00 13:00-17:30, BR-SP"


def made_up(n: int, seed: int = 0) -> bko.EventLog:
    """Cases of ten instances of twelve activities by two hundred people over two years, in office hours."""
    rng = np.random.default_rng(seed)
    cases = max(n // 10, 1)
    office = bko.WorkCalendar.parse(OFFICE)
    step = rng.lognormal(22.5, 0.8, (cases, 10)).cumsum(axis=1)
    begin = np.sort(rng.uniform(0, 2 * 365 * 86_400e6, cases))[:, None] + step
    start = office.next_opening(begin.astype(np.int64).ravel() + 1_767_571_200_000_000)
    return bko.EventLog.from_codes(
        case=np.repeat(np.arange(cases, dtype=np.int32), 10),
        case_ids=pa.array([str(case) for case in range(cases)]),
        activity=rng.integers(0, 12, cases * 10).astype(np.int32),
        activities=tuple(f"a{k}" for k in range(12)),
        resource=rng.integers(0, 200, cases * 10).astype(np.int32),
        resources=tuple(f"r{k}" for k in range(200)),
        start=start,
        end=start + rng.lognormal(20, 0.7, cases * 10).astype(np.int64),
    )


def working_time(n: int) -> None:
    """Working time between pairs of instants over two years."""
    instants = 1_767_571_200_000_000 + np.random.default_rng(0).integers(0, 2 * 365 * 86_400_000_000, (2, n))
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
    parser.add_argument("--measures", nargs="+", default=["working_time", *MEASURES.split()])
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
                log = made_up(n)
                _told(name, n, lambda log=log, name=name: getattr(bko, name)(log))


if __name__ == "__main__":
    main()
