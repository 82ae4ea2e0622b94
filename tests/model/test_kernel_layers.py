"""Packed layers go to the kernels where these know their format, in one copy."""

import gc
import json
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from handrail.model.config import ModelConfig, parse_config
from handrail.model.engine import Engine
from handrail.model.gguf_blocks import BLOCKS
from handrail.model.gguf_layers import BlockEmbedding, BlockLinear
from handrail.model.kernel_layers import KernelEmbedding, KernelLinear, settle
from handrail.model.kernels import native
from handrail.model.kernels.grouped import GroupedMatrix
from handrail.model.layout import fit
from handrail.model.packed import PackedLinear
from handrail.model.packed_groups import grouped_of
from handrail.model.quantizer import quantize
from handrail.model.stored import SafetensorsFile
from tests.model.test_packed import CONFIG, FORMATS, HELLO, SINGLE

HERE = bool(native.ways())
UNKNOWN = ("fp8", "act-order", "odd tail")
"""What in the name of a format says that torch keeps it."""


def configured(name: str) -> ModelConfig:
    how, _ = FORMATS[name]
    return parse_config({**json.loads(CONFIG), "quantization_config": how}, "config.json")


def loaded(name: str, folder: Path) -> tuple[PackedLinear, Tensor]:
    """Return a packed layer with what an independent writer wrote, and the matrix it meant."""
    _, write = FORMATS[name]
    matrix = torch.randn(72, 96, generator=torch.Generator().manual_seed(1))
    tensors, meant = write(matrix)
    save_file({n: t.contiguous() for n, t in tensors.items()}, folder / SINGLE)
    network = nn.ModuleDict({"one": nn.Linear(96, 72, bias=False, device="meta")})
    stored = {f"one.{n}": t for n, t in SafetensorsFile(folder / SINGLE).stored().items()}
    fit(network, configured(name), stored)
    layer = network["one"]
    assert isinstance(layer, PackedLinear)
    layer.load_state_dict(tensors, assign=True)
    return layer, meant


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_keeps_its_meaning_in_the_kernels_layout(name: str, tmp_path: Path) -> None:
    layer, meant = loaded(name, tmp_path)
    grouped = grouped_of(layer, configured(name).quantization)
    assert (grouped is None) == any(word in name for word in UNKNOWN)
    if grouped is not None and HERE:
        made = GroupedMatrix(grouped)
        assert torch.equal(made.unpacked(), layer.unpacked())
        assert (made.unpacked() - meant).abs().max() < 1e-5


@pytest.mark.parametrize("blocks", BLOCKS)
def test_gguf_blocks_keep_their_meaning(blocks: str) -> None:
    plain = nn.Linear(512, 48, bias=False, device="meta")
    layer = BlockLinear(plain, blocks)
    shape = (48, 512 // BLOCKS[blocks].values, BLOCKS[blocks].bytes)
    raw = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(2)).to(torch.uint8)
    raw[..., :2] = torch.tensor([0.01], dtype=torch.float16).view(torch.uint8)
    layer.load_state_dict({"weight": raw.flatten(1)}, assign=True)
    grouped = grouped_of(layer, None)
    assert (grouped is not None) == (blocks in ("Q4_0", "Q8_0"))
    if grouped is not None and HERE:
        assert torch.equal(GroupedMatrix(grouped).unpacked(), layer.unpacked())


def test_a_head_of_blocks_shares_one_matrix_with_its_embedding() -> None:
    network = nn.ModuleDict({
        "embedding": BlockEmbedding(nn.Embedding(40, 64, device="meta"), "Q8_0"),
        "head": BlockLinear(nn.Linear(64, 40, bias=False, device="meta"), "Q8_0"),
    })  # fmt: skip
    raw = torch.randint(0, 99, (40, 68), generator=torch.Generator().manual_seed(5))
    weight = raw.to(torch.uint8)
    state = {"embedding.weight": weight, "head.weight": weight}
    network.load_state_dict(state, assign=True)
    ids = torch.tensor([[3, 39, 0]])
    wanted = network["embedding"](ids)
    assert settle(network, None) == int(HERE)
    if HERE:
        head, embedding = network["head"], network["embedding"]
        assert isinstance(head, KernelLinear)
        assert isinstance(embedding, KernelEmbedding)
        assert head.matrix is embedding.matrix
    assert torch.equal(network["embedding"](ids), wanted)


def test_the_packed_tensors_are_let_go(tmp_path: Path) -> None:
    layer, _ = loaded("w4a16", tmp_path)
    network = nn.ModuleDict({"one": layer})
    packed = weakref.ref(layer.get_buffer("weight_packed"))
    del layer
    settle(network, configured("w4a16").quantization)
    gc.collect()
    assert (packed() is None) == HERE
    assert len(network.state_dict()) == (0 if HERE else 3)


@pytest.mark.parametrize("name", FORMATS)
def test_layers_of_another_device_stay(name: str, tmp_path: Path) -> None:
    """A device without memory stands for a GPU: what lies there is not compared with the CPU's."""
    layer, _ = loaded(name, tmp_path)
    network = nn.ModuleDict({"one": layer.to("meta")})
    assert settle(network, configured(name).quantization) == 0
    assert network["one"] is layer


def test_a_bias_is_added(tmp_path: Path) -> None:
    layer, meant = loaded("w8a16 channels", tmp_path)
    draw = torch.Generator().manual_seed(6)
    bias = torch.randn(72, generator=draw)
    layer.bias = nn.Parameter(bias, requires_grad=False)
    network = nn.ModuleDict({"one": layer})
    x = torch.randn(4, 96, generator=draw)
    wanted = x @ meant.t() + bias
    settle(network, configured("w8a16 channels").quantization)
    assert (network["one"](x) - wanted).pow(2).mean() < 1e-4 * wanted.pow(2).mean()


@pytest.mark.parametrize("bits", [4, 8])
def test_a_quantized_checkpoint_answers_through_the_kernels(
    bits: int, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    quantize(checkpoint("untied"), tmp_path / "small", 4 if bits == 4 else 8, keep="nothing")
    engine = Engine.load(tmp_path / "small", dtype="bfloat16")
    exact = Engine.load(tmp_path / "small", dtype="float32")
    kinds = [type(m) for m in engine.network.modules()]
    packed = [m for m in exact.network.modules() if isinstance(m, PackedLinear)]
    assert len(packed) >= 3 * 7
    assert not any(isinstance(m, KernelLinear) for m in exact.network.modules())
    assert kinds.count(KernelLinear) == (len(packed) if HERE else 0)
    ours, wanted = engine.begin(HELLO).logits.float(), exact.begin(HELLO).logits
    assert (ours - wanted).pow(2).mean().sqrt() < 0.05 * wanted.pow(2).mean().sqrt()
