"""Notebooks are compared strictly: pictures too, which nbval skips by default."""

from typing import Any


def pytest_collectstart(collector: Any) -> None:
    """Compare PNG outputs as well."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare = tuple(kind for kind in collector.skip_compare if kind != "image/png")
