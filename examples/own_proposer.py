"""Decide the next action yourself: a proposer of your own, here on a screen in memory."""

from collections.abc import Sequence

from handrail.actuators.actions import Action, Terminate, Type
from handrail.actuators.base import PermitVerifier
from handrail.actuators.fake import FakeScreen, Field
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import Proposal
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run

FIELD = Field("Name", Box(left=20, top=20, right=220, bottom=50))


def screen(verifier: PermitVerifier) -> FakeScreen:
    """Return a screen with one field, which has the focus."""
    made = FakeScreen(verifier, [FIELD])
    made.focus = FIELD
    return made


class Typist:
    """Types the goal, and is done."""

    def propose(self, goal: str, history: Sequence[Step], observation: Observation) -> Proposal:
        """Return the next action; ``observation.image`` is what a model would look at."""
        action: Action = Terminate(status="success") if history else Type(text=goal)
        return Proposal(action, "Type the goal" if not history else "Finish")


if __name__ == "__main__":
    request = RunRequest("Ada", FakeTarget(screen), policy=PolicyChoice(profile="unattended"))
    print(run(request, Crew(Typist())).result.kind, FIELD.text)
