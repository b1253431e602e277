"""Coverage of 95 % intervals with the engine itself: 400 experiments on M/M/c, truth by Erlang C.

The mean wait, and what one more server does to it; plain intervals, and those a comparison gives (control variates
where they help). Means of few short runs are skewed: ten runs of 300 cases cover 91 % only.

usage: interval_coverage.py [--experiments 400] [--replications 20] [--cases 600] [--seed 1]
"""

import argparse
from math import factorial

import numpy as np

import bko_mining as bko
from bko_mining.whatif.controls import best_mean
from bko_mining.whatif.runs import luck_of_runs
from bko_mining.whatif.statistics import mean_interval

C, RHO = 3, 0.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=400)
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--cases", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    twin = bko.Twin.from_yaml(f"""
    arrivals: [{{per_hour: {RHO * C}}}]
    roles: {{Server: {{size: {C}}}}}
    activities: {{Serve: {{role: Server, time: {{family: exponential, mean: 1 h}}}}}}
    routing: [Serve]
    """)
    n = arguments.experiments * arguments.replications
    run = {"n_cases": arguments.cases + 100, "warm_up": 100, "seed": arguments.seed, "workers": 1, "progress": False}
    answer = bko.run_experiment(twin, bko.Scenario("More").staff("Server", add=1), replications=n, **run)
    waits = answer.samples("waiting_time_mean").reshape(2, arguments.experiments, -1) / 3600
    luck = luck_of_runs(answer.outcomes[0]).reshape(arguments.experiments, arguments.replications, -1)
    truths = np.array([erlang_c(C), erlang_c(C + 1)])
    print(f"M/M/{C}, {RHO:.0%} busy: mean wait {waits[0].mean():.4f} h, truth {truths[0]:.4f} h (Erlang C)")
    means = [best_mean(waits[:, i], luck[i]) for i in range(arguments.experiments)]
    used = np.mean([mean is not mean_interval for mean in means])
    print(f"control variates used in {used:.0%} of {arguments.experiments} experiments")
    figures = {"mean wait": (waits[0], truths[0]), "one more server": (waits[1] - waits[0], truths[1] - truths[0])}
    for name, (sample, truth) in figures.items():
        _tell(f"{name}, plain", [mean_interval(row) for row in sample], truth)
        _tell(f"{name}, as compared", [mean(row) for mean, row in zip(means, sample, strict=True)], truth)


def erlang_c(c: int) -> float:
    """Mean wait with so many servers at the same load (hours)."""
    a = RHO * C
    waiting = a**c / factorial(c) / (1 - a / c)
    return waiting / (sum(a**k / factorial(k) for k in range(c)) + waiting) / (c - a)


def _tell(name: str, intervals: list, truth: float) -> None:
    covered = np.mean([i.low <= truth <= i.high for i in intervals])
    width = np.mean([i.half_width for i in intervals]) / abs(truth)
    print(f"{name:28s} {covered:.1%} cover the truth (target 93 to 97 %), half-width {width:.1%} of it")


if __name__ == "__main__":
    main()
