"""Loading and measuring synthetic back-office logs: CPU seconds and peak memory, beside pm4py where asked.

python benchmarks/log.py --events 100000 1000000 --pm4py
python benchmarks/log.py --events 10000000
python benchmarks/log.py --scan 100000000 --limit 8 --delete     (a folder of Parquet, under a limit of memory in GiB)
"""

import argparse
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

N_ACTIVITIES, N_RESOURCES = 16, 83


def synthetic(n: int, seed: int = 0) -> pa.Table:
    """16 activities, 83 resources with a skew, 10–12 instances a case, order of completion, string ids."""
    random = np.random.default_rng(seed)
    sizes = random.integers(10, 13, n // 11 + 2)
    case = np.repeat(np.arange(len(sizes)), sizes)[:n]
    position = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)[:n]
    begun = np.sort(random.integers(0, 365 * 86_400, len(sizes)))
    steps = random.exponential(7200, n)
    total = np.cumsum(steps)
    since = total - np.repeat(total[np.minimum(np.cumsum(sizes) - sizes, n - 1)], sizes)[:n]
    end = ((begun[case] + since + 1_700_000_000) * 1e6).astype(np.int64)
    start = end - (random.exponential(600, n) * 1e6).astype(np.int64)
    activity = np.minimum(position + random.integers(0, 3, n), N_ACTIVITIES - 1)
    worker = np.minimum(random.geometric(0.05, n) - 1, N_RESOURCES - 1)
    order = np.argsort(end, kind="stable")
    names = np.array([f"Activity {i:02d}" for i in range(N_ACTIVITIES)])
    people = np.array([f"Resource {i:02d}" for i in range(N_RESOURCES)])
    return pa.table(
        {
            "case_id": pa.array(np.char.add("INV-", case[order].astype(str))),
            "activity": pa.array(names[activity[order]]),
            "resource": pa.array(people[worker[order]]),
            "start": pa.array(start[order]).cast(pa.timestamp("us", "UTC")),
            "end": pa.array(end[order]).cast(pa.timestamp("us", "UTC")),
        }
    )


def load(path: Path) -> None:
    import bko_mining as bko

    read_log = bko.read_log  # the import is not part of the loading
    before = time.process_time()
    log = read_log(path)
    loading = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(log):>12,} {'load':<24} {loading:8.2f} s {peak:6.2f} GiB")
    from bko_mining.log import summaries

    # The questions as they are asked of pm4py below.
    asked(
        log,
        {
            "dfg + times": lambda: summaries.directly_follows(log),
            "variants": lambda: summaries.variant_counts(log),
            "durations": lambda: log.case_end - log.case_start,
            "rework": lambda: summaries.activity_counts(log),
            "handover": lambda: summaries.handover_counts(log),
            "resource use": lambda: summaries.resource_use(log),
        },
    )
    # The same, told in full: shares, quantiles, waits, causes.
    names = ("summarise", "process_map", "variants", "cycle_time", "rework", "handovers", "profile")
    asked(log, {f"bko.{name}": partial(getattr(bko, name), log) for name in names})


