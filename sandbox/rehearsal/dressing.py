"""Giving an entry its metadata: owner, mode, extended attributes, time.

Promises
- Afterwards the entry has exactly what the state says, or an error was raised; a link is dressed
  itself, never what it points to.

Does not promise
- To take away what the system puts on every file by itself (labels of SELinux).
"""

import base64
import os
from pathlib import Path

from handrail.sandbox.file_names import read
from handrail.sandbox.rehearsal.consequences import EntryState
from handrail.sandbox.rehearsal.tree import Tree, attribute_names, split

_OURS = (b"user.", b"trusted.", b"system.posix_acl_", b"security.capability")
_AN_OVERLAYS = b"trusted.overlay."


def dress(tree: Tree, path: bytes, state: EntryState) -> None:
    """Give an entry all that its state says beside its content. Raises OSError."""
    above, name = split(path)
    folder, name = tree.folder(above), name or b"."
    seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if (seen.st_uid, seen.st_gid) != (state.owner, state.group):
        # Before the rest: it takes special bits and capabilities away.
        os.chown(name, state.owner, state.group, dir_fd=folder, follow_symlinks=False)
    if state.entry == "link":
        _give_attributes(tree.place(path), state, follow=False)
    else:
        _give_mode(folder, name, state)
    times = (seen.st_atime_ns, state.mtime_ns)
    os.utime(name, ns=times, dir_fd=folder, follow_symlinks=False)


def _give_mode(folder: int, name: bytes, state: EntryState) -> None:
    held = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        place = b"/proc/self/fd/%d" % held  # there is no chmod that refuses to follow a link
        if _present(place, follow=True) != _wanted(state):
            # Attributes need a file that may be written.
            Path(os.fsdecode(place)).chmod(state.mode | 0o600)
            _give_attributes(place, state, follow=True)
        Path(os.fsdecode(place)).chmod(state.mode)
    finally:
        os.close(held)


def _wanted(state: EntryState) -> dict[bytes, bytes]:
    return {read(name): base64.b64decode(value) for name, value in state.attributes}


def _present(place: bytes, follow: bool) -> dict[bytes, bytes]:
    names = [n for n in attribute_names(place, follow) if n.startswith(_OURS)]
    return {
        name: os.getxattr(place, name, follow_symlinks=follow)
        for name in names
        if not name.startswith(_AN_OVERLAYS)
    }


def _give_attributes(place: bytes, state: EntryState, follow: bool) -> None:
    wanted, there = _wanted(state), _present(place, follow)
    for name in there.keys() - wanted.keys():
        os.removexattr(place, name, follow_symlinks=follow)
    for name, value in wanted.items():
        if there.get(name) != value:
            os.setxattr(place, name, value, follow_symlinks=follow)
