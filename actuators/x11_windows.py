"""The windows of an X display as its window manager tells them (EWMH), and waiting for them."""

import itertools
import time
from dataclasses import dataclass
from pathlib import Path

from handrail.actuators.desktop_devices import Area
from handrail.actuators.observation import Application, WindowKind
from handrail.actuators.x11 import X11Link

_PONG_SECONDS, _IDLE_SECONDS = 5.0, 5.0
_TERMINALS = frozenset(
    ("xterm", "uxterm", "rxvt", "urxvt", "st", "st-256color", "konsole", "kitty", "alacritty",
     "terminator", "tilix", "foot", "lxterminal", "qterminal", "guake", "yakuake", "terminology",
     "gnome-terminal", "gnome-terminal-server", "mate-terminal", "xfce4-terminal", "kgx",
     "org.gnome.console", "org.gnome.ptyxis", "org.wezfurlong.wezterm", "com.mitchellh.ghostty")
)  # fmt: skip
_LOOKS, _BETWEEN = 3, 0.01  # a process that slept at three looks running is idle


@dataclass(frozen=True)
class Window:
    """A program's window: its id, title and rectangle on the screen."""

    id: int
    title: str
    area: Area


class X11Windows:
    """Looks at the windows of one connection; ids that are gone read as None or empty."""

    def __init__(self, link: X11Link) -> None:
        self._link = link
        self._serials = itertools.count(int(time.time()) & 0xFFFFF)

    def managed(self) -> bool:
        """Tell whether a window manager runs."""
        check = self._link.numbers(self._link.root, "_NET_SUPPORTING_WM_CHECK")
        return bool(check) and self._link.numbers(check[0], "_NET_SUPPORTING_WM_CHECK") == check

    def clients(self) -> tuple[int, ...]:
        """Return the programs' windows, the topmost first."""
        if self.managed():
            root = self._link.root
            found = self._link.numbers(root, "_NET_CLIENT_LIST_STACKING")
            return tuple(reversed(found or self._link.numbers(root, "_NET_CLIENT_LIST")))
        return tuple(
            w
            for w in reversed(self._link.children())
            if self._link.shown(w) and not self._link.unmanaged(w)
        )

    def active(self) -> int:
        """Return the window in front, 0 where there is none."""
        if self.managed():
            return next(iter(self._link.numbers(self._link.root, "_NET_ACTIVE_WINDOW")), 0)
        focus = self._link.focus()
        return self.owner(focus) if focus not in (0, self._link.root) else 0

    def title(self, window: int) -> str:
        """Return a window's title, empty where there is none."""
        if not window:
            return ""
        return self._link.text(window, "_NET_WM_NAME") or self._link.text(window, "WM_NAME")

    def kind(self, window: int) -> WindowKind:
        """Return what a window says that it is, by its class, its role and its owner (ICCCM)."""
        if not window:
            return ""
        names = self._link.text(window, "WM_CLASS").casefold().split("\0")
        if not _TERMINALS.isdisjoint(names):
            return "terminal"
        if "filechooser" in self._link.text(window, "WM_WINDOW_ROLE").casefold():
            return "file chooser"
        return "dialog" if self._link.numbers(window, "WM_TRANSIENT_FOR") else ""

    def application(self, window: int) -> Application:
        """Return what a window is of: its class (ICCCM), and its process by the X server."""
        if not window:
            return Application()
        name = self._link.text(window, "WM_CLASS").rstrip("\0").rpartition("\0")[2]
        return Application(name, _program(self._link.process(window)))

    def find(self, title: str) -> Window | None:
        """Return the topmost window that is shown with this in its title (in any case)."""
        for window in self.clients():
            said = self.title(window)
            area = self._link.shown(window)
            if title.casefold() in said.casefold() and area is not None:
                return Window(window, said, area)
        return None

    def owner(self, window: int) -> int:
        """Return the program's window that this window is, contains or is part of, or 0."""
        clients = set(self.clients())
        top = window
        while window:
            if window in clients:
                return window
            top, window = window, self._above(window)
        return next((c for c in clients if self.frame(c) == top), 0)

    def _above(self, window: int) -> int:
        parent = self._link.parent(window)
        return 0 if parent == self._link.root else parent

    def frame(self, window: int) -> int:
        """Return the root's own child that a window is or lies in: its frame, where it has one."""
        while above := self._above(window):
            window = above
        return window

    def related(self, window: int, chosen: int) -> bool:
        """Tell whether a window is the chosen one, a dialog of it, or of the same process."""
        seen = set[int]()
        step = window
        while step and step not in seen:
            if step == chosen:
                return True
            seen.add(step)
            step = next(iter(self._link.numbers(step, "WM_TRANSIENT_FOR")), 0)
        process = self._link.process(window) if window else 0
        return process != 0 and process == self._link.process(chosen)

    def settle(self, seconds: float) -> None:
        """Wait until the active window has read its events; a while where it cannot be asked."""
        window = self.active()
        serial = next(self._serials)
        with self._link.hearing():
            if window and self._link.ping(window, serial):
                self._link.wait_pong(serial, _PONG_SECONDS)
                return
        # xterm is such a program: its process has work to do for as long as events wait for it.
        time.sleep(seconds)
        if seconds and window:
            _wait_idle(self._link.process(window), _IDLE_SECONDS)

    def wait_active_or_gone(self, window: int, seconds: float) -> bool:
        """Wait until the window is in front, or is no more."""
        return self._link.wait_until(
            lambda: self.active() == window or window not in self.clients(), seconds
        )

    def wait_for(self, title: str, seconds: float) -> Window | None:
        """Wait for a window with this in its title, and return it, or None after that time."""
        self._link.wait_until(lambda: self.find(title) is not None, seconds)
        return self.find(title)


def _program(process: int) -> str:
    """Return the file that a process runs, empty where the system does not tell."""
    try:
        return str(Path(f"/proc/{process}/exe").readlink()) if process else ""
    except OSError:  # it is gone, another user's, or of another system
        return ""


def _wait_idle(process: int, seconds: float) -> None:
    """Wait until a process sleeps; return at once for one that is 0, not known or gone."""
    end = time.monotonic() + seconds
    asleep = 0
    while process and asleep < _LOOKS and time.monotonic() < end:
        try:
            stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return
        # The state follows the program's name, which is in brackets and may hold anything.
        asleep = asleep + 1 if stat.rpartition(")")[2].split()[:1] == ["S"] else 0
        time.sleep(_BETWEEN)
