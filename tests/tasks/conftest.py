"""What several tests of the commands begin with."""

from pathlib import Path

import pytest

from handrail.actuators.actions import Terminate
from handrail.actuators.fake import FakeScreen
from handrail.agent.proposer import Puppet
from handrail.tasks.run import Crew, FakeTarget, RunEnd, RunRequest, run
from tests.tasks.run_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "handrail" / "runs"


@pytest.fixture
def done(state: Path) -> RunEnd:
    request = RunRequest("Say <b>hello</b>", FakeTarget(FakeScreen), runs_folder=state)
    return run(request, Crew(Puppet([Terminate(status="success")])))
