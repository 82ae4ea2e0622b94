"""Stop a run by keys, on an X display, whatever program has the keyboard."""

import os
import signal
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager

from handrail.actuators.errors import EnvironmentMissing


@contextmanager
def stopping_on_keys(displays: Collection[str]) -> Iterator[None]:
    """Let Ctrl+Shift+Escape on any of these X displays do what Ctrl-C does while the block runs.

    Displays that do not answer, or where python-xlib is not installed, have no such keys: Ctrl-C,
    SIGTERM and the stop file are there all the same.
    """
    with ExitStack() as opened:
        for display in sorted(filter(None, displays)):
            try:
                from handrail.actuators.x11_stop_key import X11StopKey

                opened.enter_context(closing(X11StopKey(display, _interrupt)))
            except (ImportError, EnvironmentMissing):
                continue
        yield


def _interrupt() -> None:
    """Send ourselves Ctrl-C: only the main thread can break off what the run waits for."""
    os.kill(os.getpid(), signal.SIGINT)
