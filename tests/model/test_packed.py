"""Quantized layers mean what independent writers of their formats meant."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from handrail.model import packed
from handrail.model.config import parse_config
from handrail.model.engine import Engine
from handrail.model.errors import ConfigError, WeightsError
from handrail.model.layout import fit
from handrail.model.messages import Message, TextPart
from handrail.model.packed import PackedLinear
from handrail.model.stored import SafetensorsFile
from tests.model.quantized_writers import Writer, awq, compressed, float8, gptq

SINGLE = "model.safetensors"
HELLO = [Message("user", [TextPart("Press the button named Save.")])]


def ct(layout: str, **weights: Any) -> dict[str, Any]:
    scheme = {"targets": ["Linear"], "weights": {"num_bits": 4, "symmetric": True, **weights}}
    return {"quant_method": "compressed-tensors", "format": layout, "ignore": ["lm_head"],
            "config_groups": {"group_0": scheme}}  # fmt: skip


GROUP32: dict[str, Any] = {"strategy": "group", "group_size": 32, "num_bits": 4}
SYMMETRIC, ASYMMETRIC = {**GROUP32, "symmetric": True}, {**GROUP32, "symmetric": False}
EIGHTS: dict[str, Any] = {**ASYMMETRIC, "num_bits": 8}
ROWS: dict[str, Any] = {"strategy": "channel", "num_bits": 4, "symmetric": False}
CHANNEL8: dict[str, Any] = {"strategy": "channel", "num_bits": 8, "symmetric": True}
FP8: dict[str, Any] = {"num_bits": 8, "type": "float", "symmetric": True}
# name: (quantization_config, writer)
FORMATS: dict[str, tuple[dict[str, Any], Writer]] = {
    "fp8 blocks": (
        {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [48, 40]}, float8((48, 40)),
    ),
    "fp8 channels": (
        ct("float-quantized", **FP8, strategy="channel"), compressed(**FP8, strategy="channel"),
    ),
    "fp8 whole": (
        ct("float-quantized", **FP8, strategy="tensor"), compressed(**FP8, strategy="tensor"),
    ),
    "fp8 blocks by the library": (
        ct("float-quantized", **FP8, strategy="block", block_structure=[8, 8]),
        compressed(**FP8, strategy="block", block_structure=[8, 8]),
    ),
    "awq": ({"quant_method": "awq", "bits": 4, "group_size": 32, "version": "gemm"}, awq(32)),
    "awq whole rows": ({"quant_method": "awq", "w_bit": 4, "q_group_size": -1}, awq(-1)),
    "gptq": ({"quant_method": "gptq", "bits": 4, "group_size": 32}, gptq(32)),
    "gptq act-order": (
        {"quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": True},
        gptq(32, act_order=True),
    ),
    "gptq odd tail": ({"quant_method": "gptq", "bits": 4, "group_size": 48}, gptq(48)),
    "gptq act-order and odd tail": (
        {"quant_method": "gptq", "bits": 4, "group_size": 48, "desc_act": True},
        gptq(48, act_order=True),
    ),
    "gptq 8 bits, whole rows": (
        {"quant_method": "gptq", "bits": 8, "group_size": -1}, gptq(-1, bits=8),
    ),
    "gptq v2": (
        {"quant_method": "gptq", "bits": 4, "group_size": 32, "checkpoint_format": "gptq_v2"},
        gptq(32, version=2),
    ),
    "w4a16": (ct("pack-quantized", **SYMMETRIC), compressed(**SYMMETRIC)),
    "w4a16 zero points": (ct("pack-quantized", **ASYMMETRIC), compressed(**ASYMMETRIC)),
    "w4a16 act-order": (
        ct("pack-quantized", **SYMMETRIC), compressed(act_order=True, **SYMMETRIC),
    ),
    "w4a16 act-order and zero points": (
        ct("pack-quantized", **ASYMMETRIC), compressed(act_order=True, **ASYMMETRIC),
    ),
    "w4a16 zero points of whole rows": (ct("pack-quantized", **ROWS), compressed(**ROWS)),
    "w8a16 zero points": (ct("pack-quantized", **EIGHTS), compressed(**EIGHTS)),
    "w8a16 channels": (ct("pack-quantized", **CHANNEL8), compressed(**CHANNEL8)),
}  # fmt: skip


def is_quantized(name: str) -> bool:
    return "language_model.layers" in name and name.endswith("_proj.weight")


def quantize(source: Path, target: Path, write: Writer) -> tuple[Path, Path]:
    """Return a folder with packed layers, and one with the plain matrices that these mean."""
    small, plain = (Path(copytree(source, target / n)) for n in ("packed", "plain"))
    kept, meant = {}, {}
    for name, value in load_file(source / SINGLE).items():
        if not is_quantized(name):
            kept[name] = meant[name] = value
            continue
        tensors, meant[name] = write(value.float())
        stem = name.removesuffix("weight")
        kept.update({stem + part: tensor.contiguous() for part, tensor in tensors.items()})
    save_file(kept, small / SINGLE)
    save_file({n: v.contiguous() for n, v in meant.items()}, plain / SINGLE)
    return small, plain


def configure(folder: Path, how: dict[str, Any] | None) -> None:
    data = json.loads((folder / "config.json").read_text())
    data["quantization_config"] = how
    (folder / "config.json").write_text(json.dumps(data))


@pytest.fixture
def source(checkpoint: Callable[[str], Path]) -> Path:
    return checkpoint("untied")


@pytest.mark.parametrize("name", FORMATS)
def test_a_packed_checkpoint_says_what_the_plain_one_says(
    name: str, source: Path, tmp_path: Path
) -> None:
    how, write = FORMATS[name]
    small, plain = quantize(source, tmp_path, write)
    configure(small, how)
    engine = Engine.load(small, dtype="float32")
    layers = [m for m in engine.network.modules() if isinstance(m, PackedLinear)]
    assert len(layers) == 3 * 7
    ours = engine.begin(HELLO).logits
    wanted = Engine.load(plain, dtype="float32").begin(HELLO).logits
    original = Engine.load(source, dtype="float32").begin(HELLO).logits
    scale = wanted.pow(2).mean().sqrt()
    assert (ours - wanted).abs().max() < 1e-4 * scale
    assert (ours - original).abs().max() > 1e-3 * scale, "nothing was quantized"


@pytest.mark.parametrize("name", FORMATS)
def test_odd_shapes_unpack_to_what_was_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how, write = FORMATS[name]
    # AWQ and the groups of compressed-tensors need whole words and whole groups
    whole = name.startswith(("awq", "w4a16", "w8a16 zero"))
    outputs, inputs = (72, 96) if whole else (88, 136)
    matrix = torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(1))
    tensors, meant = write(matrix)
    save_file({n: t.contiguous() for n, t in tensors.items()}, tmp_path / SINGLE)
    plain = nn.Linear(inputs, outputs, bias=False, device="meta")
    layer = _layer(tmp_path / SINGLE, how, plain)
    for part, tensor in tensors.items():
        assert layer.get_buffer(part).shape == tensor.shape, part
    layer.load_state_dict(tensors, assign=True)
    assert (layer.unpacked() - meant).abs().max() < 1e-5
    x = torch.randn(3, inputs)
    assert torch.allclose(layer(x), x @ meant.t(), atol=1e-3)
    assert layer(x.bfloat16()).dtype == torch.bfloat16
    monkeypatch.setattr(packed, "_AT_ONCE", 32 * inputs)
    assert torch.allclose(layer.in_steps(x), x @ meant.t(), atol=1e-3)
    assert (layer.unpacked(slice(32, 64)) - meant[32:64]).abs().max() < 1e-5
    assert (layer.unpacked(slice(64, outputs)) - meant[64:]).abs().max() < 1e-5


def _layer(file: Path, how: dict[str, Any], plain: nn.Linear) -> PackedLinear:
    config = parse_config({**json.loads(CONFIG), "quantization_config": how}, "config.json")
    network = nn.ModuleDict({"one": plain})
    stored = {f"one.{n}": tensor for n, tensor in SafetensorsFile(file).stored().items()}
    fit(network, config, stored)
    layer = network["one"]
    assert isinstance(layer, PackedLinear)
    return layer


CONFIG = """{"model_type": "qwen3_vl",
 "text_config": {"vocab_size": 9, "hidden_size": 64, "intermediate_size": 8,
  "num_hidden_layers": 3, "num_attention_heads": 1, "num_key_value_heads": 1},
 "vision_config": {"depth": 1, "hidden_size": 64, "intermediate_size": 8, "num_heads": 1,
  "out_hidden_size": 64, "deepstack_visual_indexes": []}}"""


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"quant_method": "bitsandbytes"}, "quant_method.*'fp8', 'awq', 'gptq'"),
        ({"quant_method": "fp8", "fmt": "e5m2"}, "e5m2"),
        ({"quant_method": "awq", "version": "gemv"}, "gemv"),
        ({"quant_method": "awq", "bits": 8}, "4 bits"),
        ({"quant_method": "gptq", "bits": 3}, "bits"),
        ({"quant_method": "gptq", "group_size": 0}, "group_size"),
        ({"quant_method": "gptq", "checkpoint_format": "marlin"}, "marlin"),
        (ct("marlin-24"), "marlin-24.*pack-quantized"),
        ({**ct("pack-quantized"), "config_groups": {}}, "one scheme"),
        ({**ct("pack-quantized"), "sparsity_config": {"format": "sparse-24"}}, "sparsity_config"),
    ],
)
def test_what_is_not_supported_is_named(how: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=f"quantization_config.*{named}") as caught:
        parse_config({**json.loads(CONFIG), "quantization_config": how}, "config.json")
    assert "\n" not in str(caught.value)


def test_packed_layers_without_a_configuration_are_refused(source: Path, tmp_path: Path) -> None:
    small, _ = quantize(source, tmp_path, awq(32))
    with pytest.raises(WeightsError, match=r"stored quantized, but config\.json has no"):
        Engine.load(small)
    configure(small, {"quant_method": "fp8"})
    with pytest.raises(WeightsError, match="not stored as quant_method 'fp8'"):
        Engine.load(small)
    configure(small, {"quant_method": "gptq"})
    with pytest.raises(WeightsError, match=r"qweight is \[\d+, \d+\] instead of"):
        Engine.load(small)


def test_float8_without_scales_is_refused(source: Path, tmp_path: Path) -> None:
    small, _ = quantize(source, tmp_path, lambda m: ({"weight": m.to(torch.float8_e4m3fn)}, m))
    configure(small, {"quant_method": "fp8"})
    with pytest.raises(WeightsError, match="21 tensors are stored as numbers without scales"):
        Engine.load(small)
