"""A study: scenarios and how to run them, in one YAML file beside the twin."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bko_mining.arguments import text_of
from bko_mining.errors import ScenarioError, TwinError
from bko_mining.twin.references import Misfit
from bko_mining.twin.yaml_file import as_twin_error, read_yaml
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.scenario import Scenario

if TYPE_CHECKING:
    from bko_mining.twin.model import Twin


class Design(BaseModel):
    """How the runs of a study are made; see ``run_experiment``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    replications: int | None = Field(None, ge=1)
    precision: float | None = Field(None, gt=0, lt=1)
    n_cases: int | None = Field(None, ge=1)
    horizon: float | str | None = None
    start: str = "empty"
    warm_up: int | str = 0
    cool_down: int | str = 0
    seed: int = 0
    confidence: float = Field(0.95, gt=0, lt=1)
    margin: float = Field(0.02, ge=0)


def _scenario(data: Any) -> Scenario:
    if isinstance(data, Scenario):
        return data
    if not isinstance(data, dict) or "name" not in data:
        raise ValueError(f"a scenario needs a name: {{name: …, changes: […]}}, not {str(data)[:60]!r}")
    since, rest = data.get("go_live"), {key: value for key, value in data.items() if key != "go_live"}
    try:
        scenario = Scenario(**{**rest, "changes": rest.get("changes") or ()})
        return scenario.go_live(since) if since is not None else scenario
    except ScenarioError as problem:
        raise Misfit(
            problem.place, f"scenario {data['name']!r}: {problem.text}" if problem.text else str(problem)
        ) from None


class Study(BaseModel):
    """Scenarios with the design of their experiment.

    A scenario is ``{name: …, changes: […]}``; with ``go_live: 2026-03-02`` all of its changes begin on that day.

    Examples
    --------
    >>> study = Study.from_yaml('''
    ... experiment: {replications: 20, n_cases: 500, seed: 7}
    ... scenarios:
    ...   - name: Two more clerks
    ...     changes: [{staff: {role: Clerk, add: 2}}]
    ... ''')
    >>> study.scenarios[0].describe()
    'Two more clerks: 2 more in Clerk'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    experiment: Design = Design()
    scenarios: tuple[Annotated[Scenario, BeforeValidator(_scenario)], ...] = Field(min_length=1)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a study from a YAML file.

        Raises
        ------
        ScenarioError
            If there is no file, it is no YAML, or says something a study does not know.
        """
        return cls.from_yaml(text_of(path, error=ScenarioError), name=str(path))

    @classmethod
    def from_yaml(cls, text: str, *, name: str = "scenarios") -> Self:
        """Read a study from YAML text; see ``load``."""
        try:
            data = read_yaml(text, name=name)
            return cls.model_validate({"scenarios": data} if isinstance(data, list) else data)
        except TwinError as problem:
            raise ScenarioError(str(problem)) from None
        except ValidationError as problem:
            raise ScenarioError(str(as_twin_error(problem, text, model=cls, name=name))) from None

    def to_yaml(self) -> str:
        """Write the study as YAML text."""
        design = self.experiment.model_dump(mode="json", exclude_defaults=True)
        data = {"experiment": design, "scenarios": [scenario.to_data() for scenario in self.scenarios]}
        text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
        return text

    def save(self, path: str | Path) -> Path:
        """Write the study to a YAML file and return its path."""
        file = Path(path)
        file.write_text(self.to_yaml(), encoding="utf-8")
        return file

    def run(self, twin: "Twin", **changes: Any) -> Comparison:
        """Run the experiment on a twin; ``changes`` go before the design (``replications=5``, ``store=…``)."""
        design = {name: getattr(self.experiment, name) for name in Design.model_fields} | changes
        return run_experiment(twin, self.scenarios, **design)
