"""Work on files: random operations as programs and people do them, from a seed."""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

_NAMES = (b"a", b"b.txt", b"new\nline", b"back\\slash", b"\xff\xfe", b"\xc3\xa4", b" ", b"x" * 200)
_MODES = (0o600, 0o644, 0o755, 0o700, 0o2755, 0o4711, 0o444)
_ATTRIBUTES = ("user.origin", "user.tag")


class FileWork:
    """A folder, and what is done in it; the same seed does the same."""

    def __init__(self, root: Path, random: Random) -> None:
        self.root = root
        self.random = random
        self.done: list[str] = []
        self._fresh = 0

    def prepare(self) -> None:
        """Fill the folder with something of each kind."""
        self.root.mkdir()
        for _ in range(self.random.randint(3, 12)):
            self.random.choice((self.make, self.make, self.folder, self.link, self.hard_link))()
        self.done.clear()

    def work(self, count: int) -> None:
        """Do so many operations; the last is certain to change something."""
        operations: tuple[Callable[[], None], ...] = (
            self.make,
            self.write,
            self.append,
            self.cut,
            self.mode,
            self.rename,
            self.delete,
            self.folder,
            self.remove_folder,
            self.link,
            self.hard_link,
            self.attribute,
            self.time,
            self.sparse,
            self.swap,
        )
        for _ in range(count - 1):
            self.random.choice(operations)()
        self.make()

    def make(self) -> None:
        """Make a file with new content."""
        path = self._free()
        path.write_bytes(self._content())
        self._note("make", path)

    def write(self) -> None:
        """Write another content of the same length into a file."""
        if path := self._file():
            path.write_bytes(self.random.randbytes(path.stat().st_size))
            self._note("write", path)

    def append(self) -> None:
        """Add to a file."""
        if path := self._file():
            with path.open("ab") as file:
                file.write(self._content())
            self._note("append", path)

    def cut(self) -> None:
        """Cut a file."""
        if path := self._file():
            os.truncate(path, self.random.randint(0, path.stat().st_size))
            self._note("cut", path)

    def mode(self) -> None:
        """Change the mode of a file or a folder."""
        paths = [path for path in self._all() if not path.is_symlink()]
        if paths:
            path = self.random.choice(paths)
            path.chmod(self.random.choice(_MODES) | (0o700 if path.is_dir() else 0))
            self._note("mode", path)

    def rename(self) -> None:
        """Give something another name, maybe in another folder."""
        if paths := self._all():
            path, free = self.random.choice(paths), self._free()
            if path not in free.parents:
                path.rename(free)
                self._note("rename", free)

    def delete(self) -> None:
        """Delete a file or a link."""
        if paths := [p for p in self._all() if p.is_symlink() or not p.is_dir()]:
            path = self.random.choice(paths)
            path.unlink()
            self._note("delete", path)

    def folder(self) -> None:
        """Make a folder."""
        path = self._free()
        path.mkdir()
        self._note("folder", path)

    def remove_folder(self) -> None:
        """Remove an empty folder."""
        if paths := [p for p in self._folders()[1:] if not any(p.iterdir())]:
            path = self.random.choice(paths)
            path.rmdir()
            self._note("remove", path)

    def link(self) -> None:
        """Make a symbolic link, to something or to nothing."""
        path = self._free()
        path.symlink_to(os.fsdecode(self.random.choice((*_NAMES, b"../..", b"/etc"))))
        self._note("link", path)

    def hard_link(self) -> None:
        """Give a file a second name."""
        if path := self._file():
            free = self._free()
            free.hardlink_to(path)
            self._note("hard link", free)

    def attribute(self) -> None:
        """Set or remove an extended attribute."""
        if path := self._file():
            name = self.random.choice(_ATTRIBUTES)
            if name in os.listxattr(path):
                os.removexattr(path, name)
            else:
                os.setxattr(path, name, self.random.randbytes(self.random.randint(0, 20)))
            self._note("attribute", path)

    def time(self) -> None:
        """Set the time of change of anything, a link or a folder too."""
        path = self.random.choice([self.root, *self._all()])
        stamp = self.random.randint(-(10**9), 4 * 10**18)
        os.utime(path, ns=(stamp, stamp), follow_symlinks=False)
        self._note("time", path)

    def sparse(self) -> None:
        """Make a file with holes."""
        path = self._free()
        with path.open("wb") as file:
            file.seek(self.random.randint(1, 300_000))
            file.write(self._content())
            file.truncate(file.tell() + self.random.choice((0, 70_000)))
        self._note("sparse", path)

    def swap(self) -> None:
        """Put something of another kind in the place of a file."""
        if path := self._file():
            path.unlink()
            if self.random.random() < 0.5:
                path.mkdir()
            else:
                path.symlink_to("elsewhere")
            self._note("swap", path)

    def _note(self, what: str, path: Path) -> None:
        self.done.append(f"{what} {bytes(path.relative_to(self.root))!r}")

    def _content(self) -> bytes:
        size = self.random.choice((0, 1, 20, 20, 5_000))
        return self.random.choice((self.random.randbytes(size), bytes(size)))

    def _all(self) -> list[Path]:
        return sorted(self.root.rglob("*"))

    def _folders(self) -> list[Path]:
        return [self.root, *(p for p in self._all() if p.is_dir() and not p.is_symlink())]

    def _file(self) -> Path | None:
        paths = [path for path in self._all() if path.is_file() and not path.is_symlink()]
        return self.random.choice(paths) if paths else None

    def _free(self) -> Path:
        folder = self.random.choice(self._folders())
        name = os.fsdecode(self.random.choice(_NAMES))
        while os.path.lexists(folder / name):
            self._fresh += 1
            name = f"{self._fresh}{name}"[:200]
        return folder / name
