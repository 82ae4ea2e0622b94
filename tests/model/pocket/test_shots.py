"""Photographed screens: what is written is what is read, and tiles of it are like any."""

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handrail.model.pocket import lessons, shots
from handrail.model.pocket.canvas import Element, Run
from handrail.model.pocket.errors import ShotUnreadable
from handrail.model.pocket.queries import QueryMix
from handrail.model.pocket.shots import Labels

SAVE = Element("button", "Save", (10, 10, 60, 30), (15, 12, 50, 28), (32, 20), ("disabled",), 0)
LINE = Run("Save", (15, 12, 50, 28), (20, 28, 36, 44), 20, 14)


def _written(folder: Path) -> tuple[Path, Image.Image]:
    picture = Image.effect_noise((700, 480), 90).convert("RGB")
    return shots.write(folder, "one", picture, Labels([SAVE], [LINE])), picture


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    file, picture = _written(tmp_path)
    labels, pixels = shots.read(file)
    assert labels == Labels([SAVE], [LINE])
    assert np.array_equal(pixels, np.asarray(picture))
    assert shots.found(tmp_path) == (file,)


def test_packages_of_style_sheets_beside_screens_are_no_screens(tmp_path: Path) -> None:
    file, _ = _written(tmp_path / "pages")
    package = tmp_path / "frameworks" / "node_modules" / "sheets" / "package.json"
    package.parent.mkdir(parents=True)
    package.write_text("{}")
    assert shots.found(tmp_path) == (file,)


@pytest.mark.parametrize("harm", ["labels", "picture", "gone"])
def test_a_damaged_screen_is_named(tmp_path: Path, harm: str) -> None:
    file, _ = _written(tmp_path)
    if harm == "labels":
        file.write_text('{"elements": 3}')
    elif harm == "picture":
        file.with_suffix(".webp").write_bytes(b"RIFF")
    else:
        file.with_suffix(".webp").unlink()
    with pytest.raises(ShotUnreadable, match=r"one\.json"):
        shots.read(file)


def test_a_lesson_takes_its_tiles_from_photographs(tmp_path: Path) -> None:
    file, picture = _written(tmp_path)
    lesson = lessons.Lesson(
        lessons.TILE, 4, 0.0, QueryMix(4, 0, 1), shots=1.0, photographs=tmp_path
    )
    (tile, *_) = lessons.tiles(lesson, random.Random(3))
    whole = np.asarray(picture)
    assert any(
        np.array_equal(tile.image, whole[y : y + 448, x : x + 640])
        for x in range(61)
        for y in range(33)
    )
    assert file.is_file()


def test_without_photographs_screens_are_drawn(tmp_path: Path) -> None:
    lesson = lessons.Lesson(
        lessons.TILE, 2, 0.0, QueryMix(4, 0, 1), shots=1.0, photographs=tmp_path / "none"
    )
    assert lessons.batch(lesson, random.Random(1)).images.shape == (2, 448, 640, 3)
