"""Watch an episode being played, and keep of each step what can be learned from it.

Where the page is read it is before the step is done, at the moment of its screenshot. What an
expert aims at is the element that it says; what a model meets is what the page says is there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from PIL import Image
from pydantic import TypeAdapter

from handrail.actuators.actions import ENDINGS, Scroll, Wait, points
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import Proposer
from handrail.agent.result import Result
from handrail.agent.search import is_search
from handrail.model.pocket.canvas import Rect, Run
from handrail.model.pocket.episodes import Kept, Played
from handrail.model.pocket.instructions import Move
from handrail.model.pocket.shots import Labels
from handrail.sandbox.records import Alert
from handrail.tasks.data.photographs import label_script, scaled
from handrail.tasks.miniwob.experts.moves import Aimed
from handrail.tasks.miniwob.play import Casting
from handrail.tasks.miniwob.stage import Stage
from handrail.tasks.tuning.example import Done
from handrail.tasks.tuning.pocket_words import EVERYTHING, move_of

_LABELS = TypeAdapter(Labels)
_BOX: TypeAdapter[Rect | None] = TypeAdapter(Rect | None)
_NAME = re.compile(r"\w[^\n]{0,39}|x", re.ASCII)
"""What can be asked for by its name alone: some words on one line."""


@dataclass(frozen=True)
class _Seen:
    """A reply as a move, and what the page showed then: lines of text, and what it is about."""

    move: Move | None
    runs: tuple[Run, ...]
    box: Rect | None
    name: str


class Recording:
    """The steps of one episode that took effect, with their pictures; it follows its run.

    Left out is what is not planned: waiting, for how long a page takes says nothing about what is
    to be done, and scrolling that the instruction does not ask for, with which a model searches by
    itself for what is not in view.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._seen: _Seen | None = None
        self._steps: list[tuple[Image.Image, _Seen]] = []

    def casting(self, inner: Casting) -> Casting:
        """Return who plays, watched."""
        return lambda stage, task, seed: _Watched(inner(stage, task, seed), stage, self)

    def notice(self, stage: Stage, goal: str, reply: Proposal | ParseError) -> None:
        """Read the page as it is when a reply was given. Raises EpisodeLost."""
        self._seen = None
        if isinstance(reply, ParseError) or isinstance(reply.action, (*ENDINGS, Wait)):
            return
        said = move_of(Done(reply.action, reply.line), goal, EVERYTHING)
        move = said if isinstance(said, Move) else None
        if move is None and isinstance(reply.action, Scroll):
            return
        labels = scaled(_LABELS.validate_python(stage.read(label_script())), stage.scale)
        if isinstance(reply, Aimed):
            box: Rect | None = reply.box
            name = reply.name if _NAME.fullmatch(reply.name) else ""
        else:
            box, name = _met(stage, reply), ""
        self._seen = _Seen(move, tuple(labels.runs), box, name)

    def looked(self, number: int, observation: Observation) -> None:
        """Hear of a look, of which the step will tell."""

    def stepped(self, step: Step) -> None:
        """Keep a step that was done, with the reply as it was: a run hides what goes in secret."""
        seen, self._seen = self._seen, None
        done = step.outcome is not None and step.outcome.kind == "done"
        if seen is None or step.observation is None or not done or is_search(step):
            return
        self._steps.append((step.observation.image, seen))

    def alerted(self, alert: Alert) -> None:
        """Hear of an alert, from which nothing is learned."""

    def ended(self, result: Result) -> None:
        """Hear of the end, which the page judges."""

    def pictures(self) -> list[Image.Image]:
        """Return every step's screenshot."""
        return [image for image, _ in self._steps]

    def played(self, task: str, goal: str, name: str) -> Played:
        """Return the episode in the pocket model's words; its pictures are named after ``name``."""
        steps = (
            Kept(f"{name}-{number}.webp", seen.move, seen.name, seen.box, seen.runs)
            for number, (_, seen) in enumerate(self._steps)
        )
        return Played(task, self._source, goal, tuple(steps))


@dataclass(frozen=True)
class _Watched:
    """A proposer whose replies are noticed."""

    inner: Proposer
    stage: Stage
    recording: Recording

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the proposer's reply."""
        reply = self.inner.propose(goal, history, observation)
        self.recording.notice(self.stage, goal, reply)
        return reply


def _met(stage: Stage, reply: Proposal) -> Rect | None:
    """Return the box in pixels of what an action's last point meets, None where that is nothing."""
    at = points(reply.action)
    if not at:
        return None
    script = files("handrail.tasks.miniwob").joinpath("met.js").read_text("utf-8")
    place = [side / stage.scale for side in (at[-1].x + 0.5, at[-1].y + 0.5)]
    box = _BOX.validate_python(stage.read(script, place))
    return None if box is None else tuple(side * stage.scale for side in box)  # type: ignore[return-value]
