"""Packed layers' codes as matrices of groups or super-blocks: what kernels are made of.

Known are 4 and 8 bit codes in groups of inputs without act-order: compressed-tensors, GPTQ, AWQ,
and GGUF's Q4_0 and Q8_0. The CPU's kernels know GGUF's K formats, too.
"""

import torch
from torch import Tensor

from handrail.model.gguf_blocks import BLOCKS, SUPER_BLOCKS
from handrail.model.gguf_layers import BlockLinear
from handrail.model.kernels.grouped import Grouped, fits
from handrail.model.kernels.super_blocks import Slab, Supers
from handrail.model.packed import AwqLinear, CompressedLinear, GptqLinear, PackedLinear, unpack
from handrail.model.quantization import Quantization

_BLOCK_INPUTS = 32


def grouped_of(layer: PackedLinear, how: Quantization | None) -> Grouped | None:
    """Return a packed layer's matrix as the kernels take it, None where they cannot."""
    buffers = dict(layer.named_buffers())
    if isinstance(layer, BlockLinear):
        return _blocks(layer, buffers["weight"])
    if how is None:
        return None
    group = how.group_size if how.group_size != -1 else layer.inputs
    if not fits(layer.inputs, group) or _reordered(buffers, group):
        return None
    if isinstance(layer, CompressedLinear):
        parts = _compressed(layer, how, buffers)
    elif isinstance(layer, GptqLinear):
        parts = _gptq(layer, how, buffers)
    elif isinstance(layer, AwqLinear):
        parts = _awq(layer)
    else:
        return None
    words, scales, zeros = parts
    return Grouped(words, scales, zeros, layer.inputs, group, how.bits)


def supers_of(layer: PackedLinear) -> Supers | None:
    """Return the matrix of a layer in a K format, None for any other."""
    if not isinstance(layer, BlockLinear) or layer.format not in SUPER_BLOCKS:
        return None
    raw, size = layer.get_buffer("weight"), BLOCKS[layer.format].bytes
    take = SUPER_BLOCKS[layer.format]

    def read(rows: slice) -> Slab:
        part = raw[rows]
        taken, count = take(part.reshape(-1, size)), len(part)
        scales = taken.scales.reshape(count, -1, taken.scales.shape[1])
        return taken.codes.reshape(count, -1), taken.parts.reshape(count, -1, 2), scales

    return Supers(layer.outputs, layer.inputs, int(layer.format[1]), read)


def _reordered(buffers: dict[str, Tensor], group: int) -> bool:
    """Return whether inputs belong to groups out of order; GPTQ states groups in any case."""
    of = buffers.get("g_idx", buffers.get("weight_g_idx"))
    return of is not None and not torch.equal(of.long(), torch.arange(len(of)) // group)


_Parts = tuple[Tensor, Tensor, Tensor | None]
"""Words (out, words), scales (out, groups), and zeros (out, groups) or None."""


def _compressed(layer: CompressedLinear, how: Quantization, buffers: dict[str, Tensor]) -> _Parts:
    words, zeros = buffers["weight_packed"], buffers.get("weight_zero_point")
    if zeros is not None:
        zeros = unpack(zeros, how.bits, 0)[: layer.outputs].to(torch.uint8)
    return words, buffers["weight_scale"], zeros


def _gptq(layer: GptqLinear, how: Quantization, buffers: dict[str, Tensor]) -> _Parts:
    zeros = unpack(buffers["qzeros"], how.bits, 1)[:, : layer.outputs]
    zeros = (zeros + how.zero_offset) & (2**how.bits - 1)
    return buffers["qweight"].t(), buffers["scales"].t(), zeros.t().to(torch.uint8)


def _awq(layer: AwqLinear) -> _Parts:
    codes, zeros = (layer.ordered(name).t().to(torch.uint8) for name in ("qweight", "qzeros"))
    return _words(codes), layer.get_buffer("scales").t(), zeros


def _words(codes: Tensor) -> Tensor:
    """Pack 4 bit codes (out, in) of uint8 along the inputs, the lowest bits first."""
    packed: Tensor = codes[:, 0::2] | (codes[:, 1::2] << 4)
    return packed.contiguous().view(torch.int32)


def _blocks(layer: BlockLinear, raw: Tensor) -> Grouped | None:
    """Take GGUF's blocks of 32 inputs: a float16 scale, then 32 bytes or 16 with two codes each."""
    if layer.format not in ("Q4_0", "Q8_0"):
        return None
    size = raw.shape[1] * _BLOCK_INPUTS // layer.inputs
    blocks = raw.view(len(raw), -1, size)
    scales = blocks[..., :2].contiguous().view(torch.float16)[..., 0]
    codes = blocks[..., 2:]
    if layer.format == "Q8_0":
        # signed there, counted from the middle here
        words = (codes ^ 0x80).flatten(1).contiguous().view(torch.int32)
        return Grouped(words, scales, None, layer.inputs, _BLOCK_INPUTS, 8)
    # first half of the block in the low halves of the bytes, second in the high ones
    words = _words(torch.cat((codes & 15, codes >> 4), dim=-1).flatten(1))
    return Grouped(words, scales, None, layer.inputs, _BLOCK_INPUTS, 4)
