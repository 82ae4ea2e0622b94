"""A commit applies what was shown, or nothing; it is resumed, taken back, and never leaves junk."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.commit import Commit, Surroundings, conflicting
from handrail.sandbox.rehearsal.commit_record import (
    CommitState,
    keep_state,
    read_plan,
    read_state,
)
from handrail.sandbox.rehearsal.consequences import Consequences, FileConsequence
from handrail.sandbox.rehearsal.record import keep_record, read_record
from tests.sandbox.commit_world import Points, Stop, at, done, full, listing, prepared, stop
from tests.sandbox.rehearsal_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return prepared(tmp_path)


def test_all_of_it_is_applied_and_kept_around(world: World) -> None:
    keeper, phases = Points(), []
    around = Surroundings(keeper, lambda state: phases.append(state.phase))
    state = Commit(world.run, around).run(world.record())
    done(world)
    assert (state.before, state.after, state.phase) == ("point-1", "point-2", "closed")
    assert phases == ["staging", "applying", "applied", "closed"]
    assert Commit(world.run, around).run(read_record(world.run).consequences.digest) == state
    assert keeper.kept == 2


def test_what_was_undone_is_not_done_again(world: World) -> None:
    around = Surroundings(Points())
    state = Commit(world.run, around).run(world.record())
    keep_state(world.run, state.model_copy(update={"phase": "undone"}), OsDisk())
    there = listing(world.real)
    with pytest.raises(RehearsalError, match="was committed, and undone: rehearse again"):
        Commit(world.run, around).run(read_record(world.run).consequences.digest)
    assert listing(world.real) == there


@pytest.mark.parametrize(
    "point",
    ["staging", "stage made", "staged", "applying", "kept", "did take", "did put", "did swap",
     "did dress", "synced", "applied", "cleared", "closed"],
)  # fmt: skip
def test_interrupted_anywhere_the_next_one_comes_to_the_same_end(world: World, point: str) -> None:
    digest = world.record()
    with pytest.raises(Stop):
        Commit(world.run, at(point, stop)).run(digest)
    Commit(world.run).run(digest)
    done(world)


def test_nothing_is_touched_where_anything_is_not_as_it_was(world: World) -> None:
    digest = world.record()
    (world.real / "docs" / "a.txt").write_text("mine")
    (world.real / "was" / "more").write_text("mine")
    (world.real / "new").mkdir()
    before = listing(world.real)
    with pytest.raises(RehearsalError, match="nothing was touched") as refused:
        Commit(world.run).run(digest)
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
        Commit(world.run).run(digest)


def test_a_folder_that_went_away_is_a_conflict(world: World) -> None:
    digest = world.record()
    shutil.rmtree(world.real / "docs")
    with pytest.raises(RehearsalError, match=r"docs/a\.txt"):
        Commit(world.run).run(digest)
    (world.over / "x").mkdir()
    (world.real / "x").mkdir()
    shutil.copystat(world.over / "x", world.real / "x")
    (world.over / "x" / "y").write_text("")
    fresh = world.record()
    (world.real / "x").rmdir()
    (world.real / "x").symlink_to("/tmp")
    with pytest.raises(RehearsalError, match="x/y"):
        Commit(world.run).run(fresh)


@pytest.mark.parametrize("point", ["stage made", "staged", "kept", "did dress", "synced"])
def test_a_full_disk_leaves_all_as_it_was(world: World, point: str) -> None:
    digest = world.record()
    before, time = listing(world.real), world.real.stat().st_mtime_ns
    with pytest.raises(RehearsalError, match="nothing was changed: No space left on device"):
        Commit(world.run, at(point, full)).run(digest)
    assert listing(world.real) == before
    assert world.real.stat().st_mtime_ns == time
    state = read_state(world.run)
    assert state is not None
    assert state.phase == "refused"
    Commit(world.run).run(digest)
    done(world)


def test_a_copy_that_no_longer_holds_what_was_shown_is_refused(world: World) -> None:
    digest = world.record()
    before = listing(world.real)
    (world.over / "docs" / "a.txt").write_text("other")
    with pytest.raises(RehearsalError, match="no longer holds what was shown"):
        Commit(world.run).run(digest)
    world.up("docs/a.txt").write_text("more\n")
    (world.over / "new" / "link").unlink()
    (world.over / "new" / "link").symlink_to("/etc/shadow")
    with pytest.raises(RehearsalError, match="no longer holds what was shown"):
        Commit(world.run).run(digest)
    (world.over / "new" / "link").unlink()
    (world.over / "new" / "link").symlink_to("/etc/passwd")
    (world.over / "top.txt").unlink()
    (world.over / "top.txt").write_text("again")
    with pytest.raises(RehearsalError, match="no longer is what was shown"):
        Commit(world.run).run(digest)
    assert listing(world.real) == before


def test_another_digest_and_a_rehearsal_that_failed_are_refused(world: World) -> None:
    digest = world.record()
    with pytest.raises(RehearsalError, match="not what was shown"):
        Commit(world.run).run("0" * 64)
    record = read_record(world.run)
    keep_record(world.run, record.model_copy(update={"stage": "failed", "reason": "x"}), OsDisk())
    with pytest.raises(RehearsalError, match="cannot be committed: x"):
        Commit(world.run).run(digest)
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
        Commit(world.run).run(forged.consequences.digest)


def test_one_commit_at_a_time(world: World) -> None:
    digest = world.record()
    seen = []

    def second() -> None:
        with pytest.raises(RehearsalError, match="another process") as refused:
            Commit(world.run).run(digest)
        seen.append(refused)

    Commit(world.run, at("applying", second)).run(digest)
    assert seen
    with pytest.raises(RehearsalError, match="cannot open"):
        Commit(world.run / "none").run(digest)


def test_a_state_and_a_plan_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    (tmp_path / "commit.json").write_text("{}")
    with pytest.raises(RehearsalError, match="not the record of a commit"):
        read_state(tmp_path)
    with pytest.raises(RehearsalError, match="cannot read"):
        read_plan(tmp_path)
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
def reached(point):
    if point.startswith("did") and point.endswith("put"):
        os.kill(os.getpid(), signal.SIGKILL)
Commit(Path(sys.argv[1]), Surroundings(reached=reached)).run(sys.argv[2])
"""


