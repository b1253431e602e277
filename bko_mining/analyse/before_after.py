"""What became of the cycle time from one log to another: work, and the waits that delay cases, before and after."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from bko_mining.analyse.beliefs import Beliefs
from bko_mining.analyse.clocks import AnyCalendar, calendar_of, clock_words, elapsed, on_clock, time_words
from bko_mining.analyse.cycle_parts import cycle_time_parts
from bko_mining.analyse.waiting_causes import cause_words, shared_beliefs
from bko_mining.calendars import WorkCalendar
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import say

Z = 1.959963984540054


@dataclass(frozen=True, slots=True, eq=False)
class BeforeAfter(Result):
    """The mean cycle time of two logs taken apart side by side.

    Attributes
    ----------
    table : pandas.DataFrame
        ``part`` (processing and the five causes of waiting), ``before_time``, ``after_time`` and ``change_time``, means
        a case; each column adds up to the cycle time or its change.
    change, low, high : pandas.Timedelta
        Change of the mean cycle time and its 95 % interval (Welch; cases taken as independent, so it is too narrow
        where they share a queue).
    names : tuple of str
        What the logs are called.
    n_before, n_after : int
        Cases.
    beliefs : Beliefs
        What the causes of both logs rest on.
    calendar : WorkCalendar, optional
        Whose working time was measured; calendar time if not given.
    """

    change: pd.Timedelta
    low: pd.Timedelta
    high: pd.Timedelta
    names: tuple[str, str]
    n_before: int
    n_after: int
    beliefs: Beliefs
    calendar: WorkCalendar | None = None

    picture: ClassVar[str] = "before_after:plot_before_after"

    @property
    def summary(self) -> str:
        """How the cycle time changed, and which part of it changed most."""
        words = {
            name: time_words(seconds, self.calendar)
            for name, seconds in (
                ("before", self.table["before_time"].dt.total_seconds().sum()),
                ("after", self.table["after_time"].dt.total_seconds().sum()),
                ("low", self.low.total_seconds()),
                ("high", self.high.total_seconds()),
            )
        }
        sentences = [
            say(
                "A case takes {after} on average instead of {before} (95 % interval of the change {low} to {high}).",
                **words,
            )
        ]
        if self.low <= pd.Timedelta(0) <= self.high:
            sentences.append(say("That may be chance."))
        else:
            sentences.append(self._most())
        return " ".join(filter(None, [*sentences, clock_words(self.calendar)]))

    def _most(self) -> str:
        row = self.table.iloc[int(self.table["change_time"].abs().to_numpy().argmax())]
        words = {"time": time_words(abs(row["change_time"].total_seconds()), self.calendar)}
        grew = row["change_time"] > pd.Timedelta(0)
        if row["part"] == "processing":
            return (
                say("Most of it is work: {time} more.", **words)
                if grew
                else say("Most of it is work: {time} less.", **words)
            )
        words["reason"] = cause_words(row["part"])
        if grew:
            return say("What grew most is the wait {reason}: {time} more.", **words)
        return say("What shrank most is the wait {reason}: {time} less.", **words)


def before_after(
    before: EventLog,
    after: EventLog,
    *,
    names: tuple[str, str] = ("before", "after"),
    calendar: AnyCalendar = None,
) -> BeforeAfter:
    """Take the mean cycle time of two logs apart, side by side.

    What causes rest on (whose hours, who batches, which steps wait for the outside, what runs side by side) is judged
    from both logs together (``shared_beliefs``) and used for both, so that a cause that changes changed in the log and
    not in its reader; ``.beliefs`` shows it.

    Parameters
    ----------
    before, after : EventLog
        Two logs of the process: two periods, two branches, observed and simulated. Both need starts and resources.
    names : tuple of str
        What to call them.
    calendar : WorkCalendar or str, optional
        Count only its working time, on the clock of each log; calendar time if not given.

    Raises
    ------
    LogError
        If a log has no start times or no resources.

    Examples
    --------
    >>> import bko_mining as bko
    >>> log = bko.read_log("sample_logs/accounts_payable.csv", timezone="America/Sao_Paulo")
    >>> found = bko.before_after(log.started_in(None, "2026-05-18"), log.started_in("2026-05-18", None))
    >>> bool(abs(found.table["change_time"].sum() - found.change) < pd.Timedelta("1 s"))
    True
    """
    beliefs = shared_beliefs(before, after)
    parts = [cycle_time_parts(log, calendar=calendar, beliefs=beliefs).table for log in (before, after)]
    times = [parts[side]["mean_time"] for side in (0, 1)]
    clocks = [calendar_of(calendar, log.timezone) for log in (before, after)]
    cycles = [
        elapsed(log.case_start, log.case_end, clock).astype(float)
        for log, clock in zip((before, after), clocks, strict=True)
    ]
    change = float(cycles[1].mean() - cycles[0].mean())
    error = Z * float(np.sqrt(sum(cycle.var(ddof=min(1, len(cycle) - 1)) / len(cycle) for cycle in cycles)))
    table = pd.DataFrame(
        {"part": parts[0]["part"], "before_time": times[0], "after_time": times[1], "change_time": times[1] - times[0]}
    )
    middle, low, high = (pd.Timedelta(round(at), "us") for at in (change, change - error, change + error))
    n = before.n_cases, after.n_cases
    return BeforeAfter(on_clock(table, clocks[0]), middle, low, high, names, *n, beliefs=beliefs, calendar=clocks[0])
