"""The store: where kept contents and points lie, each under the SHA-256 of what it is.

    lock             shared by whoever keeps or puts back, alone for whoever removes
    runs/RUN         locked as long as the run may add points or put back
    contents/ab/cd.. the bytes of a file, once, whoever has them
    incoming/        contents that are not yet durable
    points/NAME      what was where: see manifest.py
    latest/KEY       the last point of the same folders, to see quickly what changed since
    plans/KEY.json   a putting back that has begun: see putting_back.py

Promises
- Whatever has its name is whole and durable: it is written under another name, synced and renamed.
- What is read is compared with its name: a damaged content or point is an error.
- Only the owner can look into it, and no file of it is a hard link to one outside.

Does not promise
- To notice damage before it is read.
"""

import ctypes
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from handrail.sandbox.disk import OsDisk, make_folder, replace_file
from handrail.sandbox.errors import RestoreError
from handrail.sandbox.file_places import opened
from handrail.sandbox.snapshot.contents import Content, copied, laid_out

_NAME = re.compile(r"[0-9a-f]{64}")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_SINGLY = 24
"""Up to so many files are synced one by one; more cost less in one sync of the file system."""


@dataclass(frozen=True)
class Store:
    """A folder of contents and points."""

    path: Path

    @property
    def contents(self) -> Path:
        """Return the folder of contents."""
        return self.path / "contents"

    @property
    def points(self) -> Path:
        """Return the folder of points."""
        return self.path / "points"

    @property
    def incoming(self) -> Path:
        """Return the folder of what is not durable yet."""
        return self.path / "incoming"

    @property
    def plans(self) -> Path:
        """Return the folder of what was begun to be put back."""
        return self.path / "plans"

    @property
    def latest(self) -> Path:
        """Return the folder that names the last point of each set of folders."""
        return self.path / "latest"

    @property
    def runs(self) -> Path:
        """Return the folder of the runs' locks."""
        return self.path / "runs"

    def content(self, sha256: str) -> Path:
        """Return the place of a content."""
        return Path(f"{self.path}/contents/{sha256[:2]}/{sha256[2:]}")

    def prepare(self) -> None:
        """Make the folders that are missing. Raises RestoreError."""
        try:
            for folder in (
                self.contents,
                self.points,
                self.incoming,
                self.plans,
                self.latest,
                self.runs,
            ):
                make_folder(folder, OsDisk())
        except OSError as error:
            raise unkept(self.path, error) from error

    def write_point(self, data: bytes) -> str:
        """Keep a point durably, and return its name. Raises RestoreError."""
        name = hashlib.sha256(data).hexdigest()
        put_file(self.points / name, data)
        return name

    def read_point(self, name: str) -> bytes:
        """Return a point as it was written. Raises RestoreError."""
        if not _NAME.fullmatch(name):
            raise RestoreError(f"{name[:80]!a} is no name of a restore point of files")
        try:
            data = (self.points / name).read_bytes()
        except FileNotFoundError as error:
            raise RestoreError(
                f"the restore point {name[:12]} is gone from {self.path}: what was kept longer ago "
                "or beyond the size that is allowed is removed (`handrail gc`), and what led away "
                "from it can no longer be undone"
            ) from error
        except OSError as error:
            raise RestoreError(f"{self.points / name}: cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != name:
            raise RestoreError(f"{self.points / name}: is damaged, and cannot be put back from")
        return data

    def lay_out(self, sha256: str, target: int, sparse: bool) -> None:
        """Copy a content into an empty file. Raises RestoreError where it is gone or damaged.

        Raises OSError where the file cannot be written.
        """
        place = self.content(sha256)
        try:
            source = os.open(place, os.O_RDONLY | _NOFOLLOW)
        except OSError as error:
            raise RestoreError(f"{place}: the kept content: {error.strerror}") from error
        try:
            found = laid_out(source, target, sparse)
        finally:
            os.close(source)
        if found.sha256 != sha256:
            raise RestoreError(f"{place}: the kept content is damaged, and cannot be put back")

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Keep whoever removes out, as long as something is kept or put back."""
        with locked(self.path / "lock", alone=False):
            yield


class Batch:
    """Contents on their way into a store; ``settle`` makes them durable, ``drop`` forgets them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._token = secrets.token_hex(8)
        self._numbers = count()
        self._fresh: dict[str, Path] = {}
        self._folders: set[Path] = set()

    def take(self, source: int) -> Content:
        """Copy an open file, and return what it held.

        Raises OSError where it cannot be read, RestoreError where the copy cannot be written.
        """
        place = self.store.incoming / f"{self._token}-{next(self._numbers)}"
        try:
            target = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise unkept(self.store.incoming, error) from error
        try:
            content = copied(source, target)
        except OSError as error:
            place.unlink()
            if error.errno in _FULL:
                raise unkept(self.store.incoming, error) from error
            raise
        finally:
            os.close(target)
        if self._has(content) or self._fresh.setdefault(content.sha256, place) is not place:
            place.unlink()
        return content

    def _has(self, content: Content) -> bool:
        place = self.store.content(content.sha256)
        try:
            same = place.stat().st_size == content.size
        except FileNotFoundError:
            return False
        if same:
            self._folders.add(place.parent)  # whoever put it there may not have synced it yet
        return same

    def settle(self) -> None:
        """Return when everything that was taken is in the store, durably. Raises OSError."""
        if self._fresh:
            with opened(bytes(self.store.incoming)) as incoming:
                sync_files(incoming, [os.fsencode(place.name) for place in self._fresh.values()])
        for sha256, place in self._fresh.items():
            target = self.store.content(sha256)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            self._folders.add(target.parent)
            place.rename(target)
        self._fresh.clear()
        if self._folders:
            with opened(bytes(self.store.contents)) as contents:
                sync_files(contents, [os.fsencode(folder.name) for folder in self._folders])

    def drop(self) -> None:
        """Remove what is not settled."""
        for place in self._fresh.values():
            place.unlink(missing_ok=True)
        self._fresh.clear()


@contextmanager
def locked(path: Path, alone: bool, wait: bool = True) -> Iterator[None]:
    """Hold a lock, shared with others or alone. Raises RestoreError where it cannot be had.

    The system lets it go with the process, however that ends.
    """
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unkept(path, error) from error
    try:
        mode = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        fcntl.flock(descriptor, mode | (0 if wait else fcntl.LOCK_NB))
        yield
    except BlockingIOError as error:
        raise RestoreError(f"{path}: is in use by another process; wait until it ends") from error
    finally:
        os.close(descriptor)


def put_file(place: Path, data: bytes) -> None:
    """Put a file of the store in its place, whole and durable. Raises RestoreError."""
    try:
        replace_file(place, data, OsDisk())
    except OSError as error:
        place.with_name(f"{place.name}.new").unlink(missing_ok=True)
        raise unkept(place.parent, error) from error


def sync_files(folder: int, names: Sequence[bytes]) -> None:
    """Return when a folder that is open, and files in it, are on the disk. Raises OSError."""
    if len(names) > _SINGLY:
        sync_file_system(folder)
        return
    for name in names:
        descriptor = os.open(name, os.O_RDONLY | _NOFOLLOW, dir_fd=folder)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    os.fsync(folder)


def sync_file_system(folder: int) -> None:
    """Return when everything of a folder's file system is on the disk. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.syncfs(folder) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def unkept(place: Path, error: OSError) -> RestoreError:
    """Return the error of a store that cannot be written."""
    why = error.strerror or str(error)
    if error.errno in _FULL[:2]:
        why = "the disk is full; `handrail gc` frees what is kept of earlier runs"
    return RestoreError(f"{place}: cannot be written: {why}")
