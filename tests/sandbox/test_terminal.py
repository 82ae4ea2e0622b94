"""Asking on a terminal: what a person sees, and what counts as an answer."""

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
from typing import TextIO
from unicodedata import east_asian_width

import pytest

from handrail.actuators.actions import Action, Click, Press, Type, digest
from handrail.actuators.geometry import Box, Point
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.approval import ApprovalAnswer, ApprovalRequest
from handrail.sandbox.desk import Desk
from handrail.sandbox.likeness import Likeness
from handrail.sandbox.prompt import prompt_lines
from handrail.sandbox.terminal import Terminal, open_terminal

PAGE = Surface("browser", "chromium", window=ScreenText("Shop"), url="https://shop.example/cart")
BUTTON = Element("button", ScreenText("Buy now"), Box(left=0, top=0, right=9, bottom=9))
CLICK = Click(point=Point(x=3, y=4))


def request(action: Action = CLICK, element: Element | None = BUTTON) -> ApprovalRequest:
    why = "profile ask: ask commit"
    kind = Likeness.of(action, "commit", (element,), PAGE)
    return ApprovalRequest("buy milk", action, "commit", PAGE, why, element, kind)


def typed(text: str | bytes) -> TextIO:
    """Return a reader on a pipe in which this was typed, and then nothing more."""
    reading, writing = os.pipe()
    os.write(writing, text.encode() if isinstance(text, str) else text)
    os.close(writing)
    return os.fdopen(reading, encoding="utf-8")


def asked(text: str | bytes, what: ApprovalRequest | None = None) -> ApprovalAnswer:
    with typed(text) as reader:
        return Desk([Terminal(reader, io.StringIO())]).ask(what or request())


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ("yes\n", "once"),
        (" YES \n", "once"),
        ("kind\n", "kind"),
        ("stop\n", "stop"),
        ("y\n", "deny"),
        ("\n", "deny"),
        ("no\n", "deny"),
        ("yes please\n", "deny"),
        ("yess\n", "deny"),
        ("take\n", "deny"),
        ("", "deny"),
        ("yes", "deny"),
        ("no\nyes\n", "deny"),
        ("yes" + " " * 100 + "\n", "once"),
        (" " * 70_000 + "yes\n", "deny"),
        (b"\xff\xfe\n", "deny"),
        ("edit\n", "deny"),
        ("edit\nnowhere\n", "deny"),
        ("edit\n5, 6", "deny"),
    ],
)
def test_only_a_whole_word_on_a_whole_line_answers(answer: str | bytes, choice: str) -> None:
    reading, writing = os.pipe()
    threading.Thread(target=_feed, args=(writing, answer), daemon=True).start()
    with os.fdopen(reading, encoding="utf-8") as reader:
        given = Desk([Terminal(reader, io.StringIO())]).ask(request())
    assert given.choice == choice


def _feed(descriptor: int, answer: str | bytes) -> None:
    data = answer.encode() if isinstance(answer, str) else answer
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except BrokenPipeError:
        pass
    finally:
        os.close(descriptor)


def test_a_kind_is_no_answer_where_it_is_not_offered() -> None:
    unknown = replace(request(), kind=None)
    assert asked("kind\n", unknown).choice == "deny"


def test_text_and_point_can_be_edited() -> None:
    typing = request(Type(text="Eve"))
    assert asked("edit\nAda Lovelace \n", typing).action == Type(text="Ada Lovelace ")
    assert asked("edit\n(5, 6)\n").action == Click(point=Point(x=5, y=6))
    assert asked("edit\nb\n", request(Press(keys=("a",)))).choice == "deny"


def test_what_was_denied_says_why_the_edit_did_not_fit() -> None:
    assert "two whole numbers" in asked("edit\nx=5\n").reason


def test_the_prompt_shows_goal_action_effect_surface_and_digest() -> None:
    shown = io.StringIO()
    with typed("yes\n") as reader:
        Desk([Terminal(reader, shown)]).ask(request())
    text = shown.getvalue()
    expected = ("goal: buy milk", "browser chromium", "https://shop.example/cart", "Shop", "commit")
    for part in (*expected, 'button "Buy now"', '"x": 3', "effect: COMMIT"):
        assert part.lower() in text.lower()
    assert digest(request().action)[:12] in text
    assert text.splitlines()[-3].startswith("  action: click")
    assert text.splitlines()[-1].startswith(
        "Type yes, kind, edit, take over or stop, anything else"
    )


def test_the_prompt_states_the_kind_exactly() -> None:
    text = "\n".join(prompt_lines(request())).replace("\n  | ", "")
    kind = 'every click (left, 1 times) with the effect commit on button "Buy now" at '
    assert f"kind permits in this run: {kind}https://shop.example" in text


