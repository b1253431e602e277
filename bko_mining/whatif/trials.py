"""The plans of a search and their runs."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from bko_mining.whatif.contest import run_contest
from bko_mining.whatif.experiment import Crew
from bko_mining.whatif.fronts import Figures, Score, front_of, means_alike, means_of, score_of
from bko_mining.whatif.levers import Plan

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin


class Trials:
    """The plans of a search and their runs: as many of each, and more where a contest decides.

    As many of each on purpose: plans share their luck, so means of unlike numbers of runs are not alike. Runs dealt out
    by OCBA told 42 to 49 % of true fronts where as many runs for all told 59 to 64 % (two studies, four runs a plan).
    Two runs for all and the rest in rounds for plans not surely beaten, on one footing (``means_alike``), does not win
    either: of accounts payable's best area 98.1 % after 80 runs and 99.8 % after 160, where two runs for all and more
    plans give 99.1 and 99.8 % (four runs for all: 94.2 and 99.4 %; 12 seeds). Plans tell more than runs.
    """

    def __init__(
        self,
        crew: Crew,
        twin_of: "Callable[[Plan], Twin]",
        objectives: Sequence[str],
        constraints: Mapping[str, float],
        *,
        replications: int,
    ) -> None:
        self.crew, self.twin_of, self.replications = crew, twin_of, replications
        self.objectives, self.constraints = objectives, constraints
        self.place: dict[Plan, int] = {}

    def evaluate(self, plans: list[Plan]) -> list[Figures]:
        """The runs of some plans."""
        for plan in plans:
            self.place[plan] = self.crew.take_on(self.crew.setting.prepared(self.twin_of(plan)), str(plan))
        self.crew.run_until(self.replications, only=[self.place[plan] for plan in plans])
        return [self._mean(plan) for plan in plans]

    def contest(self, last: int) -> None:
        """Let the plans of the front contest."""
        front = [self.place[plan] for plan in front_of(self.figures(), self.objectives, self.constraints)]
        run_contest(self.crew, self._score, among=front, last=last)

    def figures(self) -> dict[Plan, Figures]:
        """Means of all plans, on one footing where some had more runs."""
        runs = [[outcome.figures for outcome in self.crew.outcomes[place]] for place in self.place.values()]
        return dict(zip(self.place, means_alike(runs), strict=True))

    def _mean(self, plan: Plan) -> Figures:
        return means_of([outcome.figures for outcome in self.crew.outcomes[self.place[plan]]])

    def _score(self, figures: Figures) -> Score:
        return score_of(figures, self.objectives)
