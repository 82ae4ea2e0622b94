"""The checkpoint's own chat template, rendered in jinja2's sandbox.

A template is code from a checkpoint's author: it runs in an immutable sandbox and sees only
strings, lists and dicts made here.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from jinja2 import TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from handrail.model.checkpoint import CheckpointFolder
from handrail.model.errors import PromptError, TokenizerError
from handrail.model.messages import ImagePart, Message, TextPart, ToolSchema
from handrail.model.tokenizer import Tokenizer


class ChatTemplate:
    """Renders messages to the text that the tokenizer encodes."""

    def __init__(self, source: str, names: Mapping[str, str]) -> None:
        """Compile a template; `names` are variables such as bos_token.

        Raises TokenizerError where the source is not a valid template.
        """
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _raise_exception
        environment.globals["strftime_now"] = _strftime_now
        try:
            self._template = environment.from_string(source)
        except TemplateSyntaxError as error:
            raise TokenizerError(
                f"the chat template is malformed at line {error.lineno}: {error.message}"
            ) from error
        self._names = dict(names)
        self.calls_are_xml = "<function=" in source

    def render(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema], tokenizer: Tokenizer
    ) -> str:
        """Render up to where the assistant's next turn begins; inserted texts are shielded.

        Raises PromptError where the template refuses the messages.
        """
        try:
            return self._template.render(
                messages=[_message_data(message, tokenizer) for message in messages],
                tools=[_shielded(tool, tokenizer) for tool in tools] or None,
                add_generation_prompt=True,
                **self._names,
            )
        except (TemplateError, TypeError, ValueError) as error:
            raise PromptError(f"the chat template refused the messages: {error}") from error


def _message_data(message: Message, tokenizer: Tokenizer) -> dict[str, object]:
    """Return what the template sees; a turn of one text is a plain string, as templates expect."""
    parts = list(message.content)
    if len(parts) == 1 and isinstance(parts[0], TextPart):
        return {"role": message.role, "content": tokenizer.shield(parts[0].text)}
    content: list[dict[str, str]] = [
        {"type": "text", "text": tokenizer.shield(part.text)}
        if isinstance(part, TextPart)
        else {"type": "image" if isinstance(part, ImagePart) else "video"}
        for part in parts
    ]
    return {"role": message.role, "content": content}


def _shielded(value: object, tokenizer: Tokenizer) -> object:
    """Copy a JSON value with every string in it shielded."""
    if isinstance(value, str):
        return tokenizer.shield(value)
    if isinstance(value, Mapping):
        return {
            tokenizer.shield(str(key)): _shielded(item, tokenizer) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_shielded(item, tokenizer) for item in value]
    return value


def _to_json(
    value: object,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    # Jinja's own filter escapes for HTML, which models never saw.
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _strftime_now(pattern: str) -> str:
    return datetime.now().astimezone().strftime(pattern)


def load_chat_template(folder: CheckpointFolder) -> ChatTemplate:
    """Read chat_template.jinja, else chat_template.json, else tokenizer_config.json.

    Raises TokenizerError where none holds a template.
    """
    config = folder.json("tokenizer_config.json") or {}
    source = folder.text("chat_template.jinja")
    if source is None:
        source = _template_of((folder.json("chat_template.json") or {}).get("chat_template"))
    if source is None:
        source = _template_of(config.get("chat_template"))
    if source is None:
        raise TokenizerError(
            f"{folder.path} has no chat template (chat_template.jinja, chat_template.json or "
            "tokenizer_config.json): copy it from the source"
        )
    names = {
        name: token
        for name in ("bos_token", "eos_token", "pad_token", "unk_token")
        if (token := token_text(config.get(name))) is not None
    }
    return ChatTemplate(source, names)


def _template_of(value: object) -> str | None:
    """Return the template of a setting that is one, or a list of named ones."""
    if isinstance(value, str):
        return value
    named = {
        item.get("name"): item.get("template")
        for item in (value if isinstance(value, list) else [])
        if isinstance(item, dict)
    }
    default = named.get("default")
    return default if isinstance(default, str) else None


def token_text(value: object) -> str | None:
    """Return the text of a token setting, which is a string or an object with `content`."""
    if isinstance(value, Mapping):
        value = value.get("content")
    return value if isinstance(value, str) else None
