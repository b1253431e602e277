"""Maps of synthetic back-office logs: CPU seconds and the size of what they write, by number of activity instances.

python benchmarks/maps.py --events 100000 1000000
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from log import synthetic
from pyarrow import parquet

import bko_mining as bko
from bko_mining.present.figures import png_bytes


def timed(name: str, n: int, work: Callable[[], Any], size: Callable[[Any], int] | None = None) -> Any:
    """Do something, print how long it took and how large it came out, and return it."""
    before = time.process_time()
    found = work()
    seconds = time.process_time() - before
    print(f"{n:>12,} {name:<34} {seconds:8.2f} s" + (f" {size(found) / 1e6:8.2f} MB" if size else ""), flush=True)
    return found


def measure(n: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        parquet.write_table(synthetic(n), path)
        log = bko.read_log(path)
    half = log.n_cases // 2
    before, after = log.where(log.case_start < log.case_start[half]), log.where(log.case_start >= log.case_start[half])
    found = timed("map", n, lambda: bko.process_map(log))
    timed("its picture", n, lambda: png_bytes(found.plot()), len)
    timed("map with sliders (all levels)", n, found.interactive)
    timed("difference of two halves", n, lambda: bko.difference_map(before, after))
    timed("replay of 2,000 cases", n, lambda: bko.replay(log).svg, len)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000])
    sizes = parser.parse_args().events
    # The first layout starts Graphviz's WebAssembly, the first picture reads the typeface: once a session.
    timed("once a session: first small map", 1_000, lambda: png_bytes(bko.process_map(small()).plot()), len)
    for n in sizes:
        measure(n)


def small() -> bko.EventLog:
    return bko.EventLog.from_frame(synthetic(1_000))


if __name__ == "__main__":
    main()
