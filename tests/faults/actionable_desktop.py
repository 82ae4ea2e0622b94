"""A desktop to be tested for blind input: a program with real widgets on a display of its own.

One program serves all the trials. It says itself what input has reached it.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from Xlib import X
from Xlib.display import Display

from handrail.actuators.actions import Action, Click, Drag, Type
from handrail.actuators.desktop import DesktopConfig, open_desktop
from handrail.actuators.errors import Obstacle
from handrail.actuators.geometry import Point
from handrail.actuators.primitives import Guarded
from handrail.actuators.xvfb import VirtualDisplay
from handrail.sandbox.permit import PermitOffice
from tests.faults.actionable import Trial, nothing
from tests.faults.suite import scratch

_PROGRAM = Path(__file__).with_name("desktop_program.py")
_SECONDS = 20.0
_SIZE, _SMALL = (600, 440), (260, 200)
_NAMES = ("Apply", "Keep", "Close", "More", "Next", "Delete", "Send", "Help")
Told = dict[str, Any]


class _Program:
    """The program's own end of its socket."""

    def __init__(self, link: socket.socket) -> None:
        self._lines = link.makefile("rw")

    def show(self, widgets: list[Told]) -> None:
        """Show these widgets, and no others, in a window of the usual size."""
        self.ask({"widgets": widgets, "size": _SIZE})

    def arrived(self, patient: bool) -> list[str]:
        """Return the presses that have reached the program since; wait for one if patient."""
        end = time.monotonic() + _SECONDS
        while True:
            found = [str(one) for one in self.ask({"tell": True})["arrived"]]
            if found or not patient or time.monotonic() > end:
                return found

    def ask(self, what: Told) -> Told:
        """Send a line and return the answer."""
        self._lines.write(json.dumps(what) + "\n")
        self._lines.flush()
        answer: Told = json.loads(self._lines.readline())
        return answer


