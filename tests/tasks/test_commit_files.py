"""``handrail commit`` on files: it shows, asks, does exactly that, writes it down, and refuses."""

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.records import Note
from handrail.sandbox.rehearsal.baseline import Baseline
from handrail.sandbox.rehearsal.commit_record import CommitState, keep_state
from handrail.sandbox.rehearsal.consequences import (
    Consequences,
    RequestConsequence,
    StorageConsequence,
)
from handrail.sandbox.rehearsal.difference import differences
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.record import LayerRow, RehearsalRecord, keep_record, read_record
from handrail.tasks.report.page import write_report
from handrail.tasks.report.pictures import dimensions, thumbnail
from handrail.tasks.run_file import Asked, RunFile, write_run_file
from handrail.tasks.runs import RunFolder, create_run, runs_root
from tests.tasks.command import call

HOSTILE = "<script>alert(1)<\\script>\x1b[2J\u202e[red]{{7*7}}"


@pytest.fixture
def real(tmp_path: Path) -> Path:
    folder = tmp_path / "real"
    folder.mkdir()
    (folder / "note.txt").write_text("one\ntwo\nthree\n")
    (folder / "old.txt").write_text("old\n")
    Image.new("RGB", (40, 30), "red").save(folder / "drawing.png")
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = create_run(runs_root(os.environ))
    asked = Asked(
        goal="Edit", target="a copy", model="none", policy="observe", max_steps=1,
        max_seconds=1, max_calls=1,
    )  # fmt: skip
    write_run_file(folder.record, RunFile(run=folder.name, asked=asked, started="2026-01-01"))
    Journal.create(folder.journal, folder.name).close()
    return folder


def rehearsed(run: RunFolder, real: Path) -> Path:
    """Do what a program might do in a copy, and keep the record; return the copy."""
    copy = run.path / "copy"
    base = Baseline.take(real)
    shutil.copytree(real, copy, symlinks=True)
    shutil.copystat(real, copy)
    (copy / "note.txt").write_text("one\n2\nthree\n" + HOSTILE + "\n")
    (copy / "old.txt").unlink()
    (copy / HOSTILE).write_bytes(b"\0binary")
    (copy / os.fsdecode(b"\xff")).write_text("x")
    (copy / ".~lock.note.txt#").write_text("me")
    Image.new("RGB", (80, 60), "blue").save(copy / "drawing.png")
    (copy / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    told = differences([Layer(real, copy, "copy")], [base])
    others = (
        RequestConsequence(method="POST", url=f"http://x/{HOSTILE}", source="fetch"),
        StorageConsequence(change="created", store="local", origin="http://x", key=HOSTILE),
    )
    keep_record(
        run.path,
        RehearsalRecord(
            run=run.name,
            on="desktop",
            stage="ended",
            layers=(LayerRow.of(Layer(real, copy, "copy")),),
            consequences=Consequences(found=(*told.found, *others)),
            disturbed=told.disturbed,
        ),
        OsDisk(),
    )
    return copy


def harmless(text: str) -> None:
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_dry_run_shows_all_and_does_nothing(
    run: RunFolder, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed(run, real)
    assert call(["commit", "last", "--dry-run", "--with-noise"]) == 0
    shown = capsys.readouterr().out
    harmless(shown)
    assert "-two" in shown
    assert "+2" in shown
    assert "deleted" in shown
    assert "picture 40 x 30 to 80 x 60" in shown
    assert "\\\\xff" in shown
    assert "[red]{{7*7}}" in shown, "markup is text"
    assert "noise    created" in shown
    assert (real / "old.txt").exists()
    assert (real / "note.txt").read_text() == "one\ntwo\nthree\n"


def test_what_was_shown_is_done_and_written_down(
    run: RunFolder, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = rehearsed(run, real)
    assert call(["commit", run.name, "--yes"]) == 0
    assert (real / "note.txt").read_bytes() == (copy / "note.txt").read_bytes()
    assert (real / HOSTILE).read_bytes() == b"\0binary"
    assert not (real / "old.txt").exists()
    assert not (real / ".~lock.note.txt#").exists(), "noise is left out"
    notes = [e.record for e in read_journal(run.journal).entries if isinstance(e.record, Note)]
    assert [note.data["phase"] for note in notes] == ["staging", "closed"]
    assert {note.data["digest"] for note in notes} == {read_record(run.path).consequences.digest}
    (real / "note.txt").write_text("later")
    assert call(["commit", run.name, "--yes"]) == 0, "a second commit does nothing twice"
    assert (real / "note.txt").read_text() == "later"
    assert call(["runs", "show", run.name]) == 0
    assert "all of it is done" in capsys.readouterr().out


def test_what_changed_meanwhile_is_refused_by_name(
    run: RunFolder, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed(run, real)
    (real / "note.txt").write_text("mine\n")
    assert call(["commit", run.name, "--yes"]) == 5
    assert "note.txt" in capsys.readouterr().err
    assert (real / "note.txt").read_text() == "mine\n"
    assert (real / "old.txt").exists()


def test_only_the_digest_that_was_shown_is_approved(run: RunFolder, real: Path) -> None:
    rehearsed(run, real)
    assert call(["commit", run.name, "--approve", "0" * 64]) == 2
    assert call(["commit", run.name]) == 2, "nobody is here to be asked"
    assert (real / "old.txt").exists()
    digest = read_record(run.path).consequences.digest
    assert call(["commit", run.name, "--approve", digest]) == 0
    assert not (real / "old.txt").exists()


def test_a_commit_that_was_cut_off_is_told(
    run: RunFolder, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed(run, real)
    keep_state(run.path, CommitState(phase="applying", digest="d"), OsDisk())
    assert call(["commit", run.name, "--dry-run"]) == 0
    assert "cut off half way" in capsys.readouterr().out
    assert call(["runs", "show", run.name]) == 0
    assert "cut off half way" in capsys.readouterr().out


def test_the_report_says_what_it_would_change(run: RunFolder, real: Path) -> None:
    rehearsed(run, real)
    write_report(run)
    page = run.report.read_text(encoding="utf-8")
    harmless(page)
    assert "What it would change" in page
    assert '<span class="removed">-two' in page
    assert page.count("data:image/webp") >= 2
    assert "<script>alert" not in page
    shutil.rmtree(run.path / "copy")
    write_report(run)
    assert "note.txt" in run.report.read_text(encoding="utf-8"), "also when the copy is gone"
    (run.path / "rehearsal.json").write_text("{}")
    write_report(run)
    assert "is not the record of a rehearsal" in run.report.read_text(encoding="utf-8")


def test_a_picture_that_is_none_or_far_too_large_is_not_drawn(tmp_path: Path) -> None:
    Image.new("1", (9_000, 9_000)).save(tmp_path / "large.png")
    large = (tmp_path / "large.png").read_bytes()
    assert thumbnail(large) == thumbnail(b"\x89PNG\r\n\x1a\n") == thumbnail(b"BM") == ""
    assert dimensions(large) == "unreadable"
    Image.new("RGB", (300, 300), "red").save(tmp_path / "cut.png")
    cut = (tmp_path / "cut.png").read_bytes()[:-40]
    assert thumbnail(cut) == ""
