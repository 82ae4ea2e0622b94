"""The XML form of a tool call, as Qwen3.5 writes it.

``<function=NAME>``, then ``<parameter=NAME>``, a line with the value, ``</parameter>`` for each
argument, then ``</function>``. Texts stand as they are, everything else as JSON.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

OPENING = "<function="
_FUNCTION = re.compile(r"\s*<function=([^<>\n]*)>(.*)</function>\s*", re.DOTALL)
_PARAMETER = re.compile(r"\s*<parameter=([^<>\n]*)>(?:\n(.*?)\n|([^\n]*?))</parameter>", re.DOTALL)
IsText = Callable[[str, str], bool]
"""Tells whether a function's parameter is a text."""


def read(body: str, is_text: IsText) -> dict[str, Any]:
    """Return the call's ``name`` and ``arguments``. Raises ValueError saying what is wrong."""
    function = _FUNCTION.fullmatch(body)
    if function is None:
        raise ValueError(f"it must be one {OPENING}NAME> ... </function>")
    name, rest = function[1], function[2]
    arguments: dict[str, Any] = {}
    while found := _PARAMETER.match(rest):
        key, value = found[1], found[3] if found[2] is None else found[2]
        if key in arguments:
            raise ValueError(f"the parameter {key} is given twice")
        text = is_text(name, key)
        arguments[key] = value if text else json.loads(value, parse_constant=_refuse)
        rest = rest[found.end() :]
    if rest.strip():
        raise ValueError("between its parameters stands something else")
    return {"name": name, "arguments": arguments}


def write(name: str, arguments: Mapping[str, object]) -> str:
    """Return a call in this form."""
    parts = [
        f"<parameter={key}>\n{value if isinstance(value, str) else json.dumps(value)}\n</parameter>"
        for key, value in arguments.items()
    ]
    return "\n".join([f"<function={name}>", *parts, "</function>"])


def texts_of(tools: Mapping[str, Mapping[str, object]]) -> IsText:
    """Return what tells texts by the JSON schemas of the functions' arguments."""

    def is_text(function: str, parameter: str) -> bool:
        properties = tools.get(function, {}).get("properties")
        schema = properties.get(parameter) if isinstance(properties, Mapping) else None
        return isinstance(schema, Mapping) and schema.get("type") == "string"

    return is_text


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