def test_killed_outright_it_is_finished_by_the_next(world: World) -> None:
    digest = world.record()
    ended = subprocess.run([sys.executable, "-c", KILLED, world.run, digest], check=False)
    assert ended.returncode == -9
    Commit(world.run).run(digest)
    done(world)


def test_a_link_across_folders_is_refused(world: World) -> None:
    (world.over / "file").write_text("x")
    world.record()
    record = read_record(world.run)
    found = tuple(
        one.model_copy(update={"linked": "/elsewhere"}) for one in record.consequences.files
    )
    forged = record.model_copy(update={"consequences": Consequences(found=found)})
    keep_record(world.run, forged, OsDisk())
    with pytest.raises(RehearsalError, match="lie in different folders"):
        Commit(world.run).run(forged.consequences.digest)


@pytest.mark.parametrize(("call", "answer"), [("pread", b""), ("lseek", OSError(5, "broken"))])
def test_a_copy_that_cannot_be_read_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str, answer: bytes | OSError
) -> None:
    digest = world.record()
    before = listing(world.real)

    def answered(*_given: int) -> bytes:
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(os, call, answered)
    with pytest.raises(RehearsalError, match=r"became shorter|broken"):
        Commit(world.run).run(digest)
    assert listing(world.real) == before


def test_a_record_that_cannot_be_written_says_so(world: World) -> None:
    world.record()
    with pytest.raises(RehearsalError, match="cannot write"):
        keep_record(world.run / "none", read_record(world.run), OsDisk())
