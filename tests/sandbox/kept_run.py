"""A run on the fake screen whose button writes to a world that is kept, and what undoes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handrail.actuators.actions import Click
from handrail.actuators.fake import Button
from handrail.sandbox.journal import read_journal
from handrail.sandbox.keeping import Keeping
from handrail.sandbox.rollback import Later, Rollback, UndoStep
from handrail.sandbox.undoing import undo
from tests.sandbox.world_keeper import World, WorldKeeper

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door


@dataclass
class Run:
    """A run whose button writes to a world that is kept, and what undoes it."""

    door: "Door"
    world: World = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keeper = WorldKeeper(self.world)
        self.door.gate.keeping = self.keeping = Keeping([self.keeper])
        self.rollback = Rollback({"files": self.keeper})

    def write(self, **changes: str | None) -> None:
        """Let the button write these entries, and press it."""

        def pressed() -> None:
            for name, text in changes.items():
                self.world.pop(name, None)
                self.world.update({} if text is None else {name: text})

        self.door.screen.named(Button, "Count").on_press = pressed
        assert self.door.submit(Click(point=self.door.at("Count"))).kind == "done"

    def ended(self) -> None:
        """End the run."""
        self.keeping.ended(self.door.journal)

    def plan(self, after: int = -1, later: Later | None = None) -> tuple[UndoStep, ...]:
        """Plan to undo what the journal tells."""
        return self.rollback.plan(read_journal(self.door.path).entries, after, later)

    def undo(self, after: int = -1, later: Later | None = None) -> list[UndoStep]:
        """Undo, with the same journal open still."""
        plan = self.plan(after, later)
        return list(undo(self.rollback, plan, self.door.journal.append))

    @property
    def states(self) -> list[str]:
        """Return what became of each action."""
        return [state.state for state in self.door.states]


MakeRun = Callable[..., Run]


def prospects(steps: "tuple[UndoStep, ...] | list[UndoStep]") -> list[str]:
    return [step.prospect for step in steps]
