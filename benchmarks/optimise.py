"""The search for the best plan against random search at equal budget: dominated area, several seeds.

usage: optimise.py [--budget 40] [--seeds 20] [--cases 600]
"""

import argparse
import time
from pathlib import Path

import numpy as np

import bko_mining as bko
from bko_mining.whatif.experiment import Crew
from bko_mining.whatif.levers import Lever, scenario_of
from bko_mining.whatif.optimisation import hypervolume, search
from bko_mining.whatif.runs import Setting

STUDY = Path(__file__).parents[1] / "simulations" / "accounts_payable"
OBJECTIVES = ("cost_per_week", "cycle_time_mean")


def levers() -> list[Lever]:
    """Six levers of accounts payable."""
    software = bko.Scenario("Capture by software").automate(
        "Register invoice", service_time="1 min", exception_share=0.15, bots=1, cost_per_run=0.4, cost_per_month=900
    )
    weekly = bko.Scenario("Two payment runs").batch("Pay invoice", at="14:00", weekdays=["Tue", "Thu"])
    orders = bko.Scenario("Orders from the start").branch("Match with order", "Resolve discrepancy", factor=0.5)
    return [
        Lever.staff("AP clerk", 2, 7),
        Lever.staff("AP analyst", 1, 3),
        Lever.hours("Senior manager", ["Mon-Fri 09:00-11:00", "Mon-Fri 09:00-12:00", "managers"]),
        Lever.either(software),
        Lever.either(weekly),
        Lever.either(orders.cost(per_month=1500)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--cases", type=int, default=600)
    arguments = parser.parse_args()
    twin, known, setting = bko.Twin.load(STUDY / "twin.yaml"), {}, Setting(n_cases=arguments.cases)

    def evaluate(plans: list[tuple[int, ...]]) -> list[dict[str, float]]:
        # Both searches meet the same plans: run each once.
        fresh = [plan for plan in dict.fromkeys(plans) if plan not in known]
        twins = [setting.prepared(scenario_of(levers(), plan).apply(twin)) for plan in fresh]
        if fresh:
            rows = Crew(twins, setting, [str(plan) for plan in fresh], progress=False, workers=1).run_until(2)
            for plan, row in zip(fresh, rows, strict=True):
                known[plan] = {name: float(np.mean([o.figures[name] for o in row])) for name in OBJECTIVES}
        return [known[plan] for plan in plans]

    fronts: dict[str, list[list[tuple[float, ...]]]] = {"bko.optimise": [], "random search": []}
    began = time.perf_counter()
    for seed in range(arguments.seeds):
        found = search(levers(), evaluate, objectives=OBJECTIVES, constraints={}, budget=arguments.budget, seed=seed)
        rng, chance = np.random.default_rng((seed, 2)), {}
        while len(chance) < arguments.budget:
            plan = tuple(int(rng.integers(len(lever.options))) for lever in levers())
            chance[plan] = evaluate([plan])[0]
        for name, tried in (("bko.optimise", found), ("random search", chance)):
            fronts[name].append([tuple(figures[k] for k in OBJECTIVES) for figures in tried.values()])
    everything = np.array([score for runs in fronts.values() for run in runs for score in run])
    low, high = everything.min(axis=0), everything.max(axis=0)
    print(f"{arguments.budget} plans each, {arguments.seeds} seeds, {len(known)} plans run")
    print(f"{time.perf_counter() - began:.0f} s")
    areas = {name: [_area(run, low, high) for run in runs] for name, runs in fronts.items()}
    for name, found in areas.items():
        print(f"{name:15s} dominated area: mean {np.mean(found):.4f}, least {min(found):.4f}, most {max(found):.4f}")
    gains = np.subtract(areas["bko.optimise"], areas["random search"])
    print(f"bko.optimise is ahead on {(gains > 0).sum()} of {len(gains)} seeds; least gain {gains.min():+.4f}")
    print(f"all {len(known)} plans that were run: {_area(list(map(tuple, everything)), low, high):.4f}")


def _area(scores: list[tuple[float, ...]], low: np.ndarray, high: np.ndarray) -> float:
    """The area that scores dominate when the range of all that was seen is one by one (and a twentieth more)."""
    return hypervolume([tuple((np.array(score) - low) / (high - low)) for score in scores], (1.05, 1.05))


if __name__ == "__main__":
    main()
