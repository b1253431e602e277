"""A run with all the rules of a twin: everything that the plain path of ``Run`` leaves out, each where it applies."""

from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

from bko_mining.simulate.arrivals import to_utc
from bko_mining.simulate.gates import Outside, Patience, Room, Stock, Store, Waiting
from bko_mining.simulate.luck import Draws, stream_key, uniform
from bko_mining.simulate.offices import Staff
from bko_mining.simulate.people import Item, Person, learning
from bko_mining.simulate.policies import CaseView, Policies
from bko_mining.simulate.pool import Pool, release
from bko_mining.simulate.quantiles import law_of
from bko_mining.simulate.routes import conditions
from bko_mining.simulate.rules import Factors, all_conditions, compile_condition, compile_factors, multiplied
from bko_mining.simulate.run import Entry, Run
from bko_mining.twin.values import Delay
from bko_mining.twin.work import Activity


class RuledRun(Run):
    """Adds set-up, learning, factors, batches, stock, errors, bots, patience, four eyes and preemption to a run."""

    policies = Policies()

    def prepare(self) -> None:
        """Hire the staff, set up gates and delays, and open the doors."""
        activities = list(self.twin.activities.values())
        asked = self.policies.route
        self.ruled = [_has_rules(activity) or name in asked for name, activity in self.twin.activities.items()]
        self.remembers = self._must_remember()
        self.did: dict[int, dict[int, Person]] = {}
        self.staff = Staff(self)
        self.staff.hire()
        self.performers = [self._performers(a) for a in activities]
        self.factors: list[Factors] = [[] for _ in activities]
        self.error_factors: list[Factors] = [[] for _ in activities]
        self.setups = [self._stream("setup", name, a.setup) for name, a in self.twin.activities.items()]
        self.per_item = [
            self._stream("item", name, a.batch.time_per_item if a.batch else None)
            for name, a in self.twin.activities.items()
        ]
        self.bot_times: dict[int, Draws | None] = {}
        self.bot_fails: dict[int, Draws] = {}
        self.lost: Counter[tuple[str, int]] = Counter()
        self.turned_away: list[tuple[Item, str]] | None = None
        self.slips = [self.draws("error", name) for name in self.activities]
        self.stocks = {name: Stock(self, name, material) for name, material in self.twin.materials.items()}
        for code, activity in enumerate(activities):
            self._furnish(code, activity)
        self._set_pauses()
        self.open_doors()
        for code, activity in enumerate(activities):
            self.factors[code] = compile_factors(activity.time_factors, self)
            self.error_factors[code] = compile_factors(activity.errors.factors if activity.errors else (), self)

    def _stream(self, purpose: str, name: str, law: Any) -> Draws | None:
        return None if law is None else self.draws(purpose, name, law=law_of(law))

    def undisturbed(self, move: Callable[[], None], now: int) -> None:
        """Move stock to its end; the cases of those who find a full queue meanwhile go on afterwards."""
        if self.turned_away is not None:
            move()
            return
        self.turned_away = []
        move()
        turned, self.turned_away = self.turned_away, None
        for item, to in turned:
            self.turn_away(item, to, now)

    def turn_away(self, item: Item, to: str, now: int) -> None:
        """Send an item on that found no room in the queue."""
        try:
            self.send_away(item, "were turned away", to, now)
        except RecursionError:
            # Sent back to a full queue in no time, again and again.
            self.turns(item.case, item.node)

    def send_away(self, item: Item, what: str, to: str, now: int) -> None:
        """Items that leave no row (turned away, or they gave up) are counted, and their cases go on elsewhere."""
        group, item.mates = item.mates or [item], None
        for each in group:
            self.lost[what, each.activity] += 1
            self.jump(each.case, to, each.activity, now)

    def _performers(self, activity: Activity) -> tuple[list[float], list[int], Draws] | None:
        """Names that appear on automatic work."""
        if not activity.performers:
            return None
        edges, low, codes = [], 0.0, []
        total = sum(activity.performers.values())
        for name, weight in activity.performers.items():
            low += weight / total
            edges.append(low)
            codes.append(self.name_code(name))
        return edges, codes, self.draws("performer", *activity.performers)

    def name_code(self, name: str) -> int:
        """The code of a resource name that is nobody's desk (System, an outsider)."""
        known = {person.name: person.code for person in self.people}
        if name in known:
            return known[name]
        person = Person(len(self.people), name, self.people[0].hours if self.people else None, None, [])  # type: ignore[arg-type]
        self.people.append(person)
        return person.code

    def _furnish(self, code: int, activity: Activity) -> None:
        """Chain the gates an item passes before its desk, and choose what happens at its end."""
        enter = self._desk_entry(code, activity)
        pooled = activity.bot is not None or (activity.role is not None and isinstance(self._desk(activity), Pool))
        if activity.patience is not None:
            enter = Patience(self, code, activity.patience, enter)
        if activity.queue_limit is not None:
            enter = Room(self, code, activity.queue_limit, self._desk(activity), enter)
        if activity.uses:
            enter = Store(self, activity.uses, enter)
        if activity.batch is not None:
            enter = Waiting(self, code, activity.batch, enter)
        self.entry[code] = enter
        if pooled or self.ruled[code] or self.remembers:
            self.on_finish[code] = self.finish_by_rules

    def _desk(self, activity: Activity) -> Any:
        return self.desks[f"bot {activity.bot}"] if activity.bot else self.desks[activity.role or ""]

    def _desk_entry(self, code: int, activity: Activity) -> Entry:
        if activity.automatic or (activity.role is None and activity.bot is None):
            plain = not (self.ruled[code] or self.performers[code])
            return self.begin_alone if plain else self.begin_alone_by_rules
        desk = self._desk(activity)
        if activity.bot is None:
            entry: Entry = desk.offer
            return entry
        return self._bot_entry(code, activity.bot, desk)

    def _bot_entry(self, code: int, name: str, desk: Pool) -> Entry:
        """A bot before its go-live leaves the work to people."""
        bot = self.twin.bots[name]
        own = None if bot.time is None else self.draws("bot", self.activities[code], law=law_of(bot.time))
        self.bot_times[code] = own
        self.bot_fails[code] = self.draws("exception", self.activities[code])
        live = to_utc(bot.since, self.twin.timezone) if bot.since is not None else self.start

        def enter(item: Item, now: int) -> None:
            if now < live and bot.exception_role is not None:
                self.by_hand(item, bot.exception_role, now)
            else:
                desk.offer(item, now)

        return enter

    def by_hand(self, item: Item, role: str, now: int) -> None:
        """A person does what the bot could not do."""
        item.by_hand = True
        self.desks[role].offer(item, now)

    def _set_pauses(self) -> None:
        """Delays by transition; a delay that names one side only holds for all transitions on that side."""
        steps = {name: code for name, code in self.labels.items() if name}
        for delay in self.twin.delays:
            pause = self._pause_of(("delay", delay.after, delay.before), delay)
            if delay.when is not None:
                pause.condition = conditions(delay.when)
                pause.when = compile_condition(pause.condition, self)
            sources = [steps[delay.after]] if delay.after in steps else [] if delay.after else list(steps.values())
            targets = [steps[delay.before]] if delay.before in steps else [] if delay.before else list(steps.values())
            for source, target in product(sources, targets):
                self.pauses.setdefault(source * self.width + target, []).append(pause)
        for i, node in enumerate(self.net.nodes):
            if node.delay is not None:
                self.waits[i] = self._pause_of(("wait", node.label), node.delay)

    def _pause_of(self, purpose: tuple[object, ...], delay: Delay) -> Outside:
        draw = self.draws(*purpose, law=law_of(delay.time))
        hours = None if delay.calendar is None else self.staff.timetable(self.twin.calendar(delay.calendar))
        return Outside(draw, hours)

    def _must_remember(self) -> bool:
        """Whether anything asks who did what in a case."""
        asks = any(a.same_as or a.not_same_as for a in self.twin.activities.values())
        things = {comparison.thing for _, condition in all_conditions(self) for comparison in condition}
        return asks or bool(things & {"last", "resource"})

    def fits(self, item: Item, person: Person, now: int) -> bool:
        """Whether a person may start an item now, apart from the hours."""
        activity = self.twin.activities[self.activities[item.activity]]
        if person.pace[item.activity] is None:
            return False
        if person.overtime and not person.regular.is_open(now) and not self._stays(item, person):
            return False
        if activity.same_as or activity.not_same_as:
            did = self.did.get(item.case, {})
            wanted = [did[self.labels[name]] for name in activity.same_as if self.labels[name] in did]
            if any(other is not person and now < other.leaves for other in wanted):
                return False
            if any(did.get(self.labels[name]) is person for name in activity.not_same_as):
                return False
        if activity.at_shift_end == "fits" and person.hours.is_open(now):
            return self.work(item, person, now) <= person.hours.room(now) or person.hours.at_opening(now)
        return True

    def bound(self, item: Item, now: int) -> Person | None:
        """Who did the step whose hands an item must stay in, while that person is there."""
        did = self.did.get(item.case, {})
        same = self.twin.activities[self.activities[item.activity]].same_as
        wanted = (did.get(self.labels[name]) for name in same)
        return next((person for person in wanted if person is not None and now < person.leaves), None)

    def _stays(self, item: Item, person: Person) -> bool:
        """Whether so many items wait that one is begun after hours; an item on its way to the queue counts."""
        waiting = {entry[2] for pool in person.pools for entry in pool.queue if not entry[2].gone}
        return len(waiting | {item}) >= person.overtime

    def work(self, item: Item, person: Person | None, now: int) -> int:
        """Working time of an item in these hands, microseconds."""
        if item.left is not None:
            return item.left
        code = item.activity
        times = self.bot_times.get(code) if person is not None and code in self.bot_times and not item.by_hand else None
        amount = float((times or self.service[code])(item.case, item.visit))
        for mate in item.mates or ():
            extra = self.per_item[code]
            amount += extra(mate.case, mate.visit) if extra is not None else 0.0
        amount = multiplied(amount, self.factors[code], item.case, now)
        if person is not None:
            pace = person.pace[code] or 1.0
            amount *= pace * learning(person, now)
            setup = self.setups[code]
            if setup is not None and person.last not in (code, -1):
                amount += setup(item.case, item.visit)
        return int(amount)

    def begin_by_rules(self, item: Item, person: Person, now: int) -> None:
        """A person starts (or goes on with) an item under all rules."""
        work = self.work(item, person, now)
        if item.start < 0:
            item.start = now
        for mate in item.mates or ():
            mate.start = item.start
        item.left, item.resumed = work, now
        item.person, item.who = person, person.code
        person.item, person.last = item, item.activity
        person.busy += work
        activity = self.twin.activities[self.activities[item.activity]]
        end = now + work if activity.at_shift_end == "carried_over" else person.finish(now, work)
        self.call(end - now, self._finish_version, (item, item.version))

    def resume(self, item: Item, person: Person | None, now: int) -> None:
        """Go on with an item that was in somebody's hands when the run began, be the hours open or not."""
        work = self.work(item, person, now)
        item.left, item.resumed = work, now
        end = now + work
        if person is not None:
            person.item, person.last = item, item.activity
            if person.pools:
                person.hands.append(item)
            end = person.work.after(now, work)
        self.call(end - now, self._finish_version, (item, item.version))

    def begin_alone_by_rules(self, item: Item, now: int) -> None:
        """Automatic work with factors, or with names on it."""
        item.start = now
        performers = self.performers[item.activity]
        if performers is not None:
            edges, codes, luck = performers
            u = luck(item.case, item.visit)
            item.who = codes[next((i for i, edge in enumerate(edges) if u < edge), len(codes) - 1)]
        self.call(self.work(item, None, now), self.on_finish[item.activity], item)

    def _finish_version(self, started: tuple[Item, int], now: int) -> None:
        """Only the latest start of an interrupted item counts."""
        item, version = started
        if item.version == version:
            self.on_finish[item.activity](item, now)

    def interrupt(self, person: Person, item: Item, now: int) -> None:
        """Put an item down: what is left of it waits again in its old place."""
        done = person.work.worked(item.resumed, now)
        item.left = max((item.left or 0) - done, 0)
        item.version += 1
        item.person = None
        person.busy -= item.left
        person.hands.remove(item)
        person.slots += 1
        person.item = None

    def finish_by_rules(self, item: Item, now: int) -> None:
        """The end of an item under all rules."""
        person = item.person
        for each in item.mates or [item]:
            each.who = item.who
            self.records.add(each, now)
            if item.by_hand:
                self.records.note("by_hand", True)
            if item.short:
                self.records.note("wait_stock", item.short)
        if self._bot_failed(item, person, now):
            return
        if self.remembers:
            self._remember(item, person)
        if person is not None:
            person.item = None
            if person.pools:
                release(person, item, now)
            else:
                person.desk.release(person, now)
        group, item.mates = item.mates or [item], None
        row = len(self.records) - len(group)
        # All are judged before anybody goes on: what one does next is no load on the work of the others.
        wrong = [self._went_wrong(each, person, row + k, now) for k, each in enumerate(group)]
        for each, back in zip(group, wrong, strict=True):
            self._go_on(each, back, now)

    def _bot_failed(self, item: Item, person: Person | None, now: int) -> bool:
        """An exception of the bot: its row stays, a person does it again."""
        code = item.activity
        if code not in self.bot_fails or item.by_hand:
            return False
        bot = self.twin.bots[self.twin.activities[self.activities[code]].bot or ""]
        if self.bot_fails[code](item.case, item.visit) >= bot.exception_share:
            return False
        group = item.mates or [item]
        self.records.note("bot_exception", True, rows=len(group))
        assert person is not None
        person.item = None
        release(person, item, now)
        anew = [Item(each.case, each.node, code, each.visit, now) for each in group]
        again = anew[0]
        again.mates = anew if item.mates else None
        self.by_hand(again, bot.exception_role or "", now)
        return True

    def _remember(self, item: Item, person: Person | None) -> None:
        for each in item.mates or [item]:
            self.last[each.case] = self.activities[item.activity]
            if person is not None:
                self.doer[each.case] = person.name
                self.did.setdefault(each.case, {})[item.activity] = person

    def _went_wrong(self, item: Item, person: Person | None, row: int, now: int) -> str | None:
        """Where a mistake sends the case, if there was one; its row says so."""
        errors = self.twin.activities[self.activities[item.activity]].errors
        if errors is None:
            return None
        usual = errors.share * (errors.by_resource.get(person.name, 1.0) if person else 1.0)
        share = multiplied(usual, self.error_factors[item.activity], item.case, now)
        if self.slips[item.activity](item.case, item.visit) >= share:
            return None
        self.records.notes.setdefault("error", {})[row] = True
        return errors.to

    def _go_on(self, item: Item, back: str | None, now: int) -> None:
        if back is not None:
            self.jump(item.case, back, self.label[item.node], now)
            return
        route = self.policies.route.get(self.activities[item.activity])
        target = None if route is None else route(self.view(item.case, "route", item.activity, now))
        if target is not None:
            self.jump(item.case, target, self.label[item.node], now)
        else:
            self.leave(item.case, item.node, item.visit, now)

    def view(self, case: int, purpose: str, activity: int, now: int) -> CaseView:
        """What own rules may know of a case."""
        visits = {name: self.visits[case * self.width + code] for name, code in self.labels.items()}
        key = stream_key(*self.luck, "policy", purpose, self.activities[activity], visits[self.activities[activity]])
        return CaseView(
            number=case + 1,
            kind=self.cases.kinds[self.kinds[case]],
            attributes={name: self.column(name)[case] for name in self.cases.columns},
            visits={name: visits[name] for name in self.activities},
            age=(now - self.arrival[case]) / 1e6,
            luck=uniform(key, int(self.cases.keys[case])),
        )

    def jump(self, case: int, to: str, step: int, now: int) -> None:
        """Go on from another activity than the routing says."""
        start = self.net.starts[self.cases.kinds[self.kinds[case]]]
        target = self.net.first(to, start)
        if self.kind[target] == 0:
            self.enable(case, target, step, now)
        else:
            self.through(case, target, step, now)


def _has_rules(activity: Activity) -> bool:
    return bool(
        activity.setup
        or activity.time_factors
        or activity.batch
        or activity.errors
        or activity.patience
        or activity.queue_limit
        or activity.bot
        or activity.uses
        or activity.at_shift_end != "suspended"
    )
