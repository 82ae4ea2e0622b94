"""Read a file of rows to tune on: JSON lines with ``image``, ``instruction`` and what is right.

What is right is an ``action``, a call of ``computer_use`` or ``mobile_use`` (with or without its
name around the arguments), or a ``bbox`` in pixels as ``handrail eval grounding`` has it, null for
what is not there; ``"action": {"bbox": ...}`` says the same.
"""

import json
from pathlib import Path
from typing import cast

from handrail.actuators.actions import Action
from handrail.actuators.dialects import qwen_computer, qwen_mobile
from handrail.actuators.dialects.errors import DialectError
from handrail.actuators.dialects.fields import Json, show
from handrail.actuators.geometry import ScreenGeometry
from handrail.tasks.errors import RowError
from handrail.tasks.evaluate_rows import read_line, size_of
from handrail.tasks.tuning.example import Example, image_digest, of_row

_NEEDED = ("image", "instruction")


def read_examples(file: Path) -> tuple[Example, ...]:
    """Read every row. Raises RowError, which names the file, the line and what is wrong."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RowError(f"cannot read {file}: {error}") from error
    found = [
        _example(file, f"{file}:{number}", line)
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip()
    ]
    if not found:
        raise RowError(f"{file} holds no rows: it needs one JSON object a line")
    return tuple(found)


def _example(file: Path, where: str, line: str) -> Example:
    row = _object(where, line)
    call = row.get("action")
    if isinstance(call, dict) and set(call) == {"bbox"}:
        row = {**{k: v for k, v in row.items() if k != "action"}, "bbox": call["bbox"]}
        call = None
    if call is None:
        if "bbox" not in row:
            raise RowError(f"{where}: has neither action nor bbox: say what is right on its image")
        return of_row(read_line(json.dumps(row), where, file.parent))
    for field in _NEEDED:
        if not isinstance(row.get(field), str) or not str(row[field]).strip():
            raise RowError(f"{where}: {field}: must be a text that is not empty")
    image = file.parent / str(row["image"])
    size = size_of(image, where)
    action = _action(where, call, ScreenGeometry(width=size[0], height=size[1]))
    group = image_digest(image, where)
    return Example(where, image, size, str(row["instruction"]), action, group, where)


def _object(where: str, line: str) -> dict[str, Json]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RowError(f"{where}: is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise RowError(f"{where}: must be a JSON object; it is {show(row)}")
    return cast("dict[str, Json]", row)


def _action(where: str, call: Json, geometry: ScreenGeometry) -> Action:
    """Return the action of a call. Raises RowError."""
    if not isinstance(call, dict):
        raise RowError(f"{where}: action: must be a tool call, an object; it is {show(call)}")
    name, arguments = call.get("name", qwen_computer.NAME), call.get("arguments", call)
    if not isinstance(arguments, dict):
        raise RowError(f"{where}: action: arguments must be an object; it is {show(arguments)}")
    try:
        if name == qwen_mobile.NAME:
            arguments = qwen_mobile.as_computer_use(arguments)
        elif name != qwen_computer.NAME:
            raise DialectError(f"there is no tool {show(name)}: use computer_use or mobile_use")
        return qwen_computer.decode(arguments, geometry)
    except DialectError as error:
        raise RowError(f"{where}: action: {error}") from error
