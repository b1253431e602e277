"""A headless Chromium driven through its DevTools protocol: open a page, ask it, click, press, take pictures."""

import json
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 30.0


class Browser:
    """One tab."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self._last = 0
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; note what the page complains of meanwhile."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        end = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < end, f"no answer to {method} after {PATIENCE} s"
            answer = json.loads(self._socket.recv())
            if answer.get("method") == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(answer["params"]["exceptionDetails"])[:500])
            if answer.get("id") == self._last:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def open(self, page: Path | str) -> None:
        """Open a file or an address, without a network."""
        address = page if isinstance(page, str) else page.resolve().as_uri()
        if isinstance(page, Path):
            self.send("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1,
                      uploadThroughput=-1)  # fmt: skip
        self.send("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def ask(self, expression: str) -> Any:
        """Evaluate JavaScript and return its value; promises are awaited."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, condition: str, patience: float = PATIENCE) -> None:
        """Wait until a condition holds."""
        end = time.monotonic() + patience
        while not self.ask(f"Boolean({condition})"):
            assert time.monotonic() < end, f"still not true after {patience} s: {condition}"
            time.sleep(0.05)

    def point(self, selector: str) -> tuple[float, float]:
        """The middle of an element on the screen."""
        found = self.ask(
            f"(() => {{ const it = document.querySelector({json.dumps(selector)});"
            "it.scrollIntoView({block: 'center'});"
            "const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        return found[0], found[1]

    def hover(self, selector: str) -> None:
        """Move the mouse over an element."""
        x, y = self.point(selector)
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, selector: str) -> None:
        """Click an element with the mouse."""
        x, y = self.point(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        """Press a key on what has the focus."""
        codes = {"ArrowLeft": 37, "ArrowRight": 39, "Enter": 13, "Tab": 9, "Escape": 27}
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            about = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
            self.send("Input.dispatchKeyEvent", type=kind, **about, **(text if kind == "keyDown" else {}))

    def picture(self, path: Path) -> None:
        """Write what the tab shows as PNG."""
        path.write_bytes(b64decode(self.send("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """End the conversation."""
        self._socket.close()


@contextmanager
def running(folder: Path) -> Iterator[Browser]:
    """Run a browser with a profile of its own; skip where there is none."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser here (looked for {', '.join(NAMES)}); `make browser` installs Chromium")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--window-size=1280,1000"]
    process = subprocess.Popen(
        [program, *options, f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        tab = Browser(_address(folder / "DevToolsActivePort", process))
        yield tab
        tab.close()
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _address(file: Path, process: "subprocess.Popen[bytes]") -> str:
    end = time.monotonic() + PATIENCE
    while not (file.exists() and file.read_text().count("\n") >= 1):
        assert process.poll() is None, "the browser did not start"
        assert time.monotonic() < end, "the browser opened no port"
        time.sleep(0.05)
    port = file.read_text().splitlines()[0]
    with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
        tabs = json.load(answer)
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))


def widget_page(script: str, state: str, *, head: str = "") -> str:
    """A page that draws a widget as JupyterLab would: its traits are ``window.state``, set by ``window.set``."""
    return f"""<!doctype html><meta charset="utf-8"><body data-jp-theme-light="false">{head}
        <div id="it"></div><script type="module">{script}
        const state = {state}, heard = {{}};
        window.state = state; window.saved = 0;
        window.set = (name, value) => {{ state[name] = value; heard["change:" + name]?.(); }};
        render({{ el: document.getElementById("it"), model: {{ get: (name) => state[name],
          set: (name, value) => window.set(name, value), save_changes: () => (window.saved += 1),
          on: (name, act) => (heard[name] = act) }} }});</script>"""
