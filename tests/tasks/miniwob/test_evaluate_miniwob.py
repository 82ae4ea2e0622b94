"""`handrail eval miniwob`: one object on standard output, all else beside it, rightly counted."""

import json
from pathlib import Path

import pytest

from handrail.tasks.cli import main
from handrail.tasks.miniwob.catalogue import Catalogue, load_catalogue
from handrail.tasks.miniwob.play import Played
from handrail.tasks.miniwob.tally import as_json, figures, tallies
from handrail.tasks.results.result import read_result

COMMAND = ("eval", "miniwob")


def episode(task: str, seed: int, reward: float, done: bool = True) -> Played:
    return Played(task, seed, "Click.", done, reward, 2, 1.0, "success", "")


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue().model_copy(update={"pocket_trained_on": ("click-test",)})


def test_every_task_counts_the_same(catalogue: Catalogue) -> None:
    rewards = {"click-test": (1.0, 1.0), "phone-book": (0.5, 1.0), "click-menu": (0.0, -1.0)}
    played = [episode(t, i, r) for t, both in rewards.items() for i, r in enumerate(both)]
    found = tallies(played, catalogue)
    trained_on = catalogue.pocket_trained_on
    made = {f.name: f for f in figures(found, trained_on, {"click-test": 0.15})}
    assert [(name, f.value, f.count) for name, f in made.items()] == [
        ("mean success", 0.5, 6),
        ("mean success, tasks trained on", 1.0, 2),
        ("mean success, may be trained on", 0.5, 4),
        ("mean success, never trained on", 0.5, 2),
        ("click-test", 1.0, 2),
        ("phone-book", 0.5, 2),
        ("click-menu", 0.0, 2),
    ]
    assert (made["click-test"].chance, made["click-test"].note) == (0.15, "trained on")
    assert made["phone-book"].low == pytest.approx(0.0945, abs=1e-4)  # Wilson, 1 of 2
    object_ = json.loads(as_json({"pocket": found}, 0, trained_on, True))
    assert (object_["mean_success"], object_["seeds_kept_from_training"]) == (0.5, True)
    assert object_["tasks"]["phone-book"] == {
        "success_rate": 0.5, "successes": 1, "reward_above_0": 2, "episodes": 2,
        "mean_reward": 0.75, "mean_steps": 2.0, "split": "never trained on", "trained_on": False,
    }  # fmt: skip


def test_the_command_prints_one_object_and_tells_beside_it(
    package: Path,
    browser_program: Path | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.syspath_prepend(package)
    browser = () if browser_program is None else ("--browser", str(browser_program))
    options = ("--floor", "--episodes", "2", "--max-steps", "1", "--seed", "7", "--json")
    tasks = ("--tasks", "click-test,click-shape", "--results", str(tmp_path))
    assert main([*COMMAND, *options, *tasks, *browser]) == 0
    told = capsys.readouterr()
    content = json.loads(told.out)
    assert (content["player"], content["seed"]) == ("random clicks", 7)
    (centre,) = content["others"]
    assert centre["player"] == "clicks at the centre"
    assert set(content["tasks"]) == {"click-test", "click-shape"}
    assert content["tasks"]["click-shape"]["episodes"] == 2
    heads = [
        line.rpartition(": reward")[0] or line.split(": not")[0] for line in told.err.split("\n")
    ]
    assert heads[:2] == [f"random clicks: click-test, seed {seed}" for seed in (7, 8)]
    result = read_result(tmp_path / "miniwob-floor.json")
    assert result.seed == 7
    names = [figure.name for figure in result.figures]
    assert names[0] == "random clicks: mean success"
    assert "clicks at the centre: click-test" in names


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--tasks", "of-the-examination"), "not a development task"),
        (("--tasks", "phone-book"), "there is no such task"),
        (("--episodes", "0"), "--episodes must be at least 1"),
        (("--max-steps", "0"), "--max-steps must be at least 1"),
        (("--scale", "9"), "--scale must be"),
    ],
)
def test_what_cannot_be_played_is_a_usage_error(
    package: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.syspath_prepend(package)
    assert main([*COMMAND, *options]) == 2
    assert said in capsys.readouterr().err


def test_episodes_side_by_side_are_those_played_in_turn(
    package: Path,
    browser_program: Path | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Three browsers at once: the same objects, and the lines in the same order."""
    monkeypatch.syspath_prepend(package)
    browser = () if browser_program is None else ("--browser", str(browser_program))
    options = ("--floor", "--episodes", "3", "--max-steps", "2", "--seed", "7", "--json")
    told = []
    for parallel in ("1", "3"):
        tasks = ("--tasks", "click-test,click-shape", "--parallel", parallel)
        assert main([*COMMAND, *options, *tasks, *browser]) == 0
        told.append(capsys.readouterr())
    assert told[0].out == told[1].out
    assert told[0].err == told[1].err
    assert "click-shape, seed 9" in told[1].err


@pytest.mark.parametrize(("seed", "fresh"), [(998, True), (999, False), (9_999, False)])
def test_what_may_have_been_learned_is_told(
    package: Path,
    browser_program: Path | None,
    catalogue: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    seed: int,
    fresh: bool,
) -> None:
    """Two episodes, of which the second or both have seeds that training draws from."""
    monkeypatch.syspath_prepend(package)
    monkeypatch.setattr("handrail.tasks.miniwob.catalogue.load_catalogue", lambda: catalogue)
    browser = () if browser_program is None else ("--browser", str(browser_program))
    options = ("--tasks", "click-test", "--episodes", "2", "--max-steps", "1", "--json")
    assert main([*COMMAND, *options, "--seed", str(seed), *browser]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["seeds_kept_from_training"] is fresh
    assert ("may have learned from some of these episodes, of click-test" in told.err) is not fresh
