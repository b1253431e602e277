"""Changes of teams and queues: pooled, specialised, served in another order."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from bko_mining.errors import ScenarioError
from bko_mining.twin.people import QueueRule, Resource
from bko_mining.whatif.change import Change, activity_of, listed, role_of, unknown
from bko_mining.whatif.people import succeeded
from bko_mining.words import say

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin
    from bko_mining.twin.people import Role

_FIRST = Resource()
Order = Literal["type", "activity", "due_date", "value", "shortest", "oldest_case", "fifo", "lifo"]
_DISCIPLINE = {"type": "priority", "activity": "priority"}


class Pool(Change):
    """Several roles become one: everybody does the work of all of them, each in their own hours.

    From a day on the roles keep their queues, and everybody serves all of them.
    """

    kind: Literal["pool"] = "pool"
    roles: tuple[str, ...] = Field(min_length=2)
    name: str | None = Field(None, description="Name of the joint role.")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.roles)) < len(self.roles):
            raise ValueError(f"pool: name each role once, not {listed(self.roles)}")
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Merge the roles; rules of the queue are those of the first."""
        old = {name: role_of(twin, name) for name in self.roles}
        if self.since is not None:
            return self._from_a_day(twin, old)
        joint = self.name or " + ".join(self.roles)
        first = next(iter(old.values()))
        members = tuple(dict.fromkeys(who for name, role in old.items() for who in role.names(name)))
        people = dict(twin.resources)
        for name, role in old.items():
            for who in role.names(name):
                people[who] = _with_terms_of(role, people.get(who, _FIRST), unlike=first)
        roles = {name: role for name, role in twin.roles.items() if name not in old}
        roles[joint] = first.model_copy(update={"members": members, "size": None})
        return _moved(twin, roles, {name: joint for name in old}, people)

    def _from_a_day(self, twin: "Twin", old: "dict[str, Role]") -> "Twin":
        """Everybody is succeeded by themselves, who serve the queues of all the roles."""
        home = {who: name for name, role in reversed(old.items()) for who in role.names(name)}
        first = old[next(name for name in twin.roles if name in old)]
        twin, heirs = succeeded(twin, home, self.since)
        people, roles = dict(twin.resources), dict(twin.roles)
        for who, heir in heirs.items():
            people[heir] = _with_terms_of(old[home[who]], people[heir], unlike=first)
        for name in old:
            more = tuple(heir for heir in heirs.values() if heir not in roles[name].members)
            everybody = (*roles[name].names(name), *more)
            roles[name] = roles[name].model_copy(update={"members": everybody, "size": None})
        return twin.replace(roles=roles, resources=people)

    def describe(self) -> str:
        """Say which roles become one."""
        return say("{roles} as one team", roles=listed(self.roles))


class Specialise(Change):
    """One role is split: each part has activities and people of its own.

    From a day on the role stays one by name, and its people keep to the activities of their part.
    """

    kind: Literal["specialise"] = "specialise"
    role: str
    into: dict[str, tuple[str, ...]] = Field(min_length=2, description="New roles and the activities of each.")
    members: dict[str, int] = Field(default_factory=dict, description="People of each; None said: as even as can be.")

    def apply(self, twin: "Twin") -> "Twin":
        """Deal the activities and the people out, people in the order of the role."""
        role = role_of(twin, self.role)
        self._check(twin, role)
        if self.since is not None:
            return self._from_a_day(twin, role)
        people = list(role.names(self.role))
        sizes = self._sizes(len(people))
        roles = {name: old for name, old in twin.roles.items() if name != self.role}
        activities = dict(twin.activities)
        for part, names in self.into.items():
            mine, people = people[: sizes[part]], people[sizes[part] :]
            roles[part] = role.model_copy(update={"members": tuple(mine), "size": None})
            for name in names:
                activities[name] = activities[name].model_copy(update={"role": part})
        return twin.replace(roles=roles, activities=activities)

    def _from_a_day(self, twin: "Twin", role: "Role") -> "Twin":
        """Everybody is succeeded by themselves, who do the work of their part only (and that of their other roles)."""
        names = list(role.names(self.role))
        sizes = self._sizes(len(names))
        twin, heirs = succeeded(twin, names, self.since)
        people = dict(twin.resources)
        for part, activities in self.into.items():
            mine, names = names[: sizes[part]], names[sizes[part] :]
            for heir in (heirs[who] for who in mine):
                able = people[heir].skills or {a: 1.0 for key in twin.roles_of(heir) for a in twin.activities_of(key)}
                others = set(twin.activities_of(self.role)) - set(activities)
                skills = {name: speed for name, speed in able.items() if name not in others}
                people[heir] = people[heir].model_copy(update={"skills": skills})
        return twin.replace(resources=people)

    def describe(self) -> str:
        """Say into which parts."""
        return say("{role} split into {parts}", role=self.role, parts=listed(self.into))

    def _check(self, twin: "Twin", role: "Role") -> None:
        given = [name for names in self.into.values() for name in names]
        for name in given:
            if activity_of(twin, name).role != self.role:
                raise ScenarioError(
                    f"{name!r} is not done by {self.role!r}, which does: {listed(twin.activities_of(self.role))}"
                )
        left = set(twin.activities_of(self.role)) - set(given)
        if left or len(given) > len(set(given)):
            raise ScenarioError(
                f"each activity of {self.role!r} needs exactly one new role; left over: {listed(sorted(left))}"
            )
        n = len(role.names(self.role))
        if n < len(self.into) or sum(self.members.values()) not in (0, n):
            raise ScenarioError(f"{self.role!r} has {n} people: members must add up to {n}, at least one for each part")

    def _sizes(self, n: int) -> dict[str, int]:
        if self.members:
            return {part: self.members.get(part, 0) for part in self.into}
        base, rest = divmod(n, len(self.into))
        return {part: base + (place < rest) for place, part in enumerate(self.into)}


