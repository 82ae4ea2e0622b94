"""Read grounding data: our JSON lines, and the lists of ScreenSpot and ScreenSpot-Pro.

A line is ``{"image": path, "instruction": text, "bbox": [x1, y1, x2, y2]}`` in pixels, paths
relative to the file, with ``data_source``, ``data_type`` and ``role`` where there are groups to
report. A ``bbox`` of null says that what is asked for is not there: the right answer is to find
nothing. ``asks`` of "relation" marks a line that asks by place, "state" one that asks by a state.

A ScreenSpot list is ``[{"img_filename", "instruction", "bbox", "data_type", "data_source"}]`` with
boxes as x, y, width, height; ScreenSpot-Pro's entries, which state an ``img_size``, have corners.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handrail.tasks.errors import RowError

GROUPS = ("data_source", "data_type", "role", "platform", "ui_type")


_Side = Annotated[float, Field(allow_inf_nan=False)]
Corners = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""
Asks = Literal["name", "relation", "state", "absence"]


class _Entry(BaseModel):
    """One row as it stands in a file; what is not named here is left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    instruction: str = Field(min_length=1)
    bbox: Annotated[list[_Side], Field(min_length=4, max_length=4)] | None
    asks: Literal["name", "relation", "state"] = "name"
    data_source: str = ""
    data_type: str = ""
    role: str = ""
    platform: str = ""
    ui_type: str = ""
    img_size: list[int] | None = None

    def corners(self) -> Corners | None:
        """Return the box as left, top, right, bottom, or None for what is not there."""
        if self.bbox is None:
            return None
        a, b, c, d = self.bbox
        return a, b, c, d


class _Line(_Entry):
    image: str = Field(min_length=1)

    def path(self) -> str:
        """Return the image's path as the file states it."""
        return self.image


class _ListEntry(_Entry):
    img_filename: str = Field(min_length=1)

    def path(self) -> str:
        """Return the image's path as the file states it."""
        return self.img_filename

    def corners(self) -> Corners | None:
        """Return the box as left, top, right, bottom, or None for what is not there."""
        box = super().corners()
        if box is None or self.img_size is not None:
            return box
        return box[0], box[1], box[0] + box[2], box[1] + box[3]


@dataclass(frozen=True)
class GroundingRow:
    """One question: where in the image is what the instruction means?

    ``box`` is left, top, right, bottom in pixels, None where nothing is what the instruction means;
    ``size`` is the image's; ``groups`` maps a name of ``GROUPS`` to this row's group.
    """

    where: str
    image: Path
    size: tuple[int, int]
    instruction: str
    box: Corners | None
    groups: dict[str, str]
    asks: Asks = "name"

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a pixel position lies in the box."""
        if self.box is None:
            return False
        left, top, right, bottom = self.box
        return left <= x < right and top <= y < bottom

    @property
    def share_of_image(self) -> float:
        """Return the box's area as a share of the image's: what a random click hits."""
        if self.box is None:
            return 0.0
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top) / (self.size[0] * self.size[1])


def read_rows(file: Path, images: Path | None = None) -> tuple[GroundingRow, ...]:
    """Read and check every row; ``images`` is the folder of the images, the file's own by default.

    Raises RowError, which names the file and the row.
    """
    folder = file.parent if images is None else images
    sizes: dict[Path, tuple[int, int]] = {}
    rows = []
    for where, entry in _entries(file):
        path = folder / entry.path()
        if path not in sizes:
            sizes[path] = size_of(path, where)
        rows.append(_row(entry, where, path, sizes[path]))
    if not rows:
        raise RowError(f"{file} holds no rows: it needs one JSON object a line")
    return tuple(rows)


def read_line(text: str, where: str, images: Path) -> GroundingRow:
    """Read one JSON line; ``where`` names it in errors. Raises RowError."""
    entry = _line(text, where)
    path = images / entry.path()
    return _row(entry, where, path, size_of(path, where))


def _line(text: str, where: str) -> _Line:
    try:
        return _Line.model_validate_json(text)
    except ValidationError as error:
        raise _refused(where, error) from error


def _entries(file: Path) -> Iterator[tuple[str, _Line | _ListEntry]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RowError(f"cannot read {file}: {error}") from error
    if text.lstrip().startswith("["):
        yield from _list_entries(file, text)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{file}:{number}"
            yield where, _line(line, where)


def _list_entries(file: Path, text: str) -> Iterator[tuple[str, _ListEntry]]:
    try:
        entries: list[object] = json.loads(text)
    except json.JSONDecodeError as error:
        raise RowError(f"{file} is not JSON: {error}") from error
    for number, entry in enumerate(entries, start=1):
        where = f"{file}, entry {number}"
        try:
            yield where, _ListEntry.model_validate(entry)
        except ValidationError as error:
            raise _refused(where, error) from error


def _refused(where: str, error: ValidationError) -> RowError:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return RowError(f"{where}: {field + ': ' if field else ''}{first['msg']}")


def size_of(path: Path, where: str) -> tuple[int, int]:
    """Return a picture's width and height. Raises RowError, naming who asked."""
    try:
        with Image.open(path) as image:
            return image.size
    except OSError as error:
        raise RowError(f"{where}: cannot read the image {path}: {error}") from error


def _row(entry: _Line | _ListEntry, where: str, path: Path, size: tuple[int, int]) -> GroundingRow:
    box = entry.corners()
    if box is not None and not _inside(box, size):
        raise RowError(
            f"{where}: the box {list(box)} (left, top, right, bottom) is empty or not inside the"
            f" {size[0]}x{size[1]} image {path.name}"
        )
    groups = {name: value for name in GROUPS if (value := getattr(entry, name))}
    asks: Asks = "absence" if box is None else entry.asks
    return GroundingRow(where, path, size, entry.instruction, box, groups, asks)


def _inside(box: Corners, size: tuple[int, int]) -> bool:
    left, top, right, bottom = box
    return 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
