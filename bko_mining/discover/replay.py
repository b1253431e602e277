"""Replay: cases as dots that travel through the map, on the clock of the office or from their own beginning."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from bko_mining.discover.process_map import ProcessMap, process_map
from bko_mining.errors import BkoError, LogError
from bko_mining.log.event_log import EventLog
from bko_mining.log.grouping import by_case
from bko_mining.results import Result, as_text, presenter
from bko_mining.words import duration, number, say

MOST_CASES = 2000
LONGEST = 0.98
GROUPS = 7
OTHER = "…"


@dataclass(frozen=True, slots=True, eq=False)
class Replay(Result):
    """Cases that travel through the map.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a case that is replayed: ``case_id``, ``start``, ``end``, ``cycle_time`` and ``group`` (what its colour
        says; "" where cases are not told apart).
    map : ProcessMap
        What they travel through.
    log : EventLog
        The cases that are replayed, with the activities that the map shows.
    relative : bool
        Whether all cases begin together.
    seconds : float
        How long the replay runs.
    span_seconds : float
        How much time of the office passes meanwhile.
    groups : tuple of str
        The values that have a colour, the most frequent first.
    by : str
        What the colours tell apart, "" for nothing.
    n_cases : int
        In the whole log.
    """

    map: ProcessMap
    log: EventLog
    relative: bool
    seconds: float
    span_seconds: float
    groups: tuple[str, ...]
    by: str
    n_cases: int

    page: ClassVar[str] = "replay_page:replay_page"

    @property
    def summary(self) -> str:
        """How many cases, and how time passes."""
        words = {
            "shown": number(len(self.table)),
            "cases": number(self.n_cases),
            "span": duration(self.span_seconds),
            "seconds": number(self.seconds),
        }
        if self.relative:
            return say("{shown} of {cases} cases from their own beginning: {span} pass in {seconds} s.", **words)
        return say("{shown} of {cases} cases on the clock of the office: {span} pass in {seconds} s.", **words)

    @property
    def svg(self) -> str:
        """The animation as SVG text; the same replay always has the same bytes."""
        return str(presenter("replay:replay_svg")(self))

    def save(self, path: str | Path) -> Path:
        """Write the animation as ``.html`` (a page with a time slider) or ``.svg``, and return the path.

        Raises
        ------
        BkoError
            If the ending is another one.
        """
        target = Path(path)
        if target.suffix in (".html", ".htm"):
            return self.to_html(target)
        if target.suffix != ".svg":
            raise BkoError(f"cannot write {target.suffix or 'a file without an ending'}; use .html or .svg")
        target.write_text(self.svg, encoding="utf-8")
        return target

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/plain": f"{self.summary}\n\n{as_text(self.table, rows=5)}",
            "text/html": presenter("replay_page:replay_image")(self),
        }


def replay(
    log: EventLog,
    *,
    relative: bool = False,
    colour: str | None = None,
    seconds: float = 60.0,
    cases: int = MOST_CASES,
    detail: float | None = None,
) -> Replay:
    """Animate the cases of a log through its map.

    Parameters
    ----------
    log : EventLog
        The log.
    relative : bool
        False: on the clock of the office, as it happened. True: every case from its own beginning, all at once.
    colour : str, optional
        What colours tell apart: an attribute of cases, ``resource``, ``role`` or ``activity`` (the first of the case).
    seconds : float
        How long the replay runs.
    cases : int
        Most cases to replay; of more, every second, third … in order of arrival is taken.
    detail : float, optional
        Of the map, as in ``process_map``.

    Returns
    -------
    Replay
        Shows itself in a notebook; ``.save("replay.html")`` or ``.svg`` for a page or a slide. No script is needed.

    Raises
    ------
    LogError
        If the seconds or the cases are not above 0, or the log has no such attribute.

    Examples
    --------
    >>> import pandas as pd, bko_mining as bko
    >>> rows = pd.DataFrame({"case_id": ["A", "A", "B"], "activity": ["open", "pay", "open"],
    ...     "end": pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-05"])})
    >>> bko.replay(bko.EventLog.from_frame(rows)).summary
    '2 of 2 cases on the clock of the office: 24.0 h pass in 60 s.'
    """
    if seconds <= 0 or cases < 1:
        raise LogError(f"a replay of {cases} cases in {seconds} s shows nothing; use numbers above 0")
    found = process_map(log, detail=detail)
    every = -(-log.n_cases // cases)
    some = log.take_cases(np.arange(0, log.n_cases, every)) if every > 1 else log
    some = some.only_activities(*found.nodes["activity"])
    table, groups = _cases(some, colour)
    return Replay(
        table=table,
        map=found,
        log=some,
        relative=relative,
        seconds=seconds,
        span_seconds=_span(some, relative=relative),
        groups=groups,
        by=colour or "",
        n_cases=log.n_cases,
    )


def _cases(log: EventLog, colour: str | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    table = log.cases[["case_id", "start", "end", "cycle_time"]].copy()
    if colour is None:
        return table.assign(group=""), ()
    grouping = by_case(log, colour)
    names = grouping.labels.iloc[:, 0].astype(str).to_numpy()
    values = pd.Series(np.where(grouping.codes >= 0, names[grouping.codes], OTHER))
    frequent = values.value_counts(sort=True).index[:GROUPS]
    table["group"] = values.where(values.isin(frequent), OTHER).to_numpy()
    return table, tuple(dict.fromkeys((*frequent, *([OTHER] if (table["group"] == OTHER).any() else []))))


def _span(log: EventLog, *, relative: bool) -> float:
    """Time that the replay covers; of the longest cases only the beginning, or all others would be a flash."""
    if relative:
        return max(float(np.quantile(log.case_end - log.case_start, LONGEST)) / 1e6, 1.0)
    return max(float(log.finish.max() - log.begin.min()) / 1e6, 1.0)
