"""What tests of every folder share: no deadlines, and the browser that a person named for them."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from handrail.tasks.browser_setting import chosen_browser

# Workers share the cores: threads of torch that wait for each other would only hold them up.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The GPU's kernels run in Triton's interpreter, on the CPU; Triton reads this when it is imported.
os.environ.setdefault("TRITON_INTERPRET", "1")

# A slow machine is no defect: what must be quick is measured by the bench, not by a test.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def browser_program() -> Path | None:
    """Return the browser of HANDRAIL_BROWSER; without one, what is tested finds its own."""
    return chosen_browser(None, os.environ)
