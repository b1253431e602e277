"""People, desks and queues of a run as arrays of the compiled lane."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.simulate import world as at
from bko_mining.simulate.arrivals import to_utc
from bko_mining.simulate.offices import NO_DUE_DATE, ranks_of
from bko_mining.simulate.people import Desk, ShiftDesk
from bko_mining.simulate.pool import Pool
from bko_mining.simulate.quantiles import law_of
from bko_mining.simulate.tables_basics import Calendars, Luck
from bko_mining.twin.people import QueueRule, Role

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun

_CHOICES = {
    "longest_idle": at.LONGEST_IDLE,
    "least_loaded": at.LEAST_LOADED,
    "fastest": at.FASTEST,
    "random": at.BY_CHANCE,
}


class People:
    """Writes the arrays of people and desks."""

    def __init__(self, run: "RuledRun", luck: Luck, calendars: Calendars) -> None:
        self.run = run
        self.luck = luck
        self.calendars = calendars
        self.ranks_of_case: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self.ranks_of_kind: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]

    def arrays(self) -> dict[str, Any]:
        """People with their pace and learning, desks, and everybody's place at them."""
        run = self.run
        people = np.full((max(len(run.people), 1), at.N_PERSON), -1, np.int64)
        pace = np.full((len(people), len(run.activities)), np.nan)
        novices: list[tuple[int, int]] = []
        factors: list[float] = []
        for person in run.people:
            row = people[person.code]
            if person.pace:
                pace[person.code] = [np.nan if factor is None else factor for factor in person.pace]
                row[at.HOURS], row[at.WORK] = self.calendars.number(person.hours), self.calendars.number(person.work)
                row[at.REGULAR] = self.calendars.number(person.regular)
            row[at.SLOTS], row[at.BUSY], row[at.OVERTIME] = person.slots, 0, person.overtime
            row[at.LEAVES] = person.leaves
            row[at.NOVICES], row[at.N_NOVICES] = len(novices), len(person.novices)
            novices += [(since, ramp) for since, ramp, _ in person.novices]
            factors += [factor for _, _, factor in person.novices]
        return {
            "person": people,
            "pace": pace.ravel(),
            "novice": np.array(novices or [(0, 0)], np.int64),
            "novice_factor": np.array(factors or [1.0]),
            **self._desks(people),
        }

    def _desks(self, people: NDArray[np.int64]) -> dict[str, Any]:
        desks = np.full((max(len(self.run.desks), 1), at.N_DESK), -1, np.int64)
        places: list[list[int]] = []
        for code, (name, desk) in enumerate(self.run.desks.items()):
            row = desks[code]
            row[at.WAITING] = row[at.TURNS] = row[at.ANY_WORK] = row[at.PREEMPTIVE] = 0
            row[at.CHOICE], row[at.ORDER], row[at.ORDER_ROW] = at.LONGEST_IDLE, at.COMING, 0
            row[at.RULED] = int(desk.begin == self.run.begin_by_rules)
            if isinstance(desk, Pool):
                row[at.SORT] = at.POOL
                self._rules(row, name)
            elif isinstance(desk, Desk):
                row[at.SORT], row[at.DESK_HOURS] = at.PLAIN, self.calendars.number(desk.hours)
            else:
                assert isinstance(desk, ShiftDesk)
                row[at.SORT] = at.SHIFTS
            self._seat(row, code, list(desk.idle), people, places)
        return {
            "desk": desks,
            "place": np.array(places or [[-1] * at.N_PLACE], np.int64),
            "rank_of_case": np.concatenate(self.ranks_of_case),
            "rank_of_kind": np.concatenate(self.ranks_of_kind),
        }

    def _seat(
        self, row: NDArray[np.int64], code: int, idle: list[Any], people: NDArray[np.int64], places: list[list[int]]
    ) -> None:
        """Everybody idle at the beginning, in the order of the members."""
        first = len(places)
        row[at.FIRST_PLACE], row[at.N_PLACES] = first, len(idle)
        for k, person in enumerate(idle):
            here = first + k
            places.append([code, person.code, here + 1 if k + 1 < len(idle) else -1, here - 1 if k else -1, 1, -1])
            earlier = int(people[person.code, at.PLACE])
            if earlier < 0:
                people[person.code, at.PLACE] = here
                continue
            while places[earlier][at.ALSO] >= 0:
                earlier = places[earlier][at.ALSO]
            places[earlier][at.ALSO] = here
        if idle:
            row[at.FIRST_IDLE], row[at.LAST_IDLE] = first, first + len(idle) - 1

    def _rules(self, row: NDArray[np.int64], name: str) -> None:
        role = self.run.twin.roles.get(name)
        if role is None:
            row[at.ANY_WORK] = 1  # a bot
            return
        row[at.PREEMPTIVE], row[at.CHOICE] = int(role.preemptive), _CHOICES[role.choice]
        if role.choice == "random":
            row[at.CHOICE_LUCK] = self.luck.stream(self.run.draws("choice", name))
        row[at.ORDER], row[at.ORDER_ROW] = self._order(role, dense=role.later is not None)
        if role.later is not None:
            row[at.SWITCH] = to_utc(role.later.since, self.run.twin.timezone)
            row[at.LATER_ORDER], row[at.LATER_ROW] = self._order(role.later, dense=True)

    def _order(self, rule: Role | QueueRule, *, dense: bool) -> tuple[int, int]:
        """What a queue is ordered by, and where its ranks begin; ``dense``: ranks are small, to stand behind others."""
        run = self.run
        kinds = list(run.twin.all_case_types.values())
        arrival = run.cases.arrival.astype(np.int64)
        if rule.discipline == "fifo":
            return at.COMING, 0
        if rule.discipline == "lifo":
            return at.LATEST, 0
        if rule.discipline == "oldest_case":
            return self._by_case(arrival, dense=dense)
        if rule.discipline == "due_date":
            due = np.array([int((kind.due or NO_DUE_DATE) * 1e6) for kind in kinds], np.int64)
            return at.BY_DUE, self._by_case(arrival + due[run.cases.kind], dense=False)[1]
        if rule.discipline == "value":
            return self._by_case(in_order(-run.cases.columns[rule.value_attribute or ""]), dense=dense)
        if rule.discipline == "priority":
            return self._by_kind(np.array(ranks_of(run.twin, rule), np.int64).ravel(), dense=dense)
        means = in_order(np.array([law_of(activity.time).mean for activity in run.twin.activities.values()]))
        return self._by_kind(np.tile(means, len(kinds)), dense=dense)

    def _by_case(self, ranks: NDArray[np.int64], *, dense: bool) -> tuple[int, int]:
        self.ranks_of_case.append(_dense(ranks) if dense else ranks)
        return at.BY_CASE, sum(map(len, self.ranks_of_case[:-1]))

    def _by_kind(self, ranks: NDArray[np.int64], *, dense: bool) -> tuple[int, int]:
        self.ranks_of_kind.append(_dense(ranks) if dense else ranks)
        return at.BY_KIND, sum(map(len, self.ranks_of_kind[:-1]))


def _dense(ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ranks in the same order, counted from 0."""
    return np.unique(ranks, return_inverse=True)[1].astype(np.int64)


def in_order(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Whole numbers in the same order as these.

    Examples
    --------
    >>> np.argsort(in_order(np.array([2.5, -1.0, 0.0, -3.0]))).tolist()
    [3, 1, 2, 0]
    """
    if numbers.dtype.kind in "iu":
        return numbers.astype(np.int64)
    bits = (numbers.astype(np.float64) + 0.0).view(np.int64)
    return np.where(bits >= 0, bits, bits ^ np.int64(2**63 - 1))
