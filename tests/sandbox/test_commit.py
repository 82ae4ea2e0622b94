"""A commit applies what was shown, or nothing; it is resumed, taken back, and never leaves junk."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.commit import Commit, Surroundings, conflicting
from handrail.sandbox.rehearsal.commit_record import CommitState, keep_state, read_state
from handrail.sandbox.rehearsal.consequences import Consequences, FileConsequence
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.record import LayerRow, keep_record, read_record
from tests.sandbox.commit_world import (
    Stop,
    at,
    at_phase,
    commit,
    done,
    full,
    keeper,
    listing,
    prepared,
    stop,
)
from tests.sandbox.rehearsal_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return prepared(tmp_path)


def test_all_of_it_is_applied_and_kept_around(world: World) -> None:
    phases, before = [], listing(world.real)
    state = commit(world, world.record(), told=lambda state: phases.append(state.phase))
    done(world)
    assert phases == ["staging", "applying", "closed"]
    (world.real / "docs" / "c.txt").write_text("later")
    assert commit(world) == state
    assert (world.real / "docs" / "c.txt").read_text() == "later"
    (world.real / "docs" / "c.txt").unlink()
    with keeper(world) as kept:
        kept.put_back(state.before, state.after)
    now = listing(world.real)
    now["docs"] = before["docs"]  # somebody worked in it
    assert now == before


def test_what_was_undone_is_not_done_again(world: World) -> None:
    state = commit(world, world.record())
    keep_state(world.run, state.model_copy(update={"phase": "undone"}), OsDisk())
    there = listing(world.real)
    with pytest.raises(RehearsalError, match="was committed, and undone: rehearse again"):
        commit(world)
    assert listing(world.real) == there


@pytest.mark.parametrize(
    "point",
    ["make_stage", "unlock", "link", "rename", "rename 2", "rename 3", "rename 4", "link 2",
     "link 3", "link 4", "rename 5", "dress", "dress 2", "dress 3", "dress 4", "set_folder",
     "sync", "sync_stage", "remove_stage"],
)  # fmt: skip
def test_interrupted_anywhere_the_next_one_comes_to_the_same_end(world: World, point: str) -> None:
    world.record()
    with pytest.raises(Stop):
        commit(world, live=at(point, stop))
    commit(world)
    done(world)


@pytest.mark.parametrize("phase", ["staging", "applying", "closed"])
def test_interrupted_in_any_phase_the_next_one_ends_it(world: World, phase: str) -> None:
    world.record()
    with pytest.raises(Stop):
        commit(world, told=at_phase(phase, stop))
    commit(world)
    done(world)


def test_nothing_is_touched_where_anything_is_not_as_it_was(world: World) -> None:
    digest = world.record()
    (world.real / "docs" / "a.txt").write_text("mine")
    (world.real / "was" / "more").write_text("mine")
    (world.real / "new").mkdir()
    before = listing(world.real)
    with pytest.raises(RehearsalError, match="nothing was touched") as refused:
        commit(world, digest)
    for name in ("docs/a.txt", "new", "was/more"):
        assert f"{world.real}/{name}" in str(refused.value)
    assert conflicting(world.run) == [
        str(world.real / name) for name in ("docs/a.txt", "new", "was/more")
    ]
    assert listing(world.real) == before


def test_many_conflicts_are_counted(world: World) -> None:
    for number in range(20):
        (world.over / f"n{number}").write_text("rehearsed")
    digest = world.record()
    for number in range(20):
        (world.real / f"n{number}").write_text("mine")
    with pytest.raises(RehearsalError, match="and 10 more"):
        commit(world, digest)


def test_a_folder_that_went_away_is_a_conflict(world: World) -> None:
    digest = world.record()
    shutil.rmtree(world.real / "docs")
    with pytest.raises(RehearsalError, match=r"docs/a\.txt"):
        commit(world, digest)
    (world.over / "x").mkdir()
    (world.real / "x").mkdir()
    shutil.copystat(world.over / "x", world.real / "x")
    (world.over / "x" / "y").write_text("")
    fresh = world.record()
    (world.real / "x").rmdir()
    (world.real / "x").symlink_to("/tmp")
    with pytest.raises(RehearsalError, match="real/x"):
        commit(world, fresh)


@pytest.mark.parametrize("point", ["make_stage", "link", "rename 5", "dress", "sync"])
def test_a_full_disk_leaves_all_as_it_was(world: World, point: str) -> None:
    world.record()
    before, time = listing(world.real), world.real.stat().st_mtime_ns
    with pytest.raises(RehearsalError, match=r"nothing was changed: .*the disk is full"):
        commit(world, live=at(point, full))
    assert listing(world.real) == before
    assert world.real.stat().st_mtime_ns == time
    state = read_state(world.run)
    assert state is not None
    assert state.phase == "refused"
    commit(world)
    done(world)


def test_what_cannot_be_cleared_away_is_told_and_ended_by_the_next(world: World) -> None:
    world.record()
    with pytest.raises(RehearsalError, match=r"is still to be removed: .*the disk is full"):
        commit(world, live=at("remove_stage", full))
    state = read_state(world.run)
    assert state is not None
    assert state.phase == "applied"
    assert commit(world).phase == "closed"
    done(world)


def test_a_copy_that_no_longer_holds_what_was_shown_is_refused(world: World) -> None:
    digest = world.record()
    before = listing(world.real)
    (world.over / "docs" / "a.txt").write_text("other")
    with pytest.raises(RehearsalError, match="no longer holds what was shown"):
        commit(world, digest)
    world.up("docs/a.txt").write_text("more\n")
    (world.over / "new" / "link").unlink()
    (world.over / "new" / "link").symlink_to("/etc/shadow")
    with pytest.raises(RehearsalError, match="no longer holds what was shown"):
        commit(world, digest)
    (world.over / "new" / "link").unlink()
    (world.over / "new" / "link").symlink_to("/etc/passwd")
    (world.over / "top.txt").unlink()
    (world.over / "top.txt").write_text("again")
    with pytest.raises(RehearsalError, match="no longer is what was shown"):
        commit(world, digest)
    assert listing(world.real) == before


def test_another_digest_and_a_rehearsal_that_failed_are_refused(world: World) -> None:
    digest = world.record()
    with pytest.raises(RehearsalError, match="not what was shown"):
        commit(world, "0" * 64)
    record = read_record(world.run)
    keep_record(world.run, record.model_copy(update={"stage": "failed", "reason": "x"}), OsDisk())
    with pytest.raises(RehearsalError, match="cannot be committed: x"):
        commit(world, digest)
    keep_record(world.run, record.model_copy(update={"stage": "begun"}), OsDisk())
    with pytest.raises(RehearsalError, match="did not come to its end"):
        conflicting(world.run)


@pytest.mark.parametrize("path", ["/etc/other", "REAL/../out", "REAL/a//b", "REAL/./a"])
def test_a_record_that_names_what_lies_outside_is_refused(world: World, path: str) -> None:
    world.record()
    record = read_record(world.run)
    shown = path.replace("REAL", str(world.real))
    one = FileConsequence(change="created", entry="file", path=shown)
    forged = record.model_copy(update={"consequences": Consequences(found=(one,))})
    keep_record(world.run, forged, OsDisk())
    with pytest.raises(RehearsalError, match=r"lies in none|not a plain path"):
        commit(world)


def test_one_commit_at_a_time(world: World) -> None:
    digest = world.record()
    seen = []

    def second() -> None:
        with pytest.raises(RehearsalError, match="another process") as refused:
            commit(world, digest)
        seen.append(refused)

    commit(world, digest, told=at_phase("applying", second))
    assert seen
    with pytest.raises(RehearsalError, match="cannot open"), keeper(world) as kept:
        Commit(world.run / "none", Surroundings(kept)).run(digest)


def test_a_state_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    (tmp_path / "commit.json").write_text("{}")
    with pytest.raises(RehearsalError, match="not the record of a commit"):
        read_state(tmp_path)
    with pytest.raises(RehearsalError, match="cannot read"):
        read_state(tmp_path / "commit.json")
    with pytest.raises(RehearsalError, match="cannot write"):
        keep_state(tmp_path / "none", CommitState(phase="staging", digest=""), OsDisk())
    with pytest.raises(RehearsalError, match="cannot read"):
        read_record(tmp_path / "commit.json")
    (tmp_path / "rehearsal.json").write_text("{}")
    with pytest.raises(RehearsalError, match="not the record of a rehearsal"):
        read_record(tmp_path)
    with pytest.raises(RehearsalError, match="rehearsed nothing"):
        read_record(tmp_path / "none")


KILLED = """
import os, signal, sys
from pathlib import Path
from handrail.sandbox.rehearsal.commit import Commit, Surroundings
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
class Killed(LiveTree):
    def rename(self, source, target):
        super().rename(source, target)
        os.kill(os.getpid(), signal.SIGKILL)
