"""Changes of the work: faster, automated, outsourced, batched, with fewer mistakes; and what it needs and costs."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from bko_mining.errors import ScenarioError
from bko_mining.twin.people import Bot, OrderingRule
from bko_mining.twin.values import ClockTime, Distribution, Price, Seconds, Share
from bko_mining.twin.work import Batching, Errors, Factor
from bko_mining.whatif.change import (
    Change,
    activity_of,
    listed,
    moment,
    on_days,
    role_of,
    times,
    unknown,
    with_activity,
    with_part,
)
from bko_mining.words import duration, number, percent, say

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin

Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
ENDLESS = 10_000
"""Licences of a bot that nobody ever waits for."""


class Speed(Change):
    """The working time of an activity is multiplied, for everybody who does it (same coefficient of variation)."""

    kind: Literal["speed"] = "speed"
    activity: str
    factor: float = Field(gt=0, description="0.5: half the time.")

    def apply(self, twin: "Twin") -> "Twin":
        """Scale the time, from the go-live on where there is one."""
        activity = activity_of(twin, self.activity)
        when = self.condition()
        if when is None:
            changes: dict[str, Any] = {"time": activity.time.scaled(self.factor)}
            if activity.batch and activity.batch.time_per_item:
                item = activity.batch.time_per_item.scaled(self.factor)
                changes["batch"] = activity.batch.model_copy(update={"time_per_item": item})
        else:
            changes = {"time_factors": (*activity.time_factors, Factor(when=when, factor=self.factor))}
        return with_activity(twin, self.activity, **changes)

    def describe(self) -> str:
        """Say how much faster or slower."""
        return say("{change} working time for {activity}", change=times(self.factor), activity=self.activity)


class Automate(Change):
    """Software does an activity; what it cannot do goes to the people who did it before.

    Without ``bots``, ``hours``, exceptions, costs and go-live it is done at once, round the clock, without a queue.
    """

    kind: Literal["automate"] = "automate"
    activity: str
    service_time: Distribution = Field(default=Distribution(value=60.0), description="Time of one run.")
    exception_share: Share = Field(0.0, description="Share of runs that people have to do again by hand.")
    exception_role: str | None = Field(None, description="Who does them; None: the role that did the activity.")
    bots: int | None = Field(None, ge=1, description="Items worked on at once; None: nobody ever waits.")
    hours: str | None = Field(None, description="Calendar of the bots (name or text); None: always.")
    cost_per_run: float = Field(0.0, ge=0)
    cost_per_month: float = Field(0.0, ge=0, description="Licences and upkeep.")
    investment: float = Field(0.0, ge=0, description="Money spent once, before the go-live.")

    def apply(self, twin: "Twin") -> "Twin":
        """Put a bot in the place of the role."""
        activity = activity_of(twin, self.activity)
        role = self.exception_role or activity.role
        if (self.exception_share > 0 or self.since) and role is None:
            raise ScenarioError(
                f"{self.activity!r} has no role that could do exceptions by hand; give exception_role, one of: "
                f"{listed(twin.roles)}"
            )
        plain = self.bots is None and self.hours is None and self.since is None
        if plain and not (self.exception_share or self.cost_per_run or self.cost_per_month):
            performers = {"System": 1.0}
            update = {"role": None, "bot": None, "automatic": True, "performers": performers, "time_by_resource": {}}
            return with_activity(twin, self.activity, time=self.service_time, setup=None, time_factors=(), **update)
        bot = Bot(
            licences=self.bots or ENDLESS,
            calendar=self.hours,
            time=self.service_time,
            exception_share=self.exception_share,
            exception_role=role,
            cost_per_run=self.cost_per_run,
            cost_per_month=self.cost_per_month,
            since=self.since,
        )
        name = f"{self.activity} bot"
        return with_activity(with_part(twin, "bots", name, bot), self.activity, role=None, bot=name, automatic=False)

    def describe(self) -> str:
        """Say what is automated."""
        rest = say(", {share} by hand", share=percent(self.exception_share)) if self.exception_share else ""
        return say("{activity} is automated{rest}", activity=self.activity, rest=rest)


class Outsource(Change):
    """A provider does an activity, or several in a row: back after a turnaround, for a price.

    The turnaround (clock time, or the time of ``hours``) is spent in the first of the activities; those that follow
    come back with it and take no time. During the transition the people who did the work go on doing it.
    """

    kind: Literal["outsource"] = "outsource"
    activities: tuple[str, ...] = Field(min_length=1)
    turnaround: Distribution
    hours: str | None = Field(None, description="Calendar of the provider (name or text); None: always.")
    error_share: Share = Field(0.0, description="Share that comes back wrong and is done again.")
    price_per_case: float = Field(0.0, ge=0)
    transition_weeks: float = Field(0.0, ge=0, description="After the go-live date, until the provider takes over.")
    investment: float = Field(0.0, ge=0, description="Money spent once, for the transition.")

    @model_validator(mode="before")
    @classmethod
    def _one_or_more(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("activities"), str):
            return data | {"activities": (data["activities"],)}
        return data

    def apply(self, twin: "Twin") -> "Twin":
        """Hand the activities to the provider."""
        for place, name in enumerate(self.activities):
            twin = self._hand_over(twin, name, first=place == 0)
        return twin

    def describe(self) -> str:
        """Say what is outsourced."""
        return say("{activities} outsourced", activities=listed(self.activities))

    def _hand_over(self, twin: "Twin", name: str, *, first: bool) -> "Twin":
        activity = activity_of(twin, name)
        if self._begin(twin) is not None and activity.role is None:
            raise ScenarioError(f"{name!r} has no role that could do it until the provider takes over")
        provider = Bot(
            licences=ENDLESS,
            calendar=self.hours if first else None,
            time=self.turnaround if first else Distribution(value=0.0),
            cost_per_run=self.price_per_case if first else 0.0,
            since=self._begin(twin),
            exception_role=activity.role,
        )
        key = f"{name} provider"
        changes: dict[str, Any] = {"role": None, "bot": key, "automatic": False}
        if first:
            changes["errors"] = self._errors(twin, name, activity.errors)
        return with_activity(with_part(twin, "bots", key, provider), name, **changes)

    def _errors(self, twin: "Twin", name: str, old: Errors | None) -> Errors | None:
        """What comes back wrong; until the provider takes over mistakes are made as before."""
        begin = self._begin(twin)
        new = Errors(share=self.error_share, to=name) if self.error_share else None
        if begin is None or (old is None and new is None):
            return new
        if old is None:
            return Errors(share=self.error_share, to=name, factors=(Factor(when=on_days("<", begin), factor=0.0),))
        if new is not None and old.to != name:
            raise ScenarioError(
                f"{name!r} sends mistakes to {old.to!r} today and a provider's come back to {name!r}: both cannot hold "
                "in one run; leave out go_live and transition_weeks, or error_share"
            )
        later = Factor(when=on_days(">=", begin), factor=self.error_share / old.share if old.share else 0.0)
        return old.model_copy(update={"factors": (*old.factors, later)})

    def _begin(self, twin: "Twin") -> Any:
        if self.since is None and not self.transition_weeks:
            return None
        return (self.since or twin.start) + timedelta(weeks=self.transition_weeks)


class Batch(Change):
    """Work is collected and done in batches: by number, after a while, or at times of day. ``off``: one by one.

    With a go-live what waits for its batch on that day is released then.
    """

    kind: Literal["batch"] = "batch"
    activity: str
    size: int | None = Field(None, ge=1, description="Released when so many wait.")
    every: Seconds | None = Field(None, description="Released so long after the first item came.")
    at: tuple[ClockTime, ...] = Field((), description="Released at these times of day.")
    weekdays: tuple[Weekday, ...] | None = None
    per: str | None = Field(None, description="One batch for each value of this attribute.")
    off: bool = Field(False, description="No batches any more.")

    @model_validator(mode="before")
    @classmethod
    def _one_or_more(cls, data: Any) -> Any:
        several = {key: (data[key],) for key in ("at", "weekdays") if isinstance(data.get(key), str | float | int)}
        return data | several

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if self.off and (self.size or self.every or self.at or self.weekdays or self.per):
            raise ValueError(f"batch of {self.activity!r}: off=True ends batches, so leave the other keys out")
        if not self.off and not (self.size or self.every or self.at):
            raise ValueError(f"batch of {self.activity!r}: give size, every or at, or off=True")
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Set the batching of the activity."""
        old = activity_of(twin, self.activity).batch
        if self.off and old is None:
            batched = [name for name, activity in twin.activities.items() if activity.batch]
            raise ScenarioError(
                f"{self.activity!r} is not done in batches in the twin; what is: {listed(batched) or 'nothing'}"
            )
        new = self._rule(old)
        if self.since is None:
            return with_activity(twin, self.activity, batch=new)
        if old is not None and old.later is not None:
            self.from_the_start(f"batches of {self.activity!r} change already, from {old.later.since} on")
        later = (new or Batching()).model_copy(update={"since": self.since})
        return with_activity(twin, self.activity, batch=(old or Batching()).model_copy(update={"later": later}))

    def _rule(self, old: Batching | None) -> Batching | None:
        """The new rule; what is not said stays as it was."""
        if self.off:
            return None
        update: dict[str, Any] = {"size": self.size, "timeout": self.every, "at": self.at, "weekdays": self.weekdays}
        update |= {"per": self.per} if self.per or old is None else {}
        return (old or Batching()).model_copy(update=update | {"later": None})

    def describe(self) -> str:
        """Say how the batches are made."""
        if self.off:
            return say("{activity} without batches", activity=self.activity)
        how = [say("{n} at a time", n=number(self.size))] if self.size else []
        how += [say("every {time}", time=duration(self.every))] if self.every else []
        how += [f"{int(at // 3600):02d}:{int(at % 3600 // 60):02d}" for at in self.at]
        how += [listed(say(name) for name in self.weekdays)] if self.weekdays else []
        return say("{activity} in batches ({how})", activity=self.activity, how=listed(how))


