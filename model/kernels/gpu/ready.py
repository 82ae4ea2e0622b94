"""Whether the GPU's kernels can be used: Triton is there, and the tensors lie where it works.

Triton comes with torch's CUDA builds for Linux. Where it is absent everything is computed by torch.
Its interpreter (``TRITON_INTERPRET=1``) runs the same kernels on a CPU, slowly: for tests.
"""

import os
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from types import ModuleType

import torch

FEWEST = (8, 0)
"""The compute capability from which the tensor cores multiply bfloat16."""


@cache
def installed() -> bool:
    """Return whether Triton is there; importing it takes time and 100 MB, and waits for a use."""
    return find_spec("triton") is not None


@cache
def interpreted() -> bool:
    """Return whether kernels run in Triton's interpreter, on the CPU."""
    if not os.environ.get("TRITON_INTERPRET") or not installed():
        return False
    import triton

    return bool(triton.knobs.runtime.interpret)


def usable(device: torch.device) -> bool:
    """Return whether kernels can work on tensors of a device."""
    if not installed():
        return False
    if device.type == "cpu":
        return interpreted()
    return device.type == "cuda" and not interpreted() and _capable(device)


def described(device: torch.device) -> str:
    """Say in a few words which kernels are in use on a device."""
    if not installed():
        return "none: Triton is not installed, torch computes"
    if usable(device):
        return f"Triton {version('triton')}{' in its interpreter' if interpreted() else ''}"
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
