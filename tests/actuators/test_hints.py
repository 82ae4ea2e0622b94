"""What the fake screen tells of itself as hints."""

from handrail.actuators.fake import Button, Caption, FakeScreen, Field, Panel
from handrail.actuators.geometry import Box
from handrail.sandbox.permit import PermitOffice


def place(left: int, top: int) -> Box:
    return Box(left=left, top=top, right=left + 100, bottom=top + 30)


def test_the_fake_screen_tells_controls_that_show_and_where_they_show() -> None:
    screen = FakeScreen(
        PermitOffice(),
        [
            Caption("Sign up", place(20, 10)),
            Field("Name", place(20, 50)),
            Button("Send", place(20, 100)),
            Button("", place(300, 100)),
            Button("Below", place(20, 600)),
            Button("Covered", place(200, 50)),
            Panel("Cookies", Box(left=190, top=40, right=310, bottom=90)),
        ],
        content_height=1000,
    )
    assert [(h.role, h.name.raw, h.box) for h in screen.hints()] == [
        ("textbox", "Name", place(20, 50)),
        ("button", "Send", place(20, 100)),
    ]
    screen.scrolled = 350
    (below,) = screen.hints()
    assert (below.name.raw, below.box) == ("Below", place(20, 250))