store, real, run, digest = sys.argv[1:]
keeper = FileKeeper(Path(store), (Path(real),), live=Killed)
Commit(Path(run), Surroundings(keeper)).run(digest)
"""


def test_killed_outright_it_is_finished_by_the_next(world: World) -> None:
    digest = world.record()
    places = (world.folder / "store", world.real, world.run)
    ended = subprocess.run([sys.executable, "-c", KILLED, *places, digest], check=False)
    assert ended.returncode == -9
    commit(world)
    done(world)


def test_a_link_across_folders_is_refused(world: World) -> None:
    (world.over / "file").write_text("x")
    world.record()
    record = read_record(world.run)
    found = tuple(
        one.model_copy(update={"linked": str(world.folder / "beside")})
        for one in record.consequences.files
    )
    forged = record.model_copy(update={"consequences": Consequences(found=found)})
    other = LayerRow.of(Layer(world.folder / "beside", world.over, "copy"))
    layers = (*record.layers, other)
    keep_record(world.run, forged.model_copy(update={"layers": layers}), OsDisk())
    with pytest.raises(RehearsalError, match="lie in different folders"):
        commit(world)


def test_a_copy_that_cannot_be_read_is_refused(world: World) -> None:
    world.record()
    before = listing(world.real)
    (world.over / "docs" / "a.txt").unlink()
    with pytest.raises(RehearsalError, match=r"a\.txt: the copy cannot be read: No such file"):
        commit(world)
    assert listing(world.real) == before


def test_a_record_that_cannot_be_written_says_so(world: World) -> None:
    world.record()
    with pytest.raises(RehearsalError, match="cannot write"):
        keep_record(world.run / "none", read_record(world.run), OsDisk())
