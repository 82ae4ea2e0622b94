"""Random folders and random work in them, and a plain look at all that is there."""

import errno
import hashlib
import os
import shutil
import socket
import stat
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import IO, NamedTuple

NAMES = tuple(
    map(
        os.fsdecode,
        (
            b"a.txt", b"b", b"notes", b"docs", b"\xff\xfe", "zo\u00eb \u4e2d".encode(),
            b"new\nline", b"\x1b[2J", b"back\\slash", b".cache", b".hidden", b"-rf", b"a b",
            b"c.bin", b"x" * 200, b".~lock.a.odt#", b"work", b"%s", b"<b>", b"deep",
        ),
    )
)  # fmt: skip


class Look(NamedTuple):
    """All that tells an entry from another."""

    kind: str
    mode: int
    owner: tuple[int, int]
    mtime: int
    content: bytes
    attributes: tuple[tuple[str, bytes], ...]


def look(root: Path) -> dict[bytes, Look]:
    """Return everything below a folder, and the folder itself as ``b"."``."""
    return {bytes(path.relative_to(root)): _look(path) for path in (root, *entries(root))}


def entries(root: Path) -> list[Path]:
    """Return everything below a folder."""
    found = []
    for folder, folders, files in os.walk(root):
        found += [Path(folder, name) for name in folders + files]
    return sorted(found)


def _look(path: Path) -> Look:
    seen = path.lstat()
    kind, content = "special", b"%o" % stat.S_IFMT(seen.st_mode)
    if stat.S_ISREG(seen.st_mode):
        kind, content = "file", hashlib.sha256(path.read_bytes()).digest()
    elif stat.S_ISDIR(seen.st_mode):
        kind, content = "folder", b""
    elif stat.S_ISLNK(seen.st_mode):
        kind, content = "link", hashlib.sha256(bytes(path.readlink())).digest()
    names = [n for n in os.listxattr(path, follow_symlinks=False) if ".overlay." not in n]
    attributes = tuple(sorted((n, os.getxattr(path, n, follow_symlinks=False)) for n in names))
    owner = (seen.st_uid, seen.st_gid)
    return Look(kind, stat.S_IMODE(seen.st_mode), owner, seen.st_mtime_ns, content, attributes)


def hard_links(root: Path) -> set[tuple[bytes, bytes]]:
    """Return every two names that are one file."""
    groups: defaultdict[int, list[bytes]] = defaultdict(list)
    for path in entries(root):
        seen = path.lstat()
        if stat.S_ISREG(seen.st_mode) and seen.st_nlink > 1:
            groups[seen.st_ino].append(bytes(path.relative_to(root)))
    return {(one, two) for names in groups.values() for one in names for two in names if one < two}


