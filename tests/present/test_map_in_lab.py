"""The living map and model in a real JupyterLab: sliders and clicks in the browser reach the kernel, and back."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.present.browser import running
from tests.present.servers import NAME, ROOT, served

LAB = ("jupyterlab", NAME, "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True", "--allow-root")
PANEL = "[...window.jupyterapp.shell.widgets('main')].find((it) => it.sessionContext)"
CELLS = (
    "import bko_mining as bko, ipywidgets\n"
    f"log = bko.read_log({str(ROOT / 'sample_logs' / 'accounts_payable.csv')!r})\n"
    "it = bko.process_map(log).interactive()\nit",
    "echo = ipywidgets.Label('nothing')\necho.add_class('echo')\n"
    "say = lambda change: setattr(echo, 'value', f'{change.name} {len(it.selected)} {it.log.n_cases} at {it.level}')\n"
    "it.observe(say, ['selected', 'level'])\necho",
    "model = bko.discover_model(log).interactive()\n"
    "told = ipywidgets.Label('nothing')\ntold.add_class('told')\n"
    "model.observe(lambda change: setattr(told, 'value', f'{model.log.n_cases} cases'), 'selected')\n"
    "ipywidgets.VBox([told, model])",
)


@pytest.mark.browser
@pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab is not installed: pip install jupyterlab")
def test_sliders_and_clicks_reach_the_kernel(tmp_path: Path) -> None:
    with running(tmp_path / "profile") as tab, served(tmp_path, CELLS, LAB) as address:
        tab.open(f"{address}lab/tree/{NAME}?reset")
        tab.until(f"window.jupyterapp?.shell && {PANEL}?.content?.widgets?.length === 3", 60)
        tab.ask(f"window.jupyterapp.shell.activateById({PANEL}.id)")
        tab.until(f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'", 60)
        tab.ask("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        tab.until("document.querySelectorAll('.bko-card').length === 12 && document.querySelector('.echo')", 90)
        echo = "document.querySelector('.echo').textContent"
        # A slider moves the map and the kernel knows where it stands.
        tab.ask("document.querySelector('.bko-slider input').focus()")
        tab.press("ArrowLeft")
        tab.until(f"{echo}.startsWith('level 0 1495 at')")
        tab.until("document.querySelectorAll('.bko-card').length < 12")
        tab.press("ArrowRight")
        tab.until("document.querySelectorAll('.bko-card').length === 12")
        # A click on an activity filters the log in the kernel.
        tab.click(".bko-card[data-pick*='Resolve'] rect")
        tab.until(f"{echo}.startsWith('selected 1 205 at')")
        # So does a click on the model that bpmn-js draws.
        tab.until("document.querySelector('.bko-map[data-drawn]')", 60)
        tab.click(".djs-element[data-pick*='Code'] .djs-visual rect")
        tab.until("document.querySelector('.told').textContent === '535 cases'")
        assert not [error for error in tab.errors if "bko" in error]
