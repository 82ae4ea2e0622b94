"""P5: acts only on the screen it looked at.

Between the decision and the act the world moves: something covers the target, the keyboard goes
elsewhere, or the target is swapped for another that looks the same pixel by pixel. None of that may
be acted on. A clock, a caret or an advertisement elsewhere must not stop anything.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import ImageOps

from handrail.actuators.actions import Action, Click, Press, Scroll, Type
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
from handrail.actuators.observation import Observation
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.policy import Policy, Rule
from tests.faults.stage import Around, Door, box
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

_ALLOWED = Policy(
    profile="unattended", rules=(Rule(decision="allow", effects=("commit",)),), known=EVERYTHING
)
_SIZE = ScreenGeometry(width=320, height=180)
Change = Callable[[FakeScreen, Widget, Random], None]


class _Racing(Around):
    """Changes when it is looked at a second time."""

    def __init__(self, screen: FakeScreen, blind: bool) -> None:
        super().__init__(screen, blind)
        self.change: Callable[[], None] = lambda: None
        self.looks = 0

    def observe(self) -> Observation:
        """Look, after the change if it is the second look."""
        self.looks += 1
        if self.looks == 2:
            self.change()
        return super().observe()


class _Strict(_Racing):
    """Makes every change count everywhere, as a comparison of whole frames would."""

    def observe(self) -> Observation:
        """Look; where anything is new, nothing looks as before."""
        before = self._first
        seen = super().observe()
        if before is None or before.fingerprint == seen.fingerprint:
            return seen
        return dataclasses.replace(seen, image=ImageOps.invert(seen.image))


def _widgets(random: Random) -> list[Widget]:
    left, top = random.randrange(0, 30), random.randrange(0, 12)
    return [
        Field("Name", box(left, top, 90), text=random.choice(("", "Ada", "Zoë K"))),
        Button("Send", box(left, top + 28, 60), submits=random.random() < 0.5),
        Checkbox("Later", box(left, top + 56, 20, 20)),
        Link("Help", box(left + 66, top + 30, 40), href=f"https://a.test/{random.randrange(99)}"),
        Field("City", box(left, top + 82, 90)),
    ]


def _overlay(screen: FakeScreen, target: Widget, random: Random) -> None:
    """Cover the target with something that fits it, or with far more."""
    place = target.box
    if random.random() < 0.5:
        place = box(0, 0, 320, 180)
    kind = random.choice((Panel, Button, Caption))
    screen.widgets.append(kind(f"Allow {random.randrange(99)}", place))


def _elsewhere(screen: FakeScreen, target: Widget, random: Random) -> None:
    """Give the keyboard to another widget, or to none."""
    others = [w for w in screen.widgets if w.focusable and w is not screen.focus]
    screen.focus = random.choice([*others, None])


def _twin(screen: FakeScreen, target: Widget, random: Random) -> None:
    """Put another element in the target's place that draws the same pixels."""
    at = next(i for i, w in enumerate(screen.widgets) if w is target)
    swapped: Widget
    match target:
        case Field():
            text = target.text or target.name
            swapped = dataclasses.replace(target, name="Password", text=text)
        case Button():
            swapped = dataclasses.replace(target, submits=not target.submits)
        case Link():
            swapped = dataclasses.replace(target, href=f"https://evil.test/{random.randrange(99)}")
        case _:
            swapped = Panel(target.name, target.box)
    screen.widgets[at] = swapped


def _clock(screen: FakeScreen, target: Widget, random: Random) -> None:
    screen.clock_shown, screen.seconds = True, random.uniform(1, 3_000)


def _caret(screen: FakeScreen, target: Widget, random: Random) -> None:
    screen.caret_shown = not screen.caret_shown
    if random.random() < 0.5:
        screen.seconds += random.uniform(0, 100)


def _advert(screen: FakeScreen, target: Widget, random: Random) -> None:
    """Show something beside everything that the action is about."""
    screen.widgets.append(Panel(f"Buy {random.randrange(99)}", box(250, 100, 60, 60)))


def _anchor(screen: FakeScreen, target: Widget, random: Random) -> None:
    url = f"{screen.surface.url}#part-{random.randrange(999)}"
    screen.surface = dataclasses.replace(screen.surface, url=url)


