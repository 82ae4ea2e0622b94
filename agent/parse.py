"""Read a model's reply: exactly one tool call becomes a typed action, all else a ParseError.

The reply is hostile input. It is parsed as strict JSON, or as the XML form of a call, its names and
fields must be known ones, and its coordinates must lie on the screen. No string makes this raise.
"""

import json
import re
from typing import Literal, NoReturn

from handrail.actuators.dialects import qwen_computer
from handrail.actuators.dialects.errors import DialectError
from handrail.actuators.dialects.fields import Json
from handrail.actuators.geometry import ScreenGeometry
from handrail.agent.proposal import ParseError, Proposal, describe
from handrail.model import xml_call

OPEN, CLOSE = "<tool_call>", "</tool_call>"
LONGEST_REPLY = 100_000
_TEXTS = frozenset({"action", "text", "status"})
_HALVES = re.compile("[\ud800-\udfff]")
_LINE = re.compile(r"^Action:[ \t]*(\S[^\r\n]*)", re.MULTILINE)


class _NotACall(Exception):
    """The reply is no tool call; the message says why."""


def parse(
    reply: str, geometry: ScreenGeometry, finish: Literal["stop", "length"] = "stop"
) -> Proposal | ParseError:
    """Return the one action that a reply asks for on this screen, or what is wrong with the reply.

    ``finish`` is why the model stopped: a reply cut at the token limit is never acted on, even
    where what is there happens to parse.
    """
    if half := _HALVES.search(reply):
        problem = f"the reply holds half of a character (U+{ord(half[0]):04X}): it is no text"
        return ParseError(problem, _HALVES.sub("\ufffd", reply))
    if finish == "length":
        return ParseError("the reply was cut off at the token limit: be brief", reply)
    try:
        action = qwen_computer.decode(_arguments(_call(reply)), geometry)
    except (_NotACall, DialectError) as error:
        return ParseError(str(error), reply)
    line = _LINE.search(reply.partition(OPEN)[0])
    return Proposal(action, line.group(1).strip() if line else describe(action), reply)


def _call(reply: str) -> dict[str, Json]:
    """Return the JSON object between the tool call's tags."""
    if len(reply) > LONGEST_REPLY:
        raise _NotACall(f"the reply is longer than {LONGEST_REPLY} characters")
    opened, closed = reply.count(OPEN), reply.count(CLOSE)
    if opened == 0:
        raise _NotACall(f"the reply holds no tool call: one {OPEN} block is needed")
    if opened > 1 or closed > 1:
        raise _NotACall(f"the reply holds {max(opened, closed)} tool calls: exactly one is needed")
    body, tag, _ = reply.partition(OPEN)[2].partition(CLOSE)
    if not tag:
        raise _NotACall(f"the tool call has no {CLOSE}")
    xml = body.lstrip().startswith(xml_call.OPENING)
    try:
        call = xml_call.read(body, _is_text) if xml else _json(body)
    except RecursionError:
        raise _NotACall("the tool call is nested too deeply") from None
    except ValueError as error:
        form = "is not well formed" if xml else "is not JSON"
        raise _NotACall(f"the tool call {form}: {str(error)[:120]}") from error
    if not isinstance(call, dict):
        raise _NotACall("the tool call must be a JSON object with name and arguments")
    return call


def _arguments(call: dict[str, Json]) -> dict[str, Json]:
    if set(call) != {"name", "arguments"}:
        raise _NotACall("the tool call must have exactly the members name and arguments")
    if call["name"] != qwen_computer.NAME:
        raise _NotACall(f"the only function is {qwen_computer.NAME}")
    arguments = call["arguments"]
    if not isinstance(arguments, dict):
        raise _NotACall("arguments must be a JSON object")
    return arguments


def _is_text(_: str, parameter: str) -> bool:
    return parameter in _TEXTS


def _json(body: str) -> Json:
    read: Json = json.loads(body, object_pairs_hook=_object, parse_constant=_no_constant)
    return read


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Build an object, refusing a name given twice: readers differ on which one counts."""
    built = dict(pairs)
    if len(built) != len(pairs):
        raise ValueError("a name is given twice in one object")
    return built


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
