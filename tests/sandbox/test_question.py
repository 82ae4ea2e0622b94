"""Open questions: which answers count, when it is too late, and what wakes those who wait."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from handrail.actuators.actions import Action, Click, Press, Type, digest
from handrail.actuators.geometry import Point
from handrail.actuators.observation import ScreenText, Surface
from handrail.sandbox.approval import DENY, ONCE, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.errors import AnswerRefused
from handrail.sandbox.question import Pending, Question

SHOP = Surface("browser", "chromium", window=ScreenText("Shop"), url="https://shop.example/cart")
CLICK = Click(point=Point(x=1, y=2))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.stopped = False

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def question(clock: Clock) -> Iterator[Question]:
    request = ApprovalRequest("g", CLICK, "commit", SHOP, "ask")
    with Question(request, 60, clock, lambda: clock.stopped) as made:
        yield made


def edited(action: Action) -> ApprovalAnswer:
    return ApprovalAnswer("edit", action=action)


def refused(question: Question, answer: ApprovalAnswer, nonce: str = "", about: str = "") -> str:
    with pytest.raises(AnswerRefused) as error:
        question.answer(answer, nonce or question.nonce, about or question.digest)
    return error.value.code


def test_the_first_answer_counts(question: Question) -> None:
    assert question.is_open
    question.answer(ONCE, question.nonce, question.digest)
    assert not question.is_open
    assert refused(question, DENY) == "repeated"
    assert question.end(DENY) is ONCE


@pytest.mark.parametrize(
    ("answer", "nonce", "about", "code"),
    [
        (ONCE, "another", "", "other_question"),
        (ONCE, "", digest(Type(text="a")), "other_action"),
        (ApprovalAnswer("kind"), "", "", "unfit"),
        (edited(Press(keys=("enter",))), "", "", "unfit"),
        (edited(Click(point=CLICK.point, button="right")), "", "", "unfit"),
    ],
)
def test_what_does_not_count_leaves_the_question_open(
    question: Question, answer: ApprovalAnswer, nonce: str, about: str, code: str
) -> None:
    assert refused(question, answer, nonce, about) == code
    assert question.is_open
    moved = edited(Click(point=Point(x=9, y=9)))
    question.answer(moved, question.nonce, question.digest)
    assert question.end(DENY) is moved


@pytest.mark.parametrize("why", ["time", "stop", "ended"])
def test_an_answer_that_comes_too_late_is_refused(
    question: Question, clock: Clock, why: str
) -> None:
    if why == "ended":
        assert question.end(DENY) is DENY
    clock.now = 60.0 if why == "time" else 0.0
    clock.stopped = why == "stop"
    assert not question.is_open
    assert refused(question, ONCE) == "late"
    assert question.waits_for() is False
    assert question.end(DENY) is DENY


def test_who_waits_is_woken_by_an_answer_and_told_of_input() -> None:
    read, write = os.pipe()
    with os.fdopen(read) as source, Pending[bool]() as pending:
        os.write(write, b"y")
        assert pending.waits_for(source) is True, "there is something to read"
        source.read(1)
        answering = threading.Timer(0.05, pending.give, (True, pending.nonce))
        answering.start()
        began = time.monotonic()
        assert pending.waits_for(source) is False
        assert time.monotonic() - began < 0.4, "woken, not polled"
        answering.join()
    os.close(write)
    assert pending.end(False) is True


def test_a_stop_is_noticed_by_who_waits(clock: Clock) -> None:
    with Pending[bool](60, clock, lambda: clock.stopped) as pending:
        stopping = threading.Timer(0.05, lambda: setattr(clock, "stopped", True))
        stopping.start()
        assert pending.waits_for() is False
        stopping.join()
        assert pending.end(False) is False
