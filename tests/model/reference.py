"""Transformers as the reference: its inputs by its own code, and how far others are from it."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from PIL import Image
from tokenizers import Tokenizer as FastTokenizer
from transformers import PreTrainedTokenizerFast
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from tests.model.checkpoints import DATA, PREPROCESSOR

Inputs = Callable[[str, Sequence[Image.Image]], dict[str, Any]]
_PAD = "<|image_pad|>"


def reference_inputs_of(fast_tokenizer: FastTokenizer) -> Inputs:
    """Return a function that makes transformers' inputs of one user turn, by its own code."""
    template = (DATA / "chat_template.jinja").read_text(encoding="utf-8")
    wrap: Any = PreTrainedTokenizerFast
    tokenizer = wrap(
        tokenizer_object=FastTokenizer.from_str(fast_tokenizer.to_str()), chat_template=template
    )
    processor = Qwen2VLImageProcessorPil(**PREPROCESSOR)

    def build(text: str, images: Sequence[Image.Image]) -> dict[str, Any]:
        content: Any = [{"type": "image"} for _ in images] + [{"type": "text", "text": text}]
        rendered: Any = tokenizer.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
        )
        pixels = processor(images=list(images), return_tensors="pt") if images else {}
        for grid in pixels.get("image_grid_thw", ()):
            rendered = rendered.replace(_PAD, "<mark>" * (int(grid.prod()) // 4), 1)
        ids = tokenizer(rendered.replace("<mark>", _PAD), return_tensors="pt")["input_ids"]
        types = (ids == tokenizer.convert_tokens_to_ids(_PAD)).int()
        return {
            "input_ids": ids, "attention_mask": torch.ones_like(ids),
            "mm_token_type_ids": types, **pixels,
        }  # fmt: skip

    return build


def relative_difference(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """Return the largest difference, in units of the reference's root mean square."""
    assert ours.shape == theirs.shape
    scale = float(theirs.float().pow(2).mean().sqrt())
    return float((ours.float() - theirs.float()).abs().max()) / scale
