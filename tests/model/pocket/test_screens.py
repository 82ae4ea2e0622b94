"""The renderer draws what its labels say, the same for the same seed, and never an unseen font."""

import hashlib
import random
import statistics

import numpy as np
import pytest

from handrail.model.pocket import fonts, forms, screens, targets, theme
from handrail.model.pocket.canvas import Canvas
from handrail.model.pocket.screens import ScreenSpec


def _screen(seed: int, size: tuple[int, int] = (1280, 800)) -> Canvas:
    return screens.screen(ScreenSpec(*size, theme.training_faces()), random.Random(seed))


def test_training_and_examination_share_no_font() -> None:
    assert not set(fonts.TRAINING) & set(fonts.EXAMINATION)
    assert len(set(fonts.EXAMINATION)) == 12


def test_one_seed_draws_one_screen() -> None:
    first, again, other = _screen(4), _screen(4), _screen(5)
    assert np.array_equal(first.image(), again.image())
    assert first.elements == again.elements
    assert not np.array_equal(first.image(), other.image())


def test_screens_are_full_and_their_elements_lie_on_them() -> None:
    drawn = [_screen(seed, size) for seed in range(8) for size in ((1024, 768), (1280, 800))]
    assert statistics.median(len(c.elements) for c in drawn) >= 20
    for canvas in drawn:
        for e in canvas.elements:
            assert e.name.isascii()
            assert e.name.isprintable()
            assert 0 <= e.point[0] < canvas.width
            assert 0 <= e.point[1] < canvas.height
            assert e.box[0] <= e.point[0] <= e.box[2]
            assert e.box[1] <= e.point[1] <= e.box[3]


def test_forms_are_mostly_inputs_clicked_near_their_beginning() -> None:
    spec = ScreenSpec(1280, 800, theme.training_faces())
    elements = [e for seed in range(8) for e in forms.form(spec, random.Random(seed)).elements]
    fields = [e for e in elements if e.kind == "field"]
    assert len(fields) >= 0.2 * len(elements)
    for e in fields:
        assert e.box[0] < e.point[0] <= min(e.box[0] + 64, (e.box[0] + e.box[2]) / 2)
        assert e.box[1] < e.point[1] < e.box[3]


@pytest.mark.parametrize("seed", range(4))
def test_text_is_where_its_run_says(seed: int) -> None:
    canvas = _screen(seed)
    image = canvas.image().astype(int)
    for run in canvas.runs:
        left, top, right, bottom = (round(v) for v in run.box)
        inside = image[max(0, top) : bottom, max(0, left) : right]
        if inside.size and right <= canvas.width and bottom <= canvas.height:
            assert np.ptp(inside.reshape(-1, 3), axis=0).max() > 8, run.text


def test_a_tile_is_a_window_of_the_screen() -> None:
    present = 0
    for seed in range(5, 10):  # what a seed draws depends on which fonts are installed
        canvas = _screen(seed)
        image = canvas.image()
        tile = targets.cut(canvas, image, 320, 192, 640, 448)
        assert np.array_equal(tile.image, image[192:640, 320:960])
        whole = {e.name: e for e in canvas.elements}
        present += len(tile.present)
        for e in tile.present:
            assert e.point == (whole[e.name].point[0] - 320, whole[e.name].point[1] - 192)
            assert 0 <= e.point[0] < 640
            assert 0 <= e.point[1] < 448
        assert not {e.name for e in tile.present} & set(tile.absent)
    assert present > 0


def test_letters_are_labelled_where_they_stand() -> None:
    canvas = Canvas(64, 32, (255, 255, 255))
    face = theme.training_faces()[0]
    style = theme.draw_theme(random.Random(1), (face,), (14, 14)).body((0, 0, 0))
    canvas.text(2, 8, "Ab", style)
    tile = targets.cut(canvas, canvas.image(), 0, 0, 64, 32)
    letters = targets.characters(tile)
    said = [chr(c + 31) for c in letters[letters > 0]]
    assert said == ["A", "b"]
    runs = targets.run_targets(tile)
    assert [chr(c + 32) for c in runs.words[0, 0, :2]] == ["A", "b"]


def test_merge_order_is_the_models() -> None:
    grid = np.arange(16, dtype=np.int64).reshape(4, 4, 1)
    assert targets.merge_order(grid)[:, 0].tolist() == [
        0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15,
    ]  # fmt: skip


def test_the_examination_is_the_one_that_was_fixed() -> None:
    """A change of the renderer or of its words would make it another suite."""
    faces = theme.training_faces()[:1]
    spec = ScreenSpec(1024, 768, faces)
    drawn = [screens.screen(spec, random.Random(f"fixed:{i}")) for i in range(6)]
    names = "|".join(e.name for canvas in drawn for e in canvas.elements)
    assert hashlib.sha256(names.encode()).hexdigest()[:16] == "70126c13927172e4"
