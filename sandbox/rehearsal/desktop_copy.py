"""A copy of a desktop: the user's folders, a display and a bus, and one program shut in with them.

Promises
- What the program changes lies in ``layers``, and the real folders are as they were.
- The program and all that it starts reach this display, its bus and the copied folders; they end
  with the copy, with this process however it ends, and where they pass a bound (``ended``).
- Window manager and program are shut in apart from each other; the server of the display takes no
  commands from either.

Does not promise
- That the program behaves as it would outside: it has no network and none of the user's services.
- That the real folders stand still meanwhile: what a program changes there during a rehearsal may
  show in the copy.
"""

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.bounds import Bounds
from handrail.sandbox.rehearsal.confinement import Confinement, passed_on
from handrail.sandbox.rehearsal.control_group import ControlGroup
from handrail.sandbox.rehearsal.inmate import Inmate
from handrail.sandbox.rehearsal.layer import Layer
from handrail.sandbox.rehearsal.plain_copy import copy_plainly
from handrail.sandbox.rehearsal.points import Reached, nowhere
from handrail.sandbox.rehearsal.removal import unmount
from handrail.sandbox.rehearsal.scene import Scene
from handrail.sandbox.rehearsal.stage import WAYS, Stage, Way, WayName
from handrail.sandbox.rehearsal.ways import find_way

_NOWHERE = Path("/tmp")
# Bubblewrap ends with the program; some programs go on in the background and end at once. Beside
# those who stay there are the first process and this shell.
_STAYING = """
"$@"
code=$?
while set -- /proc/[0-9]*/stat && [ $# -gt 2 ]; do sleep 0.1; done
exit $code
"""


@dataclass(frozen=True)
class Setting:
    """What a copy is like: the size of its display, its bounds, and which ways may be tried.

    ``reached`` is told every point, for tests that interrupt it.
    """

    size: tuple[int, int] = (1280, 800)
    bounds: Bounds = field(default_factory=Bounds)
    ways: Sequence[WayName] = WAYS
    reached: Reached = nowhere


class DesktopCopy:
    """A copy that is open: a context manager that ends it; the scratch folder stays."""

    def __init__(self, scene: Scene, setting: Setting, environ: Mapping[str, str]) -> None:
        self._scene = scene
        self._bounds, self._reached = setting.bounds, setting.reached
        self._environ = passed_on(environ)
        self._opened = ExitStack()
        self._inmate: Inmate | None = None
        with ThreadPoolExecutor(1) as pool, self._opened:
            tried = pool.submit(find_way, scene.scratch, setting.ways)
            self.display = self._opened.enter_context(
                VirtualDisplay.start(*setting.size, wm=False, guarded=True)
            )
            self._reached("display started")
            self.way: Way = tried.result()
            self._reached("way found")
            self._stage = Stage(scene.scratch, self.way, scene.covered)
            self._opened.callback(unmount, scene.scratch)
            self._layers = laid(self._stage, scene.concealed, self._bounds.disk)
            self._reached("layers made")
            self.display.manage(self._managing)
            self._opened = self._opened.pop_all()

    @classmethod
    def open(
        cls,
        scene: Scene,
        setting: Setting | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> "DesktopCopy":
        """Make a copy of a scene, on a display of its own, with no program in it yet.

        ``environ``: of which programs learn what ``passed_on`` lets through. Raises RehearsalError
        where there can be no copy, EnvironmentMissing where there can be no display.
        """
        return cls(scene, setting or Setting(), environ or {})

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Return where the changes lie; whole once the copy is closed."""
        return self._layers

    @property
    def ended(self) -> str:
        """Return which bound the program passed and was ended for, empty where none."""
        return "" if self._inmate is None else self._inmate.ended

    def start(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        """Start the program, in its folder; once for each copy. Raises RehearsalError.

        The process that is returned ends when all have ended that the program started.
        """
        if self._inmate is not None:
            raise RehearsalError("there is a program in this copy already: open another copy")
        confined = self._confined(self._scene.home, self._scene.cwd)
        # What was not copied needs no hiding.
        hidden = () if self.way.name == "copy" else self._scene.concealed
        confined = confined.around(self._stage.writable, hidden)
        _insist_visible(command[0], confined)
        group = self._opened.enter_context(ControlGroup.made(self._bounds))
        self._reached("group made")
        entered = self._stage.entered(
            confined, self._bounds, ["sh", "-c", _STAYING, "staying", *command], group
        )
        written = [layer.changed for layer in self.layers]
        started = self.display.launch(entered)
        self._reached("program started")
        # With the display gone, too, whoever works it learns of the end.
        self._inmate = Inmate(started, self._bounds, written, self.display.cut)
        self._opened.callback(self._inmate.close)
        return started

    def close(self) -> None:
        """End the program and the display; safe to call twice."""
        self._opened.close()

    def __enter__(self) -> "DesktopCopy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _confined(self, home: Path, cwd: Path) -> Confinement:
        return Confinement(
            home,
            cwd,
            {**self._environ, **self.display.environment},
            sockets=self.display.sockets,
            own_users=self.way.own_users,
        )

    def _managing(self, command: list[str], settings: Path) -> list[str]:
        """Shut the window manager in, with nothing but its settings."""
        folder = self._scene.scratch / "manager"
        folder.mkdir(mode=0o700)
        stage = Stage(folder, Way("copy", "none", self.way.own_users))
        confined = self._confined(_NOWHERE, _NOWHERE)
        return stage.entered(confined.reading(settings), self._bounds, command)


def laid(stage: Stage, hidden: Iterable[Path], limit: int) -> tuple[Layer, ...]:
    """Prepare a stage and return its layers; plain copies hold ``limit`` bytes at most, each.

    Raises RehearsalError.
    """
    stage.prepare()
    if stage.way.name != "copy":
        return stage.layers
    return tuple(
        replace(layer, left_out=copy_plainly(layer.real, layer.changed, hidden, limit))
        for layer in stage.layers
    )


def _insist_visible(program: str, confined: Confinement) -> None:
    """Refuse a program that nobody inside would find. Raises RehearsalError."""
    found = confined.finds(program)
    if not found:
        raise RehearsalError(
            f"{program} is not there in the copy, which shows the system's programs and the copied "
            "folders: is it installed, or does it lie in a folder that must be named, too?"
        )
