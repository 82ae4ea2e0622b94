"""Experts load alike from every layout in which checkpoints store them."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from handrail.model.engine import Engine
from handrail.model.errors import WeightsError
from handrail.model.messages import Message, TextPart
from tests.model.quantized_writers import float8, gptq

SINGLE = "model.safetensors"
HELLO = [Message("user", [TextPart("hello")])]
INNER, WIDTH, EXPERTS = 48, 64, 6


@pytest.fixture
def folder(checkpoint: Callable[[str], Path], tmp_path: Path) -> Path:
    return Path(copytree(checkpoint("fused"), tmp_path / "copy"))


def rewrite(folder: Path, change: Callable[[str, Tensor], dict[str, Tensor]]) -> None:
    tensors: dict[str, Tensor] = {}
    for name, value in load_file(folder / SINGLE).items():
        tensors.update(change(name, value))
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / SINGLE)


def untransposed(name: str, value: Tensor) -> dict[str, Tensor]:
    return {name: value.transpose(1, 2) if "experts" in name else value}


def separate(name: str, value: Tensor) -> dict[str, Tensor]:
    if "experts" not in name:
        return {name: value}
    stem, _, part = name.rpartition(".")
    made: dict[str, Tensor] = {}
    for i, expert in enumerate(value.transpose(1, 2)):
        if part == "down_proj":
            made[f"{stem}.{i}.down_proj.weight"] = expert
        else:
            gate, up = expert.chunk(2)
            made[f"{stem}.{i}.gate_proj.weight"], made[f"{stem}.{i}.up_proj.weight"] = gate, up
    return made


def test_the_checkpoint_is_in_the_published_order(folder: Path) -> None:
    stored = load_file(folder / SINGLE)
    stem = "model.language_model.layers.1.mlp."
    assert stored[f"{stem}experts.gate_up_proj"].shape == (EXPERTS, WIDTH, 2 * INNER)
    assert stored[f"{stem}experts.down_proj"].shape == (EXPERTS, INNER, WIDTH)
    assert stored[f"{stem}gate.weight"].shape == (EXPERTS, WIDTH)


@pytest.mark.parametrize("change", [untransposed, separate])
def test_every_layout_gives_the_same_logits(
    change: Callable[[str, Tensor], dict[str, Tensor]], folder: Path
) -> None:
    wanted = Engine.load(folder, dtype="float32").begin(HELLO).logits
    rewrite(folder, change)
    assert torch.allclose(
        Engine.load(folder, dtype="float32").begin(HELLO).logits, wanted, atol=1e-4
    )


BLOCKS = {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [32, 16]}
GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": 16}


def float8_experts(turned: bool) -> Callable[[str, Tensor], tuple[dict[str, Tensor], Tensor]]:
    """Return a writer of fused FP8 experts, and what they mean in the published order."""

    def write(name: str, value: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        written = [float8((32, 16))(expert) for expert in value.transpose(1, 2)]
        packed = {
            name: torch.stack([t["weight"] for t, _ in written]),
            f"{name}_scale_inv": torch.stack([t["weight_scale_inv"] for t, _ in written]),
        }
        if turned:
            packed = {n: t.transpose(1, 2) for n, t in packed.items()}
        return packed, torch.stack([meant for _, meant in written]).transpose(1, 2)

    return write


def gptq_experts(name: str, value: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    packed, meant = {}, value.clone()
    for plain, matrix in separate(name, value).items():
        tensors, exact = gptq(16)(matrix.contiguous())
        packed.update({plain.removesuffix("weight") + n: t for n, t in tensors.items()})
        number, part = int(plain.split(".")[-3]), plain.split(".")[-2]
        at = slice(INNER, None) if part == "up_proj" else slice(0, INNER)
        place = meant[number] if part == "down_proj" else meant[number][:, at]
        place.copy_(exact.t())
    return packed, meant


@pytest.mark.parametrize(
    ("how", "write"),
    [(BLOCKS, float8_experts(False)), (BLOCKS, float8_experts(True)), (GPTQ, gptq_experts)],
)
def test_quantized_experts_say_what_plain_ones_say(
    how: dict[str, object],
    write: Callable[[str, Tensor], tuple[dict[str, Tensor], Tensor]],
    folder: Path,
    tmp_path: Path,
) -> None:
    plain = Path(copytree(folder, tmp_path / "plain"))
    rewrite(plain, lambda n, v: {n: write(n, v)[1] if "experts" in n else v})
    rewrite(folder, lambda n, v: write(n, v)[0] if "experts" in n else {n: v})
    data = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**data, "quantization_config": how}))
    ours, wanted = (Engine.load(f, dtype="float32").begin(HELLO).logits for f in (folder, plain))
    assert torch.allclose(ours, wanted, atol=1e-3)


def test_a_transposed_tensor_is_not_copied(folder: Path) -> None:
    network = Engine.load(folder, dtype="float32").network
    weight = network.get_parameter("model.language_model.layers.0.mlp.experts.gate_up_proj")
    assert weight.shape == (EXPERTS, 2 * INNER, WIDTH)
    assert weight.transpose(1, 2).is_contiguous()


def test_a_missing_expert_is_named(folder: Path) -> None:
    lost = "model.language_model.layers.2.mlp.experts.5.up_proj.weight"
    rewrite(folder, lambda n, v: {k: t for k, t in separate(n, v).items() if k != lost})
    with pytest.raises(WeightsError, match=f"1 missing: {lost}"):
        Engine.load(folder)


def test_experts_of_another_shape_are_named(folder: Path) -> None:
    rewrite(folder, lambda n, v: {n: v[:, :-1] if n.endswith("experts.down_proj") else v})
    with pytest.raises(WeightsError, match=r"experts\.down_proj is \[6, 47, 64\] instead"):
        Engine.load(folder)
