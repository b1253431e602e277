"""Levers: what may be set in a plan, each an ordered list of options that are scenarios."""

from collections.abc import Sequence
from dataclasses import dataclass

from bko_mining.errors import BkoError
from bko_mining.whatif.scenario import Scenario

Plan = tuple[int, ...]
"""One option of each lever, by position."""


@dataclass(frozen=True, slots=True)
class Lever:
    """Something a plan can set. Options that stand beside one another are alike (one person more, one hour more).

    Examples
    --------
    >>> Lever.staff("Clerk", 2, 4).options[0].describe()
    'Clerk: 2: 2 people in Clerk'
    >>> [option.name for option in Lever.either(Scenario("Software").automate("Check")).options]
    ['no Software', 'Software']
    """

    name: str
    options: tuple[Scenario, ...]

    @classmethod
    def staff(cls, role: str, low: int, high: int) -> "Lever":
        """So many people in a role, from ``low`` to ``high``."""
        if not 1 <= low <= high:
            raise BkoError(f"people in {role!r} go from at least 1 upwards, not from {low} to {high}")
        return cls(role, tuple(Scenario(f"{role}: {n}").staff(role, set=n) for n in range(low, high + 1)))

    @classmethod
    def hours(cls, role: str, calendars: Sequence[str]) -> "Lever":
        """Hours of a role: one of several calendars, shortest first."""
        return cls(f"hours of {role}", tuple(Scenario(f"{role}: {text}").hours(role, text) for text in calendars))

    @classmethod
    def either(cls, *scenarios: Scenario) -> "Lever":
        """Nothing, or one of these scenarios."""
        name = " / ".join(scenario.name for scenario in scenarios)
        return cls(name, (Scenario(f"no {name}"), *scenarios))


def scenario_of(levers: Sequence[Lever], plan: Plan) -> Scenario:
    """The scenario that sets every lever as a plan says.

    Changes of the flow and the work (automation) come before those of people, so that roles still exist.
    """
    chosen = [lever.options[i] for lever, i in zip(levers, plan, strict=True)]
    changes = [change for option in chosen for change in option.changes]
    name = ", ".join(option.name for option in chosen if not option.name.startswith("no ")) or "as it is"
    return Scenario(name, changes)


def neighbours(levers: Sequence[Lever], plan: Plan) -> list[Plan]:
    """Plans one step away in one lever."""
    found = []
    for place, lever in enumerate(levers):
        for step in (-1, 1):
            option = plan[place] + step
            if 0 <= option < len(lever.options):
                found.append((*plan[:place], option, *plan[place + 1 :]))
    return found
