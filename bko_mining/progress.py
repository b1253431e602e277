"""Bars with the time left, shown where somebody looks on."""

import os
import sys
from typing import Any


def bar(total: int, unit: str, *, shown: bool | None = None, delay: float = 1.0) -> Any:
    """Return a bar (a context manager with ``update()``) that appears after some seconds and leaves nothing behind.

    Parameters
    ----------
    shown : bool, optional
        Default: where somebody looks on, which is a terminal or a notebook opened in JupyterLab (not one executed in
        batch).
    """
    from tqdm.auto import tqdm

    return tqdm(
        total=total, unit=unit, leave=False, delay=delay, disable=not (_is_watched() if shown is None else shown)
    )


def _is_watched() -> bool:
    return bool(sys.stderr and sys.stderr.isatty()) or "JPY_SESSION_NAME" in os.environ
