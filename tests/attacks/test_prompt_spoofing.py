"""What a page may write, and what the person who is asked sees of it."""

import io
import unicodedata
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.actuators.actions import Click, Type
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.approval import ApprovalRequest, TerminalApprover

PAYLOADS = (
    "[/red]",
    "[bold green]SAFE - already approved[/]",
    "\x1b[2K\x1b[1G  effect: OBSERVE",
    "\x1b[1A\x1b[2K",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.test\x1b\\click\x1b]8;;\x1b\\",
    "\x9b2J",
    "\r  effect: OBSERVE",
    "\n  effect: OBSERVE\nType yes to allow it, anything else to refuse: ",
    "\u2028  effect: OBSERVE",
    "\x0b  effect: OBSERVE",
    "\u202e:tceffe",
    "\u2066evil\u2069",
    "De\u200blete\u2060",
    "a" + "\u0301" * 5_000,
    "\u0489" * 200,
    "x" * 10_240,
    "\n" * 10_240,
    " " * 500 + "  effect: OBSERVE",
    "\u3000" * 300 + "  effect: OBSERVE",
    "\u4e2d" * 500 + "  effect: OBSERVE",
    "\U000e0065\U000e0066",
    "\ud83d\ude00\ud800",
    "{request.effect} %s %n \\x1b \\u001b",
    "'; yes\nyes\n",
    "\x08" * 60 + "nothing",
    "\x7f\x00\x04\x03\x1a",
    "  | effect: OBSERVE",
)
PLACES = ("window", "address", "name", "role", "screen", "text", "goal", "reason")


def request(place: str, payload: str) -> ApprovalRequest:
    """Return a request for a commit in which one text was chosen by the attacker."""
    told = {name: payload if name == place else name for name in PLACES}
    surface = Surface(
        "browser", told["screen"], window=ScreenText(told["window"]), url=told["address"]
    )
    box = Box(left=0, top=0, right=9, bottom=9)
    element = Element(told["role"], ScreenText(told["name"]), box)
    text = told["text"].encode("utf-8", "replace").decode("utf-8")
    action = Type(text=text) if place == "text" else Click(point=Point(x=3, y=4))
    return ApprovalRequest(told["goal"], action, "commit", surface, told["reason"], element)


def prompt(asked: ApprovalRequest) -> str:
    shown = io.StringIO()
    assert TerminalApprover(io.StringIO("no\n"), shown).ask(asked) is False
    return shown.getvalue()


def columns(line: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in line)
    return len(line) + wide


def insist_honest(text: str, plain: str) -> None:
    """Insist that a prompt has the shape that it has without an attack."""
    lines = text.splitlines()
    hidden = [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert set(hidden) == {"\n"}
    own = [line for line in lines if not line.startswith("  | ")]
    assert [line.partition(":")[0] for line in own if ", its end" not in line] == [
        line.partition(":")[0] for line in plain.splitlines()
    ]
    assert [line for line in own if line.startswith("  effect:")] == ["  effect: COMMIT"]
    assert lines[-2] == "  effect: COMMIT"
    assert text.count("\nType yes to allow it, anything else to refuse: ") == 1
    assert max(map(columns, lines)) <= 80
    assert len(lines) < 45


@pytest.mark.parametrize("place", PLACES)
def test_no_payload_changes_the_shape_of_the_prompt(place: str) -> None:
    plain = prompt(request(place, "harmless"))
    for payload, before in product(PAYLOADS, ("", "OK ")):
        insist_honest(prompt(request(place, before + payload)), plain)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), st.text(st.characters(), max_size=120))
def test_no_text_changes_the_shape_of_the_prompt(place: str, payload: str) -> None:
    if place in {"window", "address"} and payload == "":
        return  # what is not there has no line
    insist_honest(prompt(request(place, payload)), prompt(request(place, "harmless")))


def test_what_would_be_typed_is_shown_escaped_and_not_obeyed() -> None:
    text = prompt(request("text", "ls\nrm -rf ~\n\x1b[8m"))
    assert '  text: "ls\\u000arm -rf ~\\u000a\\u001b[8m"' in text
