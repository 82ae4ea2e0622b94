"""A tiny model of the pocket model's family, pictures with something to find, and rows about it."""

import json
from pathlib import Path

from PIL import Image, ImageDraw

from handrail.model.pocket.export import export
from handrail.model.pocket.network import TrainingNetwork, build
from handrail.model.pocket.shape import Shape
from handrail.model.pocket.states import HEADS_FILE, save_heads

TINY = Shape(64, 4, 256, 5)
WIDTH, HEIGHT = 256, 192


def write_tiny(folder: Path) -> Path:
    """Write a checkpoint with its training heads, on tiles of 256x192."""
    net = TrainingNetwork(build(TINY, 3))
    export(net, folder, TINY)
    save_heads(net, folder / HEADS_FILE)
    form = json.loads((folder / "handrail.json").read_text())
    form["tile"] = {"width": WIDTH, "height": HEIGHT, "overlap_x": 32, "overlap_y": 32}
    (folder / "handrail.json").write_text(json.dumps(form))
    return folder


def write_picture(file: Path, number: int, size: tuple[int, int] = (300, 200)) -> Path:
    """Draw a picture that no other number has."""
    image = Image.new("RGB", size, (240, 240, 235))
    draw = ImageDraw.Draw(image)
    left = 10 + 20 * (number % 10)
    draw.rectangle((left, 40, left + 40, 60), fill=(30, 20 * (number % 12), 200))
    image.save(file)
    return file


def grounding_row(folder: Path, number: int) -> dict[str, object]:
    """Write a picture, and return a row that asks for what is drawn on it."""
    write_picture(folder / f"{number}.png", number)
    left = 10 + 20 * (number % 10)
    return {
        "image": f"{number}.png", "instruction": f"click Plate {number}",
        "bbox": [left, 40, left + 41, 61],
    }  # fmt: skip


def write_rows(folder: Path, *rows: object, name: str = "rows.jsonl") -> Path:
    """Write rows as JSON lines."""
    file = folder / name
    file.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows) + "\n")
    return file
