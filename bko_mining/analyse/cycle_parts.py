"""What the cycle time is made of: work, and the waits that delay the case by cause."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from bko_mining.analyse.beliefs import Beliefs
from bko_mining.analyse.bottlenecks import critical_path
from bko_mining.analyse.clocks import AnyCalendar, calendar_of, clock_words, elapsed, on_clock, time_words
from bko_mining.analyse.times import enabled_instants
from bko_mining.analyse.waiting_causes import CAUSES, WORTH_SAYING, cause_words, waiting_causes
from bko_mining.calendars import WorkCalendar
from bko_mining.discover.concurrency import enabling
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND
from bko_mining.results import Result
from bko_mining.words import percent, say


@dataclass(frozen=True, slots=True, eq=False)
class CycleTimeParts(Result):
    """The mean cycle time taken apart.

    Attributes
    ----------
    table : pandas.DataFrame
        ``part`` (processing and the five causes of waiting), ``mean_time`` a case, ``cycle_time_share``; they add up to
        the mean cycle time.
    mean_cycle_time : pandas.Timedelta
        Over all cases.
    n_cases : int
        Cases of the log.
    calendar : WorkCalendar, optional
        Whose working time was measured; calendar time if not given.
    """

    mean_cycle_time: pd.Timedelta
    n_cases: int
    calendar: WorkCalendar | None = None

    picture: ClassVar[str] = "waits:plot_cycle_time_parts"

    @property
    def summary(self) -> str:
        """How much of the cycle time is work, and what most of the rest is."""
        work, waits = self.table.iloc[0], self.table.iloc[1:].sort_values("cycle_time_share", ascending=False)
        reasons = [
            f"{percent(share)} {cause_words(part)}"
            for part, share in waits[["part", "cycle_time_share"]].head(3).itertuples(index=False)
            if share >= WORTH_SAYING
        ]
        words = {
            "cycle": time_words(self.mean_cycle_time.total_seconds(), self.calendar),
            "share": percent(work["cycle_time_share"], 1),
            "reasons": ", ".join(reasons),
        }
        sentence = say(_SENTENCE if reasons else _NO_WAIT, **words)
        return f"{sentence} {clock_words(self.calendar)}".rstrip()


_SENTENCE = "A case takes {cycle} on average; {share} of it is work, {reasons}."
_NO_WAIT = "A case takes {cycle} on average; {share} of it is work."


def cycle_time_parts(log: EventLog, *, calendar: AnyCalendar = None, beliefs: Beliefs | None = None) -> CycleTimeParts:
    """Take the mean cycle time apart into work and waiting by cause.

    Only what decides when a case ends counts (the critical path, see ``bottlenecks``): of branches side by side, the
    one that ends last. So the parts add up to the cycle time.

    Parameters
    ----------
    log : EventLog
        The log; needs starts and resources.
    calendar : WorkCalendar or str, optional
        Count only its working time (``"Mon-Fri 08:00-17:00, BR-SP"``, on the clock of the log); calendar time if not
        given.
    beliefs : Beliefs, optional
        What is believed of the office, as in ``waiting_causes``.

    Raises
    ------
    LogError
        If the log has no start times or no resources.

    Examples
    --------
    >>> import bko_mining as bko
    >>> log = bko.read_log("sample_logs/accounts_payable.csv", timezone="America/Sao_Paulo")
    >>> found = bko.cycle_time_parts(log)
    >>> bool(found.table["mean_time"].sum().round("s") == found.mean_cycle_time.round("s"))
    True
    """
    clock = calendar_of(calendar, log.timezone)
    causes = waiting_causes(log, calendar=clock, beliefs=beliefs).causes
    rows = enabling(log, beliefs.concurrency.among(log.activities) if beliefs else None)
    wait = np.where(critical_path(log, rows), log.begin - enabled_instants(log, rows), 0)
    delays = np.where(wait[:, None] > 0, causes, 0).sum(axis=0) / log.n_cases
    cycle = float(elapsed(log.case_start, log.case_end, clock).mean())
    parts = np.array([cycle - delays.sum(), *delays])
    table = pd.DataFrame(
        {
            "part": ["processing", *CAUSES],
            "mean_time": np.rint(parts).astype(np.int64).astype(MICROSECOND),
            "cycle_time_share": parts / max(cycle, 1.0),
        }
    )
    mean = pd.Timedelta(round(cycle), "us")
    return CycleTimeParts(on_clock(table, clock), mean_cycle_time=mean, n_cases=log.n_cases, calendar=clock)
