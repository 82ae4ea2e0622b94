"""Undos that are killed: ``python -m tests.faults.undo_crashing FOLDER DEFENDED``.

Each line of its input is a ``Batch`` as JSON: a run that is made once, with a program that changes
files by chance, and moments at which its undo is killed (SIGKILL). For each moment the world is
laid out anew as the run left it, a forked ``handrail undo`` is killed there, and another one is let
come to its end. A line of JSON for each moment says what was wrong, or nothing.
"""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from handrail.actuators.actions import Action, Click, Terminate
from handrail.actuators.base import PermitVerifier
from handrail.actuators.fake import Button, FakeScreen
from handrail.agent.proposer import Puppet
from handrail.sandbox.errors import JournalError
from handrail.sandbox.policy import Policy
from handrail.sandbox.restore import Restore
from handrail.tasks.cli import main as handrail
from handrail.tasks.cli import parser
from handrail.tasks.kept_journal import KeptJournal
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run
from tests.faults.file_looks import seen
from tests.faults.stage import PlayedClock, box
from tests.faults.undo_stage import Program, YesMan

_CHANGES = frozenset(
    ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod",
     "os.chown", "os.utime", "os.setxattr", "os.truncate", "fcntl.flock")
)  # fmt: skip


class Batch(NamedTuple):
    """A run by its seed and its number of actions, and the moments of its undo.

    A moment below 1 is that part of all changes to files, one above a number of microseconds.
    """

    name: str
    actions: int
    moments: tuple[float, ...]


class World:
    """A run's documents and all that it keeps, laid out anew for each undo."""

    def __init__(self, root: Path, batch: Batch) -> None:
        self.live, self.left = root / "live", root / "left"
        self.documents, self.state = self.live / "documents", self.live / "state"
        self.live.mkdir()
        program = Program(self.documents, Random(batch.name))
        program.furnish()
        self.before = seen(self.documents)
        os.environ["XDG_STATE_HOME"] = str(self.state)
        self.runs = self.state / "handrail" / "runs"
        # Two by turns: a run that presses one button over and over does not get on.
        boxes = box(5, 5, 60), box(5, 40, 60)

        def build(verifier: PermitVerifier) -> FakeScreen:
            buttons = (Button("Save", place, on_press=program.act) for place in boxes)
            return FakeScreen(verifier, list(buttons))

        grants = Policy(profile="ask", restore=Restore(files=(str(self.documents),)))
        choice = PolicyChoice(grants=grants)
        replies: list[Action] = [Click(point=boxes[n % 2].center) for n in range(batch.actions)]
        replies.append(Terminate(status="success"))
        request = RunRequest("Save", FakeTarget(build), policy=choice, runs_folder=self.runs)
        run(request, Crew(Puppet(replies), YesMan(), clock=PlayedClock()))
        _copy(self.live, self.left)

    def lay_out(self) -> None:
        """Make all as the run left it."""
        shutil.rmtree(self.live)
        _copy(self.left, self.live)

    def wrong(self) -> str:
        """Say what is not as it was, or not as it must be after an undo."""
        if seen(self.documents) != self.before:
            return "the documents are not as they were"
        try:
            reading = KeptJournal.found(self.runs, "last").checked()
        except JournalError as error:
            return f"the journal does not hold: {error}"
        done = [s.seq for s in reading.actions if s.action.kind == "click" and s.state == "done"]
        return f"not written down as undone: {done}" if done else ""


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _dying(at: float, told: int) -> Callable[[str, tuple[object, ...]], None]:
    """Return an audit hook that kills the process at a change to files, or counts them."""
    count = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event not in _CHANGES:
            return
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        if not at:
            os.pwrite(told, f"{count:9}".encode(), 0)

    return hook


def _undo(folder: Path, at: float, microseconds: float = 0.0) -> None:
    """Undo in a child, and kill it at a change or after a while."""
    told = os.open(folder / "count", os.O_RDWR | os.O_CREAT, 0o600)
    child = os.fork()
    if child == 0:
        with (folder / "said").open("w") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        sys.addaudithook(_dying(at, told))
        os._exit(handrail(["undo", "last", "--yes"]))
    if microseconds:
        time.sleep(microseconds / 1e6)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(told)


def _made(root: Path, batch: Batch, defended: bool) -> None:
    world = World(root, batch)
    _undo(root, 0)
    changes, took = int((root / "count").read_text()), _took(root, world)
    for moment in batch.moments:
        world.lay_out()
        if moment < 1:
            _undo(root, 1 + int(moment * changes))
        else:
            _undo(root, -1, moment % took)
        if not defended:  # what an undo needs to go on is not kept until its end
            shutil.rmtree(world.state / "handrail" / "restore-points")
        _undo(root, -1)
        print(json.dumps(world.wrong()), flush=True)


def _took(root: Path, world: World) -> float:
    """Return how many microseconds an undo takes."""
    world.lay_out()
    began = time.monotonic()
    _undo(root, -1)
    return (time.monotonic() - began) * 1e6


def main(root: Path, defended: bool) -> None:
    """Make every batch that the input asks for."""
    parser()  # what it imports is imported once here, not in every child
    importlib.import_module("handrail.tasks.undo_view")
    for line in sys.stdin:
        fields = json.loads(line)
        batch = Batch(**{**fields, "moments": tuple(fields["moments"])})
        folder = root / batch.name.replace("/", "-")
        folder.mkdir()
        _made(folder, batch, defended)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "defended")
