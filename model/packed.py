"""Linear layers whose weights stay packed as the checkpoint stores them.

Each layer unpacks its matrix when it is applied, some rows at a time, so that memory never holds
a whole unpacked matrix, and files stay mapped without a copy. Tensor names equal those of the
formats.
Sources: transformers' finegrained_fp8, AutoAWQ, GPTQModel, compressed-tensors.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handrail.model.quantization import Quantization

_WORD = 32
_AWQ_COLUMNS = (0, 4, 1, 5, 2, 6, 3, 7)
"""In which field of an AWQ word each of its eight columns lies."""
_ALL = slice(None)
_AT_ONCE = 2**21
"""Weights that are unpacked at a time; a step's work takes some 16 bytes for each."""


class PackedLinear(nn.Module):
    """A linear layer (in -> out) that knows how to unpack its matrix."""

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__()
        self.inputs, self.outputs = plain.in_features, plain.out_features
        self.bias = plain.bias

    def unpacked(self, rows: slice = _ALL) -> Tensor:
        """Return rows of the matrix (out, in) in float32; they begin at a multiple of 32."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        return self.in_steps(x)

    def in_steps(self, x: Tensor) -> Tensor:
        """Apply the layer, unpacking a few rows at a time."""
        step = max(_WORD, _AT_ONCE // self.inputs // _WORD * _WORD)
        out = x.new_empty(*x.shape[:-1], self.outputs)
        for start in range(0, self.outputs, step):
            rows = slice(start, min(start + step, self.outputs))
            out[..., rows] = F.linear(x, self.unpacked(rows).to(x.dtype))
        return out if self.bias is None else out + self.bias

    def _expect(self, dtype: torch.dtype, **shapes: tuple[int, ...]) -> None:
        for name, shape in shapes.items():
            self.register_buffer(name, torch.empty(shape, dtype=dtype, device="meta"))


class Float8Linear(PackedLinear):
    """FP8 (e4m3) weights; each block of rows and columns has a scale, which multiplies."""

    def __init__(
        self, plain: nn.Linear, scale: str, shape: tuple[int, ...], block: tuple[int, int]
    ) -> None:
        super().__init__(plain)
        down, across = (*shape, 1, 1)[:2]
        self.scale = scale
        rows = {1: self.outputs, self.outputs: 1}.get(down, block[0])
        self.block = (rows, self.inputs if across == 1 else block[1])
        wanted = (-(-self.outputs // self.block[0]), -(-self.inputs // self.block[1]))
        self._expect(torch.float8_e4m3fn, weight=(self.outputs, self.inputs))
        self._expect(torch.float32, **{scale: wanted if len(shape) == 2 else shape})

    def unpacked(self, rows: slice = _ALL) -> Tensor:
        """Return rows of the matrix (out, in) in float32."""
        matrix = self.get_buffer("weight")[rows].float()
        return scale_blocks(matrix, self.get_buffer(self.scale), self.block, rows)


def scale_blocks(
    matrix: Tensor, scales: Tensor, block: tuple[int, int], rows: slice = _ALL
) -> Tensor:
    """Multiply blocks of rows and columns of a float32 matrix in place; the last may be shorter.

    `rows`: which rows of the whole matrix these are.
    """
    blocks = scales.float().reshape(-1, scales.shape[-1] if scales.dim() > 1 else 1)
    start = rows.start or 0
    of = (torch.arange(start, start + len(matrix), device=matrix.device)) // block[0]
    factors = blocks[of]
    for i in range(factors.shape[1]):
        matrix[:, i * block[1] : (i + 1) * block[1]] *= factors[:, i : i + 1]
    return matrix


class AwqLinear(PackedLinear):
    """AutoAWQ's "gemm": words along the outputs, fields in an order of their own."""

    def __init__(self, plain: nn.Linear, how: Quantization) -> None:
        super().__init__(plain)
        words, groups = self.outputs * how.bits // _WORD, how.groups(self.inputs)
        self._group, self._bits = how.group_size, how.bits
        self._expect(torch.int32, qweight=(self.inputs, words), qzeros=(groups, words))
        self._expect(torch.float16, scales=(groups, self.outputs))

    def unpacked(self, rows: slice = _ALL) -> Tensor:
        """Return rows of the matrix (out, in) in float32."""
        words = _words_of(rows, self._bits)
        parts = (self.get_buffer(n)[:, words] for n in ("qweight", "qzeros"))
        codes, zeros = (self._in_order(part) for part in parts)
        of = _group_of(self.inputs, self._group, codes.device)
        return scaled(codes - zeros[of], self.get_buffer("scales")[:, rows][of]).t()

    def _in_order(self, words: Tensor) -> Tensor:
        fields = unpack(words, self._bits, 1).view(len(words), -1, len(_AWQ_COLUMNS))
        return fields[..., list(_AWQ_COLUMNS)].flatten(1)

    def ordered(self, name: str) -> Tensor:
        """Return the fields of `qweight` (inputs, out) or `qzeros` (groups, out)."""
        return self._in_order(self.get_buffer(name))


