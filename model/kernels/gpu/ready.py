"""Whether the GPU's kernels can be used: Triton is there, and the tensors lie where it works.

Triton comes with torch's CUDA builds for Linux. Where it is absent everything is computed by torch.
Its interpreter (``TRITON_INTERPRET=1``) runs the same kernels on a CPU, slowly: for tests.
"""

from functools import cache
from types import ModuleType

import torch

try:
    import triton
except ImportError:
    triton = None

FEWEST = (8, 0)
"""The compute capability from which the tensor cores multiply bfloat16."""


@cache
def interpreted() -> bool:
    """Return whether kernels run in Triton's interpreter, on the CPU."""
    return triton is not None and bool(triton.knobs.runtime.interpret)


def usable(device: torch.device) -> bool:
    """Return whether kernels can work on tensors of a device."""
    if triton is None:
        return False
    if device.type == "cpu":
        return interpreted()
    return device.type == "cuda" and not interpreted() and _capable(device)


def described(device: torch.device) -> str:
    """Say in a few words which kernels are in use on a device."""
    if triton is None:
        return "none: Triton is not installed, torch computes"
    if usable(device):
        return f"Triton {triton.__version__}{' in its interpreter' if interpreted() else ''}"
    return f"none for {device}: torch computes"


def products() -> ModuleType:
    """Return the module of the products' kernels; only where ``usable``."""
    from handrail.model.kernels.gpu import source

    return source


def attention() -> ModuleType:
    """Return the module of the attention's kernels; only where ``usable``."""
    from handrail.model.kernels.gpu import attention_source

    return attention_source


@cache
def _capable(device: torch.device) -> bool:
    return torch.cuda.get_device_capability(device) >= FEWEST
