"""Activities, the gates before them and the stocks of a run as arrays of the compiled lane."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bko_mining.errors import SimulationError
from bko_mining.simulate import world as at
from bko_mining.simulate.arrivals import to_utc
from bko_mining.simulate.gates import Waiting
from bko_mining.simulate.quantiles import law_of
from bko_mining.simulate.routes import conditions
from bko_mining.simulate.tables_basics import Calendars, Conditions, Luck
from bko_mining.twin.work import Activity, Factor

if TYPE_CHECKING:
    from bko_mining.simulate.ruled import RuledRun

_ENDS = {"suspended": at.SUSPENDED, "carried_over": at.CARRIED_OVER, "fits": at.FITS}


class Work:
    """Writes the arrays of activities, batches and stocks."""

    def __init__(self, run: "RuledRun", luck: Luck, calendars: Calendars, tests: Conditions) -> None:
        self.run = run
        self.luck = luck
        self.calendars = calendars
        self.tests = tests
        self.desk = {name: code for code, name in enumerate(run.desks)}
        self.batches: list[NDArray[np.int64]] = []
        self.hours: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self.codes: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self.n_groups = 0
        self.factors: list[tuple[int, float]] = []
        self.eyes: list[int] = []
        self.jumps: list[tuple[str, int]] = []
        self.performers: list[tuple[float, int]] = []
        self.uses: list[tuple[int, int, float]] = []
        self.amounts: list[NDArray[np.float64]] = [np.zeros(0)]

    def arrays(self) -> dict[str, Any]:
        """Everything about activities."""
        run = self.run
        n, activities = len(run.activities), list(run.twin.activities.values())
        acts = np.full((n, at.N_ACT), -1, np.int64)
        error_share, fail_share = np.zeros((len(run.people) + 1, n)), np.zeros(n)
        watched = list(dict.fromkeys(name for a in activities for name in (*a.same_as, *a.not_same_as)))
        base = {name: k * len(run.arrival) for k, name in enumerate(watched)}
        for code, activity in enumerate(activities):
            row = acts[code]
            self._time(row, code, activity)
            self._gates(row, code, activity)
            self._eyes(row, code, activity, base)
            if activity.bot is not None:
                fail_share[code] = self._bot(row, code, activity.bot)
            if activity.errors is not None:
                row[at.ERROR], row[at.ERROR_TO] = self.luck.stream(run.slips[code]), self._jump(activity.errors.to)
                names = [None, *(person.name for person in run.people)]
                error_share[:, code] = [
                    activity.errors.share * activity.errors.by_resource.get(k or "", 1.0) for k in names
                ]
        return {
            "act": acts,
            "error_share": error_share.ravel(),
            "fail_share": fail_share,
            "did": np.full(max(len(watched), 1) * len(run.arrival), -1, np.int32),
            "lost": np.zeros(2 * n, np.int64),
            **self._lists(),
            **self._stocks(),
        }

    def _lists(self) -> dict[str, Any]:
        return {
            "batch": np.array(self.batches, np.int64).reshape(-1, at.N_BATCH),
            "group": np.zeros((max(self.n_groups, 1), at.N_GROUP), np.int64),
            "hour": np.concatenate(self.hours),
            "group_code": np.concatenate(self.codes),
            "factor_when": np.array([when for when, _ in self.factors] or [-2], np.int64),
            "factor": np.array([factor for _, factor in self.factors] or [1.0]),
            "eye": np.array(self.eyes or [-1], np.int64),
            "jump": np.array([self._target(to, start) for to, start in self.jumps] or [-1], np.int64),
            "performer_edge": np.array([edge for edge, _ in self.performers] or [1.0]),
            "performer_code": np.array([code for _, code in self.performers] or [-1], np.int64),
        }

    def _time(self, row: NDArray[np.int64], code: int, activity: Activity) -> None:
        run = self.run
        row[at.SERVICE], row[at.SETUP] = self.luck.stream(run.service[code]), self.luck.stream(run.setups[code])
        row[at.DUE] = -1 if activity.due is None else int(activity.due * 1e6)
        row[at.SHIFT_END], row[at.IS_BOT], row[at.N_PERFORMERS] = _ENDS[activity.at_shift_end], 0, 0
        if activity.bot is not None:
            row[at.DESK] = self.desk[f"bot {activity.bot}"]
        elif activity.role is not None and not activity.automatic:
            row[at.DESK] = self.desk[activity.role]
        performers = run.performers[code]
        if performers is not None and row[at.DESK] < 0:
            edges, codes, draws = performers
            row[at.PERFORMERS], row[at.N_PERFORMERS] = len(self.performers), len(codes)
            row[at.PERFORMER] = self.luck.stream(draws)
            self.performers += list(zip(edges, codes, strict=True))
        row[at.FACTORS] = self._factors(activity.time_factors)
        row[at.ERROR_FACTORS] = self._factors(activity.errors.factors if activity.errors else ())

    def _factors(self, factors: tuple[Factor, ...]) -> int:
        """Where factors begin; -1 for none."""
        if not factors:
            return -1
        first = len(self.factors)
        self.factors += [(self.tests.number(conditions(f.when)), f.factor) for f in factors]
        self.factors.append((-2, 1.0))
        return first

    def _gates(self, row: NDArray[np.int64], code: int, activity: Activity) -> None:
        run, name = self.run, self.run.activities[code]
        gate = run.entry[code]
        if isinstance(gate, Waiting):
            row[at.BATCH], row[at.MATE_TIME] = len(self.batches), self.luck.stream(run.per_item[code])
            for rule in gate.in_turn:
                self._batch(rule)
        row[at.FIRST_USE], row[at.N_USES] = len(self.uses), len(activity.uses)
        for material, amount in activity.uses.items():
            column = -1
            if isinstance(amount, str):
                column = sum(map(len, self.amounts))
                self.amounts.append(run.cases.columns[amount].astype(np.float64))
            units = 0.0 if isinstance(amount, str) else float(amount)
            self.uses.append((list(run.stocks).index(material), column, units))
        if activity.queue_limit is not None:
            row[at.ROOM], row[at.ROOM_TO] = activity.queue_limit.size, self._jump(activity.queue_limit.to)
        if activity.patience is not None:
            draws = run.draws("patience", name, law=law_of(activity.patience.time))
            row[at.PATIENCE_LAW], row[at.PATIENCE_TO] = self.luck.stream(draws), self._jump(activity.patience.to)

    def _jump(self, to: str) -> int:
        self.jumps += [(to, start) for start in self.run.net.starts.values()]
        return len(self.jumps) - len(self.run.net.starts)

    def _target(self, to: str, start: int) -> int:
        """Where a jump leads cases of a type; -1 where they have no such way."""
        try:
            return self.run.net.first(to, start)
        except SimulationError:
            return -1

    def _eyes(self, row: NDArray[np.int64], code: int, activity: Activity, base: dict[str, int]) -> None:
        row[at.EYE] = base.get(self.run.activities[code], -1)
        for column, names in ((at.SAME, activity.same_as), (at.NOT_SAME, activity.not_same_as)):
            if names:
                row[column] = len(self.eyes)
                self.eyes += [base[name] for name in names] + [-1]

    def _bot(self, row: NDArray[np.int64], code: int, name: str) -> float:
        run, bot = self.run, self.run.twin.bots[name]
        row[at.IS_BOT], row[at.BOT_TIME] = 1, self.luck.stream(run.bot_times[code])
        row[at.LIVE] = run.start if bot.since is None else to_utc(bot.since, run.twin.timezone)
        if bot.exception_role is not None:
            row[at.BY_HAND_DESK] = self.desk[bot.exception_role]
        if bot.exception_share > 0:
            row[at.BOT_FAILS] = self.luck.stream(run.bot_fails[code])
        return bot.exception_share

    def _batch(self, gate: Waiting) -> None:
        rule = gate.rule
        row = np.full(at.N_BATCH, -1, np.int64)
        row[at.SIZE], row[at.TIMEOUT] = rule.size or 0, -1 if rule.timeout is None else int(rule.timeout * 1e6)
        row[at.TOGETHER], row[at.BASE], row[at.N_CODES] = rule.done == "together", self.n_groups, 1
        if rule.per is not None:
            codes, values = self.run.cases.coded(rule.per)
            row[at.CODES], row[at.N_CODES] = sum(map(len, self.codes)), len(values)
            self.codes.append(codes.astype(np.int64))
        row[at.FIRST_HOUR], row[at.N_HOURS] = sum(map(len, self.hours)), 0
        if rule.at:
            self.hours.append(gate.hours_until(self.run.start, self.calendars.reach))
            row[at.N_HOURS] = len(self.hours[-1])
        self.n_groups += int(row[at.N_CODES])
        if gate.later is not None:
            row[at.BATCH_ENDS], row[at.LATER_BATCH] = gate.ends, len(self.batches) + 1
        self.batches.append(row)

    def _stocks(self) -> dict[str, Any]:
        stocks, levels, keys = [], [], []
        for stock in self.run.stocks.values():
            rule = stock.material
            every = -1 if rule.every is None else int(rule.every * 1e6)
            stocks.append((self.luck.law(stock.law), 0, every, int(rule.kind == "limit"), -1, -1))
            then = rule.later or rule
            points = [np.inf if each.reorder_point is None else each.reorder_point for each in (rule, then)]
            later = float(stock.switch), points[1], then.order_up_to
            levels.append((stock.on_hand, 0.0, points[0], rule.order_up_to, *later))
            keys.append(stock.key)
        return {
            "stock": np.array(stocks, np.int64).reshape(-1, at.N_STOCK),
            "level": np.array(levels, np.float64).reshape(-1, at.N_LEVEL),
            "stock_key": np.array(keys or [0], np.uint64),
            "use": np.array([use[:2] for use in self.uses], np.int64).reshape(-1, at.N_USE),
            "use_amount": np.array([use[2] for use in self.uses] or [0.0]),
            "amount_of_case": np.concatenate(self.amounts),
        }
