"""The folders that runs leave behind: where they are, how they are made, found and removed."""

import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from handrail.sandbox.disk import OsDisk, make_folder
from handrail.tasks.errors import NoSuchRun, RunFolderError
from handrail.tasks.home import home_folder

_NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
LAST = "last"


def runs_root(environ: Mapping[str, str], home: Path | None = None) -> Path:
    """Return the folder of all runs, by the XDG base directory specification.

    ``home`` is the user's own by default. Raises RunFolderError where there is none.
    """
    state = Path(environ.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():
        state = (home or home_folder("XDG_STATE_HOME")) / ".local" / "state"
    return state / "handrail" / "runs"


@dataclass(frozen=True)
class RunFolder:
    """One run's folder; only its owner can enter it."""

    path: Path

    @property
    def name(self) -> str:
        """Return the run's name: when it began, in UTC, and four random digits."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """Return the place of the journal."""
        return self.path / "journal.jsonl"

    @property
    def frames(self) -> Path:
        """Return the folder of the screenshots."""
        return self.path / "frames"

    @property
    def downloads(self) -> Path:
        """Return the folder that a browser's downloads go to."""
        return self.path / "downloads"

    @property
    def record(self) -> Path:
        """Return the place of the machine-readable record."""
        return self.path / "run.json"

    @property
    def report(self) -> Path:
        """Return the place of the page for people."""
        return self.path / "report.html"


@contextmanager
def records(kept: Path | None) -> Iterator[Path]:
    """Yield a folder for runs: ``kept``, or one that is gone afterwards with all beside it."""
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="handrail-runs-") as name:
        yield Path(name) / "runs"


def anchor_path(root: Path, name: str) -> Path:
    """Return the place of a run's anchor: beside the runs, so that it outlives their folders."""
    return root.with_name(f"{root.name}.anchors") / f"{name}.json"


def permits_folder(root: Path) -> Path:
    """Return the folder of the user's grants, beside the runs."""
    return root.with_name("permits")


def approvals_folder(root: Path) -> Path:
    """Return the folder of the tokens of approval APIs that are open, beside the runs."""
    return root.with_name("approvals")


def restore_folder(root: Path) -> Path:
    """Return the folder of all restore points, beside the runs."""
    return root.with_name("restore-points")


def texts_folder(root: Path, name: str) -> Path:
    """Return the folder of what a run kept of clipboards and browsers, outside its own folder.

    A run's folder may be shown to others; this one holds cookies.
    """
    return root.with_name("restore-texts") / name


def create_run(root: Path, now: datetime | None = None) -> RunFolder:
    """Make the folder of a new run, mode 0700. Raises RunFolderError."""
    began = datetime.now(UTC) if now is None else now
    disk = OsDisk()
    folder = RunFolder(root / f"{began:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}")
    try:
        make_folder(root, disk)
        folder.path.mkdir(mode=0o700)
        folder.frames.mkdir(mode=0o700)
        disk.sync_folder(root)  # what is durable in a folder is lost where the folder is not
    except OSError as error:
        raise RunFolderError(
            f"cannot make the run's folder {folder.path}: {error.strerror}; "
            "set XDG_STATE_HOME to a place that can be written"
        ) from error
    return folder


def list_runs(root: Path) -> list[RunFolder]:
    """Return every run, the oldest first. Raises RunFolderError where they cannot be read."""
    try:
        if not root.is_dir():
            return []
        names = sorted(path.name for path in root.iterdir() if _is_run(path))
    except OSError as error:
        raise RunFolderError(f"cannot read the runs in {root}: {error.strerror}") from error
    return [RunFolder(root / name) for name in names]


def find_run(root: Path, name: str) -> RunFolder:
    """Return the run of this name, of a unique beginning of it, or ``last``. Raises NoSuchRun."""
    runs = list_runs(root)
    if name == LAST and runs:
        return runs[-1]
    found = [run for run in runs if run.name.startswith(name)] if name else []
    if len(found) == 1:
        return found[0]
    if found:
        raise NoSuchRun(f"{len(found)} runs begin with {name!r}: write more of the name")
    raise NoSuchRun(f"no run is called {name!r} in {root}; `handrail runs list` shows them")


def held(path: Path, unknown: bool) -> bool:
    """Tell whether a process holds the lock of a file; ``unknown``: where there are no locks.

    What is not there is not held. Raises RunFolderError.
    """
    if sys.platform == "win32":
        return unknown
    try:
        os.close(OsDisk().reopen(path))
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RunFolderError(f"cannot look at {path}: {error.strerror}") from error
    return False


def remove_run(folder: RunFolder) -> None:
    """Remove a run's folder and everything in it. Raises RunFolderError."""
    if not _is_run(folder.path):
        raise RunFolderError(f"{folder.path} is not the folder of a run: nothing was removed")
    try:
        shutil.rmtree(folder.path)
    except OSError as error:
        raise RunFolderError(f"cannot remove {folder.path}: {error.strerror}") from error


def _is_run(path: Path) -> bool:
    return bool(_NAME.fullmatch(path.name)) and path.is_dir() and not path.is_symlink()
