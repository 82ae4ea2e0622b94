"""Removal of a copy: what mounts left behind, and folders that nobody may enter.

Promises
- No mount that is left in the folder is looked into: it is taken away first, or nothing is removed.
- Links are removed and not followed.

Does not promise
- That nothing is left where the disk fails.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from handrail.sandbox.errors import RehearsalError

_SECONDS = 10.0


def unmount(folder: Path) -> None:
    """Take away what ``fuse-overlayfs`` mounted in a copy's folder. Raises RehearsalError."""
    for place in sorted(folder.glob("merged-*")):
        if not _mounted(place):
            continue
        command = ["fusermount3", "-u", "-z", str(place)]
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
        if _mounted(place):
            raise RehearsalError(f"{place} is still mounted: run {' '.join(command)}")


def remove(folder: Path) -> None:
    """Remove a copy's folder and all that lies in it. Raises RehearsalError."""
    unmount(folder)
    for inner in _folders(folder):
        with suppress(OSError):
            inner.chmod(0o700)
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RehearsalError(f"{folder} cannot be removed: {error}") from error


def _folders(folder: Path) -> Iterator[Path]:
    """Yield every folder, each before it is looked into: an overlay's work folder is closed."""
    yield folder
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                yield from _folders(path)


def _mounted(place: Path) -> bool:
    """Tell whether something is mounted there, alive or not."""
    name = os.fsencode(place.resolve().parent / place.name)
    mounts = Path("/proc/self/mountinfo").read_bytes().splitlines()
    return any(_unescaped(line.split()[4]) == name for line in mounts)


def _unescaped(name: bytes) -> bytes:
    return name.decode("unicode_escape").encode("latin-1")
