"""Coverage of 95 % intervals with the engine itself: 400 experiments on M/M/c, truth by Erlang C.

Means of few short runs are skewed: ten runs of 300 cases cover 91 % only.

usage: interval_coverage.py [--experiments 400] [--replications 20] [--cases 600] [--seed 1]
"""

import argparse
from math import factorial

import numpy as np

import bko_mining as bko
from bko_mining.whatif.statistics import mean_interval


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=400)
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--cases", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    c, rho = 3, 0.6
    twin = bko.Twin.from_yaml(f"""
    arrivals: [{{per_hour: {rho * c}}}]
    roles: {{Server: {{size: {c}}}}}
    activities: {{Serve: {{role: Server, time: {{family: exponential, mean: 1 h}}}}}}
    routing: [Serve]
    """)
    n = arguments.experiments * arguments.replications
    run = {"n_cases": arguments.cases + 100, "warm_up": 100, "seed": arguments.seed, "workers": 1, "progress": False}
    waits = bko.run_experiment(twin, replications=n, **run).samples("waiting_time_mean")[0] / 3600
    samples = waits.reshape(arguments.experiments, -1)
    a = c * rho
    waiting = a**c / factorial(c) / (1 - rho)
    truth = waiting / (sum(a**k / factorial(k) for k in range(c)) + waiting) / (c * (1 - rho))
    covered = np.mean([i.low <= truth <= i.high for i in map(mean_interval, samples)])
    print(f"M/M/{c}, {rho:.0%} busy: mean wait {waits.mean():.4f} h, truth {truth:.4f} h (Erlang C)")
    print(f"{covered:.1%} of {len(samples)} intervals cover the truth (target 93 to 97 %)")


if __name__ == "__main__":
    main()
