"""Episodes that were played to their end, for training: pictures, steps, and what each step met.

They are kept by ``handrail.tasks.data``; this file knows only the format: ``NAME.json`` beside one
``NAME-I.webp`` (lossless) a step. Who learns from them is taught every step of the instruction
without a screen, and on the pictures to find what was met (behaviour cloning; where the steps are
the model's own, of episodes that succeeded, filtered behaviour cloning).
"""

import json
import os
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image
from pydantic import TypeAdapter, ValidationError

from handrail.model.pocket import buttons, plans, rows
from handrail.model.pocket.canvas import Rect, Run
from handrail.model.pocket.errors import EpisodeUnreadable
from handrail.model.pocket.instructions import Move
from handrail.model.pocket.queries import Query
from handrail.model.pocket.rows import Look, is_act
from handrail.model.pocket.targets import Tile
from handrail.model.tiles import TileSpec

FOLDER = "episodes"
"""Where they lie, under the folder of photographed screens."""
_OTHERS = 3
"""Names of other screens that are asked for on a tile at most."""


@dataclass(frozen=True)
class Kept:
    """One step: its picture's file, the move in the model's words, and what it met.

    ``move`` is None where the model has no words for what was done. ``name`` is what was met is
    called, empty where it has no name; ``box`` where it is, in pixels, None where the step is at no
    place. ``runs`` are lines of text on the picture.
    """

    picture: str
    move: Move | None
    name: str = ""
    box: Rect | None = None
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Played:
    """One episode: its instruction, and the steps that fulfilled it.

    Episodes of one ``group`` are alike: a lesson takes as many of each group. ``source`` says who
    played.
    """

    group: str
    source: str
    goal: str
    steps: tuple[Kept, ...]


@dataclass(frozen=True)
class Group:
    """What episodes of one kind have to teach: looks by picture, plans, and names that are read."""

    pictures: tuple[tuple[Look, ...], ...]
    episodes: tuple[rows.Episode, ...]
    names: tuple[str, ...]


_PLAYED = TypeAdapter(Played)


def write(folder: Path, name: str, played: Played, pictures: Sequence[Image.Image]) -> Path:
    """Write one episode; return its file, which is there only once all of it is.

    Two processes that write the same episode do no harm to each other.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for step, picture in zip(played.steps, pictures, strict=True):
        part = folder / f"{step.picture}.{os.getpid()}"
        picture.convert("RGB").save(part, "WEBP", lossless=True, quality=40, method=2)
        part.replace(folder / step.picture)
    file = folder / f"{name}.json"
    part = file.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(asdict(played), separators=(",", ":")), "utf-8")
    part.replace(file)
    return file


def read(file: Path) -> Played:
    """Return an episode. Raises EpisodeUnreadable, naming the file."""
    try:
        return _PLAYED.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise EpisodeUnreadable(f"{file}: is no episode ({error}): make it anew") from error


@lru_cache(maxsize=2)
def found(folder: Path) -> tuple[Group, ...]:
    """Return what all episodes of a folder teach, by group, in order; none where there are none.

    Raises EpisodeUnreadable.
    """
    by_group: dict[str, list[tuple[Look, ...]]] = {}
    plans_of: dict[str, list[rows.Episode]] = {}
    for file in sorted(folder.glob("*.json")):
        played = read(file)
        looks = (_look(played, number, folder) for number in range(len(played.steps)))
        by_group.setdefault(played.group, []).extend((look,) for look in looks if look)
        plans_of.setdefault(played.group, []).extend(_plan(played))
    return tuple(
        Group(tuple(by_group[name]), tuple(plans_of[name]), _readable(by_group[name]))
        for name in sorted(by_group)
    )


def tile(groups: Sequence[Group], spec: TileSpec, rng: random.Random) -> tuple[Tile, list[Query]]:
    """Draw a tile of one of the pictures, every group alike, with questions about it.

    Each of the groups must have pictures.
    """
    group = rng.choice(groups)
    other = rng.choice(groups)
    names = [] if other is group else rng.sample(other.names, min(_OTHERS, len(other.names)))
    return rows.shown(rng.choice(group.pictures), spec, rng, names)


def plan(groups: Sequence[Group], rng: random.Random) -> plans.Plan:
    """Draw the plan of one of the instructions, every group alike; each must have one."""
    return rows.planned(rng.choice(rng.choice(groups).episodes))


def _look(played: Played, number: int, folder: Path) -> Look | None:
    """Return what a step has to find on its picture.

    After a step for which there are no words no history can be told; then the name alone is asked
    for.
    """
    step, before = played.steps[number], [one.move for one in played.steps[:number]]
    if step.box is None:
        return None
    image, done = folder / step.picture, tuple(move for move in before if move is not None)
    move = step.move
    if move is not None and move.click and is_act(move.way) and len(done) == number:
        return Look(image, move.click, step.box, played.goal, done, move.way, step.runs)
    return Look(image, step.name, step.box, "", runs=step.runs) if step.name else None


def _plan(played: Played) -> list[rows.Episode]:
    """Return the instruction with its steps up to one for which there are no words."""
    moves: list[Move] = []
    for step in played.steps:
        if step.move is None:
            break
        moves.append(step.move)
    ended = len(moves) == len(played.steps)
    return [rows.Episode(played.goal, tuple(moves), ended)] if moves else []


def _readable(pictures: Sequence[Sequence[Look]]) -> tuple[str, ...]:
    """Return the names that are written where they were found: elsewhere, unwritten, they lack."""
    looks = [look for picture in pictures for look in picture]
    written = (
        look.name for look in looks if any(look.name == run.text.strip() for run in look.runs)
    )
    return tuple(dict.fromkeys(name for name in written if not buttons.known(name)))
