"""A warden over a journal on disk, with a scripted person and a clock that is set by hand."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from handrail.actuators.actions import Action, Click
from handrail.actuators.fake import FakeScreen
from handrail.actuators.geometry import Box, Point
from handrail.actuators.held import HeldRequest
from handrail.actuators.observation import Element, ScreenText, Surface
from handrail.sandbox.approval import ApprovalAnswer, ScriptedApprover
from handrail.sandbox.case import Case
from handrail.sandbox.journal import Journal
from handrail.sandbox.journal_reading import read_journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy
from handrail.sandbox.records import Sent
from handrail.sandbox.request_rules import RequestRule
from handrail.sandbox.rulebook import Rulebook
from handrail.sandbox.ruling import Ruling
from handrail.sandbox.warden import Warden

HOME = "https://shop.test/cart"
CLICK = Click(point=Point(x=1, y=1))
FORM = Element(
    "button",
    ScreenText("Order"),
    Box(left=0, top=0, right=9, bottom=9),
    submits=True,
    method="post",
    sends_to="https://shop.test/order",
)
ORDER = HeldRequest("POST", "https://shop.test/order", "navigation", HOME, top=True)
POLL = HeldRequest("POST", "https://shop.test/ping", "fetch", HOME)


@dataclass
class WardenStand:
    """A warden over a journal on disk, with a scripted person and a clock that is set by hand."""

    path: Path
    policy: Policy | Rulebook
    answers: tuple[bool | ApprovalAnswer, ...] = ()
    goal: str = "order at shop.test"
    clean: Callable[[str], str] = lambda text: text
    now: float = 0.0

    def __post_init__(self) -> None:
        self.person = ScriptedApprover(self.answers)
        self.journal = Journal.create(self.path, "run")
        rules = Rulebook.of(self.policy)
        self.warden = Warden(
            rules, self.journal, self.person, self.goal, self.clean, lambda: self.now
        )

    def during(
        self, *requests: HeldRequest, element: Element | None = FORM, action: Action = CLICK
    ) -> list[bool]:
        """Decide about requests while an action is performed."""
        with self.warden.following(self.case(element, action), 7):
            return [self.warden.decide(request) for request in requests]

    def case(self, element: Element | None, action: Action) -> Case:
        surface = Surface("browser", "chromium", owned=True, url=HOME)
        with_url = replace(FakeScreen(PermitOffice(), []).observe(), surface=surface)
        return Case(action, with_url, (element,), "commit", Ruling("ask", "profile"), self.goal)

    def told(self) -> list[Sent]:
        return [e.record for e in read_journal(self.path).entries if isinstance(e.record, Sent)]


def allowing(**conditions: object) -> RequestRule:
    return RequestRule.model_validate({"decision": "allow", "host": "shop.test", **conditions})