def write_parts(n: int, folder: Path) -> None:
    """Parts of ten million events with cases of their own, each part four weeks after the one before."""
    folder.mkdir(exist_ok=True, parents=True)
    table = synthetic(min(n, 10_000_000))
    n_parts = -(-n // len(table))
    for number in range(n_parts):
        shift = pa.scalar(number * 28 * 86_400_000_000, pa.duration("us"))
        moved = {name: pc.add(table[name], shift) for name in ("start", "end")}
        ids = pc.binary_join_element_wise(f"{number:02d}", table["case_id"], "-")
        part = pa.table({"case_id": ids, "activity": table["activity"], "resource": table["resource"], **moved})
        parquet.write_table(part.slice(0, n - number * len(table)), folder / f"part_{number:02d}.parquet")


def profile_scan(folder: Path, memory_limit: str) -> None:
    import bko_mining as bko

    before, began = time.process_time(), time.perf_counter()
    source = bko.scan(folder / "*.parquet", memory_limit=memory_limit)
    profile = source.profile()
    cpu, wall = time.process_time() - before, time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{source.n_rows:>12,} scan.profile, {source.n_chunks} chunks {cpu:8.1f} s CPU {wall:8.1f} s {peak:6.2f} GiB")
    print(profile.summary, *profile.table["kind"], sep="\n", flush=True)


def scan_under_limit(n: int, options: argparse.Namespace) -> None:
    folder = options.folder / f"scan_{n}"
    if not folder.exists():
        subprocess.run([sys.executable, __file__, "--scan", str(n), "--one", "parts", *where(options)], check=True)
    limit = options.limit * 2**30

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    command = [sys.executable, __file__, "--scan", str(n), "--one", "scan", *where(options)]
    subprocess.run(command, check=True, preexec_fn=bound)
    if options.delete:
        shutil.rmtree(folder)


def where(options: argparse.Namespace) -> list[str]:
    return ["--folder", str(options.folder), "--memory-limit", options.memory_limit]


def asked(log: Any, queries: dict[str, Callable[[], object]]) -> None:
    for name, query in queries.items():
        before = time.process_time()
        query()
        print(f"{len(log):>12,} {name:<24} {time.process_time() - before:8.3f} s", flush=True)


def load_pm4py(path: Path) -> None:
    import os

    os.environ["PM4PY_SHOW_PROGRESS_BAR"] = "False"
    sys._pm4py_welcome_shown = True  # type: ignore[attr-defined]
    import pm4py

    frame = parquet.read_table(path).to_pandas()
    before = time.process_time()
    log = pm4py.format_dataframe(frame, case_id="case_id", activity_key="activity", timestamp_key="end")
    print(f"{len(log):>12,} {'pm4py format':<24} {time.process_time() - before:8.2f} s")
    log["org:resource"] = log["resource"]
    asked(
        log,
        {
            "pm4py dfg + times": lambda: (pm4py.discover_dfg(log), pm4py.discover_performance_dfg(log)),
            "pm4py variants": lambda: pm4py.get_variants(log),
            "pm4py durations": lambda: pm4py.get_all_case_durations(log),
            "pm4py rework": lambda: pm4py.get_rework_cases_per_activity(log),
            "pm4py handover": lambda: pm4py.discover_handover_of_work_network(log),
        },
    )


SAME = {
    "dfg + times": ("dfg + times", "bko.process_map"),
    "variants": ("variants", "bko.variants"),
    "durations": ("durations", "bko.cycle_time"),
    "rework": ("rework", "bko.rework"),
    "handover": ("handover", "bko.handovers"),
}
"""What is asked of pm4py, and what answers it here: the plain question, and the full public result."""


def ratios(seconds: dict[str, float]) -> None:
    for question, ours in SAME.items():
        theirs = seconds.get(f"pm4py {question}")
        if theirs is None:
            continue
        told = "; ".join(f"{name} {theirs / max(seconds[name], 1e-3):,.1f} times" for name in ours)
        print(f"{question:<14} pm4py {theirs:8.3f} s; less CPU here: {told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--pm4py", action="store_true", help="ask pm4py the same questions")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/bko_benchmark"))
    parser.add_argument("--scan", type=int, metavar="EVENTS", help="profile a folder of Parquet of so many events")
    parser.add_argument("--memory-limit", default="2GB", help="what the scan may take for a chunk")
    parser.add_argument("--limit", type=int, default=8, metavar="GIB", help="address space of the scan")
    parser.add_argument("--delete", action="store_true", help="delete the folder of the scan afterwards")
    parser.add_argument("--one", choices=["bko", "pm4py", "parts", "scan"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True, parents=True)
    if options.scan:
        folder = options.folder / f"scan_{options.scan}"
        if options.one == "parts":
            write_parts(options.scan, folder)
        elif options.one == "scan":
            profile_scan(folder, options.memory_limit)
        else:
            scan_under_limit(options.scan, options)
        return
    for n in options.events:
        path = options.folder / f"log_{n}.parquet"
        if not path.exists():
            parquet.write_table(synthetic(n), path)
        if options.one:
            {"bko": load, "pm4py": load_pm4py}[options.one](path)
            continue
        seconds: dict[str, float] = {}
        for tool in ("bko", "pm4py")[: 1 + options.pm4py]:
            # A process a measurement: the peak of one is not the peak of the next.
            command = [sys.executable, __file__, "--events", str(n), "--folder", str(options.folder), "--one", tool]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            print(told, end="", flush=True)
            seconds |= {line[13:37].strip(): float(line[38:46]) for line in told.splitlines() if line[46:48] == " s"}
        ratios(seconds)


if __name__ == "__main__":
    main()
