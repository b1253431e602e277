"""What all changes of a scenario have in common: they are data, they check themselves against a twin, they speak."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bko_mining.errors import ScenarioError
from bko_mining.twin.values import Day
from bko_mining.twin.wording import nearest
from bko_mining.words import day, number, say

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin
    from bko_mining.twin.people import Role
    from bko_mining.twin.work import Activity


class Change(BaseModel):
    """One change of a twin. Subclasses say how it is made (``apply``) and in words (``describe``)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    since: Day | None = Field(None, description="Go-live: the change holds from this day on; None: from the start.")

    @model_validator(mode="before")
    @classmethod
    def _by_its_other_name(cls, data: Any) -> Any:
        """``go_live`` is ``since``."""
        if not isinstance(data, dict) or "go_live" not in data:
            return data
        if data.get("since") is not None:
            raise ValueError("since and go_live are the same: give one of them")
        return {("since" if key == "go_live" else key): value for key, value in data.items() if key != "since"}

    def apply(self, twin: "Twin") -> "Twin":
        """Return a changed copy of the twin."""
        raise NotImplementedError

    def describe(self) -> str:
        """Say the change in the language in force, without a full stop."""
        raise NotImplementedError

    @property
    def kind_name(self) -> str:
        """What the change is called where scenarios are written."""
        return str(type(self).model_fields["kind"].default)

    @property
    def sentence(self) -> str:
        """What changes, and from when on."""
        if self.since is None:
            return self.describe()
        return say("{change}, from {day} on", change=self.describe(), day=day(self.since))

    def from_the_start(self, why: str) -> None:
        """Refuse a go-live date where the twin has no way to hold one."""
        if self.since is not None:
            raise ScenarioError(f"{type(self).__name__.lower()} cannot begin on {self.since}: {why}")

    def condition(self, *, before: bool = False) -> str | None:
        """The go-live date as a condition of the twin: from then on, or ``before`` it."""
        return None if self.since is None else on_days("<" if before else ">=", self.since)


def role_of(twin: "Twin", name: str) -> "Role":
    """Return a role of the twin, or say which there are."""
    return twin.roles[name] if name in twin.roles else unknown("role", name, twin.roles)


def activity_of(twin: "Twin", name: str) -> "Activity":
    """Return an activity of the twin, or say which there are."""
    return twin.activities[name] if name in twin.activities else unknown("activity", name, twin.activities)


def unknown(what: str, name: str, known: Iterable[str]) -> NoReturn:
    """Say that a name does not exist, and which do.

    Raises
    ------
    ScenarioError
        Always.
    """
    names = sorted(known)
    shown = ", ".join(repr(entry) for entry in names[:12]) + (f" … ({len(names)} in all)" if len(names) > 12 else "")
    raise ScenarioError(f"the twin has no {what} {name!r}; {nearest(name, names)}it has: {shown or 'none'}")


def with_part(twin: "Twin", kind: str, name: str, part: Any) -> "Twin":
    """Return the twin with one entry of a mapping (roles, activities, resources, bots, …) put in or replaced."""
    return twin.replace(**{kind: getattr(twin, kind) | {name: part}})


def with_activity(twin: "Twin", name: str, **changes: Any) -> "Twin":
    """Return the twin with some fields of one activity changed."""
    return with_part(twin, "activities", name, activity_of(twin, name).model_copy(update=changes))


def on_days(comparison: str, since: Day) -> str:
    """Write a condition that holds before (``<``) or from (``>=``) a day on."""
    return f"date {comparison} {moment(since):%Y-%m-%d}"


def moment(value: Day) -> datetime:
    """The first instant of a day, or the instant itself."""
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def day_before(value: Day) -> date:
    """The day before a day."""
    return moment(value).date() - timedelta(days=1)


def times(factor: float) -> str:
    """Say a factor as a difference in percent: 1.1 is ``+10 %``.

    Examples
    --------
    >>> times(1.1), times(0.5)
    ('+10 %', '-50 %')
    """
    change = 100 * (factor - 1)
    sign = "+" if change >= 0 else ""
    return f"{sign}{number(change, 0 if abs(change - round(change)) < 0.05 else 1)} %"


def both(first: str | None, second: str | None) -> str | None:
    """Join two conditions, either of which may be missing.

    Examples
    --------
    >>> both("amount > 5", None), both("amount > 5", "date < 2026-03-01")
    ('amount > 5', 'amount > 5 and date < 2026-03-01')
    """
    return " and ".join(part for part in (first, second) if part) or None


def listed(names: Iterable[str]) -> str:
    """Write names one after the other."""
    return ", ".join(names)
