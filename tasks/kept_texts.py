"""What runs kept of clipboards and browsers' storage, and when it goes."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from handrail.tasks.errors import RunFolderError
from handrail.tasks.runs import texts_folder


def old_texts(root: Path, age: float) -> Iterator[Path]:
    """Yield the folders of runs that kept nothing for longer than some seconds."""
    for folder in sorted(texts_folder(root, "*").parent.glob("*")):
        with suppress(OSError):
            places = (folder, *folder.iterdir())
            if time.time() - max(place.lstat().st_mtime for place in places) > age:
                yield folder


def remove_texts(folder: Path) -> None:
    """Remove what a run kept, if it kept something. Raises RunFolderError."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunFolderError(f"cannot remove {folder}: {error.strerror}") from error
