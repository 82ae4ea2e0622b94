"""A display of Handrail's own: an X server without a screen, a window manager, and programs in it.

Only this user's programs may connect: the server starts with a secret key in a private folder, and
then lets the user in by name, so that programs and screenshots need no key file. Programs started
here get a session bus of the display's own, or none, lest one hand its window to a copy of itself
on the user's own desktop. Server and programs end with this process, even where it is killed (see
``Watchdog``).
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.first_line import first_line
from handrail.actuators.watchdog import Watchdog
from handrail.actuators.watchdog_child import MARK
from handrail.actuators.xvfb_access import admit_user, write_authority
from handrail.actuators.xvfb_bus import start_bus, told_by, told_to_none

if TYPE_CHECKING:
    from handrail.actuators.x11_windows import Window

_START_SECONDS = 30.0
# Without it a program could name another program's shared memory, and the server would show it.
_GUARD = ["-extension", "MIT-SHM"]
_GUARDED_BYTES = 1 << 30
_FOREIGN = frozenset(("WAYLAND_DISPLAY", "XAUTHORITY", "AT_SPI_BUS_ADDRESS", "NO_AT_BRIDGE"))
# One desktop, and no keys or wheels of the window manager's own, which would take them from the
# programs: the wheel on the background changes desktops in openbox's usual settings.
_OPENBOX = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
<focus><focusNew>yes</focusNew></focus>
<placement><policy>Smart</policy></placement>
<desktops><number>1</number><popupTime>0</popupTime></desktops>
<keyboard><keybind key="A-F4"><action name="Close"/></keybind></keyboard>
</openbox_config>
"""


Confining = Callable[[list[str], Path], list[str]]
"""Makes of a command, and the file that it reads, the command that is started in its place."""


class VirtualDisplay:
    """An Xvfb server with its own window manager and programs; ``name`` is such as ``:5``.

    ``bus`` is the address of its session and accessibility bus, empty where it has none:
    ``without_bus`` then says why.
    """

    def __init__(self, name: str, own: "_Own") -> None:
        self.name = name
        self.bus, self.without_bus = "", ""
        self._own = own
        self._finalizer = weakref.finalize(self, own.end)

    @classmethod
    def start(
        cls, width: int, height: int, wm: bool = True, guarded: bool = False
    ) -> "VirtualDisplay":
        """Start a server, and a bus and openbox where these are installed; wait until all is ready.

        ``guarded``: for programs that may not reach beyond the display: the server shares no memory
        with them, and takes no more than a bounded amount of it for them. Raises
        EnvironmentMissing where Xvfb is absent or does not start.
        """
        if not (64 <= width <= 16384 and 64 <= height <= 16384):
            raise ValueError(f"a display of {width}x{height} is too small or too large")
        program = shutil.which("Xvfb")
        if program is None:
            raise EnvironmentMissing("Xvfb is not installed: apt install xvfb")
        folder = Path(tempfile.mkdtemp(prefix="handrail-display-"))
        try:
            own = _Own(folder, Watchdog(folder), [])
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        try:
            display = cls(_start_server([program], (width, height), own, guarded), own)
        except BaseException:
            own.end()
            raise
        display._start_bus()
        if wm and shutil.which("openbox"):
            display.manage()
        return display

    @property
    def sockets(self) -> tuple[Path, ...]:
        """Return the sockets that a program needs to reach this display and its bus."""
        found = (Path(f"/tmp/.X11-unix/X{self.name[1:]}"), self._own.folder / "bus")
        return tuple(path for path in found if path.exists())

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that tell a program of this display and its bus."""
        told = {"DISPLAY": self.name, "XDG_SESSION_TYPE": "x11"}
        return told | (told_by(self.bus, os.environ) if self.bus else told_to_none())

    @property
    def alive(self) -> bool:
        """Tell whether the server runs."""
        return self._own.started[0].poll() is None

    def launch(
        self, command: list[str], env: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start a program on this display; ``env`` adds to the environment it gets.

        Raises EnvironmentMissing where there is no such program.
        """
        return self._launch(command, env or {}, ())

    def _launch(
        self, command: list[str], env: Mapping[str, str], kept: tuple[int, ...]
    ) -> "subprocess.Popen[bytes]":
        if not self.alive:
            raise EnvironmentMissing(f"the virtual display {self.name} has ended")
        around = {k: v for k, v in without_own(os.environ).items() if k not in _FOREIGN}
        try:
            around |= {**self.environment, **env}
            return self._own.start(command, around, self._own.watchdog.programs, kept)
        except OSError as problem:
            raise EnvironmentMissing(
                f"{command[0]} does not start: {problem.strerror}; is it installed?"
            ) from problem

    def wait_for_window(self, title: str, timeout: float) -> "Window":
        """Wait for a window with this in its title (in any case) and return it.

        Raises EnvironmentMissing where none comes in ``timeout`` seconds.
        """
        from handrail.actuators.x11 import X11Link  # here: python-xlib is installed on Linux only
        from handrail.actuators.x11_windows import X11Windows

        link = X11Link(self.name)
        try:
            windows = X11Windows(link)
            found = windows.wait_for(title, timeout)
            if found is not None:
                return found
            shown = [windows.title(w) for w in windows.clients()]
        finally:
            link.close()
        ended = [f"{_name(p)} ended with {p.returncode}" for p in self._own.started if p.poll()]
        raise EnvironmentMissing(
            f"no window with {title!a} in its title came up on {self.name} in {timeout:g} s; "
            f"shown: {shown!a}{'; ' if ended else ''}{', '.join(ended)}"
        )

    def cut(self) -> None:
        """End the server at once: whoever looks at the display learns that it is gone."""
        self._own.started[0].kill()

    def close(self) -> None:
        """End the programs and the server and remove their folder; safe to call twice."""
        self._finalizer()

    def __enter__(self) -> "VirtualDisplay":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_bus(self) -> None:
        """Start the display's bus where there can be one; all else works without."""
        from handrail.actuators.x11 import X11Link

        try:
            self.bus = start_bus(self._own.folder, self._launch, os.environ)
            with contextlib.closing(X11Link(self.name)) as link:
                link.publish("AT_SPI_BUS", self.bus)  # Qt looks there
        except EnvironmentMissing as problem:
            self.without_bus = str(problem)
        except BaseException:
            self.close()
            raise

    def manage(self, confined: Confining | None = None) -> None:
        """Start openbox and wait until it is there; ``confined`` says how, where not just so.

        Raises EnvironmentMissing.
        """
        from handrail.actuators.x11 import X11Link
        from handrail.actuators.x11_windows import X11Windows

        settings = self._own.folder / "openbox.xml"
        settings.write_text(_OPENBOX, encoding="utf-8")
        command = ["openbox", "--sm-disable", "--config-file", str(settings)]
        self.launch(command if confined is None else confined(command, settings))
        link = X11Link(self.name)
        try:
            if not link.wait_until(X11Windows(link).managed, _START_SECONDS):
                raise EnvironmentMissing(f"openbox did not start on {self.name}")
        except BaseException:
            self.close()
            raise
        finally:
            link.close()


