"""Writers of quantized layers that share nothing with the reader: by library, or by specification.

Each returns the tensors of one layer by their last name, and the matrix (out, in) that they mean.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from compressed_tensors.compressors.naive_quantized.base import FloatQuantizationCompressor
from compressed_tensors.compressors.pack_quantized.base import PackedQuantizationCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from torch import Tensor

Written = tuple[dict[str, Tensor], Tensor]
Writer = Callable[[Tensor], Written]
AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)


def _words(codes: Any, bits: int, order: tuple[int, ...] | None = None) -> Tensor:
    """Pack codes (rows, columns) along the columns into int32 words, one by one."""
    per_word = 32 // bits
    rows, columns = codes.shape
    out = np.zeros((rows, -(-columns // per_word)), np.uint32)
    for i in range(rows):
        for j in range(columns):
            word, place = divmod(j, per_word)
            if order is not None:
                place = order.index(place)
            out[i, word] |= np.uint32(int(codes[i, j]) << (bits * place))
    return torch.from_numpy(out.view(np.int32))


def _asymmetric(matrix: Tensor, group_of: Any, bits: int) -> Any:
    """Return codes (out, in), zeros (out, groups) and scales (out, groups) of a matrix."""
    values, groups = matrix.numpy(), int(group_of.max()) + 1
    codes = np.zeros(values.shape, np.int64)
    zeros = np.zeros((values.shape[0], groups), np.int64)
    scales = np.zeros((values.shape[0], groups), np.float32)
    for g in range(groups):
        part = values[:, group_of == g]
        low, high = np.minimum(part.min(1), 0), np.maximum(part.max(1), 0)
        scale = ((high - low) / (2**bits - 1)).astype(np.float16).astype(np.float32)
        zero = np.clip(np.round(-low / scale), 0, 2**bits - 1)
        codes[:, group_of == g] = np.clip(
            np.round(part / scale[:, None]) + zero[:, None], 0, 2**bits - 1
        )
        zeros[:, g], scales[:, g] = zero, scale
    return codes, zeros, scales


def _meant(codes: Any, zeros: Any, scales: Any, group_of: Any) -> Tensor:
    return torch.from_numpy((codes - zeros[:, group_of]) * scales[:, group_of]).float()


def awq(group: int) -> Writer:
    """AutoAWQ's gemm layout, from the format's description."""

    def write(matrix: Tensor) -> Written:
        inputs = matrix.shape[1]
        group_of = np.arange(inputs) // (inputs if group == -1 else group)
        codes, zeros, scales = _asymmetric(matrix, group_of, 4)
        tensors = {
            "qweight": _words(codes.T, 4, AWQ_ORDER),
            "qzeros": _words(zeros.T, 4, AWQ_ORDER),
            "scales": torch.from_numpy(scales.T.copy()).half(),
        }
        return tensors, _meant(codes, zeros, scales, group_of)

    return write


def gptq(group: int, bits: int = 4, act_order: bool = False, version: int = 1) -> Writer:
    """GPTQ's layout, from the format's description."""

    def write(matrix: Tensor) -> Written:
        inputs = matrix.shape[1]
        group_of = np.arange(inputs) // (inputs if group == -1 else group)
        if act_order:
            group_of = np.random.default_rng(3).permutation(group_of)
        codes, zeros, scales = _asymmetric(matrix, group_of, bits)
        kept = (zeros - 1) % 2**bits if version == 1 else zeros
        tensors = {
            "qweight": _words(codes, bits).t().contiguous(),
            "qzeros": _words(kept.T, bits),
            "scales": torch.from_numpy(scales.T.copy()).half(),
            "g_idx": torch.from_numpy(group_of.astype(np.int32)),
        }
        return tensors, _meant(codes, zeros, scales, group_of)

    return write


def float8(block: tuple[int, int]) -> Writer:
    """Block-wise FP8 with `weight_scale_inv`, from the format's description."""

    def write(matrix: Tensor) -> Written:
        rows, columns = (-(-matrix.shape[i] // block[i]) for i in (0, 1))
        scales, codes = torch.zeros(rows, columns), torch.zeros_like(matrix)
        for i in range(rows):
            for j in range(columns):
                place = (slice(i * block[0], (i + 1) * block[0]),
                         slice(j * block[1], (j + 1) * block[1]))  # fmt: skip
                scales[i, j] = matrix[place].abs().max() / 448
                codes[place] = matrix[place] / scales[i, j]
        kept = codes.to(torch.float8_e4m3fn)
        full = scales.repeat_interleave(block[0], 0).repeat_interleave(block[1], 1)
        full = full[: matrix.shape[0], : matrix.shape[1]]
        return {"weight": kept, "weight_scale_inv": scales}, kept.float() * full

    return write


def compressed(act_order: bool = False, **how: Any) -> Writer:
    """compressed-tensors' own compressors; `how` are its QuantizationArgs."""

    def write(matrix: Tensor) -> Written:
        scheme = QuantizationScheme(targets=["Linear"], weights=QuantizationArgs(**how))
        integer, bits = how.get("type", "int") == "int", how["num_bits"]
        scales, zeros = _ranges(matrix, how)
        given: dict[str, Tensor] = {"weight": matrix, "weight_scale": scales}
        if zeros is not None:
            given["weight_zero_point"] = zeros.to(torch.int8)
        if act_order:
            groups = matrix.shape[1] // how["group_size"]
            order = np.random.default_rng(4).permutation(matrix.shape[1]) % groups
            given["weight_g_idx"] = torch.from_numpy(order.astype(np.int32))
        one: Any = PackedQuantizationCompressor if integer else FloatQuantizationCompressor
        tensors = one.compress(given, scheme)
        assert bits in (4, 8)
        meant = _decompressed(one, tensors, scheme, given.get("weight_g_idx"), zeros)
        return tensors, meant.float()

    return write


def _ranges(matrix: Tensor, how: dict[str, Any]) -> tuple[Tensor, Tensor | None]:
    strategy, rows = how["strategy"], matrix.shape[0]
    top = 448.0 if how.get("type") == "float" else 2 ** (how["num_bits"] - 1) - 1
    if strategy == "tensor":
        return (matrix.abs().max() / top).reshape(1), None
    if strategy == "block":
        down, across = how["block_structure"]
        blocks = matrix.unfold(0, down, down).unfold(1, across, across)
        return blocks.abs().amax((-1, -2)) / top, None
    size = matrix.shape[1] if strategy == "channel" else how["group_size"]
    parts = matrix.reshape(rows, -1, size)
    if how.get("symmetric", True):
        return parts.abs().amax(-1) / top, None
    low, high = parts.amin(-1).clamp(max=0), parts.amax(-1).clamp(min=0)
    scales = (high - low) / (2 ** how["num_bits"] - 1)
    least = -(2 ** (how["num_bits"] - 1))
    return scales, (least - low / scales).round().clamp(least, -least - 1)


def _decompressed(
    one: Any, tensors: dict[str, Tensor], scheme: Any, order: Any, zeros: Any
) -> Tensor:
    if order is None:
        read: Tensor = one.decompress(tensors, scheme)["weight"]
        return read
    # the library's decompressor takes groups as they lie; with act-order each input has its own
    plain = {n: t for n, t in tensors.items() if n not in ("weight_g_idx", "weight_zero_point")}
    whole, of = torch.ones_like(tensors["weight_scale"]), order.long()
    bare = QuantizationScheme(
        targets=["Linear"], weights=scheme.weights.model_copy(update={"symmetric": True})
    )
    codes: Tensor = one.decompress({**plain, "weight_scale": whole}, bare)["weight"]
    if zeros is not None:
        codes = codes - zeros[:, of]
    return codes * tensors["weight_scale"][:, of]
