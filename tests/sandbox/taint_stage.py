"""A page with fields behind a gate, for what a screen may not choose."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from handrail.actuators.actions import Action, Click
from handrail.actuators.fake import Button, Field, Link
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Surface
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.gate import Outcome
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.rulebook import Rulebook

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]

HOME = "https://notes.test/new"
OPEN = Policy(
    profile="unattended",
    rules=(Rule(decision="allow", effects=("commit", "destroy", "unknown"), owned_display=True),),
)
ASKING = Policy(rules=(*OPEN.rules, Rule(decision="allow", effects=("navigate", "edit"))))
OWN = Surface("fake", "fake", owned=True, url=HOME)
NOTE = Field("Note", Box(left=10, top=10, right=200, bottom=30))
TO = Field("To", Box(left=10, top=40, right=200, bottom=60))
BARE = Field("", Box(left=10, top=70, right=200, bottom=90))
EVIL = Link("Read more", Box(left=10, top=100, right=90, bottom=120), href="https://evil.test/a")
ADD = Button("Add mallory@evil.test", Box(left=100, top=100, right=200, bottom=120))
GOAL = "Write to ada@example.org about report.pdf, see https://docs.test, account 12345678 102030"


def stand(
    open_door: MakeDoor, policy: Policy | Rulebook = OPEN, answers: tuple[bool, ...] = ()
) -> "Door":
    widgets = [replace(w) for w in (NOTE, BARE, TO, EVIL, ADD)]
    door = open_door(policy=policy, widgets=widgets, approver=ScriptedApprover(answers))
    door.screen.surface = OWN
    return door


def play(door: "Door", *actions: Action, goal: str = GOAL) -> list[Outcome]:
    return [door.gate.submit(action, door.screen.observe(), goal) for action in actions]


def on(field: Field | Link | Button, count: int = 1) -> Click:
    return Click(point=field.box.center, count=count)


def held(door: "Door", name: str) -> str:
    return door.screen.named(Field, name).text
