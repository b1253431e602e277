"""Who does the work: roles, people, bots; and what they need: materials."""

from typing import Literal

from pydantic import Field

from bko_mining.twin.values import Day, Distribution, Part, Price, Seconds, Share

Discipline = Literal["fifo", "lifo", "oldest_case", "due_date", "priority", "value", "shortest"]


class Turnover(Part):
    """People leave and are replaced: the place is vacant for a while, and the newcomer starts slowly.

    A newcomer's time is multiplied by ``1 + (start_factor - 1) * exp(-3 t / ramp_up)``: after ``ramp_up`` 95 % of the
    handicap is gone.
    """

    per_year: float = Field(ge=0, le=20, description="Share of the people who leave in a year (0.3 is 30 %).")
    vacancy: Distribution = Field(description="How long a place stays empty.")
    ramp_up: Seconds = Field(description="Time until a newcomer is practically as quick as the others.")
    start_factor: float = Field(2.0, ge=1, description="Factor on a newcomer's service time on the first day.")
    since: Day | None = Field(None, description="Nobody leaves before this day.")


class QueueRule(Part):
    """Another order of a queue from a day on; what waits on that day keeps its place before all that comes later."""

    since: Day
    discipline: Discipline
    value_attribute: str | None = Field(None, description="value: attribute whose largest value is served first.")
    classes: dict[str, int] = Field(
        default_factory=dict, description="priority: ranks of case types or activities instead of their own."
    )


class Overtime(Part):
    """Members stay after their last closing of the day while the queue is long.

    What is in hand at closing time is gone on with; new work is begun while at least ``queue`` items wait. After
    ``at_most`` everybody goes home.
    """

    queue: int = Field(1, ge=1, description="Items that must wait before another one is begun in overtime.")
    at_most: Seconds = Field(gt=0, le=86400, description="Longest overtime of a day.")


class Role(Part):
    """A group of people who share the same work.

    Who belongs to several roles does the work of all of them, in the hours (and at the wage) of the first, with the
    first overtime and turnover that any of them has.
    """

    members: tuple[str, ...] = Field((), description="Names; a person may belong to several roles.")
    size: int | None = Field(None, ge=0, description="Instead of names: so many people, named 'Role 1', 'Role 2', ….")
    calendar: str | None = Field(None, description="Hours of members without their own (name or text); None: always.")
    discipline: Discipline = Field(
        "fifo",
        description="Which item is next: first come; last come; oldest case; earliest due date; smallest priority "
        "number; largest value_attribute; shortest expected time.",
    )
    preemptive: bool = Field(False, description="priority: an urgent item interrupts work with a larger number.")
    value_attribute: str | None = Field(None, description="value: attribute whose largest value is served first.")
    later: QueueRule | None = Field(None, description="Another order of the queue from a day on.")
    choice: Literal["longest_idle", "least_loaded", "fastest", "random"] = Field(
        "longest_idle", description="Which free member takes an item."
    )
    turnover: Turnover | None = None
    availability: Share = Field(1.0, description="Chance that a member is there on a working day.")
    cost_per_hour: float = Field(0.0, ge=0)
    cost_from: tuple[Price, ...] = Field((), description="Other costs of an hour, from days on.")
    overtime: Overtime | None = None
    overtime_factor: float = Field(1.5, ge=0, description="Factor on the hourly cost outside the calendar.")

    def names(self, role: str) -> tuple[str, ...]:
        """Names of all members, the numbered ones included."""
        return self.members + tuple(f"{role} {i + 1}" for i in range(self.size or 0))


class Absence(Part):
    """Days on which a person is away (first and last day included)."""

    since: Day
    until: Day


class Resource(Part):
    """What is particular about a person; members of roles without an entry have none of it."""

    calendar: str | None = Field(None, description="Own hours (name or text) instead of the role's.")
    speed: float = Field(1.0, gt=0, description="2 is twice as fast as usual, in everything.")
    skills: dict[str, float] | None = Field(
        None, description="Activities the person can do, with the speed in each; None: everything of the roles."
    )
    capacity: int = Field(1, ge=1, description="Items the person works on at once (multitasking limit).")
    cost_per_hour: float | None = Field(None, ge=0, description="Instead of the role's.")
    since: Day | None = Field(None, description="First day of work.")
    until: Day | None = Field(None, description="Last day of work.")
    absences: tuple[Absence, ...] = ()
    availability: Share | None = Field(None, description="Chance to be there on a working day, instead of the role's.")
    ramp_up: Seconds | None = Field(None, description="Learning time of a newcomer who starts at since.")
    start_factor: float = Field(2.0, ge=1, description="Factor on the newcomer's service time on the first day.")


class Failures(Part):
    """Breakdowns of a bot: time between repairs and breakdowns, and time to repair."""

    every: Distribution
    repair: Distribution


class Bot(Part):
    """Software that works a queue: hours, licences, exceptions that go to people."""

    licences: int = Field(1, ge=1, description="Items worked on at once.")
    calendar: str | None = Field(None, description="Hours (name or text); None: always.")
    time: Distribution | None = Field(None, description="Time of one run; None: the activity's time.")
    speed: float = Field(1.0, gt=0, description="2 is twice as fast.")
    exception_share: Share = Field(0.0, description="Share of runs that end in an exception.")
    exception_role: str | None = Field(None, description="Role that then does the item by hand.")
    failures: Failures | None = None
    cost_per_run: float = Field(0.0, ge=0)
    cost_per_month: float = Field(0.0, ge=0, description="Licences and upkeep.")
    since: Day | None = Field(None, description="Go-live; before it, exception_role does the work.")


class OrderingRule(Part):
    """Another reorder point and level from a day on."""

    since: Day
    reorder_point: float | None = None
    order_up_to: float = Field(ge=0)


class Material(Part):
    """Stock (or cash) that activities use up, and how it is filled again.

    Continuous review: whenever stock on hand plus on order minus waiting demand is at or below ``reorder_point``, it is
    ordered up to ``order_up_to``. With ``every`` the check happens only so often. A limit, such as the cash for the
    payments of a day, is filled up to ``order_up_to`` however much waits, so that never more goes out between two
    reviews.
    """

    kind: Literal["stock", "limit"] = Field(
        "stock", description="stock: what waits is ordered on top; limit: filled up to order_up_to, never beyond."
    )
    initial: float = Field(ge=0, description="On hand at the start.")
    order_up_to: float = Field(ge=0)
    reorder_point: float | None = Field(None, description="None with every: order at every review.")
    every: Seconds | None = Field(None, gt=0, description="Periodic review: time between reviews; None: continuous.")
    lead_time: Distribution = Field(default=Distribution(value=0.0), description="From order to delivery.")
    cost: float = Field(0.0, ge=0, description="Money for one unit.")
    later: OrderingRule | None = Field(None, description="Another rule from a day on, at the first look at the stock.")
