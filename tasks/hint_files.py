"""What a screen said it shows, kept beside its picture, so that hints can be measured later."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from handrail.actuators.geometry import Box
from handrail.actuators.observation import Hint, ScreenText
from handrail.tasks.errors import RowError

_Side = Annotated[int, Field(ge=0)]


class _Kept(BaseModel):
    """A named control; ``box`` is left, top, right, bottom in pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    name: str
    box: tuple[_Side, _Side, _Side, _Side]


_FILE = TypeAdapter(tuple[_Kept, ...])


def hints_beside(image: Path) -> Path:
    """Return the file of the hints that go with a picture."""
    return image.with_suffix(".hints.json")


def write_hints(image: Path, hints: tuple[Hint, ...]) -> None:
    """Write a screen's hints beside its picture, as a JSON list."""
    kept = [
        {
            "role": one.role,
            "name": one.name.raw,
            "box": [one.box.left, one.box.top, one.box.right, one.box.bottom],
        }
        for one in hints
    ]
    hints_beside(image).write_text(json.dumps(kept, indent=0) + "\n", encoding="utf-8")


def read_hints(image: Path) -> tuple[Hint, ...]:
    """Read the hints that go with a picture. Raises RowError, naming their file."""
    file = hints_beside(image)
    try:
        kept = _FILE.validate_json(file.read_bytes())
        return tuple(Hint(one.role, ScreenText(one.name), _box(one)) for one in kept)
    except (OSError, ValidationError) as error:
        raise RowError(f"{file} holds no hints ({error}): photograph the screen anew") from error


def _box(kept: _Kept) -> Box:
    left, top, right, bottom = kept.box
    return Box(left=left, top=top, right=right, bottom=bottom)
