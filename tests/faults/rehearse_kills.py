"""Rehearsals on a desktop that are killed: ``python -m tests.faults.rehearse_kills FOLDER``.

Each line of its input is a ``Plan`` as JSON. A forked child rehearses in one and the same home and
dies (SIGKILL) at a named point; then everything there is must be as before, but for a run that says
so. All that the child started becomes this process's own when the child is gone (a subreaper): so
none of it is overlooked. A line of JSON for each plan says what was wrong, or nothing.
"""

import ctypes
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

import psutil

from handrail.actuators.actions import Press, Terminate, Type
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Puppet
from handrail.sandbox.disk import OsDisk
from handrail.sandbox.rehearsal.desktop_copy import Setting
from handrail.sandbox.rehearsal.points import Reached, nowhere
from handrail.sandbox.rehearsal.record import RECORD_NAME, read_record
from handrail.sandbox.rehearsal.removal import remove
from handrail.tasks.cli import main as handrail
from handrail.tasks.copy_target import CopyOfDesktop, Wanted
from handrail.tasks.rehearse import rehearse
from handrail.tasks.run import Crew
from handrail.tasks.run_policy import PolicyChoice
from handrail.tasks.run_request import RunRequest
from handrail.tasks.runs import list_runs, runs_root
from tests.faults.file_looks import Look, seen
from tests.faults.tree_making import Worker

Off = Literal["", "record", "watchdog", "removal"]
EDITOR = ("mousepad", "--disable-server", "note.txt")
FAILING = ("before failed", "failed", "removed")
"""Points of a rehearsal that comes to no good end: its program shows nothing."""
WHOLE = "kept"
_ENDED = ("cut off", "interrupted", "rehearsed nothing", "showed anything")
_SUBREAPER = 36
_TRIES = 3
_SECONDS = {True: 30.0, False: 4.0}


class Plan(NamedTuple):
    """Where a rehearsal is killed, and which part of the defence is switched off."""

    point: str
    off: Off = ""


