"""A rehearsal with one change of every sort, and ways to interrupt its commit."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from handrail.sandbox.rehearsal.commit import Commit, Surroundings
from handrail.sandbox.rehearsal.commit_record import CommitState
from handrail.sandbox.rehearsal.record import read_record
from handrail.sandbox.snapshot.files import FileKeeper
from handrail.sandbox.snapshot.live import LiveTree
from tests.faults.undoing import named
from tests.sandbox.rehearsal_world import World


class Stop(Exception):
    """Where a commit was interrupted."""


def prepared(tmp_path: Path) -> World:
    """Change a file, a mode and a kind, delete a file, make a folder."""
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


def commit(
    world: World,
    digest: str = "",
    live: type[LiveTree] = LiveTree,
    told: Callable[[CommitState], None] = lambda _state: None,
) -> CommitState:
    """Commit what was rehearsed. Raises RehearsalError, RestoreError."""
    with keeper(world, live) as kept:
        wanted = digest or read_record(world.run).consequences.digest
        return Commit(world.run, Surroundings(kept, told)).run(wanted)


def keeper(world: World, live: type[LiveTree] = LiveTree) -> FileKeeper:
    """Return who keeps the real folder."""
    return FileKeeper(world.folder / "store", (world.real,), world.run.name, live=live)


def at(point: str, do: Callable[[], object]) -> type[LiveTree]:
    """Do something before a step, such as the second ``link 2``; the first without a number."""
    name, _space, number = point.partition(" ")
    left = [int(number or 1)]

    def reached(step: str, before: bool) -> None:
        if step == name and before:
            left[0] -= 1
            if left[0] == 0:
                do()

    return named(reached)


def at_phase(phase: str, do: Callable[[], object]) -> Callable[[CommitState], None]:
    """Do something when a phase begins."""

    def told(state: CommitState) -> None:
        if state.phase == phase:
            do()

    return told


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
