"""The search for the best plan against random search at equal budget: dominated area, several seeds.

usage: optimise.py [--study accounts_payable|service_desk] [--budget 40] [--seeds 20] [--cases 600]
"""

import argparse
import time
from pathlib import Path

import numpy as np

import bko_mining as bko
from bko_mining.whatif.experiment import Crew
from bko_mining.whatif.fronts import hypervolume
from bko_mining.whatif.levers import Lever, scenario_of
from bko_mining.whatif.optimisation import search
from bko_mining.whatif.runs import Setting

STUDIES = Path(__file__).parents[1] / "simulations"
OBJECTIVES = ("cost_per_week", "cycle_time_mean")
Scores = list[tuple[float, ...]]


def accounts_payable() -> list[Lever]:
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


def service_desk() -> list[Lever]:
    """Six levers of a service desk."""
    portal = bko.Scenario("Portal classifies").automate(
        "Classify ticket", service_time="10 s", exception_share=0.15, bots=1, cost_per_month=1500
    )
    knowledge = bko.Scenario("Knowledge base").speed("Diagnose", 0.8).cost(activity="Diagnose", per_instance=0.5)
    return [
        Lever.staff("Level 1", 2, 5),
        Lever.staff("Level 2", 1, 4),
        Lever.staff("Level 3", 1, 2),
        Lever.either(portal),
        Lever.either(knowledge),
        Lever.either(bko.Scenario("First come, first served").prioritise("fifo")),
    ]


class Plans:
    """Plans of a study and their runs, each made once for all searches and seeds."""

    def __init__(self, study: str, cases: int) -> None:
        self.twin = bko.Twin.load(STUDIES / study / "twin.yaml")
        self.levers = {"accounts_payable": accounts_payable, "service_desk": service_desk}[study]()
        self.crew = Crew([], Setting(n_cases=cases), [], progress=False, workers=1)
        self.place: dict[tuple[int, ...], int] = {}

    def evaluate(self, plans: list[tuple[int, ...]]) -> list[dict[str, float]]:
        """Means of two runs of some plans."""
        for plan in plans:
            if plan not in self.place:
                twin = scenario_of(self.levers, plan).apply(self.twin)
                self.place[plan] = self.crew.take_on(self.crew.setting.prepared(twin), str(plan))
        rows = self.crew.run_until(2, only={self.place[plan] for plan in plans})
        return [
            {name: float(np.mean([o.figures[name] for o in rows[self.place[plan]]])) for name in OBJECTIVES}
            for plan in plans
        ]

    def by_chance(self, budget: int, seed: int) -> dict[tuple[int, ...], dict[str, float]]:
        """Plans drawn at random."""
        rng, found = np.random.default_rng((seed, 2)), {}
        while len(found) < budget:
            plan = tuple(int(rng.integers(len(lever.options))) for lever in self.levers)
            found[plan] = self.evaluate([plan])[0]
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="accounts_payable", choices=["accounts_payable", "service_desk"])
    parser.add_argument("--budget", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--cases", type=int, default=600)
    arguments = parser.parse_args()
    plans, seeds, budget = Plans(arguments.study, arguments.cases), range(arguments.seeds), arguments.budget
    began = time.perf_counter()
    how = {"objectives": OBJECTIVES, "constraints": {}, "budget": budget}
    found = [search(plans.levers, plans.evaluate, **how, seed=seed) for seed in seeds]
    chance = [plans.by_chance(budget, seed) for seed in seeds]
    fronts = {
        name: [[tuple(figures[k] for k in OBJECTIVES) for figures in tried.values()] for tried in runs]
        for name, runs in (("bko.optimise", found), ("random search", chance))
    }
    print(f"{arguments.study}: {budget} plans each, {arguments.seeds} seeds, {len(plans.place)} plans run")
    print(f"{time.perf_counter() - began:.0f} s, {time.process_time():.0f} CPU s")
    _tell(fronts)


def _tell(fronts: dict[str, list[Scores]]) -> None:
    everything = np.array([score for runs in fronts.values() for run in runs for score in run])
    low, high = everything.min(axis=0), everything.max(axis=0)
    areas = {name: [_area(run, low, high) for run in runs] for name, runs in fronts.items()}
    for name, found in areas.items():
        print(f"{name:15s} dominated area: mean {np.mean(found):.4f}, least {min(found):.4f}, most {max(found):.4f}")
    gains = np.subtract(areas["bko.optimise"], areas["random search"])
    print(f"bko.optimise is ahead on {(gains > 0).sum()} of {len(gains)} seeds; least gain {gains.min():+.4f}")
    print(f"all plans that were run: {_area(list(map(tuple, everything)), low, high):.4f}")


def _area(scores: Scores, low: np.ndarray, high: np.ndarray) -> float:
    """The area that scores dominate when the range of all that was seen is one by one (and a twentieth more)."""
    return hypervolume([tuple((np.array(score) - low) / (high - low)) for score in scores], (1.05, 1.05))


if __name__ == "__main__":
    main()
