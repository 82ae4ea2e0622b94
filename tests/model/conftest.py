"""Tiny random checkpoints in the published layout, and transformers as the reference."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer as FastTokenizer
from transformers import PreTrainedTokenizerFast
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from tests.model.checkpoints import (
    DATA,
    PREPROCESSOR,
    draw_picture,
    train_tokenizer,
    write_checkpoint,
)
from tests.model.shapes import reference_class


@pytest.fixture(scope="session")
def fast_tokenizer() -> FastTokenizer:
    return train_tokenizer()


@pytest.fixture(scope="session")
def checkpoint(
    tmp_path_factory: pytest.TempPathFactory, fast_tokenizer: FastTokenizer
) -> Callable[[str], Path]:
    """Return a function from a shape's name to a checkpoint folder, written once."""
    made: dict[str, Path] = {}

    def make(shape: str) -> Path:
        if shape not in made:
            folder = tmp_path_factory.mktemp(shape)
            write_checkpoint(shape, folder, fast_tokenizer)
            made[shape] = folder
        return made[shape]

    return make


@pytest.fixture(scope="session")
def reference(checkpoint: Callable[[str], Path]) -> Callable[[str], Any]:
    """Return a function from a shape's name to transformers' model of that checkpoint."""
    made: dict[str, Any] = {}

    def load(shape: str) -> Any:
        if shape not in made:
            made[shape] = (
                reference_class(shape)
                .from_pretrained(
                    checkpoint(shape), dtype=torch.float32, attn_implementation="eager"
                )
                .eval()
            )
        return made[shape]

    return load


@pytest.fixture(scope="session")
def picture() -> Callable[[int, int, int], Image.Image]:
    """Return a function (width, height, seed) to a picture."""
    return draw_picture


@pytest.fixture(scope="session")
def relative_error() -> Callable[[torch.Tensor, torch.Tensor], float]:
    """Return a function that gives the largest difference, in units of the reference's size."""

    def compare(ours: torch.Tensor, theirs: torch.Tensor) -> float:
        assert ours.shape == theirs.shape
        scale = float(theirs.float().pow(2).mean().sqrt())
        return float((ours.float() - theirs.float()).abs().max()) / scale

    return compare


@pytest.fixture(scope="session")
def reference_inputs(
    fast_tokenizer: FastTokenizer,
) -> Callable[[str, Sequence[Image.Image]], dict[str, Any]]:
    """Return a function that makes transformers' inputs of one user turn, by its own code."""
    template = (DATA / "chat_template.jinja").read_text(encoding="utf-8")
    wrap: Any = PreTrainedTokenizerFast
    tokenizer = wrap(
        tokenizer_object=FastTokenizer.from_str(fast_tokenizer.to_str()), chat_template=template
    )
    processor = Qwen2VLImageProcessorPil(**PREPROCESSOR)
    pad = "<|image_pad|>"

    def build(text: str, images: Sequence[Image.Image]) -> dict[str, Any]:
        content: Any = [{"type": "image"} for _ in images] + [{"type": "text", "text": text}]
        rendered: Any = tokenizer.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
        )
        pixels = processor(images=list(images), return_tensors="pt") if images else {}
        for grid in pixels.get("image_grid_thw", ()):
            rendered = rendered.replace(pad, "<mark>" * (int(grid.prod()) // 4), 1)
        ids = tokenizer(rendered.replace("<mark>", pad), return_tensors="pt")["input_ids"]
        types = (ids == tokenizer.convert_tokens_to_ids(pad)).int()
        return {
            "input_ids": ids, "attention_mask": torch.ones_like(ids),
            "mm_token_type_ids": types, **pixels,
        }  # fmt: skip

    return build


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Keep torch to one thread: its threads wait for each other badly on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
