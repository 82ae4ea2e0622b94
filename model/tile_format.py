"""What ``handrail.json`` in a checkpoint's folder says: tiles, and the fixed spans of a reply."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from handrail.model.calibration import Calibration
from handrail.model.errors import CheckpointError
from handrail.model.tiles import TileSpec

FILE = "handrail.json"
_LEAST, _MOST = 64, 4096
_NUMBERS = re.compile(r"-?\d{1,9}")


Name = Annotated[str, Field(min_length=1, max_length=40)]


class Pointing(BaseModel):
    """How something is done at a named place.

    ``think`` opens the line that names the target, ``call`` the tool call whose coordinates follow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    think: str = Field(min_length=1)
    call: str = Field(min_length=1)


class Asking(BaseModel):
    """How a checkpoint answers questions about the screen.

    ``read`` opens the line that names what is to be read, ``there`` the one that names what is
    there or not, each of ``states`` one that asks what state a named thing is in. ``answer`` opens
    the reply that is read off the screen, which ``end_type`` closes; ``yes`` and ``no`` are whole
    replies. ``longest`` bounds what is read, in tokens.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    read: str = Field(min_length=1)
    there: str = Field(min_length=1)
    states: tuple[str, ...] = ()
    answer: str = Field(min_length=1)
    yes: str = Field(min_length=1)
    no: str = Field(min_length=1)
    longest: int = Field(default=80, ge=1, le=1000)

    @property
    def thinks(self) -> tuple[str, ...]:
        """Return how lines open that ask about something."""
        return self.read, self.there, *self.states

    def think(self, said: str) -> str | None:
        """Return what opens a line that asks about something, None where it asks nothing."""
        return next((think for think in self.thinks if said.startswith(think)), None)


class TileFormat(BaseModel):
    """How a tile-trained checkpoint writes a click, and what else it does at a named place.

    ``think`` opens the line that names the target, ``call`` the tool call of a click, ``absent`` is
    said instead where the target is not on the tile, ``ask`` the user's words with ``{phrase}``
    where only a phrase is to be found, ``point`` is the rest with ``{x}`` and ``{y}`` in 0..1000;
    ``type`` and ``end_type`` stand around a text to type; ``longest`` bounds a reply in tokens.
    ``others`` are what it does at a place beside clicking; checkpoints that only click have none.
    ``closing`` is the phrase by which it finds what closes a pop-up, empty where it has none;
    ``skips_ground``: it was trained on pictures without their plain ground. ``asking`` is how it
    answers questions, where it has learned that. ``calibration`` says how sure its scores may make
    one; without it they are taken as they are. ``names`` are what it may name though the
    instruction does not: buttons that most applications have.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tile: TileSpec
    think: str = Field(min_length=1)
    call: str = Field(min_length=1)
    absent: str = Field(min_length=1)
    ask: str = Field(min_length=1)
    type: str = Field(min_length=1)
    end_type: str = Field(min_length=1)
    point: str
    longest: int = Field(default=120, ge=8, le=4096)
    others: tuple[Pointing, ...] = ()
    closing: str = ""
    skips_ground: bool = False
    asking: Asking | None = None
    calibration: Calibration | None = None
    names: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _has_both(self) -> Self:
        if "{x}" not in self.point or "{y}" not in self.point:
            raise ValueError("point must hold {x} and {y}")
        if "{phrase}" not in self.ask:
            raise ValueError("ask must hold {phrase}")
        if not all(_LEAST <= side <= _MOST for side in (self.tile.width, self.tile.height)):
            raise ValueError(f"a tile's sides must be {_LEAST}..{_MOST} pixels")
        return self

    @property
    def pointings(self) -> tuple[Pointing, ...]:
        """Return all that is done at a named place, the click first."""
        return Pointing(think=self.think, call=self.call), *self.others

    def pointing(self, said: str) -> Pointing | None:
        """Return what a reply that begins so does at the place it names, None without a place."""
        return next((p for p in self.pointings if said.startswith(p.think)), None)

    def write_point(self, x: int, y: int) -> str:
        """Return the rest of a tool call at a place with its coordinates, 0..1000."""
        # not str.format, which would take the JSON's own braces for its own
        return self.point.replace("{x}", str(x)).replace("{y}", str(y))

    def read_point(self, written: str) -> tuple[float, float] | None:
        """Return the two coordinates of a written point as fractions, None where it has not two."""
        numbers = [int(n) for n in _NUMBERS.findall(written)]
        if len(numbers) != 2 or not all(0 <= n <= 1000 for n in numbers):
            return None
        return numbers[0] / 1000, numbers[1] / 1000


def load_format(folder: Path) -> TileFormat | None:
    """Return a checkpoint's format, None without a ``handrail.json``. Raises CheckpointError."""
    file = folder / FILE
    try:
        if not file.is_file():
            return None
        return TileFormat.model_validate_json(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise CheckpointError(
            f"{file} is not readable ({error}): copy it from the source"
        ) from error
