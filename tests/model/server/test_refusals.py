"""What is wrong is said in OpenAI's shape with the right status, and the server stays up."""

import base64
import io
import json
import random
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from tests.model.server.conftest import BODY, TOKEN, Running
from tests.model.server.test_chat import CLICK, HELLO, data_url, greedy
from tests.model.test_processor import png_without_pixels

GOOD = {"model": "tiny", "messages": HELLO, "max_tokens": 1}


def post(running: Running, body: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    with running.http() as client:
        return client.post("/v1/chat/completions", content=content, headers=headers)


def shown(url: str) -> dict[str, Any]:
    parts = [{"type": "image_url", "image_url": {"url": url}}]
    return {**GOOD, "messages": [{"role": "user", "content": parts}]}


def encoded(kind: str, size: tuple[int, int], **more: Any) -> str:
    buffer = io.BytesIO()
    Image.new("RGB" if kind != "CMYK" else "CMYK", size).save(
        buffer, "JPEG" if kind == "CMYK" else kind, **more
    )
    return as_png(buffer.getvalue())


def as_png(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "the body"),
        (b"{", 400, "JSON"),
        (b"[1]", 400, "dictionary"),
        (b"\xff\xfe", 400, ""),
        ({**GOOD, "model": "gpt-9"}, 400, "no model 'gpt-9' here: tiny"),
        ({**GOOD, "messages": []}, 400, "messages"),
        ({**GOOD, "messages": [{"role": "king", "content": "x"}]}, 400, "messages.0.role"),
        ({**GOOD, "messages": [{"role": "user", "content": ""}]}, 400, "says nothing"),
        ({**GOOD, "temperature": 3}, 400, "temperature"),
        ({**GOOD, "max_tokens": 0}, 400, "max_tokens"),
        ({**GOOD, "n": 2}, 400, "n: "),
        ({**GOOD, "frequency_penalty": 1}, 400, "frequency_penalty"),
        ({**GOOD, "top_logprobs": 21}, 400, "top_logprobs"),
        ({**GOOD, "tool_choice": "required"}, 400, "there are no tools"),
        ({**GOOD, "tools": [{"type": "function", "function": {"name": "a b"}}]}, 400, "name"),
        ({**GOOD, "tools": [CLICK], "response_format": {"type": "json_object"}}, 400, "exclude"),
        ({**GOOD, "response_format": {"type": "json_schema"}}, 400, "json_schema is missing"),
        (shown("https://example.org/a.png"), 400, "data URL"),
        (shown("file:///etc/passwd"), 400, "data URL"),
        (shown("data:image/png;base64,@@@"), 400, "not base64"),
        (shown("data:image/png;base64,aGVsbG8="), 400, "cannot be read"),
        (shown(encoded("PNG", (1, 1))[:-30]), 400, "picture"),
        (shown(encoded("PNG", (3000, 2000))), 413, "3000x2000 pixels"),
        (shown(as_png(png_without_pixels(20_000, 20_000))), 413, "too large"),
        (shown(encoded("PNG", (900, 2))), 400, "thin"),
        ({**GOOD, "messages": [{"role": "user", "content": "word " * 6000}]}, 400, "4096"),
        ({**GOOD, "messages": HELLO * 9, "pad": "x" * (BODY + 1)}, 413, "at most"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(
    body: Any, status: int, said: str, running: Running
) -> None:
    answer = post(running, body)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert said in error["message"] or said in str(error["param"]), error
    assert post(running, GOOD).status_code == 200


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (64, 64), (255, 0, 0, 0)), Image.new("LA", (64, 64)),
        Image.new("1", (64, 64)), Image.new("I;16", (64, 64)), Image.new("P", (64, 64)),
        Image.new("RGB", (1, 1)),
    ],
)  # fmt: skip
def test_odd_pictures_are_seen(image: Image.Image, running: Running) -> None:
    assert post(running, shown(data_url(image))).status_code == 200


