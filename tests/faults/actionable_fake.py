"""Trials on the screen in memory."""

from random import Random

from handrail.actuators.actions import Action, Click, Drag, Type
from handrail.actuators.errors import Obstacle
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
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.sandbox.permit import PermitOffice
from tests.faults.actionable import Trial
from tests.faults.stage import NAMES, box

_SIZE = ScreenGeometry(width=320, height=180)
_SMALL = ScreenGeometry(width=60, height=40)
_CONTROLS = (Button, Checkbox, Link, Field)


class FakeGround:
    """Makes a screen in memory for each trial."""

    def trial(self, obstacle: Obstacle, fit: bool, random: Random) -> Trial:
        """Set a screen up."""
        office = PermitOffice()
        left, top = random.randrange(80, 180), random.randrange(60, 120)
        place = box(left, top, random.randrange(40, 100), random.randrange(16, 40))
        target = random.choice(_CONTROLS)(random.choice(NAMES), place)
        widgets: list[Widget] = [Caption("Form", box(4, 4, 60)), Field("Notes", box(4, 30, 60))]
        screen = FakeScreen(office, [*widgets, target], _SIZE)
        point = Point(
            x=random.randrange(place.left + 3, place.right - 3),
            y=random.randrange(place.top + 3, place.bottom - 3),
        )
        action: Action = Click(point=point, count=random.choice((1, 1, 2)))
        if obstacle != "not_editable" and random.random() < 0.2:
            action = Drag(start=point, end=Point(x=random.randrange(320), y=random.randrange(180)))
        if obstacle == "not_editable":
            action = Type(text=random.choice(("Ada", "zwei Worte", "1 2 3\n")))
            _focus(screen, target, fit, random)
        elif obstacle == "ambiguous":
            action = _beside(screen, target, action, fit, random)
        elif not fit:
            _spoil(screen, target, obstacle, random)
        return Trial(
            f"{screen.widgets!r} {action!r}",
            screen,
            office,
            action,
            lambda: [one.kind for one in screen.performed],
        )


def _focus(screen: FakeScreen, target: Widget, fit: bool, random: Random) -> None:
    """Give the keyboard to what takes text, or to what does not."""
    field = Field(target.name, target.box, text=random.choice(NAMES))
    screen.widgets[-1] = screen.focus = field
    chance = random.random()
    if not fit and chance < 0.4:
        field.read_only = True
    elif not fit and chance < 0.8:
        kind = random.choice((Button, Checkbox, Link))
        screen.widgets[-1] = screen.focus = kind(field.name, field.box)
    elif not fit:
        screen.focus = None


def _beside(
    screen: FakeScreen, target: Widget, action: Action, fit: bool, random: Random
) -> Action:
    """Put another control beside the target, and aim where the two meet."""
    gap = 12 if fit else 0
    kind = random.choice(_CONTROLS)
    across = random.random() < 0.5
    left = target.box.right + gap if across else target.box.left
    top = target.box.top if across else target.box.bottom + gap
    screen.widgets.append(kind(random.choice(NAMES), box(left, top, 50)))
    if fit:
        return action
    inset = random.choice((1, 0))
    x = target.box.right - inset if across else target.box.left + 5
    y = target.box.top + 5 if across else target.box.bottom - inset
    return Click(point=Point(x=x, y=y))


def _spoil(screen: FakeScreen, target: Widget, obstacle: Obstacle, random: Random) -> None:
    """Bring the obstacle about, now or as a frame passes."""
    step = random.choice((1, 2, 5))
    place = target.box

    def move() -> None:
        target.box = box(place.left + step, place.top, place.width, place.height)

    def swap() -> None:
        screen.widgets[-1] = Button("Another", target.box)

    def shrink() -> None:
        screen.geometry = _SMALL

    if obstacle == "moving":
        screen.on_frame = random.choice((move, swap))
    elif obstacle == "out_of_bounds":
        screen.on_frame = shrink
    elif obstacle == "invisible":
        target.painted = False
    elif obstacle == "disabled":
        target.enabled = False
    elif random.random() < 0.3:
        target.solid = False  # what is seen lets the input through
    else:
        kind = random.choice((Panel, Button, Caption))
        screen.widgets.append(kind("Trap", box(0, 0, 320, 180), painted=False))
