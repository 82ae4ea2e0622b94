"""A model behind an OpenAI-compatible endpoint, asked as if it were a local engine.

For users who outgrow one machine: vLLM, SGLang, llama-server, DashScope or ``handrail serve``.
The endpoint is not trusted: answers are bounded in time and size, and redirects not followed.
"""

import base64
import io
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handrail.model.errors import PromptError, RemoteError
from handrail.model.generation import Generation
from handrail.model.grammar import Dialect, Schema, ToolGrammar
from handrail.model.messages import ImagePart, Message, Part, TextPart, ToolSchema, VideoPart
from handrail.model.sampling import GenerateOptions

_LARGEST_ANSWER = 4 * 2**20
_TRIES, _PAUSES = 4, (1.0, 3.0, 8.0)
_AGAIN = (429, 502, 503, 504)


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Function(_Part):
    name: str
    arguments: str


class _Call(_Part):
    function: _Function


class _Said(_Part):
    content: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(_Part):
    message: _Said
    finish_reason: str | None = None


class _Usage(_Part):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(_Part):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage = Field(default_factory=_Usage)


@dataclass(frozen=True)
class Endpoint:
    """Where a model is served: the API's base URL (ending in /v1), the model's name, a token.

    ``model`` empty: the first that the endpoint names. ``seconds``: the longest wait for an answer.
    """

    url: str
    token: str = ""
    model: str = ""
    seconds: float = 300.0

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
        except ValueError as error:
            raise RemoteError(f"that is not an http or https address: {error}") from error
        if not (self.token.isascii() and self.token.isprintable()):
            raise RemoteError("the token holds characters that no HTTP header can carry")
        if any("\ud800" <= character <= "\udfff" for character in self.model):
            raise RemoteError(f"the model's name {self.model!r} is not valid text")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RemoteError(f"{self.url!r} is not an http or https address")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise RemoteError("the address must hold no user, query or fragment; pass the token")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise RemoteError(
                f"{self.url!r} would send screenshots in clear over the network: use https"
            )


class RemoteModel:
    """Asks an endpoint; offers what `Engine.generate` offers. Raises RemoteError."""

    dialect: Dialect = "json"  # endpoints give calls as objects

    def __init__(self, endpoint: Endpoint, transport: httpx.BaseTransport | None = None) -> None:
        self._endpoint, self._transport = endpoint, transport
        self._model = endpoint.model

    @property
    def name(self) -> str:
        """Return the model's name, asking the endpoint where none was given."""
        if not self._model:
            listed = self._ask("GET", "/models", None)
            data = listed.get("data")
            first = data[0] if isinstance(data, list) and data else None
            name = first.get("id") if isinstance(first, Mapping) else None
            if not isinstance(name, str) or not name:
                raise RemoteError(f"{self._endpoint.url} names no model: name the one to use")
            self._model = name
        return self._model

    def generate(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema] = (),
        options: GenerateOptions | None = None,
        follow: ToolGrammar | Schema | None = None,
    ) -> Generation:
        """Return a whole reply; a tool call comes as text, in the form of a local model's.

        ``follow``: JSON of a schema is asked of the endpoint; a tool call's form is left to it,
        since endpoints differ in what they can hold a reply to.
        """
        began = time.perf_counter()
        body = self._body(messages, tools, options or GenerateOptions())
        if follow is not None and not isinstance(follow, ToolGrammar):
            schema = {"name": "answer", "schema": dict(follow)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        raw = self._ask("POST", "/chat/completions", body)
        try:
            answer = _Answer.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"])
            raise RemoteError(
                f"{self._endpoint.url} answered oddly: {where}: {first['msg']}"
            ) from error
        said, reason = answer.choices[0].message, answer.choices[0].finish_reason
        finish: Literal["stop", "length"] = "length" if reason == "length" else "stop"
        return Generation(
            text=_text(said),
            token_ids=(0,) * max(0, min(answer.usage.completion_tokens, 1_000_000)),
            finish=finish,
            prompt_tokens=max(0, answer.usage.prompt_tokens),
            image_tokens=0,
            seconds=time.perf_counter() - began,
        )

    def _body(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema], options: GenerateOptions
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.name,
            "messages": [_message(message) for message in messages],
            "max_tokens": options.max_new_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "seed": options.seed,
        }
        return {**body, "tools": list(tools)} if tools else body

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        for attempt in range(_TRIES):
            try:
                status, text = self._exchange(method, path, body)
            except httpx.TimeoutException as error:
                raise RemoteError(f"{self._endpoint.url} did not answer in time") from error
            except httpx.HTTPError as error:
                raise RemoteError(f"cannot reach {self._endpoint.url}: {error}") from error
            if status not in _AGAIN or attempt == _TRIES - 1:
                return self._read(status, text)
            time.sleep(_PAUSES[attempt])
        raise AssertionError("the last try returns")

    def _exchange(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._endpoint.seconds
        with self._client() as client, client.stream(method, path, json=body) as answer:
            whole = bytearray()
            for part in answer.iter_bytes():
                whole += part
                if len(whole) > _LARGEST_ANSWER:
                    raise RemoteError(f"{self._endpoint.url} answered with too much")
                if time.monotonic() > deadline:
                    raise RemoteError(f"{self._endpoint.url} did not answer in time")
            return answer.status_code, bytes(whole)

    def _client(self) -> httpx.Client:
        token = self._endpoint.token
        return httpx.Client(
            base_url=self._endpoint.url.rstrip("/"),
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(self._endpoint.seconds, connect=10.0),
            follow_redirects=False,
            transport=self._transport,
            trust_env=False,
        )

    def _read(self, status: int, text: bytes) -> dict[str, Any]:
        try:
            read = json.loads(text)
        except (ValueError, RecursionError):
            read = None
        if status == 200 and isinstance(read, dict):
            return read
        told = _reason(read) or (text[:200].decode("utf-8", "replace") if status != 200 else "")
        hint = ": is the token right?" if status in (401, 403) else ""
        raise RemoteError(
            f"{self._endpoint.url} answered {status}"
            f"{f' ({told})' if told else ' with something that is not JSON'}{hint}"
        )


def _reason(read: object) -> str:
    error = read.get("error") if isinstance(read, dict) else None
    told = error.get("message") if isinstance(error, dict) else error
    return told[:300] if isinstance(told, str) else ""


def _text(said: _Said) -> str:
    text = said.content or ""
    for call in said.tool_calls or []:
        # the arguments stay as they were sent: the reader of replies judges them
        name = json.dumps(call.function.name)
        body = f'{{"name": {name}, "arguments": {call.function.arguments}}}'
        text += f"\n<tool_call>\n{body}\n</tool_call>"
    return text.removeprefix("\n")


def _message(message: Message) -> dict[str, Any]:
    if not message.seen:
        text = "".join(p.text for p in message.content if isinstance(p, TextPart))
        return {"role": message.role, "content": text}
    return {"role": message.role, "content": [_part(part) for part in message.content]}


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, VideoPart):
        raise PromptError("videos are not sent to endpoints: send some of its frames as pictures")
    if isinstance(part, ImagePart):
        return {"type": "image_url", "image_url": {"url": _data_url(part.image)}}
    return {"type": "text", "text": part.text}


def _data_url(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
