"""Photographed screens for training: a picture and what stands where, two files a screen.

They are made by ``handrail.tasks.data`` from real browsers and toolkits; this file knows only the
format: ``NAME.webp`` (lossless) beside ``NAME.json`` with ``elements`` and ``runs`` in pixels.
"""

import json
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from handrail.model.pocket.canvas import Element, Run
from handrail.model.pocket.errors import ShotUnreadable


@dataclass(frozen=True)
class Labels:
    """What stands on a screen: named elements, lines of text, elements that are seen in part."""

    elements: list[Element]
    runs: list[Run]
    partly: list[Element] = field(default_factory=list)


_LABELS = TypeAdapter(Labels)


def write(folder: Path, name: str, image: Image.Image, labels: Labels) -> Path:
    """Write one screen; return the file of its labels, which is there only once both are."""
    folder.mkdir(parents=True, exist_ok=True)
    image.convert("RGB").save(folder / f"{name}.webp", lossless=True, quality=40, method=2)
    file = folder / f"{name}.json"
    part = file.with_suffix(".part")
    part.write_text(json.dumps(asdict(labels), separators=(",", ":")), "utf-8")
    part.replace(file)
    return file


def read(file: Path) -> tuple[Labels, NDArray[np.uint8]]:
    """Return a screen's labels and pixels (H, W, 3). Raises ShotUnreadable, naming the file."""
    try:
        labels = _LABELS.validate_json(file.read_bytes())
        with Image.open(file.with_suffix(".webp")) as picture:
            return labels, np.asarray(picture.convert("RGB"))
    except (OSError, ValidationError) as error:
        raise ShotUnreadable(
            f"{file}: is no photographed screen ({error}): make it anew"
        ) from error


@lru_cache(maxsize=8)
def found(folder: Path) -> tuple[Path, ...]:
    """Return the labels of all screens under a folder, in order; none where it is not there.

    Style sheets lie under the same folder, in packages with JSON files of their own.
    """
    files = sorted(folder.rglob("*.json"))
    return tuple(file for file in files if file.with_suffix(".webp").is_file())