class Prioritise(Change):
    """Queues are served in another order: urgent types or activities first, earliest due date, largest value, ….

    With a go-live what waits on that day keeps its place before all that comes later.
    """

    kind: Literal["prioritise"] = "prioritise"
    by: Order | str = Field("type", description="type, activity, due_date, shortest, …, or a number attribute.")
    classes: dict[str, int] = Field(default_factory=dict, description="Smaller is served first.")
    roles: tuple[str, ...] = Field((), description="Roles concerned; none said: all.")
    preemptive: bool = Field(False, description="Urgent work interrupts other work.")

    @model_validator(mode="after")
    def _classes_of_something(self) -> Self:
        if self.classes and self.by not in _DISCIPLINE:
            raise ValueError(f"prioritise: classes go with by: type or by: activity, not with by: {self.by}")
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Set the rule of the queues and the classes."""
        self._check_ranks(twin)
        concerned = self.roles or tuple(twin.roles)
        update: dict[str, object] = {"discipline": _DISCIPLINE.get(self.by, self.by), "preemptive": self.preemptive}
        if self.by in twin.attributes:
            update |= {"discipline": "value", "value_attribute": self.by}
        elif self.by not in ("type", "activity", "due_date", "shortest", "oldest_case", "fifo", "lifo"):
            unknown("way to order queues or attribute", self.by, ["type", "activity", "due_date", *twin.attributes])
        roles = dict(twin.roles)
        if self.since is not None:
            update = {"later": self._later(twin, update)}
        for name in concerned:
            roles[name] = role_of(twin, name).model_copy(update=update)
        changed = self._with_classes(twin)
        return (twin if self.since is not None else changed).replace(roles=roles)

    def _check_ranks(self, twin: "Twin") -> None:
        """Refuse an order in which all are alike."""
        parts: Mapping[str, Any] = twin.activities if self.by == "activity" else twin.all_case_types
        if self.by not in _DISCIPLINE or self.classes or len({part.priority for part in parts.values()}) > 1:
            return
        raise ScenarioError(
            f"prioritise by {self.by} changes nothing, since no {self.by} comes before another in the twin; say which "
            f"does with classes: {{name: rank}}, smaller first, for: {listed(list(parts)[:12])}"
        )

    def _later(self, twin: "Twin", update: dict[str, object]) -> QueueRule:
        """The rule from the day on; its classes are its own, since case types keep theirs until then."""
        preemptive = [name for name in self.roles or twin.roles if role_of(twin, name).preemptive]
        if self.preemptive or preemptive:
            self.from_the_start("whether urgent work interrupts other work holds for the whole run")
        rule = {key: value for key, value in update.items() if key != "preemptive"}
        return QueueRule.model_validate({"since": self.since, "classes": self.classes, **rule})

    def describe(self) -> str:
        """Say who is served first."""
        if self.classes:
            order = listed(sorted(self.classes, key=lambda name: self.classes[name]))
            return say("queues serve first: {order}", order=order)
        return say("queues are served by {rule}", rule=say(self.by.replace("_", " ")))

    def _with_classes(self, twin: "Twin") -> "Twin":
        if self.by == "activity":
            activities = dict(twin.activities)
            for name, rank in self.classes.items():
                activities[name] = activity_of(twin, name).model_copy(update={"priority": rank})
            return twin.replace(activities=activities)
        types = dict(twin.case_types)
        for name, rank in self.classes.items():
            if name not in types:
                unknown("case type", name, types)
            types[name] = types[name].model_copy(update={"priority": rank})
        return twin.replace(case_types=types) if self.classes else twin


def _with_terms_of(role: "Role", person: Resource, *, unlike: "Role") -> Resource:
    """What a person had by role and would lose under another: hours and wage."""
    update: dict[str, object] = {}
    if person.calendar is None and role.calendar != unlike.calendar and role.calendar is not None:
        update["calendar"] = role.calendar
    if person.cost_per_hour is None and role.cost_per_hour != unlike.cost_per_hour:
        update["cost_per_hour"] = role.cost_per_hour
    if person.skills is not None:
        update["skills"] = None
    return person.model_copy(update=update)


def _moved(twin: "Twin", roles: "dict[str, Role]", new: dict[str, str], people: dict[str, Resource]) -> "Twin":
    """Let activities, bots and their exceptions follow roles to their new names."""
    activities = {
        name: activity.model_copy(update={"role": new.get(activity.role or "", activity.role)})
        for name, activity in twin.activities.items()
    }
    bots = {
        name: bot.model_copy(update={"exception_role": new.get(bot.exception_role or "", bot.exception_role)})
        for name, bot in twin.bots.items()
    }
    return twin.replace(
        roles=roles,
        activities=activities,
        bots=bots,
        resources={name: detail for name, detail in people.items() if detail != _FIRST},
    )
