"""``handrail undo``: a run that changed files, and what is there after it was undone."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click, Terminate
from handrail.actuators.base import PermitVerifier
from handrail.actuators.errors import ActionInDoubt
from handrail.actuators.fake import Button, FakeScreen
from handrail.actuators.geometry import Box
from handrail.agent.proposer import Puppet
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import Kept
from handrail.sandbox.restore import Compensation, Restore
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunEnd, RunRequest, run
from tests.faults.file_looks import seen
from tests.tasks.command import call, complaint

WRITE, ERASE = (Box(left=20, top=20 + y, right=120, bottom=50 + y) for y in (0, 50))
SUCCESS = Terminate(status="success")


@dataclass
class Office:
    """A folder of documents, and a program whose buttons write and erase there."""

    folder: Path
    runs: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "letter.txt").write_text("Dear Ada")
        (self.folder / "old.txt").write_text("old")
        os.utime(self.folder / "old.txt", ns=(1, 1))
        self.before = seen(self.folder)
        self.count = 0

    def build(self, verifier: PermitVerifier) -> FakeScreen:
        return FakeScreen(
            verifier,
            [
                Button("Write", WRITE, on_press=self.write),
                Button("Erase", ERASE, on_press=self.erase),
            ],
        )

    def write(self) -> None:
        self.count += 1
        (self.folder / "letter.txt").write_text(f"Dear Ada, {self.count}")
        (self.folder / f"copy{self.count}.txt").write_text("copy")

    def erase(self) -> None:
        (self.folder / "old.txt").unlink()

    def work(self, *actions: Action, restore: Restore | None = None) -> RunEnd:
        kept = Restore(files=(str(self.folder),)) if restore is None else restore
        request = RunRequest(
            "Write",
            FakeTarget(self.build),
            policy=PolicyChoice(grants=Policy(profile="ask", restore=kept)),
            runs_folder=self.runs,
        )
        return run(request, Crew(Puppet([*actions, SUCCESS]), ScriptedApprover([True] * 9)))


@pytest.fixture
def office(state: Path, tmp_path: Path) -> Office:
    return Office(tmp_path / "documents", state)


def press(box: Box) -> Click:
    return Click(point=box.center)


def states(end: RunEnd) -> list[str]:
    return [state.state for state in read_journal(end.folder.journal).actions]


def test_a_run_is_undone_byte_for_byte(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    end = office.work(press(WRITE), press(ERASE), press(WRITE))
    assert seen(office.folder) != office.before
    assert call(["undo", "last", "--yes"]) == 1, "what a button sent stays sent"
    assert seen(office.folder) == office.before
    assert states(end)[:3] == ["undo_failed"] * 3
    out = capsys.readouterr().out
    assert "   3  put back" in out
    assert "stays: what the form sent stays sent" in out
    assert "not as it was before" not in out
    assert call(["log", "verify", "last"]) == 0
    assert call(["log", "show", "last"]) == 0
    told = capsys.readouterr().out
    assert "undo     of " in told
    assert "kept     files " in told


def test_a_dry_run_touches_nothing(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    end = office.work(press(WRITE), press(ERASE))
    after, journal = seen(office.folder), end.folder.journal.read_bytes()
    assert call(["undo", "last", "--dry-run"]) == 1
    out = capsys.readouterr().out
    assert f"+ {office.folder}/old.txt" in out
    assert f"~ {office.folder}/letter.txt" in out
    assert f"- {office.folder}/copy1.txt" in out
    assert (seen(office.folder), end.folder.journal.read_bytes()) == (after, journal)


def test_only_what_came_after_a_step_is_undone(office: Office) -> None:
    office.work(press(WRITE), press(ERASE), press(WRITE))
    call(["undo", "last", "--to", "2", "--yes"])
    assert sorted(p.name for p in office.folder.iterdir()) == ["copy1.txt", "letter.txt"]
    assert (office.folder / "letter.txt").read_text() == "Dear Ada, 1"
    call(["undo", "last", "--to", "0", "--yes"])
    assert seen(office.folder) == office.before


def test_a_step_that_is_not_there_is_refused(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.work(press(WRITE))
    assert call(["undo", "last", "--to", "7"]) == 2
    assert "there is no step 7: the run has 2" in complaint(capsys)


def test_a_run_of_anybody_elses_is_refused(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end = office.work(press(WRITE))
    after = seen(office.folder)
    foreign = end.folder.path.rename(tmp_path / "foreign")
    for path in (foreign, foreign / "journal.jsonl"):
        assert call(["undo", str(path), "--yes"]) == 2
        assert "can be undone" in complaint(capsys)
    assert seen(office.folder) == after


def test_a_conflict_touches_nothing(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.work(press(WRITE), press(ERASE))
    (office.folder / "letter.txt").write_text("mine")
    assert call(["undo", "last", "--yes"]) == 1
    out = capsys.readouterr().out
    assert f"changed meanwhile: {office.folder}/letter.txt" in out
    assert (office.folder / "letter.txt").read_text() == "mine"
    assert (office.folder / "copy1.txt").exists()
    assert (office.folder / "old.txt").read_text() == "old", "the later step is undone"


def test_nothing_is_done_without_a_yes(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handrail.tasks.undo_run.confirmed", lambda question: False)
    end = office.work(press(WRITE))
    after, journal = seen(office.folder), end.folder.journal.read_bytes()
    assert call(["undo", "last"]) == 3
    assert "it was not confirmed" in complaint(capsys)
    assert (seen(office.folder), end.folder.journal.read_bytes()) == (after, journal)


def test_a_run_that_still_runs_is_refused(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    end = office.work(press(WRITE))
    after = seen(office.folder)
    with Journal.reopen(read_journal(end.folder.journal)):
        for arguments in (["--yes"], ["--dry-run"]):
            assert call(["undo", "last", *arguments]) == 2
            assert "last still runs, or is being undone" in complaint(capsys)
    assert seen(office.folder) == after


def test_a_journal_that_was_changed_undoes_nothing(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    end = office.work(press(WRITE))
    after = seen(office.folder)
    content = end.folder.journal.read_bytes()
    end.folder.journal.write_bytes(content.replace(b"Write", b"Wrote"))
    assert call(["undo", "last", "--yes"]) == 1
    assert "nothing was undone" in complaint(capsys)
    assert seen(office.folder) == after


def test_a_run_that_kept_nothing_says_so(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.work(press(WRITE), restore=Restore())
    after = seen(office.folder)
    assert call(["undo", "last", "--yes"]) == 1
    out = capsys.readouterr().out
    assert "nothing was kept before it" in out
    assert "there is nothing to put back" in out
    assert seen(office.folder) == after


def test_a_run_without_actions_has_nothing_to_undo(
    done: RunEnd, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["undo", "last"]) == 0
    assert "the run did nothing that can be undone" in capsys.readouterr().out


def cut(end: RunEnd) -> None:
    """Leave the journal as a run leaves it that is killed during its last action."""
    lines = end.folder.journal.read_bytes().splitlines(keepends=True)
    keep = next(
        entry.seq for entry in read_journal(end.folder.journal).entries
        if isinstance(entry.record, Kept)
    )  # fmt: skip
    end.folder.journal.write_bytes(b"".join(lines[: keep - 2]))
    for place in (end.folder.record, *end.folder.path.parent.with_name("runs.anchors").iterdir()):
        place.unlink()


def test_a_run_that_was_cut_off_is_shown_and_undone_when_asked_for(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    end = office.work(press(ERASE), press(WRITE))
    cut(end)
    assert call(["undo", "last", "--yes"]) == 1
    out = capsys.readouterr().out
    assert "the run was cut off" in out
    assert "--unseen" in out
    assert seen(office.folder) != office.before
    assert call(["undo", "last", "--yes", "--unseen"]) == 1
    assert seen(office.folder) == office.before


def test_a_doubt_is_undone(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    def write() -> None:
        Office.write(office)
        raise ActionInDoubt("timed out")

    office.write = write  # type: ignore[method-assign]
    end = office.work(press(WRITE))
    assert states(end)[0] == "in_doubt"
    call(["undo", "last", "--yes"])
    assert seen(office.folder) == office.before
    assert "(in doubt)" in capsys.readouterr().out


def test_what_to_do_by_hand_is_told(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    shop = Compensation(origin="https://shop.example", tell="cancel at https://shop.example/orders")
    build = office.build

    def at_the_shop(verifier: PermitVerifier) -> FakeScreen:
        screen = build(verifier)
        screen.surface = replace(screen.surface, url="https://shop.example/cart")
        return screen

    office.build = at_the_shop  # type: ignore[method-assign]
    office.work(press(WRITE), restore=Restore(files=(str(office.folder),), compensation=(shop,)))
    call(["undo", "last", "--dry-run"])
    assert "  by hand: cancel at https://shop.example/orders" in capsys.readouterr().out


def test_a_long_list_is_cut_and_told(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    def write() -> None:
        for number in range(30):
            (office.folder / f"{number}.txt").write_text("x")

    office.write = write  # type: ignore[method-assign]
    office.work(press(WRITE))
    call(["undo", "last", "--dry-run"])
    assert "and 10 more: --all lists them" in capsys.readouterr().out
    call(["undo", "last", "--dry-run", "--all"])
    assert capsys.readouterr().out.count(".txt") == 30
