"""Replies are written token by token, can be held to a grammar, and can be cancelled."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import copytree

import pytest
import torch
from PIL import Image

from handrail.actuators.dialects import qwen_computer
from handrail.actuators.dialects.qwen_schema import arguments_schema
from handrail.actuators.geometry import ScreenGeometry
from handrail.agent.parse import parse
from handrail.agent.proposal import Proposal
from handrail.agent.tool import reply_grammar
from handrail.model.engine import Engine
from handrail.model.errors import Cancelled, OptionsError
from handrail.model.grammar import GrammarCompiler
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.sampling import GenerateOptions
from tests.model.test_grammar import written

SCREEN = ScreenGeometry(width=1280, height=800)


@pytest.fixture(scope="module")
def engine(checkpoint: Callable[[str], Path]) -> Engine:
    return Engine.load(checkpoint("untied"), dtype="float32")


def turn(text: str = "Press Save.") -> list[Message]:
    return [Message("user", [TextPart(text)])]


def test_streamed_text_is_the_whole_text(engine: Engine) -> None:
    for seed in range(6):
        options = GenerateOptions(max_new_tokens=60, temperature=2.0, seed=seed)
        reply = engine.reply(turn(), options=options)
        pieces = list(reply)
        whole = engine.generate(turn(), options=options)
        assert [p.id for p in pieces] == list(whole.token_ids)
        said = "".join(p.text for p in pieces) + reply.rest()
        assert said == whole.text == engine.tokenizer.decode(whole.token_ids)
        assert reply.finish == whole.finish


def test_characters_of_several_tokens_come_whole(engine: Engine) -> None:
    stream, ids = engine.tokenizer.stream(), engine.tokenizer.encode("a\u4e2d\U0001f600b")
    assert len(ids) > 4
    pieces = [stream.add(i) for i in ids]
    assert "".join(pieces) == "a\u4e2d\U0001f600b"
    assert all("\ufffd" not in piece for piece in pieces)


def test_log_probabilities_are_the_models(engine: Engine) -> None:
    made = engine.generate(turn(), options=GenerateOptions(max_new_tokens=4, top_logprobs=3))
    decode = engine.begin(turn())
    for token in made.tokens:
        wanted = decode.logits.log_softmax(-1)
        assert token.logprob == pytest.approx(float(wanted[token.id]))
        assert [i for i, _ in token.top] == wanted.topk(3).indices.tolist()
        assert token.top[0] == (token.id, token.logprob)
        decode.step(token.id)
    plain = engine.generate(turn(), options=GenerateOptions(max_new_tokens=2)).tokens
    assert [(t.logprob, t.top) for t in plain] == [(None, ())] * 2
    with pytest.raises(OptionsError, match="top_logprobs=-1"):
        GenerateOptions(top_logprobs=-1)


@pytest.mark.parametrize("seed", range(10))
def test_a_held_reply_is_always_an_action(seed: int, engine: Engine) -> None:
    options = GenerateOptions(max_new_tokens=1500, temperature=0.9, seed=seed)
    made = engine.generate(turn(), options=options, follow=reply_grammar())
    read = parse(made.text, SCREEN, made.finish)
    if made.finish == "stop":
        assert isinstance(read, Proposal), made.text
    else:
        assert "cut off at the token limit" in str(read)


def test_every_action_of_the_schema_is_read(engine: Engine) -> None:
    """Random replies reach every action and every field, and none of them is refused."""
    size = engine.config.text.vocab_size
    compiler = GrammarCompiler(engine.tokenizer, engine.stop_ids, size)
    seen: set[str] = set()
    for number, option in enumerate(arguments_schema()["anyOf"]):  # type: ignore[arg-type]
        assert isinstance(option, dict)
        # a random writer would never end a text: its end is the likeliest token here
        for seed in range(4):
            said = written(compiler.json(bounded(option)), engine, 10 * number + seed, 3000)
            arguments = json.loads(said)
            qwen_computer.decode(arguments, SCREEN)
            seen.add(arguments["action"])
    assert seen == set(qwen_computer.ACTIONS)


def bounded(option: Mapping[str, object]) -> dict[str, object]:
    properties = option["properties"]
    assert isinstance(properties, dict)
    if "text" in properties:
        assert "pattern" in properties["text"]
        properties = {**properties, "text": {"type": "string", "pattern": SHORT}}
    return {**option, "properties": properties}


SHORT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]{0,9}$"


def test_a_thinking_template_gets_a_thought_first(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = Path(copytree(checkpoint("untied"), tmp_path / "thinking"))
    data = json.loads((folder / "chat_template.json").read_text())
    opening, thought = r"'<|im_start|>assistant\n'", r"'<|im_start|>assistant\n<think>\n'"
    assert data["chat_template"].count(opening) == 1
    data["chat_template"] = data["chat_template"].replace(opening, thought)
    (folder / "chat_template.json").write_text(json.dumps(data))
    options = GenerateOptions(max_new_tokens=300, temperature=0.9, seed=1)
    made = Engine.load(folder, dtype="float32").generate(
        turn(), options=options, follow=reply_grammar()
    )
    thought, end, rest = made.text.partition("</think>\n\n")
    assert end, made.text
    assert "<" not in thought
    assert "<tool_call>" in rest or made.finish == "length"


def test_json_follows_a_schema(engine: Engine) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"],
              "additionalProperties": False}  # fmt: skip
    made = engine.generate(turn(), follow=schema)
    assert json.loads(made.text) in ({"ok": True}, {"ok": False})
    assert made.finish == "stop"


def test_a_reply_is_cancelled_from_another_thread(engine: Engine) -> None:
    cancel, began = threading.Event(), threading.Event()
    ended: list[float] = []

    def write() -> None:
        try:
            with engine.cancelled_by(cancel):
                for _ in engine.reply(turn(), options=GenerateOptions(max_new_tokens=4000)):
                    began.set()
        except Cancelled:
            ended.append(time.monotonic())

    thread = threading.Thread(target=write)
    thread.start()
    assert began.wait(60)
    asked = time.monotonic()
    cancel.set()
    thread.join(60)
    assert ended[0] - asked < 5
    assert len(engine.generate(turn(), options=GenerateOptions(max_new_tokens=3)).token_ids) == 3


def test_reading_a_picture_is_cancelled_between_layers(engine: Engine) -> None:
    """The event is set by the first vision block: no decoder layer is reached."""
    cancel, reached = threading.Event(), []
    blocks, layers = engine.network.model.visual.blocks, engine.network.model.language_model.layers
    hooks = [blocks[0].register_forward_hook(lambda *_: cancel.set())]
    hooks += [layers[0].register_forward_hook(lambda *_: reached.append(1))]
    picture = Image.new("RGB", (128, 128), "red")
    try:
        with engine.cancelled_by(cancel), pytest.raises(Cancelled):
            engine.begin([Message("user", [ImagePart(picture), TextPart("Where?")])])
    finally:
        for hook in hooks:
            hook.remove()
    assert not reached
    assert torch.is_tensor(engine.begin(turn()).logits)
