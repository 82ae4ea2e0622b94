"""The demo's machinery with a player that knows the answers, and with one that does nothing."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.fake import FakeScreen
from handrail.actuators.observation import Observation
from handrail.agent.listener import Listener, Listeners
from handrail.agent.proposer import Puppet
from handrail.sandbox.policy import load_policy
from handrail.tasks import demo
from handrail.tasks.demo_result import demo_figures, write_demo_result
from handrail.tasks.demo_runs import Player, Round, play_note, play_page
from handrail.tasks.run import Crew, FakeTarget, RunRequest, run
from handrail.tasks.run_file import read_run_file
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.sites.goals import note_goal, settings_goal
from handrail.tasks.sites.server import Site
from handrail.tasks.suites.forms import form_figures, try_tasks

ROOT = Path(__file__).parents[2]


def _silent(_goal: str) -> Listener:
    return Listeners()


def _knowing(folder: Path, browser: Path | None) -> Player:
    return Player(None, ModelChoice("oracle"), _silent, folder, browser=browser)


def _idle(folder: Path, browser: Path | None) -> Player:
    says = '<tool_call>\n{"name": "computer_use", "arguments": {"action": "terminate", "status": "success"}}\n</tool_call>'  # noqa: E501
    puppet = Puppet([f"Action: Done\n{says}"] * 9)
    return Player(puppet, ModelChoice("idle"), _silent, folder, 0.2, browser)


@pytest.mark.timeout(300)
def test_whoever_knows_the_answers_reaches_all_three_goals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main(["--oracle", "--seed", "3", "--runs-folder", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.count("\nreached: ") == 3
    assert "1 of 1 seeds: all goals reached" in out
    runs = sorted(tmp_path.iterdir())
    assert len(runs) == 3
    for folder in runs:
        assert (folder / "report.html").is_file()
        steps = read_run_file(folder / "run.json").steps
        assert all(step.outcome == "done" for step in steps[:-1])


@pytest.mark.timeout(300)
def test_who_only_says_so_has_not_reached_it(tmp_path: Path, browser_program: Path | None) -> None:
    goal, note = settings_goal(1), note_goal(1)
    with Site() as site:
        page = play_page(_idle(tmp_path, browser_program), site, goal, site.add(goal))
    editor = play_note(_idle(tmp_path, browser_program), note)
    for checked in (page, editor):
        assert checked.end.result.kind == "success"
        assert not checked.good
    (problem,) = editor.problems
    assert problem.endswith('note.txt" is "' + note.after.decode() + "\": it holds ''")
    figures = {f.name: f for f in demo_figures([Round(1, (page, editor))])}
    assert figures["all goals reached"].value == 0.0
    assert figures["goal reached: note"].count == 1
    assert figures["median seconds of a step"].count == 2
    path = write_demo_result([Round(1, (page, editor))], tmp_path / "results")
    assert json.loads(path.read_text())["name"] == "demo"


@pytest.mark.timeout(300)
def test_form_tasks_are_counted_by_the_pages_state(
    tmp_path: Path, browser_program: Path | None
) -> None:
    done = try_tasks(_knowing(tmp_path, browser_program), [3])
    figures = {f.name: f for f in form_figures(done)}
    whole = figures["task done"]
    assert (whole.value, whole.count) == (1.0, 1)
    assert whole.chance == 0.0
    assert figures["said done and was not"].value == 0.0
    wrong = {f.name: f for f in form_figures(try_tasks(_idle(tmp_path, browser_program), [5]))}
    assert wrong["task done"].value == 0.0
    assert wrong["said done and was not"].value == 1.0


@pytest.mark.timeout(300)
def test_ctrl_c_ends_the_demo_and_not_only_its_present_run(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "handrail.tasks.demo", "--oracle", "--seeds", "1..9"]
    arguments = ["--runs-folder", str(tmp_path / "runs")]
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            next(line for line in lines if "[Click" in line or "Click at" in line)
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert children
    _, alive = psutil.wait_procs(children, 20)
    assert alive == []
    (run,) = (tmp_path / "runs").iterdir()
    assert read_run_file(run / "run.json").outcome == "stopped"


def test_an_interrupt_is_written_down_and_passes_through(tmp_path: Path) -> None:
    class Interrupted(FakeScreen):
        def observe(self) -> Observation:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(RunRequest("x", FakeTarget(Interrupted), runs_folder=tmp_path), Crew(Puppet([])))
    (folder,) = tmp_path.iterdir()
    assert read_run_file(folder / "run.json").outcome == "stopped"
    assert (folder / "report.html").is_file()


def test_a_missing_editor_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("mousepad") is None
    with pytest.raises(EnvironmentMissing, match="apt install mousepad"):
        play_note(_knowing(tmp_path, None), note_goal(1))


@pytest.mark.parametrize("text", ["3", "5..2", "a..b", "1..", "..2"])
def test_a_bad_range_of_seeds_is_a_usage_error(text: str) -> None:
    with pytest.raises(SystemExit) as caught:
        demo.main(["--seeds", text])
    assert caught.value.code == 2


def test_the_policy_grants_no_more_than_the_demo_needs() -> None:
    policy = load_policy(ROOT / "tasks" / "sites" / "policy.toml")
    granted = {(rule.effects, rule.surface, rule.host, rule.owned_display) for rule in policy.rules}
    assert granted == {
        (("commit",), "browser", "127.0.0.1", None),
        (("commit", "unknown"), "desktop", None, True),
    }
