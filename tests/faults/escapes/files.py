"""Attempts on files outside: every way to change one, by every way to name it."""

import os
from pathlib import Path

from .attempts import Ground, attempt

NAMES = ("plain", "relative", "link", "first", "self", "cwd", "victim", "layer")
"""The ways to name the outside; ``spelled`` has each."""


def spelled(ground: Ground, way: str) -> Path:
    """Return a name of the outside folder, or of a real folder of the copy."""
    other = ground.other
    return Path(
        {
            "plain": other,
            "relative": f"{ground.home}/../{Path(other).name}",
            "link": f"{ground.home}/out",
            "first": f"/proc/1/root{other}",
            "self": f"/proc/self/root{other}",
            "cwd": f"/proc/1/cwd/../{Path(other).name}",
            "victim": f"/proc/{ground.victims['files']}/root{other}",
            "layer": f"{ground.scratch}/lower-0/docs",
        }[way]
    )


def own(ground: Ground, name: str) -> Path:
    """Make a file of our own in the copy."""
    made = Path(ground.home, f"own-{name}")
    made.write_text(name)
    return made


def _write(place: Path, ground: Ground, name: str) -> None:
    (place / f"new-{name}").write_text(name)


def _append(place: Path, ground: Ground, name: str) -> None:
    with (place / f"victim-{name}").open("r+") as file:
        file.seek(0, os.SEEK_END)
        file.write(name)


def _replace(place: Path, ground: Ground, name: str) -> None:
    own(ground, name).rename(place / f"victim-{name}")


def _symlink(place: Path, ground: Ground, name: str) -> None:
    (place / f"link-{name}").symlink_to(ground.home)


def _hardlink(place: Path, ground: Ground, name: str) -> None:
    try:
        (place / f"hard-{name}").hardlink_to(own(ground, name))
    except OSError:
        mine = Path(ground.home, f"hard-{name}")
        mine.hardlink_to(place / f"victim-{name}")
        mine.write_text(name)


def _chmod(place: Path, ground: Ground, name: str) -> None:
    (place / f"victim-{name}").chmod(0o606)


def _remove(place: Path, ground: Ground, name: str) -> None:
    (place / f"victim-{name}").unlink()


def _mkdir(place: Path, ground: Ground, name: str) -> None:
    (place / f"folder-{name}").mkdir()


def _read(place: Path, ground: Ground, name: str) -> None:
    if place.name != "docs":  # there the copy shows it: it is the user's own document
        ground.leak(name, (place / "secret").read_bytes())


for _kind, _try in {
    "write": _write,
    "append": _append,
    "replace": _replace,
    "symlink": _symlink,
    "hardlink": _hardlink,
    "chmod": _chmod,
    "remove": _remove,
    "mkdir": _mkdir,
    "read": _read,
}.items():
    for _way in NAMES:

        def _run(ground: Ground, name: str, run=_try, way=_way) -> None:  # type: ignore[no-untyped-def]
            run(spelled(ground, way), ground, name)

        attempt(_kind, _way, harmless=True)(_run)
