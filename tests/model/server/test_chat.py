"""The official client gets what it asks for: text, pictures, tools, JSON, streams."""

import base64
import io
import json
from typing import Any

import pytest
from PIL import Image

from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.sampling import GenerateOptions
from tests.model.server.conftest import Running

HELLO: list[Any] = [{"role": "user", "content": "Press the button named Save."}]
CLICK = {"type": "function", "function": {
    "name": "click", "description": "Click.", "parameters": {
        "type": "object", "required": ["x"], "additionalProperties": False,
        "properties": {"x": {"type": "integer", "minimum": 0, "maximum": 9}}}}}  # fmt: skip


def data_url(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def greedy(running: Running, messages: list[Any] = HELLO, **more: Any) -> Any:
    given = {"max_tokens": 12, "temperature": 0, **more}
    return running.client().chat.completions.create(model="tiny", messages=messages, **given)


def test_the_models_are_named(running: Running) -> None:
    assert [m.id for m in running.client().models.list()] == ["tiny"]


def test_a_chat_says_what_the_engine_says(running: Running) -> None:
    made = greedy(running, presence_penalty=0)
    turn = [Message("user", [TextPart("Press the button named Save.")])]
    wanted = running.engine.generate(turn, options=GenerateOptions(max_new_tokens=12))
    assert made.choices[0].message.content == wanted.text
    assert made.choices[0].finish_reason == wanted.finish == "length"
    assert made.usage.prompt_tokens == wanted.prompt_tokens
    assert made.usage.completion_tokens == len(wanted.token_ids) == 12
    assert made.usage.total_tokens == wanted.prompt_tokens + 12


def test_pictures_are_seen(running: Running) -> None:
    image = Image.effect_noise((128, 96), 80).convert("RGB")
    url = {"type": "image_url", "image_url": {"url": data_url(image), "detail": "high"}}
    made = greedy(running, [{"role": "user", "content": [url, {"type": "text", "text": "Where?"}]}])
    turn = [Message("user", [ImagePart(image), TextPart("Where?")])]
    wanted = running.engine.generate(turn, options=GenerateOptions(max_new_tokens=12))
    assert made.choices[0].message.content == wanted.text
    assert made.usage.prompt_tokens == wanted.prompt_tokens > wanted.image_tokens > 0


def test_a_stream_adds_up_to_the_whole(running: Running) -> None:
    whole = greedy(running, max_tokens=40)
    chunks = list(
        greedy(running, max_tokens=40, stream=True, stream_options={"include_usage": True})
    )
    said = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert said == whole.choices[0].message.content
    assert len([c for c in chunks if c.choices and c.choices[0].delta.content]) > 5
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert chunks[-1].usage == whole.usage


@pytest.mark.parametrize("stream", [False, True])
def test_a_required_tool_is_called(running: Running, stream: bool) -> None:
    given: dict[str, Any] = {
        "tools": [CLICK],
        "tool_choice": "required",
        "max_tokens": 3000,
        "seed": 4,
    }
    made = greedy(running, temperature=1.0, stream=stream, **given)
    if stream:
        chunks = [c for c in made if c.choices]
        calls = [c.choices[0].delta.tool_calls for c in chunks if c.choices[0].delta.tool_calls]
        assert "<tool_call>" not in "".join(c.choices[0].delta.content or "" for c in chunks)
        (call,), reason = calls[0], chunks[-1].choices[0].finish_reason
    else:
        (call,), reason = made.choices[0].message.tool_calls, made.choices[0].finish_reason
    assert call.function.name == "click"
    arguments = json.loads(call.function.arguments)
    assert set(arguments) == {"x"}
    assert 0 <= arguments["x"] <= 9
    assert reason == "tool_calls"


def test_a_conversation_with_tools_goes_on(running: Running) -> None:
    earlier: list[Any] = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "type": "function",
             "function": {"name": "click", "arguments": '{"x": 3}'}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "done"},
    ]  # fmt: skip
    made = greedy(running, earlier, tools=[CLICK], tool_choice="none")
    call = '<tool_call>\n{"name": "click", "arguments": {"x": 3}}\n</tool_call>'
    turns = [
        Message("user", [TextPart(HELLO[0]["content"])]),
        Message("assistant", [TextPart(call)]),
        Message("tool", [TextPart("done")]),
    ]
    wanted = running.engine.generate(turns, options=GenerateOptions(max_new_tokens=12))
    assert made.choices[0].message.content == wanted.text


def test_json_follows_its_schema(running: Running) -> None:
    schema = {"type": "object", "required": ["ok"], "additionalProperties": False,
              "properties": {"ok": {"type": "boolean"}}}  # fmt: skip
    shape = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    made = greedy(running, response_format=shape, max_tokens=50)
    assert json.loads(made.choices[0].message.content)["ok"] in (True, False)
    assert made.choices[0].finish_reason == "stop"


def test_a_stop_text_ends_the_answer(running: Running) -> None:
    whole = greedy(running, max_tokens=30).choices[0].message.content
    stop = whole[10:13]
    for stream in (False, True):
        made = greedy(running, max_tokens=30, stop=[stop, "never"], stream=stream)
        if stream:
            chunks = [c for c in made if c.choices]
            said = "".join(c.choices[0].delta.content or "" for c in chunks)
            reason = chunks[-1].choices[0].finish_reason
        else:
            said, reason = made.choices[0].message.content, made.choices[0].finish_reason
        assert said == whole[: whole.index(stop)]
        assert reason == "stop"


def test_log_probabilities_come_on_request(running: Running) -> None:
    made = greedy(running, logprobs=True, top_logprobs=2)
    scores = made.choices[0].logprobs.content
    assert len(scores) == 12
    assert all(s.logprob <= 0 and len(s.top_logprobs) == 2 for s in scores)
    assert made.choices[0].logprobs.content[0].logprob == scores[0].top_logprobs[0].logprob


def test_a_seed_repeats_an_answer(running: Running) -> None:
    def said(seed: int) -> str:
        made = greedy(running, temperature=1.0, top_p=0.9, seed=seed)
        return str(made.choices[0].message.content)

    assert said(1) == said(1)
    assert said(1) != said(2)
