"""A person takes the screen over, and hands it back on a terminal or elsewhere."""

import io
import os
import threading

import pytest

from handrail.actuators.actions import Type
from handrail.actuators.observation import Surface
from handrail.sandbox.approval import TAKE_OVER, ApprovalRequest
from handrail.sandbox.desk import Desk
from handrail.sandbox.question import Question, Takeover
from handrail.sandbox.terminal import Terminal

ASKED = ApprovalRequest("g", Type(text="a"), "edit", Surface("fake", "f"), "why")


@pytest.mark.parametrize(
    ("words", "back"),
    [("done\n", True), ("DONE \n", True), ("x\nstop\n", False), ("", False), (b"\xff\n", False)],
)
def test_only_a_word_hands_the_screen_back(words: str | bytes, back: bool) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as reader:
        shown = io.StringIO()
        os.write(writing, b"take over\n")
        answer = Desk([Terminal(reader, shown)]).ask(ASKED)
        assert answer.choice == "take_over"
        data = words.encode() if isinstance(words, str) else words
        lines = data.splitlines(keepends=True)
        threading.Thread(target=_lines, args=(writing, shown, lines), daemon=True).start()
        assert answer.handed_back() is back
    assert "Type done to hand it back" in shown.getvalue()


def _lines(descriptor: int, shown: io.StringIO, lines: list[bytes]) -> None:
    """Type each line once the one before it was read."""
    for number, line in enumerate(lines, start=1):
        while shown.getvalue().count("Type done") < number:
            pass
        os.write(descriptor, line)
    os.close(descriptor)


def test_a_screen_that_was_handed_back_elsewhere_leaves_the_terminal() -> None:
    reading, writing = os.pipe()
    shown = io.StringIO()
    with os.fdopen(reading, encoding="utf-8") as reader, Takeover() as takeover:
        takeover.give(True, takeover.nonce)
        Terminal(reader, shown).lend(takeover)
        assert takeover.end(False) is True
    os.close(writing)
    assert shown.getvalue().endswith("(no longer asked)\n")


class Lent:
    """A front end on which somebody takes over, and which a stop reaches then or before."""

    def __init__(self, stop_at: str) -> None:
        self.stop_at = stop_at
        self.stopped = False

    def show(self, question: Question) -> None:
        self.stopped = self.stop_at == "show"
        if not self.stopped:
            question.answer(TAKE_OVER, question.nonce, question.digest)

    def lend(self, takeover: Takeover) -> None:
        self.stopped = self.stop_at == "lend"


@pytest.mark.parametrize("stop_at", ["show", "lend"])
def test_a_stop_ends_a_question_and_a_takeover(stop_at: str) -> None:
    front = Lent(stop_at)
    answer = Desk([front], stopped=lambda: front.stopped).ask(ASKED)
    if stop_at == "show":
        assert answer.choice == "stop"
    else:
        assert answer.choice == "take_over"
        assert answer.handed_back() is False
