"""Own rules in Python, where the vocabulary of the twin ends: who takes an item, and where a case goes.

They are asked at every decision they concern, which is slower than the rules of the twin, and they must depend on what
they are given only (no clock, no own chance), or the same seed no longer gives the same log.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CaseView:
    """What a rule may know of a case.

    Attributes
    ----------
    number : int
        Place in the order of arrival, from 1.
    kind : str
        Case type.
    attributes : mapping
        What the case carries.
    visits : mapping
        How often each activity was enabled in it so far.
    age : float
        Seconds since it arrived.
    luck : float
        A uniform number of this decision alone, for rules that need chance.
    """

    number: int
    kind: str
    attributes: Mapping[str, Any]
    visits: Mapping[str, int]
    age: float
    luck: float


Choose = Callable[[Sequence[str], CaseView], str]
Route = Callable[[CaseView], str | None]


@dataclass(frozen=True, slots=True)
class Policies:
    """Own rules of a run.

    Attributes
    ----------
    choose : mapping of role to function
        ``choose(names, case)`` gets the free members who may do an item, longest idle first, and returns one of them.
    route : mapping of activity to function
        ``route(case)`` is asked when the activity is done and returns the next activity, ``(end)``, or None to follow
        the routing of the twin.

    Examples
    --------
    >>> by_size = Policies(route={"Register": lambda case: "Check" if case.attributes["amount"] > 500 else None})
    >>> sorted(by_size.route)
    ['Register']
    """

    choose: Mapping[str, Choose] = field(default_factory=dict)
    route: Mapping[str, Route] = field(default_factory=dict)
