"""Work that is in no log: seen by hours on duty that nothing fills while work waits, modelled as background load.

Where everything people do is logged, nobody is idle while work waits for them. If several teams look idle then, the
people were busy with something else. Taking those waits for delays of the process would make the twin slow and its
what-ifs wrong (by 5 to 20 points), so cases that load people and appear in no log are put beside the logged ones.
"""

import warnings
from dataclasses import replace

import numpy as np

from bko_mining.errors import DataQualityWarning, TwinWarning
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.findings import Findings, investigate, look_again
from bko_mining.fit.instances import Instances
from bko_mining.fit.unseen_hours import FEW_POINTS, SOME, Unseen, unseen_hours
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.arrivals import CASE, CaseType, RateArrivals
from bko_mining.twin.model import Evidence, Twin

LEAST = 0.03
"""Share of all work in no log that is told; complete logs show 0.000 to 0.003."""
LARGEST = 0.6
HIDDEN = "unlogged"
ROUNDS = 2
MOST_INSTANCES = 20_000
"""Size of a trial run: where cases are long, fewer of them show as many waits."""
BEARABLE = 1.5
"""How many times the observed mean cycle time a run with the background load may take."""


def is_suspicious(found: Findings, unseen: Unseen | None) -> bool:
    """Whether several teams look idle while work waits, in a log whose work mostly comes from queues."""
    if unseen is None or unseen.share < max(LEAST, 4 * unseen.error):
        return False
    late = [share for share in unseen.teams.values() if share >= LEAST / 2]
    queued = [step for step in found.transitions if step.before >= 0 and found.teams.of_activity[step.after] >= 0]
    prompt = [step for step in queued if step.n_points >= FEW_POINTS and step.zero_share >= SOME]
    covered = sum(step.n for step in prompt) / max(1, sum(step.n for step in queued))
    points = sum(step.n_points for step in prompt)
    return points >= 100 and covered > 0.6 and len(late) >= max(2, len(unseen.teams) / 2)


def with_hidden_work(found: Findings, twin: Twin, *, seed: int = 0) -> Twin:
    """Return the twin with the background load that idle-looking hours show; unchanged where they show none."""
    unseen = unseen_hours(found)
    if unseen is None or not is_suspicious(found, unseen):
        return twin
    prompt = investigate(found.log, seed=seed, prompt_from=SOME)
    share = min(unseen.share, LARGEST)
    hiding = _matched(prompt, twin.name, share, seed)
    while share > LEAST and not _is_bearable(hiding, prompt, seed):
        share *= 0.85
        hiding = _matched(prompt, twin.name, share, seed)
    said = _evidence(unseen, share)
    warnings.warn(f"{said.found}; {said.assumption}", DataQualityWarning, stacklevel=3)
    return hiding.replace(evidence=(*hiding.evidence, said))


def _matched(found: Findings, name: str, share: float, seed: int) -> Twin:
    """The twin with a share of hidden work, and with the delays that the waits show beside it."""
    for _ in range(ROUNDS):
        found = _with_matched_waits(found, _hiding(write_twin(found, name=name), found, share), seed)
    return _hiding(write_twin(found, name=name), found, share)


def _is_bearable(twin: Twin, found: Findings, seed: int) -> bool:
    """Whether the people can do so much work besides the logged one."""
    observed = float((found.log.case_end - found.log.case_start).mean())
    log = _run(twin, found, seed, 0)
    return float((log.case_end - log.case_start).mean()) <= BEARABLE * observed


def _hiding(twin: Twin, found: Findings, share: float) -> Twin:
    """The twin with so much of all work hidden: cases like the others that load people and appear in no log."""
    if share <= 0:
        return twin
    table = {
        day: tuple((np.round(row * share / (1 - share), 6)).tolist())
        for day, row in zip(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), found.arrivals.rates, strict=True)
    }
    stream = RateArrivals(name=HIDDEN, case_type=HIDDEN, table=table)
    kinds = {CASE: CaseType(), HIDDEN: CaseType(logged=False)}
    return twin.replace(arrivals=(*twin.arrivals, stream), case_types=kinds)


def _run(twin: Twin, found: Findings, seed: int, replication: int) -> EventLog:
    n_cases, length = found.log.n_cases, len(found.log) / found.log.n_cases
    n = int(min(2500, max(400, n_cases * 1.3), max(30, MOST_INSTANCES / length)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TwinWarning)
        log = simulate(twin, n_cases=n, seed=seed, replication=replication)
    kept = np.arange(log.n_cases)
    return log.take_cases(kept[log.n_cases // 10 : log.n_cases - log.n_cases // 10])


def _with_matched_waits(found: Findings, twin: Twin, seed: int) -> Findings:
    """Shift each delay by what the mean wait of its transition misses, since people only looked idle."""
    logs = [_run(twin, found, seed, 20 + k) for k in range(2)]
    simulated = [_mean_waits(look_again(log, found)) for log in logs]
    seen = _mean_waits(found.data)
    steps = []
    for step in found.transitions:
        key = (step.before, step.after)
        runs = [waits[key] for waits in simulated if key in waits]
        if step.delay is not None and runs:
            mean = max(0.2 * step.delay.mean, step.delay.mean + seen[key] - float(np.mean(runs)))
            ratio = mean / step.delay.mean
            quantiles = tuple(value * ratio for value in step.delay.quantiles)
            delay = replace(step.delay, mean=mean, deviation=step.delay.deviation * ratio, quantiles=quantiles)
            steps.append(replace(step, delay=delay))
        else:
            steps.append(step)
    return replace(found, transitions=steps)


def _mean_waits(data: Instances) -> dict[tuple[int, int], float]:
    rows = np.flatnonzero(data.enabler >= 0)
    before = data.activity[data.enabler[rows]]
    key = before * len(data.activities) + data.activity[rows]
    n = np.bincount(key)
    total = np.bincount(key, data.start[rows] - data.enabled[rows])
    return {
        (int(code // len(data.activities)), int(code % len(data.activities))): float(total[code] / n[code])
        for code in np.flatnonzero(n)
    }


def _evidence(unseen: Unseen, share: float) -> Evidence:
    low, high = max(0.0, share - 2 * unseen.error), share + 2 * unseen.error
    return Evidence(
        part="unlogged work",
        found=f"while work waited, nothing logged filled {unseen.share:.0%} of the hours on duty: {share:.0%} of all "
        f"work is in no log ({low:.0%} to {high:.0%})",
        n=round(unseen.hours),
        assumption="the hidden work is like the logged one; ask what else these people do before trusting staffing",
        numbers={"share": share, "error": unseen.error, **{f"share.{name}": x for name, x in unseen.teams.items()}},
    )
