"""A reply that was stopped in the middle of a token can go on; rows of the head are counted."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from handrail.model.decode import Decode
from handrail.model.engine import Engine
from handrail.model.errors import Cancelled
from handrail.model.messages import Message, TextPart

HELLO = [Message("user", [TextPart("hello")])]
SCHEMA = {"enum": ["yes, please", "no", "yes, both"]}


@pytest.fixture(scope="module")
def engine(checkpoint: Callable[[str], Path]) -> Engine:
    return Engine.load(checkpoint("tied"), dtype="float32")


def stopped(engine: Engine, decode: Decode, layer: int, tokens: list[int]) -> None:
    """Cancel a reply while a layer reads tokens."""
    cancel = threading.Event()
    where = engine.network.model.language_model.layers[layer]
    hook = where.register_forward_pre_hook(lambda *_: cancel.set(), prepend=True)
    try:
        with engine.cancelled_by(cancel), pytest.raises(Cancelled):
            decode.extend(tokens)
    finally:
        hook.remove()


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("ahead", [(), (30, 31)])
def test_a_stopped_reply_goes_on_as_if_nothing_had_been(
    engine: Engine, layer: int, ahead: tuple[int, ...]
) -> None:
    ours, whole = engine.begin(HELLO), engine.begin(HELLO)
    ours.extend([20], ahead)
    whole.extend([20])
    length = ours.length
    stopped(engine, ours, layer, [40, 41])
    assert (ours.length, ours.room) == (length, whole.room)
    assert torch.allclose(ours.logits, whole.logits, atol=1e-5)
    for token in (50, 51):
        assert torch.allclose(ours.step(token), whole.step(token), atol=1e-5)


class _Packed(nn.Module):
    """A head that is applied in whole, as packed ones are; counts how often."""

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__()
        self.plain, self.applied = plain, 0

    def forward(self, x: Tensor) -> Tensor:
        self.applied += 1
        out: Tensor = self.plain(x)
        return out


def test_all_rows_of_a_packed_head_are_counted(checkpoint: Callable[[str], Path]) -> None:
    engine = Engine.load(checkpoint("tied"), dtype="float32")
    few = engine.reply(HELLO, (), None, SCHEMA).whole()
    head = _Packed(engine.network.lm_head)
    engine.network.lm_head = head  # type: ignore[assignment]
    reply = engine.reply(HELLO, (), None, SCHEMA)
    head.applied = 0
    every = reply.whole()
    assert every.token_ids == few.token_ids
    assert head.applied > 0
    assert every.rows == head.applied * engine.config.text.vocab_size > few.rows > 0
