"""The trainer says at once what would otherwise be learned after hours, or never."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from handrail.model.pocket import drawing, lessons, recipe, states, train
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.errors import DrawingEnded
from handrail.model.pocket.lessons import Lesson
from handrail.model.pocket.network import TrainingNetwork, build
from handrail.model.pocket.shape import Shape
from handrail.model.pocket.states import HEADS


def test_a_drawing_process_that_ends_ends_the_training(capfd: pytest.CaptureFixture[str]) -> None:
    drawn = drawing.stream(Lesson((64, 64), 1, 1.0, None, plans=3), seed="1")
    with pytest.raises(DrawingEnded, match="exit code 1"):
        next(drawn)
    assert "Traceback" in capfd.readouterr().err, "the process itself says why"


def test_instructions_come_in_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = ["--stage", "read", "--minutes", "1", "--out", str(tmp_path / "x.pt")]
    with pytest.raises(SystemExit) as caught:
        train.main([*stage, "--plans", "3"])
    assert caught.value.code == 2
    assert "even number" in capsys.readouterr().err


def test_tokens_that_were_never_taught_begin_with_rows_of_their_own() -> None:
    net = TrainingNetwork(build(Shape(), 0))
    states.load(net, HEADS.parent / "weights")
    with torch.no_grad():  # as the stages before "acts" leave them: never said, and all alike
        net.embedding[v.FIRST_LATER :] = net.embedding[-1].clone()
    before = net.embedding.detach().clone()
    assert states.begin_later(net, seed=1) == len(v.LATER)
    rows, later = net.embedding.detach(), slice(v.FIRST_LATER, v.USED)
    assert len({tuple(row.tolist()) for row in rows[later]}) == len(v.LATER)
    assert torch.equal(rows[: v.FIRST_LATER], before[: v.FIRST_LATER])
    assert torch.equal(rows[v.USED :], before[v.USED :])
    begun = rows.clone()
    assert states.begin_later(net, seed=2) == 0, "what was begun is gone on with"
    assert torch.equal(net.embedding, begun)


def test_the_last_stage_alone_asks_for_more_than_clicks_and_typing() -> None:
    asked = {name: (s.acts, s.mix.acts if s.mix else 0.0) for name, s in train.STAGES.items()}
    assert [name for name, shares in asked.items() if shares != (0.0, 0.0)] == ["acts"]
    assert min(asked["acts"]) > 0
    made = lessons.batch(replace(train.STAGES["acts"], batch=1), random.Random(2))
    assert made.plans is not None
    assert {v.token(text) for text in v.LATER} & set(made.plans.labels.flatten().tolist())


def test_the_recipe_has_every_stage_and_runs_those_that_are_named() -> None:
    assert [stage.lesson for stage in recipe.RECIPE] == list(train.STAGES)
    chosen = recipe.stages(["tiles", "read"])
    assert [stage.lesson for stage in chosen] == ["read", "tiles"], "in the recipe's order"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--stages", "acts"], "acts begins with weights: name them with --from"),
        (["--stages", "acts", "--from", "nowhere"], "nowhere: there are no weights in it"),
        (["--stages", "scenes"], "invalid choice"),
    ],
)
def test_a_recipe_that_cannot_begin_says_so(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        recipe.main(options)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_a_stage_lasts_for_minutes_or_for_steps_and_not_for_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for length in ([], ["--minutes", "1", "--steps", "3"]):
        with pytest.raises(SystemExit):
            train.main(["--stage", "read", "--out", str(tmp_path / "x.pt"), *length])
    assert "not allowed with" in capsys.readouterr().err


def test_the_folder_of_the_state_is_made_before_anything_is_learned(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "x.pt"
    with pytest.raises(FileNotFoundError):
        train.main(
            ["--stage", "read", "--minutes", "1", "--out", str(out), "--init", str(tmp_path / "no")]
        )
    assert out.parent.is_dir()
