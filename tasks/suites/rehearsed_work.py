"""Work of a program in a home: rehearsed, committed and undone, and the home asked byte by byte.

The rehearsal changes nothing; the commit makes exactly what was told; a document that somebody
changed meanwhile refuses the commit; an undo gives everything back. Where the program works in the
home itself (``copied=False``), all of that must be found missing.
"""

import argparse
import hashlib
import os
import shutil
import stat
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.actuators.errors import ActuatorError
from handrail.agent.proposer import Proposer
from handrail.model.errors import ModelError
from handrail.sandbox.errors import RehearsalError, SandboxError
from handrail.sandbox.rehearsal.consequences import EntryState, FileConsequence
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
from handrail.tasks.suites.home_look import Look, Seen, differing, look
from handrail.tasks.suites.uncopied import Uncopied
from handrail.tasks.undo_commit import undo_commit


@dataclass(frozen=True)
class Work:
    """What is to be done in a home, and by whom.

    ``document`` lies in the folder that the program starts in; ``made``: the files that are to be
    changed, and no others; ``amiss`` says what is wrong with what was written in them.
    """

    goal: str
    app: tuple[str, ...]
    home: Path
    document: Path
    made: frozenset[Path]
    worker: Callable[[], Proposer]
    amiss: Callable[[], str]


@dataclass(frozen=True)
class Suite:
    """A work with the place of its runs. ``copied``: on a copy, as it must be."""

    work: Work
    runs: Path
    copied: bool

    def rehearsed(self) -> Rehearsed:
        """Rehearse it all. Raises RehearsalError."""
        work = self.work
        target: CopyTarget = Uncopied(work.app, work.home, work.document.parent)
        if self.copied:
            wanted = Wanted(work.home, work.document.parent)
            target = CopyOfDesktop(work.app, wanted, os.environ)
        request = RunRequest(work.goal, target, runs_folder=self.runs)
        return rehearse(request, target, Crew(work.worker()))

    def problems(self) -> Iterator[str]:
        """Yield what is not as it must be, in order."""
        home = self.work.home
        before = look(home)
        done = self.rehearsed()
        folder = done.end.folder
        for line in told(done.consequences):
            say(f"  {line}")
        if changed := differing(before, look(home)):
            yield f"the rehearsal changed {', '.join(changed)}"
            return
        wanted = [one for one in done.consequences.files if not one.noise]
        shown = {Path(one.path) for one in wanted if one.entry == "file"}
        if shown != self.work.made:
            yield f"what is told is {sorted(map(str, shown))}"
            return
        yield from self._committed(folder, before, wanted)
        if amiss := self.work.amiss():
            yield amiss
        undo_commit(folder, read_record(folder.path), Namespace(dry_run=False, yes=True, all=False))
        if changed := differing(before, look(home)):
            yield f"after the undo {', '.join(changed)} are not as they were"
        yield from self._refused()

    def _committed(
        self, folder: RunFolder, before: Look, wanted: Sequence[FileConsequence]
    ) -> Iterator[str]:
        """Commit, and yield where that made anything else than what was told."""
        home, record = self.work.home, read_record(folder.path)
        with keeper_of(folder, record) as keeper:
            commit_files(folder, record.consequences.digest, noise=False, keeper=keeper)
        discard(folder)
        after = look(home)
        becomes = {str(Path(one.path).relative_to(home)): one.becomes for one in wanted}
        for path, state in becomes.items():
            if state is not None and not _is(after[path], state):
                yield f"{path} is not what was rehearsed"
        # Folders get the time of their content, and of a file's other names one is there less.
        around = {str(Path(path).parent) for path in becomes}
        around |= {name for path in becomes if path in before for name in before[path].names}
        if changed := set(differing(before, after)) - becomes.keys() - around:
            yield f"the commit changed {', '.join(sorted(changed))}"

    def _refused(self) -> Iterator[str]:
        """Rehearse once more, change the document meanwhile, and yield that nothing refused it."""
        folder = self.rehearsed().end.folder
        with self.work.document.open("ab") as document:
            document.write(b" ")
        there, record = look(self.work.home), read_record(folder.path)
        try:
            with keeper_of(folder, record) as keeper:
                commit_files(folder, record.consequences.digest, noise=False, keeper=keeper)
            yield "a document that had changed meanwhile did not refuse the commit"
        except RehearsalError as error:
            say(f"  {error}")
        if changed := differing(there, look(self.work.home)):
            yield f"the refused commit changed {', '.join(changed)}"
        discard(folder)


def _is(one: Seen, told_of: EntryState) -> bool:
    """Tell whether an entry is what was told, byte by byte; a folder's time is its content's."""
    if told_of.entry == "folder":
        return stat.S_ISDIR(one.mode) and stat.S_IMODE(one.mode) == told_of.mode
    content = hashlib.sha256(one.content).hexdigest()
    mode, time = stat.S_IMODE(one.mode), one.mtime_ns
    return (content, mode, time) == (told_of.content, told_of.mode, told_of.mtime_ns)


def played(
    name: str, missing: str, work: Callable[[Path], Work], argv: Sequence[str] | None
) -> int:
    """Play a suite in a folder of its own, and return its exit code.

    ``missing`` says how to install the program that it needs, whose name comes first.
    """
    parser = argparse.ArgumentParser(prog=f"python -m handrail.tasks.suites.{name}")
    parser.add_argument("--uncopied", action="store_true", help="let it work in the home itself")
    arguments = parser.parse_args(argv)
    if shutil.which(missing.split()[0]) is None:
        complain(f"{missing.split()[0]} is not installed: {missing.partition(' ')[2]}")
        return ExitCode.ENVIRONMENT
    try:
        with tempfile.TemporaryDirectory(prefix="handrail-suite-") as folder:
            root = Path(folder)
            suite = Suite(work(root / "home"), root / "runs", not arguments.uncopied)
            found = list(suite.problems())
    except (ActuatorError, SandboxError, TaskError, ModelError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    for problem in found:
        complain(problem)
    say(f"{'NOT as' if found else 'as'} it must be")
    return ExitCode.FAILED if found else ExitCode.SUCCESS
