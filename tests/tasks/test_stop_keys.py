"""Ctrl+Shift+Escape on a real display ends a run that thinks, or is in the middle of typing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.actuators.x11 import X11Link
from handrail.actuators.x11_input import X11Input
from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.journal import verify_journal
from handrail.tasks.errors import ExitCode
from handrail.tasks.run_file import read_run_file
from handrail.tasks.runs import list_runs
from handrail.tasks.stop_keys import stopping_on_keys

# A run that types twenty thousand characters on a screen that takes its time with each.
SCRIPT = """
import sys, time
from pathlib import Path
from handrail.actuators.actions import Terminate, Type
from handrail.actuators.fake import FakeScreen, Field
from handrail.actuators.geometry import Box
from handrail.agent.proposer import Puppet
from handrail.agent.stop import StopSwitch
from handrail.tasks.stop_signals import stopping_on_ctrl_c
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run
from handrail.tasks.stop_keys import stopping_on_keys

folder, display, where = sys.argv[1:]

class Screen(FakeScreen):
    def __init__(self, verifier):
        super().__init__(verifier, [Field("Name", Box(left=5, top=5, right=95, bottom=30))])
        self.focus = self.widgets[0]

    def _type(self, character):
        super()._type(character)
        if len(self.widgets[0].text) == 3:
            print("ready", flush=True)
        time.sleep(0.01)

class Thinker(Puppet):
    def propose(self, goal, history, observation):
        if where == "thinking":
            print("ready", flush=True)
            time.sleep(60)
        return super().propose(goal, history, observation)

stop = StopSwitch()
words = [Type(text="x" * 20_000), Terminate(status="success")]
request = RunRequest("x", FakeTarget(Screen), policy=PolicyChoice(profile="unattended"),
                     runs_folder=Path(folder))
with stopping_on_ctrl_c(stop), stopping_on_keys([display]):
    end = run(request, Crew(Thinker(words), stop=stop))
sys.exit(end.exit_code)
"""


@pytest.fixture(scope="module")
def display() -> Iterator[VirtualDisplay]:
    with VirtualDisplay.start(400, 300) as started:
        yield started


def press(display: VirtualDisplay) -> None:
    link = X11Link(display.name)
    hands = X11Input(link)
    codes = [link.display.keysym_to_keycode(symbol) for symbol in (0xFFE3, 0xFFE1, 0xFF1B)]
    for code in codes:
        hands.key(code, True)
    link.wait_until(lambda: False, 0.3)  # as long as a person holds them
    for code in reversed(codes):
        hands.key(code, False)
    link.close()


@pytest.mark.parametrize("where", ["thinking", "typing"])
def test_the_keys_stop_a_run(display: VirtualDisplay, tmp_path: Path, where: str) -> None:
    argv = [sys.executable, "-c", SCRIPT, str(tmp_path), display.name, where]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        press(display)
        assert process.wait(60) == ExitCode.STOPPED
    (run,) = list_runs(tmp_path)
    assert read_run_file(run.record).outcome == "stopped"
    told = [(one.state, one.reason) for one in verify_journal(run.journal).actions]
    if where == "thinking":
        assert told == []
    else:
        ((state, reason),) = told
        assert state == "in_doubt"
        assert reason.startswith("stopped after ")
        assert reason.endswith(" of 20000 characters")


def test_displays_that_do_not_answer_stop_nothing() -> None:
    with stopping_on_keys({"", ":4711", "nonsense"}):
        pass
