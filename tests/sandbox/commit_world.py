"""A rehearsal with one change of every sort, and ways to interrupt its commit."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

from handrail.sandbox.rehearsal.commit import Surroundings
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

    lost = conflicts = put_back = differences


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
