"""The engine reads, continues, stops, batches, and refuses what cannot work."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from PIL import Image

from handrail.model.decode import Decode
from handrail.model.engine import Engine
from handrail.model.errors import DeviceError, PromptError, TokenizerError
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.sampling import GenerateOptions

Checkpoint = Callable[[str], Path]
Picture = Callable[[int, int, int], Image.Image]
Difference = Callable[[torch.Tensor, torch.Tensor], float]


@pytest.fixture(scope="module")
def engine(checkpoint: Checkpoint) -> Engine:
    return Engine.load(checkpoint("tied"), dtype="float32")


def turn(text: str, *pictures: Image.Image) -> list[Message]:
    return [Message("user", [*(ImagePart(picture) for picture in pictures), TextPart(text)])]


def greedy(decode: Decode, tokens: int) -> list[int]:
    reply = []
    for _ in range(tokens):
        reply.append(int(decode.logits.argmax()))
        decode.step(reply[-1])
    return reply


def edited(folder: Path, target: Path, name: str, change: dict[str, Any]) -> Path:
    copy = Path(copytree(folder, target))
    content = json.loads((copy / name).read_text(encoding="utf-8"))
    (copy / name).write_text(json.dumps({**content, **change}), encoding="utf-8")
    return copy


def test_generate_follows_begin_and_step(engine: Engine, picture: Picture) -> None:
    messages = turn("Press Save.", picture(200, 90, 1))
    decode = engine.begin(messages)
    tokens = greedy(decode, 30)
    made = engine.generate(messages, options=GenerateOptions(max_new_tokens=30))
    assert list(made.token_ids) == tokens
    assert made.finish == "length"
    assert made.text == engine.tokenizer.decode(tokens)
    assert made.prompt_tokens == len(decode.prompt_ids)
    assert made.image_tokens == engine.visual_tokens(200, 90) == decode.image_tokens == 18
    assert decode.length == len(decode.prompt_ids) + 30
    assert made.seconds > 0


def test_sampling_follows_its_seed(engine: Engine) -> None:
    def made(seed: int) -> tuple[int, ...]:
        options = GenerateOptions(max_new_tokens=20, temperature=1.0, top_k=20, seed=seed)
        return engine.generate(turn("Press Save."), options=options).token_ids

    assert made(1) == made(1)
    assert made(1) != made(2)


@pytest.mark.parametrize("place", ["generation_config.json", "config.json"])
def test_it_stops_where_the_checkpoint_says(
    place: str, checkpoint: Checkpoint, engine: Engine, tmp_path: Path
) -> None:
    """Name the third greedy token as the end: the reply then has the two before it."""
    messages = turn("Press Save.")
    plain = engine.generate(messages, options=GenerateOptions(max_new_tokens=3)).token_ids
    assert plain[2] not in plain[:2]
    changed = edited(checkpoint("tied"), tmp_path / "c", place, {"eos_token_id": [plain[2], 1]})
    made = Engine.load(changed, dtype="float32").generate(messages)
    assert (made.token_ids, made.finish) == (plain[:2], "stop")


def test_all_places_that_name_an_end_count(engine: Engine) -> None:
    names = {"<|im_end|>", "<|endoftext|>"}
    assert {engine.tokenizer.control_id(name) for name in names} <= engine.stop_ids


def test_reading_at_once_equals_reading_step_by_step(
    engine: Engine, relative_error: Difference
) -> None:
    """The tail is long enough that the cache has to grow."""
    tail = "then wait 10 seconds. " * 18
    ids = engine.tokenizer.encode(tail)
    assert len(ids) > 130
    stepped = engine.begin(turn("Press Save."))
    for token in ids:
        stepped.step(token)
    at_once = engine.begin(turn("Press Save."), prefix=tail)
    assert at_once.length == stepped.length
    assert relative_error(stepped.logits, at_once.logits) < 1e-4


def test_a_prefix_after_an_image_has_the_right_positions(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    messages = turn("Press Save.", picture(256, 60, 1))
    ids = engine.tokenizer.encode("Action: click")
    stepped = engine.begin(messages)
    for token in ids:
        stepped.step(token)
    at_once = engine.begin(messages, prefix="Action: click")
    assert relative_error(stepped.logits, at_once.logits) < 1e-4


def test_a_batch_equals_its_members(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    """Three share a pass, one has another picture size, one another length, one no picture."""
    conversations = [
        turn("Press Save.", picture(128, 96, 1)),
        turn("Press Save.", picture(96, 128, 2)),
        turn("Press Save.", picture(128, 96, 3)),
        turn("Press the other button.", picture(128, 96, 4)),
        turn("Press Save.", picture(128, 96, 5)),
        turn("Press Save."),
    ]
    batch = engine.begin_batch(conversations, prefix="A")
    single = [engine.begin(messages, prefix="A") for messages in conversations]
    for ours, alone in zip(batch, single, strict=True):
        assert ours.prompt_ids == alone.prompt_ids
        assert relative_error(ours.logits, alone.logits) < 1e-4
    # Members of one pass continue on their own, past the room that their shared cache had.
    for member, tokens in ((4, 5), (0, 140), (2, 5)):
        assert greedy(batch[member], tokens) == greedy(single[member], tokens)


def test_an_empty_batch_is_empty(engine: Engine) -> None:
    assert engine.begin_batch([]) == []


def test_logits_may_be_changed_in_place(engine: Engine) -> None:
    """Masking tokens is what callers do with them."""
    decode = engine.begin(turn("Press Save."))
    wanted = engine.begin(turn("Press Save.")).step(5)
    decode.logits[3] = -torch.inf
    decode.step(5)[2] = 0.0
    assert torch.equal(wanted[5:], decode.logits[5:])


def test_an_image_place_in_the_text_is_text(engine: Engine, picture: Picture) -> None:
    spelled = turn("<|vision_start|><|image_pad|><|vision_end|><|im_end|>", picture(64, 64, 1))
    decode = engine.begin(spelled)
    image = engine.config.image_token_id
    assert decode.prompt_ids.count(image) == engine.visual_tokens(64, 64)
    end = engine.tokenizer.control_id("<|im_end|>")
    assert end is not None
    assert decode.prompt_ids.count(end) == 1


def test_a_prefix_cannot_end_the_turn(engine: Engine) -> None:
    decode = engine.begin(turn("Press Save."), prefix="<|im_end|>")
    end = engine.tokenizer.control_id("<|im_end|>")
    assert end is not None
    assert decode.prompt_ids.count(end) == 1


def test_what_cannot_be_a_prompt_is_refused(
    engine: Engine, checkpoint: Checkpoint, picture: Picture, tmp_path: Path
) -> None:
    with pytest.raises(PromptError, match="there is no message"):
        engine.begin([])
    with pytest.raises(PromptError, match=r"1\.\.4096"):
        engine.begin(turn("Press Save. " * 3000))
    with pytest.raises(PromptError, match="token id 640"):
        engine.begin(turn("Press Save.")).step(640)
    blind = edited(checkpoint("tied"), tmp_path / "c", "chat_template.json", {"chat_template": "x"})
    with pytest.raises(PromptError, match="0 places for 1 images"):
        Engine.load(blind).begin(turn("Press Save.", picture(64, 64, 1)))


def test_a_text_longer_than_the_model_reads_is_refused(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    folder = checkpoint("tied")
    content = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    text = {**content["text_config"], "max_position_embeddings": 40}
    short = edited(folder, tmp_path / "c", "config.json", {"text_config": text})
    with pytest.raises(PromptError, match="at most 40"):
        greedy(Engine.load(short).begin(turn("Press.")), 40)


def test_a_tokenizer_of_another_model_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    change = {"image_token_id": 3, "video_token_id": 4}
    other = edited(checkpoint("tied"), tmp_path / "c", "config.json", change)
    with pytest.raises(TokenizerError, match="image_token_id 3"):
        Engine.load(other)


@pytest.mark.parametrize("device", ["cuda:99", "toaster"])
def test_a_device_that_is_not_there_is_refused(checkpoint: Checkpoint, device: str) -> None:
    with pytest.raises(DeviceError, match=device):
        Engine.load(checkpoint("tied"), device=device)


def test_threads_are_set_when_asked(checkpoint: Checkpoint) -> None:
    Engine.load(checkpoint("tied"), threads=2)
    assert torch.get_num_threads() == 2
    Engine.load(checkpoint("tied"))
    assert torch.get_num_threads() == 2
    Engine.load(checkpoint("tied"), threads=1)
    assert torch.get_num_threads() == 1


def test_transformers_is_not_needed() -> None:
    """The core stands alone: its sources name no other implementation."""
    folder = Path(__file__).parents[2] / "model"
    for source in folder.glob("*.py"):
        assert "import transformers" not in source.read_text(encoding="utf-8")
        assert "from transformers" not in source.read_text(encoding="utf-8")
