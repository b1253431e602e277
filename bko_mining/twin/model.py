"""The twin: plain data that says how a back office works, in one YAML file."""

from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from bko_mining.arguments import text_of
from bko_mining.calendars import WorkCalendar
from bko_mining.errors import TwinError
from bko_mining.twin.arrivals import CASE, Arrivals, Attribute, CaseType, Correlation, ServiceLevel
from bko_mining.twin.conditions import Condition
from bko_mining.twin.observed import ObservedCases
from bko_mining.twin.people import Bot, Material, Overtime, Resource, Role, Turnover
from bko_mining.twin.references import Misfit, first_misfit
from bko_mining.twin.routing import Routing, ShareChange
from bko_mining.twin.start_state import InitialState
from bko_mining.twin.values import Day, Delay, Part
from bko_mining.twin.work import Activity
from bko_mining.twin.yaml_file import as_twin_error, read_yaml, write_yaml


class StepDelay(Delay):
    """A wait for the outside between two steps of a case.

    ``after`` alone: after every execution of that step; ``before`` alone: before every execution; both: on that
    transition only. ``(start)`` as ``after`` is the arrival, ``(end)`` as ``before`` the end of the case. A parallel
    block goes by its name. Delays that apply to one transition add up. With ``when`` a delay holds only for cases for
    which its condition is true as it begins.
    """

    after: str | None = None
    before: str | None = None
    when: Condition | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.after is None and self.before is None:
            raise ValueError("a delay needs after, before, or both")
        return self


class Evidence(Part):
    """How a part of the twin came about."""

    part: str = Field(description="Path in the twin, e.g. activities.Register invoice.time.")
    found: str = Field(description="What was found, in words.")
    n: int = Field(0, ge=0, description="Observations behind it.")
    goodness: float | None = Field(None, description="Goodness of fit, in [0, 1] or as said in assumption.")
    assumption: str = Field("", description="What was assumed.")
    numbers: dict[str, float] = Field(default_factory=dict, description="Figures behind it.")


