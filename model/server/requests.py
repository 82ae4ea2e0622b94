"""A chat request as OpenAI's clients send it, and what it means for the engine.

Source: the OpenAI API's POST /v1/chat/completions. Fields that change nothing here are passed
over; what is asked for and not done is refused.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from handrail.model import xml_call
from handrail.model.grammar import Dialect, Schema, ToolGrammar
from handrail.model.messages import ImagePart, Message, Role, TextPart, ToolSchema
from handrail.model.sampling import GenerateOptions
from handrail.model.server.errors import BadRequest
from handrail.model.server.pictures import picture
from handrail.model.xml_call import IsText, texts_of


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class TextContent(_Part):
    """A text within a message."""

    type: Literal["text"]
    text: str


class ImageUrl(_Part):
    """Where a picture is: a data URL."""

    url: str


class ImageContent(_Part):
    """A picture within a message."""

    type: Literal["image_url"]
    image_url: ImageUrl


Content = Annotated[TextContent | ImageContent, Field(discriminator="type")]


class CalledFunction(_Part):
    """A function that the assistant called earlier; ``arguments`` is JSON."""

    name: str
    arguments: str


class EarlierCall(_Part):
    """A tool call of an earlier turn."""

    function: CalledFunction


class ChatMessage(_Part):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Content] | None = None
    tool_calls: list[EarlierCall] = Field(default_factory=list)


class Function(_Part):
    """A function that may be called."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object"})


class Tool(_Part):
    """A tool: always a function."""

    type: Literal["function"]
    function: Function


class NamedFunction(_Part):
    """The name of a function."""

    name: str


class NamedTool(_Part):
    """The one tool that must be called."""

    type: Literal["function"]
    function: NamedFunction


class JsonSchema(_Part):
    """The schema of a structured answer."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    content: dict[str, Any] = Field(alias="schema")


class ResponseFormat(_Part):
    """What the answer's text must be."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(_Part):
    """What a stream ends with."""

    include_usage: bool = False


class ChatRequest(_Part):
    """The body of POST /v1/chat/completions."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1)
    tools: list[Tool] = Field(default_factory=list, max_length=128)
    tool_choice: Literal["auto", "none", "required"] | NamedTool = "auto"
    response_format: ResponseFormat | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = None
    presence_penalty: float = Field(default=0.0, ge=-2, le=2)
    frequency_penalty: float = Field(default=0.0, ge=0, le=0)
    logprobs: bool = False
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    n: Literal[1] = 1
    stop: str | list[str] | None = None

    @property
    def stops(self) -> tuple[str, ...]:
        """Return the texts that end the answer."""
        given = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return tuple(text for text in given if text)

    def conversation(self, most_pixels: int, dialect: Dialect) -> list[Message]:
        """Return the messages. Raises BadRequest or TooLarge naming the message."""
        return [
            _message(message, most_pixels, dialect, f"messages[{index}]")
            for index, message in enumerate(self.messages)
        ]

    def tool_schemas(self) -> list[ToolSchema]:
        """Return the tools as the chat template shows them."""
        if self.tool_choice == "none":
            return []
        return [tool.model_dump() for tool in self.tools]

    def options(self, defaults: GenerateOptions, longest: int) -> GenerateOptions:
        """Return how to generate: what is asked for, else the checkpoint's own settings."""
        asked = self.max_completion_tokens or self.max_tokens or defaults.max_new_tokens
        count = (self.top_logprobs or 0) if self.logprobs else None
        return GenerateOptions(
            max_new_tokens=min(asked, longest),
            temperature=defaults.temperature if self.temperature is None else self.temperature,
            top_p=defaults.top_p if self.top_p is None else self.top_p,
            top_k=defaults.top_k,
            repetition_penalty=defaults.repetition_penalty,
            presence_penalty=self.presence_penalty or defaults.presence_penalty,
            seed=(self.seed or 0) % 2**63,
            top_logprobs=count,
        )

    def is_text(self) -> IsText:
        """Return what tells which arguments of the tools are texts."""
        return texts_of({t.function.name: t.function.parameters for t in self.tools})

    def follow(self, dialect: Dialect) -> ToolGrammar | Schema | None:
        """Return what the answer is held to. Raises BadRequest."""
        schema = self._schema()
        tools = {t.function.name: t.function.parameters for t in self.tools}
        if self.tool_choice == "none" or not tools:
            if self.tool_choice == "required" or isinstance(self.tool_choice, NamedTool):
                raise BadRequest("tool_choice asks for a call, but there are no tools", "tools")
            return schema
        if schema is not None:
            raise BadRequest("response_format and tools exclude each other", "response_format")
        if isinstance(self.tool_choice, NamedTool):
            name = self.tool_choice.function.name
            if name not in tools:
                raise BadRequest(f"tool_choice names {name!r}, which is no tool", "tool_choice")
            tools = {name: tools[name]}
        return ToolGrammar(tools, dialect, text=2000, required=self.tool_choice != "auto")

    def _schema(self) -> Schema | None:
        if self.response_format is None or self.response_format.type == "text":
            return None
        if self.response_format.type == "json_object":
            return {"type": "object"}
        if self.response_format.json_schema is None:
            raise BadRequest("json_schema is missing", "response_format.json_schema")
        return self.response_format.json_schema.content


def _message(message: ChatMessage, most_pixels: int, dialect: Dialect, param: str) -> Message:
    role: Role = "system" if message.role == "developer" else message.role
    parts: list[TextPart | ImagePart] = []
    content = message.content or []
    given: Sequence[Content] = (
        [TextContent(type="text", text=content)] if isinstance(content, str) else content
    )
    for index, part in enumerate(given):
        if isinstance(part, TextContent):
            parts.append(TextPart(part.text))
            continue
        if role != "user":
            raise BadRequest("only the user's messages may hold pictures", param)
        image = picture(part.image_url.url, most_pixels, f"{param}.content[{index}]")
        parts.append(ImagePart(image))
    for call in message.tool_calls:
        parts.append(TextPart(("\n" if parts else "") + _called(call, dialect, param)))
    if not parts:
        raise BadRequest("the message says nothing", param)
    return Message(role, parts)


def _called(call: EarlierCall, dialect: Dialect, param: str) -> str:
    """Return an earlier call as the model would have written it."""
    try:
        arguments = json.loads(call.function.arguments or "{}")
    except ValueError as error:
        raise BadRequest(f"a tool call's arguments are not JSON: {error}", param) from error
    name = call.function.name
    if dialect == "xml" and isinstance(arguments, dict):
        return f"<tool_call>\n{xml_call.write(name, arguments)}\n</tool_call>"
    body = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return f"<tool_call>\n{body}\n</tool_call>"
