"""What-if predictions from an as-is log alone: fit, map each intervention to a scenario, predict with intervals.

usage: whatif.py --asis LOG --interventions FILE --seed S --out predictions.json [--draws 60] [--replications 40]

The interval of the change holds three parts: the inputs that one log leaves open (twins drawn from the evidence, run
with the luck of our own runs), the dice of our runs, and the dice of the runs that the prediction will be held against
(20, as the protocol says).
"""

import argparse
import json
import re
import time
from pathlib import Path

import numpy as np

import bko_mining as bko
from bko_mining.errors import BkoError
from bko_mining.simulate import lanes

TRUTH_RUNS = 20
"""Runs behind the truth a prediction is compared with."""


def main() -> None:
    arguments = _arguments()
    spec = json.loads(Path(arguments.interventions).read_text(encoding="utf-8"))
    began = time.process_time()
    log = bko.read_log(arguments.asis)
    twin = bko.fit_twin(log, seed=arguments.seed).causal
    print(f"{spec['process']}: fitted in {time.process_time() - began:.1f} CPU s")
    world = World(spec["protocol"], arguments.seed, arguments.replications, arguments.draws)
    # Thousands of short runs are quicker compiled, where the extra is installed; the figures are the same.
    lanes.load()
    scenarios = {}
    for item in spec["interventions"]:
        try:
            scenarios[item["id"]] = scenario(twin, item)
            scenarios[item["id"]].apply(twin)
        except (BkoError, KeyError) as problem:
            scenarios.pop(item["id"], None)
            print(f"  {item['id']}: not predicted: {problem}")
    prediction = world.predict(twin, scenarios)
    for name, row in prediction.items():
        low, high = row.get("ci95_change_pct", (float("nan"),) * 2)
        change = 100 * (row["cycle_time_mean"] / prediction["as_is"]["cycle_time_mean"] - 1)
        print(f"  {name:34s} mean {row['cycle_time_mean']:8.2f} h  change {change:+6.1f} %  [{low:+.1f}, {high:+.1f}]")
    out = Path(arguments.out)
    known = json.loads(out.read_text(encoding="utf-8")) if arguments.append and out.exists() else {}
    out.write_text(json.dumps(known | {spec["process"]: prediction}, indent=1), encoding="utf-8")
    print(f"  {time.process_time() - began:.1f} CPU s in all")


class World:
    """Runs as the protocol says, with the same luck for every scenario."""

    def __init__(self, protocol: dict, seed: int, replications: int, draws: int) -> None:
        self.n = int(protocol.get("simulated_cases", 2000))
        self.first = int(protocol.get("dropped_first", 0))
        self.last = int(protocol.get("dropped_last", 0))
        found = re.search(r"\d{4}-\d\d-\d\d", str(protocol.get("initial_state", "")))
        self.start = found.group() if found else None
        self.seed, self.replications, self.draws = seed, replications, draws

    def run(self, twin: bko.Twin, replication: int) -> tuple[float, float]:
        log = bko.simulate(twin, n_cases=self.n, start=self.start, seed=self.seed, replication=replication)
        hours = (log.case_end - log.case_start) / 3.6e9
        kept = hours[self.first : len(hours) - self.last]
        return float(kept.mean()), float(np.quantile(kept, 0.9))

    def predict(self, twin: bko.Twin, scenarios: dict) -> dict:
        """Means over the replications, and intervals from twins drawn from the evidence."""
        changed = {"as_is": None} | scenarios
        own = {name: self._own(_applied(twin, change)) for name, change in changed.items()}
        drawn = {name: [] for name in changed}
        for k in range(self.draws):
            other = bko.resample_twin(twin, np.random.default_rng((self.seed, k)))
            for name, change in changed.items():
                drawn[name].append(self.run(_applied(other, change), k % self.replications)[0])
        return {name: self._row(name, own, drawn) for name in changed}

    def _own(self, twin: bko.Twin) -> np.ndarray:
        return np.array([self.run(twin, k) for k in range(self.replications)])

    def _row(self, name: str, own: dict, drawn: dict) -> dict:
        mean, ninetieth = own[name].mean(axis=0)
        dice = np.log(own[name][:, 0])
        # A drawn twin runs with the luck of one of our own runs, so that what differs is the input.
        same = np.arange(len(drawn[name])) % len(dice)
        gaps = np.log(drawn[name]) - dice[same]
        rest = dice.var(ddof=1) * (1 / len(dice) + 1 / TRUTH_RUNS)
        row = {"cycle_time_mean": mean, "cycle_time_p90": ninetieth, "ci95_mean": _interval(mean, gaps, rest)}
        if name != "as_is":
            ratio = np.log(own[name][:, 0] / own["as_is"][:, 0])
            gaps = np.log(np.array(drawn[name]) / np.array(drawn["as_is"])) - ratio[same]
            truth = (dice.var(ddof=1) + np.log(own["as_is"][:, 0]).var(ddof=1)) / TRUTH_RUNS
            low, high = _interval(mean / own["as_is"][:, 0].mean(), gaps, ratio.var(ddof=1) / len(ratio) + truth)
            row["ci95_change_pct"] = [100 * (low - 1), 100 * (high - 1)]
        return row


