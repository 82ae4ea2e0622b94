"""A small program with real widgets, which are changed from outside and say what reached them.

Run by the system's own Python, which has GTK: ``python3 desktop_program.py SOCKET``. One client
sends lines of JSON and gets a line for each: ``{"widgets": [...]}`` shows these widgets,
``{"tell": true}`` asks what input has arrived since, ``{"size": [width, height]}`` is to be the
window's, and with ``{"moves": radius}`` the first widget goes round in circles. A widget is a dict
of ``kind``, ``name``, ``box`` (left, top, width, height) and what is to be special about it.
"""

import json
import math
import socket
import sys
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

_PRESSES = (Gdk.EventType.BUTTON_PRESS, Gdk.EventType.KEY_PRESS)
_TICK, _ROUND = 8, 150  # milliseconds between two steps of what moves, steps of a circle


class Program:
    """A window whose widgets a client chooses."""

    def __init__(self, path: str) -> None:
        self.arrived: list[str] = []
        self.window = Gtk.Window(title="Cases")
        self.window.set_default_size(600, 440)
        self.window.connect("destroy", Gtk.main_quit)
        self.fixed = Gtk.Layout()  # it lets the window be smaller than what is in it
        self.window.add(self.fixed)
        self.dialog: Any = None
        self.ticking: list[int] = []
        Gdk.event_handler_set(self.event)
        self.window.show_all()
        self.painted = False
        self.window.get_frame_clock().connect("after-paint", self.after_paint)
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(path)
        self.lines = self.link.makefile("rw")
        GLib.io_add_watch(self.link.fileno(), GLib.IO_IN | GLib.IO_HUP, self.asked)

    def after_paint(self, *_: object) -> None:
        """Note that a frame was drawn."""
        self.painted = True

    def event(self, event: Any) -> None:
        """Write down a press, and pass every event on."""
        if event.type in _PRESSES:
            self.arrived.append(event.type.value_nick)
        Gtk.main_do_event(event)

    def asked(self, *_: object) -> bool:
        """Do what one line asks."""
        line = self.lines.readline()
        if not line:
            Gtk.main_quit()
            return False
        asked = json.loads(line)
        if "widgets" in asked:
            self.show(asked["widgets"])
            self.painted = False
            self.window.queue_draw()
        if "moves" in asked:
            widget = self.fixed.get_children()[0]
            place = [self.fixed.child_get_property(widget, at) for at in ("x", "y")]
            self.move(widget, way := [*place, asked["moves"], 0])
            self.ticking.append(GLib.timeout_add(_TICK, self.move, widget, way))
        if "size" in asked:
            self.window.resize(*asked["size"])
        if "tell" in asked:
            while Gtk.events_pending():
                Gtk.main_iteration()
            self.answer({"arrived": self.arrived})
        else:
            GLib.timeout_add(30, self.shown, asked)
        return True

    def shown(self, asked: dict[str, Any]) -> bool:
        """Answer once everything is laid out and drawn, and the display has heard of it."""
        wrong_size = "size" in asked and list(self.window.get_size()) != asked["size"]
        busy = Gtk.events_pending() and "moves" not in asked
        if busy or wrong_size or not self.painted:
            return True
        Gdk.Display.get_default().sync()
        if "widgets" in asked:
            self.arrived = []
        self.answer({})
        return False

    def answer(self, what: object) -> None:
        """Send a line."""
        self.lines.write(json.dumps(what) + "\n")
        self.lines.flush()

    def show(self, widgets: list[dict[str, Any]]) -> None:
        """Put these widgets in place of all that was shown."""
        for source in self.ticking:
            GLib.source_remove(source)
        self.ticking = []
        if self.dialog is not None:
            self.dialog.destroy()
            self.dialog = None
        for child in self.fixed.get_children():
            self.fixed.remove(child)
        for told in widgets:
            self.put(told)
        self.fixed.show_all()
        for told, child in zip(widgets, self.fixed.get_children(), strict=False):
            if told.get("focus"):
                child.grab_focus()

    def put(self, told: dict[str, Any]) -> None:
        """Show one widget."""
        left, top, width, height = told["box"]
        if told["kind"] == "dialog":
            self.dialog = Gtk.Dialog(title=told["name"], transient_for=self.window, modal=True)
            self.dialog.set_default_size(width, height)
            self.dialog.show_all()
            return
        widget = self.made(told)
        widget.set_size_request(width, height)
        widget.set_sensitive(not told.get("off", False))
        if told.get("ghost"):
            widget.set_opacity(0)
        self.fixed.put(widget, left, top)

    def made(self, told: dict[str, Any]) -> Any:
        """Return a widget of its kind."""
        kind, name = told["kind"], told["name"]
        if kind == "button":
            return Gtk.Button(label=name)
        if kind == "check":
            return Gtk.CheckButton(label=name)
        if kind == "link":
            link = Gtk.LinkButton.new_with_label("about:blank", name)
            link.set_has_tooltip(False)  # it would cover other widgets
            return link
        if kind == "label":
            return Gtk.Label(label=name)
        field = Gtk.Entry(text=told.get("text", ""))
        field.get_accessible().set_name(name)
        field.set_editable(not told.get("readonly", False))
        field.set_visibility(not told.get("password", False))
        return field

    def move(self, widget: Any, way: list[int]) -> bool:
        """Take a moving widget a step on, in circles."""
        way[3] += 1
        left, top, radius, ticks = way
        turn = 2 * math.pi * ticks / _ROUND
        x, y = radius * (1 + math.cos(turn)), radius * (1 + math.sin(turn))
        self.fixed.move(widget, left + round(x), top + round(y))
        return True


if __name__ == "__main__":
    Program(sys.argv[1])
    Gtk.main()
