"""Qwen's ``computer_use`` arguments <-> typed actions.

Source: the tool of QwenLM/Qwen3-VL's cookbooks (``agent_function_call.py``). Coordinates are
0..1000 of the screenshot's sides, both ends included: 1000 is the last pixel. Whatever is unknown,
missing, of another type or out of range is refused; nothing is guessed and nothing is clamped.
"""

from collections.abc import Callable

from pydantic import ValidationError

from handrail.actuators.actions import (
    Action,
    Answer,
    Button,
    Click,
    Drag,
    Move,
    Press,
    Scroll,
    Terminate,
    Type,
    Wait,
)
from handrail.actuators.dialects.errors import DialectError
from handrail.actuators.dialects.fields import (
    SIDE,
    Arguments,
    Json,
    keys_of,
    names_of,
    number_of,
    point_of,
    show,
    text_of,
)
from handrail.actuators.geometry import Point, ScreenGeometry

NAME = "computer_use"
COORDINATE_SPACE = f"relative 0..{SIDE}"

_CLICKS: dict[str, tuple[Button, int]] = {
    "left_click": ("left", 1),
    "right_click": ("right", 1),
    "middle_click": ("middle", 1),
    "double_click": ("left", 2),
    "triple_click": ("left", 3),
}


def decode(arguments: Arguments, geometry: ScreenGeometry) -> Action:
    """Return the action that the arguments name on this screen.

    Raises DialectError, whose message names the field and what it must be.
    """
    name = arguments.get("action")
    if not isinstance(name, str) or name not in _READERS:
        raise DialectError(f"action must be one of {', '.join(_READERS)}; it is {show(name)}")
    reader, required, optional = _READERS[name]
    given = set(arguments) - {"action"}
    if missing := required - given:
        raise DialectError(f"{name} needs {names_of(missing)}")
    if unknown := given - required - optional:
        raise DialectError(f"{name} takes no {names_of(unknown)}")
    try:
        return reader(name, arguments, geometry)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DialectError(f"{name}: {field}: {first['msg']}") from error


def encode(action: Action, geometry: ScreenGeometry) -> dict[str, Json]:
    """Return the arguments that decode to this action, its points to the nearest thousandth.

    A drag with a start has no form in this dialect: raises DialectError.
    """
    match action:
        case Move(point=point):
            return {"action": "mouse_move", "coordinate": _relative(point, geometry)}
        case Click(point=point, button=button, count=count):
            return {
                "action": _click_name(button, count),
                "coordinate": _relative(point, geometry),
            }
        case Drag(start=None, end=end):
            return {"action": "left_click_drag", "coordinate": _relative(end, geometry)}
        case Drag():
            raise DialectError("left_click_drag starts where the pointer is: move there first")
        case Scroll():
            return _encode_scroll(action, geometry)
        case Type(text=text):
            return {"action": "type", "text": text}
        case Press(keys=keys):
            return {"action": "key", "keys": list(keys)}
        case Wait(seconds=seconds):
            return {"action": "wait", "time": seconds}
        case Terminate(status=status):
            return {"action": "terminate", "status": status}
        case Answer(text=text):
            return {"action": "answer", "text": text}


def _encode_scroll(action: Scroll, geometry: ScreenGeometry) -> dict[str, Json]:
    if action.dx and action.dy:
        raise DialectError("one scroll goes along one axis: send two")
    words: dict[str, Json] = (
        {"action": "hscroll", "pixels": action.dx}
        if action.dx
        else {"action": "scroll", "pixels": action.dy}
    )
    if action.point is not None:
        words["coordinate"] = _relative(action.point, geometry)
    return words


def _click_name(button: Button, count: int) -> str:
    for name, form in _CLICKS.items():
        if form == (button, count):
            return name
    raise DialectError(f"there is no word for {count} clicks of the {button} button")


def _relative(point: Point, geometry: ScreenGeometry) -> list[Json]:
    """Return the thousandths whose pixel is nearest: the middle of the pixel, rounded."""
    return [
        min(SIDE, round((point.x + 0.5) / geometry.width * SIDE)),
        min(SIDE, round((point.y + 0.5) / geometry.height * SIDE)),
    ]


def _read_click(name: str, arguments: Arguments, geometry: ScreenGeometry) -> Action:
    button, count = _CLICKS[name]
    return Click(point=point_of(arguments, geometry), button=button, count=count)


def _read_scroll(name: str, arguments: Arguments, geometry: ScreenGeometry) -> Action:
    pixels = round(number_of(arguments, "pixels"))
    point = point_of(arguments, geometry) if "coordinate" in arguments else None
    if name == "hscroll":
        return Scroll(point=point, dx=pixels)
    return Scroll(point=point, dy=pixels)


def _read_terminate(name: str, arguments: Arguments, geometry: ScreenGeometry) -> Action:
    status = arguments["status"]
    if status == "success":
        return Terminate(status="success")
    if status == "failure":
        return Terminate(status="failure")
    raise DialectError(f"status must be success or failure; it is {show(status)}")


_Reader = Callable[[str, Arguments, ScreenGeometry], Action]
_NONE: frozenset[str] = frozenset()
_AT = frozenset({"coordinate"})
_READERS: dict[str, tuple[_Reader, frozenset[str], frozenset[str]]] = {
    "key": (lambda _, a, g: Press(keys=keys_of(a)), frozenset({"keys"}), _NONE),
    "type": (lambda _, a, g: Type(text=text_of(a, "text")), frozenset({"text"}), _NONE),
    "mouse_move": (lambda _, a, g: Move(point=point_of(a, g)), _AT, _NONE),
    "left_click": (_read_click, _AT, _NONE),
    "left_click_drag": (lambda _, a, g: Drag(end=point_of(a, g)), _AT, _NONE),
    "right_click": (_read_click, _AT, _NONE),
    "middle_click": (_read_click, _AT, _NONE),
    "double_click": (_read_click, _AT, _NONE),
    "triple_click": (_read_click, _AT, _NONE),
    "scroll": (_read_scroll, frozenset({"pixels"}), _AT),
    "hscroll": (_read_scroll, frozenset({"pixels"}), _AT),
    "wait": (lambda _, a, g: Wait(seconds=number_of(a, "time")), frozenset({"time"}), _NONE),
    "terminate": (_read_terminate, frozenset({"status"}), _NONE),
    "answer": (lambda _, a, g: Answer(text=text_of(a, "text")), frozenset({"text"}), _NONE),
}
ACTIONS = tuple(_READERS)
FIELDS = {name: (required, optional) for name, (_, required, optional) in _READERS.items()}
"""Each action's required and optional fields."""
