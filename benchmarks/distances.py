"""Speed and agreement of ``bko.distances`` with log-distance-measures, the package of the field, on the same two logs.

usage: distances.py OBSERVED.csv[.gz] SIMULATED.csv[.gz] [--peer PYTHON] [--times 5]

Columns: case_id, activity, start_time, end_time (or start, end). PYTHON is an interpreter of another environment in
which log-distance-measures is installed (default: this one). Both sides get logs in memory; reading is not timed.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import bko_mining as bko

PEER = """
import json, sys, time
import pandas as pd
from log_distance_measures.absolute_event_distribution import absolute_event_distribution_distance as aed
from log_distance_measures.case_arrival_distribution import case_arrival_distribution_distance as car
from log_distance_measures.circadian_event_distribution import circadian_event_distribution_distance as ced
from log_distance_measures.config import AbsoluteTimestampType, EventLogIDs, discretize_to_hour
from log_distance_measures.cycle_time_distribution import cycle_time_distribution_distance as ctd
from log_distance_measures.n_gram_distribution import n_gram_distribution_distance as ngd
from log_distance_measures.relative_event_distribution import relative_event_distribution_distance as red

ids = EventLogIDs(
    case="case_id", activity="activity", resource="resource", start_time="start_time", end_time="end_time"
)
both = AbsoluteTimestampType.BOTH

def read(path):
    log = pd.read_csv(path, low_memory=False).rename(columns={"start": "start_time", "end": "end_time"})
    for column in ("start_time", "end_time"):
        log[column] = pd.to_datetime(log[column], utc=True, format="mixed")
    log["case_id"] = log["case_id"].astype(str)
    log["resource"] = log["resource"].fillna("NOT_SET").astype(str)
    return log

one, other = read(sys.argv[1]), read(sys.argv[2])
hour = {"discretize_type": both, "discretize_event": discretize_to_hour}
measures = {
    "NGD": lambda: ngd(one, ids, other, ids, n=3),
    "AED": lambda: aed(one, ids, other, ids, **hour),
    "CED": lambda: ced(one, ids, other, ids, discretize_type=both),
    "RED": lambda: red(one, ids, other, ids, **hour),
    "CTD": lambda: ctd(one, ids, other, ids, bin_size=pd.Timedelta(hours=1)),
    "CAR": lambda: car(one, ids, other, ids, discretize_event=discretize_to_hour),
}
values, best = {}, float("inf")
for _ in range(int(sys.argv[3])):
    began = time.perf_counter()
    values = {name: float(measure()) for name, measure in measures.items()}
    best = min(best, time.perf_counter() - began)
print(json.dumps({"values": values, "seconds": best}))
"""


def main() -> None:
    arguments = _arguments()
    for path in (arguments.observed, arguments.simulated):
        if not Path(path).exists():
            raise SystemExit(f"skipped: there is no {path}")
    one, other = bko.read_log(arguments.observed), bko.read_log(arguments.simulated)
    ours = float("inf")
    for _ in range(arguments.times):
        began = time.perf_counter()
        values = bko.distances(one, other)
        ours = min(ours, time.perf_counter() - began)
    call = [arguments.peer, "-c", PEER, arguments.observed, arguments.simulated, str(arguments.times)]
    answer = subprocess.run(call, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit("skipped: log-distance-measures does not run there; see --peer\n" + answer.stderr[-500:])
    peer = json.loads(answer.stdout.splitlines()[-1])
    print(f"{'':4s}{'ours':>14s}{'peer':>14s}{'difference':>12s}")
    for name, value in values.items():
        print(f"{name:4s}{value:14.6f}{peer['values'][name]:14.6f}{abs(value - peer['values'][name]):12.1e}")
    ratio = peer["seconds"] / ours
    print(f"six distances of {len(one):,} and {len(other):,} instances, best of {arguments.times}:", end=" ")
    print(f"ours {1000 * ours:.1f} ms, peer {1000 * peer['seconds']:.0f} ms, {ratio:.0f} times (target: 10)")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("observed")
    parser.add_argument("simulated")
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--times", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
