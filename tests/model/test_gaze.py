"""What a head is told to look at is what transformers' attention says, on random checkpoints."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from handrail.model.engine import Engine
from handrail.model.gaze import Head
from handrail.model.messages import ImagePart, Message, TextPart

LIMIT = 1e-4
TEXT = "Press the button named Save, then wait 10 seconds."
SIZES = [(200, 120), (33, 47)]
Picture = Callable[[int, int, int], Image.Image]
Inputs = Callable[[str, Sequence[Image.Image]], dict[str, Any]]
Difference = Callable[[torch.Tensor, torch.Tensor], float]


def asked(pictures: Sequence[Image.Image]) -> list[Message]:
    return [Message("user", [*(ImagePart(picture) for picture in pictures), TextPart(TEXT)])]


@pytest.mark.parametrize("shape", ["2B", "8B", "30B-A3B", "wide", "yarn"])
def test_every_head_looks_where_the_reference_does(
    shape: str, checkpoint: Callable[[str], Path], reference: Callable[[str], Any],
    picture: Picture, reference_inputs: Inputs, relative_error: Difference,
) -> None:  # fmt: skip
    pictures = [picture(*size, 1) for size in SIZES]
    with torch.no_grad():
        wanted = reference(shape)(**reference_inputs(TEXT, pictures), output_attentions=True)
    engine = Engine.load(checkpoint(shape), dtype="float32")
    text = engine.config.text
    heads = [(n, h) for n in range(text.num_hidden_layers) for h in range(text.num_attention_heads)]
    for layer, number in heads:
        (decode,) = engine.begin_batch([asked(pictures)], watched=Head(layer, number))
        assert decode.gaze is not None
        theirs = wanted.attentions[layer][0, number, -1]
        assert relative_error(decode.gaze, theirs.log()) < LIMIT, (layer, number)


def test_each_of_a_batch_is_told_its_own_and_what_was_read_before_changes_nothing(
    checkpoint: Callable[[str], Path], picture: Picture
) -> None:
    head = Head(2, 1)
    turns = [asked([picture(200, 120, seed)]) for seed in (1, 2)] + [asked([picture(90, 60, 3)])]
    engine = Engine.load(checkpoint("2B"), dtype="float32")
    together = engine.begin_batch(turns, watched=head)
    again = engine.begin_batch(turns, watched=head)
    for turn, one, other in zip(turns, together, again, strict=True):
        fresh = Engine.load(checkpoint("2B"), dtype="float32")
        (alone,) = fresh.begin_batch([turn], watched=head)
        assert alone.gaze is not None
        assert one.gaze is not None
        assert other.gaze is not None
        assert one.gaze.shape == (len(one.prompt_ids),)
        torch.testing.assert_close(one.gaze, alone.gaze, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(other.gaze, alone.gaze, atol=1e-4, rtol=1e-4)
    first, second = (decode.gaze for decode in together[:2])
    assert first is not None
    assert second is not None
    assert not torch.allclose(first, second, atol=1e-2)


def test_without_a_head_nothing_is_told_and_the_scores_are_the_same_bits(
    checkpoint: Callable[[str], Path], picture: Picture
) -> None:
    turn = asked([picture(200, 120, 1)])
    engine = Engine.load(checkpoint("2B"), dtype="float32")
    (watched,) = engine.apart().begin_batch([turn], watched=Head(1, 0))
    (plain,) = engine.apart().begin_batch([turn])
    assert plain.gaze is None
    assert torch.equal(plain.logits, watched.logits)


def test_which_heads_a_decoder_has(checkpoint: Callable[[str], Path]) -> None:
    text = Engine.load(checkpoint("2B"), dtype="float32").config.text
    assert Head(text.num_hidden_layers - 1, text.num_attention_heads - 1).fits(text)
    assert not Head(text.num_hidden_layers, 0).fits(text)
    assert not Head(0, text.num_attention_heads).fits(text)
    assert not Head(-1, 0).fits(text)
