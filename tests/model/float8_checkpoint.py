"""Turn a checkpoint's layers into FP8 with a scale for each block, as published ones store them."""

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

ROWS, COLUMNS = 16, 32
"""The sides of a block: small, as tiny layers are."""


def write_float8(folder: Path, separate: bool, dense: bool = False) -> None:
    """Turn the experts into FP8, two tensors a layer or each expert by itself.

    `dense`: the other linear layers of the decoder, too.
    """
    tensors: dict[str, Tensor] = {}
    for name, value in load_file(folder / "model.safetensors").items():
        plain = dense and ".layers." in name and name.endswith("_proj.weight")
        if not plain and ".experts." not in name:
            tensors[name] = value
            continue
        for one, matrix in [(name, value)] if plain else _experts(name, value, separate):
            tensors[one], tensors[f"{one}_scale_inv"] = _coded(matrix)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {
        "quant_method": "fp8", "weight_block_size": [ROWS, COLUMNS]
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))


def _experts(name: str, value: Tensor, separate: bool) -> Iterator[tuple[str, Tensor]]:
    if not separate:
        yield name, value.transpose(1, 2)
        return
    stem, _, part = name.rpartition(".")
    fused = part == "gate_up_proj"
    names = ("gate_proj", "up_proj") if fused else (part,)
    for number, expert in enumerate(value):
        halves = expert.t().chunk(2) if fused else [expert.t()]
        for one, half in zip(names, halves, strict=True):
            yield f"{stem}.{number}.{one}.weight", half


def _coded(plain: Tensor) -> tuple[Tensor, Tensor]:
    rows, columns = plain.shape[-2] // ROWS, plain.shape[-1] // COLUMNS
    blocks = plain.reshape(*plain.shape[:-2], rows, ROWS, columns, COLUMNS)
    scales = blocks.abs().amax((-1, -3)) / 448
    codes = blocks / scales[..., :, None, :, None]
    return codes.reshape(plain.shape).to(torch.float8_e4m3fn).contiguous(), scales.contiguous()
