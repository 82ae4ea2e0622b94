"""Ask a checkpoint about screens that it never learned from: for what is there, and what is not.

Screens are drawn with seeds of their own, in training's fonts, or were photographed with a seed
that no training saw. Nothing that is kept for examination is among them.
"""

import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from handrail.model.grounding import Pointed
from handrail.model.pocket import forms, screens, shots, theme, words
from handrail.model.pocket.canvas import Canvas, Rect
from handrail.model.pocket.screens import ScreenSpec
from handrail.model.pocket.shots import Labels

Screen = tuple[str, Canvas | Labels, Image.Image]
"""A screen's name, whose first word is its source, what stands on it, and its pixels."""
Point = Callable[[Image.Image, str], Pointed]
"""Finds what a phrase names in a picture, its head watched."""
_SIZES = ((1024, 768), (1280, 800))
_THERE, _ELSEWHERE, _REMEMBERED = 3, 2, 60


@dataclass(frozen=True)
class Question:
    """A name that is asked for on a screen; ``box`` counts as a hit, None for what is not there."""

    name: str
    box: Rect | None


@dataclass(frozen=True)
class Answer:
    """What was found where a name was asked for: the signals, and the truth."""

    screen: str
    source: str
    there: bool
    hit: bool
    odds: float
    gaze: float


def questions(
    drawn: Canvas | Labels, before: Sequence[str], rng: random.Random
) -> tuple[Question, ...]:
    """Draw names of a screen, names of the screens before that it lacks, and one almost of it."""
    names = [element.name.casefold() for element in drawn.elements]
    written = " ".join([*names, *(run.text.casefold() for run in drawn.runs)])
    alone = [e for e in drawn.elements if e.name.strip() and names.count(e.name.casefold()) == 1]
    asked = [Question(e.name, e.box) for e in rng.sample(alone, min(_THERE, len(alone)))]
    foreign = [name for name in before if name.casefold() not in written]
    absent = rng.sample(foreign, min(_ELSEWHERE, len(foreign)))
    if alone:
        almost = words.near_duplicate(rng, rng.choice(alone).name)
        absent += [almost] if almost and almost.casefold() not in written else []
    return (*asked, *(Question(name, None) for name in absent))


def drawn_screens(count: int, seed: int) -> Iterator[Screen]:
    """Draw screens and forms in training's fonts, which no stage draws, each by its own seed."""
    faces = theme.training_faces()
    for number in range(count):
        rng = random.Random(f"calibration:{seed}:{number}")
        draw = forms.form if number % 3 == 2 else screens.screen
        canvas = draw(ScreenSpec(*_SIZES[number % 2], faces), rng)
        yield f"drawn {number}", canvas, Image.fromarray(canvas.image())


def photographed(folder: Path, most: int) -> Iterator[Screen]:
    """Read the first photographs of each folder below one, as ``handrail.tasks.data`` makes them.

    Raises ShotUnreadable.
    """
    taken: dict[Path, int] = {}
    for file in shots.found(folder):
        taken[file.parent] = taken.get(file.parent, 0) + 1
        if taken[file.parent] <= most:
            labels, pixels = shots.read(file)
            yield f"{file.parent.name} {file.stem}", labels, Image.fromarray(pixels)


class Trial:
    """Asks about screens, and keeps each screen's answers in a file, to go on after a stop."""

    def __init__(self, point: Point, seed: int, file: Path) -> None:
        self._point, self._seed, self._file = point, seed, file

    def answers(self, seen: Iterable[Screen]) -> list[Answer]:
        """Ask about those screens that were not asked about yet. Raises ModelError."""
        before: dict[str, list[str]] = {}
        done = {answer.screen for answer in self._kept()}
        for screen, drawn, image in seen:
            rng = random.Random(f"questions:{self._seed}:{screen}")
            # of one source alone: how many of another are asked about changes no question
            others = before.get(source_of(screen), [])
            asked = questions(drawn, others, rng)
            names = [*(element.name for element in drawn.elements), *others]
            before[source_of(screen)] = names[:_REMEMBERED]
            if screen not in done:
                found = [_answer(self._point, screen, image, question) for question in asked]
                self._keep([answer for answer in found if answer is not None])
                print(f"{screen}: {len(asked)} asked", file=sys.stderr, flush=True)
        return self._kept()

    def _kept(self) -> list[Answer]:
        if not self._file.is_file():
            return []
        return [Answer(**json.loads(line)) for line in self._file.read_text("utf-8").splitlines()]

    def _keep(self, told: Sequence[Answer]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(answer)) + "\n" for answer in told)


def _answer(point: Point, screen: str, image: Image.Image, question: Question) -> Answer | None:
    """Ask; None where nothing is found, not even badly."""
    found = point(image, question.name)
    if found.gaze is None:
        return None
    x, y = found.x * image.width, found.y * image.height
    there = question.box is not None
    hit = question.box is not None and _holds(question.box, x, y)
    return Answer(screen, source_of(screen), there, hit, found.odds, found.gaze)


def source_of(screen: str) -> str:
    """Return where a screen is from, by its name."""
    return screen.partition(" ")[0]


def _holds(box: Rect, x: float, y: float) -> bool:
    return box[0] <= x < box[2] and box[1] <= y < box[3]
