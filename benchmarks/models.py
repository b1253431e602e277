"""CPU seconds of models and conformance at a hundred thousand and a million events, and against pm4py's alignments.

    python benchmarks/models.py --events 100000 1000000
    python benchmarks/models.py --against-pm4py [--shared ../shared]

The first repeats the cases of the sample log of accounts payable until there are enough events (in every copy some
activities are left out or done in another order, so that variants grow as they do in a real log). The second fits a
model to public logs and compares fitness and time with pm4py's own alignments of the same model, in the same process;
ours includes variants, deviations and their table. Sepsis takes pm4py minutes, BPIC 2012 hours: they run with --only.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bko_mining as bko
from bko_mining.discover.aligning import best_alignments

ROOT = Path(__file__).parent.parent
LOGS = {
    "running example": "oracles/pm4py/running-example.csv",
    "purchase to pay": "logs/fidelity/P2P_test.csv.gz",
    "loans": "logs/fidelity/LoanApp_test.csv.gz",
    "receipt": "logs/real/receipt.csv.gz",
    "helpdesk": "logs/real/helpdesk.xes.gz",
    "declarations": "logs/real/bpi2020_domestic_declarations.xes.gz",
    "sepsis": "logs/real/sepsis.csv.gz",
    "bpic 2012": "logs/real/bpic2012.xes.gz",
}
SLOW = {"sepsis", "bpic 2012"}
"""Logs that pm4py needs minutes or hours for: only where they are named."""


def many(events: int, seed: int = 0) -> bko.EventLog:
    """The sample log, repeated; one row in five hundred is lost and as many change places with the next."""
    log = bko.read_log(ROOT / "sample_logs/accounts_payable.csv", timezone="America/Sao_Paulo")
    copies = -(-events // len(log))
    rng = np.random.default_rng(seed)
    case = np.concatenate([log.case + k * log.n_cases for k in range(copies)])
    activity = np.tile(log.activity, copies)
    swap = np.flatnonzero((rng.random(len(case) - 1) < 0.002) & (case[1:] == case[:-1]))
    activity[swap], activity[swap + 1] = activity[swap + 1], activity[swap].copy()
    keep = rng.random(len(case)) >= 0.002
    used, coded = np.unique(case[keep], return_inverse=True)
    return bko.EventLog.from_codes(
        case=coded.astype(np.int32),
        case_ids=pd.array([f"case {k}" for k in used], dtype="string[pyarrow]").__arrow_array__(),
        activity=activity[keep],
        activities=log.activities,
        start=np.tile(log.start, copies)[keep],
        end=np.tile(log.end, copies)[keep],
    )


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a call, and what it returns."""
    before = time.process_time()
    value = call()
    return time.process_time() - before, value


def sizes(events: list[int]) -> None:
    """Print CPU seconds of every model and chart by number of events."""
    bko.discover_model(many(1000))  # pm4py is imported once
    for n in events:
        one_size(many(n))


def one_size(log: bko.EventLog) -> None:
    """Print CPU seconds of every model and chart of a log."""
    seconds, model = timed(partial(bko.discover_model, log))
    print(f"\n{len(log):,} events, {log.n_cases:,} cases, {len(bko.variants(log).table):,} variants")
    print(f"{'discover_model':26} {seconds:7.2f} s   fitness {model.table['value_share'].iloc[0]:.3f}")
    # The alignments are kept from the quality of the model: asked for alone, they are found anew.
    best_alignments.cache_clear()
    print(f"{'conformance':26} {timed(partial(bko.conformance, log, model))[0]:7.2f} s")
    names = "variants discover_heuristics_model discover_powl_model discover_split_model dotted_chart"
    for name in [*names.split(), "performance_spectrum"]:
        print(f"{name:26} {timed(partial(getattr(bko, name), log))[0]:7.2f} s")


def against_pm4py(shared: Path, only: list[str]) -> None:
    """Print fitness and CPU seconds of exact alignments, ours and pm4py's, of the same model and log."""
    import tempfile

    import pm4py
    from pm4py.algo.conformance.alignments.petri_net import algorithm
    from pm4py.algo.evaluation.replay_fitness.variants.alignment_based import evaluate

    heads = (
        f"{'events':>8}",
        f"{'variants':>9}",
        f"{'fitness':>9}",
        f"{'pm4py':>9}",
        f"{'ours s':>8}",
        f"{'pm4py s':>8}",
    )
    print(f"{'log':18}", *heads, f"{'ratio':>7}")
    options = {algorithm.Parameters.SHOW_PROGRESS_BAR: False}
    for name in only:
        path = shared / LOGS[name]
        if not path.exists():
            print(f"{name:18} skipped: {path} is not there")
            continue
        log = bko.read_log(path)
        model = bko.discover_model(log)
        with tempfile.TemporaryDirectory() as folder:
            net = pm4py.read_pnml(str(model.save_pnml(Path(folder) / "model.pnml")))
        best_alignments.cache_clear()
        seconds, found = timed(partial(bko.conformance, log, model))
        slow, aligned = timed(partial(algorithm.apply, theirs(log), *net, parameters=options))
        other = evaluate(aligned)["log_fitness"]
        print(f"{name:18} {len(log):8,} {len(bko.variants(log).table):9,} {found.log_fitness:9.4f} {other:9.4f} "
              f"{seconds:8.2f} {slow:8.1f} {slow / seconds:6.0f}×")  # fmt: skip


def theirs(log: bko.EventLog) -> pd.DataFrame:
    """The log as pm4py reads it, ties in our order."""
    frame = log.frame
    return pd.DataFrame(
        {
            "case:concept:name": frame["case_id"].astype(str),
            "concept:name": frame["activity"].astype(str),
            "time:timestamp": frame["end"] + pd.to_timedelta(frame.index, unit="us"),
        }
    )


def main() -> None:
    """Read the command line and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--against-pm4py", action="store_true")
    parser.add_argument("--only", nargs="+", choices=list(LOGS), default=[name for name in LOGS if name not in SLOW])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    chosen = parser.parse_args()
    if chosen.against_pm4py:
        against_pm4py(chosen.shared, chosen.only)
    else:
        sizes(chosen.events)


if __name__ == "__main__":
    main()
