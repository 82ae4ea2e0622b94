"""One connection to one X display: the few requests that the desktop needs, with types.

The only file that speaks to python-xlib. Windows are resource ids; a window that is gone reads as
None or empty, because windows close while one looks. A connection that broke is EnvironmentMissing;
whether an action was under way is for the caller to know.
"""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from Xlib import X, error
from Xlib.display import Display
from Xlib.ext import randr, res
from Xlib.protocol import display as wire
from Xlib.protocol import event
from Xlib.support import connect

from handrail.actuators.desktop_devices import Area
from handrail.actuators.errors import EnvironmentMissing

_GONE = (error.BadWindow, error.BadDrawable, error.BadMatch)
_UNREACHABLE = (
    error.DisplayError, error.XauthError, OSError, OverflowError, UnicodeError,
)  # fmt: skip
_CONNECT_SECONDS = 10.0
_CONNECTING = threading.Lock()
_NUDGE = "_HANDRAIL_NUDGE"
_LONGEST_PROPERTY = 4096  # 32-bit units: a title is chosen by a program and may be of any length


class X11Link:
    """A connection to an X display.

    Raises EnvironmentMissing where the display does not answer or lacks the XTEST extension.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._closed = False
        try:
            _knock(name)
            self.display = _connected(name)
        except _UNREACHABLE as problem:
            raise EnvironmentMissing(
                f"X display {name!r} does not answer ({_said(problem)}): "
                "start it, or name another with --display"
            ) from problem
        # Programs close their windows while we ask about them: late errors are no news.
        self.display.set_error_handler(lambda *_: None)
        if not self.display.has_extension("XTEST"):
            self.close()
            raise EnvironmentMissing(f"X display {name!r} has no XTEST extension for input")
        self._root = self.display.screen().root
        self.root = int(self._root.id)

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        if not self._closed:
            self._closed = True
            with contextlib.suppress(error.ConnectionClosedError, OSError):
                self.display.close()

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        if self._closed:
            raise EnvironmentMissing(f"the connection to X display {self.name} was closed")
        try:
            yield
        except (error.ConnectionClosedError, OSError) as problem:
            raise EnvironmentMissing(
                f"X display {self.name} went away ({_said(problem)}): start it again"
            ) from problem

    def screen(self) -> Area:
        """Return the rectangle of the whole root window, as it is now."""
        with self.asking():
            reply = self._root.get_geometry()
        return Area(0, 0, int(reply.width), int(reply.height))

    def monitors(self) -> tuple[Area, ...]:
        """Return the monitors in the server's order; the whole screen where RANDR tells none."""
        found: list[Area] = []
        if self.display.has_extension("RANDR"):
            with self.asking():
                reply = randr.get_monitors(self._root)
            for m in reply.monitors:
                found.append(Area(m.x, m.y, m.width_in_pixels, m.height_in_pixels))
        return tuple(found) or (self.screen(),)

    def focus(self) -> int:
        """Return the window that has the keyboard: the one under the pointer where it follows."""
        with self.asking():
            window = self.display.get_input_focus().focus
            if window == X.PointerRoot:
                window = self._root.query_pointer().child
        return 0 if isinstance(window, int) else int(window.id)

    def process(self, window: int) -> int:
        """Return the id of the local process behind a window, as the server knows it, or 0."""
        if not self.display.has_extension("X-Resource"):
            return 0
        with self.asking():
            asked = [{"client": window, "mask": res.LocalClientPIDMask}]
            found = res.query_client_ids(self.display, asked).ids
        return next((int(entry.value[0]) for entry in found if entry.value), 0)

    def numbers(self, window: int, name: str) -> tuple[int, ...]:
        """Return a property's 32-bit values, empty where there is none."""
        value = self._property(window, name)
        return () if isinstance(value, bytes) else value

    def text(self, window: int, name: str) -> str:
        """Return a property's text, empty where there is none."""
        value = self._property(window, name)
        if not isinstance(value, bytes):
            return ""
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def _property(self, window: int, name: str) -> bytes | tuple[int, ...]:
        with self.asking():
            atom = self.display.intern_atom(name)
            target = self.display.create_resource_object("window", window)
            try:
                reply = target.get_property(atom, X.AnyPropertyType, 0, _LONGEST_PROPERTY)
            except _GONE:
                return ()
        if reply is None:
            return ()
        if reply.format == 8:
            return bytes(reply.value)
        return tuple(int(v) for v in reply.value)

    def parent(self, window: int) -> int:
        """Return the parent window, 0 where there is none."""
        with self.asking():
            try:
                reply = self.display.create_resource_object("window", window).query_tree()
            except _GONE:
                return 0
        return int(reply.parent.id) if reply.parent else 0

    def at(self, x: int, y: int) -> int:
        """Return the top-level window at a place of the root, 0 where there is none."""
        with self.asking():
            child = self._root.translate_coords(self._root, x, y).child
        return 0 if isinstance(child, int) else int(child.id)

    def children(self) -> tuple[int, ...]:
        """Return the root's windows, the lowest first."""
        with self.asking():
            return tuple(int(w.id) for w in self._root.query_tree().children)

    def shown(self, window: int) -> Area | None:
        """Return a window's rectangle on the root, or None where it is gone or not shown."""
        with self.asking():
            target = self.display.create_resource_object("window", window)
            try:
                if target.get_attributes().map_state != X.IsViewable:
                    return None
                size = target.get_geometry()
                place = target.translate_coords(self._root, 0, 0)
            except _GONE:
                return None
        # translate_coords(self, src): the reply is where src's point lies in self, hence the signs.
        return Area(-int(place.x), -int(place.y), int(size.width), int(size.height))

    def unmanaged(self, window: int) -> bool:
        """Tell whether a window asks window managers to leave it alone (menus, tooltips)."""
        with self.asking():
            target = self.display.create_resource_object("window", window)
            try:
                return bool(target.get_attributes().override_redirect)
            except _GONE:
                return True

    def unseen(self, window: int) -> bool:
        """Tell whether a window takes input without showing anything (InputOnly)."""
        with self.asking():
            target = self.display.create_resource_object("window", window)
            try:
                return bool(target.get_attributes().win_class == X.InputOnly)
            except _GONE:
                return False

    def publish(self, name: str, text: str) -> None:
        """Set a property of the root window, for programs of this display to read."""
        with self.asking():
            atom = self.display.intern_atom(name)
            kind = self.display.intern_atom("STRING")
            self._root.change_property(atom, kind, 8, text.encode())
            self.display.sync()

    def ping(self, window: int, serial: int) -> bool:
        """Ask a window for a sign of life (EWMH _NET_WM_PING); False where it does not know how."""
        with self.asking():
            protocols = self.display.intern_atom("WM_PROTOCOLS")
            ping = self.display.intern_atom("_NET_WM_PING")
            if ping not in self.numbers(window, "WM_PROTOCOLS"):
                return False
            target = self.display.create_resource_object("window", window)
            message = event.ClientMessage(
                window=target, client_type=protocols, data=(32, [ping, serial, window, 0, 0])
            )
            target.send_event(message)
            self.display.flush()
        return True

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds; look again when windows change and ten times a second."""
        with self.hearing():
            end = time.monotonic() + seconds
            while not condition():
                left = end - time.monotonic()
                if left <= 0:
                    return False
                if not self.events(min(left, 0.1)):
                    self.nudge()
        return True

    def nudge(self) -> None:
        """Send every watcher of the root window an event: an empty property was written.

        openbox at times sleeps on a request it has already read (a new window then stays unmapped,
        for as long as nothing else happens: seen with openbox 3.6.1 and libX11 1.8); any event
        wakes it.
        """
        with self.asking():
            self._root.change_property(
                self.display.intern_atom(_NUDGE), self.display.intern_atom("CARDINAL"), 32, []
            )
            self.display.flush()

    def wait_pong(self, serial: int, seconds: float) -> bool:
        """Wait for the answer to a ping."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for seen in self.events(left):
                if seen.type == X.ClientMessage and int(seen.data[1][1]) == serial:
                    return True
        return False

    @contextlib.contextmanager
    def hearing(self) -> Iterator[None]:
        """Hear of windows and answers while the block runs, and not after: events would pile up."""
        with self.asking():
            self._root.change_attributes(event_mask=X.PropertyChangeMask | X.SubstructureNotifyMask)
        try:
            yield
        finally:
            with self.asking():
                self._root.change_attributes(event_mask=0)
                self.display.sync()
            self.events(0)

    def events(self, seconds: float) -> list[event.AnyEvent]:
        with self.asking():
            self.display.flush()
            if not self.display.pending_events():
                select.select([self.display.fileno()], [], [], seconds)
            return [self.display.next_event() for _ in range(self.display.pending_events())]


def _said(problem: BaseException) -> str:
    return str(problem) or type(problem).__name__


def _connected(name: str) -> Display:
    """Connect, with a table of events that is this connection's own.

    python-xlib has one for all displays, which number their extensions' events apart.
    """
    with _CONNECTING:
        wire.Display.event_classes = table = event.event_class.copy()
        made = Display(name)
        made.display.event_classes = table
    return made


def _knock(name: str) -> None:
    """Connect and hang up: python-xlib leaves its socket open where nobody answers."""
    _, protocol, host, number, _ = connect.get_display(name)
    if host and host != "unix" and protocol != "unix":
        with socket.create_connection((host, 6000 + number), timeout=_CONNECT_SECONDS):
            return
    path = f"/tmp/.X11-unix/X{number}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.connect(path if Path(path).exists() else f"\0{path}")
