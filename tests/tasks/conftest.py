"""What several tests of the commands begin with."""

from pathlib import Path

import pytest

from tests.tasks.run_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")
