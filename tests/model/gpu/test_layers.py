"""Layers and experts that are handed to the GPU's kernels answer as the packed ones do."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import torch
from torch import nn

from handrail.model.engine import Engine
from handrail.model.kernel_experts import KernelExperts
from handrail.model.kernel_layers import KernelLinear, settle
from handrail.model.kernels.gpu import ready
from handrail.model.moe import MoE
from handrail.model.packed import PackedLinear
from handrail.model.quantizer import quantize
from tests.model.float8_checkpoint import write_float8
from tests.model.test_kernel_layers import configured, loaded
from tests.model.test_packed import FORMATS, HELLO

UNKNOWN = ("act-order", "odd tail", "fp8 blocks")
"""What in the name of a format says that torch keeps it: its blocks here have 40 and 8 columns."""


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_keeps_its_meaning(name: str, tmp_path: Path) -> None:
    layer, meant = loaded(name, tmp_path)
    network = nn.ModuleDict({"one": layer})
    known = settle(network, configured(name).quantization, on_gpu=True)
    assert known == (0 if any(word in name for word in UNKNOWN) else 1), name
    x = torch.randn(5, 96, generator=torch.Generator().manual_seed(4)).bfloat16()
    off = network["one"](x).float() - x.float() @ meant.t()
    assert isinstance(network["one"], KernelLinear) == bool(known)
    assert off.abs().max() < 2**-6 * (x.float().abs() @ meant.t().abs()).max()


@pytest.mark.parametrize("kind", ["plain", "4 bits", "8 bits", "FP8", "FP8, separate"])
def test_experts_answer_together_as_they_do_one_by_one(
    kind: str, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "made"
    if "bits" in kind:
        quantize(checkpoint("30B-A3B"), folder, 4 if kind == "4 bits" else 8)
    else:
        copytree(checkpoint("30B-A3B"), folder)
    if "FP8" in kind:
        write_float8(folder, "separate" in kind)
    exact = Engine.load(folder, dtype="float32").network
    network = Engine.load(folder, dtype="float32").network
    settle(network, network.config.quantization, on_gpu=True)
    ours, theirs = ([m for m in one.modules() if isinstance(m, MoE)] for one in (network, exact))
    assert all(isinstance(mine.experts, KernelExperts) for mine in ours)
    # 4 chosen of each row: by rows, and by tiles
    for rows, mine, plain in zip((1, 5), ours[:2], theirs[:2], strict=True):
        x = torch.randn(1, rows, 256, generator=torch.Generator().manual_seed(rows))
        wanted = plain(x)
        assert (mine(x) - wanted).abs().max() < 1e-5 * wanted.abs().max()
        rounded = mine.to(torch.bfloat16)(x.bfloat16())
        # a router that is rounded may choose another expert somewhere, not everywhere
        off = (rounded.float() - wanted).pow(2).mean(-1).sqrt() / wanted.pow(2).mean().sqrt()
        assert off.median() < 0.02


def test_a_quantized_checkpoint_answers_through_the_kernels(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    quantize(checkpoint("untied"), tmp_path / "small", 4, keep="nothing")
    exact = Engine.load(tmp_path / "small", dtype="float32")
    engine = Engine.load(tmp_path / "small", dtype="float32")
    packed = sum(isinstance(m, PackedLinear) for m in exact.network.modules())
    assert settle(engine.network, engine.config.quantization, on_gpu=True) == packed >= 21
    engine.network.to(torch.bfloat16)
    ours, wanted = engine.begin(HELLO).logits.float(), exact.begin(HELLO).logits
    assert (ours - wanted).pow(2).mean().sqrt() < 0.05 * wanted.pow(2).mean().sqrt()


def test_what_is_in_use_is_said() -> None:
    said = ready.described(torch.device("cpu"))
    assert said.startswith("Triton") == ready.interpreted()
    assert "torch computes" in ready.described(torch.device("meta"))
    assert not ready.usable(torch.device("meta"))
