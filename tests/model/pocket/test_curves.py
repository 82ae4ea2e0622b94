"""Learning curves are drawn from logs, and two runs are compared figure by figure."""

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handrail.model.pocket import curves
from handrail.model.pocket.errors import NoCurves


def _logs(folder: Path, ahead: float = 0.0, asked: int = 1000) -> Path:
    """Write the logs of two stages; ``ahead``: by how many points more is right at the end."""
    folder.mkdir()
    rng = random.Random(folder.name)
    for number, stage in enumerate(("read", "acts")):
        lines: list[dict[str, object]] = []
        for step in range(0, 401, 25):
            minutes = step / 20 + rng.uniform(0, 0.2) * (step > 0)
            place = {"step": step, "minutes": minutes}
            falls = math.exp(-step / 200)
            lines.append({**place, "char": falls, "near": 1 - falls, "plan": 0.1 + 0.2 * falls})
            if step % 100 == 0:
                right = round(asked * (0.9 - 0.5 * falls + ahead / 100 * step / 400))
                lines.append({**place, "seconds": 3.0, "examined": {"named": [right, asked]}})
        text = "".join(json.dumps(line) + "\n" for line in lines) + '{"step": 425, "minu'
        (folder / f"{number}-{stage}.log").write_text(text)
    return folder


def test_curves_of_two_runs_are_one_picture(tmp_path: Path) -> None:
    folders = [str(_logs(tmp_path / "one")), str(_logs(tmp_path / "two", ahead=4.0))]
    drawn = []
    for number, chosen in enumerate((folders[:1], folders)):
        out = tmp_path / "pictures" / f"{number}.png"
        assert curves.main([*chosen, "--out", str(out), "--within", "5"]) == 0
        with Image.open(out) as picture:
            drawn.append(np.asarray(picture.convert("L"), np.int16))
    assert drawn[0].shape == drawn[1].shape
    inked = [(pixels < 200).mean() for pixels in drawn]
    assert 0.005 < inked[0] < inked[1], "the second run's curves are in the second picture alone"
    svg = tmp_path / "curves.svg"
    assert curves.main([folders[0], "--out", str(svg), "--by", "steps"]) == 0
    assert svg.read_text().count("<path") > 50


def test_stages_follow_one_another(tmp_path: Path) -> None:
    run = curves.read(_logs(tmp_path / "one"), "steps")
    assert [(stage.name, stage.begun) for stage in run.stages] == [("0-read", 0), ("1-acts", 400)]
    for stage in run.stages:
        assert stage.examined["named"].at == [0, 100, 200, 300, 400]
        assert stage.learning["near"].at[-1] == 400, "a line that was cut short is left out"
        assert stage.counts == {"named": 1000}


def test_two_runs_are_within_so_many_points_or_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = _logs(tmp_path / "first", asked=100_000)
    out = ["--out", str(tmp_path / "x.png"), "--by", "steps"]
    for ahead, within, code in ((1.0, "2", 0), (1.0, "0.5", 1), (-3.0, "2", 1)):
        second = _logs(tmp_path / f"{ahead} {within}", ahead, asked=100_000)
        assert curves.main([str(first), str(second), *out, "--within", within]) == code
        told = capsys.readouterr().out
        assert f"{ahead:+.1f}" in told, "the largest difference stands in the table"
        assert (f"not within {within} points: 0-read: named" in told) == (code == 1)
        assert "too few questions" not in told


def test_few_questions_tell_little(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(_logs(tmp_path / name, asked=100)) for name in ("one", "two")]
    assert curves.main([*folders, "--out", str(tmp_path / "x.png"), "--by", "steps"]) == 0
    assert "too few questions to be sure of 2 points: 0-read: named" in capsys.readouterr().out


def test_what_cannot_be_compared_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoCurves, match="no log of a training"):
        curves.read(tmp_path / "empty", "minutes")
    folders = [str(_logs(tmp_path / f"{asked}", asked=asked)) for asked in (100, 200)]
    assert curves.main([*folders, "--out", str(tmp_path / "x.png")]) == 2
    assert "--quiz-tiles" in capsys.readouterr().err
