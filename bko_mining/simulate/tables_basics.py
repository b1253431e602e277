"""What all arrays of the compiled lane share: how much room there is, streams of luck, timetables, conditions."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bko_mining.calendars import DAY, DAYS
from bko_mining.simulate import world as at
from bko_mining.simulate.arrivals import local_clock
from bko_mining.simulate.luck import Draws, stream_key
from bko_mining.simulate.net import Condition
from bko_mining.simulate.quantiles import Law
from bko_mining.simulate.rules import holds_for_each
from bko_mining.twin.conditions import Comparison

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun

_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Room:
    """How much room a run is given; what it does not use is never touched."""

    rows: int
    items: int
    visits: int = 24
    margin: int = 200 * DAY

    def wider(self, status: int) -> "Room":
        """More of what the kernel lacked."""
        return Room(
            self.rows,
            self.items * (4 if status == at.MORE_ROOM else 1),
            self.visits * (8 if status == at.MORE_KEYS else 1),
            self.margin * (4 if status == at.LATE else 1),
        )


class Luck:
    """Streams of draws and their laws, numbered."""

    def __init__(self) -> None:
        self._streams: dict[int, int] = {}
        self._laws: dict[int, int] = {}
        self._found: list[tuple[Draws, int]] = []
        self._kept: list[Law] = []

    def stream(self, draws: Draws | None) -> int:
        """The number of a stream; -1 for none."""
        if draws is None:
            return -1
        if id(draws) not in self._streams:
            self._streams[id(draws)] = len(self._found)
            self._found.append((draws, self.law(draws.law)))
        return self._streams[id(draws)]

    def law(self, law: Law | None) -> int:
        """The number of a law; -1 for none."""
        if law is None:
            return -1
        if id(law) not in self._laws:
            self._laws[id(law)] = len(self._kept)
            self._kept.append(law)
        return self._laws[id(law)]

    def arrays(self, visits: int) -> dict[str, Any]:
        """Keys of all streams for so many visits, and the knots of all laws with a guide to them."""
        keys = [[stream_key(*draws.name, visit) for visit in range(visits)] for draws, _ in self._found]
        laws = np.zeros((max(len(self._kept), 1), at.N_LAW), np.int64)
        low = 0
        for row, law in zip(laws, self._kept, strict=False):
            p = law.probabilities
            row[at.KNOTS], row[at.N_KNOTS] = low, len(p)
            row[at.GUIDES :] = np.clip(np.searchsorted(p, np.arange(at.GUIDE + 1) / at.GUIDE, "right") - 1, 0, None)
            low += len(p)
        return {
            "stream_key": np.array(keys, np.uint64).ravel(),
            "law_of": np.array([law for _, law in self._found] or [0], np.int64),
            "law": laws,
            "probability": np.concatenate([law.probabilities for law in self._kept] or [np.zeros(1)]),
            "value": np.concatenate([law.values for law in self._kept] or [np.zeros(1)]),
        }


class Calendars:
    """Timetables, numbered, and the stretch of time they are spread out over."""

    def __init__(self, run: "RuledRun", room: Room) -> None:
        self._found: dict[int, tuple[int, Any]] = {}
        last = int(run.arrival[-1]) if run.arrival else run.start
        self.reach = max(last, run.start + 200 * DAY) + 2 * room.margin
        self.start = run.start

    def number(self, hours: Any) -> int:
        """The number of a timetable."""
        if id(hours) not in self._found:
            self._found[id(hours)] = len(self._found), hours
        return self._found[id(hours)][0]

    def __len__(self) -> int:
        return len(self._found)

    def arrays(self) -> dict[str, Any]:
        """Openings of all timetables, one after the other."""
        rows = np.zeros((max(len(self), 1), at.N_TIMETABLE), np.int64)
        parts: list[tuple[NDArray[np.int64], ...]] = [(np.zeros(0, np.int64),) * 3]
        low = 0
        for row, (_, hours) in zip(rows, self._found.values(), strict=False):
            parts.append(hours.spread_out(self.reach))
            row[:] = low, len(parts[-1][0]), hours.pointer
            low += len(parts[-1][0])
        opens, closes, worked = (np.concatenate([part[k] for part in parts]) for k in range(3))
        return {"timetable": rows, "opens": opens, "closes": closes, "worked": worked}


_NUMBERS = {"==": at.EQUAL, "!=": at.UNEQUAL, "<": at.BELOW, "<=": at.AT_MOST, ">": at.ABOVE, ">=": at.AT_LEAST}
_NUMBERS |= {"in": at.AMONG, "not in": at.NOT_AMONG}
_Row = tuple[tuple[int, int, int], float]
_MEASURED = {"visits": at.VISITS, "queue": at.QUEUE, "age": at.AGED, "date": at.DATE}


def _microseconds(instant: datetime) -> int:
    return int(np.datetime64(instant, "us").astype(np.int64))


class Conditions:
    """Conditions as rows of comparisons; what can be looked up is worked out here."""

    def __init__(self, run: "RuledRun") -> None:
        self._run = run
        self._rows: list[tuple[int, int, int]] = []
        self._wanted: list[float] = []
        self._known: list[NDArray[np.uint8]] = []
        self._n_known = 0
        self._numbers: dict[Condition, int] = {}
        self._by_clock = False

    def number(self, condition: Condition) -> int:
        """Where a condition begins; -1 for one that always holds."""
        if not condition:
            return -1
        if condition not in self._numbers:
            self._numbers[condition] = len(self._rows)
            rows = [row for comparison in condition for row in self._rows_of(comparison)]
            self._rows += [row for row, _ in rows] + [(at.NOTHING, 0, 0)]
            self._wanted += [wanted for _, wanted in rows] + [0.0]
        return self._numbers[condition]

    def _rows_of(self, comparison: Comparison) -> list[_Row]:
        if comparison.thing in self._run.cases.columns or comparison.thing not in _MEASURED:
            return [self._looked_up(comparison)]
        row, wanted = self._measured(comparison)
        return [(row, wanted[0]), *(((at.ALTERNATIVE, 0, 0), each) for each in wanted[1:])]

    def _looked_up(self, comparison: Comparison) -> _Row:
        run, thing = self._run, comparison.thing
        if thing in run.cases.columns or thing == "type":
            return (at.FIXED, self._look_up(holds_for_each(comparison, run)), 0), 0.0
        if thing in ("last", "resource"):
            names = run.activities if thing == "last" else [person.name for person in run.people]
            table = [comparison.holds(None), *(comparison.holds(name) for name in names)]
            return (at.LAST_DONE if thing == "last" else at.DOER, self._look_up(np.array(table)), 0), 0.0
        self._by_clock = True
        values: list[Any] = list(DAYS) if thing == "weekday" else [float(hour) for hour in range(24)]
        table = [comparison.holds(value) for value in values]
        return (at.WEEKDAY if thing == "weekday" else at.CLOCK_HOUR, self._look_up(np.array(table)), 0), 0.0

    def _measured(self, comparison: Comparison) -> tuple[tuple[int, int, int], list[float]]:
        """What a measure is compared with: a number, or several (instants as microseconds of the local clock)."""
        thing, argument = comparison.thing, int(comparison.by_day)
        if thing == "visits":
            argument = self._run.labels[comparison.argument]
        elif thing == "queue":
            argument = list(self._run.desks).index(comparison.argument)
        self._by_clock = self._by_clock or thing == "date"
        wanted = [float(_microseconds(each) if isinstance(each, datetime) else each) for each in comparison.values]  # type: ignore[arg-type]
        return (_MEASURED[thing], argument, _NUMBERS[comparison.operator]), wanted

    def _look_up(self, table: NDArray[np.bool_]) -> int:
        self._known.append(table.astype(np.uint8))
        self._n_known += len(table)
        return self._n_known - len(table)

    def arrays(self, reach: int) -> dict[str, Any]:
        """All comparisons, and the offsets of the clock where they ask for it."""
        since, offset = self._offsets(reach) if self._by_clock else (np.zeros(1, np.int64), np.zeros(1, np.int64))
        return {
            "comparison": np.array(self._rows or [(at.NOTHING, 0, 0)], np.int64),
            "compared": np.array(self._wanted or [0.0]),
            "known": np.concatenate(self._known or [np.zeros(1, np.uint8)]),
            "offset_from": since,
            "offset": offset,
        }

    def _offsets(self, reach: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Since when the clock of the twin differs by how much from UTC."""
        zone = ZoneInfo(self._run.twin.timezone)
        days = np.arange((self._run.start // DAY - 2) * DAY, reach + 2 * DAY, DAY)
        found = local_clock(days, zone) - days
        changed = days[:-1][np.diff(found) != 0]
        minutes = (changed[:, None] + np.arange(0, DAY + 1, _MINUTE)[None, :]).ravel()
        points = np.unique(np.concatenate([days[:1], minutes]))
        offsets = local_clock(points, zone) - points
        new = np.append(True, np.diff(offsets) != 0)
        return points[new], offsets[new]
