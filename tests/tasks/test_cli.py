"""The command: one clear line and the right exit code for everything that is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.tasks.run import RunEnd
from handrail.tasks.run_file import read_run_file, write_run_file
from handrail.tasks.runs import create_run, runs_root
from tests.tasks.command import call, complaint

PAGE = "data:text/html,<title>hello</title>"
LONG = "long" * 100
pytestmark = pytest.mark.usefixtures("state")


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["run", "x", "--on", "browser"], 2, "needs --url"),
        (["run", " ", "--on", "browser", "--url", PAGE], 2, "goal is empty"),
        (["run", "x\udcff", "--on", "browser", "--url", PAGE], 2, "not valid text"),
        (["run", "x", "--on", "desktop", "--url", PAGE], 2, "--url does not go with --on desktop"),
        (["run", "x", "--on", "browser", "--url", PAGE, "--app", "a"], 2, "--app does not go"),
        (["run", "x", "--on", "desktop", "--app", "'"], 2, "cannot be read as a command"),
        (["run", "x", "--on", "desktop", "--monitor", "1", "--window", "a"], 2, "not both"),
        (["run", "x", "--on", "browser", "--url", PAGE, "--policy", "/no"], 2, "/no: cannot be"),
        (["run", "x", "--on", "browser", "--url", PAGE, "--grants", "/no"], 2, "/no: cannot be"),
        (["run", "x", "--on", "browser", "--url", PAGE, "--stop-file", "/"], 2, "is there already"),
        (["run", "x", "--on", "browser", "--url", PAGE, "--model", "/no"], 5, "no checkpoint"),
        (["run", "x", "--on", "browser", "--url", PAGE, "--stop-file", LONG], 2, "too long"),
        (["run", "x", "--on", "browser", "--url", PAGE, "--model", LONG], 5, "no checkpoint"),
        (["run", "x", "--on", "browser", "--url", PAGE, "--model", "~no one/m"], 5, "no check"),
        (["run", "x", "--on", "desktop", "--window", ""], 2, "--window is empty"),
        (["run", "x", "--on", "desktop", "--app", " "], 2, "--app is empty"),
        (["run", "x", "--on", "desktop", "--display", "a..b:0"], 5, "does not answer"),
        (["run", "x", "--on", "browser", "--url", PAGE, "--remote", "https://[::1"], 5, "address"),
        (["log", "show", LONG], 2, "no run is called"),
        (["log", "verify", f"/dev/null/{LONG}"], 2, "no run is called"),
        (["runs", "show", "nope"], 2, "no run is called 'nope'"),
        (["runs", "show", "last"], 2, "no run is called 'last'"),
        (["runs", "rm", "../../etc"], 2, "no run is called"),
        (["log", "verify", "nope"], 2, "no run is called 'nope'"),
        (["log", "show", "/etc/hostname"], 1, "line 1"),
    ],
)
def test_what_is_wrong_is_one_line_and_a_code(
    argv: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(argv) == code
    assert says in complaint(capsys)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["fly"],
        ["run", "x"],
        ["run", "x", "--on", "moon"],
        ["run", "x", "--on", "browser", "--url", PAGE, "--max-steps", "0"],
        ["run", "x", "--on", "browser", "--url", PAGE, "--yes"],
    ],
)
def test_what_argparse_refuses_is_usage(argv: list[str]) -> None:
    assert call(argv) == 2


def test_runs_are_listed_shown_and_removed(
    done: RunEnd, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["runs", "list"]) == 0
    assert f"{done.folder.name}  success" in capsys.readouterr().out
    assert call(["runs", "show", "last"]) == 0
    assert "End with success" in capsys.readouterr().out
    assert call(["runs", "show", done.folder.name[:12], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["asked"]["goal"] == "Say <b>hello</b>"
    assert call(["runs", "rm", done.folder.name]) == 0
    assert not done.folder.path.exists()


def test_a_run_that_goes_on_is_removed_only_by_force(done: RunEnd) -> None:
    content = read_run_file(done.folder.record)
    write_run_file(done.folder.record, content.model_copy(update={"outcome": "running"}))
    assert call(["runs", "rm", "last"]) == 2
    assert done.folder.path.exists()
    assert call(["runs", "rm", "last", "--force"]) == 0


def test_nothing_but_run_folders_is_listed_or_removed(state: Path) -> None:
    create_run(state)
    (state / "mine").mkdir()
    (state / "20260101-000000-abcd").symlink_to(state / "mine")
    assert call(["runs", "rm", "mine"]) == 2
    assert call(["runs", "rm", "20260101"]) == 2
    assert (state / "mine").is_dir()


def test_the_state_directory_follows_xdg() -> None:
    home = Path("/home/ada")
    assert runs_root({}, home) == home / ".local/state/handrail/runs"
    assert runs_root({"XDG_STATE_HOME": "relative"}, home) == home / ".local/state/handrail/runs"
    assert runs_root({"XDG_STATE_HOME": "/s"}, home) == Path("/s/handrail/runs")


def test_commands_that_need_no_model_load_no_torch() -> None:
    """Also no browser and no template engine: `handrail --help` is quick."""
    script = (
        "import sys\nfrom handrail.tasks.cli import main\n"
        "main(['runs', 'list'])\n"
        "heavy = {'torch', 'playwright', 'jinja2', 'numpy', 'Xlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_a_state_directory_that_cannot_be_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", f"/{LONG}")
    assert call(["runs", "list"]) == 5
    assert "cannot read the runs" in complaint(capsys)
    assert call(["run", "x", "--on", "browser", "--url", PAGE]) == 5
    assert "set XDG_STATE_HOME" in complaint(capsys)


def test_a_user_without_a_home_folder_is_told_what_to_set() -> None:
    code = (
        "import os, pwd, sys\n"
        "def nobody(uid): raise KeyError(uid)\n"
        "pwd.getpwuid = nobody\n"
        "from handrail.tasks.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    homeless = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "HOME"))}
    for argv, setting in ((["runs", "list"], "XDG_STATE_HOME"), (["model", "list"], "XDG_DATA_H")):
        ended = subprocess.run(
            [sys.executable, "-c", code, *argv],
            env=homeless, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 5
        assert ended.stderr.startswith("handrail: this user has no home folder: set HOME, or")
        assert setting in ended.stderr


def test_a_full_disk_under_the_output_is_told(done: RunEnd) -> None:
    command = [sys.executable, "-m", "handrail.tasks.cli", "runs", "list"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 5
    assert ended.stderr == "handrail: the output cannot be written: the disk is full\n"


# A run of a puppet as `handrail run` shows it, whose output nobody reads, or nothing can hold.
SHOWN = """
import sys
from pathlib import Path
from handrail.actuators.actions import Terminate, Wait
from handrail.actuators.fake import FakeScreen
from handrail.agent.budget import Budget
from handrail.agent.proposer import Puppet
from handrail.tasks.live import Hearing, LiveView
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run

sys.stdin.readline()
view = LiveView(Hearing(), "x", Budget())
crew = Crew(Puppet([Wait(seconds=0.01), Terminate(status="success")]), listener=view)
request = RunRequest("x", FakeTarget(FakeScreen), policy=PolicyChoice(profile="unattended"),
                     runs_folder=Path(sys.argv[1]))
sys.exit(run(request, crew).exit_code)
"""


@pytest.mark.parametrize("out", ["nobody", "/dev/full"])
def test_a_run_goes_on_where_its_output_goes_nowhere(out: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    to = subprocess.PIPE if out == "nobody" else os.open(out, os.O_WRONLY)
    with subprocess.Popen(
        [sys.executable, "-c", SHOWN, str(folder)],
        stdin=subprocess.PIPE, stdout=to, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        if process.stdout is not None:
            process.stdout.close()
            process.stdout = None
        else:
            os.close(to)
        _, said = process.communicate("go\n", timeout=150)
    (run_folder,) = folder.iterdir()
    assert read_run_file(run_folder / "run.json").outcome == "success"
    assert "Traceback" not in said
    assert process.returncode == 0
