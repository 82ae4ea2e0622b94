"""Linear layers that kernels apply, in place of packed ones that unpack.

`settle` is the one place that chooses: what the kernels of the device know is turned into their
layout, and the packed tensors are let go, so that memory holds one copy; all else stays with torch.
"""

from typing import Protocol

from torch import Tensor, nn

from handrail.model.gguf_layers import BlockEmbedding, BlockLinear
from handrail.model.gpu_layers import device_experts, device_matrix
from handrail.model.kernels import native
from handrail.model.kernels.gpu import ready
from handrail.model.kernels.grouped import GroupedMatrix
from handrail.model.kernels.super_blocks import SuperMatrix
from handrail.model.moe import MoE
from handrail.model.packed import PackedLinear
from handrail.model.packed_groups import grouped_of, supers_of
from handrail.model.quantization import Quantization


class Matrix(Protocol):
    """A matrix (outputs, inputs) in the layout of some kernels: of the CPU's, or of a GPU's."""

    @property
    def nbytes(self) -> int:
        """Return the bytes that the matrix takes."""
        ...

    def product(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return x (..., inputs) times the matrix, (..., outputs), in the type of x."""
        ...

    def rows(self, outputs: Tensor) -> Tensor:
        """Return rows of the matrix, (..., inputs) in float32, for numbers of outputs (...)."""
        ...


class KernelLinear(nn.Module):
    """A linear layer (in -> out) whose matrix lies in the kernels' layout."""

    def __init__(self, matrix: Matrix, bias: Tensor | None) -> None:
        super().__init__()
        self.matrix = matrix
        self._bias = None if bias is None else bias.detach().float().contiguous()

    def forward(self, x: Tensor) -> Tensor:
        return self.matrix.product(x, self._bias)


class KernelEmbedding(nn.Module):
    """An embedding that shares its matrix with the head; gives float32."""

    def __init__(self, matrix: Matrix) -> None:
        super().__init__()
        self.matrix = matrix

    def forward(self, ids: Tensor) -> Tensor:
        return self.matrix.rows(ids)


def settle(network: nn.Module, how: Quantization | None, on_gpu: bool | None = None) -> int:
    """Hand the packed layers that the kernels know over to them; return how many those are.

    Does nothing for layers for whose device there are no kernels. `how` is the checkpoint's
    quantization, None for GGUF. `on_gpu` says which kernels, where the device should not.
    """
    embeddings = {
        module.get_buffer("weight").data_ptr(): name
        for name, module in network.named_modules()
        if isinstance(module, BlockEmbedding)
    }
    done = _settle_experts(network, how, on_gpu)
    for name, module in list(network.named_modules()):
        if not isinstance(module, PackedLinear):
            continue
        matrix = _matrix(module, how, on_gpu)
        if matrix is None:
            continue
        network.set_submodule(name, KernelLinear(matrix, module.bias))
        if isinstance(module, BlockLinear):
            tied = embeddings.get(module.get_buffer("weight").data_ptr())
            if tied is not None:
                network.set_submodule(tied, KernelEmbedding(matrix))
        done += 1
    return done


def _settle_experts(network: nn.Module, how: Quantization | None, on_gpu: bool | None) -> int:
    """Stack the experts of each layer for the GPU's kernels; return how many layers those are."""
    done = 0
    for module in network.modules():
        if isinstance(module, MoE) and _for_gpu(module.experts, on_gpu):
            experts = device_experts(module.experts, how)
            if experts is not None:
                module.experts = experts
                done += 1
    return done


def _matrix(layer: PackedLinear, how: Quantization | None, on_gpu: bool | None) -> Matrix | None:
    if _for_gpu(layer, on_gpu):
        return device_matrix(layer, how)
    if not native.ways() or any(packed.device.type != "cpu" for packed in layer.buffers()):
        return None
    matrix: Matrix
    if (grouped := grouped_of(layer, how)) is not None:
        matrix = GroupedMatrix(grouped)
    elif (supers := supers_of(layer)) is not None:
        matrix = SuperMatrix(supers)
    else:
        return None
    for packed in layer.buffers():
        native.let_go(packed)  # else the file's pages would stand beside their copy
    return matrix


def _for_gpu(layer: nn.Module, on_gpu: bool | None) -> bool:
    if on_gpu is not None:
        return on_gpu
    held = [*layer.parameters(), *layer.buffers()]
    return bool(held) and held[0].device.type == "cuda" and ready.usable(held[0].device)
