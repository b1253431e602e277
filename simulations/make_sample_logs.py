"""Make the logs under sample_logs/ from the twins under simulations/: fixed seeds, the same bytes on every run.

Each log is what an export of one window of time would hold: the cases that arrived in it and were done by its end. The
run begins weeks earlier, so that the office is not empty when the window opens.

Run it from the root of the repository: ``python simulations/make_sample_logs.py [study ...]``.
"""

import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Sample:
    """One sample log: its study, the window that is exported, the luck, and how cases are numbered."""

    study: str
    first: date
    last: date
    seed: int
    case_id: str
    warm_up: timedelta = timedelta(days=42)


SAMPLES = (
    Sample("accounts_payable", date(2026, 1, 5), date(2026, 10, 4), 2026, "NF-{:05d}"),
    Sample("payroll", date(2026, 2, 2), date(2026, 7, 31), 11, "DP-{:04d}"),
    Sample("month_end_close", date(2026, 2, 2), date(2026, 7, 31), 12, "FC-{:04d}"),
    Sample("recruiting", date(2026, 1, 5), date(2026, 9, 30), 13, "RH-{:05d}"),
    Sample("service_desk", date(2026, 3, 2), date(2026, 4, 30), 14, "TI-{:05d}"),
    Sample("claims", date(2026, 2, 2), date(2026, 8, 31), 15, "SIN-{:05d}"),
)


def main(wanted: list[str]) -> None:
    """Write the logs of all studies, or of those named."""
    for sample in SAMPLES:
        if not wanted or sample.study in wanted:
            log = run(sample)
            target = ROOT / "sample_logs" / f"{sample.study}.csv"
            write(log, sample, target)
            print(f"{target.relative_to(ROOT)}: {log.n_cases:,} cases, {len(log):,} activity instances")


def run(sample: Sample) -> EventLog:
    """Simulate and keep the cases that arrived and ended within the window."""
    twin = Twin.load(ROOT / "simulations" / sample.study / "twin.yaml")
    begin = sample.first - sample.warm_up
    log = simulate(twin, start=begin, horizon=sample.last - begin + timedelta(days=1), seed=sample.seed)
    zone = log.timezone
    opens, closes = (
        pd.Timestamp(day, tz=zone).value // 1000 for day in (sample.first, sample.last + timedelta(days=1))
    )
    done = np.ones(log.n_cases, bool) if log.open_cases is None else ~log.open_cases
    inside = done & (log.case_start >= opens) & (log.case_end < closes)
    return log.take_cases(inside)


def write(log: EventLog, sample: Sample, target: Path) -> None:
    """Write an export as a system would: local time to the second, no queue times, no causes."""
    frame = log.frame
    hidden = [name for name in frame.columns if name.startswith("wait_") or name in ("enabled", "error", "queue_ahead")]
    frame = frame.drop(columns=hidden)
    frame["case_id"] = [sample.case_id.format(case + 1) for case in log.case]
    for name in ("start", "end"):
        frame[name] = frame[name].dt.round("s").dt.strftime("%Y-%m-%d %H:%M:%S")
    frame = frame.sort_values(["end", "case_id"], kind="stable")
    target.parent.mkdir(exist_ok=True)
    frame.to_csv(target, index=False, lineterminator="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
