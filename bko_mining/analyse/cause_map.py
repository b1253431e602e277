"""The process map of waiting: how long cases wait on each path, and mostly for what."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.analyse.clocks import AnyCalendar, clock_words, on_clock
from bko_mining.analyse.waiting_causes import CAUSES, cause_words, waiting_causes
from bko_mining.calendars import WorkCalendar
from bko_mining.discover.process_map import END, START, ProcessMap, process_map
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import MICROSECOND, by_instance
from bko_mining.results import Result
from bko_mining.words import percent, say

PLACES = ["source_activity", "target_activity"]


@dataclass(frozen=True, slots=True, eq=False)
class CauseMap(Result):
    """Waiting and its causes on the process map.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a path of the map, the longest wait first: ``source_activity``, ``target_activity``, ``n``,
        ``waiting_time`` (of the target when it comes after the source), ``main_cause`` (empty where nothing waits),
        ``main_cause_share`` and the five causes.
    map : ProcessMap
        The map it is drawn on.
    calendar : WorkCalendar, optional
        Whose working time was measured; calendar time if not given.
    """

    map: ProcessMap
    calendar: WorkCalendar | None = None

    picture: ClassVar[str] = "cause_map:plot_cause_map"

    @property
    def summary(self) -> str:
        """The path on which most time is waited, and for what."""
        total = float(self.table["waiting_time"].dt.total_seconds().sum())
        if not total:
            return say("Nothing waits: every activity starts as soon as it can.")
        worst = self.table.iloc[0]
        sentence = say(
            "{share} of all waiting is before “{target}” where it follows “{source}”, {part} of it {reason}.",
            share=percent(worst["waiting_time"].total_seconds() / total),
            source=worst["source_activity"],
            target=worst["target_activity"],
            part=percent(worst["main_cause_share"]),
            reason=cause_words(worst["main_cause"]),
        )
        return f"{sentence} {clock_words(self.calendar)}".rstrip()


def cause_map(log: EventLog, *, detail: float | None = None, calendar: AnyCalendar = None) -> CauseMap:
    """Show on the process map where cases wait, and mostly for what.

    Parameters
    ----------
    log : EventLog
        The log; needs starts and resources.
    detail : float, optional
        Share of activities and of paths to show; as much as can be read if not given.
    calendar : WorkCalendar or str, optional
        Count only its working time, as in ``waiting_causes``.

    Raises
    ------
    LogError
        If the log has no start times or no resources.

    Examples
    --------
    >>> import bko_mining as bko
    >>> log = bko.read_log("sample_logs/accounts_payable.csv", timezone="America/Sao_Paulo")
    >>> worst = bko.cause_map(log).table.iloc[0]
    >>> worst["source_activity"], worst["target_activity"], worst["main_cause"]
    ('Post invoice', 'Pay invoice', 'batching')
    """
    found = waiting_causes(log, calendar=calendar)
    drawn = process_map(log, detail=detail)
    shown = np.isin(log.activity, [log.activities.index(name) for name in drawn.nodes["activity"]])
    slim = log if shown.all() else log.take_instances(shown)
    table = on_clock(_paths(slim, found.causes[shown], drawn), found.calendar)
    return CauseMap(table, map=drawn, calendar=found.calendar)


def _paths(log: EventLog, causes: NDArray[np.int64], drawn: ProcessMap) -> pd.DataFrame:
    """Add up the causes on each path of the map between activities."""
    group = by_instance(log, "transition")
    kept = group.codes >= 0
    sums = np.zeros((len(group.labels), len(CAUSES)), np.int64)
    np.add.at(sums, group.codes[kept], causes[kept])
    all_paths = pd.concat([group.labels, pd.DataFrame(sums, columns=list(CAUSES))], axis=1)
    paths = drawn.table[(drawn.table["source_activity"] != START) & (drawn.table["target_activity"] != END)]
    table = paths[[*PLACES, "n"]].merge(all_paths, on=PLACES, how="left")
    split = table[list(CAUSES)].fillna(0).to_numpy(np.int64)
    total = split.sum(axis=1)
    main = np.where(total > 0, np.array(CAUSES)[split.argmax(axis=1)] if len(split) else "", "")
    table = table[[*PLACES, "n"]].assign(
        waiting_time=total.astype(MICROSECOND),
        main_cause=main,
        main_cause_share=split.max(axis=1, initial=0) / np.maximum(total, 1),
        **{cause: split[:, place].astype(MICROSECOND) for place, cause in enumerate(CAUSES)},
    )
    return table.sort_values("waiting_time", ascending=False, kind="stable", ignore_index=True)
