"""What llama.cpp computes otherwise than the published model, so that it can be taken away.

ggml's products take both sides packed: for Q8_0 and Q4_0 the input becomes int8 in blocks of 32
with a float16 scale, for the K formats int8 in blocks of 256 with a float32 scale, for F16
weights it becomes float16. Ours unpacks the weights and leaves the inputs as they are.
Its vision tower cuts patches in float16, pixels and kernels, and takes GELU from a table of float16
numbers: the tanh form, in the mergers too, where the published model has the exact form.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import torch.nn.functional as F
from torch import Tensor, nn

from handrail.model.gguf_layers import PARTS, BlockLinear, StackedExperts
from handrail.model.moe import MoE
from handrail.model.network import Network
from handrail.model.vision import PatchEmbed

Round = Callable[[Tensor], Tensor]


def to_int8(x: Tensor, size: int) -> Tensor:
    """Return x rounded to 8 bits in blocks of `size` along its last axis."""
    blocks = x.reshape(-1, size)
    scale = blocks.abs().amax(-1, keepdim=True).clamp(min=1e-30) / 127
    stored = scale.half().float() if size == 32 else scale
    return ((blocks / scale).round() * stored).view_as(x)


def to_half(x: Tensor) -> Tensor:
    """Return x rounded to float16."""
    return x.half().float()


@contextmanager
def rounded_inputs(network: Network, halves: bool) -> Iterator[None]:
    """Round the inputs of the decoder's and the head's layers; `halves` says they hold F16.

    A router is float32 in every format, and so are its inputs.
    """
    hooks = []
    routers: set[nn.Module] = set()
    for layer in (*network.model.language_model.modules(), network.lm_head):
        if isinstance(layer, BlockLinear):
            hooks.append(layer.register_forward_pre_hook(_before(_blocks_of(layer))))
        elif isinstance(layer, MoE):
            routers.add(layer.gate)
        elif isinstance(layer, nn.Linear) and halves and layer not in routers:
            hooks.append(layer.register_forward_pre_hook(_before(to_half)))
    try:
        with mock.patch.object(StackedExperts, "apply_one", _rounded_experts(halves)):
            yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def rounded_vision() -> Iterator[None]:
    """Compute patches and every GELU as llama.cpp does on a CPU."""
    exact = F.gelu

    def table(x: Tensor, approximate: str = "none") -> Tensor:
        rounded: Tensor = exact(x.half().float(), approximate="tanh").half().float()
        return rounded.where(x.abs() < 10, x.clamp(min=0))

    def patches(self: PatchEmbed, pixels: Tensor) -> Tensor:
        kernel = self.proj.weight.half().float().sum(dim=2).flatten(1)
        return F.linear(pixels.half().float(), kernel, self.proj.bias)

    with mock.patch.object(F, "gelu", table), mock.patch.object(PatchEmbed, "forward", patches):
        yield


def _rounded_experts(halves: bool) -> Callable[[StackedExperts, int, Tensor], Tensor]:
    def product(experts: StackedExperts, part: str, expert: int, x: Tensor) -> Tensor:
        blocks = experts._blocks.get(part)
        if blocks is not None:
            x = to_int8(x, blocks.values)
        elif halves:
            x = to_half(x)
        return F.linear(x, experts._matrix(part, expert, x.dtype))

    def apply_one(self: StackedExperts, expert: int, x: Tensor) -> Tensor:
        gate, up = (product(self, part, expert, x) for part in PARTS[:2])
        return product(self, PARTS[2], expert, F.silu(gate) * up)

    return apply_one


def _blocks_of(layer: BlockLinear) -> Round:
    return lambda x: to_int8(x, layer._blocks.values)


def _before(change: Round) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple[Tensor, ...]]:
    return lambda _module, given: (change(given[0]), *given[1:])
