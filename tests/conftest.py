"""What tests of every folder share: the browser that a person named for them."""

import os
from pathlib import Path

import pytest

from handrail.tasks.browser_setting import chosen_browser


@pytest.fixture(scope="session")
def browser_program() -> Path | None:
    """Return the browser of HANDRAIL_BROWSER; without one, what is tested finds its own."""
    return chosen_browser(None, os.environ)
