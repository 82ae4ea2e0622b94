"""The trainer says at once what would otherwise be learned after hours, or never."""

from pathlib import Path

import pytest

from handrail.model.pocket import lessons, train
from handrail.model.pocket.errors import DrawingEnded
from handrail.model.pocket.lessons import Lesson


def test_a_drawing_process_that_ends_ends_the_training(capfd: pytest.CaptureFixture[str]) -> None:
    drawn = lessons.stream(Lesson((64, 64), 1, 1.0, None, plans=3), seed=1)
    with pytest.raises(DrawingEnded, match="exit code 1"):
        next(drawn)
    assert "Traceback" in capfd.readouterr().err, "the process itself says why"


def test_instructions_come_in_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = ["--stage", "read", "--minutes", "1", "--out", str(tmp_path / "x.pt")]
    with pytest.raises(SystemExit) as caught:
        train.main([*stage, "--plans", "3"])
    assert caught.value.code == 2
    assert "even number" in capsys.readouterr().err


def test_the_folder_of_the_state_is_made_before_anything_is_learned(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "x.pt"
    with pytest.raises(FileNotFoundError):
        train.main(
            ["--stage", "read", "--minutes", "1", "--out", str(out), "--init", str(tmp_path / "no")]
        )
    assert out.parent.is_dir()
