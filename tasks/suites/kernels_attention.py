"""Time the attention kernel beside torch, in turns."""

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from handrail.model.kernels.attention import attend
from handrail.tasks.results.result import Figure

SIZES = (("2B, 1024x768", 16, 3072, 64), ("pocket model, 1,120 patches", 4, 1120, 64))
"""A vision block's heads, patches, and the dim of a head."""


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes; with one thread, those for which it had a core."""
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    began = clock()
    work()
    return clock() - began


def attention_figures(rounds: int, on: str) -> list[Figure]:
    """Return the median times of both ways, for each size; `on` names the threads."""
    found = []
    for name, heads, patches, dim in SIZES:
        mixed = torch.randn(1, patches, 3, heads, dim, generator=torch.Generator().manual_seed(1))
        query, key, value = mixed.bfloat16().permute(2, 0, 3, 1, 4)
        ways = {"kernel": attend, "torch": F.scaled_dot_product_attention}
        times: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(rounds + 1):
            for way, function in ways.items():
                took = _once(function, query, key, value)
                if number:  # the first round warms up
                    times[way].append(took)
        for way, took_each in times.items():
            took = statistics.median(took_each)
            note = f"{4 * heads * patches**2 * dim / took / 1e9:,.0f} GFLOP/s"
            label = f"attention of {name}, {way}, {on}"
            value_ms = round(1e3 * took, 3)
            found.append(Figure(name=label, value=value_ms, unit="ms", count=rounds, note=note))
    return found


def _once(
    function: Callable[..., torch.Tensor],
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
) -> float:
    with torch.inference_mode():
        return timed(lambda: function(query, key, value))
