"""What a rehearsal keeps of its changes goes when it is committed, removed, or too old."""

import os
from pathlib import Path

import pytest

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.file_names import written
from handrail.sandbox.rehearsal.commit_record import CommitState, keep_state
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.points import nowhere
from handrail.sandbox.rehearsal.record import LayerRow, RehearsalRecord, keep_record, read_record
from handrail.sandbox.snapshot.texts import KeptTexts
from handrail.tasks.rehearsal_course import Course
from handrail.tasks.rehearsal_scratch import PREFIX, discard, leftovers
from handrail.tasks.runs import RunFolder, create_run, runs_root, texts_folder
from tests.tasks.command import call

MONTHS = 90 * 86_400


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return runs_root(os.environ)


def rehearsed(runs: Path, scratch: Path) -> RunFolder:
    folder = create_run(runs)
    changed = scratch / "upper-0"
    changed.mkdir(parents=True)
    (changed / "new.txt").write_text("new")
    (scratch.parent / "real").mkdir(exist_ok=True)
    layer = LayerRow.of(Layer(scratch.parent / "real", changed, "overlay"))
    record = RehearsalRecord(
        run=folder.name,
        on="desktop",
        stage="ended",
        layers=(layer,),
        scratch=written(bytes(scratch)),
    )
    keep_record(folder.path, record, OsDisk())
    return folder


def aged(folder: RunFolder) -> None:
    record = folder.path / "rehearsal.json"
    then = record.stat().st_mtime - MONTHS
    os.utime(record, (then, then))


def test_it_goes_with_its_run_and_nothing_else_does(runs: Path, tmp_path: Path) -> None:
    scratch = tmp_path / f"{PREFIX}1"
    folder = rehearsed(runs, scratch)
    texts = texts_folder(runs, folder.name)
    KeptTexts(texts).keep("a cookie")
    assert call(["runs", "rm", folder.name, "--force"]) == 0
    assert not scratch.exists()
    assert not texts.exists()
    assert (tmp_path / "real").is_dir()


def test_what_is_not_named_by_handrail_or_is_a_link_stays(runs: Path, tmp_path: Path) -> None:
    mine = tmp_path / "documents"
    assert not discard(rehearsed(runs, mine))
    assert (mine / "upper-0" / "new.txt").exists()
    linked = tmp_path / f"{PREFIX}2"
    folder = rehearsed(runs, linked)
    linked.rename(tmp_path / "elsewhere")
    linked.symlink_to(tmp_path / "elsewhere")
    assert not discard(folder)
    assert (tmp_path / "elsewhere" / "upper-0" / "new.txt").exists()
    assert not discard(create_run(runs))


def test_old_ones_are_collected_but_for_a_commit_at_work(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh, old, busy = (tmp_path / f"{PREFIX}{name}" for name in ("fresh", "old", "busy"))
    rehearsed(runs, fresh)
    aged(gone := rehearsed(runs, old))
    aged(working := rehearsed(runs, busy))
    keep_state(working.path, CommitState(phase="applying", digest="d"), OsDisk())
    assert [left.folder.name for left in leftovers(runs, MONTHS / 2)] == [gone.name]
    assert call(["gc", "--dry-run"]) == 0
    told = f"{gone.name}  what its rehearsal kept would be removed: it is too old"
    assert told in capsys.readouterr().out
    assert old.exists()
    assert call(["gc"]) == 0
    assert [place.exists() for place in (fresh, old, busy)] == [True, False, True]


def test_what_was_interrupted_or_committed_goes_at_once(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done, refused, undone = (tmp_path / f"{PREFIX}{name}" for name in ("done", "no", "undone"))
    phases = {done: "closed", refused: "refused", undone: "undone"}
    for scratch, phase in phases.items():
        state = CommitState.model_validate({"phase": phase, "digest": "d"})
        keep_state(rehearsed(runs, scratch).path, state, OsDisk())
    cut_off = tmp_path / f"{PREFIX}cut-off"
    folder = create_run(runs)
    course = Course(folder.path, "desktop", nowhere)
    course.keeps_in(cut_off)
    assert call(["gc"]) == 0, "the folder is named before it is there"
    cut_off.mkdir()
    assert call(["gc"]) == 0
    assert cut_off.exists(), "it is at work"
    assert [done.exists(), refused.exists(), undone.exists()] == [False, True, False]
    assert capsys.readouterr().out.count("kept is removed: it was committed") == 2
    course._working.close()  # as the kernel does where a process is killed
    assert call(["gc"]) == 0
    assert not cut_off.exists()
    assert "kept is removed: it was interrupted" in capsys.readouterr().out
    assert call(["commit", folder.name, "--yes"]) == 5
    assert "cannot be committed: it was interrupted" in capsys.readouterr().err


class FullDisk(OsDisk):
    """A disk with no room left."""

    def write(self, descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")


def test_what_failed_is_removed_though_that_cannot_be_written_down(
    runs: Path, tmp_path: Path
) -> None:
    scratch, disk = tmp_path / f"{PREFIX}full", OsDisk()
    course = Course(create_run(runs).path, "desktop", nowhere, disk)
    course.keeps_in(scratch)
    scratch.mkdir()
    course._disk = FullDisk()
    with pytest.raises(RehearsalError, match="No space left"):
        course.failed("it wrote too much")
    assert not scratch.exists()
    assert read_record(course._run).stage == "begun", "which cannot be committed either"


def test_clipboards_and_storages_go_when_they_are_old(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh, old = (texts_folder(runs, name) for name in ("fresh", "old"))
    for folder in (fresh, old):
        KeptTexts(folder).keep("a cookie")
    then = old.stat().st_mtime - MONTHS
    for place in (*old.iterdir(), old):
        os.utime(place, (then, then))
    assert call(["gc", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "old  its clipboard and storage could then no longer be undone" in told
    assert old.exists()
    assert call(["gc"]) == 0
    assert not old.exists()
    assert fresh.exists()