@dataclass(frozen=True)
class _Own:
    """What a display has of its own: a folder, a watchdog, and processes, the server first."""

    folder: Path
    watchdog: Watchdog
    started: list[subprocess.Popen[bytes]]

    def start(
        self, command: list[str], around: Mapping[str, str], mark: str, kept: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:
        """Start a process that ends with the display."""
        process = subprocess.Popen(
            command,
            env={**around, MARK: mark},
            pass_fds=kept,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        """End the processes, the server last, first gently, and remove the folder."""
        self.watchdog.end()
        for process in self.started:
            # The group may hold children that bear no mark, where all that bore it ended before.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _start_server(
    command: list[str], size: tuple[int, int], own: _Own, guarded: bool = False
) -> str:
    key = secrets.token_bytes(16)
    authority = own.folder / "authority"
    write_authority(authority, key)
    options = ["-screen", "0", f"{size[0]}x{size[1]}x24", "-dpi", "96", "-noreset"]
    options += _GUARD if guarded else []

    def start(writer: int) -> None:
        told = ["-displayfd", str(writer), *options, "-nolisten", "tcp", "-auth", str(authority)]
        server = own.start([*command, *told], os.environ, own.watchdog.server, (writer,))
        if guarded:
            import resource  # here: it is not on Windows

            resource.prlimit(server.pid, resource.RLIMIT_DATA, (_GUARDED_BYTES,) * 2)

    number = int(first_line("Xvfb", start, _START_SECONDS))
    admit_user(number, key, os.geteuid())
    return f":{number}"


def without_own(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without Handrail's own settings, of which one is a token.

    A program that is worked on a screen may show them there, and a screen is kept as a picture.
    """
    return {name: value for name, value in environ.items() if not name.startswith("HANDRAIL_")}


def _name(process: subprocess.Popen[bytes]) -> str:
    arguments = process.args
    return Path(str(arguments[0] if isinstance(arguments, list) else arguments)).name
