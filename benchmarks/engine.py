"""How fast the engine is: activity instances a second, bytes an instance, growth with the cases, peers beside.

    python benchmarks/engine.py                      # both twins, 10,000 cases, textbook SimPy beside
    python benchmarks/engine.py --sizes 1000 10000 100000
    python benchmarks/engine.py --twins "accounts payable, ten times" --sizes 1000 10000 100000 1000000 --lanes numba
    python benchmarks/engine.py --prosimos /tmp/pv/bin/python

Times are CPU seconds of one process, so ratios within one run are what counts. The first run of a twin warms caches
and is not counted. Memory is the growth of the peak resident size in a fresh process. Prosimos runs in its own
environment (``pip install prosimos`` there); without ``--prosimos`` it is skipped.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
import simpy

from bko_mining.simulate.lanes import Lane
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.twin.prosimos_writer import write_prosimos

ROOT = Path(__file__).parent.parent
EIGHT = """
name: Eight activities
start: 2026-01-05
calendars: {office: Mon-Fri 08:00-12:00 13:00-17:00}
arrivals: [{per_week: 150, calendar: office}]
roles:
  Clerk: {size: 3, calendar: office}
  Analyst: {size: 3, calendar: Mon-Fri 09:00-12:00 13:00-18:00}
  Approver: {size: 2, calendar: Mon-Fri 09:00-17:00}
  Poster: {size: 2, calendar: office}
  Payer: {size: 1, calendar: Mon-Fri 08:00-16:00}
activities:
  Register: {role: Clerk, time: {family: lognormal, mean: 12 min, cv: 0.6}}
  Match: {role: Clerk, time: {family: lognormal, mean: 10 min, cv: 0.6}}
  Resolve: {role: Analyst, time: {family: gamma, mean: 35 min, cv: 1.0}}
  Check tax: {role: Analyst, time: {family: lognormal, mean: 15 min, cv: 0.5}}
  Check contract: {role: Approver, time: {family: lognormal, mean: 10 min, cv: 0.5}}
  Approve: {role: Approver, time: {family: lognormal, mean: 8 min, cv: 0.8}}
  Post: {role: Poster, time: {family: lognormal, mean: 9 min, cv: 0.5}}
  Pay: {role: Payer, time: {family: lognormal, mean: 4 min, cv: 0.5}}
routing:
  - Register
  - loop: {do: Match, again: 0.25, redo: Resolve}
  - and: [Check tax, Check contract]
  - loop: {do: Approve, again: 0.1}
  - Post
  - Pay
"""


def twins() -> dict[str, Twin]:
    study = Twin.load(ROOT / "simulations" / "accounts_payable" / "twin.yaml")
    eight = Twin.from_yaml(EIGHT)
    return {"accounts payable": study, "eight activities": eight, "accounts payable, ten times": grown(study, 10)}


def grown(twin: Twin, times: int) -> Twin:
    """The same office so many times as large: a million cases then fit into some decades."""
    roles, resources = {}, dict(twin.resources)
    for name, role in twin.roles.items():
        members = [f"{member} {k}" if k else member for k in range(times) for member in role.members]
        size = None if role.size is None else role.size * times
        roles[name] = role.model_copy(update={"members": tuple(members), "size": size})
        for member in role.members:
            if member in twin.resources:
                resources |= {f"{member} {k}": twin.resources[member] for k in range(1, times)}
    arrivals = tuple(stream.model_copy(update={"factor": stream.factor * times}) for stream in twin.arrivals)
    return twin.replace(roles=roles, resources=resources, arrivals=arrivals)


def timed(twin: Twin, n: int, lane: Lane) -> tuple[int, float]:
    simulate(twin, n_cases=200, lane=lane)
    began = time.process_time()
    log = simulate(twin, n_cases=n, seed=1, lane=lane)
    return len(log), time.process_time() - began


def peak() -> int:
    """Peak resident size; ru_maxrss would begin with that of the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure_memory(name: str, n: int, lane: Lane) -> None:
    """Runs in a process of its own: prints bytes an instance."""
    twin = twins()[name]
    simulate(twin, n_cases=200, lane=lane)
    before = peak()
    log = simulate(twin, n_cases=n, seed=1, lane=lane)
    print(json.dumps((peak() - before) / len(log)))


