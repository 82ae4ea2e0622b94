"""Where an action is aimed is seen on the frame of its question."""

import io

import pytest
from PIL import Image

from handrail.actuators.actions import Action, Click, Drag, Move, Scroll, Type
from handrail.actuators.fake import FakeScreen
from handrail.actuators.geometry import Point
from handrail.sandbox.approval import ApprovalRequest
from handrail.sandbox.permit import PermitOffice
from handrail.tasks.approval_frame import marked_frame

RED = (214, 40, 40)
AT, TO = Point(x=100, y=100), Point(x=300, y=200)


@pytest.mark.parametrize(
    ("action", "red"),
    [
        (Click(point=AT), [(82, 100), (118, 100)]),
        (Move(point=AT), [(82, 100), (100, 110)]),
        (Drag(start=AT, end=TO), [(200, 150), (100, 100)]),
        (Scroll(point=AT, dy=-3), [(100, 130)]),
        (Type(text="a"), []),
    ],
)
def test_marks_are_red_where_the_action_is(action: Action, red: list[tuple[int, int]]) -> None:
    seen = FakeScreen(PermitOffice()).observe()
    request = ApprovalRequest("g", action, "edit", seen.surface, "r", observation=seen)
    frame = marked_frame(request)
    assert frame is not None
    image = Image.open(io.BytesIO(frame)).convert("RGB")
    assert image.size == seen.image.size
    for place in red:
        assert image.getpixel(place) == RED
    if not red:
        assert image.tobytes() == seen.image.convert("RGB").tobytes()


def test_without_a_screen_there_is_no_frame() -> None:
    seen = FakeScreen(PermitOffice()).observe()
    request = ApprovalRequest("g", Click(point=AT), "edit", seen.surface, "r")
    assert marked_frame(request) is None
