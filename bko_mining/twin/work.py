"""The activities of a twin: what each takes, who does it, and the rules around it."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from bko_mining.twin.conditions import Condition
from bko_mining.twin.routing import END
from bko_mining.twin.values import ClockTime, Day, Distribution, Part, Price, Seconds, Share


class Factor(Part):
    """A service time or a share is multiplied where a condition holds (by attribute, load, date, number of visits)."""

    when: Condition
    factor: float = Field(ge=0)


class Batching(Part):
    """Items wait for one another and are released together: by number, after a while, or at a time of day.

    Whatever comes first releases the batch. Times of day count on the days of ``weekdays`` and
    ``month_days`` (all, if None).
    """

    size: int | None = Field(None, ge=1, description="Released when so many wait.")
    timeout: Seconds | None = Field(None, description="Released so long after the first item came.")
    at: tuple[ClockTime, ...] = Field((), description="Released at these times of day.")
    weekdays: tuple[Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], ...] | None = None
    month_days: tuple[Annotated[int, Field(ge=-28, le=31)], ...] | None = Field(
        None,
        description="Only on these days of the month; -1 is the last. Where calendar is closed that day, the next "
        "open day takes its place.",
    )
    calendar: str | None = Field(None, description="Releases at a time of day happen only on days this calendar opens.")
    per: str | None = Field(None, description="One batch for each value of this attribute, e.g. vendor.")
    done: Literal["together", "one_by_one"] = Field(
        "together", description="together: one piece of work for all; one_by_one: released into the queue."
    )
    time_per_item: Distribution | None = Field(
        None,
        description="together: work for each item on top of the activity's time, which is then for the whole batch.",
    )

    since: Day | None = Field(None, description="In later: the day from which it holds.")
    later: "Batching | None" = Field(
        None,
        description="Another rule from its since on; without size, timeout and at: no batches any more. What waits on "
        "that day is released.",
    )

    @property
    def collects(self) -> bool:
        """Whether items wait for one another at all."""
        return bool(self.size or self.timeout or self.at)

    @field_validator("month_days")
    @classmethod
    def _no_day_zero(cls, days: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if days is not None and 0 in days:
            raise ValueError("months have no day 0; count from 1, or backwards from -1")
        return days


class Errors(Part):
    """Mistakes that send the case back: with this share another activity follows instead of what comes next."""

    share: Share
    to: str = Field(description="Activity that follows a mistake; the case goes on from there.")
    by_resource: dict[str, float] = Field(default_factory=dict, description="Factor on the share for single people.")
    factors: tuple[Factor, ...] = Field((), description="Factors on the share that hold under conditions.")


class Patience(Part):
    """How long an item waits for its start before it leaves the queue."""

    time: Distribution
    to: str = Field(END, description="Activity that follows, or (end).")


class QueueLimit(Part):
    """Room in the queue: an item that finds so many waiting is turned away."""

    size: int = Field(ge=0)
    to: str = Field(END, description="Activity that follows, or (end).")


class Activity(Part):
    """An activity: how long it takes, who does it and under which rules.

    Without role and bot it is automatic: it starts at once and needs nobody.
    """

    time: Distribution = Field(description="Working time of one instance (service time).")
    role: str | None = Field(None, description="Role that does it.")
    bot: str | None = Field(None, description="Bot that does it.")
    automatic: bool = Field(False, description="Starts at once, round the clock, without queue; role only names who.")
    performers: dict[str, float] = Field(
        default_factory=dict, description="automatic: names and weights that appear in the log as resource."
    )
    setup: Distribution | None = Field(None, description="Extra work when the person did another activity before.")
    time_by_resource: dict[str, float] = Field(
        default_factory=dict, description="Factor on the time for single people."
    )
    time_factors: tuple[Factor, ...] = Field((), description="Factors on the time that hold under conditions.")
    at_shift_end: Literal["suspended", "carried_over", "fits"] = Field(
        "suspended",
        description="suspended: goes on at the next opening with the same person; carried_over: is finished in "
        "overtime; fits: is not started unless it fits before closing.",
    )
    batch: Batching | None = None
    errors: Errors | None = None
    patience: Patience | None = None
    queue_limit: QueueLimit | None = None
    uses: dict[str, float | str] = Field(
        default_factory=dict,
        description="Materials it takes from stock: amount, or the attribute that holds the amount.",
    )
    same_as: tuple[str, ...] = Field((), description="Done by the person who did these activities of the case before.")
    not_same_as: tuple[str, ...] = Field((), description="Never by the person who did these (four eyes).")
    priority: int | None = Field(None, description="Priority of this work, instead of the case type's.")
    due: Seconds | None = Field(
        None,
        description="Deadline: so long after the item could begin, where a role serves by due_date, instead of the "
        "case type's.",
    )
    cost: float = Field(0.0, ge=0, description="Money for each instance, besides people.")
    cost_from: tuple[Price, ...] = Field((), description="Other money for each instance, from days on.")
