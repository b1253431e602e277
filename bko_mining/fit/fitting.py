"""From a log to its twin: one call, every part with its evidence."""

from dataclasses import replace

from bko_mining.fit.assembly import write_twin
from bko_mining.fit.attributes import with_attributes
from bko_mining.fit.calibration import calibrate, mean_cycle_time
from bko_mining.fit.findings import investigate
from bko_mining.fit.priorities import with_priorities
from bko_mining.fit.remembering import with_memory
from bko_mining.fit.starts import with_starts
from bko_mining.fit.strays import without_strays
from bko_mining.fit.unlogged import with_hidden_work
from bko_mining.log.event_log import EventLog
from bko_mining.progress import bar
from bko_mining.twin.model import Twin
from bko_mining.twin.routing import END, START

MOST = 2.0
"""How many times the observed mean cycle time a causal run may take before its arrivals are doubted."""


def fit_twin(log: EventLog, *, seed: int = 0, name: str = "", progress: bool | None = None) -> Twin:
    """Fit a digital twin to a log.

    Roles, calendars, service times, delays that are nobody's queue, routing with parallel blocks, and arrivals are
    found one after the other; what was found, from how many observations and under which assumption stands in
    ``twin.evidence``. The twin also remembers the finished cases (``twin.observed``): as long as it does, ``simulate``
    writes the as-is as the log showed it; experiments leave the memory aside (``twin.causal``).

    Parameters
    ----------
    log : EventLog
        What happened.
    seed : int
        Steers what little chance the fit uses; same log and seed, same twin.
    name : str
        Name of the twin.
    progress : bool, optional
        Show a bar over the parts of the fit. Default: where somebody watches (a terminal, JupyterLab).

    Returns
    -------
    Twin
        Plain data that can be read, changed, saved and simulated.

    Raises
    ------
    LogError
        If the log has no instance that ended.
    """
    log, aside = without_strays(log)
    started = with_starts(_without_reserved_names(log))
    with bar(5, "part", shown=progress, delay=3) as done:
        found = investigate(started, seed=seed)
        twin = write_twin(found, name=name)
        done.update()
        if not started.starts_estimated:
            twin = with_hidden_work(found, twin, seed=seed)
        done.update()
        twin = with_attributes(found, with_priorities(found, twin, seed=seed), seed=seed)
        done.update()
        twin = calibrate(twin, started, seed=seed)
        done.update()
        remembering = with_memory(twin, log, seed=seed)
        done.update()
        made = _at_rest(remembering, twin, started, seed)
        return made.replace(evidence=(*aside, *made.evidence)) if aside else made


def _at_rest(remembering: Twin, before: Twin, log: EventLog, seed: int) -> Twin:
    """Keep the weekly table of arrivals where others would bury the office that the log shows at rest."""
    if remembering.arrivals == before.arrivals:
        return remembering
    observed = float((log.case_end - log.case_start).mean()) / 3.6e9
    if mean_cycle_time(remembering.causal, log, seed=seed, runs=2) <= MOST * observed:
        return remembering
    kept = [item for item in remembering.evidence if item.part != "arrivals"]
    said = [item for item in before.evidence if item.part == "arrivals"]
    return remembering.replace(arrivals=before.arrivals, evidence=(*kept, *said))


def _without_reserved_names(log: EventLog) -> EventLog:
    """Write activities called like the twin's own beginning and end in other brackets."""
    names = tuple(f"[{name[1:-1]}]" if name in (START, END) else name for name in log.activities)
    return log if names == log.activities else replace(log, activities=names)
