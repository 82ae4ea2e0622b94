"""Clients of the server read and send objects, also where a checkpoint writes calls as XML."""

import json
from typing import Any

from handrail.model.grammar import ToolGrammar
from handrail.model.messages import TextPart
from handrail.model.server.answers import TextReader
from handrail.model.server.requests import ChatRequest

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "write",
        "parameters": {
            "type": "object",
            "properties": {"text": {"type": "string"}, "lines": {"type": "integer"}},
            "required": ["text", "lines"],
        },
    },
}
CALL = (
    "<tool_call>\n<function=write>\n<parameter=text>\n5\n</parameter>\n"
    "<parameter=lines>\n5\n</parameter>\n</function>\n</tool_call>"
)


def asked(**more: Any) -> ChatRequest:
    hello = {"role": "user", "content": "hi"}
    return ChatRequest.model_validate(
        {"model": "tiny", "messages": [hello, *more.pop("messages", [])], "tools": [TOOL], **more}
    )


def test_a_call_in_xml_is_given_as_an_object() -> None:
    reader = TextReader((), tools=True, is_text=asked().is_text())
    assert reader.feed("Well.\n" + CALL[:30]) + reader.feed(CALL[30:]) == "Well."
    (call,) = reader.tool_calls()
    assert call["function"]["name"] == "write"
    assert json.loads(call["function"]["arguments"]) == {"text": "5", "lines": 5}


def test_a_call_that_was_cut_is_no_call() -> None:
    for end in range(12, len(CALL) - 14, 9):
        reader = TextReader((), tools=True, is_text=asked().is_text())
        reader.feed(CALL[:end])
        assert reader.tool_calls() == []


def test_earlier_calls_are_told_as_the_checkpoint_writes_them() -> None:
    function = {"name": "write", "arguments": json.dumps({"text": "5", "lines": 5})}
    earlier = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "type": "function", "function": function}],
    }
    request = asked(messages=[earlier, {"role": "tool", "content": "done", "tool_call_id": "1"}])
    said = request.conversation(10_000, "xml")[1].content
    assert said == [TextPart(CALL)]
    follow = request.follow("xml")
    assert isinstance(follow, ToolGrammar)
    assert follow.dialect == "xml"