class Stock(Change):
    """Another ordering rule for a material."""

    kind: Literal["stock"] = "stock"
    material: str
    s: float | None = Field(None, description="Reorder point.")
    S: float | None = Field(None, ge=0, description="Order up to this level.")
    every: Seconds | None = Field(None, description="Time between reviews.")
    lead_time: Distribution | None = None

    def apply(self, twin: "Twin") -> "Twin":
        """Set the rule; what is not said stays as it was."""
        if self.material not in twin.materials:
            unknown("material", self.material, twin.materials)
        said = {"reorder_point": self.s, "order_up_to": self.S, "every": self.every, "lead_time": self.lead_time}
        update: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        old = twin.materials[self.material]
        if self.since is not None:
            if old.later is not None or self.every is not None or self.lead_time is not None:
                self.from_the_start("only s and S may change, once; reviews and lead times hold for the whole run")
            rule = {"reorder_point": old.reorder_point, "order_up_to": old.order_up_to} | update
            update = {"later": OrderingRule.model_validate({"since": self.since, **rule})}
        return with_part(twin, "materials", self.material, old.model_copy(update=update))

    def describe(self) -> str:
        """Say the new rule."""
        s = "–" if self.s is None else number(self.s)
        level = "–" if self.S is None else number(self.S)
        return say("{material} ordered at {s} up to {level}", material=self.material, s=s, level=level)


