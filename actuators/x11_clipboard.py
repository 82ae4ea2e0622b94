"""The clipboard of an X display: what is in it, and a text put into it.

An X clipboard is no place: whoever copied answers whoever pastes (ICCCM, section 2). So a text that
is put there has a process that answers for it, ``x11_clipboard_holder.py``, until somebody copies
anew or the display ends.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from Xlib import X

from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.x11 import X11Link

if TYPE_CHECKING:
    from Xlib.xobject.drawable import Window

LONGEST = 200_000  # bytes: what fits into one answer of every X server
_ANSWER = "_HANDRAIL_CLIPBOARD"
_ANSWER_SECONDS = 1.0
_HOLDER_SECONDS = 10.0


@dataclass(frozen=True)
class Clip:
    """What a clipboard holds: a text, or something ``other`` (said in words), or nothing."""

    text: str | None = None
    other: str = ""


class _Silent(Exception):
    """Whoever copied does not answer."""


class X11Clipboard:
    """A display's clipboard. Raises EnvironmentMissing where the display does not answer."""

    def __init__(self, name: str) -> None:
        self.link = X11Link(name)
        with self.link.asking():
            self._clipboard = self.link.display.intern_atom("CLIPBOARD")
            self._answer = self.link.display.intern_atom(_ANSWER)

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        self.link.close()

    def read(self) -> Clip:
        """Return what is in it. Raises EnvironmentMissing."""
        with self.link.asking():
            if self.link.display.get_selection_owner(self._clipboard) == X.NONE:
                return Clip()
        try:
            with self._window() as window:
                data = self._converted(window, "UTF8_STRING")
        except _Silent:
            return Clip(other="unknown: the program that copied it does not answer")
        if data is None:
            return Clip(other="no text")
        if len(data) > LONGEST:
            return Clip(other="a text that is too long to be kept")
        try:
            return Clip(text=data.decode("utf-8"))
        except UnicodeDecodeError:
            return Clip(other="a text that is not UTF-8")

    def put(self, text: str | None) -> None:
        """Put a text there, or nothing. Raises EnvironmentMissing."""
        if text is None:
            with self._window() as window:
                window.set_selection_owner(self._clipboard, X.CurrentTime)
            return  # the ownership went with the window
        holder = "handrail.actuators.x11_clipboard_holder"
        command = [sys.executable, "-I", "-m", holder, self.link.name]
        try:
            subprocess.run(
                command,
                input=text.encode(),
                capture_output=True,
                check=True,
                timeout=_HOLDER_SECONDS,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EnvironmentMissing(
                f"nothing can be put into the clipboard of {self.link.name}: {error}"
            ) from error

    @contextlib.contextmanager
    def _window(self) -> "Iterator[Window]":
        """Lend a window of its own to each question: a late answer to another finds it gone."""
        display = self.link.display
        with self.link.asking():
            window = display.screen().root.create_window(
                -1, -1, 1, 1, 0, 0, window_class=X.InputOnly
            )
            try:
                yield window
            finally:
                window.destroy()
                display.sync()

    def _converted(self, window: "Window", kind: str) -> bytes | None:
        """Ask whoever copied for this kind; None where they have it not."""
        display = self.link.display
        target = display.intern_atom(kind)
        window.convert_selection(self._clipboard, target, self._answer, X.CurrentTime)
        end = time.monotonic() + _ANSWER_SECONDS
        while (left := end - time.monotonic()) > 0:
            for seen in self.link.events(left):
                if seen.type == X.SelectionNotify and seen.requestor == window:
                    return None if seen.property == X.NONE else self._answered(window)
        raise _Silent

    def _answered(self, window: "Window") -> bytes:
        answer = window.get_full_property(self._answer, X.AnyPropertyType)
        if answer is None:
            raise _Silent
        if answer.property_type == self.link.display.intern_atom("INCR"):
            return b" " * (LONGEST + 1)  # it comes in pieces only where it is long
        value = answer.value
        return value if isinstance(value, bytes) else bytes(value)
