"""``handrail undo`` of a rehearsal: what its commit changed is as it was, to the last bit."""

import os
import shutil
from pathlib import Path

import pytest

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.records import Note
from handrail.sandbox.rehearsal.commit_record import keep_state, read_state
from handrail.sandbox.rehearsal.consequences import Consequences
from handrail.sandbox.rehearsal.record import RehearsalRecord, keep_record
from handrail.tasks.run_file import Asked, RunFile, write_run_file
from handrail.tasks.runs import RunFolder, create_run, runs_root
from tests.faults.file_looks import seen
from tests.sandbox.rehearsal_world import World
from tests.tasks.command import call

ASKED = Asked(
    goal="Edit", target="a copy", model="none", policy="observe", max_steps=1, max_seconds=1,
    max_calls=1,
)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = create_run(runs_root(os.environ))
    write_run_file(folder.record, RunFile(run=folder.name, asked=ASKED, started="2026-01-01"))
    Journal.create(folder.journal, folder.name).close()
    return folder


@pytest.fixture
def world(tmp_path: Path, run: RunFolder) -> World:
    """Return a folder of which a rehearsal changed, deleted and made something."""
    place = tmp_path / "home"
    place.mkdir()
    world = World(place)
    (world.real / "apart").mkdir()
    (world.real / "apart" / "large").write_text("not a rehearsal's business")
    os.utime(world.real / "docs" / "a.txt", ns=(10**18, 10**18))
    (world.real / "docs" / "a.txt").chmod(0o640)
    world.begin()
    world.up("docs/a.txt").write_text("more\n")
    world.hide("top.txt")
    (world.over / "new").mkdir()
    (world.over / "new" / "file").write_text("new")
    world.record()
    shutil.copy(world.run / "rehearsal.json", run.path)
    return world


def test_what_a_commit_changed_is_put_back_and_nothing_else(world: World, run: RunFolder) -> None:
    before = seen(world.real)
    assert call(["commit", run.name, "--yes"]) == 0
    assert seen(world.real) != before
    (world.real / "apart" / "large").write_text("written since")
    assert call(["undo", run.name, "--yes"]) == 0
    assert (world.real / "apart" / "large").read_text() == "written since"
    after = seen(world.real)
    (world.real / "apart" / "large").write_text("not a rehearsal's business")
    changed = {name for name in before if before[name] != after.get(name)}
    assert {name for name in changed if b"apart" not in name} == set()
    assert set(after) == set(before)
    notes = [e.record for e in read_journal(run.journal).entries if isinstance(e.record, Note)]
    assert notes[-1].data["phase"] == "undone"


def test_it_is_shown_first_and_done_once(
    world: World, run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["undo", run.name, "--yes"]) == 0
    assert "nothing to put back" in capsys.readouterr().out
    assert call(["commit", run.name, "--yes"]) == 0
    capsys.readouterr()
    assert call(["undo", run.name, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert f"~ {world.real / 'docs' / 'a.txt'}" in shown
    assert f"+ {world.real / 'top.txt'}" in shown
    assert f"- {world.real / 'new' / 'file'}" in shown
    assert (world.real / "new" / "file").exists()
    assert call(["undo", run.name, "--yes"]) == 0
    assert call(["undo", run.name, "--yes"]) == 0
    assert call(["commit", run.name, "--yes"]) == 5
    assert "rehearse again" in capsys.readouterr().err
    assert not (world.real / "new").exists()


def test_what_changed_since_is_not_overwritten(
    world: World, run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["commit", run.name, "--yes"]) == 0
    (world.real / "docs" / "a.txt").write_text("my own words\n")
    there = seen(world.real)
    assert call(["undo", run.name, "--yes"]) == 1
    told = capsys.readouterr()
    assert "changed since it was committed; nothing was touched" in told.err
    assert str(world.real / "docs" / "a.txt") in told.out
    assert seen(world.real) == there


def test_a_commit_that_was_cut_off_comes_first(
    world: World, run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["commit", run.name, "--yes"]) == 0
    state = read_state(run.path)
    assert state is not None
    keep_state(run.path, state.model_copy(update={"phase": "applying"}), OsDisk())
    assert call(["undo", run.name, "--yes"]) == 1
    assert f"`handrail commit {run.name}` comes first" in capsys.readouterr().err
    keep_state(run.path, state.model_copy(update={"before": "", "after": ""}), OsDisk())
    assert call(["undo", run.name, "--yes"]) == 1
    assert "nothing was kept" in capsys.readouterr().err
    assert (world.real / "new" / "file").exists()


def test_nobody_to_confirm_is_a_no(
    world: World, run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["commit", run.name, "--yes"]) == 0
    assert call(["undo", run.name]) == 3
    assert "not confirmed" in capsys.readouterr().err
    assert (world.real / "new" / "file").exists()


def test_a_browsers_rehearsal_names_the_run_that_sent(
    run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    record = RehearsalRecord(run=run.name, on="browser", stage="ended", consequences=Consequences())
    keep_record(run.path, record, OsDisk())
    assert call(["undo", run.name]) == 0
    assert "nothing of it was sent" in capsys.readouterr().out
