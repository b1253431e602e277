"""Reading XES: CPU seconds of bko_mining beside pm4py and the readers it can use, in one run.

python benchmarks/xes.py ../shared/logs/real/bpic2012.xes.gz --peers /path/to/python/of/a/venv/with/peers

The peers (pm4py, r4pm with polars, rustxes) need not be installed with the package: give the interpreter of an
environment that has them. What is missing there is left out.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

READERS = {
    "bko_mining (log)": "import bko_mining as bko; read = bko.read_log",
    "bko_mining (raw columns)": "from pathlib import Path; from bko_mining.log.sources import open_export\n"
    "read = lambda path: open_export(Path(path))",
    "r4pm (polars frame)": "import polars, r4pm.df; read = r4pm.df.import_xes",
    "rustxes (polars frame)": "import polars, rustxes; read = rustxes.import_xes",
    "pm4py (rustxes)": "import pm4py, rustxes; read = lambda path: pm4py.read_xes(path, variant='rustxes')",
    "pm4py (its own)": "import pm4py; read = lambda path: pm4py.read_xes(path, variant='chunk_regex')",
}
_TIMED = """
import sys, time
sys._pm4py_welcome_shown = True
{setup}
before = time.process_time()
read(sys.argv[1])
print(time.process_time() - before)
"""


def seconds(python: str, setup: str, path: Path) -> float | None:
    """CPU seconds of one reading in a process of its own; None where the reader is not installed."""
    done = subprocess.run(
        [python, "-c", _TIMED.format(setup=setup), str(path)], capture_output=True, text=True, check=False
    )
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, nargs="?", default=Path("../shared/logs/real/bpic2012.xes.gz"))
    parser.add_argument("--peers", default=sys.executable, help="python of the environment that has the peers")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not options.path.is_file():
        sys.exit(f"there is no file {options.path}; give the path of a XES file")
    times: dict[str, list[float]] = {name: [] for name in READERS}
    for _ in range(options.rounds):
        for name, setup in READERS.items():
            took = seconds(sys.executable if name.startswith("bko") else options.peers, setup, options.path)
            times[name] += [] if took is None else [took]
    for name, took in times.items():
        print(f"{name:<28} {statistics.median(took):7.2f} s CPU" if took else f"{name:<28} not installed")


if __name__ == "__main__":
    main()
