"""Prompts and replies that share a pass are read as each is alone."""

import threading

import pytest
import torch

from handrail.model.decode import step_together
from handrail.model.engine import Engine
from handrail.model.errors import Cancelled, PromptError
from tests.model import test_reader
from tests.model.test_reader import LIMIT, Difference, Picture, plainly, prompt_of, user

engines, engine = test_reader.engines, test_reader.engine


def test_prompts_that_bring_much_are_read_in_several_passes(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    """Six prompts of unlike lengths, of which three fit into one pass."""
    conversations = [
        [user("Press the button. " * 80 * (1 + n % 2), picture(128, 96, n))] for n in range(6)
    ]
    passes: list[int] = []
    count = engine.network.model.language_model.register_forward_pre_hook(
        lambda _, given: passes.append(given[0].shape[1])
    )
    try:
        together = engine.begin_batch(conversations)
    finally:
        count.remove()
    assert 1 < len(passes) < len(conversations)
    assert sum(passes) == sum(len(decode.prompt_ids) for decode in together)
    for messages, ours in zip(conversations, together, strict=True):
        wanted = plainly(engine, prompt_of(engine, messages))
        assert relative_error(ours.logits, wanted.logits) < LIMIT


def test_replies_step_together_as_each_does_alone(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    conversations = [
        [user("Press Save.", picture(128, 96, 1))],
        [user("Press it.", picture(64, 64, 2))],
        [user("Go.")],
    ]
    together = engine.begin_batch(conversations)
    alone = [plainly(engine, prompt_of(engine, messages)) for messages in conversations]
    together[1].extend([7], ahead=[8, 9])  # what was read ahead is forgotten
    alone[1].step(7)
    for turn in range(3):
        tokens = [10 + 3 * turn + n for n in range(3)]
        scores = step_together(together, tokens)
        for ours, wanted, token, told in zip(together, alone, tokens, scores, strict=True):
            wanted.step(token)
            assert ours.length == wanted.length
            assert torch.equal(told, ours.logits)
            assert relative_error(ours.logits, wanted.logits) < LIMIT
    together[0].step(5)
    alone[0].step(5)
    assert relative_error(together[0].logits, alone[0].logits) < LIMIT
    assert step_together([], []) == []


def test_a_step_together_that_ends_early_appends_to_none(
    engine: Engine, picture: Picture, relative_error: Difference
) -> None:
    conversations = [[user("Press Save.", picture(128, 96, 1))], [user("Go.")]]
    together = engine.begin_batch(conversations)
    lengths = [decode.length for decode in together]
    beyond = engine.config.text.vocab_size
    with pytest.raises(PromptError, match=f"{beyond} is not in"):
        step_together(together, [5, beyond])
    cancel = threading.Event()
    hook = engine.network.model.language_model.layers[1].register_forward_pre_hook(
        lambda *_: cancel.set(), prepend=True
    )
    try:
        with engine.cancelled_by(cancel), pytest.raises(Cancelled):
            step_together(together, [5, 6])
    finally:
        hook.remove()
    assert [decode.length for decode in together] == lengths
    step_together(together, [5, 6])
    for messages, ours, token in zip(conversations, together, (5, 6), strict=True):
        wanted = plainly(engine, prompt_of(engine, messages))
        wanted.step(token)
        assert relative_error(ours.logits, wanted.logits) < LIMIT