def _point(target: Widget, random: Random) -> Point:
    place = target.box
    return Point(
        x=random.randrange(place.left + 2, place.right - 2),
        y=random.randrange(place.top + 2, place.bottom - 2),
    )


def _pointed(target: Widget, random: Random) -> Action:
    point = _point(target, random)
    if isinstance(target, Field) and random.random() < 0.2:
        return Click(point=point, count=random.choice((2, 3)))
    return Click(point=point, button=random.choice(("left", "left", "middle")))


def _keyed(target: Widget, random: Random) -> Action:
    return random.choice((Type(text=f"x{random.randrange(999)}"), Press(keys=("backspace",))))


def _any(target: Widget, random: Random) -> Action:
    choices = (_pointed(target, random), _keyed(target, random))
    return random.choice((*choices, Scroll(point=_point(target, random), dy=-20)))


def _submitted(
    path: Path, random: Random, change: Change, made: Callable[[Widget, Random], Action],
    between: Callable[[FakeScreen], _Racing],
) -> tuple[str, str, Door]:  # fmt: skip
    """Submit an action during which the world changes; return its key, its outcome, its door."""
    widgets = _widgets(random)
    racing: list[_Racing] = []

    def wrap(screen: FakeScreen) -> _Racing:
        racing.append(between(screen))
        return racing[0]

    door = Door(path, widgets, _ALLOWED, wrap=wrap, geometry=_SIZE)
    door.screen.focus = widgets[random.choice((0, 4))]
    target = random.choice(widgets)
    if change is _twin:
        target = random.choice(widgets[:2] + widgets[3:4])
        if isinstance(target, Field):
            target.text = target.text or "Name"
    action = made(target, random)
    racing[0].change = lambda: change(door.screen, target, random)
    before = repr(widgets)
    outcome = door.gate.submit(action, racing[0].observe(), "goal")
    door.journal.close()
    key = f"{before} {action!r} {door.screen.widgets!r} {door.screen.surface} {door.screen.seconds}"
    return f"{change.__name__} {key}", f"{outcome.kind}: {outcome.reason}", door


_RACES: tuple[tuple[Change, Callable[[Widget, Random], Action]], ...] = (
    (_overlay, _pointed),
    (_elsewhere, _keyed),
    (_twin, _pointed),
)
_BENIGN: tuple[Change, ...] = (_clock, _caret, _advert, _anchor)


def _races(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()

    def between(screen: FakeScreen) -> _Racing:
        return _Racing(screen, blind=not defended)

    with scratch() as folder:
        path = folder / "journal.jsonl"
        for number, random in seeds("P5 races", 3 * count, seed):
            change, made = _RACES[number % len(_RACES)]
            key, outcome, door = _submitted(path, random, change, made, between)
            path.unlink()
            if tally.new(key) and door.screen.performed:
                tally.fail(f"{number} {change.__name__}", outcome)
            if len(tally.keys) == count:
                break
    return tally.verdict()


def _benign(count: int, seed: int, defended: bool) -> Verdict:
    """Count false stops; a comparison of whole frames would stop at most of these changes."""
    tally = Tally()

    def between(screen: FakeScreen) -> _Racing:
        return (_Racing if defended else _Strict)(screen, blind=False)

    with scratch() as folder:
        path = folder / "journal.jsonl"
        for number, random in seeds("P5 benign", 3 * count, seed):
            change = _BENIGN[number % len(_BENIGN)]
            key, outcome, door = _submitted(path, random, change, _any, between)
            path.unlink()
            if tally.new(key) and not door.screen.performed:
                tally.fail(f"{number} {change.__name__}", outcome)
            if len(tally.keys) == count:
                break
    return tally.verdict()


SUITES = (
    Suite(
        "P5 races",
        "Nothing is done where a target was covered, swapped or lost the keyboard meanwhile",
        ("fake",),
        Counts(test=90, faults=600, full=600),
        20,
        _races,
    ),
    Suite(
        "P5 harmless changes",
        "A clock, a caret, an advertisement or a new fragment stops nothing",
        ("fake",),
        Counts(test=60, faults=300, full=300),
        15,
        _benign,
    ),
)
