"""What a surface must offer to be tested for blind input, and the test itself.

A ``Ground`` makes screens on which a target cannot take an action, for one of seven reasons, and
the same screens with that reason gone. Each action goes through a real gate, and everything is
approved: only the surface itself can refuse.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol, get_args

from handrail.actuators.actionability import Looks
from handrail.actuators.actions import Action
from handrail.actuators.base import Permit, Receipt
from handrail.actuators.errors import ActionRefused, Obstacle
from handrail.actuators.geometry import Point
from handrail.actuators.observation import Element, Observation
from handrail.actuators.primitives import Guarded, Safeguards
from handrail.sandbox.approval import ONCE, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy
from tests.faults.stage import QuickDisk, no_stop
from tests.faults.suite import Tally, Verdict, scratch, seeds

_LOOKS = 3
OBSTACLES: tuple[Obstacle, ...] = get_args(Obstacle)


def nothing() -> None:
    """Leave the world as it is."""


@dataclass(frozen=True)
class Trial:
    """An action on a screen.

    ``landed`` tells what the world itself got of it; ``late`` happens between the gate's last look
    and the input.
    """

    key: str
    screen: Guarded
    office: PermitOffice
    action: Action
    landed: Callable[[], list[str]]
    late: Callable[[], None] = nothing


class Ground(Protocol):
    """A surface on which trials are made."""

    def trial(self, obstacle: Obstacle, fit: bool, random: Random) -> Trial:
        """Set a screen up.

        Where it is ``fit``, the obstacle is left out and the rest is the same for the same chance.
        """
        ...


class _Between:
    """A screen on which something happens right before the input, and which remembers refusals."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.reasons: list[Obstacle | None] = []

    def observe(self) -> Observation:
        return self.trial.screen.observe()

    def hit_test(self, point: Point) -> Element | None:
        return self.trial.screen.hit_test(point)

    def focused(self) -> Element | None:
        return self.trial.screen.focused()

    def perform(self, action: Action, permit: Permit) -> Receipt:
        self.trial.late()
        try:
            return self.trial.screen.perform(action, permit)
        except ActionRefused as error:
            self.reasons.append(error.reason)
            raise

    def close(self) -> None:
        """Leave the screen to its ground."""


class _Yes:
    """Approves everything."""

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        return ONCE


def unchecked(action: Action, looks: Looks) -> None:
    """Let every action through: no defence at all."""


def tried(ground: Ground, count: int, seed: int, defended: bool) -> Verdict:
    """Try every obstacle in turn, and every screen again without it."""
    tally = Tally()
    safeguards = Safeguards() if defended else Safeguards(check=unchecked)
    with scratch() as folder:
        for number, random in seeds("P15 actionable", 3 * count, seed):
            obstacle, chance = OBSTACLES[number % len(OBSTACLES)], random.random()
            trial = ground.trial(obstacle, False, Random(chance))
            if not tally.new(f"{obstacle} {trial.key}"):
                continue
            if wrong := _refused(trial, obstacle, safeguards, folder):
                tally.fail(f"{number} {obstacle} {trial.key[:120]}", wrong)
            if wrong := _done(ground.trial(obstacle, True, Random(chance)), safeguards, folder):
                tally.fail(f"{number} {obstacle} fit", wrong)
            if len(tally.keys) == count:
                break
    tally.notes.append("each screen also without its obstacle, and then done")
    return tally.verdict()


def _submitted(
    trial: Trial, safeguards: Safeguards, folder: Path
) -> tuple[str, list[Obstacle | None]]:
    path = folder / "journal.jsonl"
    trial.screen.safeguards = safeguards
    between = _Between(trial)
    with Journal.create(path, "run", QuickDisk()) as journal:
        gate = Gate(between, trial.office, Policy(profile="ask"), journal, _Yes(), no_stop)
        for _ in range(_LOOKS):
            outcome = gate.submit(trial.action, trial.screen.observe(), "goal")
            # what the gate's recheck withdrew is tried again, as in a run; a refusal stands
            if outcome.kind != "withdrawn" or between.reasons:
                break
    path.unlink()
    return f"{outcome.kind}: {outcome.reason}", between.reasons


def _refused(trial: Trial, obstacle: Obstacle, safeguards: Safeguards, folder: Path) -> str:
    outcome, reasons = _submitted(trial, safeguards, folder)
    if landed := trial.landed():
        return f"blind: {landed} after {outcome}"
    if reasons != [obstacle]:
        return f"refused for {reasons}: {outcome}"
    return ""


def _done(trial: Trial, safeguards: Safeguards, folder: Path) -> str:
    outcome, _ = _submitted(trial, safeguards, folder)
    return "" if outcome.startswith("done") and trial.landed() else f"not done: {outcome}"
