"""A quantized copy is what compressed-tensors says it is, and little worse than its source."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from compressed_tensors.compressors.pack_quantized.base import PackedQuantizationCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from safetensors.torch import load_file

from handrail.model import quantizer
from handrail.model.engine import Engine
from handrail.model.errors import CheckpointError, ConfigError
from handrail.model.messages import Message, TextPart
from handrail.model.packed import PackedLinear
from handrail.model.quantizer import Bits, pack, quantize

HELLO = [Message("user", [TextPart("Press the button named Save.")])]
LAYER = "model.language_model.layers.1.mlp.up_proj"


def library_reads(folder: Path, name: str) -> torch.Tensor:
    """Return a layer's matrix as compressed-tensors reads the folder."""
    how = json.loads((folder / "config.json").read_text())["quantization_config"]
    weights = QuantizationArgs(**how["config_groups"]["group_0"]["weights"])
    tensors = load_file(folder / "model.safetensors")
    parts = {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}
    one: Any = PackedQuantizationCompressor
    read: torch.Tensor = one.decompress(
        parts, QuantizationScheme(targets=["Linear"], weights=weights)
    )["weight"]
    return read


@pytest.mark.parametrize(("bits", "worst"), [(8, 0.01), (4, 0.12)])
@pytest.mark.parametrize("shape", ["tied", "untied"])
def test_the_copy_says_nearly_what_the_source_says(
    shape: str, bits: Bits, worst: float, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    done = quantize(checkpoint(shape), tmp_path / "q", bits)
    source = load_file(checkpoint(shape) / "model.safetensors")[f"{LAYER}.weight"]
    read = library_reads(tmp_path / "q", LAYER).float()
    assert (read - source).norm() / source.norm() < worst
    assert set(done.errors) == {
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    }  # fmt: skip
    assert all(0 < error < worst for error in done.errors.values())
    engine = Engine.load(tmp_path / "q", dtype="float32")
    layers = [m for m in engine.network.modules() if isinstance(m, PackedLinear)]
    assert len(layers) == 21
    ours = engine.begin(HELLO).logits
    wanted = Engine.load(checkpoint(shape), dtype="float32").begin(HELLO).logits
    assert torch.cosine_similarity(ours, wanted, dim=0) > (0.999 if bits == 8 else 0.7)


def test_experts_become_one_of_each(
    checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"divides all of \[48, 64, 128\]"):
        quantize(checkpoint("fused"), tmp_path / "q", 8)
    monkeypatch.setattr(quantizer, "_GROUPS", (16,))
    quantize(checkpoint("fused"), tmp_path / "q", 8)
    ours = Engine.load(tmp_path / "q", dtype="float32").begin(HELLO).logits
    wanted = Engine.load(checkpoint("fused"), dtype="float32").begin(HELLO).logits
    assert torch.cosine_similarity(ours, wanted, dim=0) > 0.99


def test_vision_is_kept_unless_asked(checkpoint: Callable[[str], Path], tmp_path: Path) -> None:
    for keep in ("vision", "nothing"):
        quantize(checkpoint("tied"), tmp_path / keep, 8, keep)
        names = load_file(tmp_path / keep / "model.safetensors")
        packed = [n for n in names if ".visual." in n and n.endswith("weight_packed")]
        assert bool(packed) == (keep == "nothing")
        Engine.load(tmp_path / keep).begin(HELLO)


def test_searching_beats_the_widest_scale() -> None:
    matrix = torch.randn(64, 256, generator=torch.Generator().manual_seed(3))
    packed = pack(matrix, 4, 128)
    scale = matrix.reshape(64, -1, 128).abs().amax(-1, keepdim=True) / 7
    plain = (matrix.reshape(64, -1, 128) / scale).round().clamp(-8, 7) * scale
    assert packed.error < 0.95 * float(((plain.reshape(64, 256) - matrix) ** 2).sum())
    assert packed.scales.dtype == torch.bfloat16


def test_large_checkpoints_are_written_in_shards(
    checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantizer, "SHARD_BYTES", 60_000)
    quantize(checkpoint("untied"), tmp_path / "q", 8)
    shards = sorted(file.name for file in (tmp_path / "q").glob("*.safetensors"))
    assert len(shards) > 3
    monkeypatch.setattr(quantizer, "SHARD_BYTES", 2**30)
    quantize(checkpoint("untied"), tmp_path / "one", 8)
    ours, wanted = (
        Engine.load(tmp_path / name, dtype="float32").begin(HELLO).logits for name in ("q", "one")
    )
    assert torch.allclose(ours, wanted, atol=1e-4)


def test_what_cannot_be_quantized_is_named(
    checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    quantize(checkpoint("tied"), tmp_path / "q", 8)
    with pytest.raises(CheckpointError, match="quantized already"):
        quantize(tmp_path / "q", tmp_path / "again", 4)
    with pytest.raises(CheckpointError, match="is there already"):
        quantize(checkpoint("tied"), tmp_path / "q", 8)
    broken = Path(copytree(checkpoint("tied"), tmp_path / "broken"))
    file = broken / "model.safetensors"
    file.write_bytes(file.read_bytes()[:9000])
    with pytest.raises(CheckpointError, match="truncated or damaged"):
        quantize(broken, tmp_path / "never", 8)
    assert not list(tmp_path.glob("*never*"))