class Cost(Change):
    """Other prices: wages, cost of an activity, money spent once, each month or for each case."""

    kind: Literal["cost"] = "cost"
    role: str | None = None
    per_hour: float | None = Field(None, ge=0, description="Hourly cost of the role.")
    activity: str | None = None
    per_instance: float | None = Field(None, ge=0, description="Money for each instance of the activity.")
    investment: float = Field(0.0, description="Money spent once.")
    per_month: float = Field(0.0, description="Money spent each month.")
    per_case: float = Field(0.0, description="Money for each case.")

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if (self.role is None) != (self.per_hour is None):
            raise ValueError("cost: role and per_hour go together")
        if (self.activity is None) != (self.per_instance is None):
            raise ValueError("cost: activity and per_instance go together")
        if self.role is None and self.activity is None and not (self.investment or self.per_month or self.per_case):
            raise ValueError(
                "cost: give role and per_hour, activity and per_instance, investment, per_month or per_case"
            )
        return self

    def apply(self, twin: "Twin") -> "Twin":
        """Set wages and prices in the twin; the other amounts are added up by the money of an experiment."""
        if self.since is not None and (self.investment or self.per_month or self.per_case):
            raise ScenarioError(
                "cost cannot begin on a day for money spent once, each month or for each case: a business case counts "
                "its years from the go-live; give these without since, in a cost of their own"
            )
        if self.role is not None:
            role = role_of(twin, self.role)
            update = self._priced("cost_per_hour", self.per_hour, role.cost_from)
            twin = with_part(twin, "roles", self.role, role.model_copy(update=update))
        if self.activity is not None:
            later = activity_of(twin, self.activity).cost_from
            twin = with_activity(twin, self.activity, **self._priced("cost", self.per_instance, later))
        return twin

    def _priced(self, field: str, cost: float | None, later: tuple[Price, ...]) -> dict[str, Any]:
        """The new price, from the start (later ones are forgotten) or from the go-live on."""
        if self.since is None:
            return {field: cost, "cost_from": ()}
        kept = tuple(price for price in later if moment(price.since) < moment(self.since))
        return {"cost_from": (*kept, Price(since=self.since, cost=cost or 0.0))}

    def describe(self) -> str:
        """Say what costs what."""
        said = []
        if self.role is not None:
            said.append(say("{role} costs {amount} an hour", role=self.role, amount=number(self.per_hour or 0, 2)))
        if self.activity is not None:
            text = say("{activity} costs {amount}", activity=self.activity, amount=number(self.per_instance or 0, 2))
            said.append(text)
        if self.investment:
            said.append(say("{amount} spent once", amount=number(self.investment)))
        if self.per_month:
            said.append(say("{amount} a month", amount=number(self.per_month)))
        if self.per_case:
            said.append(say("{amount} a case", amount=number(self.per_case, 2)))
        return listed(said)
