"""Does the twin write logs like the real ones? Fit on one log, write as many cases as the next one has, measure.

usage: fidelity.py --train T --test U --replications 10 --seed S --out DIR

Only the number of cases of U and its first instant are used for the runs; the fit sees T alone. DIR/sim_0.csv …
can be scored by any other instrument; the row printed is the mean (and deviation) of the distances over the runs.
"""

import argparse
import time
from pathlib import Path

import pandas as pd

import bko_mining as bko


def main() -> None:
    arguments = _arguments()
    for path in (arguments.train, arguments.test):
        if not Path(path).exists():
            raise SystemExit(f"skipped: there is no {path}")
    began = time.process_time()
    twin = bko.fit_twin(bko.read_log(arguments.train), seed=arguments.seed)
    fitted = time.process_time() - began
    test = bko.read_log(arguments.test)
    start = test.local([int(test.case_start.min())])[0].to_pydatetime()
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for replication in range(arguments.replications):
        log = bko.simulate_like(twin, n_cases=test.n_cases, start=start, seed=arguments.seed, replication=replication)
        _write(log, folder / f"sim_{replication}.csv")
        rows.append(bko.distances(test, log))
    table = pd.DataFrame(rows)
    cells = "  ".join(f"{name}={table[name].mean():.3f} ({table[name].std(ddof=0):.3f})" for name in table)
    print(f"{Path(arguments.train).name}: {cells}  n={len(table)}  fit {fitted:.1f} CPU s")


def _write(log: bko.EventLog, path: Path) -> None:
    frame = log.frame[["case_id", "activity", "resource", "start", "end"]]
    frame = frame.rename(columns={"start": "start_time", "end": "end_time"})
    for name in ("start_time", "end_time"):
        frame[name] = frame[name].dt.tz_convert("UTC")
    frame.to_csv(path, index=False)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
