"""The stages on which every actuator is put through the same suite.

A stage is a screen with a text field and a button, and readers of what really happened. To add an
actuator: write a context manager that takes a ``PermitVerifier`` and yields a ``Stage``, and name
it in ``STAGES``.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from handrail.actuators.actions import Action
from handrail.actuators.base import Actuator, PermitVerifier, Receipt
from handrail.actuators.fake import Button, Caption, FakeScreen, Field
from handrail.actuators.geometry import Box, Point
from handrail.sandbox.permit import PermitOffice


@dataclass
class Stage:
    """An actuator on a known screen; ``text`` and ``presses`` read the world, not the actuator.

    Where input arrives only after a while, they wait until ``expected`` is there or a generous
    time is over, and return what there is.
    """

    actuator: Actuator
    field: Point
    button: Point
    text: Callable[[str], str]
    presses: Callable[[int], int]
    knows_elements: bool = True


@dataclass
class Performer:
    """A stage and the office whose permits its actuator takes."""

    stage: Stage
    office: PermitOffice

    def do(self, *actions: Action) -> Receipt:
        """Look, then perform each action with a permit of its own."""
        self.stage.actuator.observe()
        receipts = [self.stage.actuator.perform(a, self.office.issue(a)) for a in actions]
        return receipts[-1]


@contextmanager
def fake_stage(verifier: PermitVerifier) -> Iterator[Stage]:
    field = Field("Name", Box(left=20, top=60, right=320, bottom=90))
    button = Button("Count", Box(left=20, top=120, right=120, bottom=150))
    title = Caption("Conformance", Box(left=20, top=10, right=200, bottom=40))
    screen = FakeScreen(verifier, [title, field, button])
    yield Stage(
        actuator=screen,
        field=field.box.center,
        button=button.box.center,
        text=lambda expected: field.text,
        presses=lambda expected: button.presses,
    )
    screen.close()


StageMaker = Callable[[PermitVerifier], AbstractContextManager[Stage]]
STAGES: dict[str, StageMaker] = {"fake": fake_stage}


@pytest.fixture(params=sorted(STAGES))
def performer(request: pytest.FixtureRequest) -> Iterator[Performer]:
    office = PermitOffice()
    with STAGES[request.param](office) as stage:
        yield Performer(stage, office)