def memory(name: str, n: int, lane: Lane) -> float:
    """Measured on at least 100,000 cases: what the interpreter and the libraries hold would hide a smaller run."""
    n = max(n, 100_000)
    command = [sys.executable, __file__, "--memory-of", name, "--sizes", str(n), "--lanes", lane]
    return float(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def textbook(n: int) -> tuple[int, float]:  # noqa: C901  (one page, as in a book)
    """The eight activities as books write them: Resource, a shift process for each role, preemption at closing time."""
    rng = np.random.default_rng(1)
    env = simpy.Environment()
    hours = {
        "Clerk": [(8, 12), (13, 17)],
        "Analyst": [(9, 12), (13, 18)],
        "Approver": [(9, 17)],
        "Poster": [(8, 12), (13, 17)],
        "Payer": [(8, 16)],
    }
    size = {"Clerk": 3, "Analyst": 3, "Approver": 2, "Poster": 2, "Payer": 1}
    desks = {role: simpy.PreemptiveResource(env, count) for role, count in size.items()}
    rows: list[tuple[int, str, float, float, float]] = []

    def shift(role: str):
        opened = [(24 * day + a, 24 * day + b) for day in range(5) for a, b in hours[role]]
        closed = [(0.0, opened[0][0]), *((opened[i][1], opened[i + 1][0]) for i in range(len(opened) - 1))]
        closed.append((opened[-1][1], 168.0))
        week = 0
        while True:
            for low, high in closed:
                yield env.timeout(max(week * 168 + low - env.now, 0))
                requests = [desks[role].request(priority=-1) for _ in range(size[role])]
                yield env.timeout(week * 168 + high - env.now)
                for request in requests:
                    desks[role].release(request)
            week += 1

    def step(case: int, name: str, role: str, mean: float):
        work, asked, began = rng.lognormal(np.log(mean / 60), 0.5), env.now, None
        while work > 1e-12:
            with desks[role].request(priority=1) as request:
                since = None
                try:
                    yield request
                    since = env.now
                    began = since if began is None else began
                    yield env.timeout(work)
                    work = 0
                except simpy.Interrupt:
                    work -= env.now - since if since is not None else 0
        rows.append((case, name, asked, began, env.now))

    left = [n]
    done = env.event()

    def case(number: int):
        yield from step(number, "Register", "Clerk", 12)
        while True:
            yield from step(number, "Match", "Clerk", 10)
            if rng.random() > 0.25:
                break
            yield from step(number, "Resolve", "Analyst", 35)
        checks = [("Check tax", "Analyst", 15), ("Check contract", "Approver", 10)]
        yield env.all_of([env.process(step(number, *check)) for check in checks])
        while True:
            yield from step(number, "Approve", "Approver", 8)
            if rng.random() > 0.1:
                break
        yield from step(number, "Post", "Poster", 9)
        yield from step(number, "Pay", "Payer", 4)
        left[0] -= 1
        if not left[0]:
            done.succeed()

    def arrivals():
        for number in range(n):
            yield env.timeout(rng.exponential(168 / 150))
            env.process(case(number))

    for role in hours:
        env.process(shift(role))
    env.process(arrivals())
    began = time.process_time()
    env.run(until=done)
    return len(rows), time.process_time() - began


PROSIMOS = """
import csv, sys, time
from prosimos.simulation_engine import run_simulation
bpmn, parameters, n, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
began = time.process_time()
run_simulation(bpmn, parameters, n, log_out_path=out)
print(sum(1 for _ in open(out)) - 1, time.process_time() - began)
"""


def prosimos(python: str, n: int) -> tuple[int, float]:
    with tempfile.TemporaryDirectory() as folder:
        bpmn, parameters = f"{folder}/m.bpmn", f"{folder}/m.json"
        write_prosimos(twins()["eight activities"], bpmn, parameters)
        command = [python, "-c", PROSIMOS, bpmn, parameters, str(n), f"{folder}/log.csv"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(shown[-2]), float(shown[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000])
    parser.add_argument("--lanes", nargs="+", default=["simpy", "numba"])
    parser.add_argument("--twins", nargs="+", default=["accounts payable", "eight activities"])
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--prosimos", help="python of an environment that has Prosimos")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        measure_memory(options.memory_of, options.sizes[0], options.lanes[0])
        return
    print(f"{'what':36}{'cases':>10}{'instances':>12}{'CPU s':>9}{'instances/s':>13}{'bytes/instance':>16}")
    for name, lane, n in product(options.twins, options.lanes, options.sizes):
        rows, seconds = timed(twins()[name], n, lane)
        size = math.nan if options.no_memory else memory(name, n, lane)
        what = f"{name}, {lane}"
        print(f"{what:36}{n:>10,}{rows:>12,}{seconds:>9.2f}{rows / seconds:>13,.0f}{size:>16.0f}", flush=True)
    n = min(options.sizes[0], 5000)
    rows, seconds = textbook(n)
    print(f"{'textbook SimPy, eight':36}{n:>10,}{rows:>12,}{seconds:>9.2f}{rows / seconds:>13,.0f}{'–':>16}")
    if options.prosimos:
        n = min(options.sizes[0], 1000)
        rows, seconds = prosimos(options.prosimos, n)
        print(f"{'Prosimos, eight':36}{n:>10,}{rows:>12,}{seconds:>9.2f}{rows / seconds:>13,.0f}{'–':>16}")
    else:
        print("Prosimos: skipped (give --prosimos PYTHON of an environment that has it)")


if __name__ == "__main__":
    main()
