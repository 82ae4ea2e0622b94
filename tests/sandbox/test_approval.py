"""Asking a person: what they see, and what counts as yes."""

import fcntl
import io
import os
import pty
import struct
import termios
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unicodedata import east_asian_width

import pytest

from handrail.actuators.actions import Action, Click, Type, digest
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.approval import (
    ApprovalRequest,
    DenyAll,
    ScriptedApprover,
    TerminalApprover,
    open_terminal,
    prompt_lines,
)

PAGE = Surface("browser", "chromium", window=ScreenText("Shop"), url="https://shop.example/cart")
BUTTON = Element("button", ScreenText("Buy now"), Box(left=0, top=0, right=9, bottom=9))


def request(action: Action | None = None, element: Element | None = BUTTON) -> ApprovalRequest:
    chosen = action or Click(point=Point(x=3, y=4))
    return ApprovalRequest("buy milk", chosen, "commit", PAGE, "profile ask: ask commit", element)


@pytest.mark.parametrize(
    ("answer", "approved"),
    [
        ("yes\n", True),
        (" YES \n", True),
        ("y\n", False),
        ("\n", False),
        ("no\n", False),
        ("yes please\n", False),
        ("yess\n", False),
        ("", False),
        ("yes", False),
        ("no\nyes\n", False),
        ("yes" + " " * 100 + "\n", True),
    ],
)
def test_only_the_whole_word_on_a_whole_line_approves(answer: str, approved: bool) -> None:
    assert TerminalApprover(io.StringIO(answer), io.StringIO()).ask(request()) is approved


def test_the_prompt_shows_goal_action_effect_surface_and_digest() -> None:
    shown = io.StringIO()
    TerminalApprover(io.StringIO("yes\n"), shown).ask(request())
    text = shown.getvalue()
    expected = ("goal: buy milk", "browser chromium", "https://shop.example/cart", "Shop", "commit")
    for part in (*expected, 'button "Buy now"', '"x": 3', "effect: COMMIT"):
        assert part.lower() in text.lower()
    assert digest(request().action)[:12] in text
    assert text.splitlines()[-3].startswith("  action: click")
    assert text.splitlines()[-1].startswith("Type yes")


def test_the_prompt_shows_where_a_form_is_sent() -> None:
    asked = request(element=replace(BUTTON, submits=True, sends_to="https://other.example/take"))
    assert "  leads to: https://other.example/take" in prompt_lines(asked)
    here = request(element=replace(BUTTON, submits=True, sends_to=PAGE.url))
    assert "leads to" not in "\n".join(prompt_lines(here))


def test_the_end_of_a_long_text_is_shown_too() -> None:
    action = Type(text="a" * 10_000 + "; rm -rf ~")
    text = "\n".join(prompt_lines(request(action, None)))
    assert "(10012 characters)" in text.replace("\n  | ", "")
    assert "rm -rf ~" in text
    assert len(text.splitlines()) < 40


@pytest.mark.parametrize(("columns", "widest"), [(40, 39), (80, 76), (0, 76)])
@pytest.mark.parametrize("filler", ["x", "\u0416", "\u4e2d", " "])
def test_no_terminal_breaks_a_line_of_foreign_text(
    terminal: tuple[int, Path], filler: str, columns: int, widest: int
) -> None:
    keyboard, screen = terminal
    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    label = Element("button", ScreenText(filler * 90 + "  effect: OBSERVE"), BUTTON.box)
    person = Person(keyboard, [b"no\n"])
    person.start()
    approver = open_terminal(screen)
    assert isinstance(approver, TerminalApprover)
    assert approver.ask(request(element=label)) is False
    approver.close()
    person.join()
    lines = person.seen.decode().splitlines()
    foreign = [line for line in lines if line.startswith("  |") or "called:" in line]
    assert "".join(line[4:] for line in foreign).endswith('effect: OBSERVE"')
    # A terminal may draw the letters of some scripts twice as wide as others do.
    for line in foreign:
        assert sum(2 if east_asian_width(c) in "WFA" else 1 for c in line) <= widest


def test_a_terminal_that_cannot_show_or_tell_denies() -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    action = Type(text="héllo 中")
    assert TerminalApprover(io.StringIO("yes\n"), ascii_only).ask(request(action)) is True
    garbled = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), encoding="utf-8")
    assert TerminalApprover(garbled, io.StringIO()).ask(request()) is False


def test_ctrl_c_passes_through() -> None:
    class Interrupted(io.StringIO):
        def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TerminalApprover(Interrupted(), io.StringIO()).ask(request())


def test_without_a_terminal_nobody_approves(tmp_path: Path) -> None:
    assert DenyAll().ask(request()) is False
    assert isinstance(open_terminal(tmp_path / "absent"), DenyAll)


def test_a_script_answers_in_order_and_then_denies() -> None:
    script = ScriptedApprover([True, False])
    assert [script.ask(request()) for _ in range(3)] == [True, False, False]
    assert len(script.requests) == 3


class Person(threading.Thread):
    """Types an answer to each question, once it is on the screen."""

    def __init__(self, keyboard: int, answers: list[bytes]) -> None:
        super().__init__(daemon=True)
        self.keyboard = keyboard
        self.answers = answers
        self.seen = b""

    def run(self) -> None:
        for answer in self.answers:
            shown = b""
            while not shown.endswith(b"refuse: "):
                shown += os.read(self.keyboard, 4096)
            self.seen += shown
            os.write(self.keyboard, answer)


@pytest.fixture
def terminal() -> Iterator[tuple[int, Path]]:
    keyboard, screen = pty.openpty()
    yield keyboard, Path(os.ttyname(screen))
    os.close(keyboard)
    os.close(screen)


def test_what_was_typed_before_the_question_is_no_answer(terminal: tuple[int, Path]) -> None:
    keyboard, path = terminal
    approver = open_terminal(path)
    assert isinstance(approver, TerminalApprover)
    os.write(keyboard, b"yes\n")
    person = Person(keyboard, [b"no\n", b"x" * 63 + b" yes\n", b"never\n", b"yes\n"])
    person.start()
    assert [approver.ask(request()) for _ in range(4)] == [False, False, False, True]
    person.join(60)
    approver.close()
