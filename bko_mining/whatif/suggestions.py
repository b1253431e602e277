"""What-ifs to start from: one more person where the work is, and more demand."""

from typing import TYPE_CHECKING

from bko_mining.whatif.scenario import Scenario
from bko_mining.words import number, say

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin


TENTH = 10


def suggested_scenarios(twin: "Twin", *, roles: int = 3) -> list[Scenario]:
    """Propose first what-ifs for a twin: one more person (or a tenth more) in its largest roles, a tenth more demand.

    Parameters
    ----------
    twin : Twin
        The back office as it is.
    roles : int
        How many roles get more people.

    Returns
    -------
    list of Scenario
        To be run as they are, or taken as a start.
    """
    largest = sorted(twin.roles, key=lambda name: (-len(twin.roles[name].members), name))[:roles]
    more = [_more(role, len(twin.roles[role].members)) for role in largest]
    return [*more, Scenario(say("Demand +10 %")).demand(1.1)]


def _more(role: str, n_people: int) -> Scenario:
    """One more person, or a tenth more where one among many could not be seen."""
    add = max(1, n_people // TENTH)
    name = say("One more: {role}", role=role) if add == 1 else say("{n} more: {role}", n=number(add), role=role)
    return Scenario(name).staff(role, add=add)
