"""Make training batches: dense text, small screens and tiles of whole screens, with targets."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handrail.model.pocket import (
    asking,
    episodes,
    forms,
    plans,
    queries,
    scenes,
    screens,
    shots,
    targets,
    theme,
    thinning,
)
from handrail.model.pocket.asking import AskMix
from handrail.model.pocket.canvas import Canvas
from handrail.model.pocket.episodes import Group
from handrail.model.pocket.plans import Plan
from handrail.model.pocket.queries import Packed, Query, QueryMix
from handrail.model.pocket.scenes import Icons
from handrail.model.pocket.screens import ScreenSpec
from handrail.model.pocket.shots import Labels
from handrail.model.pocket.targets import CELL, RunTargets, Tile
from handrail.model.pocket.thinning import Cells
from handrail.model.tiles import TileSpec

ICONS = Path("build/icons/node_modules")
"""Where ``make pocket`` puts the icon sets, from the root of the repository."""
PHOTOGRAPHS = Path("build/data")
"""Where ``python -m handrail.tasks.data`` puts photographed screens."""
TILE = (640, 448)
"""Width and height in pixels of the tiles that the finished model looks at."""
_NOTHING = AskMix()
_SCREENS = (
    (1280, 800),
    (1024, 768),
    (1280, 800),
    (1024, 768),
    (1366, 768),
    (1440, 900),
    (800, 600),
    (1280, 720),
)


@dataclass(frozen=True)
class Lesson:
    """A stage's diet.

    ``tile`` is width and height in pixels, multiples of 32; ``batch`` tiles a step; ``dense`` the
    share of dense text pages; ``mix`` the queries a tile, or None while only reading is learned;
    ``plans`` instructions without a screen a step, an even number; ``forms`` the share of screens
    that are forms, ``scenes`` the share that are scenes, with icons from the folder ``icons``, and
    ``shots`` the share of screens that are photographs from the folder ``photographs``; ``acts``
    the share of the clauses without a screen that ask for more than click and type; ``asks``
    questions about the screen; ``ground`` the share of the steps that show plain ground;
    ``episodes`` the share of the tiles and of the instructions that are of episodes, kept in that
    folder, too.
    """

    tile: tuple[int, int]
    batch: int
    dense: float
    mix: QueryMix | None
    plans: int = 0
    forms: float = 0.35
    near: float = 0.2
    sizes: tuple[int, int] = (10, 16)
    scenes: float = 0.0
    icons: Path = ICONS
    shots: float = 0.0
    photographs: Path = PHOTOGRAPHS
    acts: float = 0.0
    ground: float = 1.0
    asks: AskMix = _NOTHING
    episodes: float = 0.0

    @property
    def grid(self) -> tuple[int, int]:
        """Return rows and columns of merged tokens."""
        return self.tile[1] // CELL, self.tile[0] // CELL


@dataclass(frozen=True)
class Batch:
    """Arrays of one step: tiles (B, H, W, 3), letters (B*patches, 4), runs, packed queries.

    ``letters`` is None, and there are no runs, where nobody knows what is written on the tiles.
    ``kept`` are the merged cells of each tile that are shown, None where all are.
    """

    images: NDArray[np.uint8]
    letters: NDArray[np.int64] | None
    runs: list[RunTargets]
    asked: Packed | None
    plans: Packed | None
    kept: list[Cells] | None = None


def without_ground(batch: Batch, count: int) -> Batch:
    """Return a step that does not show plain ground; its tiles have ``count`` merged cells."""
    kept = thinning.kept_cells(batch.images, batch.asked)
    return replace(
        batch,
        letters=None if batch.letters is None else thinning.letters(batch.letters, kept),
        runs=thinning.runs(batch.runs, kept) if batch.runs else [],
        asked=None if batch.asked is None else thinning.packed(batch.asked, kept, count),
        kept=kept,
    )


def tiles(lesson: Lesson, rng: random.Random) -> list[Tile]:
    """Draw one screen's tiles: up to four windows of a whole screen, or one small page."""
    faces, (width, height) = theme.training_faces(), lesson.tile
    if rng.random() < lesson.dense or width < TILE[0]:
        draw = screens.text_page if rng.random() < max(lesson.dense, 0.2) else screens.screen
        canvas = draw(ScreenSpec(width, height, faces, lesson.sizes, lesson.near), rng)
        return [targets.cut(canvas, canvas.image(), 0, 0, width, height)]
    if lesson.shots and rng.random() < lesson.shots and shots.found(lesson.photographs):
        drawn, image = shots.read(rng.choice(shots.found(lesson.photographs)))
        return _windows(drawn, image, lesson, rng)
    size = rng.choice(_SCREENS)
    canvas = _whole_screen(lesson, ScreenSpec(*size, faces, lesson.sizes, lesson.near), rng)
    return _windows(canvas, canvas.image(), lesson, rng)


