"""A remote model is asked like a local one, and believed as little as a page."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from handrail.actuators.actions import Click
from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.proposer import ModelProposer
from handrail.model import remote
from handrail.model.errors import RemoteError
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.remote import Endpoint, RemoteModel
from handrail.model.sampling import GenerateOptions
from tests.model.server.conftest import TOKEN, Running

URL = "http://127.0.0.1:1/v1"
TURN = [Message("user", [TextPart("Press the button named Save.")])]
Answer = Callable[[httpx.Request], httpx.Response]


def asked(answer: Answer, **more: Any) -> RemoteModel:
    return RemoteModel(Endpoint(URL, "t" * 20, "m", **more), httpx.MockTransport(answer))


def saying(content: str | None, **message: Any) -> Answer:
    choice = {"message": {"role": "assistant", "content": content, **message}}
    body = {"choices": [{**choice, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3}}  # fmt: skip
    return lambda request: httpx.Response(200, json=body)


def test_our_own_server_answers_as_the_engine_does(running: Running) -> None:
    model = RemoteModel(Endpoint(f"{running.url}/v1", TOKEN))
    assert model.name == "tiny"
    image = Image.effect_noise((96, 64), 70).convert("RGB")
    turn = [Message("user", [ImagePart(image), TextPart("Where is Save?")])]
    options = GenerateOptions(max_new_tokens=12)
    made, wanted = model.generate(turn, options=options), running.engine.generate(turn, (), options)
    assert (made.text, made.finish) == (wanted.text, wanted.finish)
    assert made.prompt_tokens == wanted.prompt_tokens
    assert len(made.token_ids) == 12


def test_a_schema_is_asked_of_the_endpoint(running: Running) -> None:
    model = RemoteModel(Endpoint(f"{running.url}/v1", TOKEN))
    schema = {"type": "object", "required": ["n"], "additionalProperties": False,
              "properties": {"n": {"enum": [1, 2]}}}  # fmt: skip
    assert json.loads(model.generate(TURN, follow=schema).text)["n"] in (1, 2)


def test_a_structured_call_becomes_an_action() -> None:
    arguments = '{"action": "left_click", "coordinate": [500, 500]}'
    call = {"id": "1", "type": "function",
            "function": {"name": "computer_use", "arguments": arguments}}  # fmt: skip
    geometry = ScreenGeometry(width=100, height=50)
    seen = Observation(image=Image.new("RGB", (100, 50)), geometry=geometry, time=0.0,
                       surface=Surface(kind="fake", name="test"))  # fmt: skip
    said = ModelProposer(asked(saying("Action: click", tool_calls=[call]))).propose("go", [], seen)
    assert isinstance(said, Proposal)
    assert isinstance(said.action, Click)
    call["function"] = {"name": "computer_use", "arguments": '"}} evil {'}
    said = ModelProposer(asked(saying(None, tool_calls=[call]))).propose("go", [], seen)
    assert isinstance(said, ParseError)


def test_what_is_sent_holds_pictures_and_the_token() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return saying("ok")(request)

    asked(answer).generate([Message("user", [ImagePart(Image.new("RGB", (4, 4)))])])
    body = json.loads(sent[0].content)
    assert sent[0].headers["authorization"] == "Bearer " + "t" * 20
    url = body["messages"][0]["content"][0]["image_url"]["url"]
    assert url.startswith("data:image/png;base64,")
    assert body["model"] == "m"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(200, content=b"<html>"), "not JSON"),
        (httpx.Response(200, content=b"[" * 100_000), "not JSON"),
        (httpx.Response(200, json=[1]), "not JSON"),
        (httpx.Response(200, json={"choices": []}), "answered oddly: choices"),
        (httpx.Response(200, json={"choices": [{"message": 5}]}), "answered oddly"),
        (httpx.Response(200, content=b"x" * 5_000_000), "too much"),
        (httpx.Response(302, headers={"location": "http://169.254.169.254/"}), "answered 302"),
        (httpx.Response(401, json={"error": {"message": "no"}}), "401 (no): is the token right"),
        (httpx.Response(400, json={"error": {"message": "m" * 9999}}), "400 (mmm"),
        (httpx.Response(500, content=b"\xff\xfe boom"), "answered 500"),
    ],
)
def test_odd_answers_are_named(answer: httpx.Response, said: str) -> None:
    model = asked(lambda request: answer)
    with pytest.raises(RemoteError) as caught:
        model.generate(TURN)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 600
    assert "t" * 20 not in str(caught.value)


def test_a_busy_endpoint_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    answers = iter([httpx.Response(429), httpx.Response(503), saying("ok")(None)])  # type: ignore[arg-type]
    assert asked(lambda request: next(answers)).generate(TURN).text == "ok"
    assert waits == list(remote._PAUSES[:2])
    with pytest.raises(RemoteError, match="answered 429"):
        asked(lambda request: httpx.Response(429)).generate(TURN)


def test_a_silent_endpoint_is_given_up() -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with pytest.raises(RemoteError, match="did not answer in time"):
        asked(slow).generate(TURN)
    with pytest.raises(RemoteError, match="cannot reach"):
        RemoteModel(Endpoint(URL, model="m")).generate(TURN)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://a/v1", "not an http"),
        ("nonsense", "not an http"),
        ("http://example.org/v1", "use https"),
        ("http://10.0.0.5:8000/v1", "use https"),
        ("https://user:secret@example.org/v1", "no user"),
        ("https://example.org/v1?key=secret", "no user, query"),
        ("https://user:secret@[::1/v1", "not an http"),
    ],
)
def test_addresses_that_would_leak_are_refused(url: str, said: str) -> None:
    with pytest.raises(RemoteError, match=said) as caught:
        Endpoint(url)
    assert "secret" not in str(caught.value)


def test_what_no_request_can_carry_is_refused_before_one_is_made() -> None:
    for token in ("secret\u20ac", "secret\n", "secret\udcff"):
        with pytest.raises(RemoteError, match="no HTTP header") as caught:
            Endpoint(URL, token)
        assert "secret" not in str(caught.value)
    with pytest.raises(RemoteError, match="not valid text"):
        Endpoint(URL, model="m\udcff")


def test_safe_addresses_are_taken() -> None:
    for url in ("https://example.org/v1", "http://localhost:1/v1", "http://[::1]:1/v1"):
        assert Endpoint(url).url == url
