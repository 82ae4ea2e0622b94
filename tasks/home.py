"""The user's home folder, which not every user of a machine or a container has."""

from pathlib import Path

from handrail.tasks.errors import RunFolderError


def home_folder(setting: str) -> Path:
    """Return the home folder. Raises RunFolderError, naming the setting that would do instead."""
    try:
        return Path.home()
    except RuntimeError as error:
        raise RunFolderError(
            f"this user has no home folder: set HOME, or {setting} to a folder of yours"
        ) from error
