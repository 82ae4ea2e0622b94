"""Where a text came from, as far as the gate has seen the screen's own words.

Promises
- The place that is told is one where the text stood: a notice, a window's title, a label.
- What is kept is bounded, and is never shown: only where it stood is told.

Does not promise
- To read pixels: what stands only in a picture is "not in what the gate was told".
"""

from collections import deque
from collections.abc import Iterator, Sequence

from handrail.actuators.observation import Element, Observation
from handrail.sandbox.readings import Value, values

_KEPT = 128
_LONGEST = 2_000
UNSEEN = "not in what the gate was told of the screen"


class Seen:
    """The last texts of the screen that the gate was told."""

    def __init__(self) -> None:
        self._texts: deque[tuple[str, str]] = deque(maxlen=_KEPT)

    def look(self, observation: Observation, elements: Sequence[Element | None]) -> None:
        """Take the words of one look, and of what an action would meet."""
        for place, text in _told(observation, elements):
            one = (place, text[:_LONGEST])
            if text and one not in self._texts:
                self._texts.append(one)

    def where(self, value: Value) -> str:
        """Return where a value was seen last."""
        for place, text in reversed(self._texts):
            if value in values(text):
                return f"it stood in {place}"
        return UNSEEN


def _told(
    observation: Observation, elements: Sequence[Element | None]
) -> Iterator[tuple[str, str]]:
    yield "the address of the page", observation.surface.url
    yield "the title of the window", observation.surface.window.raw
    for notice in observation.notices:
        yield "a notice", notice.raw
    for element in elements:
        if element is not None:
            role = element.role if element.role.isalpha() and element.role.isascii() else "element"
            yield f"the label of a {role[:20]}", element.name.raw
            yield "the address of a link or form", f"{element.href} {element.sends_to}".strip()