def test_cmyk_and_animated_pictures_are_seen(running: Running) -> None:
    assert post(running, shown(encoded("CMYK", (64, 64)))).status_code == 200
    frames = [Image.new("RGB", (64, 64), c) for c in ("red", "blue")]
    gif = encoded("GIF", (64, 64), save_all=True, append_images=frames)
    assert post(running, shown(gif)).status_code == 200


def answer_to(running: Running, url: str) -> tuple[str, int]:
    made = greedy(running, shown(url)["messages"])
    return made.choices[0].message.content, made.usage.prompt_tokens


def test_a_picture_is_seen_as_people_see_it(running: Running) -> None:
    """Upright as its EXIF data says, on white where it is transparent, the first frame."""
    upright = Image.effect_noise((160, 64), 90).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    buffer = io.BytesIO()
    upright.transpose(Image.Transpose.ROTATE_90).save(buffer, "PNG", exif=exif)
    assert answer_to(running, as_png(buffer.getvalue())) == answer_to(running, data_url(upright))
    white, clear = Image.new("RGB", (64, 64), "white"), Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    assert answer_to(running, data_url(clear)) == answer_to(running, data_url(white))
    red, blue = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue"))
    moving = encoded_frames(red, blue)
    assert answer_to(running, moving) == answer_to(running, data_url(red))


def encoded_frames(first: Image.Image, *others: Image.Image) -> str:
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=list(others))
    return as_png(buffer.getvalue())


@pytest.mark.parametrize("token", ["x", "wrong", TOKEN + "x", TOKEN[:-1]])
def test_without_the_token_nothing_is_told(token: str, running: Running) -> None:
    with running.http(token) as client:
        for path in ("/v1/models", "/metrics", "/nothing"):
            answer = client.get(path)
            assert answer.status_code == 401
            assert answer.json()["error"]["type"] == "authentication_error"
        assert client.get("/health").json() == {"status": "ok"}
    with pytest.raises(openai.AuthenticationError):
        running.client(token).models.list()


def test_a_foreign_name_is_refused(running: Running) -> None:
    with running.http() as client:
        answer = client.get("/health", headers={"host": "evil.example:80"})
        assert answer.status_code == 400
        assert "not known as" in answer.json()["error"]["message"]
        assert client.get("/health", headers={"host": "localhost"}).status_code == 200


def test_unknown_paths_and_methods_are_told(running: Running) -> None:
    with running.http() as client:
        assert client.get("/v1/nothing").status_code == 404
        assert client.get("/v1/chat/completions").status_code == 405
        assert "message" in client.get("/docs").json()["error"]


def test_the_clients_errors_are_its_own(running: Running) -> None:
    with pytest.raises(openai.BadRequestError, match="no model"):
        running.client().chat.completions.create(model="other", messages=HELLO)


def test_malformed_bodies_never_end_the_server(running: Running) -> None:
    chance, whole = random.Random(5), json.dumps({**GOOD, "tools": [CLICK]}).encode()
    statuses = set()
    headers = {"content-type": "application/json"}
    with running.http() as client:
        for _ in range(1000):
            broken = bytearray(whole)
            for _ in range(chance.randint(1, 6)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            content = bytes(broken[: chance.choice((len(broken), chance.randrange(len(broken))))])
            answer = client.post("/v1/chat/completions", content=content, headers=headers)
            statuses.add(answer.status_code)
    assert statuses <= {200, 400}
    assert greedy(running).choices[0].message.content is not None


def test_what_breaks_inside_is_logged_and_not_told(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the inside")

    asked = {"model": "tiny", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}
    with running.http() as http:
        with monkeypatch.context() as patched:
            patched.setattr(running.engine, "ask", broken)
            answer = http.post("/v1/chat/completions", json=asked)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "log says why" in answer.json()["error"]["message"]
        assert "a secret of the inside" in caplog.text
        assert http.post("/v1/chat/completions", json=asked).status_code == 200
