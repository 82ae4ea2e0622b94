"""The fake screen: what is done to it shows in its widgets and in its pixels."""

from collections.abc import Callable

import pytest

from handrail.actuators.actions import Action, Click, Drag, Move, Press, Scroll, Type, Wait
from handrail.actuators.base import Permit
from handrail.actuators.errors import (
    ActionInDoubt,
    ActionRefused,
    ActionStopped,
    PermitRefused,
)
from handrail.actuators.fake import Button, Caption, Checkbox, FakeScreen, Field, Link, Panel
from handrail.actuators.geometry import Box, Point
from handrail.actuators.primitives import Safeguards


class Pass:
    action_digest = ""


class AnyPermit:
    """A verifier that takes anything, or refuses everything."""

    def __init__(self, refusing: bool = False) -> None:
        self.refusing = refusing

    def redeem(self, permit: Permit, action: Action) -> None:
        if self.refusing:
            raise PermitRefused("refused by the test")


def place(left: int, top: int, width: int = 200, height: int = 30) -> Box:
    return Box(left=left, top=top, right=left + width, bottom=top + height)


NAME, MAIL, NEWS, SEND, HELP = (
    place(20, 50),
    place(20, 100),
    place(20, 150, 20, 20),
    place(20, 200, 90),
    place(150, 200, 60),
)


@pytest.fixture
def screen() -> FakeScreen:
    return FakeScreen(
        AnyPermit(),
        [
            Caption("Sign up", place(20, 10)),
            Field("Name", NAME),
            Field("Mail", MAIL, text="a@b.org and more"),
            Checkbox("News", NEWS),
            Button("Send", SEND, submits=True),
            Link("Help", HELP, href="https://fake.test/help"),
        ],
        content_height=1000,
    )


def do(screen: FakeScreen, *actions: Action) -> None:
    for action in actions:
        screen.perform(action, Pass())


def click(box: Box, count: int = 1) -> Click:
    return Click(point=box.center, count=count)


def test_a_form_is_filled_in_and_sent(screen: FakeScreen) -> None:
    do(screen, click(NAME), Type(text="Zoë <b> 中 😀"), click(NEWS), click(SEND))
    expected = {"Name": "Zoë <b> 中 😀", "Mail": "a@b.org and more", "News": True}
    assert screen.submitted == [expected]
    assert screen.named(Button, "Send").presses == 1


def test_tab_and_enter_walk_through_the_form(screen: FakeScreen) -> None:
    do(screen, Press(keys=("tab",)), Type(text="Zoë\tz@x.org\t"), Press(keys=("space",)))
    do(screen, Press(keys=("shift", "tab")), Press(keys=("Return",)))
    assert screen.submitted == [{"Name": "Zoë", "Mail": "z@x.org", "News": True}]
    do(screen, Press(keys=("tab",)), Press(keys=("tab",)), Press(keys=("enter",)))
    assert len(screen.submitted) == 2
    do(screen, Press(keys=("tab",)), Press(keys=("enter",)))
    assert screen.surface.url == "https://fake.test/help"


def test_text_is_edited_by_keys(screen: FakeScreen) -> None:
    name = screen.named(Field, "Name")
    do(screen, click(NAME), Type(text="abc"), Press(keys=("left",)), Press(keys=("backspace",)))
    assert (name.text, name.caret) == ("ac", 1)
    do(screen, Press(keys=("delete",)), Press(keys=("home",)), Type(text="X"))
    assert name.text == "Xa"
    do(screen, Press(keys=("shift", "end")), Press(keys=("ctrl", "x")), Press(keys=("ctrl", "v")))
    do(screen, Press(keys=("ctrl", "v")))
    assert (name.text, screen.clipboard) == ("Xaa", "a")
    do(screen, Press(keys=("ctrl", "a")), Press(keys=("ctrl", "c")), Press(keys=("right",)))
    do(screen, Type(text="!"))
    assert (name.text, screen.clipboard) == ("Xaa!", "Xaa")


