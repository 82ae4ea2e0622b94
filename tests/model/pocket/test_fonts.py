"""The fonts that screens are drawn with: every one has a package, and a missing one is told."""

from pathlib import Path

import pytest

from handrail.model.pocket import fonts, train
from handrail.model.pocket.errors import FontMissing
from handrail.tasks.setup import system

LACKING = ("NotoSansMono-Regular.ttf", "NotoSans-SemiBold.ttf")


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {name: Path(name) for name in fonts.TRAINING if name not in LACKING}
    monkeypatch.setattr(fonts, "_index", lambda: here)


def test_set_up_installs_a_package_for_every_file() -> None:
    assert (len(fonts.TRAINING), len(fonts.EXAMINATION)) == (28, 12)
    needed = fonts.packages(fonts.TRAINING + fonts.EXAMINATION)
    assert set(needed) <= set(system._FONTS)
    assert fonts.packages(LACKING) == ["fonts-noto-extra", "fonts-noto-mono"]


@pytest.mark.usefixtures("lacking")
def test_what_is_missing_is_told_with_the_command_that_installs_it() -> None:
    with pytest.raises(FontMissing, match="apt-get install fonts-noto-extra fonts-noto-mono"):
        fonts.required(fonts.TRAINING)
    assert all(name in fonts.shortage(fonts.TRAINING) for name in LACKING)
    assert fonts.shortage(("Lato-Regular.ttf",)) == ""


@pytest.mark.usefixtures("lacking")
@pytest.mark.parametrize(("rank", "times"), [(0, 1), (1, 0)])
def test_training_says_once_that_it_draws_with_fewer_fonts(
    rank: int, times: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--out", str(tmp_path / "x.pt"), "--stage", "read", "--minutes", "1"]
    with pytest.raises(FileNotFoundError):  # it ends before it learns: there is no such state
        train.main([*arguments, "--rank", str(rank), "--init", str(tmp_path / "none.pt")])
    told = capsys.readouterr().err
    assert told.count("fewer fonts") == times
    assert told.count("NotoSansMono-Regular.ttf") == times
