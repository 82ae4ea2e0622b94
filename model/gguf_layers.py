"""Layers whose weights are GGUF's blocks, unpacked when they are used."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handrail.model.gguf_blocks import BLOCKS
from handrail.model.packed import PackedLinear

PARTS = ("gate_proj", "up_proj", "down_proj")


class BlockLinear(PackedLinear):
    """A linear layer of blocks; `weight` is (out, bytes of a row)."""

    def __init__(self, plain: nn.Linear, blocks: str) -> None:
        super().__init__(plain)
        self.format = blocks
        self._blocks = BLOCKS[blocks]
        row = self.inputs // self._blocks.values * self._blocks.bytes
        self._expect(torch.uint8, weight=(self.outputs, row))

    def unpacked(self, rows: slice = slice(None)) -> Tensor:
        """Return rows of the matrix (out, in) in float32."""
        return self._blocks.unpack(self.get_buffer("weight")[rows])


class BlockEmbedding(nn.Module):
    """An embedding of blocks; gives float32, whatever the decoder computes in."""

    def __init__(self, plain: nn.Embedding, blocks: str) -> None:
        super().__init__()
        self._blocks = BLOCKS[blocks]
        row = plain.embedding_dim // self._blocks.values * self._blocks.bytes
        empty = torch.empty(plain.num_embeddings, row, dtype=torch.uint8, device="meta")
        self.register_buffer("weight", empty)

    def forward(self, ids: Tensor) -> Tensor:
        return self._blocks.unpack(self.get_buffer("weight")[ids])


class StackedExperts(nn.Module):
    """The three matrices of all experts in three tensors, each plain or of blocks of its own."""

    def __init__(self, sizes: tuple[int, int, int], blocks: dict[str, str | None]) -> None:
        """`sizes`: experts, width, inner width; `blocks`: each part's format, None for plain."""
        super().__init__()
        experts, width, inner = sizes
        self._blocks = {part: BLOCKS[b] for part, b in blocks.items() if b is not None}
        for part in PARTS:
            rows, columns = (width, inner) if part == "down_proj" else (inner, width)
            if part in self._blocks:
                block = self._blocks[part]
                shape = (experts, rows, columns // block.values * block.bytes)
                empty = torch.empty(shape, dtype=torch.uint8, device="meta")
                self.register_buffer(f"{part}_weight", empty)
            else:
                plain = nn.Parameter(torch.empty(experts, rows, columns, device="meta"))
                self.register_parameter(f"{part}_weight", plain)

    def apply_one(self, expert: int, x: Tensor) -> Tensor:
        """Apply one expert to the tokens sent to it, (tokens, width)."""
        gate, up = (F.linear(x, self._matrix(p, expert, x.dtype)) for p in PARTS[:2])
        return F.linear(F.silu(gate) * up, self._matrix("down_proj", expert, x.dtype))

    def _matrix(self, part: str, expert: int, dtype: torch.dtype) -> Tensor:
        name = f"{part}_weight"
        if part not in self._blocks:
            return self.get_parameter(name)[expert].to(dtype)
        return self._blocks[part].unpack(self.get_buffer(name)[expert]).to(dtype)
