"""The rounding that explains llama.cpp's differences is ggml's own."""

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, quants

from tests.model.llama.rounding import rounded_vision, to_int8


def test_blocks_of_32_are_rounded_as_the_gguf_library_rounds_them() -> None:
    values = np.random.default_rng(3).standard_normal((5, 128)).astype(np.float32)
    kind = GGMLQuantizationType.Q8_0
    wanted = quants.dequantize(quants.quantize(values, kind), kind)
    assert np.array_equal(to_int8(torch.from_numpy(values), 32).numpy(), wanted)


@pytest.mark.parametrize("size", [32, 256])
def test_a_block_is_rounded_to_its_own_scale(size: int) -> None:
    x = torch.randn(3, 512, generator=torch.Generator().manual_seed(1))
    x[0, size:] *= 1000
    steps = x.view(-1, size).abs().amax(-1, keepdim=True) / 127
    off = (to_int8(x, size) - x).view(-1, size).abs()
    assert (off <= 0.55 * steps).all()
    assert off.max() > 0


def test_gelu_comes_from_the_table_only_inside() -> None:
    x = torch.tensor([-20.0, -1.0, 0.3, 20.0])
    exact = torch.nn.functional.gelu(x)
    with rounded_vision():
        rough = torch.nn.functional.gelu(x)
    assert 0 < (rough - exact).abs().max() < 1e-3
    assert torch.equal(rough[[0, 3]], torch.tensor([0.0, 20.0]))
    assert torch.equal(torch.nn.functional.gelu(x), exact)
