"""The command: one clear line and the right exit code for everything that is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.actuators.actions import Terminate
from handrail.actuators.fake import FakeScreen
from handrail.agent.proposer import Puppet
from handrail.sandbox.anchor import read_anchor
from handrail.tasks.cli import main
from handrail.tasks.run import Crew, FakeTarget, RunEnd, RunRequest, run
from handrail.tasks.run_file import read_run_file, write_run_file
from handrail.tasks.runs import create_run, runs_root

PAGE = "data:text/html,<title>hello</title>"
LONG = "long" * 100


@pytest.fixture(autouse=True)
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


def call(argv: list[str]) -> int:
    """Run the command in this process; argparse leaves with SystemExit."""
    try:
        return main(argv)
    except SystemExit as end:
        return int(end.code or 0)


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the last line on stderr, which must be the only one of Handrail's."""
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith("handrail: ")] == lines[-1:]
    assert not any("Traceback" in line for line in lines)
    return lines[-1]


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


def test_a_journal_is_shown_and_verified(done: RunEnd, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["log", "verify", "last"]) == 0
    shown = capsys.readouterr().out
    assert "ends where it did" in shown
    assert "the last action is done (End with success)" in shown
    assert done.journal_head in shown
    assert call(["log", "show", str(done.folder.journal)]) == 0
    assert "goal=Say <b>hello</b>" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["edit", "cut"])
def test_a_changed_journal_does_not_verify(
    done: RunEnd, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = done.folder.journal.read_bytes()
    cut = data[: data.rindex(b"\n", 0, -1) + 1]
    done.folder.journal.write_bytes(cut if damage == "cut" else data.replace(b"hello", b"hallo"))
    assert call(["log", "verify", "last"]) == 1
    assert complaint(capsys)


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


def test_a_run_leaves_an_anchor_that_outlives_its_record(
    done: RunEnd, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anchor = state.with_name("runs.anchors") / f"{done.folder.name}.json"
    kept = read_anchor(anchor)
    assert (kept.head, kept.final, kept.seal) == (done.journal_head, True, "")
    done.folder.record.unlink()
    assert call(["log", "verify", "last"]) == 0
    assert "fits its anchor" in capsys.readouterr().out
    data = done.folder.journal.read_bytes()
    done.folder.journal.write_bytes(data[: data.rindex(b"\n", 0, -1) + 1])
    assert call(["log", "verify", str(done.folder.journal)]) == 1
    assert "does not fit its anchor" in complaint(capsys)
    assert call(["log", "seal", "last"]) == 1
    assert "it was not sealed" in complaint(capsys)
    assert read_anchor(anchor) == kept


def test_a_sealed_anchor_needs_its_key(
    done: RunEnd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, other, short = tmp_path / "key", tmp_path / "other", tmp_path / "short"
    key.write_bytes(bytes(range(32)))
    other.write_bytes(bytes(32))
    short.write_bytes(b"secret")
    assert call(["log", "verify", "last", "--key", str(key)]) == 1
    assert "was not sealed with this key" in complaint(capsys)
    assert call(["log", "seal", "last", "--key", str(key)]) == 0
    assert call(["log", "verify", "last", "--key", str(key)]) == 0
    capsys.readouterr()
    assert call(["log", "verify", "last", "--key", str(other)]) == 1
    assert "was not sealed with this key" in complaint(capsys)
    assert call(["log", "seal", "last", "--key", str(short)]) == 2
    assert "at least 16 bytes" in complaint(capsys)
    assert call(["log", "seal", "last", "--key", str(tmp_path / "absent")]) == 2
    assert "cannot be read" in complaint(capsys)
