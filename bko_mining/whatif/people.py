"""Changes of people: how many, when they work, what they can do, who leaves."""

from collections.abc import Iterable
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bko_mining.calendars import WorkCalendar
from bko_mining.errors import CalendarError, ScenarioError
from bko_mining.twin.people import Resource
from bko_mining.twin.people import Turnover as Leaving
from bko_mining.twin.values import Day, Distribution, Seconds
from bko_mining.whatif.change import Change, activity_of, day_before, listed, role_of, unknown, with_part
from bko_mining.words import duration, number, percent, say

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin
    from bko_mining.twin.people import Role
    from bko_mining.twin.work import Activity

_FIRST = Resource()
DAY = 86_400.0


class Staff(Change):
    """More or fewer people in a role.

    A newcomer works as fast in each activity as the present members do on average (unweighted mean of their times),
    or like one of them, and keeps the hours of the role unless told otherwise.
    """

    kind: Literal["staff"] = "staff"
    role: str
    add: int | None = Field(None, ge=1, description="So many people more.")
    remove: int | str | tuple[str, ...] | None = Field(
        None, description="So many people fewer (the last of the list), or these people."
    )
    set: int | None = Field(None, ge=0, description="So many people in all.")
    like: str | None = Field(None, description="Newcomers work like this member.")
    calendar: str | None = Field(None, description="Hours of the newcomers (name or text).")
    names: tuple[str, ...] = Field((), description="Names of the newcomers.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(value is not None for value in (self.add, self.remove, self.set)) != 1:
            raise ValueError(f"staff of {self.role!r}: give exactly one of add, remove and set")
        if self.names and self.add is not None and len(self.names) != self.add:
            raise ValueError(f"staff of {self.role!r}: add={self.add} but {len(self.names)} names")
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Hire or let go."""
        role = role_of(twin, self.role)
        members = role.names(self.role)
        if self.set is not None:
            more = self.set - len(members)
            return self._hire(twin, role, more) if more > 0 else self._let_go(twin, role, members[self.set :])
        if self.add is not None:
            return self._hire(twin, role, self.add)
        return self._let_go(twin, role, self._leavers(members))

    def describe(self) -> str:
        """Say how the head count changes."""
        if self.set is not None:
            return say("{n} {n:person|people} in {role}", n=number(self.set), role=self.role)
        if self.add is not None:
            like = say(" who work like {name}", name=self.like) if self.like else ""
            return say("{n} more in {role}{like}", n=number(self.add), role=self.role, like=like)
        if isinstance(self.remove, int):
            return say("{n} fewer in {role}", n=number(self.remove), role=self.role)
        names = (self.remove,) if isinstance(self.remove, str) else self.remove or ()
        return say("{role} without {names}", role=self.role, names=listed(names))

    def _leavers(self, members: tuple[str, ...]) -> tuple[str, ...]:
        if isinstance(self.remove, int):
            if self.remove > len(members):
                raise ScenarioError(f"cannot remove {self.remove} of the {len(members)} people of {self.role!r}")
            return members[len(members) - self.remove :]
        names = (self.remove,) if isinstance(self.remove, str) else self.remove or ()
        for name in names:
            if name not in members:
                unknown(f"member of {self.role!r} named", name, members)
        return names

    def _let_go(self, twin: "Twin", role: "Role", leavers: tuple[str, ...]) -> "Twin":
        if self.since is not None:
            last = day_before(self.since)
            people = dict(twin.resources)
            for name in leavers:
                people[name] = people.get(name, _FIRST).model_copy(update={"until": last})
            return twin.replace(resources=people)
        stay = tuple(name for name in role.names(self.role) if name not in leavers)
        if not stay and twin.activities_of(self.role):
            raise ScenarioError(
                f"nobody would be left in {self.role!r}, which does {listed(twin.activities_of(self.role))}; "
                "keep one person, or automate or outsource the work"
            )
        smaller = role.model_copy(update={"members": stay, "size": None})
        return _without(twin, twin.roles | {self.role: smaller}, leavers)

    def _hire(self, twin: "Twin", role: "Role", n: int) -> "Twin":
        names = self.names or _fresh_names(twin, self.role, n)
        members = role.names(self.role)
        if self.like is not None and self.like not in members:
            unknown(f"member of {self.role!r} named", self.like, members)
        models = (self.like,) if self.like else members
        strangers = [name for name in names if name not in twin.people]
        activities = _taught(twin, self.role, strangers, models, self.like)
        # Luck and queues depend on the order of people: the newcomers come last.
        larger = role.model_copy(update={"members": (*members, *names), "size": None})
        people = dict(twin.resources)
        for name in strangers:
            detail = people.get(self.like, _FIRST) if self.like else _FIRST
            update: dict[str, Any] = {"until": None, "absences": ()}
            update |= {"since": self.since} if self.since else {}
            update |= {"calendar": self.calendar} if self.calendar else {}
            detail = detail.model_copy(update=update)
            if detail != _FIRST:
                people[name] = detail
        return twin.replace(roles=twin.roles | {self.role: larger}, resources=people, activities=activities)


class Hours(Change):
    """Other working hours for a role, or for one person."""

    kind: Literal["hours"] = "hours"
    role: str | None = None
    person: str | None = None
    calendar: str | None = Field(None, description="The new hours: name of a calendar, or text.")
    longer: Seconds | None = Field(None, description="Instead: so much longer at the end of each working day.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.role is None) == (self.person is None):
            raise ValueError("hours: give either role or person")
        if (self.calendar is None) == (self.longer is None):
            raise ValueError("hours: give either calendar or longer")
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Change the hours; with a go-live date everybody concerned is succeeded by themselves with the new hours."""
        members = self._concerned(twin)
        if self.since is not None:
            return self._from_a_day(twin, members)
        people = dict(twin.resources)
        for name, role in members.items():
            if self.person is not None or people.get(name, _FIRST).calendar is not None:
                new = self._new(twin, people.get(name, _FIRST).calendar or twin.roles[role].calendar)
                people[name] = people.get(name, _FIRST).model_copy(update={"calendar": new})
        roles = dict(twin.roles)
        if self.role is not None:
            old = roles[self.role]
            roles[self.role] = old.model_copy(update={"calendar": self._new(twin, old.calendar)})
        return twin.replace(roles=roles, resources=people)

    def describe(self) -> str:
        """Say the new hours."""
        who = self.role or self.person
        if self.longer is not None:
            return say("{who} works {time} longer each day", who=who, time=duration(self.longer))
        return say("{who} works {hours}", who=who, hours=self.calendar)

    def _concerned(self, twin: "Twin") -> dict[str, str]:
        if self.role is not None:
            return dict.fromkeys(role_of(twin, self.role).names(self.role), self.role)
        if self.person not in twin.people:
            unknown("person", str(self.person), twin.people)
        return {str(self.person): twin.roles_of(str(self.person))[0]}

    def _new(self, twin: "Twin", old: str | None) -> str | None:
        if self.calendar is not None:
            return self.calendar if self.calendar in twin.calendars else _checked(self.calendar)
        if old is None:
            return None
        calendar = WorkCalendar.parse(twin.calendars.get(old, old), timezone=twin.timezone)
        return str(longer_days(calendar, self.longer or 0.0))

    def _from_a_day(self, twin: "Twin", members: dict[str, str]) -> "Twin":
        new = {
            name: self._new(twin, twin.resources.get(name, _FIRST).calendar or twin.roles[role].calendar)
            for name, role in members.items()
        }
        twin, heirs = succeeded(twin, members, self.since)
        people = dict(twin.resources)
        for name, heir in heirs.items():
            people[heir] = people[heir].model_copy(update={"calendar": new[name]})
        return twin.replace(resources=people)


class Turnover(Change):
    """People leave, their places stay empty for a while, and newcomers learn."""

    kind: Literal["turnover"] = "turnover"
    role: str
    yearly: float = Field(ge=0, description="Share of the people who leave in a year.")
    vacancy: Distribution = Field(default=Distribution(value=45 * DAY), description="How long a place stays empty.")
    ramp_up: Seconds = Field(90 * DAY, description="Time until a newcomer is as quick as the others.")
    start_factor: float = Field(2.0, ge=1, description="Factor on a newcomer's time on the first day.")

    def apply(self, twin: "Twin") -> "Twin":
        """Set the turnover of the role."""
        role = role_of(twin, self.role)
        if role.turnover is not None:
            self.from_the_start(f"people of {self.role!r} leave already, and one rate holds for the whole run")
        terms = {"vacancy": self.vacancy, "ramp_up": self.ramp_up, "start_factor": self.start_factor}
        leaving = Leaving.model_validate({"per_year": self.yearly, "since": self.since, **terms})
        return with_part(
            twin, "roles", self.role, role.model_copy(update={"turnover": leaving if self.yearly else None})
        )

    def describe(self) -> str:
        """Say how many leave."""
        return say("{share} of {role} leave in a year", share=percent(self.yearly), role=self.role)


class Train(Change):
    """People learn activities of other roles, and help out there."""

    kind: Literal["train"] = "train"
    role: str | None = Field(None, description="Everybody of this role learns.")
    people: tuple[str, ...] = Field((), description="Or these people.")
    skills: dict[str, Annotated[float, Field(gt=0)]] = Field(
        min_length=1, description="Activities, with the speed in each (1: as usual)."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_a_list(cls, data: Any) -> Any:
        if isinstance(data, dict) and not isinstance(data.get("skills", {}), dict):
            skills = data["skills"]
            names = [skills] if isinstance(skills, str) else skills
            return data | {"skills": dict.fromkeys(names, 1.0)}
        return data

    @model_validator(mode="after")
    def _some(self) -> Self:
        if (self.role is None) == (not self.people):
            raise ValueError("train: give either role (everybody in it learns) or people")
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Let the learners join the roles that do the activities, for these activities only."""
        learners = self.people or role_of(twin, self.role or "").names(self.role or "")
        for name in learners:
            if name not in twin.people:
                unknown("person", name, twin.people)
        if self.since is not None:
            twin, heirs = succeeded(twin, learners, self.since)
            learners = tuple(heirs.values())
        people, roles = dict(twin.resources), dict(twin.roles)
        for name in learners:
            mine = people.get(name, _FIRST)
            own = {a: 1.0 for role in twin.roles_of(name) for a in twin.activities_of(role)}
            people[name] = mine.model_copy(update={"skills": (mine.skills or own) | self.skills})
        for activity in self.skills:
            role = activity_of(twin, activity).role
            if role is None:
                raise ScenarioError(f"{activity!r} is done by nobody (automatic or a bot): there is nothing to learn")
            more = tuple(name for name in learners if name not in roles[role].names(role))
            if more:
                everybody = (*roles[role].names(role), *more)
                roles[role] = roles[role].model_copy(update={"members": everybody, "size": None})
        return twin.replace(resources=_at_home(twin, people, learners), roles=roles)

    def describe(self) -> str:
        """Say who learns what."""
        who = self.role or listed(self.people)
        return say("{who} can also do {activities}", who=who, activities=listed(self.skills))


def succeeded(twin: "Twin", names: Iterable[str], since: Day | None) -> "tuple[Twin, dict[str, str]]":
    """Let people be succeeded by themselves on a day, so that what is true of them may change then.

    Returns
    -------
    Twin, dict
        With the heirs, who stand last in their roles; and the heir of each person.
    """
    assert since is not None
    people, roles, activities = dict(twin.resources), dict(twin.roles), dict(twin.activities)
    heirs = {name: f"{name} ({since})" for name in names}
    for name, heir in heirs.items():
        mine = people.get(name, _FIRST)
        people[heir] = mine.model_copy(update={"since": since})
        people[name] = mine.model_copy(update={"until": day_before(since)})
        activities = {key: _copied(value, heir, name) for key, value in activities.items()}
        for key in twin.roles_of(name):
            grown = (*roles[key].names(key), heir)
            roles[key] = roles[key].model_copy(update={"members": grown, "size": None})
    return twin.replace(resources=people, roles=roles, activities=activities), heirs


def longer_days(calendar: WorkCalendar, seconds: float) -> WorkCalendar:
    """Return a calendar whose last shift of each day ends later.

    Examples
    --------
    >>> str(longer_days(WorkCalendar.parse("Mon-Fri 08:00-12:00 13:00-17:00"), 7200))
    'Mon-Fri 08:00-12:00 13:00-19:00'
    """
    last = {shift.weekday: shift for shift in calendar.shifts}
    stretched = {shift: type(shift)(shift.weekday, shift.start, int(shift.end + seconds)) for shift in last.values()}
    shifts = tuple(stretched.get(shift, shift) for shift in calendar.shifts)
    return WorkCalendar.parse(str(calendar.replace(shifts=shifts)), timezone=calendar.timezone)


def _checked(text: str) -> str:
    try:
        WorkCalendar.parse(text)
    except CalendarError as problem:
        raise ScenarioError(str(problem)) from None
    return text


def _fresh_names(twin: "Twin", role: str, n: int) -> tuple[str, ...]:
    taken = set(twin.people)
    names: list[str] = []
    i = len(twin.roles[role].names(role))
    while len(names) < n:
        i += 1
        if f"{role} {i}" not in taken:
            names.append(f"{role} {i}")
    return tuple(names)


def _taught(
    twin: "Twin", role: str, newcomers: list[str], models: tuple[str, ...], like: str | None
) -> "dict[str, Activity]":
    """Give newcomers the mean time and the mean share of errors of their models in each activity of the role."""
    activities = dict(twin.activities)
    for name in twin.activities_of(role):
        for newcomer in newcomers:
            activity = activities[name]
            activities[name] = (
                _copied(activity, newcomer, like) if like else _averaged(twin, name, activity, newcomer, models)
            )
    return activities


def _copied(activity: "Activity", newcomer: str, model: str) -> "Activity":
    """The newcomer has the factors of the model in this activity."""
    update: dict[str, Any] = {}
    if model in activity.time_by_resource:
        update["time_by_resource"] = activity.time_by_resource | {newcomer: activity.time_by_resource[model]}
    if activity.errors and model in activity.errors.by_resource:
        factors = activity.errors.by_resource
        shares = {"by_resource": factors | {newcomer: factors[model]}}
        update["errors"] = activity.errors.model_copy(update=shares)
    return activity.model_copy(update=update) if update else activity


def _averaged(twin: "Twin", name: str, activity: "Activity", newcomer: str, models: tuple[str, ...]) -> "Activity":
    """The newcomer has the mean time of the models who do this activity, speed and skills included."""
    details = {model: twin.resources.get(model, _FIRST) for model in models}
    able = {m: d.speed * (d.skills or {}).get(name, 1.0) for m, d in details.items() if name in (d.skills or [name])}
    if not able:
        return activity
    time = fmean(activity.time_by_resource.get(model, 1.0) / speed for model, speed in able.items())
    update: dict[str, Any] = {}
    if time != 1.0:
        update["time_by_resource"] = activity.time_by_resource | {newcomer: time}
    if activity.errors and activity.errors.by_resource:
        factors = activity.errors.by_resource
        share = fmean(factors.get(model, 1.0) for model in able)
        update["errors"] = activity.errors.model_copy(update={"by_resource": factors | {newcomer: share}})
    return activity.model_copy(update=update) if update else activity


def _without(twin: "Twin", roles: "dict[str, Role]", leavers: tuple[str, ...]) -> "Twin":
    """Set the roles, and forget what is particular about people who now belong to none."""
    gone = set(leavers) - {name for key, role in roles.items() for name in role.names(key)}
    activities = {}
    for name, activity in twin.activities.items():
        kept = {who: factor for who, factor in activity.time_by_resource.items() if who not in gone}
        update: dict[str, Any] = {"time_by_resource": kept}
        if activity.errors:
            shares = {who: factor for who, factor in activity.errors.by_resource.items() if who not in gone}
            update["errors"] = activity.errors.model_copy(update={"by_resource": shares})
        activities[name] = activity.model_copy(update=update)
    people = {who: detail for who, detail in twin.resources.items() if who not in gone}
    return twin.replace(roles=roles, activities=activities, resources=people)


def _at_home(twin: "Twin", people: dict[str, Resource], learners: tuple[str, ...]) -> dict[str, Resource]:
    """Learners keep the hours of the role they come from."""
    for name in learners:
        home = twin.roles[twin.roles_of(name)[0]].calendar
        if people[name].calendar is None and home is not None:
            people[name] = people[name].model_copy(update={"calendar": home})
    return people
