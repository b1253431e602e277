"""The plans of a search and their runs."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bko_mining.whatif.allocation import allocate
from bko_mining.whatif.contest import run_contest
from bko_mining.whatif.experiment import Crew
from bko_mining.whatif.fronts import Figures, Score, allowed_plans, front_of, means_of, score_of
from bko_mining.whatif.levers import Plan
from bko_mining.whatif.statistics import Numbers

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin


class Trials:
    """The plans of a search and their runs: a few of each first, more where they decide."""

    def __init__(
        self,
        crew: Crew,
        twin_of: "Callable[[Plan], Twin]",
        objectives: Sequence[str],
        constraints: Mapping[str, float],
        *,
        first: int,
    ) -> None:
        self.crew, self.twin_of, self.first = crew, twin_of, first
        self.objectives, self.constraints = objectives, constraints
        self.place: dict[Plan, int] = {}

    def evaluate(self, plans: list[Plan]) -> list[Figures]:
        """The first runs of some plans."""
        for plan in plans:
            self.place[plan] = self.crew.take_on(self.crew.setting.prepared(self.twin_of(plan)), str(plan))
        self.crew.run_until(self.first, only=[self.place[plan] for plan in plans])
        return [self._mean(plan) for plan in plans]

    def spend(self, runs: int) -> None:
        """Spend more runs on the plans that meet the constraints, where it is least sure which are on the front."""
        candidates = [self.place[plan] for plan in allowed_plans(self.figures(), self.constraints)]
        if runs > 0 and len(candidates) > 1:
            allocate(self._sample, dict.fromkeys(candidates, self.first), runs)

    def contest(self, last: int) -> None:
        """Let the plans of the front contest."""
        front = [self.place[plan] for plan in front_of(self.figures(), self.objectives, self.constraints)]
        run_contest(self.crew, self._score, among=front, last=last)

    def figures(self) -> dict[Plan, Figures]:
        """Means of all plans."""
        return {plan: self._mean(plan) for plan in self.place}

    def _mean(self, plan: Plan) -> Figures:
        return means_of([outcome.figures for outcome in self.crew.outcomes[self.place[plan]]])

    def _score(self, figures: Figures) -> Score:
        return score_of(figures, self.objectives)

    def _sample(self, counts: Mapping[int, int]) -> list[Numbers]:
        rows = self.crew.have(counts)
        return [np.array([self._score(outcome.figures) for outcome in rows[i]]) for i in counts]
