"""P1: every method of our actuators that has an effect, called without its permit.

The permit is absent, forged, spent, expired, of another office or for another action, and the
action is of any kind. Each call must be refused, and nothing may happen: on the screen in memory,
on a page in a browser, in a window of a display.
"""

import dataclasses
from collections.abc import Callable
from random import Random
from typing import cast

from handrail.actuators.actions import Action, Click, Press, Wait
from handrail.actuators.base import Actuator
from handrail.actuators.base import Permit as AnyPermit
from handrail.actuators.errors import ActuatorError, PermitRefused
from handrail.actuators.fake import Button, Checkbox, FakeScreen, Field, Widget
from handrail.actuators.geometry import Point
from handrail.sandbox.permit import PermitOffice
from tests.faults.desk import Desk, desk
from tests.faults.stage import SIZE, OpenOffice, box, random_action
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds
from tests.faults.web import Web, web

_WAYS = ("absent", "forged", "spent", "expired", "another office's", "another action's")
_MARK = ord("z")
_PAGE = """<!doctype html><title>form</title><input autofocus style="width:90vw;height:80vh">
<script>let effects = 0;
for (const kind of ['pointerdown', 'pointermove', 'wheel', 'keydown', 'beforeinput'])
  addEventListener(kind, event => { effects++ }, true);</script>"""


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _permit(way: str, action: Action, office: PermitOffice, clock: _Clock) -> AnyPermit:
    """Return a permit that must not do."""
    permit = office.issue(action)
    match way:
        case "absent":
            return cast(AnyPermit, None)
        case "forged":
            return dataclasses.replace(permit, seal="0" * 64)
        case "spent":
            office.redeem(permit, action)
        case "expired":
            clock.now += 3_600
        case "another office's":
            return PermitOffice(clock=clock).issue(action)
        case _:
            return office.issue(Press(keys=("f9",)))
    return permit


def _refused(screen: Actuator, action: Action, permit: AnyPermit) -> str:
    """Try to act, and say what came of it; empty where it was refused for its permit."""
    try:
        screen.perform(action, permit)
    except PermitRefused:
        return ""
    except ActuatorError as error:
        return f"refused, but not for its permit: {error}"
    return "it was done"


def _offices(defended: bool) -> tuple[PermitOffice, _Clock]:
    clock = _Clock()
    return (PermitOffice if defended else OpenOffice)(30, clock), clock


Try = Callable[[Random, Action, str], str]


def _all_ways(name: str, count: int, seed: int, attempt: Try) -> Verdict:
    """Try each way with actions of every kind."""
    tally = Tally()
    widgets: list[Widget] = [Field("Name", box(5, 5, 100))]
    for number, random in seeds(name, 3 * count, seed):
        action, way = random_action(random, widgets), _WAYS[number % len(_WAYS)]
        if isinstance(action, Wait) or not tally.new((action, way)):
            continue
        if wrong := attempt(random, action, way):
            tally.fail(f"{number} {way} permit, {action!r}", wrong)
        if len(tally.keys) == count:
            break
    return tally.verdict()


def _fake(count: int, seed: int, defended: bool) -> Verdict:
    office, clock = _offices(defended)

    def attempt(random: Random, action: Action, way: str) -> str:
        widgets: list[Widget] = [
            Field("Name", box(5, 5, 100), text="Ada"), Checkbox("Later", box(5, 40, 20)),
            Button("Send", box(5, 70, 60), submits=True),
        ]  # fmt: skip
        screen = FakeScreen(office, widgets, SIZE, content_height=900)
        screen.focus = random.choice(widgets)
        before = _state(screen)
        wrong = _refused(screen, action, _permit(way, action, office, clock))
        return wrong or ("" if _state(screen) == before else "the screen changed")

    return _all_ways("P1 without", count, seed, attempt)


def _state(screen: FakeScreen) -> str:
    return repr((screen.widgets, screen.pointer, screen.scrolled, screen.submitted, screen.focus))


def _web(count: int, seed: int, defended: bool) -> Verdict:
    office, clock = _offices(defended)
    with web(office) as stage:
        stage.show(_PAGE)
        stage.browser.observe()

        def attempt(random: Random, action: Action, way: str) -> str:
            before = stage.number("() => effects")
            wrong = _refused(stage.browser, action, _permit(way, action, office, clock))
            return wrong or _more(stage, before)

        return _all_ways("P1 web without", count, seed, attempt)


def _more(stage: Web, before: int) -> str:
    after = stage.number("() => effects")
    return "" if after == before else f"{after - before} events reached the page"


def _desktop(count: int, seed: int, defended: bool) -> Verdict:
    office, clock = _offices(defended)
    with scratch() as folder, desk(folder, office) as place:
        screen, probe = place.actuator, place.probe
        screen.observe()
        screen.perform(first := Click(point=place.inside), office.issue(first))

        def attempt(random: Random, action: Action, way: str) -> str:
            before, action = len(probe.arrivals), _inside(action, place)
            wrong = _refused(screen, action, _permit(way, action, office, clock))
            # Events keep their order: when this key has arrived, so has all that came before it.
            mark = Press(keys=("z",))
            screen.observe()
            screen.perform(mark, office.issue(mark))
            probe.wait(lambda: any(a.detail == _MARK for a in probe.arrivals[before:]))
            # A key without a symbol is the hands' own: it brings up their keyboard's layout.
            others = [a for a in probe.arrivals[before:] if a.detail not in {0, _MARK}]
            others += [a for a in probe.arrivals[before:] if a.kind == "move"]
            return wrong or (f"{len(others)} events reached the window" if others else "")

        return _all_ways("P1 desktop without", count, seed, attempt)


def _inside(action: Action, place: Desk) -> Action:
    """Return the action in the window: a menu of the desktop would take all keys."""
    area, moved = place.probe.area, {}
    for name in ("point", "start", "end"):
        point = getattr(action, name, None)
        if isinstance(point, Point):
            moved[name] = Point(x=area.left + 20 + point.x, y=area.top + 40 + point.y)
    return action.model_copy(update=moved)


SUITES = (
    Suite(
        "P1 without a permit",
        "An actuator's effect called with no valid permit is refused, and nothing happens",
        ("fake",),
        Counts(test=60, faults=1_000, full=3_000),
        10,
        _fake,
    ),
    Suite(
        "P1 web without a permit",
        "A browser's effect called with no valid permit is refused, and nothing reaches the page",
        ("browser",),
        Counts(test=12, faults=60, full=600, undefended=6),
        15,
        _web,
    ),
    Suite(
        "P1 desktop without a permit",
        "A desktop's effect called with no valid permit is refused, and nothing reaches a window",
        ("desktop",),
        Counts(test=6, faults=24, full=300, undefended=6),
        20,
        _desktop,
    ),
)