class Twin(Part):
    """A digital twin of a back office.

    It holds data only; ``simulate`` runs it, a ``Scenario`` makes changed copies of it.

    Examples
    --------
    >>> twin = Twin.from_yaml('''
    ... arrivals: [{per_week: 40, calendar: office}]
    ... calendars: {office: Mon-Fri 09:00-17:00}
    ... roles: {Clerk: {members: [Ana, Bruno], calendar: office}}
    ... activities: {Register: {role: Clerk, time: {family: lognormal, mean: 12 min, cv: 0.6}}}
    ... routing: [Register]
    ... ''')
    >>> twin.activities["Register"].time.mean
    720.0
    """

    name: str = Field("", description="What the twin is about.")
    description: str = ""
    timezone: str = Field("UTC", description="IANA name of the clock the office lives by.")
    currency: str = Field("USD", pattern="^[A-Z]{3}$", description="ISO code of all money in the twin, such as BRL.")
    start: Day = Field(date(2026, 1, 5), description="When a run begins if nothing else is said (local time).")
    calendars: dict[str, str] = Field(default_factory=dict, description="Named calendars, one line each.")
    arrivals: tuple[Arrivals, ...] = Field(min_length=1, description="Streams of arrivals.")
    case_types: dict[str, CaseType] = Field(default_factory=dict, description="Kinds of cases; 'case' if left out.")
    attributes: dict[str, Attribute] = Field(default_factory=dict, description="What every case carries.")
    correlations: tuple[Correlation, ...] = Field((), description="Numbers that move together.")
    activities: dict[str, Activity] = Field(min_length=1, description="What is done, by name.")
    routing: Routing | None = Field(None, description="Way through the activities of all types without their own.")
    share_changes: tuple[ShareChange, ...] = Field((), description="Changes of where cases go, made by scenarios.")
    delays: tuple[StepDelay, ...] = Field((), description="Waits for the outside between steps.")
    roles: dict[str, Role] = Field(default_factory=dict, description="Groups of people who share work.")
    resources: dict[str, Resource] = Field(default_factory=dict, description="People who differ from their role.")
    bots: dict[str, Bot] = Field(default_factory=dict, description="Software that does work.")
    materials: dict[str, Material] = Field(default_factory=dict, description="Stock, or cash.")
    service_levels: tuple[ServiceLevel, ...] = Field((), description="Promises that are measured.")
    initial_state: InitialState | None = Field(None, description="Cases under way at the start.")
    observed: ObservedCases | None = Field(None, description="Past cases that runs of the as-is follow.")
    evidence: tuple[Evidence, ...] = Field((), description="How the parts came about (written by the fit).")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a twin from a YAML file.

        Raises
        ------
        TwinError
            If there is no file, it is no YAML, has unknown keys or impossible values; the message names the line and
            what is allowed there.
        """
        return cls.from_yaml(text_of(path, error=TwinError), name=str(path))

    @classmethod
    def from_yaml(cls, text: str, *, name: str = "twin") -> Self:
        """Read a twin from YAML text; see ``load``."""
        data = read_yaml(text, name=name)
        try:
            return cls.model_validate(data)
        except ValidationError as problem:
            raise as_twin_error(problem, text, model=cls, name=name) from None

    def to_yaml(self) -> str:
        """Write the twin as YAML text; what equals the default is left out."""
        return write_yaml(self.model_dump(mode="json", by_alias=True, exclude_defaults=True))

    def save(self, path: str | Path) -> Path:
        """Write the twin to a YAML file and return its path."""
        file = Path(path)
        file.write_text(self.to_yaml(), encoding="utf-8")
        return file

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some parts changed, checked as a whole.

        Raises
        ------
        TwinError
            If the changed parts do not fit the others.
        """
        parts = {name: getattr(self, name) for name in self.model_fields_set} | changes
        try:
            return type(self)(**parts)
        except ValidationError as problem:
            raise as_twin_error(problem, "", model=type(self), name="twin") from None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        misfit = first_misfit(self)
        if misfit is not None:
            raise Misfit(*misfit)
        return self

    @property
    def causal(self) -> Self:
        """The twin without its memory of past cases: queues, calendars and delays alone decide."""
        return self.replace(observed=None) if self.observed is not None else self

    def is_logged(self, stream: Arrivals) -> bool:
        """Whether cases of a stream appear in the log; else they are background work."""
        kinds = self.all_case_types
        return any(kinds[kind].logged for kind in stream.mix or (stream.case_type,))

    @property
    def unlogged(self) -> float:
        """Share of all work that seems to be in no log, as the fit found it."""
        return max(
            (item.numbers.get("share", 0.0) for item in self.evidence if item.part == "unlogged work"), default=0.0
        )

    @property
    def all_case_types(self) -> dict[str, CaseType]:
        """The case types, with the plain one where the twin names none."""
        return dict(self.case_types) or {CASE: CaseType()}

    def calendar(self, name: str | None) -> WorkCalendar:
        """Return the calendar of that name (or text) on the clock of the twin; always open for None."""
        if name is None:
            return WorkCalendar.always(timezone=self.timezone)
        return WorkCalendar.parse(self.calendars.get(name, name), timezone=self.timezone)

    def calendar_of(self, resource: str, role: str) -> WorkCalendar:
        """Return the hours of a member of a role."""
        own = self.resources[resource].calendar if resource in self.resources else None
        return self.calendar(own or self.roles[role].calendar)

    def roles_of(self, resource: str) -> tuple[str, ...]:
        """Return the roles a person belongs to."""
        return tuple(name for name, role in self.roles.items() if resource in role.names(name))

    def presence_of(self, resource: str) -> float:
        """Return the chance that a person is there on a working day: the own one, else the least of the roles."""
        own = self.resources[resource].availability if resource in self.resources else None
        return min(self.roles[name].availability for name in self.roles_of(resource)) if own is None else own

    def overtime_of(self, resource: str) -> Overtime | None:
        """Return the overtime of a person: of the first role that has any."""
        return next((rule for name in self.roles_of(resource) if (rule := self.roles[name].overtime)), None)

    def turnover_of(self, resource: str) -> Turnover | None:
        """Return the turnover of a person's place: of the first role that has any."""
        found = (self.roles[name].turnover for name in self.roles_of(resource))
        return next((rule for rule in found if rule is not None and rule.per_year > 0), None)

    def activities_of(self, role: str) -> tuple[str, ...]:
        """Return the activities a role does."""
        return tuple(name for name, activity in self.activities.items() if activity.role == role)

    @property
    def people(self) -> tuple[str, ...]:
        """Names of all people, in the order of the roles."""
        return tuple(dict.fromkeys(name for key, role in self.roles.items() for name in role.names(key)))

    def begin(self) -> datetime:
        """Return the local instant at which a run begins if nothing else is said."""
        return self.start if isinstance(self.start, datetime) else datetime(*self.start.timetuple()[:3])
