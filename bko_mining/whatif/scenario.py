"""A scenario: a name and a list of changes that turn one twin into another."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from bko_mining.errors import ScenarioError, TwinError
from bko_mining.twin.references import Misfit
from bko_mining.twin.values import Day
from bko_mining.whatif.change import Change
from bko_mining.whatif.demand import Demand
from bko_mining.whatif.flow import Branch, Delay, Errors, Parallelise, Reorder, Rework, Skip
from bko_mining.whatif.mistakes import first_mistake, first_of_scenario, kind_of, mapping_of, wrong
from bko_mining.whatif.people import Hours, Staff, Train, Turnover
from bko_mining.whatif.teams import Pool, Prioritise, Specialise
from bko_mining.whatif.work import Automate, Batch, Cost, Outsource, Speed, Stock
from bko_mining.words import say

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin

KINDS: tuple[type[Change], ...] = (
    Staff,
    Hours,
    Turnover,
    Train,
    Pool,
    Specialise,
    Prioritise,
    Demand,
    Speed,
    Automate,
    Outsource,
    Batch,
    Stock,
    Cost,
    Branch,
    Errors,
    Rework,
    Skip,
    Parallelise,
    Reorder,
    Delay,
)
_KIND = {kind.model_fields["kind"].default: kind for kind in KINDS}
Time = str | float | timedelta | dict[str, Any]


def _change(data: Any) -> Change:
    """Read a change: ``{staff: {role: AP clerk, add: 2}}``, or the same with ``kind: staff`` inside."""
    if isinstance(data, Change):
        return data
    kind = kind_of(data, _KIND)
    inner = data if isinstance(data, dict) and "kind" in data else data[kind] if isinstance(data, dict) else None
    try:
        return _KIND[kind].model_validate(dict(mapping_of(kind, inner, _KIND[kind])))
    except ValidationError as problem:
        place, text = first_mistake(problem, _KIND[kind])
        raise Misfit((kind, *place), text) from None


AnyChange = Annotated[Change, BeforeValidator(_change)]


class Scenario(BaseModel):
    """A named list of changes; an immutable value that is built up step by step.

    Every method returns a new scenario with one more change; ``a + b`` does both. ``apply`` makes a changed copy of a
    twin and leaves the twin alone. ``since`` (or ``go_live``) lets a change begin on a day, so that the transition is
    seen. What a scenario names must exist in the twin: ``apply`` says what does.

    Examples
    --------
    >>> more = Scenario("Two more clerks").staff("Clerk", add=2)
    >>> busy = Scenario("Busy year").demand(1.2)
    >>> (more + busy).describe()
    'Two more clerks + Busy year: 2 more in Clerk; +20 % cases'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    changes: tuple[AnyChange, ...] = ()

    def __init__(self, name: str, changes: Sequence[Any] = (), **unknown: Any) -> None:
        if isinstance(changes, dict):
            raise ScenarioError(f"scenario {name!r}: changes is a list: put each change behind a dash of its own")
        try:
            super().__init__(name=name, changes=tuple(changes), **unknown)
        except ValidationError as problem:
            raise wrong(name, *first_of_scenario(problem, type(self))) from None

    def apply(self, twin: "Twin") -> "Twin":
        """Return the changed twin, without its memory of past cases: they knew nothing of the change.

        Raises
        ------
        ScenarioError
            If a change names something the twin does not have, or makes it contradict itself.
        """
        twin = twin.causal
        for change in self.changes:
            try:
                twin = change.apply(twin)
            except (ScenarioError, TwinError) as problem:
                raise ScenarioError(f"scenario {self.name!r}: {problem}") from None
        return twin

    def describe(self) -> str:
        """Say the scenario in one sentence, in the language in force."""
        if not self.changes:
            return say("{name}: nothing changes", name=self.name)
        return f"{self.name}: {'; '.join(change.sentence for change in self.changes)}"

    def __add__(self, other: "Scenario") -> Self:
        return type(self)(f"{self.name} + {other.name}", (*self.changes, *other.changes))

    def named(self, name: str) -> Self:
        """Return the scenario under another name."""
        return type(self)(name, self.changes)

    def go_live(self, since: Day | str) -> Self:
        """Let every change that names no day of its own begin on this day, so that the transition is seen.

        Changes that no run can begin on a day (interrupted work, reviews of stock, money once) say so when the scenario
        is applied.

        Examples
        --------
        >>> Scenario("Spring").staff("Clerk", add=1).speed("Check", 0.8).go_live("2026-03-02").describe()
        'Spring: 1 more in Clerk, from 2 Mar 2026 on; -20 % working time for Check, from 2 Mar 2026 on'
        """
        try:
            when = TypeAdapter(Day).validate_python(since)
        except ValidationError:
            raise wrong(self.name, ("go_live",), f"{since!r} is no day; write 2026-01-31") from None
        changes = [change if change.since else change.model_copy(update={"since": when}) for change in self.changes]
        return type(self)(self.name, changes)

    def to_data(self) -> dict[str, Any]:
        """Plain data, as it stands in a YAML file."""
        changes = []
        for change in self.changes:
            data = change.model_dump(mode="json", by_alias=True, exclude_unset=True)
            data |= {} if change.since is None else {"since": str(change.since)}
            data.pop("kind", None)
            changes.append({change.kind_name: data})
        return {"name": self.name, "changes": changes}

    def _with(self, kind: type[Change], **fields: Any) -> Self:
        said = {name: value for name, value in fields.items() if value is not None}
        try:
            change = kind(**said)
        except ValidationError as problem:
            place, text = first_mistake(problem, kind)
            raise wrong(self.name, (_name_of_kind(kind), *place), text) from None
        return type(self)(self.name, (*self.changes, change))

    def staff(  # noqa: PLR0913  (one way to say each thing)
        self,
        role: str,
        *,
        add: int | None = None,
        remove: int | str | Sequence[str] | None = None,
        set: int | None = None,
        like: str | None = None,
        calendar: str | None = None,
        names: Sequence[str] | None = None,
        since: Day | None = None,
    ) -> Self:
        """Hire (``add``), let go (``remove``: a number, a name or names) or ``set`` the size of a role.

        Newcomers work at the mean pace of the role, or ``like`` one member, in the hours of the role or ``calendar``.
        """
        gone = tuple(remove) if isinstance(remove, list | tuple) else remove
        staff = {"role": role, "add": add, "remove": gone, "set": set, "like": like, "calendar": calendar}
        return self._with(Staff, **staff, names=None if names is None else tuple(names), since=since)

    def hours(
        self,
        role: str | None = None,
        calendar: str | None = None,
        *,
        person: str | None = None,
        longer: Time | None = None,
        since: Day | None = None,
    ) -> Self:
        """Change working hours of a role (or a ``person``): a calendar, or so much ``longer`` each working day."""
        return self._with(Hours, role=role, person=person, calendar=calendar, longer=_time(longer), since=since)

    def turnover(
        self,
        role: str,
        *,
        yearly: float,
        vacancy: Time | None = None,
        ramp_up: Time | None = None,
        start_factor: float | None = None,
        since: Day | None = None,
    ) -> Self:
        """Let a share of a role leave each ``yearly``; places stay vacant, newcomers ramp up."""
        time = {"vacancy": _time(vacancy), "ramp_up": _time(ramp_up)}
        return self._with(Turnover, role=role, yearly=yearly, start_factor=start_factor, **time, since=since)

    def train(
        self,
        role: str | None = None,
        *,
        skills: str | Sequence[str] | dict[str, float],
        people: Sequence[str] | None = None,
        since: Day | None = None,
    ) -> Self:
        """Teach a role (or some ``people``) activities of others; a mapping gives the speed in each."""
        some = None if people is None else tuple(people)
        return self._with(Train, role=role, skills=skills, people=some, since=since)

    def pool(self, roles: Sequence[str], *, name: str | None = None, since: Day | None = None) -> Self:
        """Make several roles one in which everybody does everything."""
        return self._with(Pool, roles=tuple(roles), name=name, since=since)

    def specialise(
        self,
        role: str,
        into: dict[str, Sequence[str]],
        *,
        members: dict[str, int] | None = None,
        since: Day | None = None,
    ) -> Self:
        """Split a role into parts with their own activities and people."""
        return self._with(Specialise, role=role, into=into, members=members, since=since)

    def prioritise(
        self,
        by: str = "type",
        classes: dict[str, int] | None = None,
        *,
        roles: Sequence[str] | None = None,
        preemptive: bool | None = None,
        since: Day | None = None,
    ) -> Self:
        """Serve queues in another order: by case type or activity (``classes``), due date, value, shortest first."""
        only = None if roles is None else tuple(roles)
        return self._with(Prioritise, by=by, classes=classes, roles=only, preemptive=preemptive, since=since)

    def demand(
        self,
        factor: float | None = None,
        *,
        case_type: str | None = None,
        since: Day | None = None,
        until: Day | None = None,
        trend_per_year: float | None = None,
    ) -> Self:
        """Multiply the number of cases: all, of one type, from a day on, in a peak, or growing from year to year."""
        when = {"since": since, "until": until}
        return self._with(Demand, factor=factor, case_type=case_type, trend_per_year=trend_per_year, **when)

    def speed(self, activity: str, factor: float, *, since: Day | None = None) -> Self:
        """Multiply the working time of an activity (0.5: half the time)."""
        return self._with(Speed, activity=activity, factor=factor, since=since)

    def automate(  # noqa: PLR0913  (one way to say each thing)
        self,
        activity: str,
        *,
        service_time: Time | None = None,
        exception_share: float | None = None,
        cost_per_run: float | None = None,
        cost_per_month: float | None = None,
        investment: float | None = None,
        bots: int | None = None,
        hours: str | None = None,
        go_live: Day | None = None,
    ) -> Self:
        """Let software do an activity; exceptions go to the people who did it."""
        money = {"cost_per_run": cost_per_run, "cost_per_month": cost_per_month, "investment": investment}
        run = {"service_time": _time(service_time), "exception_share": exception_share, "bots": bots, "hours": hours}
        return self._with(Automate, activity=activity, since=go_live, **run, **money)

    def outsource(  # noqa: PLR0913  (one way to say each thing)
        self,
        activities: str | Sequence[str],
        *,
        turnaround: Time,
        hours: str | None = None,
        error_share: float | None = None,
        price_per_case: float | None = None,
        investment: float | None = None,
        transition_weeks: float | None = None,
        go_live: Day | None = None,
    ) -> Self:
        """Let a provider do one activity or several in a row, back after a turnaround, for a price."""
        names = (activities,) if isinstance(activities, str) else tuple(activities)
        money = {"price_per_case": price_per_case, "investment": investment}
        terms = {"turnaround": _time(turnaround), "hours": hours, "error_share": error_share}
        when = {"transition_weeks": transition_weeks, "since": go_live}
        return self._with(Outsource, activities=names, **terms, **money, **when)

    def batch(  # noqa: PLR0913  (one way to say each thing)
        self,
        activity: str,
        *,
        size: int | None = None,
        every: Time | None = None,
        at: str | Sequence[str] | None = None,
        weekdays: str | Sequence[str] | None = None,
        per: str | None = None,
        off: bool | None = None,
        since: Day | None = None,
    ) -> Self:
        """Collect work: by number, after a while, at times of day; ``off=True`` ends batching."""
        rule = {"size": size, "every": _time(every), "at": at, "weekdays": weekdays, "per": per, "off": off}
        return self._with(Batch, activity=activity, **rule, since=since)

    def stock(
        self,
        material: str,
        *,
        s: float | None = None,
        S: float | None = None,  # noqa: N803  (the name of the rule)
        every: Time | None = None,
        lead_time: Time | None = None,
        since: Day | None = None,
    ) -> Self:
        """Change the ordering rule of a material: reorder point ``s``, level ``S``, review period, lead time."""
        times = {"every": _time(every), "lead_time": _time(lead_time)}
        return self._with(Stock, material=material, s=s, S=S, **times, since=since)

    def cost(  # noqa: PLR0913  (one way to say each thing)
        self,
        *,
        role: str | None = None,
        per_hour: float | None = None,
        activity: str | None = None,
        per_instance: float | None = None,
        investment: float | None = None,
        per_month: float | None = None,
        per_case: float | None = None,
        since: Day | None = None,
    ) -> Self:
        """Change a wage or the price of an activity, or add money spent once, each month or for each case."""
        prices = {"role": role, "per_hour": per_hour, "activity": activity, "per_instance": per_instance}
        amounts = {"investment": investment, "per_month": per_month, "per_case": per_case}
        return self._with(Cost, **prices, **amounts, since=since)

    def branch(self, after: str, to: str, *, factor: float, since: Day | None = None) -> Self:
        """Multiply the share of cases that go from one activity to another; the other ways take the rest."""
        return self._with(Branch, after=after, to=to, factor=factor, since=since)

    def errors(self, activity: str, *, factor: float, since: Day | None = None) -> Self:
        """Multiply the share of mistakes made in an activity."""
        return self._with(Errors, activity=activity, factor=factor, since=since)

    def rework(self, activity: str, *, factor: float, since: Day | None = None) -> Self:
        """Multiply how often cases come back to an activity by errors and loops."""
        return self._with(Rework, activity=activity, factor=factor, since=since)

    def skip(
        self, activity: str, *, share: float | None = None, when: str | None = None, since: Day | None = None
    ) -> Self:
        """Leave an activity out: for a share of the cases, or for those for which a condition holds."""
        return self._with(Skip, activity=activity, share=share, when=when, since=since)

    def parallelise(self, activities: Sequence[str], *, at_once: bool | None = None, since: Day | None = None) -> Self:
        """Do activities that follow one another side by side; ``at_once``: without the waits for others between."""
        return self._with(Parallelise, activities=tuple(activities), at_once=at_once, since=since)

    def reorder(
        self, activity: str, *, before: str | None = None, after: str | None = None, since: Day | None = None
    ) -> Self:
        """Move an activity right before or right after another of its sequence."""
        return self._with(Reorder, activity=activity, before=before, after=after, since=since)

    def delay(
        self, activity: str, *, factor: float | None = None, time: Time | None = None, since: Day | None = None
    ) -> Self:
        """Multiply (or set) the waits for the outside before and after an activity."""
        return self._with(Delay, activity=activity, factor=factor, time=_time(time), since=since)


def _time(value: Time | None) -> Any:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _name_of_kind(kind: type[Change]) -> str:
    return str(kind.model_fields["kind"].default)
