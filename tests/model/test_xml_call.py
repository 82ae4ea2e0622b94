"""The XML form of a tool call is read as strictly as JSON is, and means the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.actuators.actions import Action, Click, Press, Scroll, Terminate, Type, Wait
from handrail.actuators.dialects import qwen_computer
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.agent.parse import parse
from handrail.agent.proposal import ParseError, Proposal
from handrail.model import xml_call

SCREEN = ScreenGeometry(width=1280, height=800)
CLICK = """<function=computer_use>
<parameter=action>
left_click
</parameter>
<parameter=coordinate>
[500, 250]
</parameter>
</function>"""
ACTIONS: list[Action] = [
    Click(point=Point(x=640, y=200)),
    Type(text="5"),
    Type(text='two\nlines and "quotes" <b>é</b>'),
    Press(keys=("ctrl", "s")),
    Scroll(dy=-300),
    Wait(seconds=2),
    Terminate(status="success"),
]


def wrapped(call: str) -> str:
    return f"Action: Do it.\n<tool_call>\n{call}\n</tool_call>"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_every_action_survives(action: Action) -> None:
    call = xml_call.write("computer_use", qwen_computer.encode(action, SCREEN))
    read = parse(wrapped(call), SCREEN)
    assert isinstance(read, Proposal), read
    assert read.action == action


def test_the_published_form_is_read_with_and_without_line_ends() -> None:
    for call in (CLICK, CLICK.replace("\n", "")):
        read = parse(wrapped(call), SCREEN)
        assert isinstance(read, Proposal), read
        assert read.action == Click(point=Point(x=640, y=200))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (CLICK.removesuffix("</function>"), "not well formed"),
        (CLICK.replace("</parameter>", "", 1), "left_click"),
        (CLICK + CLICK, "not well formed"),
        (CLICK + "x", "not well formed"),
        (CLICK.replace("</function>", "x</function>"), "something else"),
        (CLICK.replace("[500, 250]", "[500, 2"), "not well formed"),
        (CLICK.replace("[500, 250]", "[500, NaN]"), "NaN"),
        (CLICK.replace("[500, 250]", "[500, 2500]"), "1000"),
        (CLICK.replace("coordinate", "action"), "twice"),
        (CLICK.replace("computer_use", "exec"), "only function"),
        (CLICK.replace("coordinate", "path"), "needs 'coordinate'"),
        ("<function=>" + "</function>", "only function"),
    ],
)
def test_what_is_wrong_is_named(call: str, says: str) -> None:
    read = parse(wrapped(call), SCREEN)
    assert isinstance(read, ParseError)
    assert says in read.problem


@given(st.text(alphabet="<>/=functioparme \n[]0", max_size=200))
def test_no_string_raises(text: str) -> None:
    assert isinstance(parse(wrapped("<function=" + text), SCREEN), ParseError | Proposal)
