"""Rehearse, commit and undo a letter in LibreOffice Writer.

``python -m handrail.tasks.suites.rehearse_writer`` needs LibreOffice. A scripted writer adds to a
letter, saves it and exports it as PDF, in a copy of a small home. Asked of the home itself, byte by
byte, with every mode, time and link: the rehearsal changes nothing; the commit makes exactly what
was told; a letter that somebody changed meanwhile refuses the commit; an undo gives everything
back. ``--uncopied`` lets the program work in the home itself: the suite must then fail.
"""

import argparse
import os
import shutil
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from handrail.actuators.actions import Action, Press, Terminate, Type, Wait
from handrail.actuators.errors import ActuatorError
from handrail.agent.proposer import Puppet
from handrail.sandbox.errors import RehearsalError, SandboxError
from handrail.sandbox.rehearsal.record import read_record
from handrail.sandbox.rehearsal.telling import told
from handrail.tasks.cli_output import complain, say
from handrail.tasks.commit_files import commit_files
from handrail.tasks.commit_keeper import keeper_of
from handrail.tasks.copy_target import CopyOfDesktop, Wanted
from handrail.tasks.errors import ExitCode, TaskError
from handrail.tasks.rehearsal_scratch import discard
from handrail.tasks.rehearse import CopyTarget, Rehearsed, rehearse
from handrail.tasks.run import Crew
from handrail.tasks.run_request import RunRequest
from handrail.tasks.runs import RunFolder
from handrail.tasks.suites.letter import Look, furnish, look, words
from handrail.tasks.suites.uncopied import Uncopied
from handrail.tasks.undo_commit import undo_commit

GOAL = "Add a greeting to the letter, save it, and export it as PDF"
GREETING = "Dear Ada, "
PROGRAM = ("soffice", "--norestore", "--nologo", "--writer", "letter.odt")
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


class Writer:
    """A scripted writer with a home, whose runs go beside it."""

    def __init__(self, folder: Path, copied: bool) -> None:
        self.home, self.runs = folder / "home", folder / "runs"
        self.letter = furnish(self.home, "the roses are doing well.")
        self.pdf = self.home / "letter.pdf"  # where Writer offers to put it
        self._copied = copied

    def rehearsed(self) -> Rehearsed:
        """Rehearse it all. Raises RehearsalError."""
        target: CopyTarget = Uncopied(PROGRAM, self.home, self.letter.parent)
        if self._copied:
            wanted = Wanted(self.home, self.letter.parent)
            target = CopyOfDesktop(PROGRAM, wanted, os.environ)
        request = RunRequest(GOAL, target, runs_folder=self.runs)
        return rehearse(request, target, Crew(Puppet(list(WRITING))))


def problems(writer: Writer) -> Iterator[str]:
    """Yield what is not as it must be, in order."""
    before = look(writer.home)
    done = writer.rehearsed()
    folder = done.end.folder
    for line in told(done.consequences):
        say(f"  {line}")
    if changed := _differing(before, look(writer.home)):
        yield f"the rehearsal changed {', '.join(changed)}"
        return
    wanted = [one for one in done.consequences.files if not one.noise]
    shown = {Path(one.path) for one in wanted if one.entry == "file"}
    if shown != {writer.letter, writer.pdf}:
        yield f"what is told is {sorted(map(str, shown))}"
        return
    upper = read_record(folder.path).layers[0].layer.changed
    copied = {path: (upper / path.relative_to(writer.home)).read_bytes() for path in shown}
    yield from _committed(writer, folder, before, [Path(one.path) for one in wanted])
    for path, content in copied.items():
        if path.read_bytes() != content:
            yield f"{path.name} is not what was rehearsed"
    if GREETING.strip() not in words(writer.letter) or writer.pdf.read_bytes()[:5] != b"%PDF-":
        yield "the letter or its PDF does not hold what was written"
    _undone(folder)
    if changed := _differing(before, look(writer.home)):
        yield f"after the undo {', '.join(changed)} are not as they were"
    yield from _refused(writer)


def _committed(
    writer: Writer, folder: RunFolder, before: Look, told_of: list[Path]
) -> Iterator[str]:
    """Commit, and yield what changed and was not told of; folders get the time of their content."""
    record = read_record(folder.path)
    with keeper_of(folder, record) as keeper:
        commit_files(folder, record.consequences.digest, keeper=keeper)
    discard(folder)
    around = {str(path.relative_to(writer.home)) for path in told_of}
    around |= {str(path.parent.relative_to(writer.home)) for path in told_of}
    if changed := set(_differing(before, look(writer.home))) - around:
        yield f"the commit changed {', '.join(sorted(changed))}"


def _refused(writer: Writer) -> Iterator[str]:
    """Rehearse once more, change the letter meanwhile, and yield that a commit did not refuse."""
    folder = writer.rehearsed().end.folder
    with writer.letter.open("ab") as letter:
        letter.write(b" ")
    there = look(writer.home)
    try:
        commit_files(folder, read_record(folder.path).consequences.digest)
        yield "a letter that had changed meanwhile did not refuse the commit"
    except RehearsalError as error:
        say(f"  {error}")
    if changed := _differing(there, look(writer.home)):
        yield f"the refused commit changed {', '.join(changed)}"
    discard(folder)


def _undone(folder: RunFolder) -> None:
    options = Namespace(dry_run=False, yes=True, all=False)
    undo_commit(folder, read_record(folder.path), options)


def _differing(one: Look, other: Look) -> list[str]:
    return sorted(path for path in one | other if one.get(path) != other.get(path))


def main(argv: Sequence[str] | None = None) -> int:
    """Play it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m handrail.tasks.suites.rehearse_writer")
    parser.add_argument("--uncopied", action="store_true", help="let it work in the home itself")
    arguments = parser.parse_args(argv)
    if shutil.which(PROGRAM[0]) is None:
        complain("LibreOffice is not installed: apt install libreoffice-writer libreoffice-gtk3")
        return ExitCode.ENVIRONMENT
    try:
        with tempfile.TemporaryDirectory(prefix="handrail-writer-") as folder:
            found = list(problems(Writer(Path(folder), not arguments.uncopied)))
    except (ActuatorError, SandboxError, TaskError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    for problem in found:
        complain(problem)
    say(f"{'NOT as' if found else 'as'} it must be")
    return ExitCode.FAILED if found else ExitCode.SUCCESS


if __name__ == "__main__":
    sys.exit(main())
