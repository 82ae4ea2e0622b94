"""Run a program in a copy of a small home, and look at what it left."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from handrail.sandbox.rehearsal.bounds import Bounds
from handrail.sandbox.rehearsal.confinement import Confinement, passed_on
from handrail.sandbox.rehearsal.desktop_copy import laid
from handrail.sandbox.rehearsal.removal import remove
from handrail.sandbox.rehearsal.scene import Scene
from handrail.sandbox.rehearsal.stage import WAYS, Stage, WayName
from handrail.sandbox.rehearsal.ways import find_way

SECONDS = 20.0


@dataclass
class Copied:
    """What a program said in a copy, and what it changed there."""

    said: str
    changed: Path


def home_in(folder: Path) -> Path:
    """Make a home with a document and a secret."""
    home = folder / "home"
    for name in ("docs", ".ssh"):
        (home / name).mkdir(parents=True)
    (home / "docs/note.txt").write_text("reader\n")
    (home / ".ssh/id").write_text("KEY")
    (home / ".netrc").write_text("KEY")
    return home


def run_in_copy(
    home: Path, script: str, ways: Sequence[WayName] = WAYS, environ: dict[str, str] | None = None
) -> Copied:
    """Run a shell's script in a copy of a home."""
    scratch = home.parent / "scratch"
    scratch.mkdir(mode=0o700)
    scene = Scene(home, scratch, home / "docs")
    way = find_way(scratch, ways)
    stage = Stage(scratch, way, scene.covered)
    laid(stage, scene.concealed, 1 << 20)
    shut = Confinement(
        home,
        home / "docs",
        passed_on(environ or {}),
        stage.writable,
        () if way.name == "copy" else scene.concealed,
        own_users=way.own_users,
    )
    said = home / ".said"
    command = stage.entered(
        shut, Bounds(), ["sh", "-c", f"exec > {quote(str(said))} 2>&1; {script}"]
    )
    subprocess.run(command, check=False, timeout=SECONDS)
    changed = stage.layers[0].changed
    text = (changed / ".said").read_text()
    return Copied(text, changed)


def forget(home: Path) -> None:
    """Remove what copies of a home left behind."""
    remove(home.parent / "scratch")
