"""Let the pocket model rehearse in mousepad; commit and undo what it did.

``python -m handrail.tasks.suites.rehearse_mousepad`` needs mousepad. The model that comes with
Handrail types a line into a note and saves it by the menu, from pixels, in a copy of a small home
(see ``rehearsed_work.py``). ``--uncopied`` lets the program work in the home itself: the suite must
then fail.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from handrail.tasks.run_model import ModelChoice, load_proposer
from handrail.tasks.suites.rehearsed_work import Work, played

LINE = "buy milk"
GOAL = f"type {LINE}, click File, then click Save"
PROGRAM = ("mousepad", "--disable-server", "note.txt")
_MISSING = "mousepad apt install mousepad"
_BEFORE = b", and water the roses\n"


def noting(home: Path) -> Work:
    """Return the pocket model's work in a home that is made for it. Raises ModelError."""
    note = furnish(home)
    model = load_proposer(ModelChoice())

    def amiss() -> str:
        wanted = LINE.encode() + _BEFORE
        return "" if note.read_bytes() == wanted else f"the note holds {note.read_bytes()!r}"

    return Work(GOAL, PROGRAM, home, note, frozenset((note,)), lambda: model, amiss)


def furnish(home: Path) -> Path:
    """Make a home with a note, links to it, and something beside it; return the note."""
    note = home / "papers" / "note.txt"
    note.parent.mkdir(parents=True)
    note.write_bytes(_BEFORE)
    note.chmod(0o640)
    os.setxattr(note, "user.colour", b"blue")
    os.utime(note, ns=(1_700_000_000_123_456_789,) * 2)
    (note.parent / "the same note").hardlink_to(note)
    (note.parent / "latest").symlink_to("note.txt")
    (home / "other.txt").write_text("Nothing is to happen to this.\n", encoding="utf-8")
    return note


def main(argv: Sequence[str] | None = None) -> int:
    """Play it, and return the exit code."""
    return played("rehearse_mousepad", _MISSING, noting, argv)


if __name__ == "__main__":
    sys.exit(main())
