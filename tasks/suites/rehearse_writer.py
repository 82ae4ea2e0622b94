"""Rehearse, commit and undo a letter in LibreOffice Writer.

``python -m handrail.tasks.suites.rehearse_writer`` needs LibreOffice. A scripted writer adds to a
letter, saves it and exports it as PDF, in a copy of a small home (see ``rehearsed_work.py``).
``--uncopied`` lets the program work in the home itself: the suite must then fail.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from handrail.actuators.actions import Action, Press, Terminate, Type, Wait
from handrail.agent.proposer import Proposer, Puppet
from handrail.tasks.suites.letter import furnish, words
from handrail.tasks.suites.rehearsed_work import Work, played

GOAL = "Add a greeting to the letter, save it, and export it as PDF"
GREETING = "Dear Ada, "
PROGRAM = ("soffice", "--norestore", "--nologo", "--writer", "letter.odt")
_MISSING = "soffice apt install libreoffice-writer libreoffice-gtk3"
_SETTLED = Wait(seconds=4.0)
_EXPORT = ("up",) * 9 + ("right", "down", "enter")
"""From the opened menu of files: its ninth entry from below, and there the second one."""
WRITING: tuple[Action, ...] = (
    _SETTLED,
    Press(keys=("ctrl", "home")),
    Type(text=GREETING),
    Press(keys=("ctrl", "s")),
    _SETTLED,
    Press(keys=("alt", "f")),
    *(Press(keys=(key,)) for key in _EXPORT),
    _SETTLED,
    Press(keys=("enter",)),
    _SETTLED,
    Terminate(status="success"),
)


def writing(home: Path) -> Work:
    """Return a scripted writer's work in a home that is made for it."""
    letter = furnish(home, "the roses are doing well.")
    pdf = home / "letter.pdf"  # where Writer offers to put it

    def worker() -> Proposer:
        return Puppet(list(WRITING))

    def amiss() -> str:
        right = GREETING.strip() in words(letter) and pdf.read_bytes()[:5] == b"%PDF-"
        return "" if right else "the letter or its PDF does not hold what was written"

    return Work(GOAL, PROGRAM, home, letter, frozenset((letter, pdf)), worker, amiss)


def main(argv: Sequence[str] | None = None) -> int:
    """Play it, and return the exit code."""
    return played("rehearse_writer", _MISSING, writing, argv)


if __name__ == "__main__":
    sys.exit(main())
