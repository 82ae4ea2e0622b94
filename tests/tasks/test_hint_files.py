"""Hints are kept beside a picture, and what is no such file is named."""

from pathlib import Path

import pytest

from handrail.actuators.geometry import Box
from handrail.actuators.observation import Hint, ScreenText
from handrail.tasks.errors import RowError
from handrail.tasks.hint_files import hints_beside, read_hints, write_hints

PLACE = Box(left=3, top=4, right=103, bottom=34)


def test_hints_are_kept_beside_their_picture(tmp_path: Path) -> None:
    image = tmp_path / "page.png"
    told = (Hint("button", ScreenText('Zoë "x"\n'), PLACE),)
    write_hints(image, told)
    assert read_hints(image) == told
    assert hints_beside(image).name == "page.hints.json"


@pytest.mark.parametrize("content", ["", "{}", '[{"role": "b", "name": "n", "box": [5, 5, 1, 1]}]'])
def test_a_file_without_hints_is_named(tmp_path: Path, content: str) -> None:
    image = tmp_path / "page.png"
    hints_beside(image).write_text(content)
    with pytest.raises(RowError, match=r"page\.hints\.json"):
        read_hints(image)
