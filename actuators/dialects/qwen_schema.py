"""The JSON schema of exactly those ``computer_use`` arguments that ``qwen_computer`` reads.

A reply held to it by a grammar cannot be refused: every action has its own fields, and these their
ranges. Shown to the model is the looser schema of ``agent.tool``, as Qwen publishes it.
"""

from handrail.actuators.dialects.fields import SIDE, Json
from handrail.actuators.dialects.qwen_computer import FIELDS
from handrail.actuators.keys import KEYS

# JSON may spell control characters, which no keyboard types; line ends and tabs it may have
_TYPABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
_TEXT: dict[str, Json] = {"type": "string", "pattern": _TYPABLE}
_KEY: dict[str, Json] = {
    "anyOf": [
        {"type": "string", "enum": [*sorted(KEYS)]},
        {"type": "string", "pattern": "^[!-*,-~]$"},
    ]
}
_NUMBER: dict[str, Json] = {"type": "integer", "minimum": 0, "maximum": SIDE}
_FIELDS: dict[str, dict[str, Json]] = {
    "coordinate": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
    "keys": {"type": "array", "items": _KEY, "minItems": 1, "maxItems": 6},
    "text": _TEXT,
    "pixels": {"type": "integer", "minimum": -20_000, "maximum": 20_000},
    "time": {"type": "integer", "minimum": 0, "maximum": 60},
    "status": {"type": "string", "enum": ["success", "failure"]},
}


def arguments_schema() -> dict[str, Json]:
    """Return the schema: one of the actions, each with its fields."""
    return {"anyOf": [_action(name) for name in FIELDS]}


def _action(name: str) -> Json:
    required, optional = FIELDS[name]
    named: dict[str, Json] = {f: _FIELDS[f] for f in (*sorted(required), *sorted(optional))}
    return {
        "type": "object",
        "properties": {"action": {"type": "string", "const": name}, **named},
        "required": ["action", *sorted(required)],
        "additionalProperties": False,
    }
