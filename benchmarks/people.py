"""CPU seconds of each measure of rework, people, rules and change on a made-up log (a million instances by default).

    python benchmarks/people.py --instances 1000000

The target is below 30 CPU seconds for each.
"""

import argparse
import time

from made_up import made_up

import bko_mining as bko

RULES = """
- {rule: must_precede, first: a0, then: a5}
- {rule: four_eyes, activities: [a1, a2]}
- {rule: within, first: a0, then: a3, limit: 5 working days}
"""


def main() -> None:
    """Print a table: measure, CPU seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=1_000_000)
    log = made_up(parser.parse_args().instances)
    print(f"{len(log):,} instances")
    names = "rework loops first_time_right handovers productivity learning workload roles turnover absences "
    names += "duplicate_entry suggest_rules automation_candidates outsourcing_candidates drift insights"
    calls = {name: lambda name=name: getattr(bko, name)(log) for name in names.split()}
    calls["check_rules"] = lambda: bko.check_rules(log, RULES)
    calls["compare_logs"] = lambda: bko.compare_logs(log, log)
    for name, call in calls.items():
        before = time.process_time()
        call()
        print(f"{name:24} {time.process_time() - before:6.1f} s")


if __name__ == "__main__":
    main()
