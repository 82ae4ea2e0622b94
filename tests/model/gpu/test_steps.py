"""Short passes over the fixed cache give what passes over the growing one give."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
import torch
from PIL import Image

from handrail.model.decode import Decode
from handrail.model.engine import Engine
from handrail.model.errors import Cancelled
from handrail.model.kv_cache import KVCache
from handrail.model.messages import ImagePart, Message, TextPart
from handrail.model.steps import Steps

Picture = Callable[[int, int, int], Image.Image]
Difference = Callable[[torch.Tensor, torch.Tensor], float]
LIMIT = 1e-5


def asked(picture: Picture, seed: int) -> list[Message]:
    return [Message("user", [ImagePart(picture(200, 120, seed)), TextPart("Press Save.")])]


def told(decode: Decode, tokens: list[int]) -> torch.Tensor:
    """Tell a reply one token at a time, some together, some ahead; return all logits."""
    rows = [decode.logits.clone()]
    for at in range(0, len(tokens) - 4, 4):
        rows.append(decode.step(tokens[at]).clone())
        decode.extend(tokens[at + 1 : at + 3], ahead=[tokens[at + 3], 7])
        rows.append(decode.logits.clone())
        decode.advance()
        rows.append(decode.logits.clone())
    return torch.stack(rows)


@pytest.mark.parametrize("shape", ["2B", "yarn", "wide", "30B-A3B"])
def test_replies_side_by_side_are_those_of_the_growing_cache(
    shape: str, checkpoint: Callable[[str], Path], picture: Picture, relative_error: Difference
) -> None:
    engine = Engine.load(checkpoint(shape), dtype="float32")
    tokens = [(37 * i) % 300 + 5 for i in range(24)]
    wanted = [told(engine.begin(asked(picture, seed)), tokens) for seed in (1, 2)]
    engine.network.steps = Steps(engine.network, capacity=512)
    first, second = (engine.begin(asked(picture, seed)) for seed in (1, 2))
    # the two take turns in the one seat, in the middle of a reply too
    for decode, of in ((first, 0), (second, 1)):
        rows = told(decode, tokens[:8])
        assert relative_error(rows, wanted[of][: len(rows)]) < LIMIT
    for decode, of in ((first, 0), (second, 1)):
        fresh = engine.begin(asked(picture, of + 1))
        told(fresh, tokens[:8])
        decode.turn_back()
        fresh.turn_back()
        assert relative_error(decode.step(11), fresh.step(11)) < LIMIT


def test_a_reply_goes_on_past_the_fixed_storage(
    checkpoint: Callable[[str], Path], picture: Picture, relative_error: Difference
) -> None:
    engine = Engine.load(checkpoint("2B"), dtype="float32")
    tokens = [(37 * i) % 300 + 5 for i in range(40)]
    wanted = told(engine.begin(asked(picture, 1)), tokens)
    length = engine.begin(asked(picture, 1)).length
    engine.network.steps = Steps(engine.network, capacity=length + 17)
    assert relative_error(told(engine.begin(asked(picture, 1)), tokens), wanted) < LIMIT


def test_a_batch_of_sequences_of_many_lengths(
    checkpoint: Callable[[str], Path], relative_error: Difference
) -> None:
    engine = Engine.load(checkpoint("8B"), dtype="float32")
    network = engine.network
    texts = ["Press.", "Press the button named Save, then wait.", "Type 10 20 30 and stop it."]
    steps, decodes, before = Steps(network, batch=3, capacity=128), [], []
    for row, text in enumerate(texts):
        decode = engine.begin([Message("user", [TextPart(text)])])
        assert isinstance(decode._cache, KVCache)
        held = decode._cache.copied(0, decode.length)
        steps.cache.fill(row, held)
        before.append(decode.length)
        decodes.append(decode)
    with torch.inference_mode():
        for token in (9, 30, 77):
            place = torch.tensor(before)
            hidden = steps.run(torch.full((3, 1), token), place, place)
            for row, decode in enumerate(decodes):
                wanted = decode.step(token)
                assert relative_error(network.scores(hidden[row, 0]), wanted) < LIMIT
                before[row] += 1
    assert steps.captured == ()


def test_a_cancelled_reply_stops_before_its_next_pass(
    checkpoint: Callable[[str], Path], picture: Picture
) -> None:
    engine = Engine.load(checkpoint("2B"), dtype="float32")
    engine.network.steps = Steps(engine.network, capacity=256)
    decode, stop = engine.begin(asked(picture, 1)), Event()
    before = decode.step(5).clone()
    with engine.cancelled_by(stop):
        stop.set()
        length = decode.length
        with pytest.raises(Cancelled):
            decode.step(6)
        assert decode.length == length
    assert not torch.equal(decode.step(6), before)
