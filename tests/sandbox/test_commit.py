"""A commit applies what was shown, or nothing; it is resumed, taken back, and never leaves junk."""

import errno
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
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
from handrail.sandbox.snapshot.keeper import Difference
from tests.sandbox.rehearsal_world import World


class Stop(Exception):
    """Where a commit was interrupted."""


class Points:
    """A keeper that only counts."""

    name = "files"

    def __init__(self) -> None:
        self.kept = 0

    def keep(self) -> str:
        self.kept += 1
        return f"point-{self.kept}"

    def differences(self, older: str, newer: str) -> tuple[Difference, ...]:
        return ()

    conflicts = put_back = differences


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A changed file, a deleted one, a new folder, a folder that became a file, a new mode."""
    world = World(tmp_path)
    (world.real / "was").mkdir()
    (world.real / "was" / "in").write_text("in")
    world.begin()
    world.up("docs/a.txt").write_text("more\n")
    world.up("docs/b.txt").chmod(0o600)
    world.hide("top.txt")
    (world.over / "new").mkdir()
    (world.over / "new" / "file").write_text("new")
    (world.over / "new" / "link").symlink_to("/etc/passwd")
    (world.over / "was").write_text("a file now")
    return world


def listing(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path.relative_to(folder))] = (seen.st_mode, seen.st_mtime_ns, content)
    return found


def at(point: str, do: Callable[[], object]) -> Surroundings:
    """Do something when a point is first reached; points are named without their numbers."""
    left = [do]

    def reached(now: str) -> None:
        if left and re.sub(r" [0-9]+", "", now) == point:
            left.pop()()

    return Surroundings(reached=reached)


def stop() -> None:
    raise Stop


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def done(world: World) -> None:
    assert (world.real / "docs" / "a.txt").read_text() == "more\n"
    assert (world.real / "docs" / "b.txt").stat().st_mode & 0o777 == 0o600
    assert not (world.real / "top.txt").exists()
    assert (world.real / "new" / "file").read_text() == "new"
    assert (world.real / "new" / "link").is_symlink()
    assert (world.real / "was").read_text() == "a file now"
    assert sorted(path.name for path in world.real.iterdir()) == ["docs", "new", "was"]


def test_all_of_it_is_applied_and_kept_around(world: World) -> None:
    keeper, phases = Points(), []
    around = Surroundings(keeper, lambda state: phases.append(state.phase))
    state = Commit(world.run, around).run(world.record())
    done(world)
    assert (state.before, state.after, state.phase) == ("point-1", "point-2", "closed")
    assert phases == ["staging", "applying", "applied", "closed"]
    assert Commit(world.run, around).run(read_record(world.run).consequences.digest) == state
    assert keeper.kept == 2


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


@pytest.mark.parametrize("name", ["docs/a.txt", "docs/b.txt", "top.txt", "new", "was/in", "was/x"])
def test_what_somebody_writes_midway_is_kept_and_all_taken_back(world: World, name: str) -> None:
    digest = world.record()
    path = world.real / name

    def mine() -> None:
        if name == "docs/b.txt":
            path.unlink()
        path.write_text("mine")

    with pytest.raises(RehearsalError, match="changed while it was committed"):
        Commit(world.run, at("applying", mine)).run(digest)
    assert path.read_text() == "mine"
    others = {"docs/a.txt": "one\n", "docs/b.txt": "two\n", "top.txt": "top\n", "was/in": "in"}
    for other, content in others.items():
        assert other == name or (world.real / other).read_text() == content
    assert not (world.real / ".handrail-run-1").exists()


@pytest.mark.parametrize("saved", ["in place", "as a new file"])
def test_what_was_written_after_it_was_applied_is_left_and_told(world: World, saved: str) -> None:
    """Cut off, then somebody writes to what was applied already, and to what was not."""
    digest = world.record()

    with pytest.raises(Stop):
        Commit(world.run, at("did swap", stop)).run(digest)
    place = world.real / "docs" / "a.txt" if saved == "in place" else world.folder / "fresh"
    place.write_text("mine, after")
    place.replace(world.real / "docs" / "a.txt")
    (world.real / "docs" / "b.txt").unlink()
    for _ in range(2):
        with pytest.raises(RehearsalError, match=r"but for what was changed since: .*docs/a\.txt"):
            Commit(world.run).run(digest)
    assert (world.real / "docs" / "a.txt").read_text() == "mine, after"
    assert (world.real / "top.txt").read_text() == "top\n"
    kept = {
        path.read_bytes() for path in (world.real / ".handrail-run-1").iterdir() if path.is_file()
    }
    assert b"one\n" in kept


def test_taking_back_is_resumed(world: World) -> None:
    digest = world.record()
    before = listing(world.real)
    count = 0

    def reached(now: str) -> None:
        nonlocal count
        if now.endswith(" dress") and now.startswith("did"):
            full()
        if now.startswith("undid"):
            count += 1
            if count == 3:
                raise Stop

    with pytest.raises(Stop):
        Commit(world.run, Surroundings(reached=reached)).run(digest)
    state = read_state(world.run)
    assert state is not None
    assert state.phase == "taking back"

    with pytest.raises(Stop):
        Commit(world.run, at("staging", stop)).run(digest)
    assert listing(world.real) == before, "it was taken back before it began anew"


def test_names_that_reappear_where_something_was_taken_are_left(world: World) -> None:
    digest = world.record()

    with pytest.raises(Stop):
        Commit(world.run, at("did take", stop)).run(digest)
    gone = next(p for p in (world.real / "top.txt", world.real / "was") if not p.exists())
    gone.write_text("mine")
    (world.real / "docs" / "a.txt").write_text("mine too")
    with pytest.raises(RehearsalError):
        Commit(world.run).run(digest)
    assert gone.read_text() == "mine"


def test_a_file_system_without_hard_links_is_served(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    (world.over / "single").write_text("x")
    digest = world.record()
    before = listing(world.real)

    with pytest.raises(RehearsalError, match="nothing was changed"):
        Commit(world.run, at("did dress", full)).run(digest)
    assert listing(world.real) == before

    with pytest.raises(Stop):
        Commit(world.run, at("moved", stop)).run(digest)
    Commit(world.run).run(digest)
    assert (world.real / "single").read_text() == "x"
    (world.real / "single").unlink()
    done(world)


def test_another_error_of_a_link_ends_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_given: object, **_named: object) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "link", refused)
    before = listing(world.real)
    with pytest.raises(RehearsalError, match="broken"):
        Commit(world.run).run(world.record())
    assert listing(world.real) == before


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


def test_special_entries_holes_and_attributes_are_applied(world: World) -> None:
    os.mkfifo(world.over / "pipe", 0o640)
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(world.over / "plug"))
    with (world.over / "holes").open("wb") as file:
        file.truncate(5_000_000)
        file.seek(2_000_000)
        file.write(b"data")
    os.setxattr(world.over / "holes", "user.mark", b"1")
    os.setxattr(world.real / "docs" / "b.txt", "user.old", b"0")
    world.begin_again()
    os.setxattr(world.over / "docs" / "b.txt", "user.new", b"2")
    Commit(world.run).run(world.record())
    assert (world.real / "pipe").is_fifo()
    assert (world.real / "plug").is_socket()
    assert (world.real / "holes").read_bytes() == (world.over / "holes").read_bytes()
    assert (world.real / "holes").stat().st_blocks * 512 < 1_000_000
    assert os.getxattr(world.real / "holes", "user.mark") == b"1"
    assert os.listxattr(world.real / "docs" / "b.txt") == ["user.new"]


def test_hard_links_are_made(world: World) -> None:
    os.link(world.over / "docs" / "a.txt", world.over / "twin")
    os.link(world.over / "docs" / "b.txt", world.over / "dressed")
    (world.real / "same").write_text("same")
    world.begin_again()
    os.link(world.up("same"), world.over / "linked")
    os.link(world.over / "same", world.over / ".~lock.x#")
    digest = world.record()
    Commit(world.run).run(digest)
    for one, other in (("docs/a.txt", "twin"), ("docs/b.txt", "dressed"), ("same", "linked")):
        assert (world.real / one).samefile(world.real / other), one
    assert not (world.real / ".~lock.x#").exists()


def test_a_link_to_what_changed_meanwhile_is_refused(world: World) -> None:
    (world.real / "same").write_text("same")
    world.begin_again()
    os.link(world.up("same"), world.over / "linked")
    digest = world.record()
    (world.real / "same").write_text("mine")
    with pytest.raises(RehearsalError, match="same"):
        Commit(world.run).run(digest)
    assert not (world.real / "linked").exists()


def test_a_device_is_refused(world: World) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make one")
    os.mknod(world.over / "null", 0o020666, os.makedev(1, 3))
    before = listing(world.real)
    with pytest.raises(RehearsalError, match="devices are not committed"):
        Commit(world.run).run(world.record())
    assert listing(world.real) == before


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


def test_many_entries_are_applied(world: World) -> None:
    for number in range(150):
        (world.over / f"d{number}").mkdir()
        (world.over / f"d{number}" / "f").write_text(str(number))
        (world.over / "docs" / f"f{number}").write_text(str(number))
    Commit(world.run).run(world.record())
    assert (world.real / "d149" / "f").read_text() == "149"
    assert len(list((world.real / "docs").iterdir())) == 152


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


def test_a_folder_that_vanishes_while_it_is_taken_back_is_told(world: World) -> None:
    digest = world.record()
    with pytest.raises(Stop):
        Commit(world.run, at("did swap", stop)).run(digest)
    shutil.rmtree(world.real / "docs")
    with pytest.raises(RehearsalError, match="but for what was changed since"):
        Commit(world.run).run(digest)
    assert (world.real / "top.txt").read_text() == "top\n"


def test_many_folders_are_synced_at_once(world: World) -> None:
    for number in range(70):
        (world.real / f"d{number}").mkdir()
    world.begin_again()
    for number in range(70):
        (world.up(f"d{number}") / "f").write_text(str(number))
    (world.over / "zz").mkdir()
    (world.over / "zz" / "last").write_text("")
    Commit(world.run).run(world.record())
    assert (world.real / "d69" / "f").read_text() == "69"
    assert (world.real / "zz" / "last").exists()


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


def test_the_time_of_others_folders_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = world.record()
    utime = os.utime

    def refused(where: int | bytes, *given: object, **named: object) -> None:
        if isinstance(where, int):
            raise PermissionError(errno.EPERM, "not yours")
        utime(where, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "utime", refused)
    Commit(world.run).run(digest)
    done(world)


def test_attributes_and_owners_of_links_are_given(world: World) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give them")
    (world.over / "l").symlink_to("/etc/passwd")
    os.setxattr(world.over / "l", "trusted.mark", b"1", follow_symlinks=False)
    os.chown(world.over / "l", 3, 4, follow_symlinks=False)
    Commit(world.run).run(world.record())
    assert os.getxattr(world.real / "l", "trusted.mark", follow_symlinks=False) == b"1"
    assert (world.real / "l").lstat().st_uid == 3


def test_a_record_that_cannot_be_written_says_so(world: World) -> None:
    world.record()
    with pytest.raises(RehearsalError, match="cannot write"):
        keep_record(world.run / "none", read_record(world.run), OsDisk())


def test_a_folder_that_goes_just_before_it_begins_is_told(world: World) -> None:
    class Removing(Points):
        def keep(self) -> str:
            shutil.rmtree(world.real / "docs")
            return super().keep()

    with pytest.raises(RehearsalError, match=r"broke off: .*No such file"):
        Commit(world.run, Surroundings(Removing())).run(world.record())
    assert (world.real / "top.txt").exists()
    assert not (world.real / "new").exists()


@pytest.mark.parametrize("name", ["new/mine", "new/file", "single"])
def test_work_in_what_was_put_in_place_is_never_taken_away(world: World, name: str) -> None:
    (world.over / "single").write_text("x")
    digest = world.record()
    with pytest.raises(Stop):
        Commit(world.run, at("did swap", stop)).run(digest)
    (world.real / name).write_text("mine, in what is new")
    (world.real / "docs" / "b.txt").write_text("mine too")
    with pytest.raises(RehearsalError, match="but for what was changed since"):
        Commit(world.run).run(digest)
    assert (world.real / name).read_text() == "mine, in what is new"
    assert (world.real / "docs" / "b.txt").read_text() == "mine too"
    assert (world.real / "docs" / "a.txt").read_text() == "one\n"


def test_attributes_that_stay_are_left_alone(world: World) -> None:
    path = world.over / "docs" / "b.txt"
    for place in (path, world.real / "docs" / "b.txt"):
        os.setxattr(place, "user.stays", b"1")
    os.setxattr(path, "user.more", b"2")
    world.begin_again()
    Commit(world.run).run(world.record())
    assert sorted(os.listxattr(world.real / "docs" / "b.txt")) == ["user.more", "user.stays"]
