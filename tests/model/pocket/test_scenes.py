"""Scenes draw what their elements say, with icons from a folder's sets or by hand."""

import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from handrail.model.pocket import lessons, queries, scenes, targets, theme
from handrail.model.pocket.canvas import Canvas
from handrail.model.pocket.queries import QueryMix
from handrail.model.pocket.scenes import overlays
from handrail.model.pocket.scenes.brush import Brush
from handrail.model.pocket.scenes.concepts import BY_WORD, CONCEPTS
from handrail.model.pocket.scenes.habits import Habits
from handrail.model.pocket.scenes.icons import Icons
from handrail.model.pocket.screens import ScreenSpec
from handrail.model.pocket.theme import Names

_SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" {}>'
    '<path d="M0 0h24v24H0z"/></svg>'
)


@pytest.fixture
def by_hand(tmp_path: Path) -> Icons:
    return Icons(tmp_path / "none")


@pytest.fixture
def sets(tmp_path: Path) -> Icons:
    """Stand in for the npm packages: every icon of two sets is a full square."""
    for folder, fill in (
        ("lucide-static/icons", 'fill="currentColor"'),
        ("bootstrap-icons/icons", 'fill="currentColor"'),
        ("@material-symbols/svg-400/outlined", ""),
        ("@material-symbols/svg-400/rounded", ""),
    ):
        (tmp_path / folder).mkdir(parents=True)
        for concept in CONCEPTS:
            for name in concept.files:
                (tmp_path / folder / f"{name}.svg").write_text(_SQUARE.format(fill), "utf-8")
    return Icons(tmp_path)


def _scene(seed: int, icons: Icons, size: tuple[int, int] = (1280, 800)) -> Canvas:
    return scenes.scene(ScreenSpec(*size, theme.training_faces()), icons, random.Random(seed))


def test_one_seed_draws_one_scene(by_hand: Icons) -> None:
    first, again, other = (_scene(seed, by_hand) for seed in (4, 4, 5))
    assert np.array_equal(first.image(), again.image())
    assert first.elements == again.elements
    assert not np.array_equal(first.image(), other.image())


def test_elements_lie_on_the_screen_with_their_point_inside(by_hand: Icons) -> None:
    kinds: Counter[str] = Counter()
    for seed in range(40):
        canvas = _scene(seed, by_hand, (1024, 768))
        kinds.update(e.kind for e in canvas.elements)
        for e in canvas.elements:
            assert e.name.isprintable()
            assert e.name.strip() == e.name != ""
            assert e.box[0] <= e.point[0] <= e.box[2], e
            assert e.box[1] <= e.point[1] <= e.box[3], e
    expected = {"icon", "button", "field", "tab", "item", "switch", "slider", "menu", "day"}
    assert expected <= set(kinds)
    assert {"check", "radio", "list", "link", "text"} <= set(kinds)


def test_states_and_groups_are_marked(by_hand: Icons) -> None:
    elements = [e for seed in range(30) for e in _scene(seed, by_hand).elements]
    states = {state for e in elements for state in e.states}
    assert {"checked", "unchecked", "selected", "disabled", "on", "off"} <= states
    assert any(e.group for e in elements)


@pytest.mark.parametrize("style", range(4))
def test_an_icon_of_a_set_fills_its_box_in_its_colour(sets: Icons, style: int) -> None:
    assert sets.complete
    canvas = Canvas(64, 64, (255, 255, 255))
    sets.draw(canvas, BY_WORD["search"], style, (10, 12, 42, 44), (200, 30, 60))
    canvas.rect((46, 46, 60, 60), (200, 30, 60))
    image = canvas.image()
    assert tuple(image[28, 26]) == tuple(image[50, 50]) != (255, 255, 255)
    assert tuple(image[5, 5]) == (255, 255, 255)
    assert tuple(image[44, 44]) == (255, 255, 255)


def test_without_sets_only_concepts_that_can_be_drawn_are_offered(by_hand: Icons) -> None:
    assert not by_hand.complete
    picked = by_hand.pick(random.Random(1), 500)
    assert 10 < len(picked) < len(CONCEPTS)
    looks = set()
    for concept in picked:
        canvas = Canvas(40, 40, (255, 255, 255))
        by_hand.draw(canvas, concept, 0, (8, 8, 32, 32), (0, 0, 0))
        looks.add(canvas.image().tobytes())
    assert len(looks) == len(picked)


def test_no_two_concepts_share_a_word() -> None:
    said = [word for concept in CONCEPTS for word in concept.words]
    assert len(BY_WORD) == len(CONCEPTS) >= 150
    assert len(set(said)) == len(said)


def test_an_icon_that_is_seen_twice_cannot_be_asked_for(by_hand: Icons) -> None:
    canvas = Canvas(200, 60, (255, 255, 255))
    rng = random.Random(3)
    look = theme.draw_theme(rng, theme.training_faces(), (12, 16))
    habits = Habits.drawn(rng)
    brush = Brush(canvas, look, Names(rng, 0.1), rng, 0, 0, 200, 60, by_hand, habits)
    for x, word in enumerate(("home", "close", "home")):
        brush.icon_button(BY_WORD[word], (x * 60, 10, x * 60 + 40, 50))
    first, other, again = canvas.elements
    assert first.name == again.name != other.name


