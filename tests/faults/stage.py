"""A small screen behind a real gate, and the parts that can be put in a defence's place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from handrail.actuators.actions import (
    Action,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Type,
    Wait,
)
from handrail.actuators.base import Actuator, Permit, Receipt
from handrail.actuators.fake import (
    Button,
    Caption,
    Checkbox,
    FakeScreen,
    Field,
    Link,
    Panel,
    Widget,
)
from handrail.actuators.geometry import Box, Point, ScreenGeometry
from handrail.actuators.observation import Element, Observation
from handrail.sandbox.approval import Approver, DenyAll
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Disk, Journal, OsDisk
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, profile

# Small, for a suite looks at it tens of thousands of times; everything on it still has its place.
SIZE = ScreenGeometry(width=160, height=120)
_TALL = 24
NAMES = ("Name", "City", "Remember me", "Send", "Count", "Help", "Delete all", "Notes", "OK")
KEYS = (("enter",), ("tab",), ("ctrl", "a"), ("a",), ("space",), ("backspace",), ("ctrl", "w"))


def no_stop() -> bool:
    """Never stop."""
    return False


class PlayedClock:
    """Time that passes only where somebody sleeps, and a little with every look at it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        """Return the seconds that have passed."""
        self.seconds += 0.001
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.seconds += seconds


class QuickDisk(OsDisk):
    """Does not wait for the disk: for suites whose promise is not about power losses."""

    def sync(self, descriptor: int) -> None:
        """Do nothing."""

    def sync_folder(self, folder: Path) -> None:
        """Do nothing."""


class OpenOffice(PermitOffice):
    """Takes any permit, for any action, as often as it is shown: no defence at all."""

    def redeem(self, permit: Permit, action: Action) -> None:
        """Accept it."""


class Around:
    """An actuator around a screen; suites override what they bend.

    Where it is ``blind``, it shows its first look for ever: a recheck then sees no change.
    """

    def __init__(self, screen: FakeScreen, blind: bool = False) -> None:
        self.screen = screen
        self.blind = blind
        self._first: Observation | None = None
        self._hits: dict[Point | None, Element | None] = {}

    def observe(self) -> Observation:
        """Look at the screen."""
        if self._first is None or not self.blind:
            self._first = self.screen.observe()
        return self._first

    def hit_test(self, point: Point) -> Element | None:
        """Ask the screen."""
        return self._known(point, self.screen.hit_test(point))

    def focused(self) -> Element | None:
        """Ask the screen."""
        return self._known(None, self.screen.focused())

    def _known(self, place: Point | None, found: Element | None) -> Element | None:
        return self._hits.setdefault(place, found) if self.blind else found

    def perform(self, action: Action, permit: Permit) -> Receipt:
        """Pass the action on."""
        return self.screen.perform(action, permit)

    def close(self) -> None:
        """Close the screen."""
        self.screen.close()


@dataclass
class Door:
    """A gate in front of a small screen; ``wrap`` puts an actuator between the two."""

    path: Path
    widgets: list[Widget]
    policy: Policy = field(default_factory=lambda: profile("unattended"))
    approver: Approver = field(default_factory=DenyAll)
    office: PermitOffice = field(default_factory=PermitOffice)
    disk: Disk = field(default_factory=QuickDisk)
    stopped: Callable[[], bool] = no_stop
    wrap: Callable[[FakeScreen], Actuator] = lambda screen: screen
    geometry: ScreenGeometry = SIZE
    screen_type: type[FakeScreen] = FakeScreen

    def __post_init__(self) -> None:
        self.screen = self.screen_type(self.office, self.widgets, self.geometry)
        self.journal = Journal.create(self.path, "run", self.disk)
        self.actuator = self.wrap(self.screen)
        self.gate = Gate(
            self.actuator, self.office, self.policy, self.journal, self.approver, self.stopped
        )


def box(left: int, top: int, width: int, height: int = _TALL) -> Box:
    """Return a box by its corner and its size in pixels."""
    return Box(left=left, top=top, right=left + width, bottom=top + height)


def random_widgets(random: Random) -> list[Widget]:
    """Return one to five widgets that may cover one another."""
    made: list[Widget] = []
    for _ in range(random.randint(1, 5)):
        place = box(random.randrange(0, 90), random.randrange(0, 90), random.randint(30, 70))
        kind = random.choice((Button, Caption, Checkbox, Field, Link, Panel))
        widget = kind(random.choice(NAMES), place)
        if isinstance(widget, Button):
            widget.submits = random.random() < 0.4
        made.append(widget)
    return made


def random_point(random: Random, widgets: list[Widget], beyond: float = 0.0) -> Point:
    """Return a point on a widget or anywhere, with a chance off the screen."""
    if random.random() < beyond:
        return Point(x=SIZE.width + random.randrange(50), y=random.randrange(SIZE.height))
    if widgets and random.random() < 0.8:
        place = random.choice(widgets).box
        return Point(
            x=random.randrange(place.left, min(place.right, SIZE.width)),
            y=random.randrange(place.top, min(place.bottom, SIZE.height)),
        )
    return Point(x=random.randrange(SIZE.width), y=random.randrange(SIZE.height))


def random_action(random: Random, widgets: list[Widget], beyond: float = 0.0) -> Action:
    """Return an action of any kind that reaches a screen."""
    point = random_point(random, widgets, beyond)
    match random.randrange(8):
        case 0 | 1:
            count = random.choice((1, 1, 1, 2, 3))
            return Click(point=point, button=random.choice(("left", "right")), count=count)
        case 2:
            return Move(point=point)
        case 3:
            return Drag(start=random.choice((None, random_point(random, widgets))), end=point)
        case 4:
            return Scroll(point=random.choice((None, point)), dy=random.randint(-40, 40))
        case 5:
            return Type(text="".join(random.choices("abcé \n\t", k=random.randint(0, 6))))
        case 6:
            return Press(keys=random.choice(KEYS))
        case _:
            return Wait(seconds=random.choice((0, 0.5, 30)))
