"""A program works in a copy of the user's folders: what it did is told, and was not done."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Press, Terminate, Type, Wait
from handrail.agent.proposer import Puppet
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.journal import read_journal
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.records import Intent
from handrail.sandbox.rehearsal.bounds import Bounds
from handrail.sandbox.rehearsal.consequences import FileConsequence
from handrail.sandbox.rehearsal.desktop_copy import Setting
from handrail.sandbox.rehearsal.record import read_record
from handrail.sandbox.rehearsal.removal import remove
from handrail.sandbox.rehearsal.stage import WAYS
from handrail.tasks.copy_target import CopyOfDesktop, Wanted
from handrail.tasks.errors import ExitCode, UsageError
from handrail.tasks.rehearse import Rehearsed, rehearse
from handrail.tasks.run import Crew, PolicyChoice, RunRequest
from handrail.tasks.run_file import read_run_file
from tests.tasks.command import call, complaint

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="copies of desktops are Linux's")
DONE = Terminate(status="success")
SAVED = (Type(text="Dear "), Press(keys=("ctrl", "s")), DONE)
EDITOR = ("mousepad", "--disable-server", "note.txt")


class Place:
    """A home with a document in it, and the copies that were made of it."""

    def __init__(self, folder: Path) -> None:
        self.home, self.runs = folder / "home", folder / "runs"
        self.docs = self.home / "docs"
        self.docs.mkdir(parents=True)
        self.note = self.docs / "note.txt"
        self.note.write_text("reader,\n")
        self.copies: list[CopyOfDesktop] = []

    def rehearse(
        self,
        actions: tuple[Action, ...],
        policy: PolicyChoice | None = None,
        bounds: Bounds | None = None,
        app: tuple[str, ...] = EDITOR,
    ) -> Rehearsed:
        """Let a puppet work the program in a copy."""
        setting = Setting((640, 480), bounds or Bounds(), WAYS)
        copy = CopyOfDesktop(app, Wanted(self.home, self.docs), os.environ, setting)
        self.copies.append(copy)
        chosen = policy or PolicyChoice(profile="rehearse")
        request = RunRequest("write", copy, policy=chosen, runs_folder=self.runs)
        return rehearse(request, copy, Crew(Puppet(actions)))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    for copy in made.copies:
        for layer in copy.layers[:1]:
            remove(layer.changed.parent)


def told(rehearsed: Rehearsed, path: Path) -> FileConsequence | None:
    """Return what was told of a file."""
    found = [one for one in rehearsed.consequences.files if one.path == str(path)]
    return found[0] if found else None


def test_what_is_saved_in_the_copy_is_told_and_not_done(place: Place) -> None:
    before = place.note.stat()
    done = place.rehearse(SAVED)
    assert place.note.read_text() == "reader,\n"
    assert place.note.stat().st_ctime_ns == before.st_ctime_ns
    changed = told(done, place.note)
    assert changed is not None
    assert (changed.change, changed.noise, changed.metadata) == ("changed", False, False)
    copied = place.copies[0].layers[0].changed / "docs/note.txt"
    assert copied.read_text() == "Dear reader,\n"
    assert done.consequences.screen
    recent = told(done, place.home / ".local/share/recently-used.xbel")
    assert recent is None or recent.noise
    record = read_record(done.end.folder.path)
    assert (record.stage, record.on, record.consequences) == ("ended", "desktop", done.consequences)
    assert [row.real for row in record.layers] == [str(place.home)]
    assert read_run_file(done.end.folder.record).asked.kind == "rehearsal"
    entries = read_journal(done.end.folder.journal).entries
    consents = {one.record.consent for one in entries if isinstance(one.record, Intent)}
    assert consents == {"rehearsal", ""}  # the end of the run needs none


def test_what_is_denied_is_denied_on_the_copy_too(place: Place) -> None:
    rules = (Rule(decision="deny", effects=("edit", "commit", "unknown", "system")),)
    done = place.rehearse(SAVED, PolicyChoice(grants=Policy(profile="rehearse", rules=rules)))
    assert done.end.exit_code == ExitCode.DENIED
    assert told(done, place.note) is None


def test_a_program_that_passes_a_bound_ends_the_rehearsal(place: Place) -> None:
    waiting = (Wait(seconds=1.0),) * 20
    done = place.rehearse((*waiting, DONE), bounds=Bounds(seconds=2.5))
    assert done.end.exit_code == ExitCode.ENVIRONMENT
    record = read_record(done.end.folder.path)
    assert record.stage == "failed"
    assert "took longer than 2.5 s" in record.reason
    assert done.consequences.found == ()
    assert not place.copies[0].layers[0].changed.exists()


def test_a_program_that_shows_nothing_is_told(place: Place) -> None:
    done = place.rehearse(SAVED, app=("true",))
    assert done.end.exit_code == ExitCode.ENVIRONMENT
    assert "true ended with exit code 0" in done.end.result.reason


def test_changes_are_kept_aside_from_what_is_copied(tmp_path: Path) -> None:
    named: list[Path] = []
    for place in ("/", "/tmp"):
        wanted = Wanted(Path(place), tmp_path)
        with pytest.raises(RehearsalError):
            wanted.scene(named.append)
    everywhere = Wanted(tmp_path, tmp_path, folders=(Path("/var"), Path("/tmp"), Path("/dev")))
    with pytest.raises(RehearsalError, match="kept aside in none of"):
        everywhere.scene(named.append)
    assert named == []


def test_a_rehearsal_takes_no_secrets(place: Place, tmp_path: Path) -> None:
    from handrail.sandbox.secret_sources import open_source

    (tmp_path / "secrets.toml").write_text('name = "x"\n')
    (tmp_path / "secrets.toml").chmod(0o600)
    copy = CopyOfDesktop(EDITOR, Wanted(place.home, place.docs), {})
    secrets = open_source(str(tmp_path / "secrets.toml"), {})
    with pytest.raises(UsageError, match="no secrets"):
        rehearse(RunRequest("x", copy, secrets=secrets), copy)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--on", "desktop"], "needs --app"),
        (["--on", "desktop", "--app", "'"], "cannot be read as a command"),
        (["--on", "desktop", "--app", "true", "--stop-file", "/"], "is there already"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["rehearse", *options, "write"]) == ExitCode.USAGE
    assert said in complaint(capsys)
