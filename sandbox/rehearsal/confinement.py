"""Confinement: what a program in a copy finds around it, as bubblewrap is told it.

Promises
- A program sees the system's programs and settings, read-only, the folders of the copy, and nothing
  else of the disk; of ``/etc`` only what everybody may read. Temporary folders are its own, and of
  bounded size.
- It has no network, no other processes, no shared memory of others, no capabilities and no way to
  new ones; its environment holds what is listed here, and it inherits no open file.
- It reaches the sockets that it is given, and no others of the machine.

Does not promise
- To keep a program from reading what the system shows to everybody.
- That a socket of a service under ``/usr`` or ``/opt`` is out of reach: services keep them in
  ``/run``, which is hidden.
"""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

_ROOTS = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "opt", "etc", "nix", "gnu")
_CACHES = ("/var/cache/fontconfig", "/var/lib/dbus", "/var/lib/flatpak")
_PRIVATE = ("/tmp", "/var/tmp", "/dev/shm")
_NAMES = """
USER LOGNAME SHELL PATH LANG LANGUAGE TZ TERM GTK_THEME GDK_SCALE QT_SCALE_FACTOR QT_STYLE_OVERRIDE
XDG_DATA_DIRS XDG_CONFIG_DIRS XDG_CURRENT_DESKTOP
"""
_KEPT = frozenset(_NAMES.split())
_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/games"


def passed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment programs in a copy may know: no tokens, no addresses."""
    kept = {n: v for n, v in environ.items() if n in _KEPT or n.startswith("LC_")}
    return {"PATH": _PATH, **kept}


@dataclass(frozen=True)
class Confinement:
    """How a program is shut in.

    ``writable``: pairs of a folder outside and its place inside. ``hidden`` lies in these places.
    ``sockets`` are shown at their own places. ``scratch_bytes`` bounds each temporary folder.
    ``own_users``: in a user namespace, where the system lets there be one.
    """

    home: Path
    cwd: Path
    environment: Mapping[str, str]
    writable: tuple[tuple[Path, Path], ...] = ()
    hidden: tuple[Path, ...] = ()
    sockets: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()
    scratch_bytes: int = 256 << 20
    own_users: bool = True
    user: int = field(default_factory=os.geteuid)
    group: int = field(default_factory=os.getegid)

    def arguments(self) -> list[str]:
        """Return bubblewrap's arguments, without those of the program."""
        alone = ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
        alone += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
        if self.own_users:
            alone += ["--unshare-user", "--disable-userns"]
            alone += ["--uid", str(self.user), "--gid", str(self.group)]
        alone += ["--cap-drop", "ALL", "--hostname", "handrail", "--clearenv"]
        named = {"HOME": str(self.home), "XDG_RUNTIME_DIR": self._runtime, **self.environment}
        for name, value in sorted(named.items()):
            alone += ["--setenv", name, value]
        return [*alone, *self._mounts(), "--chdir", str(self.cwd)]

    def around(
        self, writable: tuple[tuple[Path, Path], ...], hidden: tuple[Path, ...]
    ) -> "Confinement":
        """Return the same with folders of a copy, and what of them stays hidden."""
        return replace(self, writable=writable, hidden=hidden)

    def reading(self, *paths: Path) -> "Confinement":
        """Return the same with files that may be read."""
        return replace(self, read=paths)

    def finds(self, program: str) -> bool:
        """Tell whether a command of this name would be found inside."""
        if "/" in program:
            return self.shows(self.cwd / program)
        found = shutil.which(program, path=self.environment.get("PATH", _PATH))
        return found is not None and self.shows(Path(found))

    def shows(self, path: Path) -> bool:
        """Tell whether there is something at this path inside."""
        real = path.resolve()
        shown = [*(Path("/", name).resolve() for name in _ROOTS), *self.read]
        inside = [*shown, *(place for _, place in self.writable)]
        hidden = any(real.is_relative_to(one) for one in self.hidden)
        return not hidden and real.exists() and any(real.is_relative_to(one) for one in inside)

    @property
    def _runtime(self) -> str:
        return f"/run/user/{self.user}"

    def _mounts(self) -> Iterator[str]:
        yield from self._system()
        size = str(self.scratch_bytes)
        for folder in ("/run", *_PRIVATE):
            mode = "0755" if folder == "/run" else "1777"
            yield from ("--perms", mode, "--size", size, "--tmpfs", folder)
        yield from ("--perms", "0700", "--dir", self._runtime)
        for outside, place in self.writable:
            yield from ("--bind", str(outside), str(place))
        for path in self.read:
            yield from ("--ro-bind", str(path), str(path))
        yield from self._hiding(self.hidden)
        for socket in self.sockets:
            yield from ("--ro-bind", str(socket), str(socket))
        yield from ("--remount-ro", "/dev", "--remount-ro", "/")

    def _system(self) -> Iterator[str]:
        for name in _ROOTS:
            path = Path("/", name)
            if path.is_symlink():
                yield from ("--symlink", str(path.readlink()), str(path))
            elif path.is_dir():
                yield from ("--ro-bind", str(path), str(path))
        for cache in _CACHES:
            yield from ("--ro-bind-try", cache, cache)
        yield from ("--dev", "/dev", "--proc", "/proc")
        for path in _kernel_settings(Path("/proc")):
            yield from ("--ro-bind", str(path), str(path))
        yield from self._hiding(_closed(Path("/etc")))

    def _hiding(self, paths: Iterable[Path]) -> Iterator[str]:
        for path in paths:
            if path.is_dir():
                yield from ("--perms", "0000", "--tmpfs", str(path), "--remount-ro", str(path))
            else:
                yield from ("--ro-bind", os.devnull, str(path))


def _kernel_settings(proc: Path) -> list[Path]:
    """Return what of ``/proc`` belongs to no process: root may write there, whatever it lost."""
    found = []
    for path in sorted(proc.iterdir()):
        if path.name.isdigit() or path.is_symlink():
            continue
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode) or mode & 0o222:
            found.append(path)
    return found


def _closed(folder: Path) -> list[Path]:
    """Return what in a folder not everybody may read: root is not everybody."""
    found = []
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.is_symlink():
            continue
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode) and mode & 0o005 == 0o005:
            found += _closed(Path(entry.path))
        elif not mode & 0o004 or stat.S_ISDIR(mode):
            found.append(Path(entry.path))
    return found
