"""Voila and JupyterLab as a user starts them, on a notebook written for the test."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
NAME = "map.ipynb"


def notebook(cells: Sequence[str]) -> dict[str, object]:
    """A notebook of code cells that have not run."""
    empty = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    made = [{**empty, "id": f"cell-{place}", "source": source} for place, source in enumerate(cells)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


@contextmanager
def served(folder: Path, cells: Sequence[str], command: Sequence[str]) -> Iterator[str]:
    """Write the notebook, start a server in its folder, and give its address; the server ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / NAME).write_text(json.dumps(notebook(cells)), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    said = folder / "server.log"
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--no-browser", f"--port={port}"],
            env=environment, stdout=output, stderr=output, cwd=folder,
        )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None, said.read_text()[-2000:]
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def answers(port: int) -> bool:
    """Whether something listens there."""
    try:
        urlopen(f"http://127.0.0.1:{port}/favicon.ico", timeout=10)
    except HTTPError:
        return True
    except (URLError, TimeoutError):
        return False
    return True
