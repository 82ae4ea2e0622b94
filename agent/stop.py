"""The switch that ends a run before its next primitive event: a character, a click, a notch."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handrail.agent.errors import Stopped


class StopSwitch:
    """Says whether the person asked to stop: by ``trip``, or by making the stop file.

    A stop file that can no longer be looked for (its folder was closed) stops the run too.

    ``trip`` may come from a signal handler. While the run only looks or thinks, it interrupts at
    once by raising Stopped; while an action is under way, the surface that does it asks between two
    primitive events, ends it there, and what was sent by then is written down.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._tripped = False
        self._interruptible = False

    def __call__(self) -> bool:
        """Tell whether to stop."""
        return self._tripped or self._file_is_there()

    @property
    def reason(self) -> str:
        """Return how the stop was asked for."""
        return "stopped by the person" if self._tripped else f"stopped by the file {self._file}"

    def _file_is_there(self) -> bool:
        try:
            return self._file is not None and self._file.exists()
        except OSError:
            return True  # where nobody could see it, nobody could stop the run by it either

    def trip(self) -> None:
        """Ask to stop. Raises Stopped where the run is only looking or thinking."""
        self._tripped = True
        if self._interruptible:
            raise Stopped(self.reason)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let ``trip`` break into the block, which must not touch the screen."""
        if self():
            raise Stopped(self.reason)
        self._interruptible = True
        try:
            yield
        finally:
            self._interruptible = False