def _interval(value: float, gaps: np.ndarray, rest: float) -> list[float]:
    """Interval from the gaps of drawn twins, each side by itself: near saturation more costs more than less saves."""
    around = gaps - np.median(gaps)
    below, above = (np.sqrt((side**2).mean() + rest) for side in (around[around <= 0], around[around >= 0]))
    return [value * float(np.exp(-1.96 * below)), value * float(np.exp(1.96 * above))]


def _applied(twin: bko.Twin, change: bko.Scenario | None) -> bko.Twin:
    return twin if change is None else change.apply(twin)


def scenario(twin: bko.Twin, item: dict) -> bko.Scenario:
    """Map an intervention of the file to a scenario of the twin; roles are found by their members."""
    made = bko.Scenario(item["id"])
    for part in item.get("parts", [item]):
        made = _with_part(twin, made, part)
    return made


def _with_part(twin: bko.Twin, made: bko.Scenario, part: dict) -> bko.Scenario:
    kind, target = part["kind"], part.get("target", {})
    if kind == "add_staff":
        return made.staff(_role(twin, target), add=int(part.get("amount", 1)))
    if kind == "remove_staff":
        return made.staff(_role(twin, target), remove=tuple(target["resources"]) if "resources" in target else 1)
    if kind == "scale_arrivals":
        return made.demand(factor=part["factor"])
    if kind == "scale_service_time":
        return made.speed(target["activity"], factor=part["factor"])
    if kind == "automate_activity":
        return made.automate(target["activity"], service_time=60.0 * part["minutes"])
    if kind == "extend_calendar":
        return made.hours(_role(twin, target), longer=3600.0 * part["hours_per_day"])
    if kind == "scale_branch_probability":
        return made.branch(after=target["after_activity"], to=target["to_activity"], factor=part["factor"])
    raise BkoError(f"kind {kind!r} is not known")


def _role(twin: bko.Twin, target: dict) -> str:
    """The role that holds most of the named members."""
    members = set(target.get("members", ())) | set(target.get("resources", ()))
    working = {name: set(role.members) for name, role in twin.roles.items() if twin.activities_of(name)}
    shared = {name: len(members & people) / (len(people) + 1) for name, people in working.items()}
    best = max(shared, key=lambda name: shared[name])
    if not shared[best]:
        raise BkoError(f"no role of the twin holds any of {sorted(members)}")
    return best


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asis", required=True)
    parser.add_argument("--interventions", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    parser.add_argument("--replications", type=int, default=40)
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--append", action="store_true", help="keep other processes that OUT already holds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
