"""A mixture's experts, all of a layer in two stacks of matrices, applied without asking the device.

Which expert a token is sent to stays on the device: nothing waits for it, and a CUDA graph can hold
it. Made by `settle` (`kernel_layers.py`) of what a checkpoint stores.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from handrail.model.kernels.gpu.matrix import Chosen, DeviceMatrix


class KernelExperts(nn.Module):
    """Experts whose matrices lie in the GPU kernels' layout; gate and up are one matrix."""

    def __init__(self, gate_up: DeviceMatrix, down: DeviceMatrix) -> None:
        super().__init__()
        self.gate_up, self.down = gate_up, down

    def forward(self, tokens: Tensor, experts: Tensor, weights: Tensor) -> Tensor:
        """Return the weighted answers (tokens, width) of the experts (tokens, chosen)."""
        chosen = experts.flatten().int()
        gate, up = self.gate_up.product(tokens, None, Chosen(chosen, experts.shape[1])).chunk(2, -1)
        answers = self.down.product(F.silu(gate) * up, None, Chosen(chosen))
        parts = answers.view(*experts.shape, -1).float() * weights.unsqueeze(-1).float()
        summed: Tensor = parts.sum(1)
        return summed.to(tokens.dtype)
