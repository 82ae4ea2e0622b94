"""The decoder layers' networks: one for all tokens, or a mixture of experts.

Module and parameter names equal the published tensor names (...mlp.*). Checkpoints store experts
fused (one tensor for all, transposed in the published ones) or each by itself; `MoE.experts` is
what the checkpoint stores (see weights.py).
Source: transformers' Qwen3VLMoeTextSparseMoeBlock.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handrail.model.gguf_layers import StackedExperts
from handrail.model.kernel_experts import KernelExperts
from handrail.model.packed import scale_blocks
from handrail.model.text_config import TextConfig


class MLP(nn.Module):
    """Apply a gated network."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = F.silu(self.gate_proj(x)), self.up_proj(x)
        # these are the widest vectors of a prompt: a third one of them need not be
        inner = gate * up if torch.is_grad_enabled() else gate.mul_(up)
        out: Tensor = self.down_proj(inner)
        return out


class FusedExperts(nn.Module):
    """All experts in two tensors: (experts, 2 * inner, width) and (experts, width, inner)."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        experts, inner = config.num_experts, config.moe_intermediate_size
        self.gate_up_proj = nn.Parameter(torch.empty(experts, 2 * inner, config.hidden_size))
        self.down_proj = nn.Parameter(torch.empty(experts, config.hidden_size, inner))

    def apply_one(self, expert: int, x: Tensor) -> Tensor:
        """Apply one expert to the tokens sent to it, (tokens, width)."""
        gate, up = F.linear(x, self.matrix("gate_up_proj", expert, x.dtype)).chunk(2, dim=-1)
        return F.linear(F.silu(gate) * up, self.matrix("down_proj", expert, x.dtype))

    def matrix(self, name: str, expert: int, dtype: torch.dtype) -> Tensor:
        """Return one expert's matrix (out, in)."""
        return self.get_parameter(name)[expert].to(dtype)


class Float8Experts(FusedExperts):
    """All experts in two FP8 tensors; blocks of rows and columns of an expert share a scale."""

    def __init__(self, config: TextConfig, block: tuple[int, int]) -> None:
        super().__init__(config)
        self.block = block
        for name, plain in list(self.named_parameters()):
            delattr(self, name)
            experts, rows, columns = plain.shape
            scales = (experts, -(-rows // block[0]), -(-columns // block[1]))
            packed = torch.empty(plain.shape, dtype=torch.float8_e4m3fn, device="meta")
            self.register_buffer(name, packed)
            self.register_buffer(f"{name}_scale_inv", torch.empty(scales, device="meta"))

    def matrix(self, name: str, expert: int, dtype: torch.dtype) -> Tensor:
        """Return one expert's matrix (out, in)."""
        plain, scales = self.get_buffer(name)[expert], self.get_buffer(f"{name}_scale_inv")
        return scale_blocks(plain.float(), scales[expert], self.block).to(dtype)


class SeparateExperts(nn.ModuleList):
    """Each expert a network of its own, as quantized checkpoints have them."""

    def __init__(self, config: TextConfig) -> None:
        width, inner = config.hidden_size, config.moe_intermediate_size
        super().__init__(MLP(width, inner) for _ in range(config.num_experts))

    def apply_one(self, expert: int, x: Tensor) -> Tensor:
        """Apply one expert to the tokens sent to it, (tokens, width)."""
        out: Tensor = self[expert](x)
        return out


Experts = FusedExperts | SeparateExperts | StackedExperts | KernelExperts


class MoE(nn.Module):
    """Send each token to the experts that a router prefers, and add their answers by weight."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.hidden_size, config.num_experts, bias=False)
        self.experts: Experts = FusedExperts(config)
        self._chosen = config.num_experts_per_tok

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(0, -2)
        # The softmax is over all experts, and the weights of the chosen ones then sum to 1.
        preference = F.softmax(self.gate(tokens), dim=-1, dtype=torch.float32)
        weights, experts = preference.topk(self._chosen, dim=-1)
        weights = (weights / weights.sum(-1, keepdim=True)).to(x.dtype)
        if isinstance(self.experts, KernelExperts):
            together: Tensor = self.experts(tokens, experts, weights)
            return together.view_as(x)
        out = torch.zeros_like(tokens)
        for expert in sorted({e for chosen in experts.tolist() for e in chosen}):
            token, rank = torch.where(experts == expert)
            answer = self.experts.apply_one(expert, tokens[token])
            out.index_add_(0, token, answer * weights[token, rank, None])
        return out.view_as(x)
