"""Ownership: a file may grant only where nobody but its user can write it.

Promises
- A file that grants is read only where it is a plain file of the user's (or the administrator's),
  and neither it nor any folder on the way to it can be written by others: not by a group, not by
  everybody, but for folders like /tmp in which nobody can replace what is another's.
- What is judged is the opened file itself, so that it cannot be exchanged in between. Every folder
  and every link that is passed on the way to it is judged, and the way must end at that file.
- What only restricts is anybody's; but it, too, is a plain file of bounded length: a link to a
  device, or a pipe, that came with a repository holds nobody up.
- A file of secrets must moreover be readable by its user alone.

Does not promise
- Anything against the administrator, or against programs that run as the user.
- To read access control lists, which may give rights beside these, and to judge files on Windows,
  where there are only such lists (``user`` is None there).
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from handrail.sandbox.errors import PolicyError

_ADMINISTRATOR = 0
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_ALL_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LONGEST = 1_000_000
_MOST_LINKS = 40  # as many as Linux follows


def current_user() -> int | None:
    """Return the number of the user, or None on a system that has none."""
    return os.getuid() if hasattr(os, "getuid") else None


def read_any(path: Path) -> bytes:
    """Return the bytes of a file that only restricts, whoever wrote it. Raises PolicyError."""
    return _read(path)


def read_owned(path: Path, user: int | None, private: bool = False) -> bytes:
    """Return the bytes of a file that may grant; of a ``private`` one, that others cannot read.

    Raises PolicyError.
    """

    def insist(facts: os.stat_result) -> None:
        if user is None:
            return
        _insist(path, facts, user, "the file")
        _insist_way(path, facts, user)
        if private and stat.S_IMODE(facts.st_mode) & _ALL_OTHERS:
            raise PolicyError(f"{path}: can be read by others: chmod 600 {path}")

    return _read(path, insist)


def _anybodys(_: os.stat_result) -> None:
    """Let everybody's file be read."""


def _read(path: Path, insist: Callable[[os.stat_result], None] = _anybodys) -> bytes:
    """Return the bytes of a plain file of bounded length, once its facts were insisted on."""
    try:
        # Not to wait for a pipe's writer, should the path be one.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise PolicyError(f"{path}: is not a plain file: a policy must be one")
            insist(facts)
            text = file.read(_LONGEST + 1)
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(text) > _LONGEST:
        raise PolicyError(f"{path}: is longer than {_LONGEST:,} bytes: that is no policy")
    return text


def _insist_way(path: Path, file: os.stat_result, user: int) -> None:
    """Refuse a way on which others could put another file in this one's place."""
    at, facts = path, file
    for at, facts in _way(path):
        if stat.S_ISDIR(facts.st_mode):
            _insist(at, facts, user, "a folder on its way")
        elif stat.S_ISLNK(facts.st_mode):
            _insist_owner(at, facts, user, "a link on its way")
    if not os.path.samestat(facts, file):
        raise PolicyError(f"{at}: was exchanged while it was read, and so it cannot grant")


def _way(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield every folder and link that leads to a file, as the system follows them, then the file.

    Raises OSError.
    """
    whole = path.absolute()
    at, left, links = Path(whole.anchor), [*reversed(whole.parts[1:])], 0
    yield at, at.lstat()
    while left:
        step = at / left.pop()
        if step.name == "..":
            at = at.parent  # no link any more: those before it were followed
            continue
        facts = step.lstat()
        yield step, facts
        if not stat.S_ISLNK(facts.st_mode):
            at = step
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        behind = step.readlink()
        if behind.is_absolute():
            at = Path(behind.anchor)
        left += reversed(behind.parts[1:] if behind.is_absolute() else behind.parts)


def _insist(path: Path, facts: os.stat_result, user: int, what: str) -> None:
    """Refuse what others could change. Raises PolicyError."""
    _insist_owner(path, facts, user, what)
    sticky = stat.S_ISDIR(facts.st_mode) and facts.st_mode & stat.S_ISVTX
    if facts.st_mode & _OTHERS and not sticky:
        raise PolicyError(
            f"{path}: {what} can be written by others, and so it cannot grant: chmod go-w {path}"
        )


def _insist_owner(path: Path, facts: os.stat_result, user: int, what: str) -> None:
    if facts.st_uid not in {user, _ADMINISTRATOR}:
        raise PolicyError(
            f"{path}: {what} belongs to another user ({facts.st_uid}, not {user}), and so it "
            "cannot grant; copy it to a file of your own, or use it to restrict (--policy)"
        )