def test_next_to_nothing_is_written_over_what_can_be_asked_for(by_hand: Icons) -> None:
    """A name that something else is drawn over is no answer to learn."""
    asked, spoilt = 0, []
    for seed in range(60):
        canvas = _scene(seed, by_hand, (1024, 768))
        for e in canvas.elements:
            asked += 1
            left, top, right, bottom = e.text_box
            over = [r for r in canvas.runs if r.box != e.text_box and e.kind != "icon"
                    and min(right, r.box[2]) - max(left, r.box[0]) > 3
                    and min(bottom, r.box[3]) - max(top, r.box[1]) > 4]  # fmt: skip
            spoilt += [(seed, e.name, r.text) for r in over]
    assert asked > 1500
    assert len(spoilt) <= asked / 400, spoilt


def test_what_is_cut_off_is_seen_and_cannot_be_asked_for() -> None:
    canvas = Canvas(100, 100, (200, 200, 200))
    with canvas.within((0, 0, 100, 50)):
        for y in (10.0, 44.0, 70.0):
            box = (10.0, y, 60.0, y + 12)
            canvas.rect(box, (0, 0, 0))
            canvas.add("button", f"at {y}", box, box)
    assert [e.name for e in canvas.elements] == ["at 10.0"]
    assert [e.name for e in canvas.partly] == ["at 44.0"]
    pixels = canvas.image()
    assert pixels[48, 30, 0] == 0
    assert pixels[52, 30, 0] == pixels[75, 30, 0] == 200
    canvas.cover((40, 0, 100, 100))
    assert canvas.elements == []
    tile = targets.cut(canvas, pixels, 0, 0, 100, 100)
    assert sorted(e.name for e in tile.unnamed) == ["at 10.0", "at 44.0"]
    assert tile.present == ()


def test_what_a_dialog_darkens_can_no_longer_be_clicked() -> None:
    canvas = Canvas(64, 64, (200, 200, 200))
    canvas.add("button", "Save", (0, 0, 20, 20), (2, 2, 18, 18))
    canvas.dim(0.5)
    assert canvas.elements == []
    assert abs(int(canvas.image()[30, 30, 0]) - 100) <= 1


def test_what_lies_in_the_way_can_be_closed_without_agreeing(by_hand: Icons) -> None:
    closing = [[e for e in _scene(seed, by_hand).elements if e.closes] for seed in range(80)]
    found = [e for elements in closing for e in elements]
    assert {"icon", "button"} <= {e.kind for e in found}
    assert 15 < sum(bool(elements) for elements in closing) < 50
    named = {e.name for e in found}
    assert not named & {"Accept all", "Allow all", "Subscribe", "Sign up", "Delete", "Save"}
    refuses = re.compile("Reject|Decline|Deny|No|Cancel|Not now|Later|Skip|Block|Dismiss|Only")
    assert any(refuses.match(name) for name in named)


@pytest.mark.parametrize("draw", [overlays.consent, overlays.pop_up, overlays.sheet, overlays.toast,
                                  overlays.message_box])  # fmt: skip
def test_every_overlay_has_a_way_out_and_covers_what_is_below(
    by_hand: Icons, draw: Callable[[Brush], None]
) -> None:
    for seed in range(12):
        rng = random.Random(seed)
        look = theme.draw_theme(rng, theme.training_faces(), (12, 16))
        canvas = Canvas(1024, 768, look.background)
        names, habits = Names(rng, 0.1), Habits.drawn(rng)
        brush = Brush(canvas, look, names, rng, 0, 0, 1024, 768, by_hand, habits)
        for y in range(0, 760, 12):
            for x in range(0, 1000, 40):
                canvas.add("text", f"below {x} {y}", (x, y, x + 8, y + 8), (x, y, x + 8, y + 8))
        before = canvas.image().copy()
        draw(brush)
        assert any(e.closes for e in canvas.elements), seed
        changed = (canvas.image() != before).any(axis=2)
        for e in canvas.elements:
            if e.name.startswith("below"):
                x, y = round(e.point[0]), round(e.point[1])
                assert not changed[y, x], (seed, e)


def test_scenes_become_tiles_with_queries(by_hand: Icons) -> None:
    canvas = _scene(3, by_hand)
    tile = targets.cut(canvas, canvas.image(), 0, 0, 640, 448)
    by_name = {e.name: e for e in canvas.elements}
    for e in tile.present:
        assert e.states == by_name[e.name].states
        assert e.group in (0, by_name[e.name].group)
    asked = queries.for_tile(tile, QueryMix(8, 1, 3, phrased=1.0), random.Random(2))
    assert sum(q.area is not None for q in asked) == min(9, len(tile.present))


def test_a_lesson_draws_its_share_of_scenes(by_hand: Icons) -> None:
    lesson = lessons.Lesson(
        lessons.TILE, 4, 0.0, QueryMix(4, 1, 2, 0.5), scenes=1.0, icons=by_hand.folder
    )
    made = lessons.batch(lesson, random.Random(6))
    assert made.images.shape == (4, 448, 640, 3)
    assert made.asked is not None
    assert made.asked.coordinates
