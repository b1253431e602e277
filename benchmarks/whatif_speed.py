"""Speed of an experiment: replications x scenarios x cases of accounts payable.

usage: whatif_speed.py [--replications 30] [--cases 2000] [--workers 2]
"""

import argparse
import time
from pathlib import Path

import bko_mining as bko

STUDY = Path(__file__).parents[1] / "simulations" / "accounts_payable"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=30)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    twin = bko.Twin.load(STUDY / "twin.yaml")
    scenarios = bko.Study.load(STUDY / "scenarios.yaml").scenarios[:5]
    began = time.perf_counter()
    answer = bko.run_experiment(
        twin, scenarios, replications=arguments.replications, n_cases=arguments.cases, seed=7, workers=arguments.workers
    )
    took = time.perf_counter() - began
    runs = arguments.replications * (1 + len(scenarios))
    print(f"{runs} runs of {arguments.cases} cases ({len(scenarios)} scenarios and the baseline): {took:.1f} s")
    print(f"{runs * arguments.cases / took:,.0f} cases/s with {arguments.workers} workers (target: below 60 s)")
    print(answer.summary)


if __name__ == "__main__":
    main()