def _windows(
    drawn: Canvas | Labels, image: NDArray[np.uint8], lesson: Lesson, rng: random.Random
) -> list[Tile]:
    """Cut up to four tiles out of a screen that is no smaller than one."""
    (width, height), (tall, wide) = lesson.tile, image.shape[:2]
    out = []
    for _ in range(min(4, lesson.batch)):
        x = rng.choice((0, (wide - width) // 2, wide - width, rng.randint(0, wide - width)))
        y = rng.choice((0, tall - height, rng.randint(0, tall - height)))
        out.append(targets.cut(drawn, image, x, y, width, height))
    return [t for t in out if t.runs]


def _whole_screen(lesson: Lesson, spec: ScreenSpec, rng: random.Random) -> Canvas:
    if lesson.scenes and rng.random() < lesson.scenes:
        return scenes.scene(spec, Icons(lesson.icons), rng)
    draw = forms.form if rng.random() < lesson.forms else screens.screen
    return draw(spec, rng)


def batch(lesson: Lesson, rng: random.Random) -> Batch:
    """Make one step's batch."""
    played = episodes.found(lesson.photographs / episodes.FOLDER) if lesson.episodes else ()
    met = _met(lesson, played, rng)
    drawn: list[Tile] = []
    while len(drawn) < lesson.batch - len(met):
        drawn += tiles(lesson, rng)
    drawn = drawn[: lesson.batch - len(met)]
    chosen = [*drawn, *(tile for tile, _ in met)]
    asked = None
    if lesson.mix is not None:
        made = [
            queries.for_tile(t, lesson.mix, rng) + asking.for_tile(t, lesson.asks, rng)
            for t in drawn
        ]
        asked = queries.pack([*made, *(about for _, about in met)], *lesson.grid)
    letters = [targets.characters(t) for t in drawn]
    letters += [targets.known_characters(t) for t, _ in met]
    step = Batch(
        np.stack([t.image for t in chosen]),
        np.concatenate(letters),
        [targets.run_targets(t) for t in chosen],
        asked,
        _planned(lesson, played, rng) if lesson.plans else None,
    )
    thinned = lesson.ground < 1 and rng.random() >= lesson.ground
    return without_ground(step, math.prod(lesson.grid)) if thinned else step


def _met(
    lesson: Lesson, played: Sequence[Group], rng: random.Random
) -> list[tuple[Tile, list[Query]]]:
    """Draw the tiles of a step that are of episodes; one at least is not, and is all labelled."""
    groups = [group for group in played if group.pictures]
    if not groups or lesson.mix is None:
        return []
    count = sum(rng.random() < lesson.episodes for _ in range(lesson.batch - 1))
    spec = TileSpec(*lesson.tile, 0, 0)
    return [episodes.tile(groups, spec, rng) for _ in range(count)]


def _planned(lesson: Lesson, played: Sequence[Group], rng: random.Random) -> Packed:
    """Draw a step's instructions without a screen, in pairs."""
    groups = [group for group in played if group.episodes]

    def one() -> Plan:
        if groups and rng.random() < lesson.episodes:
            return episodes.plan(groups, rng)
        return plans.plan(rng, lesson.acts, lesson.asks.plans)

    ranked = sorted((one() for _ in range(lesson.plans)), key=lambda p: len(p.ids))
    half = lesson.plans // 2
    # attention costs a row's length squared: short rows, the longest beside the shortest
    rows = zip(ranked[:half], reversed(ranked[half:]), strict=True)
    return plans.pack([list(row) for row in rows])
