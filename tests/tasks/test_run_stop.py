"""Stopping: by a signal while the model thinks or an action is under way, and by a crash."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.agent.stop import StopSwitch
from handrail.sandbox.journal import verify_journal
from handrail.tasks.cli import main
from handrail.tasks.errors import ExitCode
from handrail.tasks.run_file import read_run_file
from handrail.tasks.runs import RunFolder, list_runs
from handrail.tasks.stop_signals import stopping_on_ctrl_c

# A run of two typed words on a screen that takes its time, as `handrail run` runs it.
SCRIPT = """
import signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as nohup had not been there
from pathlib import Path
from handrail.actuators.actions import Terminate, Type
from handrail.actuators.fake import FakeScreen, Field
from handrail.actuators.geometry import Box
from handrail.agent.proposer import Puppet
from handrail.agent.stop import StopSwitch
from handrail.tasks.stop_signals import stopping_on_ctrl_c
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run

def pause(where):
    if where == sys.argv[2]:
        print("ready", flush=True)
        end = time.monotonic() + (60 if where == "thinking" else 2)
        while time.monotonic() < end:
            time.sleep(0.01)

class Thinker(Puppet):
    def propose(self, goal, history, observation):
        pause("thinking")
        return super().propose(goal, history, observation)

class Screen(FakeScreen):
    def __init__(self, verifier):
        super().__init__(verifier, [Field("Name", Box(left=5, top=5, right=95, bottom=30))])
        self.focus = self.widgets[0]

    def perform(self, action, permit):
        receipt = super().perform(action, permit)
        pause("acting")
        return receipt

stop = StopSwitch()
words = [Type(text="one"), Type(text="two"), Terminate(status="success")]
request = RunRequest("x", FakeTarget(Screen), policy=PolicyChoice(profile="unattended"),
                     runs_folder=Path(sys.argv[1]))
with stopping_on_ctrl_c(stop):
    end = run(request, Crew(Thinker(words), stop=stop))
sys.exit(end.exit_code)
"""


def interrupted(folder: Path, where: str, number: signal.Signals) -> int:
    """Start the run, send it a signal once it is there, and return its exit code."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), where], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        return process.wait(60)


def test_a_run_that_is_to_outlive_its_terminal_does() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping_on_ctrl_c(StopSwitch()):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_stop_file_that_nobody_can_look_for_stops() -> None:
    assert StopSwitch(Path("long" * 2000))()


def only(folder: Path) -> RunFolder:
    (run,) = list_runs(folder)
    return run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_model_thinks_ends_at_once(
    tmp_path: Path, number: signal.Signals
) -> None:
    assert interrupted(tmp_path, "thinking", number) == ExitCode.STOPPED
    run = only(tmp_path)
    assert read_run_file(run.record).outcome == "stopped"
    assert verify_journal(run.journal).actions == []
    assert run.report.is_file()


def test_ctrl_c_while_an_action_is_under_way_lets_it_end_and_begins_no_other(
    tmp_path: Path,
) -> None:
    assert interrupted(tmp_path, "acting", signal.SIGINT) == ExitCode.STOPPED
    run = only(tmp_path)
    assert read_run_file(run.record).outcome == "stopped"
    assert [state.state for state in verify_journal(run.journal).actions] == ["done"]


def test_a_crash_leaves_a_journal_that_says_what_is_in_doubt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert interrupted(tmp_path, "acting", signal.SIGKILL) == -signal.SIGKILL
    run = only(tmp_path)
    assert read_run_file(run.record).outcome == "running"
    assert main(["log", "verify", str(run.path)]) == 0
    assert "the last action is in doubt" in capsys.readouterr().out
