"""What a person may answer, and what becomes of it at the gate."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Action, Click, Move, Press, Type, digest
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.fake import Button, Field
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Observation
from handrail.sandbox.approval import (
    DENY,
    KIND,
    ONCE,
    STOP,
    TAKE_OVER,
    ApprovalAnswer,
    ApprovalRequest,
    DenyAll,
    ScriptedApprover,
)
from handrail.sandbox.consent import EDITS
from handrail.sandbox.policy import Policy, Rule, profile
from handrail.sandbox.records import Intent, Note, Refusal
from tests.faults.stage import Around, box

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]


def edit(action: Action) -> ApprovalAnswer:
    return ApprovalAnswer("edit", action)


def test_without_anybody_everything_is_denied(open_door: MakeDoor) -> None:
    door = open_door(policy=profile("ask"), approver=DenyAll())
    assert door.submit(Click(point=door.at("Send"))).kind == "denied"


def test_a_script_answers_in_order_and_then_denies(open_door: MakeDoor) -> None:
    request = ApprovalRequest.__new__(ApprovalRequest)
    script = ScriptedApprover([True, False, STOP])
    assert [script.ask(request).choice for _ in range(4)] == ["once", "deny", "stop", "deny"]
    assert len(script.requests) == 4


def test_an_answer_is_no_truth_value() -> None:
    for answer in (ONCE, DENY):
        with pytest.raises(TypeError, match="choice"):
            bool(answer)


def test_only_an_edit_carries_an_action() -> None:
    with pytest.raises(ValueError, match="edit"):
        ApprovalAnswer("edit")
    with pytest.raises(ValueError, match="edit"):
        ApprovalAnswer("once", Type(text="x"))


def test_a_kind_is_asked_about_once_and_written_down(open_door: MakeDoor) -> None:
    approver = ScriptedApprover([KIND])
    door = open_door(policy=profile("ask"), approver=approver)
    send = Click(point=door.at("Send"))
    elsewhere = Click(point=Point(x=send.point.x + 9, y=send.point.y + 3))
    assert [door.submit(a).kind for a in (send, elsewhere, send)] == ["done"] * 3
    assert len(door.screen.submitted) == 3
    assert len(approver.requests) == 1
    kind = approver.requests[0].kind
    assert kind is not None
    notes = [r.data for r in door.records if isinstance(r, Note)]
    assert notes == [{"permits": kind.told()}]
    assert [r.consent for r in door.records if isinstance(r, Intent)] == ["kind"] * 3


@pytest.mark.parametrize("name", ["Name", "Count", "Remember me"])
def test_a_kind_covers_no_other_element(open_door: MakeDoor, name: str) -> None:
    approver = ScriptedApprover([KIND])
    door = open_door(policy=profile("ask"), approver=approver)
    assert door.submit(Click(point=door.at("Send"))).kind == "done"
    assert door.submit(Click(point=door.at(name))).kind == "denied"
    assert door.submit(Click(point=door.at("Send"), count=2)).kind == "denied"


@pytest.mark.parametrize("word", ["Delete all", "Uninstall", "?"])
def test_no_kind_of_what_cannot_be_undone(open_door: MakeDoor, word: str) -> None:
    widget = Button(word, box(20, 140, 90, 30), submits=True)
    approver = ScriptedApprover([KIND, KIND])

    class Unknown(Around):
        def hit_test(self, point: Point) -> None:
            return None

    wrap = Unknown if word == "?" else Around
    door = open_door(policy=profile("ask"), approver=approver, widgets=[widget], wrap=wrap)
    click = Click(point=door.at(word))
    assert [door.submit(click).kind for _ in range(2)] == ["denied", "denied"]
    assert [request.kind for request in approver.requests] == [None, None]
    assert door.screen.performed == []


def test_a_rule_that_denies_wins_over_an_approved_kind(open_door: MakeDoor) -> None:
    locked = Rule(decision="deny", effects=("commit",), text="Send", kinds=("press",))
    approver = ScriptedApprover([KIND])
    door = open_door(policy=Policy(profile="ask", rules=(locked,)), approver=approver)
    assert door.submit(Click(point=door.at("Send"))).kind == "done"
    door.screen.focus = door.screen.named(Button, "Send")
    assert door.submit(Press(keys=("enter",))).kind == "denied"


def test_an_edited_action_goes_through_the_gate_anew(open_door: MakeDoor) -> None:
    approver = ScriptedApprover([edit(Type(text="Ada")), ONCE])
    door = open_door(policy=profile("ask"), approver=approver)
    door.screen.focus = door.screen.named(Field, "Name")
    outcome = door.submit(Type(text="Eve"))
    assert (outcome.kind, outcome.edited) == ("done", Type(text="Ada"))
    assert door.screen.named(Field, "Name").text == "Ada"
    assert [request.action for request in approver.requests] == [Type(text="Eve"), Type(text="Ada")]
    intents = [r for r in door.records if isinstance(r, Intent)]
    assert [(i.digest, i.consent) for i in intents] == [(digest(Type(text="Ada")), "once")]


def test_an_edit_is_no_approval_of_what_policy_denies(open_door: MakeDoor) -> None:
    rules = (Rule(decision="deny", effects=("commit", "unknown", "destroy", "system")),)
    send = Click(point=box(20, 140, 90, 30).center)
    approver = ScriptedApprover([edit(send), ONCE])
    door = open_door(policy=Policy(profile="ask", rules=rules), approver=approver)
    outcome = door.submit(Click(point=door.at("Remember me")))
    assert outcome.kind == "denied"
    assert outcome.edited == Click(point=door.at("Send"))
    assert door.screen.performed == []


def test_an_edit_off_the_screen_fails(open_door: MakeDoor) -> None:
    door = open_door(
        policy=profile("ask"), approver=ScriptedApprover([edit(Click(point=Point(x=9_999, y=1)))])
    )
    assert door.submit(Click(point=door.at("Send"))).kind == "failed"


def test_edits_come_to_an_end(open_door: MakeDoor) -> None:
    texts = [edit(Type(text=str(number))) for number in range(2 * EDITS)]
    approver = ScriptedApprover(texts)
    door = open_door(policy=profile("ask"), approver=approver)
    door.screen.focus = door.screen.named(Field, "Name")
    outcome = door.submit(Type(text="Eve"))
    assert outcome.kind == "denied"
    assert "edited more than" in outcome.reason
    assert len(approver.requests) == EDITS + 1


def test_edits_of_different_actions_are_no_row(open_door: MakeDoor) -> None:
    answers = [a for n in range(2 * EDITS) for a in (edit(Type(text=f"new {n}")), ONCE)]
    door = open_door(policy=profile("ask"), approver=ScriptedApprover(answers))
    door.screen.focus = door.screen.named(Field, "Name")
    kinds = {door.submit(Type(text=f"old {n}")).kind for n in range(2 * EDITS)}
    assert kinds == {"done"}


def test_stop_ends_the_run_and_nothing_is_done(open_door: MakeDoor) -> None:
    door = open_door(policy=profile("ask"), approver=ScriptedApprover([STOP]))
    assert door.submit(Click(point=door.at("Send"))).kind == "stopped"
    assert [r.outcome for r in door.records if isinstance(r, Refusal)] == ["stopped"]
    assert door.screen.performed == []


@pytest.mark.parametrize(("goes_on", "kind"), [(True, "handed_back"), (False, "stopped")])
def test_nothing_is_looked_at_while_a_person_has_the_screen(
    open_door: MakeDoor, goes_on: bool, kind: str
) -> None:
    looks: list[str] = []

    class Watched(Around):
        def observe(self) -> Observation:
            looks.append("observe")
            return super().observe()

        def hit_test(self, point: Point) -> None:
            looks.append("hit_test")

    def handed_back() -> bool:
        notes = [r.topic for r in door.records if isinstance(r, Note)]
        assert notes == ["taken_over"], "written down before the person acts"
        before = len(looks)
        door.screen.named(Field, "Name").text = "by hand"
        assert len(looks) == before
        return goes_on

    lent = ApprovalAnswer("take_over", handed_back=handed_back)
    door = open_door(policy=profile("ask"), approver=ScriptedApprover([lent]), wrap=Watched)
    outcome = door.submit(Click(point=door.at("Send")))
    assert outcome.kind == kind
    assert looks == ["hit_test"]
    notes = [r for r in door.records if isinstance(r, Note)]
    assert [note.topic for note in notes] == ["taken_over", "handed_back"]
    assert notes[1].data["goes_on"] is goes_on
    assert [r.outcome for r in door.records if isinstance(r, Refusal)] == [kind]
    assert door.screen.performed == []


def test_take_over_by_a_script_hands_back_at_once(open_door: MakeDoor) -> None:
    door = open_door(policy=profile("ask"), approver=ScriptedApprover([TAKE_OVER]))
    assert door.submit(Click(point=door.at("Send"))).kind == "handed_back"


def test_a_use_that_cannot_be_counted_withdraws_the_action(open_door: MakeDoor) -> None:
    told = ["", "used up"]
    counted: list[int] = []

    def count() -> str:
        counted.append(len(door.screen.performed))
        return told.pop(0)

    granted = ApprovalAnswer("once", by="grant 7", count=count)
    door = open_door(policy=profile("ask"), approver=ScriptedApprover([granted] * 2))
    send = Click(point=door.at("Send"))
    assert [door.submit(send).kind for _ in range(2)] == ["done", "withdrawn"]
    assert counted == [0, 1], "counted before the effect"
    assert [r.consent for r in door.records if isinstance(r, Intent)] == ["grant 7"] * 2


def test_a_kept_permit_is_worth_nothing_on_another_screen(open_door: MakeDoor) -> None:
    kept: list[tuple[Action, Permit]] = []

    class Hoarder(Around):
        def perform(self, action: Action, permit: Permit) -> Receipt:
            kept.append((action, permit))
            return super().perform(*kept[0]) if len(kept) > 1 else Receipt(0.0)

    door = open_door(policy=profile("unattended"), wrap=Hoarder)
    move = Move(point=door.at("Name"))
    door.submit(move)
    door.screen.named(Field, "Name").text = "another screen"
    outcome = door.submit(move)
    assert outcome.kind == "failed"
    assert "another screen" in outcome.reason
    assert door.screen.performed == []
