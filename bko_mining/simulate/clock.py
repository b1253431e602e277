"""The clock of a run: SimPy's environment with a lean loop for plain calls.

An entry of SimPy's queue is (instant, priority, ordinal, event). Here the event may also be a pair (function, value),
which is called with the value and the instant: half the price of a ``Timeout`` with a callback, in exactly the same
order. SimPy's own events and processes go on working beside it.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.core import StopSimulation
from simpy.events import NORMAL, URGENT

from bko_mining.simulate.timetable import FOREVER, IN_VAIN

Call = Callable[[Any, int], None]


class Clock(simpy.Environment):
    """An environment that calls functions at instants.

    Examples
    --------
    >>> clock = Clock(initial_time=100)
    >>> clock.call(20, lambda value, now: print(value, now), "done at")
    >>> clock.go(until=200)
    done at 120
    """

    def __init__(self, initial_time: int) -> None:
        super().__init__(initial_time)
        self.entries: list[Any] = self._queue
        self.ordinal = self._eid
        self._timers = 0
        self._quiet_since: int | None = None
        self._gave_up = False

    @property
    def now(self) -> int:
        """The instant, microseconds since 1970 UTC."""
        return self._now  # type: ignore[return-value]

    def call(self, delay: int, function: Call, value: Any = None) -> None:
        """Call a function after a delay, with a value and the instant.

        Raises
        ------
        ValueError
            If the delay is negative.
        """
        if delay < 0:
            raise ValueError(f"negative delay {delay}")
        heappush(self.entries, (self._now + delay, NORMAL, next(self._eid), (function, value)))

    def ring(self, delay: int, function: Call, value: Any = None) -> None:
        """Call a function that may set itself anew for ever; it tells ``rang`` first."""
        self._timers += 1
        self.call(delay, function, value)

    def rang(self) -> None:
        """Stop the clock if nothing but timers has rung for years; to be told by every timer."""
        self._timers -= 1
        # One entry more is the end of the run.
        if len(self.entries) > self._timers + 1:
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = self._now  # type: ignore[assignment]
        elif self._now - self._quiet_since > IN_VAIN:
            self._gave_up = True
            self.stop()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left that will ever happen."""
        return self._gave_up or not self.entries or self.entries[0][0] >= FOREVER

    def stop(self) -> None:
        """Stop after everything that was due at this instant before."""
        self.call(0, _stop)

    def go(self, until: int = FOREVER) -> None:
        """Run until something stops the clock, or until just before an instant."""
        heappush(self.entries, (until, URGENT, next(self._eid), (_stop, None)))
        entries, event = self.entries, None
        try:
            while True:
                self._now, _, _, event = heappop(entries)
                if type(event) is tuple:
                    event[0](event[1], self._now)
                else:
                    self._run_callbacks(event)
        except StopSimulation:
            return

    def _run_callbacks(self, event: Any) -> None:
        callbacks, event.callbacks = event.callbacks, None
        for callback in callbacks:
            callback(event)


def _stop(_: Any, __: int) -> None:
    raise StopSimulation(None)
