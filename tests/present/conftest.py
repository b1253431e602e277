"""What the tests of pictures and pages share."""

from collections.abc import Iterator

import pytest

from tests.present.browser import Browser, running


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One tab of a headless browser for the tests of a module."""
    with running(tmp_path_factory.mktemp("profile")) as browser:
        yield browser
