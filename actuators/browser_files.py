"""Files that go into a browser and come out of it."""

import asyncio
import os
import re
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

from playwright.async_api import Download
from playwright.async_api import Error as PlaywrightError

from handrail.actuators.base import sanitise
from handrail.actuators.errors import ActionRefused

_LONGEST = 120
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def chosen_files(text: str, *, multiple: bool) -> list[Path]:
    """Return the paths that were typed into a file chooser.

    Raises ActionRefused where one is missing or relative.
    """
    names = text.split(os.pathsep) if multiple else [text]
    paths = [_file(name.strip()) for name in names if name.strip()]
    if not paths:
        raise ActionRefused("type the full path of a file first")
    return paths


def _file(name: str) -> Path:
    try:
        path = Path(name).expanduser()
        there = path.exists()
    except (OSError, RuntimeError) as error:
        # Too long, behind a closed folder, or the home of a user that there is not.
        raise ActionRefused(f"{name[:200]!r} cannot be looked up") from error
    if not path.is_absolute():
        raise ActionRefused(f"{str(path)!r} is not a full path")
    if not there:
        raise ActionRefused(f"there is no file {str(path)!r}")
    return path


def safe_name(suggested: str) -> str:
    """Return a file name that a page suggested, fit for any folder: no path, nothing hidden."""
    base = PureWindowsPath(PurePosixPath(suggested).name).name
    kept = "".join(
        "_" if c in '<>:"/\\|?*' or (unicodedata.category(c)[0] in "CZ" and c != " ") else c
        for c in base
    )
    kept = kept.strip(" .")
    if not kept or _DEVICES.fullmatch(kept):
        kept = f"download_{kept}".rstrip("_")
    stem, dot, ending = kept.rpartition(".")
    if not dot or len(ending) > 16:
        stem, ending = kept, ""
    while len(f"{stem}{dot}{ending}".encode()) > _LONGEST and stem:
        stem = stem[:-1]
    return f"{stem}.{ending}" if ending else stem


class Downloads:
    """Save what pages hand out, each under a new name in one folder.

    Without a folder every download is refused. ``notices`` collects what to tell.
    """

    def __init__(self, folder: Path | None) -> None:
        self.notices: list[str] = []
        self._folder = folder
        self._running: set[asyncio.Task[None]] = set()

    def started(self, download: Download) -> None:
        """Begin to save a download; a notice tells how it ended."""
        name = safe_name(download.suggested_filename)
        if self._folder is None:
            self.notices.append(f"The download of {name} was not saved: no downloads folder is set")
            return
        task = asyncio.get_running_loop().create_task(self._save(download, name, self._folder))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _save(self, download: Download, name: str, folder: Path) -> None:
        path: Path | None = None
        try:
            path = _reserve(folder, name)
            await download.save_as(path)
        except (PlaywrightError, OSError) as error:
            if path is not None:
                path.unlink(missing_ok=True)
            reason = sanitise(str(error).strip().splitlines()[0])
            self.notices.append(f"The download of {name} failed: {reason}")
        except asyncio.CancelledError:
            if path is not None:
                path.unlink(missing_ok=True)
            raise
        else:
            self.notices.append(f"Downloaded {path.name} ({path.stat().st_size} bytes) to {folder}")


def _reserve(folder: Path, name: str) -> Path:
    """Create an empty file under a name that is still free; nothing is ever overwritten."""
    folder.mkdir(parents=True, exist_ok=True)
    stem, ending = Path(name).stem, Path(name).suffix
    for number in range(1, 1000):
        path = folder / (name if number == 1 else f"{stem} ({number}){ending}")
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"a thousand files called {name} are already in {folder}")