def test_the_mouse_places_the_caret_and_selects(screen: FakeScreen) -> None:
    mail = screen.named(Field, "Mail")
    left = Point(x=MAIL.left + 1, y=MAIL.center.y)
    do(screen, Click(point=left), Type(text="> "))
    assert mail.text == "> a@b.org and more"
    do(screen, click(MAIL, 3), Type(text="one two"), Click(point=left, count=2))
    assert mail.selected == "one"
    do(screen, Drag(start=left, end=Point(x=MAIL.right - 1, y=MAIL.center.y)), Type(text="three"))
    assert mail.text == "three"


def test_pixels_follow_the_state(screen: FakeScreen) -> None:
    blank = screen.observe().fingerprint
    assert screen.observe().fingerprint == blank
    looks = [blank]
    for action in (click(NAME), Type(text="a"), click(NEWS), Scroll(dy=-30)):
        do(screen, action)
        looks.append(screen.observe().fingerprint)
    screen.clock_shown = True
    looks.append(screen.observe().fingerprint)
    do(screen, Wait(seconds=1))
    looks.append(screen.observe().fingerprint)
    assert len(set(looks)) == len(looks)


def test_the_caret_is_all_that_blinks(screen: FakeScreen) -> None:
    do(screen, click(NAME))
    shown = screen.observe()
    screen.caret_shown = False
    hidden = screen.observe()
    different = [
        (x, y)
        for x in range(640)
        for y in range(400)
        if shown.image.getpixel((x, y)) != hidden.image.getpixel((x, y))
    ]
    assert {x for x, _ in different} == {26}


def test_scrolling_moves_what_lies_under_a_point(screen: FakeScreen) -> None:
    do(screen, Scroll(point=NAME.center, dy=-50))
    element = screen.hit_test(NAME.center)
    assert element is not None
    assert (element.name.raw, element.box.top) == ("Mail", 50)
    do(screen, click(NAME, 3), Type(text="x"))
    assert screen.named(Field, "Mail").text == "x"
    do(screen, Scroll(dy=-5000))
    assert screen.scrolled == 600
    do(screen, Scroll(dy=5000))
    assert screen.scrolled == 0


def test_a_panel_hides_what_lies_under_it(screen: FakeScreen) -> None:
    screen.widgets.append(Panel("Dialog", place(0, 0, 640, 400)))
    do(screen, click(NAME), Press(keys=("a",)), click(SEND))
    assert (screen.named(Field, "Name").text, screen.submitted) == ("", [])
    element = screen.hit_test(NAME.center)
    assert element is not None
    assert element.role == "dialog"


def test_elements_tell_what_they_are(screen: FakeScreen) -> None:
    found = {w.name: screen.hit_test(w.box.center) for w in screen.widgets}
    told = {n: (e.role, e.editable, e.submits, e.href) for n, e in found.items() if e is not None}
    assert told == {
        "Sign up": ("paragraph", False, False, ""),
        "Name": ("textbox", True, False, ""),
        "Mail": ("textbox", True, False, ""),
        "News": ("checkbox", False, False, ""),
        "Send": ("button", False, True, ""),
        "Help": ("link", False, False, "https://fake.test/help"),
    }
    assert screen.hit_test(Point(x=600, y=390)) is None


def test_a_button_may_change_the_screen() -> None:
    screen = FakeScreen(AnyPermit())
    screen.widgets.append(Button("Open", SEND, on_press=lambda: screen.widgets.clear()))
    do(screen, click(SEND))
    assert screen.widgets == []


def test_other_buttons_of_the_mouse_press_nothing(screen: FakeScreen) -> None:
    do(screen, Click(point=SEND.center, button="right"), Move(point=NAME.center))
    assert screen.submitted == []
    assert screen.pointer == NAME.center


def test_keys_without_a_focus_are_lost_and_text_is_refused(screen: FakeScreen) -> None:
    do(screen, Press(keys=("a",)))
    with pytest.raises(ActionRefused, match="not editable"):
        do(screen, Type(text="lost \n"))
    assert screen.named(Field, "Name").text == ""
    assert len(screen.performed) == 1


