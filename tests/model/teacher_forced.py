"""Whole replies in bfloat16 against float32: every implementation is told the same tokens.

Single positions say little: one rounding, one expert chosen otherwise, and either side is ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from handrail.model.decode import Decode
from handrail.model.engine import Engine
from handrail.model.messages import ImagePart, Message, TextPart


def begun(engine: Engine, text: str, pictures: Sequence[Image.Image]) -> Decode:
    """Read one user turn: the pictures, then the text."""
    return engine.begin([Message("user", [*map(ImagePart, pictures), TextPart(text)])])


def to_tell(engine: Engine, decode: Decode, tokens: int) -> list[int]:
    """Return a likely reply of so many tokens that can stand in a prompt: without pictures."""
    reply = []
    for _ in range(tokens):
        decode.logits[[engine.config.image_token_id, engine.config.video_token_id]] = -torch.inf
        reply.append(int(decode.logits.argmax()))
        decode.step(reply[-1])
    return reply


def told(decode: Decode, reply: Sequence[int]) -> Tensor:
    """Return the logits (tokens, vocab) before each token of a reply that is told."""
    rows = []
    for token in reply:
        rows.append(decode.logits)
        decode.step(token)
    return torch.stack(rows)


def reference_told(model: Any, inputs: dict[str, Any], reply: Sequence[int]) -> Tensor:
    """Return what transformers' model says of the same, in one pass over prompt and reply."""
    prompt = inputs["input_ids"]
    ids = torch.cat((prompt, torch.tensor([reply], device=prompt.device)), dim=1)
    types = torch.zeros_like(ids)
    types[:, : prompt.shape[1]] = inputs["mm_token_type_ids"]
    whole = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "mm_token_type_ids": types}
    with torch.no_grad():
        logits: Tensor = model(**{**inputs, **whole}).logits[0]
    return logits[-len(reply) - 1 : -1].float()


@dataclass(frozen=True)
class Departure:
    """How far logits (tokens, vocab) of one reply lie from the exact ones."""

    given: Tensor
    exact: Tensor

    @property
    def error(self) -> float:
        """Return the root mean square difference over the whole reply, relative to the logits'."""
        apart = (self.given - self.exact).pow(2).mean().sqrt()
        return float(apart / self.exact.pow(2).mean().sqrt())

    @property
    def largest(self) -> float:
        """Return the largest difference of a logit anywhere in the reply."""
        return float((self.given - self.exact).abs().max())

    @property
    def widest_flip(self) -> float:
        """Return the widest gap between the exact best two where another token is best, or 0."""
        best = self.exact.topk(2).values
        flipped = self.given.argmax(-1) != self.exact.argmax(-1)
        gaps = (best[:, 0] - best[:, 1])[flipped]
        return float(gaps.max()) if len(gaps) else 0.0
