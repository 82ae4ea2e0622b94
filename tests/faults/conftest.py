"""One Chromium for all suites that a process of tests runs."""

from collections.abc import Iterator

import pytest

from tests.faults.web import kept_browser


@pytest.fixture(scope="session", autouse=True)
def chromium() -> Iterator[None]:
    """Keep the browser that the first suite begins."""
    with kept_browser():
        yield
