"""P13: an answer counts once, in time, for the very action that was shown.

A front end answers badly: with what it sent to an earlier question, about another action, too late,
a second time, with a kind that was not offered, or with an edit that is another action or that the
policy denies. Nothing may happen.
"""

from collections.abc import Callable
from contextlib import suppress
from random import Random

from handrail.actuators.actions import Action, Click, Press, Type, digest
from handrail.actuators.fake import Button, Field, Widget
from handrail.actuators.geometry import Point
from handrail.sandbox.approval import DENY, ONCE, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.errors import AnswerRefused
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.question import Question
from handrail.tasks.approval_board import AnswerBody, Board
from tests.faults.stage import Door, box
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

_SECONDS = 60.0
_POLICY = Policy(profile="ask", rules=(Rule(decision="deny", effects=("commit", "unknown")),))


class _Gullible(Question):
    """Takes any answer: no defence at all."""

    def check(self, nonce: str) -> None:
        """Take any nonce."""

    def answer(self, answer: ApprovalAnswer, nonce: str, action_digest: str) -> None:
        """Take the last answer that came."""
        self._given = answer


class _FrontEnd:
    """Asks through a board, where somebody answers badly; what is asked after that gets a yes."""

    def __init__(self, random: Random, attack: "_Attack", defended: bool) -> None:
        self.random, self.attack = random, attack
        self.kind = Question if defended else _Gullible
        self.clock = [0.0]
        self.board = Board()
        self.sent: list[AnswerBody] = []

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        """Show the question, let the attack answer, and say no where nothing counted."""
        with self.kind(request, _SECONDS, lambda: self.clock[0]) as question:
            self.board.show(question)
            if self.sent:
                return ONCE
            self.attack(self, question)
            return question.end(DENY)

    def send(self, question: Question, **changed: object) -> None:
        """Send an answer with some fields changed."""
        good = {"nonce": question.nonce, "digest": question.digest, "choice": "once"}
        body = AnswerBody.model_validate({**good, **changed})
        self.sent.append(body)
        with suppress(AnswerRefused):
            self.board.answer(body)


_Attack = Callable[[_FrontEnd, Question], None]


def _replayed(front: _FrontEnd, question: Question) -> None:
    """Answer with what was the right answer to an earlier question about the same action."""
    with Question(question.request, _SECONDS, lambda: front.clock[0]) as earlier:
        front.send(question, nonce=earlier.nonce)


def _another_action(front: _FrontEnd, question: Question) -> None:
    other = digest(Type(text=f"other {front.random.randrange(9_999)}"))
    front.send(question, digest=other)


def _late(front: _FrontEnd, question: Question) -> None:
    front.clock[0] += _SECONDS + front.random.random() * 999
    front.send(question)


def _repeated(front: _FrontEnd, question: Question) -> None:
    question.answer(DENY, question.nonce, question.digest)
    front.send(question, choice=front.random.choice(("once", "once", "take_over")))


def _kind(front: _FrontEnd, question: Question) -> None:
    front.send(question, choice="kind")


def _unfit_edit(front: _FrontEnd, question: Question) -> None:
    number = front.random.randrange(9_999)
    others: list[Action] = [Press(keys=("enter",)), Type(text=f"{number}"), Press(keys=("a",))]
    if isinstance(question.request.action, Type):
        others = [Click(point=Point(x=number % 150, y=3)), Press(keys=("enter",))]
    front.send(question, choice="edit", action=front.random.choice(others).model_dump())


def _denied_edit(front: _FrontEnd, question: Question) -> None:
    """Edit the action to one that the policy denies; nobody is asked about that."""
    action: Action = Type(text=f"{front.random.randrange(9_999)}\n")
    if isinstance(question.request.action, Click):
        action = Click(point=Point(x=front.random.randrange(90, 140), y=60))
    front.send(question, choice="edit", action=action.model_dump())


_ATTACKS: tuple[_Attack, ...] = (
    _replayed, _another_action, _late, _repeated, _kind, _unfit_edit, _denied_edit,
)  # fmt: skip


def _world(random: Random, attack: _Attack) -> tuple[list[Widget], Action]:
    name = Field("Name", box(5, 5, 70), text=str(random.randrange(99)))
    danger = Button("Delete all", box(5, 80, 60))
    send = Button("Send", box(85, 45, 70, 30), submits=True)
    point = Point(x=random.randrange(8, 70), y=random.randrange(8, 26))
    action: Action = Click(point=point)
    if attack is _kind:
        action = Click(point=Point(x=random.randrange(8, 60), y=random.randrange(84, 100)))
    elif random.random() < 0.5:
        action = Type(text=f"Ada {random.randrange(9_999)}")
    return [name, send, danger], action


def _answers(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    policy = _POLICY if defended else Policy(profile="ask")
    with scratch() as folder:
        for number, random in seeds("P13 answers", 4 * count, seed):
            attack = _ATTACKS[number % len(_ATTACKS)]
            widgets, action = _world(random, attack)
            front = _FrontEnd(random, attack, defended)
            path = folder / "journal.jsonl"
            door = Door(path, widgets, policy, approver=front)
            door.screen.focus = widgets[0]
            outcome = door.gate.submit(action, door.screen.observe(), "goal")
            door.journal.close()
            path.unlink()
            if not tally.new((attack.__name__, str(action), front.sent[0].model_dump_json())):
                continue
            if door.screen.performed or outcome.kind == "handed_back":
                tally.fail(f"{number} {attack.__name__}", f"{door.screen.performed!r} happened")
            if len(tally.keys) == count:
                break
    return tally.verdict()


SUITES = (
    Suite(
        "P13 answers",
        "An answer that is replayed, late, repeated or for another action approves nothing",
        ("approval API",),
        Counts(test=140, faults=1_050, full=5_000),
        20,
        _answers,
    ),
)
