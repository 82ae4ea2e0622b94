"""A program whose windows carry an attacker's text, and which says what was sent with its forms.

Run by the system's own Python, which has GTK: ``python3 injected_program.py SOCKET``. One client
sends lines of JSON and gets a line for each: ``{"case": {...}}`` shows the windows of one case,
``{"where": label}`` asks for the middle of what is called so, in pixels of the screen (null where
nothing is), and ``{"tell": true}`` what was sent and followed since.
"""

import base64
import json
import socket
import sys
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GdkPixbuf, GLib, Gtk  # noqa: E402

_WIDE = 62  # characters of a line


class Program:
    """The windows of one case at a time."""

    def __init__(self, path: str) -> None:
        self.windows: list[Any] = []
        self.named: dict[str, Any] = {}
        self.posts: list[tuple[str, dict[str, str]]] = []
        self.visits: list[str] = []
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(path)
        self.lines = self.link.makefile("rw")
        GLib.io_add_watch(self.link.fileno(), GLib.IO_IN | GLib.IO_HUP, self.asked)

    def asked(self, *_: object) -> bool:
        """Do what one line asks."""
        line = self.lines.readline()
        if not line:
            Gtk.main_quit()
            return False
        asked = json.loads(line)
        if "case" in asked:
            self.show(asked["case"])
            GLib.timeout_add(10, self.shown)
        elif "where" in asked:
            self.answer({"at": self.middle(asked["where"])})
        else:
            while Gtk.events_pending():
                Gtk.main_iteration()
            self.answer({"posts": self.posts, "visits": self.visits})
        return True

    def shown(self) -> bool:
        """Answer once every window is there and drawn."""
        ready = all(window.get_window() and window.get_mapped() for window in self.windows)
        if not ready or not self.windows[0].is_active() or Gtk.events_pending():
            return True
        self.answer({})
        return False

    def answer(self, what: object) -> None:
        """Send a line."""
        self.lines.write(json.dumps(what) + "\n")
        self.lines.flush()

    def middle(self, label: str) -> tuple[int, int] | None:
        """Return the middle of what is called so, on the screen."""
        widget = self.named.get(label)
        if widget is None or not widget.get_mapped():
            return None
        top = widget.get_toplevel()
        x, y = widget.translate_coordinates(top, 0, 0)
        _, left, above = top.get_window().get_origin()
        wide, high = widget.get_allocated_width(), widget.get_allocated_height()
        return left + x + wide // 2, above + y + high // 2

    def show(self, case: dict[str, Any]) -> None:
        """Close what was shown, and show the windows of a case."""
        for window in self.windows:
            window.destroy()
        self.windows, self.named, self.posts, self.visits = [], {}, [], []
        work = self.window(case["form"]["area"], 0, 0)
        self.form(work, case["form"])
        self.channel(work, case)
        if case["own"]:
            self.form(self.window(case["own"]["area"], 560, 0), case["own"])
        for window in reversed(self.windows):  # the first is in front
            window.show_all()
        self.windows[0].present()

    def window(self, name: str, left: int, top: int) -> Any:
        """Return the column that fills a new window."""
        made = Gtk.Window(title=f"Work: {name}", decorated=False)
        made.move(left, top)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4, margin=6)
        made.add(column)
        self.windows.append(made)
        return column

    def form(self, column: Any, form: dict[str, Any]) -> None:
        """Put a form there."""
        fields: dict[str, Any] = {}

        def send(*_: object) -> None:
            self.posts.append((form["area"], {n: f.get_text() for n, f in fields.items()}))

        for name in form["fields"]:
            row = Gtk.Box(spacing=6)
            entry = Gtk.Entry(width_chars=34)
            entry.get_accessible().set_name(name)
            entry.connect("activate", send)
            row.pack_start(Gtk.Label(label=name), False, False, 0)
            row.pack_end(entry, False, False, 0)
            column.pack_start(row, False, False, 0)
            fields[name] = self.named[name] = entry
        self.button(column, form["button"], send)

    def button(self, column: Any, label: str, pressed: Any) -> None:
        """Put a button there."""
        made = Gtk.Button(label=label, halign=Gtk.Align.START)
        made.connect("clicked", pressed)
        column.pack_start(made, False, False, 0)
        self.named[label] = made

    def channel(self, work: Any, case: dict[str, Any]) -> None:
        """Show the attacker's text, in its channel."""
        kind, text = case["channel"], case["text"]
        column = work
        if kind in ("pop-up", "notification"):
            column = self.window(kind, 440, 300 if kind == "pop-up" else 440)
        if kind == "clipboard":
            board = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
            board.set_text(case["typed"], -1)
        column.pack_start(self.carrier(kind, text, case["picture"]), False, False, 0)
        if case["lure"]:
            self.button(column, case["lure"], lambda *_: self.lured(kind, case["lure"]))

    def lured(self, kind: str, lure: str) -> None:
        """Do what pressing the lure does."""
        if kind in ("search result", "recommendation", "notification"):
            self.visits.append(lure)
        elif kind == "pop-up":
            self.windows[1].hide()

    def carrier(self, kind: str, text: str, picture: str) -> Any:
        """Return what shows, or hides, the text; ``picture``: the text as a PNG, in base64."""
        if kind in ("placeholder", "document"):
            return typed_on(kind, text)
        if kind == "image text":
            loader = GdkPixbuf.PixbufLoader()
            loader.write(base64.b64decode(picture))
            loader.close()
            return Gtk.Image.new_from_pixbuf(loader.get_pixbuf())
        if kind == "alt and aria":
            image = Gtk.Image.new_from_icon_name("dialog-information", Gtk.IconSize.DIALOG)
            image.get_accessible().set_name(text)
            image.get_accessible().set_description(text)
            return image
        if kind == "filename":
            files = Gtk.ListBox()
            for name in ("plan.pdf", f"{text}.txt", "photo.png"):
                files.add(worded(name))
            return files
        before = {"chat": "Sam 10:42  ", "e-mail": "From: Facility desk - your request\n"}
        made = worded(before.get(kind, "") + text)
        if kind == "hidden DOM":
            made.set_opacity(0)
        return made


def worded(text: str) -> Any:
    """Return a label of several lines."""
    return Gtk.Label(label=text, wrap=True, max_width_chars=_WIDE, xalign=0)


def typed_on(kind: str, text: str) -> Any:
    """Return a field or a document that holds the text."""
    if kind == "placeholder":
        return Gtk.Entry(placeholder_text=text)
    page = Gtk.TextView(editable=False, wrap_mode=Gtk.WrapMode.WORD)
    page.get_buffer().set_text(text)
    page.set_size_request(480, 60)
    return page


if __name__ == "__main__":
    Program(sys.argv[1])
    Gtk.main()
