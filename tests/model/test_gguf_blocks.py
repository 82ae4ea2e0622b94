"""Blocks mean what the gguf library says they mean, whatever their bytes are."""

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, quants

from handrail.model.gguf_blocks import BLOCKS


@pytest.mark.parametrize("name", BLOCKS)
def test_random_blocks_are_read_as_the_library_reads_them(name: str) -> None:
    block, kind = BLOCKS[name], GGMLQuantizationType[name]
    raw = np.random.default_rng(7).integers(0, 256, (5, 3 * block.bytes), dtype=np.uint8)
    # the scales are float16 numbers: keep their exponents small, so that none is NaN
    for at in {"Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}.get(name, (0,)):
        raw.reshape(-1, block.bytes)[:, at + 1] &= 0x2F
    wanted = quants.dequantize(raw, kind)
    ours = block.unpack(torch.from_numpy(raw))
    assert ours.shape == (5, 3 * block.values)
    assert np.allclose(ours.numpy(), wanted, rtol=1e-6, atol=1e-7)
    assert len(np.unique(wanted)) > 100


@pytest.mark.parametrize("name", ["Q8_0", "Q4_0"])
def test_what_the_library_packs_comes_back(name: str) -> None:
    values = np.random.default_rng(8).standard_normal((4, 96)).astype(np.float32)
    raw = quants.quantize(values, GGMLQuantizationType[name])
    ours = BLOCKS[name].unpack(torch.from_numpy(raw))
    assert np.abs(ours.numpy() - values).max() < (0.02 if name == "Q8_0" else 0.5)
