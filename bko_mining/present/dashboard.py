"""Sliders for what-ifs: people of each role and demand, in a notebook or, served by voila, in any browser."""

import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ipywidgets
from markupsafe import escape

from bko_mining.errors import BkoError
from bko_mining.present.figures import png_bytes
from bko_mining.twin.model import Twin
from bko_mining.whatif.comparison import Comparison
from bko_mining.whatif.experiment import run_experiment
from bko_mining.whatif.scenario import Scenario
from bko_mining.words import percent, say

MOST = 8
"""Roles that get a slider: the largest."""


def what_if_panel(twin: Twin, *, replications: int = 10, n_cases: int = 1000, seed: int = 7) -> Any:
    """Return a panel of sliders that asks the twin what if.

    Parameters
    ----------
    twin : Twin
        The back office as it is.
    replications, n_cases, seed : int
        How each question is run; the same sliders always give the same answer.

    Returns
    -------
    ipywidgets.VBox
        Sliders, a button, the sentence of the answer and its picture.
    """
    sizes = {name: len(role.names(name)) for name, role in twin.roles.items()}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:MOST]
    people = {name: _slider(name, sizes[name]) for name in largest}
    demand = ipywidgets.FloatSlider(
        1.0, min=0.5, max=2.0, step=0.05, description=say("Demand ×"), style=_WIDE, layout=_LONG
    )
    button = ipywidgets.Button(description=say("Ask"), button_style="primary")
    sentence, picture = ipywidgets.HTML(), ipywidgets.Image(format="png", layout={"max_width": "760px"})
    run: dict[str, Any] = {"replications": replications, "n_cases": n_cases, "seed": seed, "progress": False}

    def ask(_: Any) -> None:
        button.disabled, sentence.value = True, _paragraph(say("Running …"))
        scenario = scenario_of({name: slider.value - sizes[name] for name, slider in people.items()}, demand.value)
        try:
            found = run_experiment(twin, [scenario], **run)
            sentence.value, picture.value = _paragraph(found.summary), _drawn(found)
        except BkoError as problem:
            sentence.value, picture.value = _paragraph(str(problem)), b""
        finally:
            button.disabled = False

    button.on_click(ask)
    return ipywidgets.VBox([ipywidgets.VBox([*people.values(), demand]), button, sentence, picture])


def scenario_of(people: Mapping[str, int], demand: float) -> Scenario:
    """Make a scenario of what the sliders say: people more or fewer a role, and a factor on demand.

    Examples
    --------
    >>> scenario_of({"Clerk": 2, "Buyer": 0}, 1.1).name
    'Clerk +2, Demand +10 %'
    """
    changed = {name: n for name, n in people.items() if n}
    words = [f"{name} {n:+d}" for name, n in changed.items()]
    if demand != 1:
        words.append(f"{say('Demand')} {'+' if demand > 1 else ''}{percent(demand - 1)}")
    scenario = Scenario(", ".join(words) or say("As it is"))
    for name, n in changed.items():
        scenario = scenario.staff(name, add=n) if n > 0 else scenario.staff(name, remove=-n)
    return scenario if demand == 1 else scenario.demand(demand)


def serve(twin: str | Path, *, language: str = "en", port: int = 8866) -> int:
    """Serve the panel of a twin to a browser until interrupted, and return the exit code of the server.

    Raises
    ------
    BkoError
        If voila is not installed.
    """
    if find_spec("voila") is None:
        raise BkoError("the dashboard needs voila: pip install 'bko-mining[present]'")
    Twin.load(twin)
    with TemporaryDirectory() as folder:
        notebook = Path(folder) / "what-if.ipynb"
        notebook.write_text(dumps(dashboard_notebook(Path(twin).resolve(), language)), encoding="utf-8")
        return subprocess.call([sys.executable, "-m", "voila", str(notebook), f"--port={port}"])


def dashboard_notebook(twin: Path, language: str) -> dict[str, Any]:
    """Write the notebook that voila shows, as the JSON of nbformat 4.5."""
    code = (
        "import bko_mining as bko\n"
        "from bko_mining.present.dashboard import what_if_panel\n"
        f"bko.set_language({language!r})\n"
        f"what_if_panel(bko.Twin.load({str(twin)!r}))"
    )
    heading = {"cell_type": "markdown", "id": "question", "metadata": {}, "source": f"# {say('What if')}"}
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "panel",
        "metadata": {},
        "source": code,
        "outputs": [],
        "execution_count": None,
    }
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [heading, cell]}


_WIDE = {"description_width": "240px"}
_LONG = {"width": "640px"}


def _slider(name: str, size: int) -> Any:
    return ipywidgets.IntSlider(size, min=max(1, size - 5), max=size + 8, description=name, style=_WIDE, layout=_LONG)


def _paragraph(words: str) -> str:
    return f"<p>{escape(words)}</p>"


def _drawn(found: Comparison) -> bytes:
    return png_bytes(found.plot())
