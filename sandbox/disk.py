"""The disk: what a journal and its anchor ask of a file system, and how a file is replaced whole.

Promises
- A file that ``create`` made is new, for its owner's eyes only, and locked for this process where
  the system has such locks.
- ``replace_file`` leaves the old content or the new one, whole, also after a power loss; when it
  returns, the new one is on the disk.
- ``make_folder`` returns when the folder, and each that had to be made above it, is on the disk.

Does not promise
- A lock on Windows, which has no ``flock``: there nothing keeps a second writer away from a file
  that is opened again.
- What a disk that lies about its syncs keeps.
"""

import os
import sys
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """What a journal asks of a file system; tests put a failing one in its place."""

    def create(self, path: Path) -> int:
        """Make a new file, locked for this process, and return its descriptor."""
        ...

    def reopen(self, path: Path) -> int:
        """Open a file to append to, locked for this process, and return its descriptor."""
        ...

    def cut(self, descriptor: int, size: int) -> None:
        """Cut a file to a size in bytes."""
        ...

    def write(self, descriptor: int, data: bytes) -> int:
        """Write once and return the number of bytes written."""
        ...

    def sync(self, descriptor: int) -> None:
        """Return when the file's data are on the disk."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Return when the folder's list of files is on the disk."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in another's place, in one go."""
        ...


class OsDisk:
    """The operating system's own."""

    def create(self, path: Path) -> int:
        """Make a new file, locked for this process, and return its descriptor."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        return _locked(os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600))

    def reopen(self, path: Path) -> int:
        """Open a file to append to, locked for this process, and return its descriptor."""
        flags = os.O_WRONLY | os.O_APPEND
        return _locked(os.open(path, flags | getattr(os, "O_BINARY", 0)))

    def cut(self, descriptor: int, size: int) -> None:
        """Cut a file to a size in bytes."""
        os.ftruncate(descriptor, size)

    def write(self, descriptor: int, data: bytes) -> int:
        """Write once and return the number of bytes written."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Return when the file's data are on the disk."""
        getattr(os, "fdatasync", os.fsync)(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Return when the folder's list of files is on the disk (Windows does that by itself)."""
        if sys.platform == "win32":
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in another's place, in one go."""
        source.replace(target)


def _locked(descriptor: int) -> int:
    """Return the descriptor once its file is locked; close it where that fails."""
    if sys.platform == "win32":
        return descriptor
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def make_folder(folder: Path, disk: Disk) -> None:
    """Make a folder for its owner's eyes, and what is missing above it. Raises OSError.

    A folder that is there is left as it is.
    """
    missing = [folder, *folder.parents]
    missing = [place for place in missing if not place.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in missing:
        disk.sync_folder(place.parent)


def replace_file(path: Path, data: bytes, disk: Disk) -> None:
    """Put a file with this content in the place of an earlier one, if any. Raises OSError."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = disk.create(fresh)
    try:
        written = disk.write(descriptor, data)
        if written != len(data):
            raise OSError(f"only {written} of {len(data)} bytes were written")
        disk.sync(descriptor)
    finally:
        os.close(descriptor)
    disk.rename(fresh, path)
    disk.sync_folder(path.parent)
