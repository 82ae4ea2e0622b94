"""Show windows in GTK 3 and tell what is written where.

Run by the system's own Python: ``python3 -m toolkits.gtk_program SOCKET`` with this package's
folder on the path. One client sends a line of JSON for each screen (``plan.Screen``) and gets a
line once everything is drawn, its menu open: ``{"windows": [...]}``, each with its ``box`` (left,
top, right, bottom in GTK's pixels) and its ``lines`` (see ``gtk_lines``).
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

from .client import Client  # noqa: E402
from .gtk_lines import told_of  # noqa: E402
from .gtk_parts import Parts  # noqa: E402

_TICK = 8
"""Milliseconds between two looks whether all is drawn."""
Told = dict[str, Any]


class Program:
    """The windows of one screen after another."""

    def __init__(self, path: str) -> None:
        self.windows: list[Any] = []
        self.drawn: set[Any] = set()
        self.client = Client(path)
        GLib.io_add_watch(self.client.fileno(), GLib.IO_IN | GLib.IO_HUP, self.asked)

    def asked(self, *_: object) -> bool:
        """Begin with what one line asks; end where nobody asks any more."""
        asked = self.client.read()
        if asked is None:
            Gtk.main_quit()
            return False
        work = self.shown(asked)
        GLib.timeout_add(_TICK, self.step, [work, lambda: True])
        return True

    def step(self, state: list[Any]) -> bool:
        """Go on with the work where what it waits for has come."""
        work, ready = state
        if Gtk.events_pending() or not ready():
            return True
        state[1] = next(work, None)
        return state[1] is not None

    def shown(self, screen: Told) -> Iterator[Callable[[], bool]]:
        """Show a screen; yield what has to be waited for."""
        for window in self.windows:
            window.destroy()
        self.windows, self.drawn = [], set()
        if screen["look"] is not None:
            _look(screen["look"])
        parts = Parts()
        for told in screen["windows"]:
            window = self.window(told, parts)
            yield partial(self.there, window)
        if parts.focused is not None:
            parts.focused.grab_focus()
        opened = None
        if parts.opening is not None:
            opened = parts.opening()
            yield partial(self.there, opened)
        tops = [*self.windows, *([opened] if opened is not None else [])]
        yield lambda: not Gtk.events_pending()
        Gdk.Display.get_default().sync()
        self.client.answer({"windows": [told_of(top) for top in tops]})

    def window(self, told: Told, parts: Parts) -> Any:
        """Show a window above those before it."""
        left, top, width, height = told["box"]
        window = Gtk.Window(title=told["title"], decorated=told["decorated"])
        if told["dialog"] and self.windows:
            window.set_transient_for(self.windows[-1])
            window.set_type_hint(Gdk.WindowTypeHint.DIALOG)
        window.set_default_size(width, height)
        window.move(left, top)
        box = parts.column(told["parts"], 0)
        window.add(box)
        for top in (window, *parts.popups):
            top.connect("map", self.mapped)
        window.show_all()
        window.present()
        self.windows.append(window)
        return window

    def there(self, top: Any) -> bool:
        """Tell whether a window has been painted since it came up."""
        return top in self.drawn and bool(top.get_mapped())

    def mapped(self, top: Any) -> None:
        """Note when a window that is now there is painted next."""
        top.get_frame_clock().connect("after-paint", lambda _: self.drawn.add(top))


def _look(told: Told) -> None:
    """Set theme and font for all windows, and nothing that moves by itself."""
    settings = Gtk.Settings.get_default()
    settings.set_property("gtk-theme-name", told["theme"])
    settings.set_property("gtk-application-prefer-dark-theme", told["dark"])
    settings.set_property("gtk-font-name", f"{told['font']} {told['points']}")
    settings.set_property("gtk-icon-theme-name", "Adwaita")
    for still in ("gtk-enable-animations", "gtk-cursor-blink", "gtk-primary-button-warps-slider"):
        settings.set_property(still, False)


if __name__ == "__main__":
    Program(sys.argv[1])
    Gtk.main()
