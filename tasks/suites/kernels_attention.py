"""Time what a vision block does beside its products: kernels and torch, in turns."""

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from handrail.model.kernels import native
from handrail.model.kernels.attention import attend
from handrail.model.kernels.pointwise import gelu, turned
from handrail.model.rope import Rotation, rotate, rotation_of
from handrail.tasks.results.result import Figure

SIZES = (("2B, 1024x768", 16, 3072, 64), ("pocket model, 1,120 patches", 4, 1120, 64))
"""A vision block's heads, patches, and the dim of a head."""

_Ways = Mapping[str, Callable[[], object]]
"""The ways of computing something, by their names."""


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes; with one thread, those for which it had a core."""
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    began = clock()
    work()
    return clock() - began


def attention_figures(rounds: int, on: str) -> list[Figure]:
    """Return the median times of all ways, for each size; `on` names the threads."""
    found = []
    for name, heads, patches, dim in SIZES:
        draw = torch.Generator().manual_seed(1)
        mixed = torch.randn(1, patches, 3, heads, dim, generator=draw).bfloat16()
        wide = torch.randn(1, patches, 4 * heads * dim, generator=draw).bfloat16()
        rotation = rotation_of(torch.randn(patches, dim // 2, generator=draw))
        work = 4 * heads * patches**2 * dim
        for what, ways in (
            (f"attention of {name}", _attention(mixed)),
            (f"GELU of {name}", _gelu(wide)),
            (f"rotation of {name}", _rotation(mixed, rotation)),
        ):
            for way, took in _medians(ways, rounds).items():
                rate = f"{work / took / 1e9:,.0f} GFLOP/s" if what.startswith("att") else ""
                label, value = f"{what}, {way}, {on}", round(1e3 * took, 3)
                found.append(Figure(name=label, value=value, unit="ms", count=rounds, note=rate))
    return found


def _attention(mixed: Tensor) -> _Ways:
    query, key, value = mixed.permute(2, 0, 3, 1, 4)
    kernels: _Ways = {
        f"kernel for {name}": partial(attend, query, key, value, way)
        for way, name in enumerate(native.attention_ways())
    }
    return {**kernels, "torch": lambda: F.scaled_dot_product_attention(query, key, value)}


def _gelu(wide: Tensor) -> _Ways:
    own = wide.clone()  # the kernel works in place
    return _beside(lambda: gelu(own), lambda: F.gelu(wide, approximate="tanh"))


def _rotation(mixed: Tensor, rotation: Rotation) -> _Ways:
    own = mixed.clone()
    plain = mixed.permute(2, 0, 3, 1, 4)[:2]
    return _beside(lambda: turned(own, rotation), lambda: rotate(plain, rotation).bfloat16())


def _beside(kernel: Callable[[], object], other: Callable[[], object]) -> _Ways:
    """Return both ways, or that of torch where the processor lacks what the kernel needs."""
    return {"kernel": kernel, "torch": other} if native.can_point() else {"torch": other}


def _medians(ways: _Ways, rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {way: [] for way in ways}
    with torch.inference_mode():
        for number in range(rounds + 1):
            for way, work in ways.items():
                took = timed(work)
                if number:  # the first round warms up
                    times[way].append(took)
    return {way: statistics.median(took) for way, took in times.items()}
