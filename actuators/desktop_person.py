"""Keep out of a person's way: notice that somebody else moved the pointer."""

import time
from collections.abc import Callable

from handrail.actuators.errors import PersonActive

Position = tuple[int, int]


class PersonWatch:
    """Compares the pointer with where we left it.

    A moved pointer pauses the run; where it then lay still for ``still_seconds``, measured between
    looks, its new place is accepted. A pointer that was moved and put back exactly is not noticed.
    """

    def __init__(
        self,
        start: Position,
        still_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ours = start
        self._seen = start
        self._since = clock()
        self._still_seconds = still_seconds
        self._clock = clock

    def left(self, position: Position) -> None:
        """Note that we moved the pointer here."""
        self._ours = self._seen = position

    def saw(self, position: Position) -> None:
        """Note where the pointer is; a move starts the time of stillness anew."""
        if position != self._seen:
            self._seen, self._since = position, self._clock()

    def moved(self, position: Position) -> bool:
        """Tell whether the pointer is not where we left it."""
        self.saw(position)
        return position != self._ours

    def check(self, position: Position) -> None:
        """Raise PersonActive where a person moved the pointer and has not rested since."""
        if not self.moved(position):
            return
        still = self._clock() - self._since
        if still < self._still_seconds:
            raise PersonActive(
                f"someone moved the pointer to {position} from {self._ours}, where it was left: "
                f"waiting until it lies still for {self._still_seconds:g} s"
            )
        self._ours = position
