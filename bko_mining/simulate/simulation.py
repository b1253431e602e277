"""Run a twin: ``simulate`` writes the event log that the twin's back office would write."""

import gc
import warnings
from datetime import date, datetime, timedelta

from bko_mining.errors import SimulationError, TwinWarning
from bko_mining.log.event_log import EventLog
from bko_mining.progress import bar
from bko_mining.simulate.arrivals import Window, to_utc
from bko_mining.simulate.cases import draw_cases
from bko_mining.simulate.following import remembered_log
from bko_mining.simulate.guards import check_run
from bko_mining.simulate.lanes import Lane, chosen, run_compiled
from bko_mining.simulate.opening import open_items, place
from bko_mining.simulate.policies import Policies
from bko_mining.simulate.ruled import RuledRun
from bko_mining.simulate.standstill import told
from bko_mining.simulate.timetable import FOREVER
from bko_mining.simulate.written_log import write_log
from bko_mining.twin.model import Twin
from bko_mining.twin.values import seconds

Start = date | datetime | str | None

LONG_RUN = 20_000
"""Runs of so many cases show a progress bar once they have taken three seconds."""


def simulate(  # noqa: PLR0913  (the front door: what is run, and how)
    twin: Twin,
    *,
    n_cases: int | None = None,
    horizon: timedelta | float | str | None = None,
    start: Start = None,
    seed: int = 0,
    replication: int = 0,
    policies: Policies | None = None,
    lane: Lane = "auto",
) -> EventLog:
    """Run a twin and return its event log, with ``enabled`` and what each wait was for.

    A twin that remembers past cases (``twin.observed``, as ``fit_twin`` gives it) writes them anew: the as-is, as the
    log showed it. ``twin.causal`` forgets them and lets queues, calendars and delays decide, as experiments do.

    Parameters
    ----------
    twin : Twin
        The back office.
    n_cases : int, optional
        So many cases arrive and are worked to their end. Default: 1,000, unless a horizon is given. Cases that can
        never be done (nobody may, nothing is ordered) are kept and marked as open, with a warning that says why.
    horizon : timedelta, seconds or text such as ``90 d``, optional
        The run stops so long after its start; cases that are not done are kept and marked as open.
    start : date, datetime or str, optional
        First instant on the clock of the twin; default: the twin's initial state, else its ``start``.
    seed, replication : int
        Luck. The same numbers give the same log, byte for byte; another replication is an independent one.

    policies : Policies, optional
        Own rules in Python for who takes an item and where a case goes.
    lane : str
        ``simpy``, or ``numba`` (compiled; the extra ``fast``), which gives the same bytes; ``auto``: numba where it is
        installed, pays for itself, and no own rules in Python are asked for.

    Returns
    -------
    EventLog
        With ``enabled``, roles, the attributes of the cases, and the waiting time by cause: ``wait_delay`` (something
        outside), ``wait_batch`` (others of the batch), ``wait_stock`` (material), ``wait_queue`` (all who could are
        busy) and ``wait_closed`` (the role's hours, or the bot's). Causes that never occur have no column.
        ``queue_ahead`` counts the items that waited for the same role when this one joined; rows of bots that failed
        are marked ``bot_exception``.

    Raises
    ------
    SimulationError
        If the run cannot begin or end: a role nobody has, an endless loop, nothing begun at all.

    Examples
    --------
    >>> twin = Twin.from_yaml('''
    ... arrivals: [{kind: grid, every: 10 min, calendar: Mon-Fri 09:00-17:00}]
    ... roles: {Clerk: {size: 1}}
    ... activities: {Register: {role: Clerk, time: 6 min}}
    ... routing: [Register]
    ... ''')
    >>> [f"{end:%d %H:%M}" for end in simulate(twin, n_cases=3).frame["end"]]
    ['05 09:06', '05 09:16', '05 09:26']
    """
    if n_cases is None and horizon is None:
        n_cases = 1000
    begin = _instant(twin, start)
    stop = None if horizon is None else begin + _microseconds(horizon)
    luck = (seed, replication)
    if twin.observed is not None:
        return remembered_log(twin, Window(begin, stop, n_cases), luck)
    cases = draw_cases(twin, Window(begin, stop, n_cases), luck)
    if not len(cases):
        raise SimulationError("no case arrives in the run; give a longer horizon or more arrivals")
    run = RuledRun(twin, cases, begin, luck)
    run.policies = policies or Policies()
    run.prepare()
    check_run(run, ends=stop is None)
    opened = open_items(run)
    with bar(len(cases), "case", shown=None if len(cases) >= LONG_RUN else False, delay=3) as run.bar:
        if chosen(lane, run):
            run_compiled(run, stop, opened)
        else:
            place(run, opened)
            _go(run, FOREVER if stop is None else stop)
    still = told(run)
    if still:
        warnings.warn(still, TwinWarning, stacklevel=2)
    return write_log(run, still)


def _instant(twin: Twin, start: Start) -> int:
    if start is None:
        return to_utc(twin.initial_state.at if twin.initial_state else twin.begin(), twin.timezone)
    return to_utc(datetime.fromisoformat(start) if isinstance(start, str) else start, twin.timezone)


def _microseconds(horizon: timedelta | float | str) -> int:
    length = horizon.total_seconds() if isinstance(horizon, timedelta) else seconds(horizon)
    if length <= 0:
        raise SimulationError(f"the horizon must be longer than nothing, not {horizon}")
    return round(length * 1e6)


def _go(run: RuledRun, stop: int) -> None:
    """Run until every case is done, or until the horizon."""
    collecting = gc.isenabled()
    # Events and items form no cycles; the collector would only walk over all that wait, a third of the run's time.
    gc.disable()
    try:
        run.env.go(until=stop)
        run.is_over = run.env.is_over
    finally:
        if collecting:
            gc.enable()
