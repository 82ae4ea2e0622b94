"""P11: a rehearsal cannot touch the real world.

Twenty kinds of attempts to get out of a copy, each at eight targets, are made by a puppet that
knows more of the world than a program would: as this user and, where this is root, as a normal
user, too. The world shows whatever got out. What takes more than it may is ended in two seconds.
Without the defence the puppet runs unconfined, and makes the attempts that may succeed.
"""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import psutil

from handrail.sandbox.rehearsal.bounds import Bounds, disk_used, memory_of, processes_of
from handrail.sandbox.rehearsal.confinement import Confinement, passed_on
from handrail.sandbox.rehearsal.control_group import ControlGroup
from handrail.sandbox.rehearsal.inmate import Inmate
from handrail.sandbox.rehearsal.removal import remove
from handrail.sandbox.rehearsal.scene import Scene
from handrail.sandbox.rehearsal.stage import Stage, Way
from tests.faults.escapes import puppet
from tests.faults.escapes.attempts import ATTEMPTS
from tests.faults.escapes.budgets import BUDGET
from tests.faults.escapes.world import SECRET, World, real_display, world
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch

_NOBODY = 65_534
_KILLED = 2.0
_ALL = 60.0
_WIDE = Bounds(seconds=_ALL)
_MIB = 1 << 20
_OUTER = {**os.environ, "OUTER_TOKEN": SECRET}


def _bounds(name: str) -> Bounds:
    """Return the bounds of an attempt to take too much: wide but for what it takes."""
    return {
        "forks": Bounds(_ALL, processes=16),
        "bomb": Bounds(_ALL, processes=16),
        "memory": Bounds(_ALL, memory=128 * _MIB),
        "memory-of-many": Bounds(_ALL, memory=256 * _MIB),
        "file": Bounds(_ALL, disk=32 * _MIB),
        "names": Bounds(_ALL, disk=2 * _MIB),
        "time": Bounds(0.5),
        "orphan": Bounds(0.5),
    }[name.removeprefix(f"{BUDGET}-")]


@contextmanager
def _shut_in(place: World, names: Sequence[str], bounds: Bounds) -> Iterator[tuple[Inmate, Path]]:
    """Start the puppet in a copy; yield it, and where what it leaves lies."""
    command = place.told(names)
    way = Way("overlay", "root" if place.user == 0 else "user", True)
    folder = Path(place.ground.scratch) / f"copy-{time.monotonic_ns()}"
    folder.mkdir(mode=0o700)
    scene = Scene(place.home, folder, place.home)
    stage = Stage(folder, way, scene.covered)
    stage.prepare()
    shut = Confinement(
        place.home,
        place.home,
        passed_on(_OUTER),
        stage.writable,
        scene.concealed,
        user=place.user,
        group=place.user,
    )
    with ExitStack() as opened:
        # A normal user has no control group, but the kernel's limit on processes.
        group = opened.enter_context(ControlGroup.made(bounds)) if place.user == 0 else None
        entered = stage.entered(shut, bounds, command, group)
        if os.geteuid() == 0:
            for path in (folder, *folder.iterdir()):
                os.chown(path, place.user, place.user)
        opened.callback(remove, folder)
        inmate = Inmate(_started(place, entered), bounds, [stage.layers[0].changed], _nobody_told)
        opened.callback(inmate.close)
        yield inmate, stage.layers[0].changed


def _nobody_told() -> None:
    """Tell nobody."""


def _started(
    place: World, command: list[str], left_open: tuple[int, ...] = ()
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        cwd=place.home,
        env=_OUTER,
        stdin=place.terminal,
        stdout=place.terminal,
        stderr=place.terminal,
        pass_fds=left_open,
        start_new_session=True,
        user=place.user,
        group=place.user,
        extra_groups=[] if os.geteuid() == 0 else None,
    )


def _escapes(place: World, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Make the attempts in one copy, and yield those that got out."""
    with _shut_in(place, names, _WIDE) as (inmate, left):
        inmate.process.wait(_ALL)
        yield from place.escaped(names, left)


def _unconfined(place: World, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Make the attempts without a copy."""
    process = _started(place, place.told(names), place.spare)
    process.wait(_ALL)
    yield from place.escaped(names, place.home)


def _overspent(place: World, name: str) -> str:
    """Let the puppet take too much; return what is wrong with how it ended."""
    bounds, passed = _bounds(name), 0.0
    with _shut_in(place, [name], bounds) as (inmate, left):
        end = time.monotonic() + _ALL
        began = 0.0
        while inmate.process.poll() is None or _alive(str(place.home)):
            now = time.monotonic()
            began = began or (now if (left / "begun").exists() else 0.0)
            passed = passed or (now if began and _passes(inmate, left, bounds, now - began) else 0)
            if passed and now - passed > _KILLED:
                return f"it was not ended in {_KILLED:g} s"
            if now > end:
                return "it never took too much"
            time.sleep(0.01)
        return "" if inmate.ended else "it ended by itself"


def _passes(inmate: Inmate, left: Path, bounds: Bounds, seconds: float) -> bool:
    """Tell whether it takes too much now."""
    running = processes_of(inmate.first)
    return (
        seconds > bounds.seconds
        or len(running) > bounds.processes
        or memory_of(running) > bounds.memory
        or disk_used([left], bounds.disk) > bounds.disk
    )


def _alive(word: str) -> int:
    """Count the processes whose command line names this."""
    count = 0
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        count += any(word in one for one in words) and "puppet.main" in " ".join(words)
    return count


def _users() -> tuple[int, ...]:
    return (0, _NOBODY) if os.geteuid() == 0 else (os.geteuid(),)


def _chosen(count: int, seed: int, defended: bool) -> list[str]:
    """Return so many attempts, all kinds as alike as can be."""
    assert puppet.EVERY
    names = [n for n, a in ATTEMPTS.items() if defended or a.harmless]
    random = Random(f"P11/{seed}")
    random.shuffle(names)
    turn: dict[str, int] = {}
    order = {}
    for name in names:
        kind = ATTEMPTS[name].kind
        order[name] = turn[kind] = turn.get(kind, 0) + 1
    return sorted(names, key=lambda name: order[name])[:count]


def _attempts(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    names = _chosen(count, seed, defended)
    takers = [name for name in names if name.startswith(BUDGET)]
    others = [name for name in names if name not in takers]
    with ExitStack() as opened:
        display = real_display(opened)
        for user in _users():
            with scratch() as base, world(base, user, display) as place:
                tried = _escapes(place, others) if defended else _unconfined(place, others)
                for name, what in tried:
                    tally.fail(f"{name} as {user}", what)
                for name in takers:
                    if what := _overspent(place, name):
                        tally.fail(f"{name} as {user}", what)
    for name in names:
        tally.new(name)
    tally.notes.append("each as root and as a normal user" if len(_users()) > 1 else "as this user")
    return tally.verdict()


SUITES = (
    Suite(
        "P11 escapes",
        "Nothing gets out of a rehearsal, and what takes too much is ended in two seconds",
        ("desktop",),
        Counts(test=20, faults=160, full=160),
        25,
        _attempts,
    ),
)
