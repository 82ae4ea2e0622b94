"""Keep, examine and tell while a stage goes on: what its first process does beside learning."""

import time
from dataclasses import dataclass

from handrail.model.learning import Optimizers
from handrail.model.pocket.course import Course, Interval, Reached
from handrail.model.pocket.lessons import Lesson
from handrail.model.pocket.losses import Scores
from handrail.model.pocket.network import TrainingNetwork
from handrail.model.pocket.peers import Peers
from handrail.model.pocket.progress import Log, Told
from handrail.model.pocket.quiz import Quiz
from handrail.model.pocket.states import Kept

_ROW_STEPS = 25


@dataclass(frozen=True)
class Duties:
    """How many minutes lie between states that are kept, and between examinations (0: none).

    ``tiles``: how many are asked about.
    """

    keep: float = 4.0
    examine: float = 6.0
    tiles: int = 30


class Clerk:
    """Writes down how far a stage has come, so that a kill costs minutes and a person sees it."""

    def __init__(
        self, kept: Kept, course: Course, lesson: Lesson, duties: Duties, reached: Reached
    ) -> None:
        self._kept, self._course, self._begun = kept, course, reached
        self._quiz = Quiz(lesson, duties.tiles) if duties.examine else None
        self._log = Log(kept.file.with_suffix(".log"), reached)
        self._told = Told(course, reached)
        self._keeping = Interval(duties.keep, reached.minutes)
        self._examining = Interval(duties.examine, reached.minutes)
        self._examined: Reached | None = None

    def begin(self, net: TrainingNetwork) -> None:
        """Say where the stage goes on, or examine what it begins with."""
        at = self._begun
        if at.step(0):
            self._told.say(
                f"{self._course.stage} goes on after {at.minutes:.1f} minutes, step {at.step(0)}"
            )
        else:
            self._examine(net, at)

    def after_step(
        self, net: TrainingNetwork, optimizer: Optimizers, peers: Peers, scores: Scores, met: bool
    ) -> None:
        """Tell of a step; keep and examine, when due, weights that all processes have (``met``)."""
        at = Reached(peers.minutes, (peers.step,))
        due = peers.step % _ROW_STEPS == 0
        if due:
            self._log.write({**_place(at), **_rounded(scores)})
        self._told.step(at, scores.values, line=due)
        if not met:
            return
        if self._keeping.due(at.minutes):
            self._kept.save(net, optimizer, peers.reached)
        if self._examining.due(at.minutes):
            self._examine(net, peers.reached)

    def end(self, net: TrainingNetwork, optimizer: Optimizers, peers: Peers) -> None:
        """Keep what the stage has come to, and examine it."""
        self._kept.save(net, optimizer, peers.reached)
        self._examine(net, peers.reached)
        self._told.say(f"{self._course.stage} is done: {self._kept.file}")

    def close(self) -> None:
        """Close the log and leave the terminal as it was."""
        self._log.close()
        self._told.close()

    def _examine(self, net: TrainingNetwork, at: Reached) -> None:
        if self._quiz is None or (self._examined and self._examined.steps == at.steps):
            return
        self._examined, began = at, time.monotonic()
        marks = self._quiz.examine(net)
        seconds = time.monotonic() - began
        counted = {name: [tally.right, tally.of] for name, tally in marks.items()}
        self._log.write({**_place(at), "seconds": round(seconds, 1), "examined": counted})
        self._told.examined(marks, at, seconds)


def _place(at: Reached) -> dict[str, float]:
    return {"step": at.step(0), "minutes": round(at.minutes, 2)}


def _rounded(scores: Scores) -> dict[str, float]:
    return {name: round(figure, 3) for name, figure in scores.values.items()}
