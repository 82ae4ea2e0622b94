"""Find the named controls of a page in Chromium, with their boxes from the DOM."""

import random
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files

from playwright.sync_api import Page
from pydantic import BaseModel, ConfigDict, TypeAdapter

CHROMIUM_FLAGS = ("--enable-blink-features=ComputedAccessibilityInfo",)
SMALLEST_SIDE = 8
SHORTEST_NAME, LONGEST_NAME = 2, 28


class Target(BaseModel):
    """A named control: its box in CSS pixels (left, top, right, bottom).

    ``seen``: a click at its centre meets it; ``shown``: its name stands on the screen as text, None
    where that cannot be told; ``state``: what can be seen of its state, in a word, where that was
    looked at.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    name: str
    box: tuple[float, float, float, float]
    seen: bool
    shown: bool | None
    state: str = ""


_TARGETS = TypeAdapter(tuple[Target, ...])


def controls(page: Page) -> tuple[Target, ...]:
    """Return every named control of the page, hidden ones too."""
    script = files("handrail.tasks.suites").joinpath("web_targets.js").read_text("utf-8")
    return _TARGETS.validate_python(page.evaluate(script))


def usable(targets: Sequence[Target], width: int, height: int) -> tuple[Target, ...]:
    """Return the targets that can be asked for: seen, large enough, with a name of their own."""
    names = Counter(target.name.casefold() for target in targets)
    return tuple(
        target
        for target in targets
        if names[target.name.casefold()] == 1
        and SHORTEST_NAME <= len(target.name) <= LONGEST_NAME
        and target.name.isascii()
        and target.name.isprintable()
        and whole(target, width, height)
    )


def drawn(targets: Sequence[Target], most: int, rng: random.Random) -> tuple[Target, ...]:
    """Return at most so many of the targets, drawn evenly, in their order on the page."""
    if len(targets) <= most:
        return tuple(targets)
    return tuple(targets[i] for i in sorted(rng.sample(range(len(targets)), most)))


def whole(target: Target, width: int, height: int) -> bool:
    """Tell whether a target is seen as a whole, and large enough to be asked for."""
    left, top, right, bottom = target.box
    large = right - left >= SMALLEST_SIDE and bottom - top >= SMALLEST_SIDE
    inside = left >= 0 and top >= 0 and right <= width and bottom <= height
    return target.seen and large and inside