def test_the_prompt_shows_where_a_form_is_sent() -> None:
    there = request(element=replace(BUTTON, submits=True, sends_to="https://other.example/take"))
    text = "\n".join(prompt_lines(there)).replace("\n  | ", "")
    assert "  leads to: https://other.example/take" in text
    assert "at https://other.example and https://shop.example" in text
    here = request(element=replace(BUTTON, submits=True, sends_to=PAGE.url))
    assert "leads to" not in "\n".join(prompt_lines(here))


def test_the_prompt_shows_the_frame_or_the_window_in_which_it_lands() -> None:
    frame = replace(PAGE, url="https://bank.example/pay")
    framed = replace(request(), places=(PAGE, frame))
    text = "\n".join(prompt_lines(framed)).replace("\n  | ", "")
    assert "  lands in: frame of https://bank.example/pay" in text
    desk = Surface("desktop", ":0", window=ScreenText("Notes"))
    behind = replace(desk, window=ScreenText("Payroll"))
    nowhere = replace(desk, window=ScreenText(""))
    window = replace(request(), surface=desk, places=(desk, behind, behind, nowhere))
    lines = [line for line in prompt_lines(window) if "lands in" in line]
    assert lines == ['  lands in: window "Payroll"', "  lands in: a window that cannot be told"]
    assert "lands in" not in "\n".join(prompt_lines(replace(request(), places=(PAGE,))))


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
    front = opened(screen)
    assert Desk([front]).ask(request(element=label)).choice == "deny"
    front.close()
    person.join()
    lines = [line for line in person.seen.decode().splitlines() if "goal:" not in line]
    first = next(n for n, line in enumerate(lines) if "called:" in line)
    last = next(n for n, line in enumerate(lines) if "point:" in line)
    foreign = lines[first:last]
    assert "".join(line[4:] for line in foreign).endswith('effect: OBSERVE"')
    # A terminal may draw the letters of some scripts twice as wide as others do.
    for line in foreign:
        assert sum(2 if east_asian_width(c) in "WFA" else 1 for c in line) <= widest


def test_a_terminal_that_cannot_show_a_letter_shows_its_escape() -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with typed("yes\n") as reader:
        answer = Desk([Terminal(reader, ascii_only)]).ask(request(Type(text="h\u00e9llo \u4e2d")))
    assert answer.choice == "once"


def test_a_terminal_that_went_away_denies() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError("gone")

    with typed("yes\n") as reader:
        assert Desk([Terminal(reader, Gone())]).ask(request()).choice == "deny"


def test_ctrl_c_passes_through() -> None:
    class Interrupted(io.StringIO):
        def flush(self) -> None:
            raise KeyboardInterrupt

    with typed("yes\n") as reader, pytest.raises(KeyboardInterrupt):
        Desk([Terminal(reader, Interrupted())]).ask(request())


def test_nobody_in_time_is_a_denial() -> None:
    reading, writing = os.pipe()
    shown = io.StringIO()
    with os.fdopen(reading, encoding="utf-8") as reader:
        answer = Desk([Terminal(reader, shown)], seconds=0.05).ask(request())
    os.close(writing)
    assert (answer.choice, answer.reason) == ("deny", "nobody answered within 0.05 seconds")
    assert "no longer asked" in shown.getvalue()


def test_without_a_terminal_there_is_no_front_end(tmp_path: Path) -> None:
    assert open_terminal(tmp_path / "absent") is None
    assert Desk([]).ask(request()).choice == "deny"
    with pytest.raises(ValueError, match="more than 0"):
        Desk([], 0)


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


def opened(path: Path) -> Terminal:
    front = open_terminal(path)
    assert front is not None
    return front


def test_what_was_typed_before_the_question_is_no_answer(terminal: tuple[int, Path]) -> None:
    keyboard, path = terminal
    front = opened(path)
    os.write(keyboard, b"yes\n")
    person = Person(keyboard, [b"no\n", b"x" * 63 + b" yes\n", b"never\n", b"yes\n"])
    person.start()
    desk = Desk([front])
    assert [desk.ask(request()).choice for _ in range(4)] == ["deny", "deny", "deny", "once"]
    person.join(60)
    front.close()


def test_a_screen_without_a_title_has_no_line_for_it() -> None:
    bare = replace(request(), surface=replace(PAGE, window=ScreenText(""), url=""))
    labels = [line.partition(":")[0] for line in prompt_lines(bare)]
    assert "  window" not in labels
    assert "  address" not in labels
