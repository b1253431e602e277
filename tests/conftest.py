"""What the tests share: where the data beside the project lie."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent

# The same examples on every machine, in CI or not; `pytest --hypothesis-profile=explore` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("same")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with public logs and known answers; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("BKO_SHARED", ROOT.parent / "shared"))
    if not (folder / "logs").is_dir():
        pytest.skip(f"the public logs are not beside the project (looked in {folder}; set BKO_SHARED)")
    return folder
