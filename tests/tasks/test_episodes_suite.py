"""The count of episodes tells what was played, what was kept, and what there are words for."""

from pathlib import Path

import pytest
from PIL import Image

from handrail.model.pocket import episodes as kept_episodes
from handrail.model.pocket.episodes import FOLDER, Kept, Played
from handrail.model.pocket.instructions import Move
from handrail.tasks.results.result import read_result
from handrail.tasks.suites import episodes


def keep(folder: Path, name: str, group: str, *moves: Move | None) -> None:
    steps = tuple(Kept(f"{name}-{i}.webp", move) for i, move in enumerate(moves))
    played = Played(group, "miniwob", "click Save", steps)
    pictures = [Image.new("RGB", (8, 8)) for _ in moves]
    kept_episodes.write(folder / FOLDER, name, played, pictures)


def test_kept_episodes_and_their_words_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, "miniwob-1-000000-a-b", "a-b", Move("Save"), None)
    keep(tmp_path, "miniwob-1-000001-a-b", "a-b", Move("Save"))
    keep(tmp_path, "miniwob-2-000000-a-b", "a-b", None)
    (tmp_path / FOLDER / "miniwob-1-000002-a.none").touch()
    arguments = ["--data", str(tmp_path), "--results", str(tmp_path)]
    assert episodes.main(arguments) == 0
    found = {f.name: f for f in read_result(tmp_path / "episodes.json").figures}
    assert (found["episodes kept of those played"].value, found["kept: a"].count) == (0.6667, 1)
    steps = found["steps with words: a-b"]
    assert (steps.value, steps.count, steps.note) == (0.6667, 3, "2 of 2 episodes kept")
    assert "played by experts" in capsys.readouterr().out


def test_where_there_are_none_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert episodes.main(["--data", str(tmp_path), "--source", "rollouts"]) == 2
    assert "holds no episodes of rollouts with seed 1" in capsys.readouterr().err
