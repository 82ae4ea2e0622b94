"""Tiny random checkpoints in the published layout, and transformers as the reference."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer as FastTokenizer

from tests.model.checkpoints import draw_picture, train_tokenizer, write_checkpoint
from tests.model.reference import reference_inputs_of, relative_difference
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
    return relative_difference


@pytest.fixture(scope="session")
def reference_inputs(
    fast_tokenizer: FastTokenizer,
) -> Callable[[str, Sequence[Image.Image]], dict[str, Any]]:
    """Return a function that makes transformers' inputs of one user turn, by its own code."""
    return reference_inputs_of(fast_tokenizer)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Keep torch to one thread: its threads wait for each other badly on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
