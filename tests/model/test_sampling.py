"""Sampling follows transformers' distributions, and its own seed."""

from typing import Any

import pytest
import torch
from transformers import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from handrail.model.errors import OptionsError
from handrail.model.sampling import GenerateOptions, Sampler


def logits(seed: int, size: int = 50) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed)) * 3


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p"),
    [(0.7, 20, 0.8), (0.6, 20, 0.95), (1.5, 0, 1.0), (1.0, 0, 0.1), (1.0, 1, 1.0), (0.3, 500, 1.0)],
)
def test_chances_equal_the_reference(temperature: float, top_k: int, top_p: float) -> None:
    steps: list[Any] = [TemperatureLogitsWarper(temperature)]
    steps += [TopKLogitsWarper(top_k)] if top_k else []
    steps += [TopPLogitsWarper(top_p)]
    processors: Any = LogitsProcessorList(steps)
    options = GenerateOptions(temperature=temperature, top_k=top_k, top_p=top_p)
    for seed in range(20):
        ids = torch.tensor([[0]])
        wanted = processors(ids, logits(seed)[None])[0].softmax(-1)
        torch.testing.assert_close(Sampler(options, ()).chances(logits(seed)), wanted)


def test_the_repetition_penalty_equals_the_reference() -> None:
    for seed in range(20):
        prompt = [1, 5, 5, seed]
        wanted = RepetitionPenaltyLogitsProcessor(1.4)(torch.tensor([prompt]), logits(seed)[None])
        sampler = Sampler(GenerateOptions(repetition_penalty=1.4), prompt)
        assert sampler.pick(logits(seed)) == int(wanted[0].argmax())


def test_the_presence_penalty_counts_the_reply_only() -> None:
    scores = torch.tensor([1.0, 0.8, 0.5])
    sampler = Sampler(GenerateOptions(presence_penalty=0.4), prompt_ids=[0])
    assert [sampler.pick(scores) for _ in range(4)] == [0, 1, 0, 0]


def test_greedy_is_the_default_and_leaves_logits_alone() -> None:
    scores = logits(3)
    before = scores.clone()
    sampler = Sampler(GenerateOptions(repetition_penalty=2.0, presence_penalty=1.0), [7])
    for _ in range(3):
        sampler.pick(scores)
    assert torch.equal(scores, before)
    assert Sampler(GenerateOptions(), ()).pick(scores) == int(scores.argmax())


def test_draws_follow_the_seed_and_the_chances() -> None:
    def draw(seed: int) -> list[int]:
        sampler = Sampler(GenerateOptions(temperature=1.0, top_p=0.9, seed=seed), ())
        return [sampler.pick(logits(1)) for _ in range(400)]

    assert draw(5) == draw(5)
    assert draw(5) != draw(6)
    chances = Sampler(GenerateOptions(temperature=1.0, top_p=0.9), ()).chances(logits(1))
    counts = torch.bincount(torch.tensor(draw(5)), minlength=50) / 400
    assert float((counts - chances).abs().max()) < 0.1
    assert float(counts[chances == 0].sum()) == 0


@pytest.mark.parametrize(
    "options",
    [
        {"max_new_tokens": 0},
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"top_k": -1},
        {"repetition_penalty": 0.0},
        {"presence_penalty": float("inf")},
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(OptionsError, match=next(iter(options))):
        GenerateOptions(**options)
