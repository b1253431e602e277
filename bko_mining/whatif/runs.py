"""One replication of one scenario: what is run, and what is kept of it."""

import hashlib
import inspect
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from bko_mining._version import __version__
from bko_mining.errors import BkoError, TwinWarning
from bko_mining.simulate import lanes
from bko_mining.simulate.arrivals import Window, to_utc
from bko_mining.simulate.cases import Cases, draw_cases
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.values import seconds
from bko_mining.whatif.controls import luck_of
from bko_mining.whatif.kpis import OwnKpis, backlog, measure, queues
from bko_mining.whatif.period import Cut, Instants, period_of
from bko_mining.words import duration, number, say

if TYPE_CHECKING:
    from bko_mining.log.event_log import EventLog
    from bko_mining.twin.model import Twin

Figures = dict[str, float]
Series = NDArray[np.float64]
DAY = 86_400_000_000
MOST_DAYS = 1100
LUCK = "luck"
"""The series that says what luck a run had: control variates."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How every run of an experiment is made: its length, its beginning, what is cut off, its seed.

    ``start="empty"``: nothing is under way when the run begins; ``"now"``: it begins with the open cases of the twin's
    initial state; a day: it begins empty on that day.
    """

    n_cases: int | None = None
    horizon: float | str | timedelta | None = None
    start: Literal["empty", "now"] | date | datetime | str = "empty"
    warm_up: Cut = 0
    cool_down: Cut = 0
    seed: int = 0
    kpis: OwnKpis = field(default_factory=dict)

    def prepared(self, twin: "Twin") -> "Twin":
        """The twin that is run: without memory of past cases, begun as the setting says."""
        twin = twin.causal
        if self.start == "now":
            if twin.initial_state is None:
                raise BkoError(
                    "start='now' needs a twin with an initial_state (the cases open now); "
                    "this one has none: use start='empty'"
                )
            return twin
        return twin.replace(initial_state=None) if twin.initial_state is not None else twin

    @property
    def begin(self) -> Any:
        """The first instant, or None where the twin says it."""
        return None if self.start in ("empty", "now") else self.start

    def describe(self) -> str:
        """Say the length of a run."""
        if self.n_cases is not None and self.horizon is None:
            return say("{n} {n:case|cases}", n=number(self.n_cases))
        return duration(_length(self.horizon or 0) / 1e6, brief=True)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What is kept of one replication: figures, percentiles of the cycle time, open cases and queues by day."""

    figures: Figures
    series: dict[str, Series]

    @property
    def cycle(self) -> Series:
        """101 quantiles of the cycle time (seconds)."""
        return self.series["cycle"]


def run_once(twin: "Twin", setting: Setting, replication: int, *, quick: bool = False) -> Outcome:
    """Run one replication and take its figures. The twin must be prepared.

    That a plan has more work than time is an answer here, seen in its figures, not a warning. ``quick``: in the
    compiled lane if a cache within reach holds it; the figures are the same.
    """
    if quick:
        lanes.load(compiling=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TwinWarning)
        log = _simulated(_with_all_logged(twin), setting, replication)
    begin, luck = _begin(twin, setting), (setting.seed, replication)
    stop = None if setting.horizon is None else begin + _length(setting.horizon)
    cases = draw_cases(twin, Window(begin, stop, setting.n_cases), luck)
    everything, log = log, _logged(log, twin, cases)
    outcome = outcome_of(log, twin, setting, unseen=_unseen(log, twin, cases), everything=everything)
    return Outcome(outcome.figures, outcome.series | {LUCK: luck_of(log, twin, cases, luck)})


def _with_all_logged(twin: "Twin") -> "Twin":
    """The twin with background work in the log too: people are busy with it as well."""
    if all(kind.logged for kind in twin.case_types.values()):
        return twin
    kinds = {name: kind.model_copy(update={"logged": True}) for name, kind in twin.case_types.items()}
    return twin.replace(case_types=kinds)


def _logged(log: "EventLog", twin: "Twin", cases: Cases) -> "EventLog":
    """The log without background work."""
    logged = np.array([twin.all_case_types[kind].logged for kind in cases.kinds])
    if logged.all():
        return log
    return log.take_cases(np.isin(log.case_ids.to_pylist(), np.array(cases.ids())[logged[cases.kind]]))


def _unseen(log: "EventLog", twin: "Twin", cases: Cases) -> Instants:
    """Arrivals of cases that had nothing done to them when the run stopped: the log does not know them."""
    logged = np.array([twin.all_case_types[kind].logged for kind in cases.kinds])
    known = np.isin(cases.ids().to_pylist(), log.case_ids.to_pylist())
    return np.asarray(cases.arrival[~known & logged[cases.kind]], np.int64)


def _simulated(twin: "Twin", setting: Setting, replication: int) -> "EventLog":
    return simulate(
        twin,
        n_cases=setting.n_cases,
        horizon=setting.horizon,
        start=setting.begin,
        seed=setting.seed,
        replication=replication,
    )


def end_of(twin: "Twin", setting: Setting) -> int | None:
    """The instant at which runs stop, or None where they last until all cases are done."""
    return None if setting.horizon is None else _begin(twin, setting) + _length(setting.horizon)


def luck_of_runs(outcomes: Sequence[Outcome]) -> Series | None:
    """The luck of each run (rows), or None where it was not kept."""
    known = [outcome.series[LUCK] for outcome in outcomes if LUCK in outcome.series]
    return np.array(known) if len(known) == len(outcomes) else None


def outcome_of(
    log: "EventLog",
    twin: "Twin",
    setting: Setting,
    *,
    unseen: Instants | None = None,
    everything: "EventLog | None" = None,
) -> Outcome:
    """Take the figures of the log of a run.

    ``unseen``: arrivals of cases that it does not know; ``everything``: the log with the work that it leaves out.
    """
    begin = _begin(twin, setting)
    end = None if setting.horizon is None else begin + _length(setting.horizon)
    period = period_of(log, twin, begin=begin, end=end, warm_up=setting.warm_up, cool_down=setting.cool_down)
    if unseen is not None:
        period = replace(period, unseen=unseen)
    period = replace(period, everything=everything)
    last = int(period.done.max()) if end is None else end - 1
    # Noon of each day: within the hours of most offices.
    noon = begin - begin % DAY + DAY // 2
    days = noon + DAY * np.arange(min(MOST_DAYS, max(1, (last - noon) // DAY + 1 + (end is None))))
    series = {
        "cycle": np.quantile(period.cycle, np.linspace(0, 1, 101)),
        "cycle by arrival": _by_arrival(period.cycle),
        "open": backlog(period, days),
        "begin": np.array([begin], float),
        **{f"queue: {role}": line for role, line in queues(period, days).items()},
    }
    return Outcome(measure(period, setting.kpis), series)


def key_of(twin: "Twin", setting: Setting) -> str:
    """A name for a prepared twin and a setting that changes whenever either does."""
    said = {
        "version": __version__,
        "twin": _twin_key(twin),
        "run": [str(part) for part in (setting.n_cases, setting.horizon, setting.start, setting.seed)],
        "cuts": [repr(setting.warm_up), repr(setting.cool_down)],
        "kpis": {name: _source(function) for name, function in setting.kpis.items()},
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]


@lru_cache(maxsize=64)
def _twin_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _twin_key(twin: "Twin") -> str:
    # Names, words and evidence do not touch a run.
    plain = twin.model_copy(update={"name": "", "description": "", "evidence": ()})
    return _twin_text(plain.model_dump_json(exclude_defaults=True, by_alias=True))


def _source(function: Any) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return repr(function) if code is None else f"{code.co_code.hex()}{code.co_consts!r}{code.co_names!r}"


def _begin(twin: "Twin", setting: Setting) -> int:
    state, start = twin.initial_state, setting.begin
    if start is None:
        start = state.at if state else twin.begin()
    return to_utc(datetime.fromisoformat(start) if isinstance(start, str) else start, twin.timezone)


def _length(horizon: float | str | timedelta) -> int:
    return round((horizon.total_seconds() if isinstance(horizon, timedelta) else seconds(horizon)) * 1e6)


def _by_arrival(cycle: Series) -> Series:
    """Cycle times in order of arrival, averaged to 200 points at most (for the look at the warm-up)."""
    n = min(200, len(cycle))
    edges = np.linspace(0, len(cycle), n + 1).astype(int)
    means: Series = np.add.reduceat(cycle, edges[:-1]) / np.diff(edges)
    return means
