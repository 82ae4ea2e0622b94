"""What there is to learn from: one screen, what was asked, and the right action on it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from handrail.actuators.actions import Action, Click, Terminate
from handrail.actuators.geometry import Point
from handrail.tasks.errors import RowError
from handrail.tasks.evaluate_rows import GroundingRow


@dataclass(frozen=True)
class Done:
    """A step that was done before: its action, and the line that told of it."""

    action: Action
    line: str


@dataclass(frozen=True)
class Example:
    """One screen with its right answer.

    ``where`` is for people: a file and line, or a run and step. ``row`` is the question of a
    grounding row; then the answer is its box and ``action`` a click at its middle, or an end in
    failure where nothing is what it means. ``line`` and ``reply`` are the words with which the
    step was once proposed, empty where nobody did. Examples of one ``group`` are held out together;
    those of one ``episode`` are steps of one instruction.
    """

    where: str
    image: Path
    size: tuple[int, int]
    goal: str
    action: Action
    group: str
    episode: str
    before: tuple[Done, ...] = ()
    line: str = ""
    reply: str = ""
    row: GroundingRow | None = None


@dataclass(frozen=True)
class LeftOut:
    """A row or step that is not learned from, and why."""

    where: str
    reason: str


@dataclass(frozen=True)
class Found:
    """What sources hold: examples, and what was left out of them."""

    examples: tuple[Example, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def of_row(row: GroundingRow) -> Example:
    """Return the example of a grounding row."""
    if row.box is None:
        action: Action = Terminate(status="failure")
    else:
        left, top, right, bottom = row.box
        middle = Point(x=int((left + right) / 2), y=int((top + bottom) / 2))
        action = Click(point=middle)
    group = image_digest(row.image, row.where)
    return Example(
        row.where, row.image, row.size, row.instruction, action, group, row.where, row=row
    )


def image_digest(path: Path, where: str) -> str:
    """Return the hash of a picture's file, once the whole picture could be read.

    Raises RowError, naming who asked for it.
    """
    try:
        with Image.open(path) as image:
            image.load()
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RowError(
            f"{where}: cannot read the image {path}: {error}; save it again as PNG or WebP, or "
            "leave the row out"
        ) from error
