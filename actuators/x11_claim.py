"""Keep two runs on one X display apart: the run owns a selection of the display's own.

Whoever reaches the display sees who owns it, whatever folders, users or containers they are in, and
the server gives it up when the owner's connection ends (ICCCM, section 2: selections).
"""

import contextlib
import os
import socket

from Xlib import X

from handrail.actuators.errors import EnvironmentMissing
from handrail.actuators.x11 import X11Link

_SELECTION = "_HANDRAIL_RUN"


class DisplayClaim:
    """Owns a display for one run, until ``close`` or until the connection ends.

    Raises EnvironmentMissing where another run has it.
    """

    def __init__(self, link: X11Link) -> None:
        self._link = link
        display = link.display
        with link.asking():
            self._selection = display.intern_atom(_SELECTION)
            self._window = display.screen().root.create_window(
                -1, -1, 1, 1, 0, 0, window_class=X.InputOnly
            )
            holder = f"process {os.getpid()} on {socket.gethostname()}".encode()
            text = display.intern_atom("UTF8_STRING")
            self._window.change_property(self._selection, text, 8, holder)
            display.grab_server()  # between the look and the claim nobody else may claim it
            try:
                owner = display.get_selection_owner(self._selection)
                if owner == X.NONE:
                    self._window.set_selection_owner(self._selection, X.CurrentTime)
            finally:
                display.ungrab_server()
                display.sync()
        if owner != X.NONE:
            holding = link.text(int(owner.id), _SELECTION)[:200]
            raise EnvironmentMissing(
                f"another run ({holding or 'unknown'}) uses display {link.name}: wait for it, "
                "stop it, or use another display"
            )

    def close(self) -> None:
        """Give the display up; safe to call twice."""
        with contextlib.suppress(EnvironmentMissing), self._link.asking():
            self._window.destroy()  # the selection goes with its window
            self._link.display.sync()
