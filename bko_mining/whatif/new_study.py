"""A folder for a new study: the twin as it is, first what-ifs, and the headings of STRESS-DES to be filled in."""

from pathlib import Path

from bko_mining.errors import BkoError
from bko_mining.fit.fitting import fit_twin
from bko_mining.log.reading import read_log
from bko_mining.twin.model import Twin
from bko_mining.whatif.study import Design, Study
from bko_mining.whatif.suggestions import suggested_scenarios

_README = """# {name}

Headings after STRESS-DES (Monks et al. 2019).

## Question
Which decision shall this study inform, whose is it, and by when?

## Outcomes
Which figures decide (cycle time, breaches of the promise, cost per case), and what difference would matter?

## Experiments
The what-ifs in `scenarios.yaml`, and why these.

## Data
Source of the log or of the assumptions, period, what is left out.

## Assumptions
What the twin takes for granted; `twin.yaml` lists under `evidence` what was fitted and from how many observations.

## Run length, warm-up, replications, seed
See `scenarios.yaml`, `experiment`. Why are they enough?

## How to run
    bko compare twin.yaml scenarios.yaml -o compare.html
"""


def make_study(folder: str | Path, log: str | Path | None = None) -> list[Path]:
    """Make the folder of a new study.

    Parameters
    ----------
    folder : path
        The folder to make; its name is the study's.
    log : path, optional
        The export to fit the twin to.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    BkoError
        If the folder holds anything already, or no log is given.
    """
    target = Path(folder)
    if target.exists() and any(target.iterdir()):
        raise BkoError(f"{target} is not empty; choose another folder so that nothing is overwritten")
    if log is None:
        raise BkoError(f"a study needs a twin: give the export to fit it to (bko new-study {target} --log export.csv)")
    twin: Twin = fit_twin(read_log(log), name=target.name)
    study = Study(experiment=Design(replications=30, seed=7), scenarios=tuple(suggested_scenarios(twin)))
    target.mkdir(parents=True, exist_ok=True)
    readme = target / "README.md"
    readme.write_text(_README.format(name=target.name), encoding="utf-8")
    return [twin.save(target / "twin.yaml"), study.save(target / "scenarios.yaml"), readme]
