"""The stage of a copy: the mounts that a program in it stands on, and the command that enters it.

Promises
- Mounts are made in a namespace of the copy's own and end with it, but those of ``fuse-overlayfs``
  for users who may have no such namespace (``Way.mounts`` is ``none``).
- The program gets no file of ours but its own standard ones, and its command line is all that
  other processes in the copy can read of how it was started.

Does not promise
- To start anything: it returns the command.
"""

import os
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from handrail.actuators.watchdog_child import MARK
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal import syscalls
from handrail.sandbox.rehearsal.bounds import Bounds
from handrail.sandbox.rehearsal.confinement import Confinement
from handrail.sandbox.rehearsal.control_group import THREADS, ControlGroup
from handrail.sandbox.rehearsal.layer import Form, Layer, Marks

WayName = Literal["overlay", "fuse-overlayfs", "copy"]
Mounts = Literal["root", "user", "none"]
WAYS: Final[tuple[WayName, ...]] = ("overlay", "fuse-overlayfs", "copy")

_OWN_MOUNTS: Final[dict[Mounts, tuple[str, ...]]] = {
    "root": ("unshare", "--mount", "--propagation", "private", "--"),
    "user": (
        *("unshare", "--user", "--map-root-user"),
        *("--mount", "--propagation", "private", "--"),
    ),
    "none": (),
}
_OPTIONS: Final[dict[Mounts, str]] = {
    "root": "redirect_dir=off,metacopy=off,index=off",
    "user": "userxattr",
    "none": "",
}
_MARKS: Final[dict[Mounts, Marks]] = {"root": "trusted", "user": "user", "none": "names"}
# A folder's name may hold what separates options: so each is bound to a plain name, or linked. What
# comes before the program keeps the mark that ends it, and no more of the environment: all in the
# copy can read what its first process was started with.
_STAGE = """
cd "$1"; way=$2 options=$3 aloud=$4 blocks=$5 processes=$6 folders=$7 group=$8; shift 8
number=0
while [ "$number" -lt "$folders" ]; do
  layers=lowerdir=lower-$number,upperdir=upper-$number,workdir=work-$number
  case $way in
  overlay)
    mkdir "lower-$number"
    mount --bind -- "$1" "lower-$number"
    mount -t overlay overlay -o "$layers,$options" "merged-$number" ;;
  fuse-overlayfs)
    ln -s -- "$1" "lower-$number"
    fuse-overlayfs -o "$layers" "merged-$number" ;;
  esac
  shift; number=$((number + 1))
done
[ -z "$group" ] || echo $$ > "$group/cgroup.procs"
ulimit -c 0
ulimit -f "$blocks"
[ "$processes" = 0 ] || ulimit -p "$processes"
exec 8<arguments </dev/null >/dev/null
[ "$aloud" = 1 ] || exec 2>/dev/null
filter=
if [ -s filter ]; then exec 9<filter; filter="--seccomp 9"; fi
exec nice -n 10 env -i "MARK=${MARK-}" "PATH=$PATH" bwrap --args 8 $filter -- "$@"
""".replace("MARK", MARK)
_COUNTED_APART = (5, 14)
"""Since this Linux, what runs in a user namespace is counted apart from the user's own programs."""


@dataclass(frozen=True)
class Way:
    """How copies are made: whose mounts, and whether programs get users of their own."""

    name: WayName
    mounts: Mounts
    own_users: bool

    def told(self) -> str:
        """Return it in words."""
        users = "" if self.own_users else ", without user namespaces"
        if self.name == "copy":
            return f"plain copies{users}: slow, and of small folders only"
        return f"{'overlay mounts' if self.name == 'overlay' else self.name}{users}"


@dataclass(frozen=True)
class Stage:
    """A folder of a copy's own, in which its layers and what bubblewrap is told lie."""

    folder: Path
    way: Way
    reals: tuple[Path, ...] = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Return the real folders and what is laid over each."""
        form: Form = "copy" if self.way.name == "copy" else "overlay"
        marks = _MARKS[self.way.mounts] if self.way.name == "overlay" else "names"
        return tuple(
            Layer(real, self.folder / f"upper-{number}", form, marks)
            for number, real in enumerate(self.reals)
        )

    @property
    def writable(self) -> tuple[tuple[Path, Path], ...]:
        """Return where each folder lies for whoever is inside, and its place there."""
        laid = "upper" if self.way.name == "copy" else "merged"
        return tuple((self.folder / f"{laid}-{n}", real) for n, real in enumerate(self.reals))

    def prepare(self) -> None:
        """Make the folders that mounts need. Raises RehearsalError."""
        try:
            for number in range(len(self.reals)):
                for name in ("upper", "work", "merged"):
                    (self.folder / f"{name}-{number}").mkdir(mode=0o700)
                _alike(self.reals[number], self.folder / f"upper-{number}")
        except OSError as error:
            raise RehearsalError(f"no copy in {self.folder}: {error.strerror}") from error

    def entered(
        self,
        by: Confinement,
        bounds: Bounds,
        program: Sequence[str],
        group: ControlGroup | None = None,
        aloud: bool = False,
    ) -> list[str]:
        """Return the command that makes the mounts and enters them. Raises RehearsalError.

        ``group``: the program joins it. ``aloud``: what goes wrong at the door is said on the
        standard error, and so is what the program says there.
        """
        if shutil.which("bwrap") is None:
            raise RehearsalError(
                "bubblewrap is not installed, which shuts programs in: apt install bubblewrap"
            )
        arguments = "".join(f"{argument}\0" for argument in by.arguments())
        try:
            (self.folder / "arguments").write_bytes(os.fsencode(arguments))
            (self.folder / "filter").write_bytes(syscalls.program(platform.machine()))
        except OSError as error:
            raise RehearsalError(f"no copy in {self.folder}: {error.strerror}") from error
        way = self.way
        numbers = [bounds.disk // 512 + 1, _processes(way, bounds), len(self.reals)]
        told = [str(self.folder), way.name, _OPTIONS[way.mounts], str(int(aloud))]
        joined = "" if group is None or group.folder is None else str(group.folder)
        reals = [str(real) for real in self.reals]
        shell = ["sh", "-euc", _STAGE, "stage", *told, *map(str, numbers), joined, *reals]
        return [*_OWN_MOUNTS[way.mounts], *shell, *program]


def _alike(real: Path, changed: Path) -> None:
    """Give the root of a layer the owner, mode and times of the folder that it is laid over."""
    found = real.stat()
    if os.geteuid() == 0:
        os.chown(changed, found.st_uid, found.st_gid)
    shutil.copystat(real, changed)


def _processes(way: Way, bounds: Bounds) -> int:
    """Return the kernel's bound on threads, 0 where it would count others than the copy's."""
    numbers = platform.release().split(".")[:2]
    apart = tuple(int(n) for n in numbers if n.isdigit()) >= _COUNTED_APART
    return bounds.processes * THREADS if apart and way.own_users else 0
