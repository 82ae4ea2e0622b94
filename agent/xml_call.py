"""The XML form of a tool call, as Qwen3.5 writes it.

``<function=NAME>``, then ``<parameter=NAME>``, a line with the value, ``</parameter>`` for each
argument, then ``</function>``. Texts stand as they are, everything else as JSON.
"""

import json
import re
from collections.abc import Mapping

from handrail.actuators.dialects.fields import Json

OPENING = "<function="
_FUNCTION = re.compile(r"\s*<function=([^<>\n]*)>(.*)</function>\s*", re.DOTALL)
_PARAMETER = re.compile(r"\s*<parameter=([^<>\n]*)>\n?(.*?)\n?</parameter>", re.DOTALL)
_TEXTS = frozenset({"action", "text", "status"})


def read(body: str) -> dict[str, Json]:
    """Return the call's name and arguments. Raises ValueError saying what is wrong."""
    function = _FUNCTION.fullmatch(body)
    if function is None:
        raise ValueError(f"it must be one {OPENING}NAME> ... </function>")
    arguments: dict[str, Json] = {}
    rest = function[2]
    while found := _PARAMETER.match(rest):
        name, value = found[1], found[2]
        if name in arguments:
            raise ValueError(f"the parameter {name} is given twice")
        arguments[name] = value if name in _TEXTS else json.loads(value, parse_constant=_refuse)
        rest = rest[found.end() :]
    if rest.strip():
        raise ValueError("between its parameters stands something else")
    return {"name": function[1], "arguments": arguments}


def write(name: str, arguments: Mapping[str, Json]) -> str:
    """Return a call in this form."""
    parts = [
        f"<parameter={key}>\n{value if isinstance(value, str) else json.dumps(value)}\n</parameter>"
        for key, value in arguments.items()
    ]
    return "\n".join([f"<function={name}>", *parts, "</function>"])


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
