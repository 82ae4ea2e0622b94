"""The recipe is one command: it trains, draws the curves, and leaves weights that can be used."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from handrail.model.engine import Engine
from handrail.model.pocket import recipe, states, train
from handrail.model.pocket.network import TrainingNetwork, build
from handrail.model.pocket.recipe import Place, Plan
from handrail.model.pocket.shape import Shape


def test_a_recipe_leaves_a_state_its_curves_and_weights(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(recipe.stages(["read"]), None, 1 / 40, 1.0, 3, ("--quiz-tiles", "1"))
    assert recipe.run(plan, tmp_path, Place("cpu", 1, 1)) == 0
    told = capfd.readouterr().out
    assert "read: examined at" in told
    assert "read is done" in told
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.size[0] > 500
    net = TrainingNetwork(build(Shape(), 0))
    states.load(net, tmp_path / "weights")  # its own heads beside it
    kept = torch.load(tmp_path / "0-read.pt", weights_only=True)
    assert kept["steps"] == [1]
    for name, weight in net.state_dict().items():
        assert weight.equal(kept["net"][name].to(torch.bfloat16).float()), name
    assert Engine.load(tmp_path / "weights").config.text.num_hidden_layers == 6
    other = ["--stage", "read", "--steps", "1", "--seed", "4"]
    assert train.main([*other, "--out", str(tmp_path / "0-read.pt")]) == 1
    assert "choose another folder" in capfd.readouterr().err
