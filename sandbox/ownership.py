"""Ownership: a file may grant only where nobody but its user can write it.

Promises
- A file that grants is read only where it is a plain file of the user's (or the administrator's),
  and neither it nor any folder on the way to it can be written by others: not by a group, not by
  everybody, but for folders like /tmp in which nobody can replace what is another's.
- What is judged is the opened file itself, so that it cannot be exchanged in between. Folders are
  judged both on the way as written and on the way behind links.

Does not promise
- Anything against the administrator, or against programs that run as the user.
- To read access control lists, which may give rights beside these, and to judge files on Windows,
  where there are only such lists (``user`` is None there).
"""

import os
import stat
from pathlib import Path

from handrail.sandbox.errors import PolicyError

_ADMINISTRATOR = 0
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_LONGEST = 1_000_000


def current_user() -> int | None:
    """Return the number of the user, or None on a system that has none."""
    return os.getuid() if hasattr(os, "getuid") else None


def read_owned(path: Path, user: int | None) -> bytes:
    """Return the bytes of a file that may grant. Raises PolicyError."""
    try:
        # Not to wait for a pipe's writer, should the path be one.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise PolicyError(f"{path}: is not a plain file: a file that grants must be one")
            if user is not None:
                _insist(path, facts, user, "the file")
                for folder in _folders(path):
                    _insist(folder, folder.stat(), user, "a folder on its way")
            text = file.read(_LONGEST + 1)
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(text) > _LONGEST:
        raise PolicyError(f"{path}: is longer than {_LONGEST:,} bytes: that is no policy")
    return text


def _folders(path: Path) -> tuple[Path, ...]:
    """Return every folder whose writer could put another file in this one's place."""
    written = path.absolute().parents
    behind = path.resolve(strict=True).parents
    return tuple(dict.fromkeys((*written, *behind)))


def _insist(path: Path, facts: os.stat_result, user: int, what: str) -> None:
    """Refuse what others could change. Raises PolicyError."""
    if facts.st_uid not in {user, _ADMINISTRATOR}:
        raise PolicyError(
            f"{path}: {what} belongs to another user ({facts.st_uid}, not {user}), and so it "
            "cannot grant; copy it to a file of your own, or use it to restrict (--policy)"
        )
    sticky = stat.S_ISDIR(facts.st_mode) and facts.st_mode & stat.S_ISVTX
    if facts.st_mode & _OTHERS and not sticky:
        raise PolicyError(
            f"{path}: {what} can be written by others, and so it cannot grant: chmod go-w {path}"
        )
