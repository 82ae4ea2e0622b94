"""Packed layers and experts as the GPU's kernels take them; `settle` (`kernel_layers.py`) asks."""

import torch
from torch import Tensor

from handrail.model.kernel_experts import KernelExperts
from handrail.model.kernels.gpu.matrix import DeviceMatrix, fits_blocks
from handrail.model.kernels.grouped import Grouped
from handrail.model.moe import MLP, Experts, Float8Experts, FusedExperts, SeparateExperts
from handrail.model.packed import Float8Linear, PackedLinear
from handrail.model.packed_groups import grouped_of
from handrail.model.quantization import Quantization

_Float8 = tuple[Tensor, Tensor, tuple[int, int]]
"""Weights (outputs, inputs), scales of blocks (rows, columns), and a block's rows and columns."""


def device_matrix(layer: PackedLinear, how: Quantization | None) -> DeviceMatrix | None:
    """Return a packed layer's matrix for the GPU's kernels, None where they cannot take it."""
    if isinstance(layer, Float8Linear):
        weight, scales, block = _float8(layer)
        if not fits_blocks(block, layer.inputs):
            return None
        return DeviceMatrix.float8(weight[None], scales[None], block)
    grouped = grouped_of(layer, how)
    return None if grouped is None else DeviceMatrix.grouped(grouped)


def device_experts(experts: Experts, how: Quantization | None) -> KernelExperts | None:
    """Return a layer's experts for the GPU's kernels, None where they cannot take them."""
    if isinstance(experts, Float8Experts):
        return _float8_experts(experts)
    if isinstance(experts, FusedExperts):
        parts = (DeviceMatrix.plain(p.detach()) for p in (experts.gate_up_proj, experts.down_proj))
        return KernelExperts(*parts)
    if isinstance(experts, SeparateExperts):
        networks = [one for one in experts if isinstance(one, MLP)]
        return _separate(networks, how)
    return None


def _float8(layer: Float8Linear) -> _Float8:
    """Return what the layer holds; a scale a matrix or a row has a shape of its own there."""
    shape = (-(-layer.outputs // layer.block[0]), -(-layer.inputs // layer.block[1]))
    return layer.get_buffer("weight"), layer.get_buffer(layer.scale).view(shape), layer.block


def _float8_experts(experts: Float8Experts) -> KernelExperts | None:
    made = []
    for name in ("gate_up_proj", "down_proj"):
        weight, scales = experts.get_buffer(name), experts.get_buffer(f"{name}_scale_inv")
        if not fits_blocks(experts.block, weight.shape[2]):
            return None
        made.append(DeviceMatrix.float8(weight, scales, experts.block))
    return KernelExperts(*made)


def _separate(networks: list[MLP], how: Quantization | None) -> KernelExperts | None:
    """Stack experts that are stored each by itself: gate above up, one expert after the other."""
    layers = [[one.gate_proj, one.up_proj, one.down_proj] for one in networks]
    flat: list[object] = [layer for three in layers for layer in three]
    if all(isinstance(layer, Float8Linear) for layer in flat):
        return _separate_float8([layer for layer in flat if isinstance(layer, Float8Linear)])
    grouped = [grouped_of(la, how) if isinstance(la, PackedLinear) else None for la in flat]
    known = [one for one in grouped if one is not None]
    if len(known) < len(grouped):
        return None
    gates, ups, downs = known[0::3], known[1::3], known[2::3]
    both = [_above(gate, up) for gate, up in zip(gates, ups, strict=True)]
    return KernelExperts(DeviceMatrix.stacked(both), DeviceMatrix.stacked(downs))


def _above(first: Grouped, second: Grouped) -> Grouped:
    zeros = None
    if first.zeros is not None and second.zeros is not None:
        zeros = torch.cat((first.zeros, second.zeros))
    return Grouped(
        torch.cat((first.words, second.words)), torch.cat((first.scales, second.scales)), zeros,
        first.inputs, first.group, first.bits,
    )  # fmt: skip


def _separate_float8(layers: list[Float8Linear]) -> KernelExperts | None:
    gates, ups, downs = layers[0::3], layers[1::3], layers[2::3]
    first, last = gates[0], downs[0]
    # a block of rows must not hold rows of both gate and up
    whole = first.outputs % first.block[0] == 0
    if not (
        whole and fits_blocks(first.block, first.inputs) and fits_blocks(last.block, last.inputs)
    ):
        return None
    parts = [
        tuple(torch.cat(pair) for pair in zip(_float8(gate)[:2], _float8(up)[:2], strict=True))
        for gate, up in zip(gates, ups, strict=True)
    ]
    gate_up = DeviceMatrix.float8(
        torch.stack([part[0] for part in parts]), torch.stack([part[1] for part in parts]),
        first.block,
    )  # fmt: skip
    down = DeviceMatrix.float8(
        torch.stack([_float8(layer)[0] for layer in downs]),
        torch.stack([_float8(layer)[1] for layer in downs]), last.block,
    )  # fmt: skip
    return KernelExperts(gate_up, down)
