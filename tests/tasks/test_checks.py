"""Checks of a task's outcome: their grammar, what they look at, and what a run makes of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.actuators.actions import Answer
from handrail.actuators.fake import Button, Caption, Checkbox, FakeScreen, Field, Panel
from handrail.actuators.geometry import Box
from handrail.actuators.observation import ScreenText, Surface
from handrail.sandbox.permit import PermitOffice
from handrail.tasks.check_grammar import read_check
from handrail.tasks.checking import PATIENCE, Checks
from handrail.tasks.checks import ElementCheck, FileCheck, TextCheck, UrlCheck, WindowCheck
from handrail.tasks.errors import ExitCode, UsageError
from tests.tasks.command import call, complaint
from tests.tasks.run_world import FILL, SUCCESS, FakeClock, World, record

PAGE = Surface("fake", "fake", window=ScreenText("Shop - done"), url="https://a.test/done?n=1")


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("url contains /done", UrlCheck("contains", "/done")),
        ("url is https://a.test/", UrlCheck("is", "https://a.test/")),
        ('window contains "Untitled 1"', WindowCheck("contains", "Untitled 1")),
        ('text "It\'s saved"', TextCheck("It's saved")),
        ("no text Error", TextCheck("Error", absent=True)),
        ("element radio 'By post' checked", ElementCheck("radio", "By post", "checked")),
        ("element textbox Name holds ''", ElementCheck("textbox", "Name", holds="")),
        ("no element button Send", ElementCheck("button", "Send", "absent")),
        ("file /tmp/x exists", FileCheck(Path("/tmp/x"))),
        ('file "/tmp/a b" contains x', FileCheck(Path("/tmp/a b"), "contains", "x")),
        ("no file /tmp/x", FileCheck(Path("/tmp/x"), "absent")),
        ("file here.txt is ''", FileCheck(Path.cwd() / "here.txt", "is", "")),
    ],
)  # fmt: skip
def test_a_check_is_read_and_written(text: str, check: object) -> None:
    read = read_check(text)
    assert read == check
    assert read_check(read.written) == check


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is none of: url is"),
        ("url", "is none of"),
        ("url equals /done", "is none of"),
        ("text a b", "is none of"),
        ('text "Saved', "no closing quotation"),
        ("text Don't", "between double quotes"),
        ("text ''", "names no text"),
        ("url contains ' '", "names no text"),
        ("element buton Send exists", "names the role 'buton'"),
        ("element button Send pressed", "is none of"),
        ("file '' exists", "names no file"),
        ("no url x", "is none of"),
        ("file ~nobody-here/x exists", "names no file"),
    ],
)
def test_what_is_no_check_is_refused_and_says_why(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_check(text)


def test_the_command_refuses_it_too(capsys: pytest.CaptureFixture[str], state: Path) -> None:
    argv = ["run", "x", "--on", "browser", "--url", "data:text/html,x", "--expect", "url like x"]
    assert call(argv) == ExitCode.USAGE
    assert "the check 'url like x' is none of" in complaint(capsys)


def screen() -> FakeScreen:
    widgets = [
        Caption("All   is saved", Box(left=0, top=0, right=200, bottom=20)),
        Field("Name", Box(left=0, top=30, right=200, bottom=50), text="Ada"),
        Field("Word", Box(left=0, top=60, right=200, bottom=80), text="hush", secret=True),
        Checkbox("Later", Box(left=0, top=90, right=20, bottom=110), checked=True),
        Button("Send", Box(left=0, top=120, right=60, bottom=140)),
        Button("Covered", Box(left=300, top=0, right=360, bottom=20)),
        Panel("Lid", Box(left=280, top=0, right=400, bottom=40)),
    ]
    return FakeScreen(PermitOffice(), widgets, surface=PAGE)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("url contains /done", ""),
        ("url is https://a.test/done", "the address is 'https://a.test/done?n=1'"),
        ("window contains Shop", ""),
        ("window is Shop", "the title is 'Shop - done'"),
        ("text 'All is saved'", ""),
        ("text Failed", "it is not shown"),
        ("no text saved", "it is shown"),
        ("text Covered", "it is not shown"),
        ("element textbox Name holds Ada", ""),
        ("element textbox Name holds Ad", "it holds another text"),
        ("element textbox Word holds hush", "it holds another text"),
        ("element checkbox Later checked", ""),
        ("element checkbox Later unchecked", "it is not unchecked"),
        ("element button Send checked", "it cannot be ticked"),
        ("element button Later exists", "there is none"),
        ("no element button Send", "it is there"),
        ("no element button Covered", ""),
    ],
)
def test_a_screen_is_checked_by_what_is_on_it(text: str, problem: str) -> None:
    checks = Checks([read_check(text)], screen(), FakeClock())
    (made,) = checks.checked()
    assert made.problem == problem


def test_files_are_checked_by_what_they_hold(tmp_path: Path) -> None:
    note, binary, pipe = tmp_path / "note", tmp_path / "binary", tmp_path / "pipe"
    note.write_text("Saved: Zoë\n", encoding="utf-8")
    binary.write_bytes(b"\xff\xfe")
    os.mkfifo(pipe)

    def problem(check: FileCheck) -> str:
        return Checks([check], clock=FakeClock()).checked()[0].problem

    assert problem(FileCheck(note)) == ""
    assert problem(FileCheck(note, "contains", "Zoë")) == ""
    assert problem(FileCheck(note, "is", "Saved: Zoë\n")) == ""
    assert problem(FileCheck(note, "is", "Saved")) == "it holds 'Saved: Zoë\\\\u000a'"
    assert problem(FileCheck(note, "absent")) == "it is there"
    assert problem(FileCheck(note / "x", "absent")) == ""
    assert problem(FileCheck(tmp_path / "none")) == "there is no such file"
    assert problem(FileCheck(tmp_path)) == "it is no regular file"
    assert problem(FileCheck(pipe, "contains", "x")) == "it is no regular file"
    assert problem(FileCheck(binary, "contains", "x")) == "it is not UTF-8 text"


class _Later(FakeClock):
    """Does something at certain times."""

    def __init__(self, events: dict[float, Callable[[], None]]) -> None:
        super().__init__()
        self.events = events

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        for moment in [m for m in self.events if m <= self.time]:
            self.events.pop(moment)()


def _write(file: Path) -> None:
    file.write_text("x")


def test_a_state_may_come_late_and_must_last(tmp_path: Path) -> None:
    file = tmp_path / "out"
    late = _Later({3.0: lambda: _write(file)})
    assert Checks([FileCheck(file)], clock=late).checked()[0].problem == ""
    assert late.time < PATIENCE
    brief = _Later({0.1: lambda: file.unlink()})
    assert Checks([FileCheck(file)], clock=brief).checked()[0].problem == "there is no such file"
    assert brief.time >= PATIENCE


def test_a_success_needs_the_models_word_and_every_check(tmp_path: Path) -> None:
    world = World(tmp_path)
    held = world.run(*FILL, SUCCESS, expect=["element textbox Name holds Ada"])
    assert (held.result.kind, held.exit_code) == ("success", 0)
    assert held.result.reason == "the model says that the goal is reached, and the check holds"
    steps = record(held).steps
    assert [step.verdict for step in steps] == ["as intended", "as intended", "cannot tell", ""]
    assert steps[1].verdict_reason == "the text stands in the field"
    assert 'title="the text stands in the field">as intended' in held.folder.report.read_text()
    failed = world.run(*FILL, SUCCESS, expect=["text Save", "text Saved", "url contains /done"])
    assert (failed.result.kind, failed.exit_code) == ("failed", 1)
    assert failed.result.reason == (
        "the model says that the goal is reached, but 2 of 3 checks failed: "
        'text "Saved": it is not shown; url contains "/done": the address is \'\''
    )
    written = record(failed)
    assert [(row.check, bool(row.problem)) for row in written.checks] == [
        ('text "Save"', False), ('text "Saved"', True), ('url contains "/done"', True),
    ]  # fmt: skip
    assert written.asked.expect == tuple(row.check for row in written.checks)
    page = failed.folder.report.read_text(encoding="utf-8")
    assert "text &#34;Saved&#34;" in page
    assert "it is not shown" in page


def test_an_answer_is_checked_as_well_and_a_failure_is_not(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert world.run(Answer(text="42"), expect=["text Saved"]).result.kind == "failed"
    gave_up = world.run(expect=["text Save"])
    assert (gave_up.result.kind, gave_up.result.checks) == ("failed", ())
    assert "no success was claimed" in gave_up.folder.report.read_text(encoding="utf-8")


def test_without_checks_a_success_is_the_models_word(tmp_path: Path) -> None:
    assert World(tmp_path).run(SUCCESS).result.reason == "the model says that the goal is reached"


class _Mute:
    """A screen that cannot be read as a whole."""

    def __init__(self, inner: FakeScreen) -> None:
        self.observe, self.hit_test, self.focused = inner.observe, inner.hit_test, inner.focused
        self.perform, self.close = inner.perform, inner.close


def test_what_a_screen_can_never_tell_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="cannot be read on this kind of screen"):
        Checks([TextCheck("x")], _Mute(screen()))
    assert (
        Checks([WindowCheck("contains", "Shop")], _Mute(screen()), FakeClock()).checked()[0].problem
        == ""
    )