class GptqLinear(PackedLinear):
    """GPTQ: words along the inputs; with act-order, `g_idx` says each input's group."""

    def __init__(self, plain: nn.Linear, how: Quantization, act_order: bool) -> None:
        super().__init__(plain)
        self._how, self._act_order = how, act_order
        groups, words = how.groups(self.inputs), -(-self.inputs * how.bits // _WORD)
        self._expect(torch.int32, qweight=(words, self.outputs))
        self._expect(torch.int32, qzeros=(groups, -(-self.outputs * how.bits // _WORD)))
        self._expect(torch.float16, scales=(groups, self.outputs))
        if act_order:
            self._expect(torch.int32, g_idx=(self.inputs,))

    def unpacked(self, rows: slice = _ALL) -> Tensor:
        """Return rows of the matrix (out, in) in float32."""
        bits = self._how.bits
        codes = unpack(self.get_buffer("qweight")[:, rows], bits, 0)[: self.inputs]
        zeros = unpack(self.get_buffer("qzeros")[:, _words_of(rows, bits)], bits, 1)
        zeros = zeros[:, : codes.shape[1]]
        # the first version stores zeros less one, in the same number of bits
        zeros = (zeros + self._how.zero_offset) & (2**bits - 1)
        if self._act_order:
            of = self.get_buffer("g_idx").long()
        else:
            of = _group_of(self.inputs, self._how.group_size, codes.device)
        return scaled(codes - zeros[of], self.get_buffer("scales")[:, rows][of]).t()


class CompressedLinear(PackedLinear):
    """compressed-tensors' pack-quantized: words along the inputs, signed codes stored from 0."""

    def __init__(self, plain: nn.Linear, how: Quantization, zeros: bool, act_order: bool) -> None:
        super().__init__(plain)
        self._how, self._zeros, self._act_order = how, zeros, act_order
        groups, per_word = how.groups(self.inputs), _WORD // how.bits
        self._expect(torch.int32, weight_packed=(self.outputs, -(-self.inputs // per_word)))
        self._expect(torch.bfloat16, weight_scale=(self.outputs, groups))
        self._expect(torch.int64, weight_shape=(2,))
        if zeros:
            self._expect(torch.int32, weight_zero_point=(-(-self.outputs // per_word), groups))
        if act_order:
            self._expect(torch.int32, weight_g_idx=(self.inputs,))

    def unpacked(self, rows: slice = _ALL) -> Tensor:
        """Return rows of the matrix (out, in) in float32."""
        bits = self._how.bits
        codes = unpack(self.get_buffer("weight_packed")[rows], bits, 1)[:, : self.inputs]
        if self._act_order:
            of = self.get_buffer("weight_g_idx").long()
        else:
            of = _group_of(self.inputs, self._how.group_size, codes.device)
        if self._zeros:
            zeros = unpack(self.get_buffer("weight_zero_point")[_words_of(rows, bits)], bits, 0)
            codes = codes - zeros[: len(codes), of]
        else:
            codes = codes - 2 ** (bits - 1)
        return scaled(codes, self.get_buffer("weight_scale")[rows][:, of])


def scaled(codes: Tensor, scales: Tensor) -> Tensor:
    """Return integer codes times their scales, in float32."""
    out: Tensor = codes * scales.float()
    return out


def unpack(words: Tensor, bits: int, axis: int) -> Tensor:
    """Return the fields of int32 words (rows, columns), the lowest first, along an axis."""
    shifts = torch.arange(0, _WORD, bits, dtype=torch.int32, device=words.device)
    fields: Tensor = (words.unsqueeze(-1) >> shifts) & (2**bits - 1)
    return fields.movedim(-1, axis + 1).flatten(axis, axis + 1)


def _words_of(rows: slice, bits: int) -> slice:
    """Return the words in which fields lie that are packed along the rows."""
    if rows.stop is None:
        return rows
    per_word = _WORD // bits
    return slice(rows.start // per_word, -(-rows.stop // per_word))


def _group_of(inputs: int, size: int, device: torch.device) -> Tensor:
    """Return each input's group, (inputs,)."""
    each = torch.arange(inputs, device=device)
    return torch.zeros_like(each) if size == -1 else each // size
