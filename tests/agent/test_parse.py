"""A model's reply is hostile input: an action or a ParseError, whatever the string."""

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.actuators.actions import Click, points
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.agent.parse import parse
from handrail.agent.proposal import ParseError, Proposal

SCREEN = ScreenGeometry(width=1280, height=800)
ARGUMENTS = '{"action": "left_click", "coordinate": [500, 250]}'
CALL = f'<tool_call>\n{{"name": "computer_use", "arguments": {ARGUMENTS}}}\n</tool_call>'
GOOD = f"Action: Click the Save button.\n{CALL}"


def test_a_good_reply_is_a_proposal_with_the_models_own_line() -> None:
    read = parse(GOOD, SCREEN)
    assert isinstance(read, Proposal)
    assert read.action == Click(point=Point(x=640, y=200))
    assert read.line == "Click the Save button."
    assert read.reply == GOOD


def test_a_reply_without_a_line_gets_one_from_the_action() -> None:
    read = parse("Thought: hm.\n" + CALL, SCREEN)
    assert isinstance(read, Proposal)
    assert read.line == "Click at (640, 200)"


def test_what_is_cut_at_the_token_limit_is_never_acted_on() -> None:
    read = parse(GOOD, SCREEN, "length")
    assert isinstance(read, ParseError)
    assert "cut off" in read.problem


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("", "no tool call"),
        ("I would click Save.", "no tool call"),
        (ARGUMENTS, "no tool call"),
        (GOOD + CALL, "2 tool calls"),
        (GOOD + "</tool_call>", "2 tool calls"),
        (GOOD.removesuffix("</tool_call>"), "no </tool_call>"),
        ("</tool_call>" + GOOD.removesuffix("</tool_call>"), "no </tool_call>"),
        (GOOD.replace("}}", "}"), "not JSON"),
        (GOOD.replace('"name"', "'name'"), "not JSON"),
        (GOOD.replace("500", "NaN"), "not JSON"),
        (GOOD.replace("500", "1" * 5000), "not JSON"),
        (GOOD.replace("500", "012"), "not JSON"),
        (GOOD.replace('"action": "left_click"', '"action": "wait", "action": "key"'), "twice"),
        (GOOD.replace("computer_use", "exec"), "only function"),
        (GOOD.replace('"name": "computer_use"', '"name": ["computer_use"]'), "only function"),
        (GOOD.replace('"name"', '"id": 1, "name"'), "exactly the members"),
        (GOOD.replace(ARGUMENTS, json.dumps(ARGUMENTS)), "arguments must be"),
        (GOOD.replace("500", "1000.5"), "within 0..1000"),
        ("<tool_call>[]</tool_call>", "must be a JSON object"),
        (f"<tool_call>{'[' * 20_000}</tool_call>", "nested too deeply"),
        ("x" * 1_000_000 + GOOD, "longer than"),
    ],
)
def test_what_is_not_exactly_one_call_says_why(reply: str, says: str) -> None:
    read = parse(reply, SCREEN)
    assert isinstance(read, ParseError)
    assert says in read.problem


@given(st.text(max_size=200))
def test_no_text_between_the_tags_raises(text: str) -> None:
    assert isinstance(parse(f"<tool_call>{text}</tool_call>", SCREEN), Proposal | ParseError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = ("action", "coordinate", "text", "keys", "pixels", "time", "status", "extra")
NAMES = ("left_click", "type", "key", "scroll", "wait", "terminate", "answer", "left_click_drag")


@given(
    arguments=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5),
    name=st.sampled_from(NAMES),
)
def test_no_arguments_raise_and_no_point_is_off_the_screen(
    arguments: dict[str, object], name: str
) -> None:
    call = json.dumps({"name": "computer_use", "arguments": {**arguments, "action": name}})
    read = parse(f"<tool_call>{call}</tool_call>", SCREEN)
    if isinstance(read, Proposal):
        assert all(SCREEN.contains(point) for point in points(read.action))


def test_twenty_thousand_damaged_replies_never_raise() -> None:
    """Cut, doubled, spliced replies: an action on the screen or a ParseError, quickly."""
    draw = random.Random(7)
    slowest = 0.0
    for _ in range(20_000):
        reply = _damaged(GOOD, draw)
        started = time.perf_counter()
        read = parse(reply, SCREEN)
        slowest = max(slowest, time.perf_counter() - started)
        if isinstance(read, Proposal):
            assert all(SCREEN.contains(point) for point in points(read.action))
    assert slowest < 1.0


def _damaged(text: str, draw: random.Random) -> str:
    letters = '{}[]",:<>/\\0159eE-+. \n\x00\u202e\ud800é中tool_call"action"'
    for _ in range(draw.randint(1, 4)):
        at, to = sorted((draw.randrange(len(text) + 1), draw.randrange(len(text) + 1)))
        kind = draw.randrange(4)
        if kind == 0:
            text = text[:at] + text[min(to, at + 8) :]
        elif kind == 1:
            text = text[:at] + "".join(draw.choices(letters, k=draw.randint(1, 6))) + text[at:]
        elif kind == 2:
            text = text[:at] + text[at:to] * 2 + text[to:]
        else:
            text = text[:to]
    return text


def test_half_of_a_character_is_refused_and_goes_no_further() -> None:
    for half in ("\ud800", "\udfff", "\udc80"):
        for reply in (GOOD.replace("Save", half), GOOD + half, half):
            read = parse(reply, SCREEN)
            assert isinstance(read, ParseError)
            assert f"U+{ord(half):04X}" in read.problem
            assert read.reply.encode() == reply.replace(half, "\ufffd").encode()
    whole = parse(GOOD.replace("Save", "\U0001f600"), SCREEN)
    assert isinstance(whole, Proposal)
    assert whole.line == "Click the \U0001f600 button."
