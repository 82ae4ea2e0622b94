"""Acts only on the screen it looked at; a clock, a caret or news elsewhere do not stop it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Type
from handrail.actuators.fake import Button, Caption, FakeScreen, Field, Link, Panel
from handrail.actuators.geometry import Box, Point, ScreenGeometry
from handrail.actuators.observation import Observation, ScreenText
from handrail.sandbox.policy import Policy, Rule

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]
NAME = Point(x=120, y=65)
CLICK = Click(point=NAME)
TYPE = Type(text="x")


def place(left: int, top: int, width: int, height: int) -> Box:
    return Box(left=left, top=top, right=left + width, bottom=top + height)


def caret(screen: FakeScreen) -> None:
    screen.caret_shown = not screen.caret_shown


def clock(screen: FakeScreen) -> None:
    screen.clock_shown, screen.seconds = True, 61


def advertisement(screen: FakeScreen) -> None:
    screen.widgets.append(Panel("Buy our shoes", place(400, 200, 200, 60)))


def fragment(screen: FakeScreen) -> None:
    screen.surface = replace(screen.surface, url=screen.surface.url + "#part")


def dialog(screen: FakeScreen) -> None:
    screen.widgets.append(Panel("Really?", place(0, 0, 640, 300)))


def swap(screen: FakeScreen) -> None:
    """Put a button of the same picture where the field was."""
    index = next(i for i, w in enumerate(screen.widgets) if w.name == "Name")
    field = screen.widgets[index]
    screen.widgets[index] = Button("Name", field.box)


def invisible_swap(screen: FakeScreen) -> None:
    """Put another field in its place that looks the same, pixel by pixel."""
    field = screen.named(Field, "Name")
    screen.widgets = [w for w in screen.widgets if w is not field]
    screen.widgets.append(replace(field, name="Password", text=field.text))


def scrolled(screen: FakeScreen) -> None:
    screen.content_height, screen.scrolled = 800, 20


def page(screen: FakeScreen) -> None:
    screen.surface = replace(screen.surface, url="https://fake.test/other")


def window(screen: FakeScreen) -> None:
    screen.surface = replace(screen.surface, window=ScreenText("Another window"))


def another(screen: FakeScreen) -> None:
    screen.surface = replace(screen.surface, name="other")


def resized(screen: FakeScreen) -> None:
    screen.geometry = ScreenGeometry(width=641, height=400)


def rescaled(screen: FakeScreen) -> None:
    screen.geometry = ScreenGeometry(width=640, height=400, scale=2.0)


Change = Callable[[FakeScreen], None]


@pytest.mark.parametrize("change", [caret, clock, advertisement, fragment])
@pytest.mark.parametrize("action", [CLICK, TYPE, Press(keys=("tab",)), Scroll(point=NAME, dy=-1)])
def test_benign_changes_do_not_stop(open_door: MakeDoor, change: Change, action: Action) -> None:
    door = open_door()
    door.submit(CLICK)
    seen = door.screen.observe()
    change(door.screen)
    assert door.submit(action, seen).kind == "done"


@pytest.mark.parametrize(
    "change", [dialog, swap, invisible_swap, scrolled, page, resized, rescaled]
)
def test_a_changed_target_stops_a_click(open_door: MakeDoor, change: Change) -> None:
    door = open_door(wrap=lambda screen: Meanwhile(screen, change))
    door.screen.named(Field, "Name").text = "Zoë"
    assert door.submit(CLICK).kind == "withdrawn"
    assert door.screen.performed == []
    assert [state.state for state in door.states] == ["withdrawn"]


@pytest.mark.parametrize("change", [dialog, page, window, another, resized, rescaled])
def test_another_screen_stops_the_keyboard(open_door: MakeDoor, change: Change) -> None:
    door = open_door(wrap=lambda screen: Meanwhile(screen, change))
    assert door.submit(TYPE).kind == "withdrawn"
    assert door.screen.performed == []


def elsewhere(screen: FakeScreen) -> None:
    screen.named(Button, "Send").sends_to = "https://other.test/take"


def otherwise(screen: FakeScreen) -> None:
    screen.named(Button, "Send").method = "post"


@pytest.mark.parametrize("change", [elsewhere, otherwise])
def test_a_form_that_is_sent_elsewhere_now_stops_a_click(
    open_door: MakeDoor, change: Change
) -> None:
    everything = Policy(rules=(Rule(decision="allow", effects=("commit",)),))
    door = open_door(policy=everything, wrap=lambda screen: Meanwhile(screen, change))
    outcome = door.submit(Click(point=door.at("Send")))
    assert (outcome.kind, outcome.reason) == (
        "withdrawn",
        "something else lies under the point now",
    )
    assert door.screen.submitted == []


class Meanwhile:
    """A screen that changes between the decision and the second look."""

    def __init__(self, screen: FakeScreen, change: Change) -> None:
        self.screen = screen
        self.change = change
        self.hit_test = screen.hit_test
        self.focused = screen.focused
        self.perform = screen.perform
        self.close = screen.close

    def observe(self) -> Observation:
        self.change(self.screen)
        return self.screen.observe()


def test_a_relabelled_button_stops_a_click(open_door: MakeDoor) -> None:
    door = open_door()
    caption = Caption("Keep", place(400, 100, 60, 20))
    door.screen.widgets.append(caption)
    seen = door.screen.observe()
    caption.name = "Drop"
    door.screen.widgets.append(Link("", place(400, 100, 60, 20)))
    outcome = door.submit(Click(point=caption.box.center), seen)
    assert (outcome.kind, outcome.reason) == ("withdrawn", "the screen changed around (430, 110)")


def test_both_ends_of_a_drag_are_looked_at(open_door: MakeDoor) -> None:
    door = open_door()
    drag = Drag(start=Point(x=30, y=65), end=Point(x=200, y=65))
    seen = door.screen.observe()
    door.screen.widgets.append(Panel("Over its end", place(190, 50, 20, 30)))
    assert door.submit(drag, seen).kind == "denied"
    door.screen.widgets.pop()
    assert door.submit(drag, seen).kind == "done"


def test_a_policy_that_no_longer_permits_withdraws(open_door: MakeDoor) -> None:
    rule = Rule(decision="deny", effects=("edit",), window="Another window")
    door = open_door(
        policy=Policy(profile="unattended", rules=(rule,)),
        wrap=lambda screen: Meanwhile(screen, window),
    )
    outcome = door.submit(CLICK)
    assert outcome.kind == "withdrawn"
    assert "no longer permitted: rule 1: deny edit" in outcome.reason
