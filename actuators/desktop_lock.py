"""Keep two runs on one desktop apart: they share its pointer and its keyboard.

For Windows and macOS; an X display keeps runs apart itself (see ``DisplayClaim``).
"""

import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from handrail.actuators.errors import EnvironmentMissing

_LOCAL = re.compile(r"^(?:unix)?:(\d+)(?:\.\d+)?$")


class DisplayLock:
    """An exclusive lock on a display, held until ``close`` or until the process ends.

    The file stays; it names the holder. Raises EnvironmentMissing where another run holds it.
    """

    def __init__(self, display: str, folder: Path) -> None:
        local = _LOCAL.match(display)
        name = local.group(1) if local else re.sub(r"[^A-Za-z0-9.-]", "_", display)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path = folder / f"display-{name}.lock"
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            self._file = os.open(self.path, flags, stat.S_IRUSR | stat.S_IWUSR)
        except OSError as problem:
            raise EnvironmentMissing(
                f"the lock of display {display} cannot be made in {folder}: {problem.strerror}; "
                "set XDG_RUNTIME_DIR or XDG_STATE_HOME to a folder of yours"
            ) from problem
        if not _take(self._file):
            holder = os.pread(self._file, 200, 0).decode("utf-8", "replace").strip()
            os.close(self._file)
            raise EnvironmentMissing(
                f"another run ({holder or 'unknown'}) uses display {display}: wait for it, "
                "stop it, or use another display"
            )
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"process {os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Release the lock; safe to call twice."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1


def lock_folder(environ: Mapping[str, str]) -> Path:
    """Return where locks lie: the user's runtime folder, or else the state folder."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "handrail"
    state = environ.get("XDG_STATE_HOME", "")
    return (Path(state) if state else Path.home() / ".local" / "state") / "handrail" / "locks"


def _take(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, 4096, os.SEEK_SET)  # past the text, which others may read
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
