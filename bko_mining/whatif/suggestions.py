"""What-ifs to start from: one more person where the work is, and more demand."""

from typing import TYPE_CHECKING

from bko_mining.whatif.scenario import Scenario
from bko_mining.words import say

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin


def suggested_scenarios(twin: "Twin", *, roles: int = 3) -> list[Scenario]:
    """Propose first what-ifs for a twin: one more person in its largest roles, and a tenth more demand.

    Parameters
    ----------
    twin : Twin
        The back office as it is.
    roles : int
        How many roles get one more person.

    Returns
    -------
    list of Scenario
        To be run as they are, or taken as a start.
    """
    largest = sorted(twin.roles, key=lambda name: (-len(twin.roles[name].members), name))[:roles]
    more = [Scenario(say("One more: {role}", role=role)).staff(role, add=1) for role in largest]
    return [*more, Scenario(say("Demand +10 %")).demand(1.1)]
