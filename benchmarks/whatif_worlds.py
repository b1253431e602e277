"""Worlds with a known truth for the what-if benchmark: parallel branches, near saturation, and hidden work.

usage: whatif_worlds.py --out DIR [--drop 0.2] [--replications 20] [--seed 0]

Writes DIR/WORLD/{asis_log.csv.gz,interventions.json,truth.json} from our own engine; fit and predict them with
whatif.py, score them with ../shared/whatif/score.py predictions.json --root DIR. With --drop, that share of the cases
is left out of the log (work that nobody logged) while the truth stays.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import bko_mining as bko

PROTOCOL = {
    "simulated_cases": 2600,
    "dropped_first": 300,
    "dropped_last": 300,
    "initial_state": "empty, Monday 2025-01-06 00:00",
}
COMMON = """
start: 2025-01-06
calendars: {clerks: 'Mon-Fri 08:00-12:00 13:00-17:00', experts: 'Mon-Fri 09:00-12:00 13:00-16:30'}
"""
WORLDS = {
    "parallel": COMMON
    + """
arrivals: [{per_week: 300, calendar: 'Mon-Fri 07:00-19:00'}]
roles:
  Clerk: {members: [Ana, Bia, Caio, Davi], calendar: clerks}
  Expert: {members: [Eva, Fabio, Gil], calendar: experts}
activities:
  Register: {automatic: true, time: 20 s, performers: {System: 1}}
  Check: {role: Clerk, time: {family: lognormal, mean: 20 min, cv: 0.7}, time_by_resource: {Ana: 0.8, Davi: 1.2}}
  Ask: {role: Clerk, time: {family: gamma, mean: 8 min, cv: 0.5}}
  Order: {role: Expert, time: {family: gamma, mean: 4 min, cv: 0.5}}
  Review: {role: Expert, time: {family: lognormal, mean: 12 min, cv: 0.8}}
  Decide: {role: Clerk, time: {family: gamma, mean: 4 min, cv: 0.6}}
routing:
  - Register
  - name: both
    and:
      - loop: {do: Check, again: 0.1, redo: Ask}
      - [Order, Review]
  - Decide
delays:
  - {after: Ask, time: {family: gamma, mean: 14 h, cv: 0.8}}
  - {after: Order, before: Review, time: {family: lognormal, mean: 20 h, cv: 0.7}}
""",
    "saturated": COMMON
    + """
arrivals: [{per_week: 300, calendar: 'Mon-Fri 07:00-19:00'}]
roles:
  Clerk: {members: [Ana, Bia, Caio], calendar: clerks}
  Expert: {members: [Eva, Fabio], calendar: experts}
activities:
  Register: {automatic: true, time: 20 s, performers: {System: 1}}
  Check: {role: Clerk, time: {family: lognormal, mean: 16 min, cv: 0.7}, time_by_resource: {Ana: 0.85, Caio: 1.15}}
  Ask: {role: Clerk, time: {family: gamma, mean: 8 min, cv: 0.5}}
  Review: {role: Expert, time: {family: lognormal, mean: 10 min, cv: 0.8}}
  Close: {role: Clerk, time: {family: gamma, mean: 3.6 min, cv: 0.6}}
routing:
  - Register
  - loop: {do: Check, again: 0.12, redo: Ask}
  - Review
  - Close
delays:
  - {after: Ask, time: {family: gamma, mean: 14 h, cv: 0.8}}
""",
}
CLERKS = {"role": "Clerk", "members": ["Ana", "Bia", "Caio"]}
EXPERTS = {"role": "Expert", "members": ["Eva", "Fabio"]}
CHANGES = [
    ({"id": "add_clerk", "kind": "add_staff", "target": CLERKS, "amount": 1}, lambda s: s.staff("Clerk", add=1)),
    ({"id": "add_expert", "kind": "add_staff", "target": EXPERTS, "amount": 1}, lambda s: s.staff("Expert", add=1)),
    ({"id": "demand_plus_5", "kind": "scale_arrivals", "factor": 1.05}, lambda s: s.demand(1.05)),
    ({"id": "demand_minus_15", "kind": "scale_arrivals", "factor": 0.85}, lambda s: s.demand(0.85)),
    (
        {"id": "halve_review", "kind": "scale_service_time", "target": {"activity": "Review"}, "factor": 0.5},
        lambda s: s.speed("Review", 0.5),
    ),
    (
        {"id": "longer_clerks", "kind": "extend_calendar", "target": CLERKS, "hours_per_day": 1},
        lambda s: s.hours("Clerk", longer=3600.0),
    ),
    (
        {
            "id": "halve_ask",
            "kind": "scale_branch_probability",
            "target": {"after_activity": "Check", "to_activity": "Ask"},
            "factor": 0.5,
        },
        lambda s: s.branch("Check", "Ask", factor=0.5),
    ),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--drop", type=float, default=0.0)
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for name, text in WORLDS.items():
        folder = arguments.out / name
        folder.mkdir(parents=True, exist_ok=True)
        twin = bko.Twin.from_yaml(text)
        truth = {"as_is": _kpis(twin, arguments)}
        truth |= {
            item["id"]: _kpis(change(bko.Scenario(item["id"])).apply(twin), arguments) for item, change in CHANGES
        }
        _write_log(twin, folder / "asis_log.csv.gz", arguments)
        spec = {"process": name, "protocol": PROTOCOL, "interventions": [item for item, _ in CHANGES]}
        (folder / "interventions.json").write_text(json.dumps(spec, indent=1), encoding="utf-8")
        (folder / "truth.json").write_text(json.dumps({name: truth}, indent=1), encoding="utf-8")
        base = truth["as_is"]["cycle_time_mean"]
        for key, row in truth.items():
            change = 100 * (row["cycle_time_mean"] / base - 1)
            print(f"{name:10s} {key:16s} {row['cycle_time_mean']:8.2f} h  {change:+6.1f} %")


def _run(twin: bko.Twin, arguments: argparse.Namespace, replication: int) -> bko.EventLog:
    log = bko.simulate(twin, n_cases=2600, start="2025-01-06", seed=arguments.seed + 100, replication=replication)
    return log.take_cases(np.arange(300, 2300))


def _kpis(twin: bko.Twin, arguments: argparse.Namespace) -> dict[str, float]:
    rows = []
    for replication in range(arguments.replications):
        log = _run(twin, arguments, replication)
        hours = (log.case_end - log.case_start) / 3.6e9
        rows.append((hours.mean(), np.quantile(hours, 0.9)))
    means, errors = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / np.sqrt(len(rows))
    return {
        "cycle_time_mean": means[0],
        "cycle_time_mean_se": errors[0],
        "cycle_time_p90": means[1],
        "cycle_time_p90_se": errors[1],
    }


def _write_log(twin: bko.Twin, path: Path, arguments: argparse.Namespace) -> None:
    log = _run(twin, arguments, arguments.replications)
    if arguments.drop:
        log = log.take_cases(np.random.default_rng(arguments.seed).random(log.n_cases) >= arguments.drop)
    frame = log.frame[["case_id", "activity", "resource", "start", "end"]]
    for column in ("start", "end"):
        frame[column] = frame[column].dt.strftime("%Y-%m-%dT%H:%M:%S")
    frame.to_csv(path, index=False)


if __name__ == "__main__":
    main()
