"""Kept episodes: what is written is learned, with the steps before, as far as there are words."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from handrail.model.pocket import episodes, lessons, rows, targets
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.canvas import Element, Run
from handrail.model.pocket.episodes import Kept, Played
from handrail.model.pocket.errors import EpisodeUnreadable, PictureLost
from handrail.model.pocket.instructions import Move, answer, prompt
from handrail.model.pocket.lessons import Lesson
from handrail.model.pocket.queries import QueryMix
from handrail.model.pocket.train import STAGES
from handrail.model.tiles import TileSpec

GOAL = "type Ada into Name, then hand it in"
BOX = (20.0, 30.0, 90.0, 60.0)
SPEC = TileSpec(*lessons.TILE, 0, 0)


def _picture(colour: int) -> Image.Image:
    image = Image.new("RGB", (320, 420), (250, 250, colour))
    ImageDraw.Draw(image).rectangle(BOX, fill=(colour, 0, 200))
    return image


def _kept(folder: Path, name: str = "one", group: str = "forms", moves: tuple[Move | None, ...] = (
    Move("Name"), Move(type="Ada"), Move("Submit")
)) -> Path:  # fmt: skip
    steps = tuple(
        Kept(
            f"{name}-{i}.webp",
            move,
            (move.click or "") if move else "Elsewhere",
            BOX if move is None or move.click else None,
            (Run("Name", BOX, (30, 45, 60, 75), 45, 14),),
        )
        for i, move in enumerate(moves)
    )
    pictures = [_picture(10 * i) for i in range(len(moves))]
    return episodes.write(folder, name, Played(group, "expert", GOAL, steps), pictures)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    episodes.found.cache_clear()


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    file = _kept(tmp_path)
    played = episodes.read(file)
    assert [step.move for step in played.steps] == [Move("Name"), Move(type="Ada"), Move("Submit")]
    for i, step in enumerate(played.steps):
        with Image.open(tmp_path / step.picture) as found:
            assert np.array_equal(np.asarray(found.convert("RGB")), np.asarray(_picture(10 * i)))
    assert {f.suffix for f in tmp_path.iterdir()} == {".json", ".webp"}
    assert episodes.read(_kept(tmp_path)) == played, "written again by another process"


def test_every_place_is_looked_for_with_the_steps_before(tmp_path: Path) -> None:
    _kept(tmp_path)
    (group,) = episodes.found(tmp_path)
    first, last = (looks[0] for looks in group.pictures)
    assert (first.name, first.done, first.goal) == ("Name", (), GOAL)
    assert (last.name, last.done) == ("Submit", (Move("Name"), Move(type="Ada")))
    assert group.names == ("Name",), "no one reads Submit on that picture"
    assert group.episodes == (
        rows.Episode(GOAL, (Move("Name"), Move(type="Ada"), Move("Submit")), True),
    )


def test_after_a_step_without_words_names_alone_are_asked_for(tmp_path: Path) -> None:
    _kept(tmp_path, moves=(Move("Name"), None, Move("Submit")))
    (group,) = episodes.found(tmp_path)
    looks = [looks[0] for looks in group.pictures]
    assert [(look.name, look.goal) for look in looks] == [
        ("Name", GOAL), ("Elsewhere", ""), ("Submit", "")
    ]  # fmt: skip
    assert group.episodes == (rows.Episode(GOAL, (Move("Name"),), False),)


def test_a_tile_asks_for_the_whole_instruction_and_for_the_name(tmp_path: Path) -> None:
    _kept(tmp_path)
    (group,) = episodes.found(tmp_path)
    tile, asked = rows.shown(group.pictures[1], SPEC, random.Random(1))
    whole, bare = sorted(asked, key=lambda query: -len(query.ids))
    said = prompt(GOAL, (Move("Name"), Move(type="Ada"))) + answer(Move("Submit"))
    assert whole.ids[: len(said)] == said
    assert whole.units == bare.units == targets.answer_units(
        tile, Element("row", "Submit", BOX, BOX, (55, 45))
    )  # fmt: skip
    assert bare.labels[bare.decide] == v.token(v.CALL_CLICK)


def test_what_bears_its_name_is_clicked_there(tmp_path: Path) -> None:
    line, box = (60.0, 40.0, 100.0, 56.0), (10.0, 30.0, 110.0, 60.0)
    run = Run("Save ", line, (62, 72, 82, 92, 98), 48, 14)
    step = Kept("s-0.webp", Move("save"), "", box, (run,))
    played = Played("g", "expert", "press save", (step,))
    episodes.write(tmp_path, "s", played, [_picture(3)])
    (group,) = episodes.found(tmp_path)
    tile, asked = rows.shown(group.pictures[0], SPEC, random.Random(1))
    assert {query.units for query in asked} == {
        targets.answer_units(tile, Element("row", "save", box, line, (80, 48)))
    }


def test_names_of_other_screens_are_not_here_unless_they_are_written(tmp_path: Path) -> None:
    _kept(tmp_path)
    (group,) = episodes.found(tmp_path)
    _, asked = rows.shown(group.pictures[0], SPEC, random.Random(4), ["Moon", "name"])
    absent = [query for query in asked if query.area is None]
    said = [bytes(t for t in query.ids if t < v.BYTES).decode() for query in absent]
    assert "Moon" in said
    assert "name" not in said
    assert all(query.labels[query.decide] == v.token(v.ABSENT) for query in absent)


def test_a_button_that_the_instruction_lacks_is_planned_and_quoted_from_nowhere(
    tmp_path: Path,
) -> None:
    _kept(tmp_path)
    (group,) = episodes.found(tmp_path)
    plan = rows.planned(group.episodes[0])
    submit = [i for i, label in enumerate(plan.labels) if label == ord("b") and plan.weights[i]]
    assert submit
    assert not set(submit) & {row for row, _ in plan.quoted}


def test_words_are_found_whole_and_in_order() -> None:
    goal = "use the textbox, then é text and text"
    assert goal[rows.place(goal, "text") :].startswith("text and")
    assert goal[rows.place(goal, "text", 30) :] == "text"
    assert rows.place(goal, "tex") == rows.place(goal, "") == -1


def test_a_lesson_takes_its_share_of_tiles_and_plans_and_labels_what_is_known(
    tmp_path: Path,
) -> None:
    for i in range(3):
        _kept(tmp_path / episodes.FOLDER, f"n{i}", f"group {i % 2}")
    lesson = Lesson(
        lessons.TILE, 4, 0.0, QueryMix(2, 1, 1), plans=8, episodes=1.0, photographs=tmp_path
    )
    made = lessons.batch(lesson, random.Random(2))
    kept = [i for i in range(4) if made.images[i, 400, 300].tolist()[:2] == [250, 250]]
    assert kept == [1, 2, 3], "one is drawn, and all that is written on it is known"
    assert made.letters is not None
    letters = made.letters.reshape(4, -1, targets.SLOTS)
    assert (letters[0] >= 0).all()
    for tile in letters[1:]:
        known = tile[(tile != targets.UNKNOWN).any(-1)]
        assert len(known)
        assert (known > 0).any(-1).all()
    assert made.plans is not None
    spoken = {bytes(t for t in row if 0 <= t < v.BYTES) for row in made.plans.ids.tolist()}
    assert all(b"hand it in" in text for text in spoken)


def test_without_episodes_the_other_sources_give_all(tmp_path: Path) -> None:
    lesson = Lesson(
        lessons.TILE, 2, 0.0, QueryMix(4, 0, 1), plans=4, episodes=0.9, photographs=tmp_path
    )
    with_share = lessons.batch(lesson, random.Random(1))
    without = lessons.batch(replace(lesson, episodes=0.0), random.Random(1))
    assert np.array_equal(with_share.images, without.images)
    assert with_share.plans is not None
    assert without.plans is not None
    assert np.array_equal(with_share.plans.ids, without.plans.ids)


def test_the_last_stage_alone_learns_from_episodes() -> None:
    assert {name for name, lesson in STAGES.items() if lesson.episodes} == {"acts"}


@pytest.mark.parametrize("harm", ["{}", "not json"])
def test_a_damaged_episode_is_named(tmp_path: Path, harm: str) -> None:
    file = _kept(tmp_path)
    file.write_text(harm)
    with pytest.raises(EpisodeUnreadable, match=r"one\.json"):
        episodes.found(tmp_path)


def test_a_picture_that_has_gone_is_named(tmp_path: Path) -> None:
    _kept(tmp_path, "gone")
    (group,) = episodes.found(tmp_path)
    (tmp_path / "gone-0.webp").unlink()
    with pytest.raises(PictureLost, match=r"gone-0\.webp"):
        rows.shown(group.pictures[0], SPEC, random.Random(1))


def test_episodes_of_which_nothing_can_be_learned_take_no_share(tmp_path: Path) -> None:
    nothing = Played("terminal", "expert", GOAL, (Kept("t-0.webp", None),))
    episodes.write(tmp_path / episodes.FOLDER, "t", nothing, [_picture(1)])
    lesson = Lesson(
        lessons.TILE, 2, 0.0, QueryMix(4, 0, 1), plans=4, episodes=1.0, photographs=tmp_path
    )
    made = lessons.batch(lesson, random.Random(1))
    without = lessons.batch(replace(lesson, episodes=0.0), random.Random(1))
    assert np.array_equal(made.images, without.images)
