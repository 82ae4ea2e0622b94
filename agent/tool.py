"""The ``computer_use`` tool as the model is told of it: Qwen's names and fields, our own words."""

from typing import TYPE_CHECKING

from handrail.actuators.dialects.qwen_computer import ACTIONS, NAME
from handrail.actuators.dialects.qwen_schema import arguments_schema
from handrail.model.messages import ToolSchema

if TYPE_CHECKING:  # the grammar needs torch, which takes a second to import
    from handrail.model.grammar import Dialect, ToolGrammar

DESCRIPTION = """Operate a computer through its screen, its mouse and its keyboard.
* What you know of the computer is the screenshot of this turn. There is no terminal, \
no file access and no element list.
* The screen's resolution is 1000x1000: x runs from 0 at the left edge to 1000 at the right edge, \
y from 0 at the top to 1000 at the bottom, whatever the picture's size.
* Take every coordinate from the screenshot, and aim at the centre of the element, \
never at its edge.
* A field must have the focus before text is typed: click it first.
* Programs take time. If nothing has changed yet, wait; do not click again."""

_ACTIONS = """What to do:
* `key`: press the named keys together (down in order, up in reverse).
* `type`: type text where the focus is.
* `mouse_move`: move the pointer.
* `left_click`, `right_click`, `middle_click`: click a button at a coordinate.
* `double_click`, `triple_click`: click the left button two or three times at a coordinate.
* `left_click_drag`: drag with the left button from where the pointer is to a coordinate.
* `scroll`, `hscroll`: turn the wheel up and down, or sideways.
* `wait`: let some seconds pass.
* `terminate`: end the task and say whether it succeeded.
* `answer`: end the task with the answer to a question."""


def computer_use(description: str = DESCRIPTION) -> ToolSchema:
    """Return the tool's schema, with another description where one is given."""
    function: dict[str, object] = {
        "name_for_human": NAME,
        "name": NAME,
        "description": description,
        "parameters": _parameters(),
        "args_format": "Format the arguments as a JSON object.",
    }
    return {"type": "function", "function": function}


def reply_grammar(dialect: "Dialect" = "json") -> "ToolGrammar":
    """Return the grammar of a reply: a text, and one call whose arguments can be read."""
    from handrail.model.grammar import ToolGrammar

    return ToolGrammar({NAME: arguments_schema()}, dialect)


def _parameters() -> dict[str, object]:
    return {
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": list(ACTIONS), "description": _ACTIONS},
            "keys": {"type": "array", "description": "Key names. Only for `action=key`."},
            "text": {
                "type": "string",
                "description": "The text. Only for `action=type` and `action=answer`.",
            },
            "coordinate": {
                "type": "array",
                "description": "[x, y] in 0..1000. For the mouse actions.",
            },
            "pixels": {
                "type": "number",
                "description": "How far: positive is up (`scroll`) or right (`hscroll`), negative "
                "is down or left.",
            },
            "time": {"type": "number", "description": "Seconds. Only for `action=wait`."},
            "status": {
                "type": "string",
                "enum": ["success", "failure"],
                "description": "How it ended. Only for `action=terminate`.",
            },
        },
        "required": ["action"],
    }
