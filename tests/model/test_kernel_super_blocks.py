"""GGUF's K formats in the compiled kernels: the blocks' values, and products within the bound."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from handrail.model.engine import Engine
from handrail.model.gguf_blocks import BLOCKS, SUPER_BLOCKS
from handrail.model.gguf_layers import BlockLinear
from handrail.model.kernel_layers import KernelLinear, settle
from handrail.model.kernels import native
from handrail.model.kernels.laid import STEP
from handrail.model.kernels.super_blocks import SuperMatrix
from handrail.model.messages import Message, TextPart
from handrail.model.packed_groups import supers_of
from tests.model import gguf_writer
from tests.model.test_kernels import WAYS, rounded

pytestmark = pytest.mark.skipif(not WAYS, reason="there are no kernels here: torch computes")
HELLO = [Message("user", [TextPart("Press the button named Save.")])]


def layer(name: str, outputs: int, inputs: int, seed: int = 7) -> BlockLinear:
    """Return a layer of random bytes, whose scales are numbers."""
    made = BlockLinear(nn.Linear(inputs, outputs, bias=False, device="meta"), name)
    size = BLOCKS[name].bytes
    raw = np.random.default_rng(seed).integers(0, 256, (outputs, inputs // 256 * size), np.uint8)
    for at in (208,) if name == "Q6_K" else (0, 2):
        raw.reshape(-1, size)[:, at + 1] &= 0xAF  # small exponents, both signs
    made.load_state_dict({"weight": torch.from_numpy(raw)}, assign=True)
    return made


def matrix(made: BlockLinear) -> SuperMatrix:
    supers = supers_of(made)
    assert supers is not None
    return SuperMatrix(supers)


@pytest.mark.parametrize("name", SUPER_BLOCKS)
def test_the_layout_loses_nothing(name: str) -> None:
    made = layer(name, 1061, 512)  # more than a slab, and no multiple of 16
    laid, wanted = matrix(made), made.unpacked()
    assert torch.allclose(laid.unpacked(), wanted, rtol=1e-6, atol=1e-9)
    ids = torch.tensor([[1060, 0], [17, 17]])
    assert torch.equal(laid.rows(ids), laid.unpacked()[ids])
    bits = {"Q4_K": 4.625, "Q5_K": 5.625, "Q6_K": 6.5625}[name]
    assert laid.nbytes == bits / 8 * 512 * 1072


def least(made: BlockLinear) -> Tensor:
    """Return for each weight the largest of the numbers of which it is made, in float64."""
    raw = made.get_buffer("weight")
    taken = SUPER_BLOCKS[made.format](raw.reshape(-1, BLOCKS[made.format].bytes))
    parts = taken.parts.view(torch.int8 if made.format == "Q6_K" else torch.uint8).double()
    sizes = (parts.flatten(1).abs() * taken.scales.double().abs().amax(1, keepdim=True)).amax(1)
    each: Tensor = (sizes * 2 ** int(made.format[1])).view(len(raw), -1)
    return each.repeat_interleave(256, 1)


def check(made: BlockLinear, x: Tensor, bias: Tensor | None = None) -> None:
    """Compare every way with exact arithmetic, and with the product of the inputs as they are."""
    weights, laid = made.unpacked().double(), matrix(made)
    near, off = rounded(x)
    extra = 0.0 if bias is None else bias.double()
    exact, whole = near @ weights.t() + extra, x.double() @ weights.t() + extra
    bound = off @ weights.abs().t()
    grain = (2 * x.shape[1] / STEP + 8) * 2**-24 * (near.abs() @ least(made).t())
    for way in WAYS:
        out = laid.product(x, bias, way)
        slack = grain + out.double().abs() * (2**-8 if x.dtype == torch.bfloat16 else 2**-23)
        assert ((out.double() - exact).abs() <= slack).all(), native.ways()[way]
        assert ((out.double() - whole).abs() <= bound * 1.001 + slack).all(), native.ways()[way]


@pytest.mark.parametrize("name", SUPER_BLOCKS)
@pytest.mark.parametrize("rows", [*range(1, 10), 16, 70])
def test_every_number_of_rows(rows: int, name: str) -> None:
    draw = torch.Generator().manual_seed(rows)
    x = torch.randn(rows, 768, generator=draw)
    made = layer(name, 40, 768, rows)
    check(made, x, torch.randn(40, generator=draw))
    check(made, x.bfloat16())


@pytest.mark.parametrize("name", SUPER_BLOCKS)
@pytest.mark.parametrize("byte", [0, 255])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_widest_codes_scales_and_inputs_do_not_overflow(
    name: str, byte: int, sign: float
) -> None:
    made = layer(name, 32, 1024)
    raw = made.get_buffer("weight").view(-1, BLOCKS[name].bytes)
    scales = slice(208, 210) if name == "Q6_K" else slice(0, 4)
    kept = raw[:, scales].clone()
    raw[:] = byte
    raw[:, scales] = kept
    check(made, torch.tensor([1.0, sign]).repeat(512).expand(9, -1) * 3e4)


# a router that sees rounded numbers may choose another expert
@pytest.mark.parametrize(("shape", "off"), [("blocks", 0.1), ("expert blocks", 0.2)])
def test_a_mixed_file_answers_through_the_kernels(
    shape: str, off: float, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    gguf_writer.write(checkpoint(shape), tmp_path, gguf_writer.mixed)
    exact = Engine.load(tmp_path / "model-Q.gguf", dtype="float32")
    engine = Engine.load(tmp_path / "model-Q.gguf", dtype="float32")
    left = sum(isinstance(m, BlockLinear) for m in engine.network.modules())
    assert settle(engine.network, engine.config.quantization) == left >= 4 * 4
    linear = [m for m in engine.network.modules() if isinstance(m, KernelLinear)]
    kinds = {m.matrix.bits for m in linear if isinstance(m.matrix, SuperMatrix)}
    assert kinds == {4, 5, 6} if shape == "blocks" else kinds
    ours, wanted = engine.begin(HELLO).logits, exact.begin(HELLO).logits
    assert (ours - wanted).pow(2).mean().sqrt() < off * wanted.pow(2).mean().sqrt()
