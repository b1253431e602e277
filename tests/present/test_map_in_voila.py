"""The map with sliders in a real voila, dark: what is clicked in the browser filters the log in Python."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.present.browser import running

ROOT = Path(__file__).parents[2]
CELLS = (
    "import bko_mining as bko, ipywidgets\n"
    f"log = bko.read_log({str(ROOT / 'sample_logs' / 'accounts_payable.csv')!r})\n"
    "it = bko.process_map(log).interactive()\nit",
    "echo = ipywidgets.Label('nothing')\necho.add_class('echo')\n"
    "it.observe(lambda change: setattr(echo, 'value', f'{it.log.n_cases} cases'), 'selected')\necho",
)


def notebook() -> dict[str, object]:
    empty = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    cells = [{**empty, "id": f"cell-{place}", "source": source} for place, source in enumerate(CELLS)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "map.ipynb").write_text(json.dumps(notebook()), encoding="utf-8")
    command = [sys.executable, "-m", "voila", str(folder / "map.ipynb"), "--no-browser", f"--port={port}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(folder)}
    with (folder / "voila.log").open("w") as output:
        process = subprocess.Popen([*command, "--theme=dark"], env=environment, stdout=output, stderr=output)
    try:
        end = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None, (folder / "voila.log").read_text()[-2000:]
            assert time.monotonic() < end, "voila does not answer"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    try:
        urlopen(f"http://127.0.0.1:{port}/favicon.ico")
    except HTTPError:
        return True
    except URLError:
        return False
    return True


@pytest.mark.browser
@pytest.mark.skipif(find_spec("voila") is None, reason="voila is not installed: pip install 'bko-mining[present]'")
def test_a_click_in_the_browser_filters_the_log_in_python(tmp_path: Path) -> None:
    with running(tmp_path / "profile") as tab, served(tmp_path) as address:
        tab.open(address)
        tab.until("document.querySelectorAll('.bko-card').length === 12 && document.querySelector('.echo')", 90)
        tab.click(".bko-card[data-pick*='Resolve'] rect")
        tab.until("document.querySelector('.echo').textContent === '205 cases'")
        tab.click(".bko-picks button")
        tab.until("document.querySelector('.echo').textContent === '1495 cases'")
        assert tab.ask("getComputedStyle(document.querySelector('.bko-map')).backgroundColor") == "rgb(20, 25, 31)"
