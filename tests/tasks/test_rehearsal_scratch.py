"""What a rehearsal keeps of its changes goes when it is committed, removed, or too old."""

import os
from pathlib import Path

import pytest

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.rehearsal.commit_record import CommitState, keep_state
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.record import LayerRow, RehearsalRecord, keep_record
from handrail.sandbox.snapshot.texts import KeptTexts
from handrail.tasks.rehearsal_scratch import PREFIX, discard, forgotten
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
    record = RehearsalRecord(run=folder.name, on="desktop", stage="ended", layers=(layer,))
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
    assert [folder.name for folder in forgotten(runs, MONTHS / 2)] == [gone.name]
    assert call(["gc", "--dry-run"]) == 0
    assert f"{gone.name}  could then no longer be committed" in capsys.readouterr().out
    assert old.exists()
    assert call(["gc"]) == 0
    assert [place.exists() for place in (fresh, old, busy)] == [True, False, True]


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