class Worker:
    """Does random work in a folder, as a program would; nothing outside of it is ever written to.

    It makes links, also out of the folder, and follows none: what it opens or changes is what the
    name itself stands for.
    """

    def __init__(self, root: Path, random: Random) -> None:
        self.root = root
        self.random = random
        self.deeds: tuple[Callable[[], object], ...] = (
            self.create, self.create, self.change, self.change, self.append, self.replace,
            self.delete, self.delete, self.make_folder, self.remove_tree, self.replace_tree,
            self.rename, self.rename, self.change_mode, self.touch, self.label, self.link,
            self.hard_link, self.hard_link, self.special, self.sparse, self.change_kind,
            self.same_again, self.shorten,
        )  # fmt: skip

    def work(self, deeds: int) -> None:
        """Do so many things; what cannot be done is left."""
        for _ in range(deeds):
            with suppress(OSError):
                self.random.choice(self.deeds)()

    def _pick(self, wanted: Callable[[os.stat_result], bool]) -> Path:
        found = [path for path in entries(self.root) if wanted(path.lstat())]
        if not found:
            raise FileNotFoundError("there is none yet")
        return self.random.choice(found)

    def _new(self) -> Path:
        """Return a name that is free, or a plain file's."""
        folders = [path for path in entries(self.root) if _is_folder(path)]
        path = self.random.choice([self.root, *folders]) / self.random.choice(NAMES)
        if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
            raise FileExistsError(path)
        return path

    def _file(self) -> Path:
        return self._pick(lambda seen: stat.S_ISREG(seen.st_mode))

    def _any(self) -> Path:
        return self._pick(lambda _seen: True)

    def _bytes(self) -> bytes:
        return self.random.randbytes(self.random.choice((0, 1, 20, 300, 5000, 70_000)))

    def _write(self, path: Path, mode: str, content: bytes) -> None:
        with _opened(path, mode) as file:
            file.write(content)

    def create(self) -> None:
        self._write(self._new(), "wb", self._bytes())

    def change(self) -> None:
        self._write(self._file(), "wb", self._bytes())

    def append(self) -> None:
        self._write(self._file(), "ab", b"more\n")

    def shorten(self) -> None:
        with _opened(self._file(), "r+b") as file:
            file.truncate(self.random.choice((0, 3, 4096)))

    def replace(self) -> None:
        """Save as careful programs do: a new file in the place of the old one."""
        path = self._file()
        fresh = path.with_name(".goutput")
        self._write(fresh, "wb", self._bytes())
        fresh.replace(path)

    def delete(self) -> None:
        self._any().unlink()

    def make_folder(self) -> None:
        self._new().mkdir(self.random.choice((0o755, 0o700, 0o2775)))

    def remove_tree(self) -> None:
        shutil.rmtree(self._pick(lambda seen: stat.S_ISDIR(seen.st_mode)))

    def replace_tree(self) -> None:
        """Remove a folder and make it anew: an overlay hides what was below."""
        path = self._pick(lambda seen: stat.S_ISDIR(seen.st_mode))
        shutil.rmtree(path)
        path.mkdir()
        self._write(path / self.random.choice(NAMES), "wb", self._bytes())

    def rename(self) -> None:
        source, target = self._any(), self._new()
        if source not in (target, *target.parents):
            if _is_folder(source) and os.path.lexists(target):
                return
            try:
                source.rename(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                # As programs move a folder that an overlay cannot: copied, then removed.
                shutil.copytree(source, target, symlinks=True, ignore=_special)
                shutil.rmtree(source)

    def change_mode(self) -> None:
        path = self._any()
        if not path.is_symlink():
            kept = 0o700 if path.is_dir() else 0o400
            path.chmod(kept | self.random.randrange(0o1000))

    def touch(self) -> None:
        time = self.random.randrange(10**18)
        os.utime(self._any(), ns=(time, time), follow_symlinks=False)

    def label(self) -> None:
        path, name = self._file(), f"user.label{self.random.randrange(3)}"
        if name in os.listxattr(path) and self.random.random() < 0.5:
            os.removexattr(path, name)
        else:
            os.setxattr(path, name, self.random.randbytes(9))

    def link(self) -> None:
        targets = ("a.txt", "/dev/null", "../..", "nowhere", "\udcff", ".")
        self._new().symlink_to(self.random.choice(targets))

    def hard_link(self) -> None:
        self._new().hardlink_to(self._file())

    def special(self) -> None:
        path = self._new()
        if self.random.random() < 0.5:
            os.mkfifo(path)
            return
        with socket.socket(socket.AF_UNIX) as plug:
            here = os.open(path.parent, os.O_PATH)  # names of sockets must be short
            try:
                plug.bind(f"/proc/self/fd/{here}/{path.name}")
            finally:
                os.close(here)

    def sparse(self) -> None:
        path = self._new()
        self._write(path, "wb", b"head")
        with _opened(path, "r+b") as file:
            file.truncate(3_000_000)
            file.seek(1_500_000)
            file.write(b"middle")

    def change_kind(self) -> None:
        path = self._any()
        if _is_folder(path):
            shutil.rmtree(path)
            self._write(path, "wb", self._bytes())
            return
        path.unlink()
        if self.random.random() < 0.5:
            path.mkdir()
            self._write(path / "inside", "wb", self._bytes())
        else:
            path.symlink_to("a.txt")

    def same_again(self) -> None:
        """Open a file to write and change nothing, as a program may: it is copied up."""
        path = self._file()
        os.close(os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK))
        path.chmod(stat.S_IMODE(path.lstat().st_mode))


def _opened(path: Path, mode: str) -> IO[bytes]:
    """Open the entry itself, never what a link points to, and never wait for another program."""
    flags = {"wb": os.O_WRONLY | os.O_CREAT | os.O_TRUNC, "ab": os.O_WRONLY | os.O_APPEND}
    how = flags.get(mode, os.O_RDWR) | os.O_NOFOLLOW | os.O_NONBLOCK
    return os.fdopen(os.open(path, how, 0o644), mode)


def _special(folder: str, names: list[str]) -> list[str]:
    kinds = {name: Path(folder, name).lstat().st_mode for name in names}
    return [n for n, m in kinds.items() if stat.S_ISFIFO(m) or stat.S_ISSOCK(m)]


def _is_folder(path: Path) -> bool:
    return os.path.lexists(path) and stat.S_ISDIR(path.lstat().st_mode)
