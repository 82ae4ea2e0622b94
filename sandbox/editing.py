"""Edits: what a person may change about a proposed action.

Promises
- The text of ``type`` and ``answer``, and the point of ``click``, ``move``, ``scroll`` and ``drag``
  (where it ends) can be changed; nothing else of an action can.

Does not promise
- That an edited action is permitted: it goes through the gate like any other.
"""

import re

from pydantic import ValidationError

from handrail.actuators.actions import ACTION, Action

_FIELDS = {
    "type": "text",
    "answer": "text",
    "click": "point",
    "move": "point",
    "scroll": "point",
    "drag": "end",
}
_POINT = re.compile(r"\s*\(?\s*(\d{1,6})\s*,\s*(\d{1,6})\s*\)?\s*")


def editable(action: Action) -> str:
    """Return the name of the field that may be changed, or an empty string."""
    return _FIELDS.get(action.kind, "")


def edited(action: Action, given: str) -> Action:
    """Return the action with this text, or the point that is written as ``x, y``.

    Raises ValueError, in words fit to be shown.
    """
    name = editable(action)
    value: object = given
    if not name:
        raise ValueError(f"nothing of a {action.kind} action can be changed")
    if name != "text":
        found = _POINT.fullmatch(given)
        if found is None:
            raise ValueError("write a point as two whole numbers: x, y")
        value = {"x": int(found[1]), "y": int(found[2])}
    try:
        return ACTION.validate_python({**action.model_dump(), name: value})
    except ValidationError as error:
        raise ValueError(f"{name}: {error.errors()[0]['msg']}") from error


def only_edited(action: Action, other: Action) -> bool:
    """Tell whether the other action differs in the field alone that may be changed, and does."""
    name = editable(action)
    return bool(name) and other != action and _without(action, name) == _without(other, name)


def _without(action: Action, name: str) -> dict[str, object]:
    return {key: value for key, value in action.model_dump().items() if key != name}