def test_what_is_switched_off_takes_nothing(screen: FakeScreen) -> None:
    name, news = screen.named(Field, "Name"), screen.named(Checkbox, "News")
    name.text, name.read_only, news.enabled = "kept", True, False
    for keys in (("x",), ("backspace",), ("ctrl", "x"), ("ctrl", "v")):
        do(screen, click(NAME, 3), Press(keys=keys))
    with pytest.raises(ActionRefused, match="disabled") as refused:
        do(screen, click(NEWS))
    do(screen, Press(keys=("tab",)), Press(keys=("tab",)), Press(keys=("space",)))
    assert refused.value.reason == "disabled"
    assert (name.text, news.checked) == ("kept", False)
    assert screen.named(Button, "Send").presses == 1


def test_a_target_that_moves_between_two_frames_is_refused(screen: FakeScreen) -> None:
    news = screen.named(Checkbox, "News")

    def move() -> None:
        news.box = place(20, 152, 20, 20)

    screen.on_frame = move
    with pytest.raises(ActionRefused) as refused:
        do(screen, click(NEWS))
    assert (refused.value.reason, screen.performed) == ("moving", [])


def test_what_is_not_painted_is_covered_by_nothing_and_clicked_by_nobody(
    screen: FakeScreen,
) -> None:
    blank = screen.observe().fingerprint
    screen.widgets.append(Button("Trap", SEND, painted=False))
    assert screen.observe().fingerprint == blank
    with pytest.raises(ActionRefused) as covered:
        do(screen, click(SEND))
    screen.widgets.append(Button("Trap", place(400, 300), painted=False))
    with pytest.raises(ActionRefused) as unseen:
        do(screen, click(place(400, 300)))
    assert [covered.value.reason, unseen.value.reason] == ["covered", "invisible"]
    assert screen.performed == []


def test_a_stop_ends_typing_before_the_next_character(screen: FakeScreen) -> None:
    name = screen.named(Field, "Name")
    screen.safeguards = Safeguards(stopped=lambda: len(name.text) == 12)
    do(screen, click(NAME))
    with pytest.raises(ActionInDoubt, match="stopped after 12 of 20000 characters"):
        do(screen, Type(text="x" * 20_000))
    with pytest.raises(ActionStopped):
        do(screen, Type(text="y"))
    assert name.text == "x" * 12


def test_a_stop_ends_a_multiple_click_after_the_click_it_came_in(screen: FakeScreen) -> None:
    send = screen.named(Button, "Send")
    screen.safeguards = Safeguards(stopped=lambda: send.presses > 0)
    with pytest.raises(ActionInDoubt, match="stopped after 1 of 3 clicks"):
        do(screen, click(SEND, 3))
    assert send.presses == 1


def test_waiting_takes_none_of_our_time(screen: FakeScreen) -> None:
    before = screen.observe().time
    assert screen.perform(Wait(seconds=60), Pass()).seconds == 60
    assert screen.observe().time == before + 60


@pytest.mark.parametrize("action", [Type(text="a\x07"), Press(keys=("hyper",))])
def test_what_no_keyboard_can_do_is_refused_before_any_of_it(
    screen: FakeScreen, action: Action
) -> None:
    do(screen, click(NAME))
    with pytest.raises(ActionRefused):
        do(screen, action)
    assert screen.named(Field, "Name").text == ""
    assert len(screen.performed) == 1


def test_a_refused_permit_leaves_the_screen_alone() -> None:
    screen = FakeScreen(AnyPermit(refusing=True), [Button("Send", SEND)])
    with pytest.raises(PermitRefused):
        do(screen, click(SEND))
    assert (screen.performed, screen.named(Button, "Send").presses) == ([], 0)


def test_a_missing_widget_is_a_key_error(screen: FakeScreen) -> None:
    find: Callable[[], object] = lambda: screen.named(Field, "Send")  # noqa: E731
    with pytest.raises(KeyError, match="no Field is called 'Send'"):
        find()
