"""The core computes what transformers computes, on random checkpoints that really see."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from handrail.model.decode import Decode
from handrail.model.engine import Engine
from handrail.model.messages import ImagePart, Message, TextPart
from tests.model.shapes import LAYOUTS
from tests.model.teacher_forced import Departure, begun, reference_told, to_tell, told

LIMIT = 1e-4
TEXT = "Press the button named Save, then wait 10 seconds."
SHAPES = [*LAYOUTS, "wide", "some experts", "yarn"]
# Sizes (width, height): whole blocks, odd and upright, one picture below and one above the budget.
SIZES = {
    "text only": [],
    "one, whole blocks": [(256, 160)],
    "one, odd": [(131, 207)],
    "one, wide": [(301, 45)],
    "several": [(200, 120), (33, 47), (700, 500)],
}
Picture = Callable[[int, int, int], Image.Image]
Inputs = Callable[[str, Sequence[Image.Image]], dict[str, Any]]
Difference = Callable[[torch.Tensor, torch.Tensor], float]


def user_turn(pictures: Sequence[Image.Image]) -> list[Message]:
    return [Message("user", [*(ImagePart(picture) for picture in pictures), TextPart(TEXT)])]


def greedy(decode: Decode, tokens: int) -> list[int]:
    reply = []
    for _ in range(tokens):
        reply.append(int(decode.logits.argmax()))
        decode.step(reply[-1])
    return reply


@pytest.mark.parametrize("images", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
def test_logits_and_greedy_text_equal_the_reference(
    shape: str, images: str, checkpoint: Callable[[str], Path], reference: Callable[[str], Any],
    picture: Picture, reference_inputs: Inputs, relative_error: Difference,
) -> None:  # fmt: skip
    pictures = [picture(width, height, 1) for width, height in SIZES[images]]
    inputs = reference_inputs(TEXT, pictures)
    with torch.no_grad():
        wanted = reference(shape).generate(
            **inputs, max_new_tokens=64, do_sample=False, eos_token_id=None, pad_token_id=0,
            return_dict_in_generate=True, output_logits=True,
        )  # fmt: skip
    engine = Engine.load(checkpoint(shape), dtype="float32")
    decode = engine.begin(user_turn(pictures))
    assert list(decode.prompt_ids) == inputs["input_ids"][0].tolist()
    assert decode.logits.dtype == torch.float32
    assert relative_error(decode.logits, wanted.logits[0][0]) < LIMIT
    reply = greedy(decode, 64)
    assert reply == wanted.sequences[0, len(decode.prompt_ids) :].tolist()
    assert len(set(reply)) >= 20, "a checkpoint that repeats itself proves little"


@pytest.mark.parametrize("shape", SHAPES)
def test_vision_features_equal_the_reference(
    shape: str, checkpoint: Callable[[str], Path], reference: Callable[[str], Any],
    picture: Picture, reference_inputs: Inputs, relative_error: Difference,
) -> None:  # fmt: skip
    pictures = [picture(*size, 5) for size in [(256, 160), (131, 207), (256, 160), (33, 47)]]
    inputs = reference_inputs(TEXT, pictures)
    with torch.no_grad():
        seen = reference(shape).model.get_image_features(
            inputs["pixel_values"], inputs["image_grid_thw"], return_dict=True
        )
    engine = Engine.load(checkpoint(shape), dtype="float32")
    with torch.inference_mode():
        ours = engine.network.see(engine.prompts.build(user_turn(pictures), (), "").images)
    for index, features in enumerate(ours):
        assert relative_error(features.tokens[0], seen.pooler_output[index]) < LIMIT
        assert len(features.deepstack) == len(seen.deepstack_features) >= 2
        for level, tensor in zip(features.deepstack, seen.deepstack_features, strict=True):
            assert relative_error(level[0], tensor[index]) < LIMIT


@pytest.mark.parametrize("shape", SHAPES)
def test_the_text_changes_with_the_image(
    shape: str, checkpoint: Callable[[str], Path], picture: Picture
) -> None:
    engine = Engine.load(checkpoint(shape), dtype="float32")
    replies = [greedy(engine.begin(user_turn([picture(256, 160, seed)])), 64) for seed in (1, 2)]
    assert replies[0] != replies[1]
    assert all(len(set(reply)) >= 20 for reply in replies)


@pytest.mark.parametrize("shape", LAYOUTS)
def test_bfloat16_is_as_near_to_float32_as_the_reference_is(
    shape: str, checkpoint: Callable[[str], Path], reference: Callable[[str], Any],
    picture: Picture, reference_inputs: Inputs,
) -> None:  # fmt: skip
    """Compare errors: in bfloat16 transformers does not even agree with itself bit by bit."""
    ours = theirs = mixed = 0.0
    rounded = type(reference(shape)).from_pretrained(checkpoint(shape), dtype=torch.bfloat16)
    exact_engine = Engine.load(checkpoint(shape), dtype="float32")
    engine = Engine.load(checkpoint(shape), dtype="bfloat16")
    automatic = Engine.load(checkpoint(shape))
    for seed in range(2):
        pictures = [picture(256, 160, seed)]
        inputs = reference_inputs(TEXT, pictures)
        reply = to_tell(exact_engine, begun(exact_engine, TEXT, pictures), 32)
        exact = reference_told(reference(shape), inputs, reply)
        theirs += Departure(reference_told(rounded, inputs, reply), exact).error
        ours += Departure(told(begun(engine, TEXT, pictures), reply), exact).error
        mixed += Departure(told(begun(automatic, TEXT, pictures), reply), exact).error
    assert ours < 1.2 * theirs
    assert mixed < theirs
