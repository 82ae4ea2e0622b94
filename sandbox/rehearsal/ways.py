"""Ways to a copy: the first that works on this machine, found by trying.

Promises
- A way is taken only where it was tried just before: a program in a small copy wrote a file and
  removed another, which showed where changes lie and nowhere else.
- Where there is no way, the error says what became of each.

Does not promise
- That a way works for every folder: a file system may refuse to be laid under another.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.bounds import Bounds
from handrail.sandbox.rehearsal.confinement import Confinement
from handrail.sandbox.rehearsal.removal import remove, unmount
from handrail.sandbox.rehearsal.stage import WAYS, Mounts, Stage, Way, WayName

_SECONDS = 20.0
_TRIAL = ("sh", "-euc", "echo changed > made; rm kept; : > /tmp/own")


def find_way(folder: Path, names: Sequence[WayName] = WAYS) -> Way:
    """Return the first way that works with changes in this folder.

    Raises RehearsalError where none does, or bubblewrap is not installed.
    """
    problems = []
    for way in _candidates(names):
        problem = _tried(way, folder)
        if not problem:
            return way
        problems.append(f"{way.told()}: {problem}")
    raise RehearsalError(f"there can be no copy here: {'; '.join(problems)}")


def _candidates(names: Sequence[WayName]) -> Iterator[Way]:
    own: tuple[Mounts, ...] = ("root", "user") if os.geteuid() == 0 else ("user",)
    whose: dict[WayName, tuple[Mounts, ...]] = {
        "overlay": own,
        "fuse-overlayfs": (*own, "none"),
        "copy": ("none",),
    }
    for name in names:
        for mine in whose[name]:
            for own_users in (True, False):
                if own_users or mine != "user":
                    yield Way(name, mine, own_users)


def _tried(way: Way, folder: Path) -> str:
    """Make a small copy this way, and return what is wrong with it."""
    trial = Path(tempfile.mkdtemp(prefix="trial-", dir=folder))
    try:
        real = trial / "real"
        real.mkdir()
        (real / "kept").touch()
        stage = Stage(trial, way, (real,))
        stage.prepare()
        if way.name == "copy":
            (trial / "upper-0" / "kept").touch()
        confined = Confinement(real, real, {"PATH": "/usr/bin:/bin"}, stage.writable)
        command = stage.entered(confined, Bounds(), _TRIAL, aloud=True)
        said = _said(command)
        unmount(trial)
        if not (stage.layers[0].changed / "made").exists():
            return said or "nothing was changed in the copy"
        if [path.name for path in real.iterdir()] != ["kept"]:
            return "the real folder was changed"
        return ""
    finally:
        remove(trial)


def _said(command: list[str]) -> str:
    """Run a command to its end and return the last line of what it complained about."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else ""
