"""The map with sliders in a real voila, dark: what is clicked in the browser filters the log in Python."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.present.browser import running
from tests.present.servers import NAME, ROOT, served

CELLS = (
    "import bko_mining as bko, ipywidgets\n"
    f"log = bko.read_log({str(ROOT / 'sample_logs' / 'accounts_payable.csv')!r})\n"
    "it = bko.process_map(log).interactive()\nit",
    "echo = ipywidgets.Label('nothing')\necho.add_class('echo')\n"
    "it.observe(lambda change: setattr(echo, 'value', f'{it.log.n_cases} cases'), 'selected')\necho",
)


@pytest.mark.browser
@pytest.mark.skipif(find_spec("voila") is None, reason="voila is not installed: pip install 'bko-mining[present]'")
def test_a_click_in_the_browser_filters_the_log_in_python(tmp_path: Path) -> None:
    with running(tmp_path / "profile") as tab, served(tmp_path, CELLS, ("voila", NAME, "--theme=dark")) as address:
        tab.open(address)
        tab.until("document.querySelectorAll('.bko-card').length === 12 && document.querySelector('.echo')", 90)
        tab.click(".bko-card[data-pick*='Resolve'] rect")
        tab.until("document.querySelector('.echo').textContent === '205 cases'")
        tab.click(".bko-picks button")
        tab.until("document.querySelector('.echo').textContent === '1495 cases'")
        assert tab.ask("getComputedStyle(document.querySelector('.bko-map')).backgroundColor") == "rgb(20, 25, 31)"
