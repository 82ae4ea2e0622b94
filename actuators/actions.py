"""The closed vocabulary of typed actions.

Points are pixels of the observation that the action was decided on. Everything a model, a script
or a person may ask for is one of these; nothing else reaches a screen. ``Terminate`` and
``Answer`` end a run and touch nothing.
"""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from handrail.actuators.geometry import Point

Button = Literal["left", "right", "middle"]
KeyName = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Move(_Action):
    """Move the pointer."""

    kind: Literal["move"] = "move"
    point: Point


class Click(_Action):
    """Press and release a button ``count`` times at a point."""

    kind: Literal["click"] = "click"
    point: Point
    button: Button = "left"
    count: int = Field(default=1, ge=1, le=3)


class Drag(_Action):
    """Drag with the left button to ``end``, from ``start`` or from where the pointer is."""

    kind: Literal["drag"] = "drag"
    start: Point | None = None
    end: Point


class Scroll(_Action):
    """Turn the wheel: positive ``dy`` scrolls up, positive ``dx`` right, in pixels of content."""

    kind: Literal["scroll"] = "scroll"
    point: Point | None = None
    dx: int = Field(default=0, ge=-20_000, le=20_000)
    dy: int = Field(default=0, ge=-20_000, le=20_000)


class Type(_Action):
    """Type text into what has the focus, every Unicode character as it stands."""

    kind: Literal["type"] = "type"
    text: str = Field(max_length=20_000)


class Press(_Action):
    """Press keys down in order and release them in reverse.

    Names are pyautogui's, in lower case (``ctrl``, ``shift``, ``enter``, ``f5``, ``pagedown``), or
    single characters.
    """

    kind: Literal["press"] = "press"
    keys: tuple[KeyName, ...] = Field(min_length=1, max_length=6)


class Wait(_Action):
    """Let the screen go on for a while."""

    kind: Literal["wait"] = "wait"
    seconds: float = Field(ge=0, le=60, allow_inf_nan=False)


class Terminate(_Action):
    """End the run with the proposer's own verdict."""

    kind: Literal["terminate"] = "terminate"
    status: Literal["success", "failure"]


class Answer(_Action):
    """End the run with an answer to a question."""

    kind: Literal["answer"] = "answer"
    text: str = Field(max_length=20_000)


Action = Annotated[
    Move | Click | Drag | Scroll | Type | Press | Wait | Terminate | Answer,
    Field(discriminator="kind"),
]
ENDINGS = (Terminate, Answer)
ACTION: TypeAdapter[Action] = TypeAdapter(Action)


def digest(action: Action) -> str:
    """Return the SHA-256 (hex) of the action's canonical JSON: sorted keys, no blanks, UTF-8."""
    text = json.dumps(
        ACTION.dump_python(action, mode="json"),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def points(action: Action) -> tuple[Point, ...]:
    """Return every point that the action names."""
    if isinstance(action, Move | Click):
        return (action.point,)
    if isinstance(action, Drag):
        return (action.end,) if action.start is None else (action.start, action.end)
    if isinstance(action, Scroll) and action.point is not None:
        return (action.point,)
    return ()
