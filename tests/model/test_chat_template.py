"""The checkpoint's own template is found, rendered as transformers renders it, and contained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tokenizers import Tokenizer as FastTokenizer
from transformers import PreTrainedTokenizerFast

from handrail.model.chat_template import ChatTemplate, load_chat_template
from handrail.model.checkpoint import CheckpointFolder
from handrail.model.engine import Engine
from handrail.model.errors import PromptError, TokenizerError
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.tokenizer import Tokenizer

DATA = Path(__file__).parent / "data"
TEMPLATE = (DATA / "chat_template.jinja").read_text(encoding="utf-8")
TOOL = {
    "type": "function",
    "function": {"name": "computer_use", "description": "drücke <b> & 'x'", "parameters": {"a": 1}},
}


@pytest.fixture(scope="module")
def tokenizer(fast_tokenizer: FastTokenizer) -> Tokenizer:
    return Tokenizer(FastTokenizer.from_str(fast_tokenizer.to_str()))


def said(text: str) -> list[Message]:
    return [Message("user", [TextPart(text)])]


@pytest.mark.parametrize("tools", [[], [TOOL], [TOOL, TOOL]])
def test_rendering_equals_the_reference(
    tools: list[dict[str, Any]], tokenizer: Tokenizer, fast_tokenizer: FastTokenizer
) -> None:
    picture = Image.new("RGB", (64, 64))
    messages = [
        Message("system", [TextPart("Be brief.")]),
        Message("user", [ImagePart(picture), TextPart("What "), TextPart("now?")]),
        Message("assistant", [TextPart("Click.")]),
        Message("tool", [TextPart("done")]),
    ]
    chat: Any = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [
            {"type": "image"}, {"type": "text", "text": "What "}, {"type": "text", "text": "now?"},
        ]},
        {"role": "assistant", "content": "Click."},
        {"role": "tool", "content": "done"},
    ]  # fmt: skip
    wrap: Any = PreTrainedTokenizerFast
    wanted = wrap(tokenizer_object=fast_tokenizer).apply_chat_template(
        chat, tools or None, chat_template=TEMPLATE, tokenize=False, add_generation_prompt=True
    )
    assert ChatTemplate(TEMPLATE, {}).render(messages, tools, tokenizer) == wanted


def test_the_prompts_bytes_have_the_published_shape(checkpoint: Callable[[str], Path]) -> None:
    """From messages to token ids and back to bytes: tools as Qwen-Agent describes them."""
    function = {
        "name_for_human": "computer_use", "name": "computer_use",
        "description": "Use a mouse; drück <b> & 'x'.",
        "parameters": {"properties": {"action": {"type": "string"}}, "required": ["action"],
                       "type": "object"},
        "args_format": "Format the arguments as a JSON object.",
    }  # fmt: skip
    call = '{"name": "computer_use", "arguments": {"action": "wait"}}'
    screen = ImagePart(Image.new("RGB", (128, 96)))
    messages = [
        Message("system", [TextPart("You are a helpful assistant.")]),
        Message("user", [screen, TextPart("Click Save.")]),
        Message("assistant", [TextPart(f"<tool_call>\n{call}\n</tool_call>")]),
        Message("tool", [TextPart("done")]),
        Message("user", [screen, screen, TextPart("And now?")]),
    ]
    engine = Engine.load(checkpoint("2B"), dtype="float32")
    decode = engine.begin(messages, [{"type": "function", "function": function}])
    pads = "<|image_pad|>" * (4 * 3)
    golden = (DATA / "golden_prompt.txt").read_text(encoding="utf-8")
    spelled = FastTokenizer.from_file(str(checkpoint("2B") / "tokenizer.json"))
    read = spelled.decode(list(decode.prompt_ids), skip_special_tokens=False)
    assert read.encode() == golden.replace("<|image_pad|>", pads).encode()


@pytest.mark.parametrize(
    "files",
    [
        {"chat_template.jinja": "right", "chat_template.json": '{"chat_template": "wrong"}'},
        {"chat_template.json": '{"chat_template": "right"}',
         "tokenizer_config.json": '{"chat_template": "wrong"}'},
        {"tokenizer_config.json": '{"chat_template": "right"}'},
        {"tokenizer_config.json": json.dumps({"chat_template": [
            {"name": "rag", "template": "wrong"}, {"name": "default", "template": "right"}]})},
        {"chat_template.jinja": "{{ bos_token }}", "tokenizer_config.json":
            '{"bos_token": {"content": "right"}}'},
    ],
)  # fmt: skip
def test_the_template_is_found_where_checkpoints_keep_it(
    files: dict[str, str], tmp_path: Path, tokenizer: Tokenizer
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    template = load_chat_template(CheckpointFolder(tmp_path))
    assert template.render(said("hello"), (), tokenizer) == "right"


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenizerError, match="no chat template"):
        load_chat_template(CheckpointFolder(tmp_path))


def test_a_malformed_template_names_its_line() -> None:
    with pytest.raises(TokenizerError, match="line 2"):
        ChatTemplate("fine\n{% if %}", {})


@pytest.mark.parametrize(
    "source",
    [
        "{{ raise_exception('roles must alternate') }}",
        "{{ messages[7].content + 'x' }}",
        "{{ messages.append(1) }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ messages[0].content + 1 }}",
    ],
)
def test_refusals_and_forbidden_acts_are_prompt_errors(source: str, tokenizer: Tokenizer) -> None:
    with pytest.raises(PromptError, match="chat template refused"):
        ChatTemplate(source, {}).render(said("hello"), (), tokenizer)
