"""Photograph generated windows of real toolkits on a display of our own."""

import random
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

from handrail.actuators.desktop_devices import Area, Pixels
from handrail.actuators.errors import EnvironmentMissing, ObservationFailed
from handrail.actuators.x11 import X11Link
from handrail.actuators.xvfb import VirtualDisplay
from handrail.model.pocket import shots
from handrail.model.pocket.canvas import Rect
from handrail.model.pocket.shots import Labels
from handrail.tasks.data.photographs import SIZES, Order
from handrail.tasks.data.toolkits import tree
from handrail.tasks.data.toolkits.labels import labels_of
from handrail.tasks.data.toolkits.plan import Screen, WindowPlanner
from handrail.tasks.data.toolkits.program import Program, Toolkit
from handrail.tasks.data.toolkits.seen import Seen
from handrail.tasks.errors import ScreenLost

TOOLKITS: tuple[Toolkit, ...] = ("gtk", "qt")
_SHIFT = 32
"""Screens that one display shows before it is closed."""
_SCALES = (1.0, 1.0, 1.0, 2.0)
_TRIES = 8
_LOST = 3
"""Screens in a row whose loss is no accident."""


@dataclass(frozen=True)
class Shift:
    """The display of some screens: its size in pixels, and how many make one of the toolkits'."""

    size: tuple[int, int]
    scale: float

    @classmethod
    def drawn(cls, seed: int, number: int) -> "Shift":
        """Return the display on which the screen of this number is shown."""
        rng = random.Random(f"displays:{seed}:{number // _SHIFT}")
        return cls(rng.choice(SIZES), rng.choice(_SCALES))


class Stage:
    """A display with a program for each toolkit that is asked for, to be closed after use."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self._opened = ExitStack()
        with ExitStack() as opened:
            self.folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
            self.display = opened.enter_context(VirtualDisplay.start(*shift.size))
            if not self.display.bus:
                raise EnvironmentMissing(self.display.without_bus)
            self.link = opened.enter_context(closing(X11Link(self.display.name)))
            self._pixels = opened.enter_context(closing(Pixels(self.display.name)))
            self._opened = opened.pop_all()
        self._programs: dict[Toolkit, Program] = {}

    def close(self) -> None:
        """End the programs and the display."""
        self._opened.close()

    def show(self, toolkit: Toolkit, screen: Screen) -> tuple[Image.Image, Labels]:
        """Show a screen; return its picture and labels of the same moment. Raises ScreenLost."""
        for other, program in self._programs.items():
            if other != toolkit:
                program.show(None)
        if toolkit not in self._programs:
            program = Program(
                toolkit, self.display, self.link, self.folder / toolkit, self.shift.scale
            )
            self._programs[toolkit] = program
            self._opened.callback(program.close)
        self._ground(screen.root)
        windows = self._programs[toolkit].show(screen)
        before = self._picture()
        for _ in range(_TRIES):
            nodes = tree.shown(self.display.bus)
            seen = Seen(self.shift.size, self._stack(), windows, nodes, self.shift.scale)
            after = self._picture()
            if ImageChops.difference(before, after).getbbox() is None:
                return after, _closing(labels_of(seen), screen)
            before = after
        raise ScreenLost(f"the windows of {toolkit} do not stand still")

    def _ground(self, colour: tuple[int, int, int]) -> None:
        """Colour the root, and put the pointer where it lights nothing up."""
        root = self.link.display.screen().root
        red, green, blue = colour
        root.change_attributes(background_pixel=red << 16 | green << 8 | blue)
        root.clear_area()
        root.warp_pointer(self.shift.size[0] - 1, self.shift.size[1] - 1)
        self.link.display.sync()

    def _picture(self) -> Image.Image:
        return self._pixels.grab(Area(0, 0, *self.shift.size))

    def _stack(self) -> list[Rect]:
        """Return the rectangles of windows, the lowest first, frames and menus included."""
        shown = [self.link.shown(window) for window in self.link.children()]
        return [
            (a.left, a.top, a.left + a.width, a.top + a.height)
            for a in shown
            if a is not None and a.width > 1 and a.left + a.width > 0 and a.top + a.height > 0
        ]


def plan(seed: int, number: int) -> Screen:
    """Return the screen of this number."""
    shift = Shift.drawn(seed, number)
    width, height = (round(side / shift.scale) for side in shift.size)
    return WindowPlanner(random.Random(f"windows:{seed}:{number}"), width, height).screen()


def _closing(labels: Labels, screen: Screen) -> Labels:
    """Mark what takes the topmost window away."""
    for element in labels.elements:
        element.closes = element.kind == "button" and element.name in screen.closes
    return labels


class _Stages:
    """One stage at a time: another one for other displays, and after some screens in any case."""

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._shown = 0

    def at(self, shift: Shift) -> Stage:
        """Return a stage with this display."""
        if self._stage is None or self._stage.shift != shift or self._shown == _SHIFT:
            self.close()
            self._stage, self._shown = Stage(shift), 0
        self._shown += 1
        return self._stage

    def close(self) -> None:
        """Close the stage that is open; safe to call twice."""
        if self._stage is not None:
            self._stage.close()
            self._stage = None


def photograph(
    order: Order, said: Callable[[str], None], toolkits: tuple[Toolkit, ...] = TOOLKITS
) -> int:
    """Photograph windows, of each toolkit in turn; what is there already is left as it is.

    Return how many are new. A screen that is lost is left out. Raises PackagesMissing,
    EnvironmentMissing, and ScreenLost or ObservationFailed where three in a row are lost.
    """
    made = lost = 0
    with closing(_Stages()) as stages:
        for number in range(order.first, order.first + order.count):
            name = f"window-{order.seed}-{number:06d}"
            if (order.folder / f"{name}.json").is_file():
                continue
            stage = stages.at(Shift.drawn(order.seed, number))
            try:
                shown = stage.show(toolkits[number % len(toolkits)], plan(order.seed, number))
            except (ScreenLost, ObservationFailed) as error:
                lost += 1
                if lost == _LOST:
                    raise
                stages.close()
                said(f"{name} is left out: {error}")
                continue
            shots.write(order.folder, name, *shown)
            made, lost = made + 1, 0
            if made % 50 == 0:
                said(f"{made} windows, {len(shown[1].elements)} elements on the last")
    return made
