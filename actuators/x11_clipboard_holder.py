"""``python -m handrail.actuators.x11_clipboard_holder DISPLAY``: hold a text in a clipboard.

The text comes on stdin, in UTF-8. The command returns once the display's clipboard is its own; a
child of it answers whoever pastes, until somebody else copies or the display ends.
"""

import os
import sys

from Xlib import X, Xatom
from Xlib.protocol import event

from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.x11 import X11Link

_KINDS = ("UTF8_STRING", "text/plain;charset=utf-8")


class Holder:
    """Owns the clipboard, with a text in it."""

    def __init__(self, link: X11Link, text: bytes) -> None:
        self._link, self._text = link, text
        self._display = link.display
        self._targets = self._display.intern_atom("TARGETS")
        self._kinds = [self._display.intern_atom(kind) for kind in _KINDS]
        clipboard = self._display.intern_atom("CLIPBOARD")
        self._window = self._display.screen().root.create_window(
            -1, -1, 1, 1, 0, 0, window_class=X.InputOnly
        )
        self._window.set_selection_owner(clipboard, X.CurrentTime)
        self._display.sync()

    def serve(self) -> None:
        """Answer until the clipboard is another's. Raises EnvironmentMissing."""
        while True:
            for seen in self._link.events(60.0):
                if seen.type == X.SelectionClear:
                    return
                if seen.type == X.SelectionRequest:
                    self._answer(seen)

    def _answer(self, asked: event.AnyEvent) -> None:
        place = asked.property or asked.target  # clients of old name no property
        if asked.target == self._targets:
            kinds = [self._targets, *self._kinds]
            asked.requestor.change_property(place, Xatom.ATOM, 32, kinds)
        elif asked.target in self._kinds:
            asked.requestor.change_property(place, asked.target, 8, self._text)
        else:
            place = X.NONE
        told = event.SelectionNotify(
            time=asked.time,
            requestor=asked.requestor,
            selection=asked.selection,
            target=asked.target,
            property=place,
        )
        asked.requestor.send_event(told)
        self._display.flush()


def main(name: str) -> None:
    """Take the clipboard, and leave a child behind that holds it."""
    text = sys.stdin.buffer.read()
    holder = Holder(X11Link(name), text)
    if os.fork() != 0:
        os._exit(0)  # the connection is the child's: it must not be closed here
    os.setsid()
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    try:
        holder.serve()
    except EnvironmentMissing:
        os._exit(0)  # the display has ended, and its clipboard with it


if __name__ == "__main__":
    main(sys.argv[1])
