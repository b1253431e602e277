"""Work that is in no log: seen by people who look idle and yet do not take waiting work, modelled as background load.

Where everything people do is logged, somebody who looks idle starts an item the moment it comes. If on several
transitions of several teams a good part of such starts came late, the people were busy with something else. Taking
those waits for delays of the process would make the twin slow and its what-ifs wrong (by 5 to 20 points), so the share
of hidden work is chosen such that simulated logs, which leave it out in the same way, show as many late starts.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np

from bko_mining.errors import DataQualityWarning, TwinWarning
from bko_mining.fit.assembly import write_twin
from bko_mining.fit.delays import Transition
from bko_mining.fit.findings import Findings, Waits, investigate, look_again
from bko_mining.fit.instances import Instances
from bko_mining.log.event_log import EventLog
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.arrivals import CASE, CaseType, RateArrivals
from bko_mining.twin.model import Evidence, Twin

PROMPT = 0.93
"""Share of prompt starts below which a team looks busy with something else; logs without hidden work show 0.95 to 1."""
SOME = 0.3
"""Share of prompt starts from which a transition counts as prompt in itself; below, it has a delay of its own."""
LARGEST = 0.6
HIDDEN = "unlogged"
ROUNDS = 2
MOST_INSTANCES = 20_000
"""Size of a trial run: where cases are long, fewer of them show as many starts."""
NEAR = 0.1
"""How far around a first estimate of the share the second looks."""
CYCLE_ERROR = 0.04
"""Relative error of the mean cycle time of one log."""
LEAST_ERROR = 0.01
"""Smallest standard error of the share of hidden work: no log says more about what is not in it."""


@dataclass(frozen=True)
class Promptness:
    """How promptly idle people take work.

    Attributes
    ----------
    share : float
        Share of the starts by idle-looking people that came without a wait, over all transitions without own delay.
    n : int
        Those starts.
    teams : dict of str to float
        The share of each team with enough of them.
    covered : float
        Share of all passages that these transitions are.
    """

    share: float
    n: int
    teams: dict[str, float]
    covered: float

    @property
    def suspicious(self) -> bool:
        """Whether several teams look idle while work waits."""
        late = [share for share in self.teams.values() if share < PROMPT]
        return self.n >= 100 and self.share < 0.9 and self.covered > 0.6 and len(late) >= max(2, len(self.teams) / 2)


def promptness(found: Findings | Waits) -> Promptness:
    """Measure how promptly idle-looking people take work."""
    queued = [step for step in found.transitions if step.before >= 0 and found.teams.of_activity[step.after] >= 0]
    prompt = [step for step in queued if step.n_points >= 10 and step.zero_share >= SOME]
    teams = {
        name: _pooled([step for step in prompt if found.teams.of_activity[step.after] == team])
        for team, name in enumerate(found.teams.names)
    }
    return Promptness(
        share=_pooled(prompt),
        n=sum(step.n_points for step in prompt),
        teams={name: share for name, share in teams.items() if not np.isnan(share)},
        covered=sum(step.n for step in prompt) / max(1, sum(step.n for step in queued)),
    )


def _pooled(steps: list[Transition]) -> float:
    points = sum(step.n_points for step in steps)
    return sum(step.n_points * step.zero_share for step in steps) / points if points else float("nan")


def with_hidden_work(found: Findings, twin: Twin, *, seed: int = 0) -> Twin:
    """Return the twin with the background load that the log's late starts show; unchanged where they show none."""
    seen = promptness(found)
    if not seen.suspicious:
        return twin
    prompt = investigate(found.log, seed=seed, prompt_from=SOME)
    window = (0.0, LARGEST)
    share = 0.0
    for _ in range(ROUNDS):
        share, _ = _matched_share(prompt, twin.name, seen, window, seed)
        prompt = _with_matched_waits(prompt, _hiding(write_twin(prompt, name=twin.name), prompt, share), seed)
        window = (max(0.0, share - NEAR), min(LARGEST, share + NEAR))
    share, error = _matched_share(prompt, twin.name, seen, window, seed)
    hiding = _hiding(write_twin(prompt, name=twin.name), prompt, share)
    said = _evidence(seen, share, error)
    warnings.warn(f"{said.found}; {said.assumption}", DataQualityWarning, stacklevel=3)
    return hiding.replace(evidence=(*hiding.evidence, said))


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
    n = int(min(2500, max(400, n_cases * 1.3), max(100, MOST_INSTANCES / length)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TwinWarning)
        log = simulate(twin, n_cases=n, seed=seed, replication=replication)
    kept = np.arange(log.n_cases)
    return log.take_cases(kept[log.n_cases // 10 : log.n_cases - log.n_cases // 10])


def _matched_share(
    found: Findings, name: str, seen: Promptness, window: tuple[float, float], seed: int
) -> tuple[float, float]:
    """The share of hidden work at which simulated logs look most like the real one, and its standard error.

    Promptness and mean cycle time are simulated at several shares and smoothed by parabolas, so that the chance of
    single runs does not matter; each counts by its own error.
    """
    twin = write_twin(found, name=name)
    shares, prompt, cycle = [], [], []
    for step, share in enumerate(np.linspace(*window, 9)):
        for replication in range(2):
            log = _run(_hiding(twin, found, float(share)), found, seed, 2 * step + replication)
            prompt.append(promptness(look_again(log, found, prompt_from=SOME)).share)
            cycle.append(np.log((log.case_end - log.case_start).mean()))
            shares.append(share)
    known = np.isfinite(prompt) & (np.array(cycle) < cycle[0] + 1.5)
    grid = np.linspace(*window, 121)
    at = [np.polyval(np.polyfit(np.array(shares)[known], np.array(y)[known], 2), grid) for y in (prompt, cycle)]
    observed = np.log((found.log.case_end - found.log.case_start).mean())
    prompt_error = 1.5 * np.sqrt(seen.share * (1 - seen.share) / seen.n)
    distance = ((at[0] - seen.share) / prompt_error) ** 2 + ((at[1] - observed) / CYCLE_ERROR) ** 2
    likely = np.exp(-(distance - distance.min()) / 2)
    error = np.sqrt(np.average((grid - grid[distance.argmin()]) ** 2, weights=likely))
    return float(grid[distance.argmin()]), max(LEAST_ERROR, float(error))


def _with_matched_waits(found: Findings, twin: Twin, seed: int) -> Findings:
    """Shift each delay by what the mean wait of its transition misses, since people only looked idle."""
    logs = [_run(twin, found, seed, 20 + k) for k in range(2)]
    simulated = [_mean_waits(look_again(log, found, prompt_from=SOME).data) for log in logs]
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


def _evidence(seen: Promptness, share: float, error: float) -> Evidence:
    return Evidence(
        part="unlogged work",
        found=f"idle-looking people took {seen.share:.0%} of the work at once: {share:.0%} of all work is in no log "
        f"({max(0.0, share - 2 * error):.0%} to {share + 2 * error:.0%})",
        n=seen.n,
        assumption="the hidden work is like the logged one; ask what else these people do before trusting staffing",
        numbers={"share": share, "error": error, "prompt_share": seen.share},
    )
