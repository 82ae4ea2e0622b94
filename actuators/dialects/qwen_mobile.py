"""Qwen's ``mobile_use`` arguments, as far as they mean something that ``computer_use`` can say.

Source: the tool of QwenLM/Qwen3-VL's cookbooks. A tap is a left click; typing, waiting and ends are
the same in both. Swipes, long presses, buttons of the system and opening of applications have no
counterpart.
"""

from handrail.actuators.dialects.errors import DialectError
from handrail.actuators.dialects.fields import Arguments, Json, show

NAME = "mobile_use"
_SAME = {
    "click": "left_click", "type": "type", "wait": "wait", "terminate": "terminate",
    "answer": "answer",
}  # fmt: skip


def as_computer_use(arguments: Arguments) -> dict[str, Json]:
    """Return the arguments of ``computer_use`` that mean the same. Raises DialectError."""
    action = arguments.get("action")
    if not isinstance(action, str) or action not in _SAME:
        raise DialectError(
            f"of mobile_use, {', '.join(_SAME)} are known here; the action is {show(action)}"
        )
    return {**arguments, "action": _SAME[action]}
