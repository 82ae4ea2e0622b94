"""A limit at the gate: the outcome is its own, nobody is asked, and nothing happens."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from handrail.actuators.actions import Click, Terminate
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.limits import Limits
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import Refusal

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door


def test_a_used_up_limit_is_an_outcome_of_its_own(open_door: Callable[..., "Door"]) -> None:
    approver = ScriptedApprover([True] * 3)
    policy = Policy(profile="ask", limits=Limits(commits=1))
    door = open_door(policy=policy, approver=approver)
    send = Click(point=door.at("Send"))
    assert door.submit(send).kind == "done"
    outcome = door.submit(send)
    assert outcome.kind == "exhausted"
    assert "1 commit a run are used up" in outcome.reason
    assert (len(approver.requests), len(door.screen.submitted)) == (1, 1)
    refusal = door.records[-1]
    assert isinstance(refusal, Refusal)
    assert refusal.outcome == "denied"
    assert door.submit(Click(point=door.at("Name"))).kind == "done"
    assert door.submit(Terminate(status="success")).kind == "done"