class DesktopGround:
    """Makes trials in the one window of the program."""

    def __init__(
        self, display: VirtualDisplay, program: _Program, screen: Guarded, office: PermitOffice
    ) -> None:
        self._display, self._program = display, program
        self._screen, self._office = screen, office
        self._cover: Display | None = None

    def trial(self, obstacle: Obstacle, fit: bool, random: Random) -> Trial:
        """Set a screen up."""
        self.uncover()
        left, top = random.randrange(10, 150), random.randrange(10, 300)
        target = _widget(random, random.choice(("button", "check", "link")), left, top)
        # what is out of bounds stands on the right itself
        aside = 20 if obstacle == "out_of_bounds" else 400
        others = [_widget(random, "label", aside, random.randrange(300))]
        if obstacle == "not_editable":
            action: Action = _typed(random, target, fit)
        else:
            action = self._pointed(obstacle, fit, random, target, others)
        unseen = obstacle == "covered" and random.random() < 0.5
        if obstacle == "covered" and not unseen and not fit:
            others.append(_widget(random, "dialog", 0, 0))
        self._program.show([target, *others])
        late: Callable[[], None] = nothing
        if unseen and not fit:
            late = self._covering(action)
        elif obstacle in ("moving", "out_of_bounds") and not fit:
            late = self._changing(
                {"moves": random.randrange(6, 13)} if obstacle == "moving" else {"size": _SMALL}
            )
        self._ready(action)
        key = f"{[target, *others]} {action} {unseen}"
        return Trial(
            key, self._screen, self._office, action, lambda: self._program.arrived(fit), late
        )

    def _pointed(
        self, obstacle: Obstacle, fit: bool, random: Random, target: Told, others: list[Told]
    ) -> Action:
        left, top, width, height = target["box"]
        place = (left + random.randrange(8, width - 8), top + random.randrange(8, height - 8))
        if obstacle == "disabled":
            target["off"] = not fit
        elif obstacle == "invisible":
            target["ghost"] = not fit
        elif obstacle == "moving":
            place = (left + width // 2 + 8, top + height // 2 + 8)
        elif obstacle == "out_of_bounds":
            target["box"] = (_SMALL[0] + left, top, width, height)
            place = (_SMALL[0] + place[0], place[1])
        elif obstacle == "covered":
            target["box"] = (10, random.choice((8, 390)), width, 34)
            place = (10 + random.randrange(20, 80), target["box"][1] + 17)
        elif obstacle == "ambiguous":
            target["kind"] = "button"
            edge = left + width
            others.append(_widget(random, "button", edge, top))
            place = (edge - (12 if fit else random.randrange(2)), top + random.randrange(8, 26))
        point = Point(x=place[0], y=place[1])
        if random.random() < 0.2 and obstacle != "out_of_bounds":
            return Drag(start=point, end=Point(x=590, y=430))
        button, count = random.choice(("left", "left", "right")), random.choice((1, 1, 2))
        if target["kind"] == "link":
            button = "left"  # a link's own menu would still stand there in the next trial
        return Click.model_validate({"point": point, "button": button, "count": count})

    def _ready(self, action: Action) -> None:
        """Wait until the program has the keyboard where keys are to be typed."""
        self._screen.observe()
        end = time.monotonic() + _SECONDS
        while isinstance(action, Type) and self._screen.focused() is None:
            if time.monotonic() > end:
                raise TimeoutError("nothing on the display has the keyboard")

    def _changing(self, what: Told) -> Callable[[], None]:
        """Return what has the program change its window."""

        def change() -> None:
            self._program.ask(what)

        return change

    def _covering(self, action: Action) -> Callable[[], None]:
        """Return what lays a window over a place that takes input and shows nothing."""
        point = action.point if isinstance(action, Click) else Point(x=0, y=0)
        if isinstance(action, Drag) and action.start is not None:
            point = action.start
        area = self._display.wait_for_window("Cases", _SECONDS).area

        def cover() -> None:
            self._cover = Display(self._display.name)
            left, top = area.left + point.x - 20, area.top + point.y - 20
            root = self._cover.screen().root
            window = root.create_window(
                left, top, 40, 40, 0, 0, X.InputOnly, override_redirect=True
            )
            window.map()
            self._cover.sync()

        return cover

    def uncover(self) -> None:
        """Take that window away."""
        if self._cover is not None:
            self._cover.close()
            self._cover = None


@contextmanager
def desktop_ground() -> Iterator[DesktopGround]:
    """Start a display with the program on it."""
    with scratch() as folder, ExitStack() as opened:
        display = opened.enter_context(VirtualDisplay.start(800, 600))
        listener = opened.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(folder / "socket"))
        listener.listen(1)
        listener.settimeout(_SECONDS)
        display.launch(["/usr/bin/python3", str(_PROGRAM), str(folder / "socket")])
        link = opened.enter_context(listener.accept()[0])
        link.settimeout(_SECONDS)
        program = _Program(link)
        program.show([])
        display.wait_for_window("Cases", _SECONDS)
        office = PermitOffice()
        config = DesktopConfig(virtual=display, window="Cases", still_seconds=0.0)
        screen = opened.enter_context(closing(open_desktop(config, office)))
        ground = DesktopGround(display, program, screen, office)
        opened.callback(ground.uncover)
        yield ground


def _widget(random: Random, kind: str, left: int, top: int) -> Told:
    name = f"{random.choice(_NAMES)} {random.randrange(99)}"
    box = (left, top, random.randrange(100, 140), random.randrange(34, 44))
    return {"kind": kind, "name": name, "box": box}


def _typed(random: Random, target: Told, fit: bool) -> Action:
    kind = random.choice(("field", "button", "check"))
    target |= {"focus": True, "kind": "field" if fit else kind, "readonly": not fit}
    target["password"] = random.random() < 0.2
    return Type(text=random.choice("abcd") + "".join(random.choices("xyzé 12", k=3)).rstrip())