class Telling(Puppet):
    """A puppet that tells each step before it is made."""

    reached: Reached = staticmethod(nowhere)
    told = 0

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the next of the list."""
        self.told += 1
        self.reached(f"step {self.told}")
        return super().propose(goal, history, observation)


class ForgetfulDisk(OsDisk):
    """Keeps no record of a rehearsal."""

    def rename(self, source: Path, target: Path) -> None:
        """Leave the earlier file, if any, where it is."""
        if target.name != RECORD_NAME:
            super().rename(source, target)


class World:
    """A home with all kinds of things in it, where its runs go, and what is kept aside."""

    def __init__(self, root: Path) -> None:
        self.home, self.aside = root / "home", root / "aside"
        self.docs = self.home / "papers"
        self.home.mkdir()
        self.aside.mkdir()
        self.temporary = root / "temporary"
        self.temporary.mkdir()
        tempfile.tempdir = str(self.temporary)
        Worker(self.home, Random(1)).work(30)
        self.docs.mkdir()
        (self.docs / "note.txt").write_text("reader,\n")
        (self.docs / "other name").hardlink_to(self.docs / "note.txt")
        os.environ["XDG_STATE_HOME"] = str(root / "state")
        self.runs = runs_root(os.environ)
        self.before = self.looks()

    def looks(self) -> tuple[dict[bytes, Look | frozenset[bytes]], list[tuple[int, int]]]:
        """Return how everything in the home looks, down to what any change would change."""
        inner = [path.lstat() for path in sorted(self.home.rglob("*"))]
        return seen(self.home), [(one.st_ino, one.st_ctime_ns) for one in inner]

    def rehearse(self, plan: Plan, reached: Reached) -> None:
        """Add to the note, and save it; where nothing good is to come of it, show nothing."""
        app = ("true",) if plan.point in FAILING else EDITOR
        wanted = Wanted(self.home, self.docs, places=(self.aside,))
        disk = ForgetfulDisk() if plan.off == "record" else OsDisk()
        copy = CopyOfDesktop(app, wanted, os.environ, Setting((320, 240), reached=reached), disk)
        done = Terminate(status="success")
        puppet = Telling((Type(text="Dear "), Press(keys=("ctrl", "s")), done))
        puppet.reached = reached
        choice = PolicyChoice(profile="rehearse")
        request = RunRequest("write", copy, policy=choice, runs_folder=self.runs)
        rehearse(request, copy, Crew(puppet))

    def found(self) -> list[tuple[str, ...]]:
        """Return what the last rehearsal says that would be, but for times and noise."""
        record = read_record(list_runs(self.runs)[-1].path)
        return [
            (one.change, one.entry, one.path, one.before, one.after)
            for one in record.consequences.files
            if not one.noise
        ]

    def wrong(self, plan: Plan) -> str:
        """Say what is not as it must be after a rehearsal was killed."""
        if left := _waited_for(_SECONDS[plan.off == ""]):
            return f"still running: {left}"
        if os.fsencode(self.aside) in Path("/proc/self/mountinfo").read_bytes():
            return "something of it is still mounted"
        if self.looks() != self.before:
            return "the real folders were changed"
        code, said = _said(["runs", "show", "last"])
        if code or (plan.point != WHOLE and not any(word in said for word in _ENDED)):
            return f"the run is told as: {said[:200]}"
        if why := self._committed(plan.point):
            return why
        if plan.off != "removal":
            _said(["gc"])
        kept = [path.name for path in (*self.aside.iterdir(), *self.temporary.iterdir())]
        return f"left on the disk: {kept}" if len(kept) != (plan.point == WHOLE) else ""

    def _committed(self, point: str) -> str:
        """Say what is wrong with what a commit says of it."""
        code, said = _said(["commit", "last", "--dry-run" if point == WHOLE else "--yes"])
        if point == WHOLE:
            return "" if code == 0 else f"what was rehearsed whole cannot be committed: {said}"
        told = code == 5 and any(word in said for word in _ENDED)
        return "" if told else f"a commit ended with {code}: {said}"


def _said(words: list[str]) -> tuple[int, str]:
    """Run a command in this process, and return its exit code and all that it said."""
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = handrail(words)
    return code, said.getvalue()


def _waited_for(seconds: float) -> str:
    """Wait until nobody is left of what a child started; name those who stay, and end them."""
    end = time.monotonic() + seconds
    with suppress(ChildProcessError):
        while time.monotonic() < end:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)
        left = psutil.Process().children(recursive=True)
        names = ", ".join(sorted({one.name() for one in left}))
        while True:  # until there is no child any more
            for one in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    one.kill()
            os.waitpid(-1, 0)
            if not psutil.Process().children():
                return names
    return ""


def _in_child(work: Callable[[], None]) -> int:
    """Do it in a child, and return the status that it ended with."""
    child = os.fork()
    if child == 0:
        with Path(os.devnull).open("w") as quiet, suppress(BaseException):
            os.dup2(quiet.fileno(), 1)  # what is said goes to whoever asked for plans
            work()
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1]


def _killed(world: World, plan: Plan) -> str:
    """Rehearse and die; say what is wrong afterwards."""

    def reached(point: str) -> None:
        if point == plan.point:
            if plan.off == "watchdog":
                for one in psutil.Process().children():
                    if any("watchdog" in word for word in one.cmdline()):
                        one.kill()
            os.kill(os.getpid(), signal.SIGKILL)

    status = _in_child(lambda: world.rehearse(plan, reached))
    if status != signal.SIGKILL:
        return f"it was never reached: {status}, still running: {_waited_for(4.0)}"
    return world.wrong(plan)


def _rehearsed_whole(world: World) -> list[tuple[str, ...]]:
    """Rehearse to the end, and return what was found; nothing where it never came to it.

    On a crowded machine an editor may not be quick enough for a rehearsal's patience.
    """
    for _ in range(_TRIES):
        status = _in_child(lambda: world.rehearse(Plan(""), nowhere))
        if status == 0 and not _waited_for(30.0) and (found := world.found()):
            return found
        _clear(world.aside)
    return []


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        remove(path)


def main(root: Path) -> None:
    """Kill every rehearsal that the input asks for, and rehearse to the end before and after."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    world = World(root)
    plans = [Plan(**json.loads(line)) for line in sys.stdin]
    if plans[0].off:  # there is something left: so be it
        for plan in plans:
            print(json.dumps(_killed(world, plan)), flush=True)
            _clear(world.aside)
        return
    reference = _rehearsed_whole(world)
    _clear(world.aside)
    said = []
    for plan in plans:
        said.append(_killed(world, plan))
        if plan.point == WHOLE:
            _clear(world.aside)
    again = _rehearsed_whole(world)
    if not reference or again != reference:
        said[-1] = said[-1] or f"a rehearsal tells {again} afterwards, not {reference}"
    for one in said:
        print(json.dumps(one), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
