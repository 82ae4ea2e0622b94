"""Grants at the gate: what they cover is not asked about, and counted before it happens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Click, Type
from handrail.actuators.fake import Field
from handrail.sandbox.approval import KIND, ONCE, ScriptedApprover
from handrail.sandbox.errors import GrantError
from handrail.sandbox.grant import Block, Grant
from handrail.sandbox.granted import GrantedApprover
from handrail.sandbox.ledger import Ledger
from handrail.sandbox.policy import Policy, Rule, profile
from handrail.sandbox.records import Intent

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
BLOCK = Block(
    origins=("https://shop.example",), effects=("commit",), uses=3, until=NOW + timedelta(hours=8)
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "permits" / "ledger.sqlite", lambda: NOW)


def granted(open_door: MakeDoor, ledger: Ledger, grant: Grant, policy: Policy) -> "Door":
    asked = ScriptedApprover()
    door = open_door(policy=policy, approver=GrantedApprover(asked, ledger, [grant]))
    door.screen.surface = replace(door.screen.surface, url="https://shop.example/cart")
    return door


def test_the_gate_asks_nobody_about_what_a_grant_covers(
    open_door: MakeDoor, ledger: Ledger
) -> None:
    grant = ledger.issue(BLOCK)
    door = granted(open_door, ledger, grant, profile("ask"))
    send = Click(point=door.at("Send"))
    assert [door.submit(send).kind for _ in range(4)] == ["done"] * 3 + ["denied"]
    assert len(door.screen.submitted) == 3
    consents = [r.consent for r in door.records if isinstance(r, Intent)]
    assert consents == [f"grant {grant.id}"] * 3
    assert door.submit(Click(point=door.at("Name"))).kind == "denied", "an edit is not covered"


def test_what_the_rules_deny_or_want_rehearsed_is_not_granted(
    open_door: MakeDoor, ledger: Ledger
) -> None:
    grant = ledger.issue(BLOCK)
    for decision in ("deny", "rehearse"):
        rules = (Rule.model_validate({"decision": decision, "effects": ["commit"]}),)
        door = granted(open_door, ledger, grant, Policy(profile="ask", rules=rules))
        assert door.submit(Click(point=door.at("Send"))).kind == "denied"
    assert ledger.standings()[0].used == 0


def test_what_only_the_screen_named_is_put_to_a_person_whatever_is_granted(
    open_door: MakeDoor, ledger: Ledger
) -> None:
    block = Block(origins=("https://shop.example",), effects=("edit",), uses=9, until=BLOCK.until)
    door = granted(open_door, ledger, ledger.issue(block), profile("ask"))
    assert door.submit(Click(point=door.at("Name"))).kind == "done"
    refused = door.submit(Type(text="mallory@evil.test"))
    assert refused.kind == "denied"
    assert "mallory@evil.test" in refused.reason
    assert door.screen.named(Field, "Name").text == ""
    assert ledger.standings()[0].used == 1


def test_a_yes_to_a_kind_is_none_to_what_only_the_screen_named(open_door: MakeDoor) -> None:
    approver = ScriptedApprover([KIND, KIND, ONCE, False])
    door = open_door(policy=profile("ask"), approver=approver)
    for action in (Click(point=door.at("Name")), Type(text="fill"), Type(text=" in")):
        assert door.submit(action).kind == "done"
    assert len(approver.requests) == 2, "the kind was approved"
    tainted = Type(text=" mallory@evil.test")
    assert door.submit(tainted).kind == "done"
    assert approver.requests[2].kind is None, "the kind is not offered"
    assert door.submit(Type(text=" eve@evil.test")).kind == "denied"
    assert "eve" not in door.screen.named(Field, "Name").text


def test_no_effect_without_a_count_on_the_disk(open_door: MakeDoor, ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK)

    class Full(Ledger):
        def count(self, grant: Grant) -> str:
            raise GrantError("the disk is full")

    door = granted(open_door, Full(ledger.path, lambda: NOW), grant, profile("ask"))
    with pytest.raises(GrantError):
        door.submit(Click(point=door.at("Send")))
    assert door.screen.performed == []
    assert [state.state for state in door.states] == ["withdrawn"]


def test_a_grant_revoked_after_the_question_withdraws(open_door: MakeDoor, ledger: Ledger) -> None:
    grant = ledger.issue(BLOCK)

    class Late(Ledger):
        def count(self, grant: Grant) -> str:
            ledger.revoke(grant.id)
            return super().count(grant)

    door = granted(open_door, Late(ledger.path, lambda: NOW), grant, profile("ask"))
    outcome = door.submit(Click(point=door.at("Send")))
    assert (outcome.kind, "revoked" in outcome.reason) == ("withdrawn", True)
    assert door.screen.performed == []
